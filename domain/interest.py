"""年度结息: 积数 times a dated rate, in whole numbers, rounded once (article 21; 银发〔2016〕43号).

A 积数 is a balance in 分 times the days it stood, in 分·日. A fund year runs from 1 July to 30 June, both
included. Money counts from the day it is booked, what leaves no longer counts on the day it leaves; the
interest itself is credited as of 30 June and earns from the day after.

Rates are dated: where one changes within the year, the year falls into segments, each with its own 积数.
Before 21 February 2016 当年归集 and 上年结转 had rates of their own, so they always have their own 积数.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import lcm
from typing import Final, Literal

from domain.period import fund_year_months, last_day

Kind = Literal["current", "carried"]
KINDS: Final[tuple[Kind, ...]] = ("current", "carried")
"""当年归集, 上年结转."""

KIND_TITLES: Final[Mapping[str, str]] = {"current": "当年归集", "carried": "上年结转"}
DAY_COUNTS: Final = (360, 365)
"""Days of a year by which an annual rate is divided (银发〔2005〕129号 says 360; some centers use 365)."""

WHOLE: Final = 10_000
"""Basis points of 100%."""

_COMMON: Final = WHOLE * lcm(*DAY_COUNTS)


class InterestError(ValueError):
    """Interest that cannot be computed; `text` is one Chinese sentence.

    Codes: interest.no_rate, interest.rate, interest.year.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Rate:
    """An annual rate in basis points (150 is 1.50%) for a kind of money from a day on."""

    kind: Kind
    first_day: date
    rate: int
    day_count: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Days `first` up to, not including, `end`, in which the rates of both kinds stay as they are."""

    first: date
    end: date
    rates: Mapping[Kind, Rate]

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.first).days


@dataclass(frozen=True, slots=True)
class Product:
    """积数 in 分·日 of one segment: of each side, 当年归集 and 上年结转."""

    unit_current: int = 0
    person_current: int = 0
    unit_carried: int = 0
    person_carried: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.unit_current + self.person_current + self.unit_carried + self.person_carried


@dataclass(frozen=True, slots=True)
class Interest:
    """Interest in 分; `unit` and `person` add up to `amount`. `product` is the 积数 it comes from.

    `short`: the books say that a side was below nothing, so it gets none.
    """

    amount: int
    unit: int
    person: int
    product: int
    short: bool = False


def year_span(year: int, start_month: int = 7) -> tuple[date, date]:
    """First and last day of a fund year: 2025 is 1 July 2025 to 30 June 2026.

    Raises InterestError interest.year for a year that no calendar has.
    """
    if not 1 <= year <= 9998:
        raise InterestError("interest.year", "年度应为四位数字，例如 2025 表示2025年7月至2026年6月，请改正。")
    first, last = fund_year_months(year, start_month)
    return date(first // 100, first % 100, 1), last_day(last)


def segments(rates: Sequence[Rate], first: date, last: date) -> list[Segment]:
    """Cut the days from `first` to `last`, both included, where a rate changes.

    Raises InterestError interest.no_rate where a kind has no rate on the first day.
    """
    end = last + timedelta(days=1)
    cuts = sorted({first, *(one.first_day for one in rates if first < one.first_day < end)})
    found = []
    for begin, until in zip(cuts, [*cuts[1:], end], strict=True):
        found.append(Segment(begin, until, {kind: _rate_on(rates, kind, begin) for kind in KINDS}))
    return found


def _rate_on(rates: Sequence[Rate], kind: Kind, day: date) -> Rate:
    known = [one for one in rates if one.kind == kind and one.first_day <= day]
    if not known:
        raise InterestError(
            "interest.no_rate",
            f"{day:%Y年%m月%d日}没有{KIND_TITLES[kind]}的利率，请先用 gjj center rates 登记。",
        )
    return max(known, key=lambda one: one.first_day)


def product(changes: Sequence[tuple[date, int]], first: date, end: date) -> int:
    """积数 of one balance over the days `first` up to, not including, `end`.

    `changes` are signed amounts in 分 with the day they are booked; those before `first` are its opening
    balance.
    """
    return sum(amount * (end - max(day, first)).days for day, amount in changes if day < end)


def interest(parts: Sequence[tuple[Segment, Product]]) -> Interest:
    """Interest of an account over a year: exact until the end, then rounded half up to 分, once.

    The whole is rounded, and the unit's side by itself; the person's side is what remains, so the last 分
    falls to the person. A side below nothing over the year earns nothing and takes nothing from the other.
    """
    unit = person = everything = 0
    for segment, one in parts:
        unit += _exact(segment, one.unit_current, one.unit_carried)
        person += _exact(segment, one.person_current, one.person_carried)
        everything += one.total
    short = unit < 0 or person < 0
    unit, person = max(0, unit), max(0, person)
    amount, of_unit = _half_up(unit + person), _half_up(unit)
    return Interest(amount, of_unit, amount - of_unit, everything, short)


def _exact(segment: Segment, current: int, carried: int) -> int:
    """What one side earned in a segment, in the unit of `_weight`.

    What goes over is booked as of the last day of a year, also where that money left and other came before
    the run: until it came 当年归集 is below nothing by just what 上年结转 has too much. A kind below nothing
    is therefore taken off the other one, so each 分 earns at the rate of the kind in which it stood.
    """
    if current < 0 or carried < 0:
        current, carried = (0, carried + current) if current < 0 else (current + carried, 0)
    return current * _weight(segment.rates["current"]) + carried * _weight(segment.rates["carried"])


def _weight(rate: Rate) -> int:
    """What a 分·日 earns, in 1 / (10,000 x 26,280) 分."""
    return rate.rate * (_COMMON // WHOLE // rate.day_count)


def _half_up(exact: int) -> int:
    return (exact + _COMMON // 2) // _COMMON
