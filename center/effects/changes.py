"""The history of accounts: every effect that changes an account writes what it was and what it became."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from center.effects.apply import Row, Work
from center.store.bulk import insert_rows, update_rows
from center.store.tables import account, account_change, unit
from domain.business import KnownAccount
from domain.businesses.adjust import MONTH as CHANGE_MONTH

NOTHING = {
    "status": "", "base": 0, "unit_ratio": 0, "person_ratio": 0, "unit_amount": 0, "person_amount": 0,
}  # fmt: skip
"""An account before it is opened."""

FACTS = tuple((key, f"{key}_from", f"{key}_to") for key in NOTHING)
"""What a line tells of an account: the key, and its columns before and after."""


def take_revisions(work: Work, count: int, unit_account: str = "") -> int:
    """Take `count` revisions of a unit's depositors under its lock; returns the one before the first.

    The unit is the work's own when none is named.
    """
    mine = unit.c.unit_account == (unit_account or work.unit_account)
    before = work.conn.execute(select(unit.c.depositor_rev).where(mine)).scalar_one()
    work.conn.execute(update(unit).where(mine).values(depositor_rev=before + count))
    return int(before)


def facts_of(known: KnownAccount) -> dict[str, Any]:
    """What a change tells of an account."""
    return {
        "status": known.status.value,
        "base": known.base,
        "unit_ratio": known.ratio.unit,
        "person_ratio": known.ratio.person,
        "unit_amount": known.unit_amount,
        "person_amount": known.person_amount,
    }


def record(
    work: Work,
    row: Row,
    account_no: str,
    rev: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    unit_account: str = "",
) -> dict[str, Any]:
    """One line of the history; keys that `after` lacks stay as they were."""
    line: dict[str, Any] = {
        "unit_account": unit_account or work.unit_account,
        "rev": rev,
        "account_no": account_no,
        "person_key": row.person_key,
        "business": work.business,
        "submission_id": work.submission_id,
        "row_no": row.row_no,
        "reason": row.values.get("reason", ""),
        "day": work.day.isoformat(),
        "month": work.month,
    }
    for key, was, became in FACTS:
        line[was] = known = before[key]
        line[became] = after.get(key, known)
    return line


def write_history(work: Work, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the history."""
    insert_rows(work.conn, account_change, lines)


def change_accounts(work: Work, rows: Sequence[Row], changes: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Change one account of the unit per row, with revision and history; returns numbers by row.

    `changes` hold columns of `account`, the same ones in every row. A row that states the month from which it
    counts is recorded in that month.
    """
    rev = take_revisions(work, len(rows))
    values, lines, numbers = [], [], {}
    for row, change in zip(rows, changes, strict=True):
        rev += 1
        known = row.account(work.unit_account)
        numbers[row.row_no] = known.account_no
        values.append({**change, "rev": rev, "account_no": known.account_no})
        line = record(work, row, known.account_no, rev, facts_of(known), change)
        lines.append(line | {"month": int(row.values.get(CHANGE_MONTH) or work.month)})
    update_rows(work.conn, account, "account_no", values)
    write_history(work, lines)
    return numbers


class OneAccountEffect(ABC):
    """A business that changes one account of the unit per row and nothing else."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """No other unit is concerned."""
        return ()

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Change each row's account."""
        return change_accounts(work, rows, [self.change(work, row) for row in rows])

    @abstractmethod
    def change(self, work: Work, row: Row) -> Mapping[str, Any]:
        """The new columns of the row's account. Raises RowFailed."""
