"""Accounts that end: merged into another one of the person (X-07), or closed with nothing on them (X-10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update

from center.effects.apply import OVERTAKEN, Effect, Row, RowFailed, Work, entry_of
from center.effects.changes import OneAccountEffect, facts_of, record, take_revisions, write_history
from center.ledger.moving import Moved, move_money
from center.store.tables import account
from domain.business import AccountStatus, KnownAccount
from domain.businesses.accounts import LIVE
from domain.businesses.merge import INTO

MERGED = {"status": AccountStatus.MERGED.value}


def effect(business: str) -> Effect:
    """The effect of `merge` or `zero_close`."""
    return MergeEffect() if business == "merge" else ZeroCloseEffect()


def _sealed(work: Work, row: Row) -> KnownAccount:
    known = row.account(work.unit_account)
    if known.status is not AccountStatus.SEALED:
        raise RowFailed("account.changed", OVERTAKEN)
    return known


class MergeEffect:
    """The account merged ends as 合并销户, and its money goes to the one that stays."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """Both accounts are of the unit."""
        return ()

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Merge each row's accounts; gives the numbers that stay."""
        pairs = [(row, _sealed(work, row), self._into(work, row)) for row in rows]
        rev = take_revisions(work, 2 * len(pairs))
        ended, kept, lines, moved = [], [], [], []
        for row, old, into in pairs:
            ended.append({"key": old.account_no, "at": rev + 1})
            kept.append({"key": into.account_no, "at": rev + 2})
            unit_account = work.unit_account
            moved.append(Moved(row.row_no, old.account_no, unit_account, into.account_no, unit_account))
            lines.append(record(work, row, old.account_no, rev + 1, facts_of(old), MERGED))
            lines.append(record(work, row, into.account_no, rev + 2, facts_of(into), {}))
            rev += 2
        move_money(work.conn, entry_of(work, "merge"), moved)
        if pairs:
            one = update(account).where(account.c.account_no == bindparam("key"))
            work.conn.execute(one.values(**MERGED, gone=True, rev=bindparam("at")), ended)
            work.conn.execute(one.values(rev=bindparam("at")), kept)
        write_history(work, lines)
        return {row.row_no: into.account_no for row, _, into in pairs}

    @staticmethod
    def _into(work: Work, row: Row) -> KnownAccount:
        """The account that stays."""
        number = row.values[INTO]
        for known in row.facts.at(work.unit_account):
            if known.account_no == number and known.status in LIVE:
                return known
        raise RowFailed("account.changed", OVERTAKEN)


class ZeroCloseEffect(OneAccountEffect):
    """The account ends; nothing is left on it."""

    def change(self, work: Work, row: Row) -> dict[str, Any]:
        """The new columns of the row's account."""
        if _sealed(work, row).balance:
            raise RowFailed("account.changed", OVERTAKEN)
        return {"status": AccountStatus.WITHDRAWN.value, "gone": True}
