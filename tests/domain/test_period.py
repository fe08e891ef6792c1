from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.period import (
    BusinessCalendar,
    PeriodError,
    add_months,
    center_local,
    format_month,
    fund_year,
    fund_year_months,
    last_day,
    month_of,
    month_range,
    months_between,
    parse_hours,
    parse_month,
)

MONTHS = st.builds(lambda year, month: year * 100 + month, st.integers(1980, 2100), st.integers(1, 12))
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(("typed", "month"), [("201008", 201008), (" 202611\t", 202611), ("198001", 198001)])
def test_a_month_is_six_digits(typed: str, month: int) -> None:
    assert parse_month(typed) == month
    assert format_month(month) == typed.strip()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "month.format"),
        ("2010-8", "month.format"),
        ("2010年8月", "month.format"),
        ("Aug-10", "month.format"),
        ("-20108", "month.format"),
        ("2010.8", "month.format"),
        ("\u0662\u0660\u0661\u0660\u0660\u0668", "month.format"),
        ("20108", "month.length"),
        ("20100801", "month.length"),
        ("9" * 5000, "month.length"),
        ("201000", "month.format"),
        ("201013", "month.format"),
        ("197912", "month.range"),
        ("210101", "month.range"),
        ("２０１００８", "month.full_width"),
    ],
)
def test_what_is_no_month_is_refused_with_its_code(typed: str, code: str) -> None:
    with pytest.raises(PeriodError) as caught:
        parse_month(typed)
    assert caught.value.code == code
    assert caught.value.text.endswith("。")
    assert len(caught.value.text) < 60


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert add_months(202611, 2) == 202701
    assert add_months(202601, -1) == 202512
    assert add_months(202612, 0) == 202612
    assert months_between(202511, 202602) == 3
    assert months_between(202602, 202511) == -3
    assert month_range(202511, 202602) == (202511, 202512, 202601, 202602)
    assert month_range(202602, 202511) == ()


@given(MONTHS, st.integers(-400, 400))
def test_adding_and_counting_months_agree(month: int, count: int) -> None:
    assert months_between(month, add_months(month, count)) == count


@pytest.mark.parametrize("month", [0, 202600, 202613, 2026])
def test_what_is_no_month_cannot_be_counted_with(month: int) -> None:
    with pytest.raises(ValueError, match="no month"):
        add_months(month, 1)


def test_the_fund_year_turns_in_july() -> None:
    assert fund_year(202606) == 2025
    assert fund_year(202607) == 2026
    assert fund_year(202612) == fund_year(202701) == 2026
    assert fund_year(202606, start_month=1) == 2026
    assert fund_year_months(2025) == (202507, 202606)
    assert fund_year_months(2025, start_month=1) == (202501, 202512)


def test_the_last_day_of_a_month() -> None:
    assert last_day(202402) == date(2024, 2, 29)
    assert last_day(202611) == date(2026, 11, 30)


# ---- the calendar of a center --------------------------------------------------------------------

# 2026 with 1 to 8 October off and 10 October worked.
OFF = frozenset(date(2026, 10, day) for day in range(1, 9))
WORKED = frozenset({date(2026, 10, 10)})
HANGZHOU = BusinessCalendar("21-20", {2026: OFF}, {2026: WORKED}, parse_hours("09:00-16:30"), True)
PLAIN = BusinessCalendar()


def test_a_calendar_month_is_the_business_month() -> None:
    assert PLAIN.business_month(date(2026, 10, 31)) == 202610
    assert PLAIN.first_day(202610) == date(2026, 10, 1)
    assert PLAIN.last_day(202602) == date(2026, 2, 28)


def test_the_21st_begins_the_next_business_month() -> None:
    assert HANGZHOU.business_month(date(2026, 10, 20)) == 202610
    assert HANGZHOU.business_month(date(2026, 10, 21)) == 202611
    assert HANGZHOU.business_month(date(2026, 12, 21)) == 202701
    assert HANGZHOU.first_day(202701) == date(2026, 12, 21)
    assert HANGZHOU.last_day(202701) == date(2027, 1, 20)


@given(DAYS, st.sampled_from([PLAIN, HANGZHOU]))
def test_every_day_lies_within_its_business_month(day: date, calendar: BusinessCalendar) -> None:
    month = calendar.business_month(day)
    assert calendar.first_day(month) <= day <= calendar.last_day(month)
    assert calendar.last_day(month) + timedelta(days=1) == calendar.first_day(add_months(month, 1))
    if calendar is PLAIN:
        assert month == month_of(day)


def test_working_days() -> None:
    assert HANGZHOU.is_workday(date(2026, 10, 9)) is True
    assert HANGZHOU.is_workday(date(2026, 10, 8)) is False
    assert HANGZHOU.is_workday(date(2026, 10, 10)) is True  # a Saturday that is worked
    assert HANGZHOU.is_workday(date(2026, 10, 11)) is False
    assert HANGZHOU.next_workday(date(2026, 9, 30)) == date(2026, 10, 9)


def test_nothing_is_guessed_for_a_year_that_is_not_published() -> None:
    assert HANGZHOU.is_workday(date(2027, 1, 4)) is None
    assert HANGZHOU.is_workday(date(2027, 1, 3)) is None  # not even a Sunday: it may be worked
    assert HANGZHOU.next_workday(date(2026, 12, 31)) is None
    assert HANGZHOU.cutoff(202703) == date(2027, 3, 20)  # a Saturday
    assert HANGZHOU.cutoff_is_provisional(202703)
    assert not HANGZHOU.cutoff_is_provisional(202611)
    assert not PLAIN.cutoff_is_provisional(202703)


def test_filing_ends_on_the_last_working_day_before_a_holiday() -> None:
    assert HANGZHOU.cutoff(202610) == date(2026, 10, 20)  # a Tuesday
    assert HANGZHOU.cutoff(202609) == date(2026, 9, 18)  # the 20th is a Sunday
    assert HANGZHOU.cutoff(202606) == date(2026, 6, 19)  # the 20th is a Saturday
    worked = BusinessCalendar("21-20", {2026: OFF}, {2026: frozenset({date(2026, 9, 20)})}, None, True)
    assert worked.cutoff(202609) == date(2026, 9, 20)
    feast = frozenset(date(2026, 2, day) for day in range(14, 24))
    spring = BusinessCalendar("21-20", {2026: feast}, {}, None, True)
    assert spring.cutoff(202602) == date(2026, 2, 13)


def test_without_pull_forward_filing_ends_with_the_month() -> None:
    assert BusinessCalendar("21-20", {2026: OFF}).cutoff(202609) == date(2026, 9, 20)
    assert PLAIN.cutoff(202610) == date(2026, 10, 31)


def test_a_month_without_any_working_day_keeps_its_last_day() -> None:
    all_off = frozenset(date(2026, 1, 1) + timedelta(days=day) for day in range(365))
    assert BusinessCalendar("calendar", {2026: all_off}, {}, None, True).cutoff(202605) == date(2026, 5, 31)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (datetime(2026, 10, 20, 8, 59, 59), False),
        (datetime(2026, 10, 20, 9, 0), True),
        (datetime(2026, 10, 20, 16, 29, 59), True),
        (datetime(2026, 10, 20, 16, 30), False),
        (datetime(2026, 10, 17, 10, 0), True),  # a Saturday: the hours hold every day
        (datetime(2026, 9, 18, 16, 0), True),
        (datetime(2026, 9, 19, 10, 0), False),  # after the pulled-forward end
        (datetime(2026, 9, 20, 10, 0), False),
        (datetime(2026, 9, 21, 10, 0), True),
    ],
)
def test_the_center_is_open_within_its_hours_up_to_the_end_of_filing(moment: datetime, is_open: bool) -> None:
    assert HANGZHOU.is_open(moment) is is_open
    assert (HANGZHOU.closed_text(moment) is None) is is_open


def test_a_closed_center_says_when_it_opens() -> None:
    early = HANGZHOU.closed_text(datetime(2026, 10, 20, 8, 0))
    assert early == "现在不在办理时间内，请于每天09:00至16:30办理。"
    late = HANGZHOU.closed_text(datetime(2026, 9, 19, 10, 0))
    assert late == "2026年9月业务月度已于9月18日截止申报，请于9月21日起办理。"


def test_a_center_without_hours_is_always_open() -> None:
    assert PLAIN.is_open(datetime(2026, 10, 31, 23, 59, 59))
    assert PLAIN.is_open(datetime(2026, 1, 1))


def test_the_clock_is_the_centers_wherever_the_moment_comes_from() -> None:
    moment = datetime(2026, 10, 20, 1, 30, tzinfo=UTC)
    assert center_local(moment) == datetime(2026, 10, 20, 9, 30)
    assert HANGZHOU.is_open(moment)
    assert not HANGZHOU.is_open(datetime(2026, 10, 20, 10, 0, tzinfo=UTC))
    assert center_local(datetime(2026, 10, 20, 23, 0, tzinfo=timezone(timedelta(hours=-5)))).day == 21


def test_hours_are_read_strictly() -> None:
    assert parse_hours("") is None
    assert parse_hours("09:00-16:30") == (time(9), time(16, 30))
    for wrong in ("9:00-16:30", "09:00", "16:30-09:00", "09:00-09:00", "25:00-26:00", "09:00~16:30"):
        with pytest.raises(ValueError, match="hour"):
            parse_hours(wrong)
