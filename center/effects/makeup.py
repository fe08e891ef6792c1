"""Making up months: one order a month, waiting for its money (M-01 to M-06, parameter 57).

What the unit has paid in already settles them at once; where money comes for them, `center.settling` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert

from center.effects.apply import OVERTAKEN, Effect, Row, RowFailed, Work
from center.effects.changes import facts_of, record, take_revisions, write_history
from center.ledger import codes
from center.ledger.post import balance
from center.makeups import DECLARED
from center.settling import Booking, settle_orders
from center.store.tables import makeup_order
from domain.business import AccountStatus, KnownAccount
from domain.businesses.makeup_money import too_little
from domain.businesses.makeup_rules import AT_ONCE, MakeupRules
from domain.money import parse_yuan
from domain.period import month_range

ONCE = ("makeup", "makeup_missed")
"""Businesses that make up a month of an account only once; differences may be made up again (M-12)."""


def effect(business: str) -> Effect:
    """The effect of a business that makes up months."""
    return MakeupEffect(business)


class MakeupEffect:
    """Declares orders of a business, whichever one files them."""

    def __init__(self, business: str) -> None:
        """Declare orders of `business`."""
        self.business = business

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """No other unit is concerned."""
        return ()

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """One order for each month of each row, and a line of the account's history."""
        rev = take_revisions(work, len(rows))
        orders: list[dict[str, Any]] = []
        lines: list[dict[str, Any]] = []
        numbers: dict[int, str] = {}
        for row in rows:
            rev += 1
            known = row.account(work.unit_account)
            if known.status not in (AccountStatus.NORMAL, AccountStatus.SEALED):
                raise RowFailed("account.changed", OVERTAKEN)
            numbers[row.row_no] = known.account_no
            orders += self._orders(work, row, known)
            lines.append(record(work, row, known.account_no, rev, facts_of(known), {}))
        if orders:
            work.conn.execute(insert(makeup_order), orders)
        write_history(work, lines)
        self._pay(work, rows, sum(one["unit_amount"] + one["person_amount"] for one in orders))
        return numbers

    def _pay(self, work: Work, rows: Sequence[Row], amount: int) -> None:
        """Settle the orders at once where the unit's unallocated money pays them (M-06)."""
        if _rules(work, self.business).funding not in AT_ONCE or not amount:
            return
        there = balance(work.conn, codes.unallocated(work.unit_account))
        if there < amount:
            raise RowFailed("makeup.short", too_little(amount, there))
        numbers = [row.row_no for row in rows]
        booking = Booking(work.day, work.now, work.submission_id, work.serial, work.operator_id)
        among = min(numbers), max(numbers)
        settle_orders(work.conn, work.unit_account, work.submission_id, booking, among)

    def _orders(self, work: Work, row: Row, known: KnownAccount) -> list[dict[str, Any]]:
        """The orders of a row; the months of a range have the same amount each."""
        rules = _rules(work, work.business)
        values = row.values
        first = values.get("first_month") or values["month"]
        months = month_range(int(first), int(values.get("last_month") or first))
        unit, person = (parse_yuan(values[key]) // len(months) for key in ("unit_amount", "person_amount"))
        fund_type = values.get("fund_type") or known.fund_type
        once = self.business in ONCE
        return [
            {
                "unit_account": work.unit_account,
                "submission_id": work.submission_id,
                "row_no": row.row_no,
                "month": month,
                "account_no": known.account_no,
                "person_key": row.person_key,
                "fund_type": fund_type,
                "business": self.business,
                "reason": values.get("reason", ""),
                "unit_amount": unit,
                "person_amount": person,
                "funding": rules.funding,
                "state": DECLARED,
                "declared": work.day.isoformat(),
                "business_month": work.month,
                "changed": work.day.isoformat(),
                "claim": f"{known.account_no}/{fund_type}/{month}" if once else None,
            }
            for month in months
        ]


def _rules(work: Work, business: str) -> MakeupRules:
    rules = work.profile.rules(business)
    assert isinstance(rules, MakeupRules), "a make-up of a center that does not offer it"
    return rules
