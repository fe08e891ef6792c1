from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    MAX_FEN,
    MoneyError,
    RatioError,
    Rounding,
    deposit,
    format_ratio,
    format_yuan,
    format_yuan_grouped,
    grouped,
    parse_positive_yuan,
    parse_ratio,
    parse_yuan,
    rmb_capitals,
)


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("8000", 800000),
        ("8000.5", 800050),
        ("8000.05", 800005),
        ("8,000.00", 800000),
        ("1,234,567.89", 123456789),
        ("￥8000", 800000),
        ("¥ 8,000", 800000),
        ("  8000.00\t", 800000),
        ("\u00a08000\u3000", 800000),
        ("0", 0),
        ("0.00", 0),
        ("007", 700),
        ("-0.05", -5),
        ("-12", -1200),
        ("9999999999.99", MAX_FEN),
        ("000000000009999999999.99", MAX_FEN),
    ],
)
def test_an_amount_is_read_as_fen(typed: str, fen: int) -> None:
    assert parse_yuan(typed) == fen


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "money.format"),
        ("￥", "money.format"),
        ("八千", "money.format"),
        ("8000元", "money.format"),
        ("8000.", "money.format"),
        (".5", "money.format"),
        ("+8000", "money.format"),
        ("--8", "money.format"),
        ("8 000", "money.format"),
        ("80,00", "money.format"),
        ("8,0000", "money.format"),
        (",800", "money.format"),
        ("4.4E+17", "money.format"),
        ("1e400", "money.format"),
        ("NaN", "money.format"),
        ("####", "money.format"),
        ("0x10", "money.format"),
        ("1_000", "money.format"),
        ("\u0661\u0662", "money.format"),
        ("８０００", "money.full_width"),
        ("8000．5", "money.full_width"),
        ("8，000", "money.full_width"),
        ("8000.005", "money.decimals"),
        ("8000.500", "money.decimals"),
        ("10000000000", "money.too_large"),
        ("9" * 5000, "money.too_large"),
        ("-10,000,000,000.00", "money.too_large"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_code(typed: str, code: str) -> None:
    with pytest.raises(MoneyError) as caught:
        parse_yuan(typed)
    assert caught.value.code == code
    assert caught.value.text.endswith("。")
    assert len(caught.value.text) < 60


def test_full_width_digits_are_proposed_for_change_and_never_converted() -> None:
    with pytest.raises(MoneyError, match="请改成半角"):
        parse_yuan("８０００")


def test_terminal_controls_in_a_wrong_amount_do_not_reach_the_message() -> None:
    with pytest.raises(MoneyError) as caught:
        parse_yuan("12\x1b]52;c;aGk=\x07")
    assert "\x1b" not in caught.value.text
    assert "<ESC>" in caught.value.text


@pytest.mark.parametrize("typed", ["0", "0.00", "-0.01", "-8000"])
def test_zero_and_negative_amounts_are_refused_where_money_must_be_positive(typed: str) -> None:
    with pytest.raises(MoneyError) as caught:
        parse_positive_yuan(typed)
    assert caught.value.code == "money.not_positive"
    assert parse_positive_yuan("0.01") == 1


@given(st.integers(min_value=-MAX_FEN, max_value=MAX_FEN))
def test_a_written_amount_is_read_back(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen
    assert parse_yuan(format_yuan_grouped(fen)) == fen
    assert grouped(format_yuan(fen)) == format_yuan_grouped(fen)


@pytest.mark.parametrize(
    ("fen", "text"), [(800000, "8000.00"), (5, "0.05"), (-5, "-0.05"), (0, "0.00"), (-120034, "-1200.34")]
)
def test_an_amount_is_written_with_two_decimals(fen: int, text: str) -> None:
    assert format_yuan(fen) == text


VECTOR_4567_83 = {
    Rounding.TO_YUAN: "228.00",
    Rounding.FLOOR_YUAN: "228.00",
    Rounding.JIAO_UP_YUAN: "229.00",
    Rounding.FEN_UP_JIAO: "228.40",
    Rounding.TO_JIAO: "228.40",
    Rounding.FLOOR_JIAO: "228.30",
    Rounding.JIAOFEN_UP_YUAN: "229.00",
    Rounding.TO_FEN: "228.39",
}


@pytest.mark.parametrize("rounding", list(Rounding))
def test_the_vector_base_4567_83_at_5_percent(rounding: Rounding) -> None:
    assert format_yuan(deposit(456783, 500, rounding)) == VECTOR_4567_83[rounding]


def test_the_vector_228_05_tells_the_two_readings_of_rounding_up_apart() -> None:
    # 4561.00 x 5% = 228.05 exactly: no 角, five 分
    assert format_yuan(deposit(456100, 500, Rounding.JIAO_UP_YUAN)) == "228.00"
    assert format_yuan(deposit(456100, 500, Rounding.JIAOFEN_UP_YUAN)) == "229.00"


def test_only_the_named_digits_count_when_rounding_up() -> None:
    # 2000.01 x 5% = 100.0005: neither 角 nor 分 is there
    for rounding in (Rounding.FEN_UP_JIAO, Rounding.JIAO_UP_YUAN, Rounding.JIAOFEN_UP_YUAN):
        assert deposit(200001, 500, rounding) == 10000


@pytest.mark.parametrize(
    ("base", "ratio", "rounding", "fen"),
    [
        (1010, 500, Rounding.TO_FEN, 51),  # 0.505 -> 0.51: halves go up
        (1009, 500, Rounding.TO_FEN, 50),
        (100, 5000, Rounding.TO_YUAN, 100),  # 0.50 -> 1
        (98, 5000, Rounding.TO_YUAN, 0),
        (100, 500, Rounding.TO_JIAO, 10),  # 0.05 -> 0.1
        (0, 1200, Rounding.JIAOFEN_UP_YUAN, 0),
        (MAX_FEN, 1200, Rounding.TO_FEN, 120_000_000_000),
    ],
)
def test_halves_and_edges(base: int, ratio: int, rounding: Rounding, fen: int) -> None:
    assert deposit(base, ratio, rounding) == fen


@given(st.integers(0, MAX_FEN), st.integers(0, 10_000))
def test_deposit_agrees_with_decimal_arithmetic(base: int, ratio: int) -> None:
    exact = Decimal(base) * ratio / 1_000_000  # 元
    fen = {mode: Decimal(deposit(base, ratio, mode)) / 100 for mode in Rounding}
    for mode, step in ((Rounding.TO_FEN, "0.01"), (Rounding.TO_JIAO, "0.1"), (Rounding.TO_YUAN, "1")):
        assert fen[mode] == exact.quantize(Decimal(step), ROUND_HALF_UP)
    for mode, step in ((Rounding.FLOOR_JIAO, "0.1"), (Rounding.FLOOR_YUAN, "1")):
        assert fen[mode] == exact.quantize(Decimal(step), ROUND_FLOOR)
    digits = f"{exact.quantize(Decimal('0.0001'), ROUND_FLOOR):f}".partition(".")[2]
    assert fen[Rounding.JIAO_UP_YUAN] == exact.quantize(Decimal(1), ROUND_FLOOR) + (digits[0] != "0")
    assert fen[Rounding.JIAOFEN_UP_YUAN] == exact.quantize(Decimal(1), ROUND_FLOOR) + (digits[:2] != "00")
    step_up = Decimal("0.1") * (digits[1] != "0")
    assert fen[Rounding.FEN_UP_JIAO] == exact.quantize(Decimal("0.1"), ROUND_FLOOR) + step_up


def test_a_negative_base_or_ratio_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="negative"):
        deposit(-1, 500, Rounding.TO_FEN)
    with pytest.raises(ValueError, match="negative"):
        deposit(1, -500, Rounding.TO_FEN)


@pytest.mark.parametrize(
    ("typed", "points", "text"),
    [("12", 1200, "12"), ("12%", 1200, "12"), ("12.5", 1250, "12.5"), ("12.25%", 1225, "12.25")]
    + [("5.00", 500, "5"), ("0", 0, "0"), (" 100% ", 10_000, "100"), ("0.05", 5, "0.05"), ("08", 800, "8")],
)
def test_a_ratio_is_read_in_basis_points(typed: str, points: int, text: str) -> None:
    assert parse_ratio(typed) == points
    assert format_ratio(points) == text
    assert parse_ratio(text) == points


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "ratio.format"),
        ("12%%", "ratio.format"),
        ("-5", "ratio.format"),
        ("12.", "ratio.format"),
        ("1.2E1", "ratio.format"),
        ("百分之五", "ratio.format"),
        ("１２", "ratio.full_width"),
        ("12％", "ratio.full_width"),
        ("12.345", "ratio.decimals"),
        ("100.01", "ratio.too_large"),
        ("9" * 5000, "ratio.too_large"),
    ],
)
def test_what_is_no_ratio_is_refused_with_its_code(typed: str, code: str) -> None:
    with pytest.raises(RatioError) as caught:
        parse_ratio(typed)
    assert caught.value.code == code
    assert caught.value.text.endswith("。")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        # the examples of 支付结算办法, appendix 1
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        # further amounts
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("0.55", "伍角伍分"),
        ("1", "壹元整"),
        ("10.00", "壹拾元整"),
        ("1004.05", "壹仟零肆元零伍分"),
        ("100000.00", "壹拾万元整"),
        ("1010", "壹仟零壹拾元整"),
        ("1000001", "壹佰万零壹元整"),
        ("100010000", "壹亿零壹万元整"),
        ("1000000000.01", "壹拾亿元零壹分"),
        ("500007500.12", "伍亿零柒仟伍佰元零壹角贰分"),
        ("-12.30", "负壹拾贰元叁角"),
    ],
)
def test_amounts_in_capital_numerals(amount: str, words: str) -> None:
    assert rmb_capitals(parse_yuan(amount)) == words


def test_zeros_that_the_rule_leaves_open_follow_the_options() -> None:
    assert rmb_capitals(168032, zero_after_yuan=False) == "壹仟陆佰捌拾元叁角贰分"
    assert rmb_capitals(10700053, zero_after_yuan=False, zero_after_wan=True) == "壹拾万零柒仟元伍角叁分"
    assert rmb_capitals(50000750010, zero_after_yuan=False) == "伍亿零柒仟伍佰元壹角"
    assert rmb_capitals(1001010, zero_after_yuan=False) == "壹万零壹拾元壹角"


_VALUES = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_capitals(words: str) -> int:
    """分 of an amount in words, read by place values alone."""
    total = group = digit = 0
    yuan = 0
    for char in words.removeprefix("负"):
        if char in _VALUES:
            digit = _VALUES[char]
        elif char in _UNITS:
            group, digit = group + digit * _UNITS[char], 0
        elif char in "万亿元":
            group += digit
            total += group * {"万": 10_000, "亿": 10**8, "元": 1}[char]
            group = digit = 0
            if char == "元":
                yuan, total = total, 0
        elif char in "角分":
            total, digit = total + digit * (10 if char == "角" else 1), 0
    return (yuan * 100 + total) * (-1 if words.startswith("负") else 1)


@given(st.integers(-(10**14) + 1, 10**14 - 1), st.booleans(), st.booleans())
def test_words_read_back_to_the_amount(fen: int, after_yuan: bool, after_wan: bool) -> None:
    words = rmb_capitals(fen, zero_after_yuan=after_yuan, zero_after_wan=after_wan)
    assert read_capitals(words) == fen
    assert "零零" not in words
    assert words.endswith("整") == (fen % 100 == 0)


@pytest.mark.parametrize("amount", [1.5, True, "100", None])
def test_only_whole_fen_are_put_into_words(amount: object) -> None:
    with pytest.raises(TypeError):
        rmb_capitals(amount)  # type: ignore[arg-type]


def test_an_amount_beyond_the_words_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        rmb_capitals(10**14)
