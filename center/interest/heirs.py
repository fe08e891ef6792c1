"""Where the money of a closed account went: interest follows it (X-01 to X-10).

An account whose money was transferred, taken over or merged is closed and never moves again. What it earned
before is paid to the account that has the money now, so nobody loses the days of a year by moving.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select

from center.ledger import codes
from center.store.bulk import among
from center.store.money_tables import journal, transfer
from center.store.tables import account

INTO, OUT = ":in", ":out"
"""Ends of the ids of the two sides of a move, see `center.ledger.moving`."""

MOST_STEPS = 100
"""Longest chain of moves that is followed; each step needs a move of its own."""


def payees(conn: Connection, unit_account: str, living: Sequence[str], first: date) -> dict[str, str]:
    """Account that earned -> living account that is paid: itself, or the one its money came to since `first`.

    The caller holds the lock of the unit, without which nothing moves into its accounts.
    """
    found = {number: number for number in living}
    known = set(living)
    into_unit = [(one.old, one.new) for one in conn.execute(_into_unit(unit_account, first))]
    links = [(old, new) for old, new in into_unit if new in known]
    for _ in range(MOST_STEPS):
        fresh = {old: found[new] for old, new in links if old not in found}
        if not fresh:
            break
        found |= fresh
        links = [(one.old, one.new) for one in conn.execute(_into_accounts(conn, list(fresh), first))]
    return found


def _links(first: date) -> Select[Any]:
    """Closed account and the account that got its money, of every move since a day."""
    came, left = transfer.alias("came"), transfer.alias("left")
    key = func.substr(came.c.transfer_id, 1, func.length(came.c.transfer_id) - len(INTO))
    return (
        select(left.c.account_no.label("old"), came.c.account_no.label("new"))
        .distinct()
        .select_from(came)
        .join(journal, journal.c.journal_no == came.c.journal_no)
        .join(left, left.c.transfer_id == key + OUT)
        .join(account, account.c.account_no == left.c.account_no)
        .where(account.c.gone, came.c.debit == codes.TRANSIT, journal.c.day >= first.isoformat())
    )


def _into_unit(unit_account: str, first: date) -> Select[Any]:
    mine = (journal.c.unit_account == unit_account) & journal.c.act.in_(("transfer_in", "merge"))
    return _links(first).where(mine)


def _into_accounts(conn: Connection, numbers: Sequence[str], first: date) -> Select[Any]:
    found = _links(first)
    return found.where(among(conn, found.selected_columns.new, numbers))
