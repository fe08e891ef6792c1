"""Sheets of months that are not verified yet, kept while somebody reads them page by page.

A sheet is counted from everybody of the unit, a page shows a thousand of them. It is kept under what it
follows from, so it is never out of date: whatever changes an account of the unit makes its revision grow.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, select

from center.remit.history import CANCELLED, sheets
from center.store.engine import Store
from center.store.money_tables import remittance
from center.store.tables import unit
from domain.period import add_months, months_between
from domain.remittance import Sheet

MOST_SHEETS: Final = 32
MOST_LINES: Final = 200_000
"""People and differences of all kept sheets together, some 100 MB."""


class SheetKey(NamedTuple):
    """What a sheet follows from: the unit's revision, the first month that is due, the sheet before that."""

    unit_account: str
    revision: int
    first: int
    before: str
    month: int


class KeptSheets:
    """The sheets that were read last, of one center; for many threads."""

    def __init__(self, most_sheets: int = MOST_SHEETS, most_lines: int = MOST_LINES) -> None:
        self._kept: OrderedDict[SheetKey, Sheet] = OrderedDict()
        self._lines = 0
        self._most_sheets, self._most_lines = most_sheets, most_lines
        self._lock = threading.Lock()

    def get(self, key: SheetKey, count: Callable[[], Sheet]) -> Sheet:
        """The sheet of a key, counted unless it is kept. One that is too long by itself is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = count()
        with self._lock:
            if key not in self._kept and _lines(made) <= self._most_lines:
                self._kept[key] = made
                self._lines += _lines(made)
            while len(self._kept) > self._most_sheets or self._lines > self._most_lines:
                _, oldest = self._kept.popitem(last=False)
                self._lines -= _lines(oldest)
        return made


def _lines(sheet: Sheet) -> int:
    return len(sheet.shares) + len(sheet.differences)


_OF_STORE: WeakKeyDictionary[Store, KeptSheets] = WeakKeyDictionary()
_FIRST = threading.Lock()


def due_sheet(store: Store, conn: Connection, unit_account: str, first: int, month: int) -> Sheet:
    """The sheet of a month that is due; `first` is the first one that is.

    The revision is read before anything else, so what is counted is never older than its key.
    """
    revision = conn.execute(select(unit.c.depositor_rev).where(unit.c.unit_account == unit_account))
    now = revision.scalar_one()
    before = conn.scalar(
        select(remittance.c.submission_id).where(
            remittance.c.unit_account == unit_account,
            remittance.c.month == add_months(first, -1),
            remittance.c.state != CANCELLED,
        )
    )
    key = SheetKey(unit_account, now, first, before or "", month)
    with _FIRST:
        kept = _OF_STORE.setdefault(store, KeptSheets())
    return kept.get(key, lambda: sheets(conn, unit_account, first, months_between(first, month) + 1)[-1])
