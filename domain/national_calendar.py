"""Public holidays and make-up working days as the State Council published them, year by year.

The days stand in `national_calendar.tsv` (first day, last day, off or work, name); a center edits its own
copy in its database. A year without a line is not published, and no rule guesses it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

_HEADER = ["first", "last", "kind", "name"]


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """Days off and worked weekend days by year, in the form `BusinessCalendar` takes them."""

    holidays: dict[int, frozenset[date]]
    workdays: dict[int, frozenset[date]]


@cache
def national_calendar() -> CalendarDays:
    """The published years that come with the program."""
    source = files("domain").joinpath("national_calendar.tsv")
    return read_calendar(source.read_text(encoding="utf-8").splitlines())


def read_calendar(lines: Iterable[str]) -> CalendarDays:
    """Days from tab-separated lines with a header. Raises ValueError with the number of a wrong line."""
    found: dict[str, dict[int, set[date]]] = {"off": {}, "work": {}}
    for number, row in enumerate(csv.reader(lines, delimiter="\t"), start=1):
        if number == 1 and row != _HEADER:
            raise ValueError(f"calendar: line 1 must read {'<TAB>'.join(_HEADER)}")
        if number == 1 or not row:
            continue
        for day in _days(number, row):
            for kind in found.values():
                kind.setdefault(day.year, set())
            if day in found["off"][day.year] | found["work"][day.year]:
                raise ValueError(f"calendar: line {number}: {day} stands twice")
            found[row[2]][day.year].add(day)
    off, work = ({year: frozenset(days) for year, days in kind.items()} for kind in found.values())
    return CalendarDays(off, work)


def _days(number: int, row: list[str]) -> list[date]:
    try:
        first, last = date.fromisoformat(row[0]), date.fromisoformat(row[1])
    except (ValueError, IndexError):
        raise ValueError(f"calendar: line {number} must begin with two dates") from None
    if len(row) != len(_HEADER) or row[2] not in ("off", "work") or not 0 <= (last - first).days < 31:
        raise ValueError(f"calendar: line {number} must hold a first and last day, off or work, and a name")
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]
