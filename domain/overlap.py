"""Which rows of a roster repeat an earlier one: the same person, or the same months of a person.

A duplicate key is a text; one about months ends in "#" and the first and last month, see `month_key`. Two
keys about months meet where they share a month (M-12, V-21), others only where they are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from domain.period import month_range

MARK = "#"
_MONTHS = re.compile(r"(?s)(.+)#([0-9]{4}(?:0[1-9]|1[0-2]))([0-9]{4}(?:0[1-9]|1[0-2]))")


def month_key(subject: str, first: int, last: int) -> str:
    """The duplicate key of a subject (a person, a fund) for the months `first` to `last` (YYYYMM)."""
    return f"{subject}{MARK}{first:06d}{last:06d}"


def subject_of(key: str) -> str:
    """Whom a key about months is about, "" for any other key."""
    found = _MONTHS.fullmatch(key)
    return found[1] if found is not None else ""


class Repeats:
    """Takes the keys of rows in their order and tells which earlier row each of them repeats."""

    def __init__(self) -> None:
        self._count = 0
        self._seen: dict[str, int] = {}
        self._months: dict[str, dict[int, int]] = {}

    def add(self, key: str) -> int | None:
        """The place (from 0) of the first earlier row that `key` meets; "" meets nothing."""
        place = self._count
        self._count += 1
        if not key:
            return None
        found = _MONTHS.fullmatch(key) if MARK in key else None
        if found is None:
            first = self._seen.setdefault(key, place)
        else:
            seen = self._months.setdefault(found[1], {})
            months = month_range(int(found[2]), int(found[3]))
            first = min((seen.setdefault(month, place) for month in months), default=place)
        return None if first == place else first


def repeats(keys: Iterable[str]) -> list[int | None]:
    """For each of `keys` the place of the first earlier one that it meets."""
    seen = Repeats()
    return [seen.add(key) for key in keys]
