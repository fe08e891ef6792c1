"""Money on accounts of a center under test: put there as an opening balance, read from the books."""

from __future__ import annotations

from datetime import date

from center.ledger.opening import post_opening
from center.ledger.post import holdings
from center.store.engine import Store
from center.store.tables import account

BEGAN = date(2026, 1, 1)
NOON = "2026-01-01T04:00:00.000000Z"
PLENTY = 10**11
"""More than any test needs."""


def give_money(store: Store, account_no: str, amount: int, day: date = BEGAN) -> None:
    """Let an account begin with `amount` 分, spread over its parts."""
    small = amount // 4
    with store.write() as conn:
        mine = account.c.account_no == account_no
        unit_account = conn.execute(account.select().where(mine)).one().unit_account
        parts = (amount - 3 * small, small, small, small)
        post_opening(conn, unit_account, day, NOON, {account_no: parts})


def money_on(store: Store, account_no: str) -> int:
    """What an account holds in 分."""
    with store.read() as conn:
        return sum(holdings(conn, [account_no]).get(account_no, ()))


def give_unallocated(store: Store, unit_account: str, amount: int = PLENTY, day: date = BEGAN) -> None:
    """Let a unit begin with `amount` 分 of 单位未分配金额."""
    with store.write() as conn:
        post_opening(conn, unit_account, day, NOON, {}, amount)
