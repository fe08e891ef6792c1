"""What is shown of makeups as notices that wait for money (R-17, M-06)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, case, func, select

from center.errors import not_found
from center.makeups import CANCELLED, DECLARED, SETTLED
from center.store.tables import depositor, makeup_order, submission
from domain.money import format_yuan
from domain.profile import Profile
from domain.remit_wire import MakeupNotice, MakeupNotices, MakeupOrder, MakeupOrders


def notices(
    conn: Connection, profile: Profile, unit_account: str, *, first: date | None, last: date | None
) -> MakeupNotices:
    """The submissions of makeups declared on days of a span, the latest first."""
    order = makeup_order.c
    amount = order.unit_amount + order.person_amount
    own = (submission.c.unit_account == order.unit_account) & (
        submission.c.submission_id == order.submission_id
    )
    asked = (submission.c.submission_id, submission.c.serial, submission.c.business)
    found = (
        select(
            *asked,
            func.min(order.declared).label("day"),
            func.count().label("orders"),
            func.sum(amount).label("amount"),
            *(
                func.sum(case((order.state == state, 1), else_=0)).label(state)
                for state in (DECLARED, SETTLED, CANCELLED)
            ),
            func.sum(case((order.state == DECLARED, amount), else_=0)).label("waiting"),
        )
        .join(submission, own)
        .where(order.unit_account == unit_account)
        .group_by(*asked)
        .order_by(submission.c.serial.desc())
    )
    if first is not None:
        found = found.where(order.declared >= first.isoformat())
    if last is not None:
        found = found.where(order.declared <= last.isoformat())
    told = [row._mapping for row in conn.execute(found)]
    return MakeupNotices(
        notices=[
            MakeupNotice(
                submission_id=row["submission_id"],
                serial=row["serial"],
                title=profile.business_title(row["business"]),
                declared=row["day"],
                orders=row["orders"],
                amount=format_yuan(int(row["amount"])),
                waiting=int(row[DECLARED]),
                waiting_amount=format_yuan(int(row["waiting"])),
                settled=int(row[SETTLED]),
                cancelled=int(row[CANCELLED]),
            )
            for row in told
        ]
    )


def orders(
    conn: Connection, unit_account: str, submission_id: str, *, after: int, limit: int
) -> MakeupOrders:
    """The months of a submission in order, `after` so many of them. Raises not_found."""
    order = makeup_order.c
    mine = (order.unit_account == unit_account) & (order.submission_id == submission_id)
    found = (
        select(makeup_order, depositor.c.name, depositor.c.id_number)
        .join(depositor, depositor.c.person_key == order.person_key)
        .where(mine)
        .order_by(order.row_no, order.month)
        .offset(after)
        .limit(limit + 1)
    )
    rows = conn.execute(found).all()
    if not rows and not after:
        raise not_found()
    told = [
        MakeupOrder(
            account_no=row.account_no,
            name=row.name,
            id_number=row.id_number,
            month=row.month,
            amount=format_yuan(row.unit_amount + row.person_amount),
            state=row.state,
        )
        for row in rows[:limit]
    ]
    return MakeupOrders(orders=told, next=after + limit if len(rows) > limit else None)
