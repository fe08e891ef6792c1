"""Lines of a bank statement: what is read, what is refused and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.receipts import (
    FIELDS,
    BankLine,
    LineErrors,
    parse_bank_day,
    read_line,
    reason_finding,
    serials,
)

TODAY = date(2026, 11, 23)
GOOD = {
    "bank_no": "a2026-1",
    "day": "2026-11-20",
    "amount": "1,234.50",
    "payer": " 示例\n一中　",
    "remark": "",
}


def codes(values: Mapping[str, str]) -> dict[str, str]:
    """Field -> code of what is wrong."""
    with pytest.raises(LineErrors) as caught:
        read_line(values, TODAY)
    assert all(one.text.endswith("。") for one in caught.value.findings)
    return {one.field: one.code for one in caught.value.findings}


def test_a_line_is_read_into_its_normal_texts() -> None:
    line = read_line(GOOD, TODAY)
    assert line == BankLine("A2026-1", date(2026, 11, 20), 123_450, "示例 一中")
    assert line.texts()["amount"] == "1234.50"
    assert read_line(line.texts(), TODAY) == line


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "0"}, "money.not_positive"),
        ({"amount": "-1.00"}, "money.not_positive"),
        ({"amount": "1.005"}, "money.decimals"),
        ({"amount": "9223372036854775808"}, "money.too_large"),
        ({"amount": "10000000000.00"}, "money.too_large"),
        ({"amount": "1e3"}, "money.format"),
        ({"amount": "１２"}, "money.full_width"),
        ({"amount": ""}, "required"),
        ({"day": "2026-11-24"}, "receipt.future"),
        ({"day": "1990-01-01"}, "receipt.day"),
        ({"day": "2026-02-30"}, "receipt.day"),
        ({"day": "2026111"}, "receipt.day"),
        ({"day": ""}, "required"),
        ({"bank_no": ""}, "required"),
        ({"bank_no": "A B"}, "receipt.format"),
        ({"bank_no": "%"}, "receipt.format"),
        ({"bank_no": "9" * 41}, "receipt.long"),
        ({"payer": "甲\x1b[31m"}, "receipt.sign"),
        ({"remark": "\u202e2026"}, "receipt.sign"),
        ({"remark": "长" * 201}, "receipt.long"),
        ({"payer_account": "六二二二"}, "receipt.format"),
        ({"unit_account": "1' OR 1"}, "receipt.format"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, str], code: str) -> None:
    assert codes(GOOD | change) == {next(iter(change)): code}


def test_every_wrong_field_is_told_in_the_order_of_the_form() -> None:
    found = codes({"bank_no": "", "day": "x", "amount": "x", "payer": "\x00"})
    assert list(found) == ["bank_no", "day", "amount", "payer"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20261120", date(2026, 11, 20)),
        ("2026/11/2", date(2026, 11, 2)),
        ("2026-11-20 10:20:30", date(2026, 11, 20)),
        ("2026-11-20T10:20", date(2026, 11, 20)),
        ("2026-11/20", None),
        ("20261", None),
        ("20261131", None),
    ],
)
def test_days_as_banks_write_them(text: str, day: date | None) -> None:
    assert parse_bank_day(text) == day


def test_serials_are_sixteen_digits_standing_alone() -> None:
    assert serials("汇缴2026112300000001") == ("2026112300000001",)
    assert serials("２０２６１１２３００００００01,2026112300000001") == ("2026112300000001",)
    assert serials("20261123000000012 202611230000001") == ()


def test_the_same_facts_are_the_same_whoever_named_the_unit() -> None:
    line = read_line(GOOD, TODAY)
    named = read_line(GOOD | {"unit_account": "100001"}, TODAY)
    other = read_line(GOOD | {"unit_account": "100002"}, TODAY)
    assert line.same_facts(named) and named.same_facts(line) and not named.same_facts(other)
    for key, text in (("day", "2026-11-19"), ("amount", "1"), ("payer", "乙"), ("remark", "x")):
        assert not line.same_facts(read_line(GOOD | {key: text}, TODAY))


def test_a_reason_is_wanted_and_clean() -> None:
    for text in ("", "  ", "因" * 201, "a\x07"):
        assert reason_finding(text) is not None
    assert reason_finding("单位来函") is None


@given(st.fixed_dictionaries({key: st.text(max_size=30) for key in FIELDS}))
def test_whatever_is_typed_is_read_or_refused_in_sentences(values: dict[str, str]) -> None:
    try:
        line = read_line(values, TODAY)
    except LineErrors as errors:
        assert errors.findings and all(one.text.endswith("。") for one in errors.findings)
    else:
        assert read_line(line.texts(), TODAY) == line
