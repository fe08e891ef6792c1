"""Orders that wait for their money, filed with another amount or taken back (M-08).

An order is never rewritten: the old one is cancelled, and a change declares a new one in its place.
"""

from __future__ import annotations

from collections.abc import Sequence

from center.effects.apply import Effect, Row, RowFailed, Work
from center.effects.changes import facts_of, record, take_revisions, write_history
from center.effects.makeup import MakeupEffect
from center.makeups import CANCELLED, move, waiting

GONE = "该月的补缴刚被入账或取消，请核对后重新办理。"
FILED_AS = "makeup"
"""The business whose orders are changed; a changed order is one of it."""


def effect(business: str) -> Effect:
    """The effect of `makeup_change` or `makeup_cancel`."""
    return ChangeEffect(FILED_AS) if business == "makeup_change" else CancelEffect()


def _cancel(work: Work, row: Row) -> str:
    """Cancel the order of a row; returns the account. Raises RowFailed where none waits."""
    number = row.account(work.unit_account).account_no
    month = int(row.values["month"])
    orders = waiting(work.conn, work.unit_account, FILED_AS, number, month)
    keys = [(one.submission_id, one.row_no, one.month) for one in orders]
    if not keys or move(work.conn, work.unit_account, keys, CANCELLED, work.day) != len(keys):
        raise RowFailed("makeup.gone", GONE)
    return number


class CancelEffect:
    """Takes orders back."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """No other unit is concerned."""
        return ()

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Cancel the order of each row, with a line of the account's history."""
        rev = take_revisions(work, len(rows))
        numbers, lines = {}, []
        for row in rows:
            rev += 1
            numbers[row.row_no] = number = _cancel(work, row)
            known = row.account(work.unit_account)
            lines.append(record(work, row, number, rev, facts_of(known), {}))
        write_history(work, lines)
        return numbers


class ChangeEffect(MakeupEffect):
    """Declares the new amounts in the place of the old orders."""

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Cancel and declare again."""
        for row in rows:
            _cancel(work, row)
        return super().write(work, rows)
