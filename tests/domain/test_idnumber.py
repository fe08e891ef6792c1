from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.idnumber import (
    IdNumberError,
    area_warning,
    check_digit,
    is_damaged_number,
    mask,
    parse_id_number,
    same_person_key,
    upgrade,
)

TODAY = date(2026, 11, 20)
KNOWN = "11010519491231002X"
PROVINCES = st.sampled_from(["11", "13", "31", "44", "54", "61", "65", "71", "81", "82", "83"])


def number_of(area: str, birth: date, sequence: int) -> str:
    first17 = f"{area}{birth:%Y%m%d}{sequence:03d}"
    return first17 + check_digit(first17)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    area = draw(PROVINCES) + f"{draw(st.integers(0, 9999)):04d}"
    birth = draw(st.dates(date(1907, 1, 1), TODAY))
    return number_of(area, birth, draw(st.integers(0, 999)))


def code_of(text: str, today: date = TODAY) -> str:
    with pytest.raises(IdNumberError) as caught:
        parse_id_number(text, today)
    assert caught.value.text.endswith("。")
    assert len(caught.value.text) < 70
    return caught.value.code


def test_the_example_of_the_standard() -> None:
    person = parse_id_number(KNOWN, TODAY)
    assert person.text == person.full == KNOWN
    assert person.birth == date(1949, 12, 31)
    assert person.gender == "女"
    assert person.area == "110105"
    assert not person.is_residence_permit
    assert check_digit("11010519491231002") == "X"


def test_an_old_number_keeps_its_form_and_gives_the_new_one() -> None:
    person = parse_id_number("110105491231002", TODAY)
    assert person.text == "110105491231002"
    assert person.full == KNOWN == upgrade("110105491231002")
    assert person.birth == date(1949, 12, 31)
    assert person.gender == "女"
    assert parse_id_number("110105491231003", TODAY).gender == "男"


def test_small_x_and_blanks_at_the_ends_are_accepted() -> None:
    assert parse_id_number(" \t11010519491231002x\u3000", TODAY).text == KNOWN
    assert parse_id_number("\ufeff11010519491231002X\u200b", TODAY).text == KNOWN


@pytest.mark.parametrize("area", ["810000", "820000", "830000"])
def test_residence_permits_follow_the_same_check(area: str) -> None:
    text = number_of(area, date(1990, 5, 1), 21)
    assert parse_id_number(text, TODAY).is_residence_permit
    assert area_warning(area) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "id.empty"),
        (" \u3000\t", "id.empty"),
        ("11010519491231002", "id.length"),
        ("11010519491231002X1", "id.length"),
        ("1", "id.length"),
        ("9" * 10_000, "id.length"),
        ("110105 194912310 02X", "id.characters"),
        ("1101051949123100-X", "id.characters"),
        ("11010519491231002A", "id.characters"),
        ("1101051949123100X2", "id.characters"),
        ("X10105491231002", "id.characters"),
        ("110105\x1b[31m31002X", "id.characters"),
        ("\u0661" * 18, "id.characters"),
        ("张三张三张三张三张三张三张三张三张三", "id.characters"),
        ("11010519490231002X", "id.date"),
        ("11010519491301002X", "id.date"),
        ("11010500001231002X", "id.date"),
        ("110105490229002", "id.date"),  # 1949 was no leap year
        (number_of("110105", date(2026, 11, 21), 2), "id.future"),
        (number_of("110105", date(1905, 11, 20), 2), "id.age"),
        ("110105194912310020", "id.check_digit"),
        ("110105194912310022", "id.check_digit"),
        ("4.403E+17", "id.number_cell"),
        ("4.403e17", "id.number_cell"),
        ("440301199001011000.0", "id.number_cell"),
        ("#########", "id.number_cell"),
        ("11010519491231002Ｘ", "id.full_width"),
        ("１１０１０５19491231002X", "id.full_width"),
    ],
)
def test_every_fault_has_its_code(text: str, code: str) -> None:
    assert code_of(text) == code


def test_full_width_characters_get_a_proposal_and_are_not_repaired() -> None:
    with pytest.raises(IdNumberError, match=KNOWN):
        parse_id_number("１１０１０５１９４９１２３１００２ｘ", TODAY)


def test_a_wrong_check_digit_names_the_counter_for_a_genuine_number() -> None:
    with pytest.raises(IdNumberError, match="柜台"):
        parse_id_number("110105194912310020", TODAY)


def test_the_birth_date_may_be_today_but_not_tomorrow() -> None:
    today = number_of("110105", TODAY, 2)
    assert parse_id_number(today, TODAY).birth == TODAY
    assert code_of(today, date(2026, 11, 19)) == "id.future"


def test_an_age_of_120_is_accepted_and_121_is_not() -> None:
    oldest = number_of("110105", date(1906, 11, 20), 2)
    assert parse_id_number(oldest, TODAY).birth.year == 1906
    assert parse_id_number(oldest, date(2027, 11, 19)).birth.year == 1906
    assert code_of(oldest, date(2027, 11, 20)) == "id.age"


@given(numbers())
def test_a_generated_number_is_accepted(text: str) -> None:
    person = parse_id_number(text, TODAY)
    assert person.full == text
    assert person.gender == ("男" if int(text[16]) % 2 else "女")
    assert person.birth.strftime("%Y%m%d") == text[6:14]


@given(numbers(), st.integers(0, 17), st.integers(1, 10))
def test_one_wrong_character_is_always_detected(text: str, place: int, shift: int) -> None:
    alphabet = "0123456789X" if place == 17 else "0123456789"
    other = alphabet[(alphabet.index(text[place]) + shift) % len(alphabet)]
    if other != text[place]:
        assert code_of(text[:place] + other + text[place + 1 :]) in {
            "id.check_digit",
            "id.date",
            "id.future",
            "id.age",
        }


@given(numbers(), st.integers(0, 16))
def test_two_neighbours_swapped_are_always_detected(text: str, place: int) -> None:
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if swapped != text:
        with pytest.raises(IdNumberError):
            parse_id_number(swapped, TODAY)


@given(st.dates(date(1907, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_old_and_new_number_of_a_person_share_one_key(birth: date, sequence: int) -> None:
    new = number_of("110105", birth, sequence)
    old = new[:6] + new[8:17]
    assert same_person_key(old) == same_person_key(new.lower()) == same_person_key(f" {new}\u3000") == new


@pytest.mark.parametrize(
    ("text", "key"),
    [("  abc1 ", "ABC1"), ("110105490229002", "110105490229002"), ("", ""), ("１２ａ", "12A")],
)
def test_what_is_no_number_is_its_own_key(text: str, key: str) -> None:
    assert same_person_key(text) == key


def test_another_person_has_another_key() -> None:
    assert same_person_key("110105491231002") != same_person_key("110105491231003")


@pytest.mark.parametrize(
    "text", ["4.403E+17", " 4.40301199001E+17 ", "4E17", "####", "#", "11010519491231000.00"]
)
def test_numbers_destroyed_by_a_spreadsheet_are_recognised(text: str) -> None:
    assert is_damaged_number(text)


@pytest.mark.parametrize("text", ["", KNOWN, "110105491231002", "E+17", "A#", "12.5", "4.4E+1700"])
def test_other_texts_are_not_called_destroyed(text: str) -> None:
    assert not is_damaged_number(text)


def test_an_unknown_province_is_a_warning_only() -> None:
    text = number_of("990101", date(1990, 1, 1), 1)
    assert parse_id_number(text, TODAY).area == "990101"
    assert "外国人" in (area_warning("990101") or "")
    assert "地区码" in (area_warning("170101") or "")
    for area in ("110105", "440306", "650101", "710000", "540102"):
        assert area_warning(area) is None


@pytest.mark.parametrize(
    "first17", ["", "1101051949123100", "110105194912310021", "1101051949123100X", "１" * 17]
)
def test_the_check_digit_needs_seventeen_digits(first17: str) -> None:
    with pytest.raises(ValueError, match="17 digits"):
        check_digit(first17)


def test_upgrade_needs_fifteen_digits() -> None:
    with pytest.raises(ValueError, match="15 digits"):
        upgrade(KNOWN)


def test_a_masked_number_hides_the_birth_date() -> None:
    person = parse_id_number(KNOWN, TODAY)
    assert person.masked == "110105********002X"
    assert mask("110105491231002") == "110105******002"
    assert mask("E12345678") == "E1*****78"
    assert mask("E123") == "E123"
