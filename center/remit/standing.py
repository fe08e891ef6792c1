"""How a unit's months stand: which are verified, which are paid, which come next, what is in their way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from center.ledger import codes
from center.ledger.post import balance
from center.people import Unfinished, unfinished
from center.remit.history import CANCELLED, UnitHistory, earliest
from center.store.money_tables import remittance
from center.store.tables import unit
from domain.period import add_months, months_between
from domain.profile import Profile
from domain.remittance import Figures, RemitFacts, figures

DECLARED, PAID = "declared", "paid"
MOST_MONTHS = 36
"""Months told of at once to a unit that is far behind."""


def unpaid(conn: Connection, unit_account: str) -> Sequence[Row[Any]]:
    """The months that are verified and not paid, oldest first."""
    mine = remittance.c.unit_account == unit_account, remittance.c.state == DECLARED
    return conn.execute(select(remittance).where(*mine).order_by(remittance.c.month)).all()


def paid_through(conn: Connection, unit_account: str) -> int | None:
    """缴至月份, None before the first."""
    found = select(unit.c.paid_through).where(unit.c.unit_account == unit_account)
    month: int | None = conn.execute(found).scalar_one()
    return month


def last_verified(conn: Connection, unit_account: str) -> int | None:
    """The month verified last; where none was it is the one paid last."""
    mine = remittance.c.unit_account == unit_account, remittance.c.state != CANCELLED
    verified = conn.scalar(select(func.max(remittance.c.month)).where(*mine))
    paid = paid_through(conn, unit_account)
    return max((month for month in (verified, paid) if month is not None), default=None)


def next_month(conn: Connection, unit_account: str, business_month: int) -> int:
    """The month to be verified next: behind the last one, else the first in which anything is known."""
    last = last_verified(conn, unit_account)
    if last is not None:
        return add_months(last, 1)
    return min(earliest(conn, unit_account), business_month)


def due_months(conn: Connection, unit_account: str, business_month: int, most: int) -> list[int]:
    """The months that can be verified by now, in order, at most `most`."""
    first = next_month(conn, unit_account, business_month)
    count = min(months_between(first, business_month) + 1, most)
    return [add_months(first, step) for step in range(count)]


def in_the_way(conn: Connection, profile: Profile, unit_account: str, without: str = "") -> list[Unfinished]:
    """What is under way and stops a verification (R-05); the submission `without` does not count."""
    rules = profile.business.remit
    if rules is None:
        return []
    found = unfinished(conn, unit_account, ["remit", *rules.blocked_by])
    return [one for one in found if one.submission_id != without]


def remit_facts(
    conn: Connection,
    profile: Profile,
    unit_account: str,
    business_month: int,
    *,
    due: int = 0,
    without: str = "",
) -> RemitFacts:
    """What checks must know; the figures of the first `due` months that can be verified are counted."""
    months = due_months(conn, unit_account, business_month, min(due, MOST_MONTHS))
    history = UnitHistory(conn, unit_account, add_months(months[0], -1)) if months else None
    blocking = Counter(one.business for one in in_the_way(conn, profile, unit_account, without))
    return RemitFacts(
        last=last_verified(conn, unit_account),
        paid=paid_through(conn, unit_account),
        due={} if history is None else {month: figures(history.shares(month)) for month in months},
        unpaid={row.month: Figures(row.people, row.amount) for row in unpaid(conn, unit_account)},
        blocking=tuple(sorted(blocking.items())),
        unallocated=balance(conn, codes.unallocated(unit_account)),
    )
