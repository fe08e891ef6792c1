"""Orders to make up months: what is known of them for checks, and their way to the money.

An order is `declared` when it is filed, `settled` when money has paid it and `cancelled` when it is taken
back before. Only a declared order moves; whoever moves it holds the lock of the unit's row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, func, select, update

from center.batches import batches
from center.store.money_tables import remittance, remittance_row
from center.store.tables import account, account_change, makeup_order, unit
from domain.business import AccountStatus, KnownAccount, MadeUp, PersonFacts
from domain.period import add_months, month_of

DECLARED: Final = "declared"
SETTLED: Final = "settled"
CANCELLED: Final = "cancelled"
NORMAL, SEALED = AccountStatus.NORMAL, AccountStatus.SEALED


def with_history(
    conn: Connection, people: Mapping[str, PersonFacts], *, remits: bool
) -> dict[str, PersonFacts]:
    """The people with the months made up for them and what their accounts, ended ones too, paid a month.

    `remits`: the center takes 汇缴 on line, so that its months tell what is still owed.
    """
    made_up: dict[str, list[MadeUp]] = defaultdict(list)
    live = makeup_order.c.state != CANCELLED
    for batch in batches(people):
        found = select(makeup_order).where(makeup_order.c.person_key.in_(batch), live)
        for row in conn.execute(found.order_by(makeup_order.c.month)):
            amount = row.unit_amount + row.person_amount
            one = MadeUp(row.account_no, row.month, row.fund_type, row.state == SETTLED, amount)
            made_up[row.person_key].append(one)
    ended = _ended(conn, people)
    known = [one for person in people.values() for one in person.accounts]
    lines = _changes(conn, [*known, *(one for accounts in ended.values() for one in accounts)])

    awaited = _awaited(conn, known)
    verified = _verified(conn, {one.unit_account for one in known}) if remits else {}

    def told(one: KnownAccount) -> KnownAccount:
        deposits = _deposits(one, lines[one.account_no])
        resting = one.status is SEALED and one.unit_account in verified
        owed = _owed(deposits, verified[one.unit_account]) if resting else None
        return replace(one, deposits=deposits, awaited=tuple(awaited[one.account_no]), owed=owed)

    def paid(accounts: Sequence[KnownAccount]) -> tuple[KnownAccount, ...]:
        return tuple(map(told, accounts))

    return {
        key: replace(
            person,
            accounts=paid(person.accounts),
            made_up=tuple(made_up[key]),
            ended=paid(ended.get(key, ())),
        )
        for key, person in people.items()
    }


def _awaited(conn: Connection, accounts: Sequence[KnownAccount]) -> dict[str, list[int]]:
    """The months that were verified for accounts and wait for their money."""
    found: dict[str, list[int]] = defaultdict(list)
    shares, months = remittance_row.c, remittance.c
    waiting = (
        select(shares.account_no, shares.month)
        .join(
            remittance,
            (months.unit_account == shares.unit_account)
            & (months.submission_id == shares.submission_id)
            & (months.month == shares.month),
        )
        .where(months.state == DECLARED)
        .order_by(shares.month)
    )
    units = {one.unit_account for one in accounts}
    for batch in batches(one.account_no for one in accounts):
        mine = months.unit_account.in_(units), shares.account_no.in_(batch)
        for number, month in conn.execute(waiting.where(*mine)):
            found[number].append(month)
    return found


def _verified(conn: Connection, units: Iterable[str]) -> dict[str, int]:
    """The month up to which units are verified or paid, 0 before the first."""
    found: dict[str, int] = {}
    mine, months = unit.c, remittance.c
    live = (months.unit_account == mine.unit_account) & (months.state != CANCELLED)
    last = select(func.max(months.month)).where(live).scalar_subquery()
    for batch in batches(units):
        named = select(mine.unit_account, mine.paid_through, last).where(mine.unit_account.in_(batch))
        for name, paid, verified in conn.execute(named):
            found[name] = max(paid or 0, verified or 0)
    return found


def _owed(deposits: Sequence[tuple[int, int]], done: int) -> int | None:
    """The first month behind `done` in which a sealed account was paid for, None where there is none."""
    first = add_months(done, 1) if done else 0
    for (start, amount), (end, _) in pairwise(deposits):
        if amount and max(start, first) < end:
            return max(start, first)
    return None


def _ended(conn: Connection, people: Iterable[str]) -> dict[str, list[KnownAccount]]:
    """The accounts of people that are merged, transferred or closed, by number."""
    found: dict[str, list[KnownAccount]] = defaultdict(list)
    own = account.c
    for batch in batches(people):
        gone = select(own.person_key, own.unit_account, own.account_no, own.status, own.fund_type, own.opened)
        mine = gone.where(own.person_key.in_(batch), own.gone).order_by(own.account_no)
        for key, unit_account, number, status, fund_type, opened in conn.execute(mine):
            one = KnownAccount(
                unit_account, number, AccountStatus(status), fund_type=fund_type, opened=opened
            )
            found[key].append(one)
    return found


def _changes(conn: Connection, accounts: Sequence[KnownAccount]) -> dict[str, list[Row[Any]]]:
    """The history of accounts, oldest first."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for batch in batches(one.account_no for one in accounts):
        mine = select(account_change).where(account_change.c.account_no.in_(batch))
        for row in conn.execute(mine.order_by(account_change.c.month, account_change.c.rev)):
            found[row.account_no].append(row)
    return found


def _deposits(known: KnownAccount, lines: Sequence[Row[Any]]) -> tuple[tuple[int, int], ...]:
    """From which month on an account paid how much a month in 分; 0 while it rests."""
    opened = month_of(date.fromisoformat(known.opened)) if known.opened else 0
    if not lines:
        steps = [(opened, known.amount if known.status is NORMAL or known.sealed_month else 0)]
        if known.status is SEALED and known.sealed_month:
            steps.append((known.sealed_month, 0))
        return tuple(steps)
    first = lines[0]
    before = first.unit_amount_from + first.person_amount_from if first.status_from == NORMAL else 0
    steps = [(opened, before)] if first.status_from else []
    for line in lines:
        amount = line.unit_amount_to + line.person_amount_to if line.status_to == NORMAL else 0
        month = line.month if line.status_from else min(line.month, opened or line.month)
        steps.append((month, amount))
    return tuple(steps)


def waiting(
    conn: Connection, unit_account: str, business: str, account_no: str, month: int
) -> list[Row[Any]]:
    """The declared orders of a business for a month of an account."""
    found = select(makeup_order).where(
        makeup_order.c.unit_account == unit_account,
        makeup_order.c.account_no == account_no,
        makeup_order.c.month == month,
        makeup_order.c.business == business,
        makeup_order.c.state == DECLARED,
    )
    return list(conn.execute(found))


def move(
    conn: Connection,
    unit_account: str,
    orders: Sequence[tuple[str, int, int]],
    state: Literal["settled", "cancelled"],
    day: date,
) -> int:
    """Settle or cancel declared orders named by (submission id, row number, month); returns how many moved.

    An order that has moved already stays where it is.
    """
    values: dict[str, Any] = {"state": state, "changed": day.isoformat()}
    if state == CANCELLED:
        values["claim"] = None
    moved = 0
    for submission_id, row_no, month in orders:
        one = update(makeup_order).where(
            makeup_order.c.unit_account == unit_account,
            makeup_order.c.submission_id == submission_id,
            makeup_order.c.row_no == row_no,
            makeup_order.c.month == month,
            makeup_order.c.state == DECLARED,
        )
        moved += conn.execute(one.values(values)).rowcount
    return moved
