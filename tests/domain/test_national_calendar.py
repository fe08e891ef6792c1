from __future__ import annotations

from datetime import date

import pytest

from domain.national_calendar import national_calendar, read_calendar
from domain.period import BusinessCalendar

HEADER = "first\tlast\tkind\tname"


def test_the_published_years_are_plausible() -> None:
    days = national_calendar()
    assert days.holidays.keys() == days.workdays.keys() >= {2024, 2025, 2026}
    for year, off in days.holidays.items():
        assert len(off) >= 11
        assert date(year, 1, 1) in off
        assert {date(year, 10, day) for day in range(1, 8)} <= off
        assert {date(year, 5, 1)} <= off
        assert all(day.weekday() >= 5 for day in days.workdays[year])
        assert not off & days.workdays[year]


def test_make_up_working_days_of_2026() -> None:
    assert sorted(national_calendar().workdays[2026]) == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]


@pytest.mark.parametrize(
    ("month", "cutoff"),
    [
        (202602, date(2026, 2, 14)),  # the 20th lies in the Spring Festival; Saturday the 14th is worked
        (202606, date(2026, 6, 18)),
        (202609, date(2026, 9, 20)),  # a Sunday that is worked
        (202610, date(2026, 10, 20)),
        (202501, date(2025, 1, 20)),
        (202504, date(2025, 4, 18)),
    ],
)
def test_the_end_of_filing_in_published_years(month: int, cutoff: date) -> None:
    days = national_calendar()
    calendar = BusinessCalendar("21-20", days.holidays, days.workdays, None, cutoff_pull_forward=True)
    assert calendar.cutoff(month) == cutoff
    assert not calendar.cutoff_is_provisional(month)


def test_a_year_that_is_not_in_the_file_is_not_published() -> None:
    days = national_calendar()
    last = max(days.holidays)
    assert BusinessCalendar("calendar", days.holidays, days.workdays).is_workday(date(last + 1, 1, 4)) is None


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["first\tlast\tkind"], "line 1"),
        ([HEADER, "2027-01-01\t2027-01-32\toff\t元旦"], "line 2"),
        ([HEADER, "2027-01-01"], "line 2"),
        ([HEADER, "2027-01-01\t2027-01-03\thalf\t元旦"], "line 2"),
        ([HEADER, "2027-01-03\t2027-01-01\toff\t元旦"], "line 2"),
        ([HEADER, "2027-01-01\t2027-03-01\toff\t元旦"], "line 2"),
        (
            [HEADER, "2027-01-01\t2027-01-03\toff\t元旦", "2027-01-03\t2027-01-03\twork\t元旦"],
            "line 3: 2027-01-03",
        ),
    ],
)
def test_a_wrong_line_is_named(lines: list[str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_calendar(lines)


def test_a_range_may_cross_the_year() -> None:
    days = read_calendar([HEADER, "", "2027-12-31\t2028-01-01\toff\t元旦"])
    assert days.holidays == {2027: frozenset({date(2027, 12, 31)}), 2028: frozenset({date(2028, 1, 1)})}
    assert days.workdays == {2027: frozenset(), 2028: frozenset()}
