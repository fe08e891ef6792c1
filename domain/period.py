"""Months, fund years and the calendar of a center: which month a day belongs to, and when it is open.

Months are `int` YYYYMM. Times of day are the center's wall clock (UTC+8 all year); the clock comes from the
center, never from the workstation.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Literal

from domain.text import clean_cell, has_full_width, safe_text

CENTER_ZONE = timezone(timedelta(hours=8), "UTC+08:00")
"""China keeps one zone and no summer time."""

FIRST_YEAR, LAST_YEAR = 1980, 2100
"""Years in which a month is taken for meant."""

_DIGITS = re.compile(r"[0-9]+")
_HOURS = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")


class PeriodError(ValueError):
    """A text that is no month; `code` is stable, `text` one Chinese sentence.

    Codes: month.full_width, month.format, month.length, month.range.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


# ---- months --------------------------------------------------------------------------------------


def parse_month(text: str) -> int:
    """YYYYMM typed as six half-width digits, e.g. "201008" (W-07, V-22, V-23). Raises PeriodError."""
    typed = clean_cell(text)
    if has_full_width(typed):
        raise PeriodError("month.full_width", "年月含全角字符，请改成半角的六位数字，如 201008。")
    shown = safe_text(typed, limit=12)
    if not _DIGITS.fullmatch(typed):
        raise PeriodError("month.format", f"年月“{shown}”格式错误，请填写六位数字，如 201008。")
    if len(typed) != 6:
        raise PeriodError("month.length", f"年月“{shown}”长度错误，请填写六位数字，如 201008。")
    year, month = divmod(int(typed), 100)
    if not 1 <= month <= 12:
        raise PeriodError("month.format", f"年月“{shown}”格式错误，月份应为01至12。")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise PeriodError("month.range", f"年月“{shown}”的年份应在{FIRST_YEAR}至{LAST_YEAR}之间，请改正。")
    return year * 100 + month


def format_month(month: int) -> str:
    """YYYYMM as text: 202611 is "202611"."""
    return f"{month:06d}"


def month_of(day: date) -> int:
    """The calendar month of a day."""
    return day.year * 100 + day.month


def add_months(month: int, count: int) -> int:
    """The month `count` months later, earlier when negative. Raises ValueError for what is no month."""
    index = _index(month) + count
    return index // 12 * 100 + index % 12 + 1


def months_between(first: int, last: int) -> int:
    """How many months `last` lies after `first`: 0 for the same month, negative when earlier."""
    return _index(last) - _index(first)


@lru_cache(maxsize=2048)
def month_range(first: int, last: int) -> tuple[int, ...]:
    """All months from `first` to `last`, both included; empty when `last` is earlier."""
    return tuple(add_months(first, step) for step in range(months_between(first, last) + 1))


def last_day(month: int) -> date:
    """The last day of a calendar month."""
    year, number = divmod(month, 100)
    return date(year, number, calendar.monthrange(year, number)[1])


def fund_year(month: int, start_month: int = 7) -> int:
    """The fund year a month belongs to, named by the year it begins in: 202606 is 2025, 202607 is 2026."""
    year, number = divmod(month, 100)
    _index(month)
    return year if number >= start_month else year - 1


def fund_year_months(year: int, start_month: int = 7) -> tuple[int, int]:
    """First and last month of a fund year: 2025 is (202507, 202606)."""
    first = year * 100 + start_month
    return first, add_months(first, 11)


def _index(month: int) -> int:
    year, number = divmod(month, 100)
    if not 1 <= number <= 12:
        raise ValueError(f"{month} is no month YYYYMM")
    return year * 12 + number - 1


# ---- the calendar of a center --------------------------------------------------------------------


def parse_hours(text: str) -> tuple[time, time] | None:
    """Service hours "09:00-16:30" (N-02); "" is None, always open. Raises ValueError."""
    if not text:
        return None
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f"hours {text!r} are not HH:MM-HH:MM")
    first, last, third, fourth = (int(part) for part in match.groups())
    opens, closes = time(first, last), time(third, fourth)
    if opens >= closes:
        raise ValueError(f"hours {text!r} end before they begin")
    return opens, closes


def center_local(moment: datetime) -> datetime:
    """The center's wall clock of an aware moment; a naive moment is taken as that clock already."""
    return moment if moment.tzinfo is None else moment.astimezone(CENTER_ZONE).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Business months, working days and opening hours of one center (parameters 23 to 25, N-01, N-02).

    `kind` "calendar": the business month is the calendar month; "21-20": from the 21st to the next 20th,
    named by the month it ends in. `holidays` and `workdays` hold, per year, the published days off and the
    weekend days that are worked; a year without an entry in `holidays` is not published (年历未发布), and
    nothing is guessed for it. With `cutoff_pull_forward` filing ends on the last working day before, when the
    last day of the business month is not a working day; it opens again with the next business month.
    """

    kind: Literal["calendar", "21-20"] = "calendar"
    holidays: Mapping[int, frozenset[date]] = field(default_factory=dict)
    workdays: Mapping[int, frozenset[date]] = field(default_factory=dict)
    hours: tuple[time, time] | None = None
    cutoff_pull_forward: bool = False

    def business_month(self, day: date) -> int:
        """The business month YYYYMM a day belongs to."""
        month = month_of(day)
        return add_months(month, 1) if self.kind == "21-20" and day.day > 20 else month

    def first_day(self, month: int) -> date:
        """The first day of a business month."""
        if self.kind == "21-20":
            year, number = divmod(add_months(month, -1), 100)
            return date(year, number, 21)
        year, number = divmod(month, 100)
        return date(year, number, 1)

    def last_day(self, month: int) -> date:
        """The last day of a business month, before any pull-forward."""
        if self.kind == "21-20":
            year, number = divmod(month, 100)
            return date(year, number, 20)
        return last_day(month)

    def is_published(self, year: int) -> bool:
        """True when the days off of a year are known."""
        return year in self.holidays

    def is_workday(self, day: date) -> bool | None:
        """True on working days; None in a year whose calendar is not published."""
        if not self.is_published(day.year):
            return None
        if day in self.workdays.get(day.year, frozenset()):
            return True
        return day.weekday() < 5 and day not in self.holidays[day.year]

    def cutoff(self, month: int) -> date:
        """The last day on which a business month can be filed (N-01).

        Without a published calendar this is the nominal last day, and `cutoff_is_provisional` is true.
        """
        nominal = self.last_day(month)
        if not self.cutoff_pull_forward:
            return nominal
        day, first = nominal, self.first_day(month)
        while day >= first:
            working = self.is_workday(day)
            if working is None:
                return nominal
            if working:
                return day
            day -= timedelta(days=1)
        return nominal

    def cutoff_is_provisional(self, month: int) -> bool:
        """True when the cutoff depends on a calendar that is not published yet."""
        return self.cutoff_pull_forward and not self.is_published(self.last_day(month).year)

    def next_workday(self, day: date) -> date | None:
        """The first working day after `day` (O-09, O-17); None when the calendar needed is not published."""
        following = day + timedelta(days=1)
        while (working := self.is_workday(following)) is False:
            following += timedelta(days=1)
        return None if working is None else following

    def after_workdays(self, day: date, count: int) -> date | None:
        """The `count`-th working day after `day`; None when the calendar needed is not published."""
        found: date | None = day
        for _ in range(count):
            found = self.next_workday(found) if found is not None else None
        return found

    def workdays_between(self, first: date, last: date) -> int | None:
        """Working days behind `first` up to and with `last`, negative when `last` is earlier.

        None when the calendar of a day between is not published.
        """
        if last < first:
            back = self.workdays_between(last, first)
            return None if back is None else -back
        count, day = 0, first
        while day < last:
            day += timedelta(days=1)
            working = self.is_workday(day)
            if working is None:
                return None
            count += working
        return count

    def is_open(self, now_local: datetime) -> bool:
        """True when the center takes business now: within the hours, up to the cutoff (N-01, N-02).

        The hours hold every day; the closing minute itself is closed. An aware time is converted.
        """
        return self.closed_text(now_local) is None

    def closed_text(self, now_local: datetime) -> str | None:
        """Why the center is closed now and when it opens, as one Chinese sentence; None when it is open."""
        now = center_local(now_local)
        month = self.business_month(now.date())
        cutoff = self.cutoff(month)
        if now.date() > cutoff:
            again = self.last_day(month) + timedelta(days=1)
            return (
                f"{month // 100}年{month % 100}月业务月度已于{cutoff.month}月{cutoff.day}日截止申报，"
                f"请于{again.month}月{again.day}日起办理。"
            )
        if self.hours is not None and not self.hours[0] <= now.time() < self.hours[1]:
            opens, closes = (moment.strftime("%H:%M") for moment in self.hours)
            return f"现在不在办理时间内，请于每天{opens}至{closes}办理。"
        return None
