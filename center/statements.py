"""The unit's money from the books: account, flow, details of a line, personal ledger (Q-02 to Q-04, Q-09).

Every function takes the unit account of a proven scope. Balances of a day are sums of what was booked up to
it, so a statement always equals the books.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select

from center.cursors import place_after, position_of
from center.errors import not_found
from center.ledger import codes
from center.store.money_tables import journal, transfer
from center.store.tables import account, depositor
from domain.codes import table
from domain.money import format_yuan
from domain.statements_wire import (
    DetailPage,
    DetailRow,
    DetailSums,
    FlowPage,
    FlowRow,
    FlowSums,
    LedgerPage,
    LedgerRow,
    UnitStatement,
)

PERSON: Final = "201/"
"""Beginning of the codes of personal accounts."""


def change_of_account() -> ColumnElement[int]:
    """What a transfer changes of its personal account, in 分; nothing where it moves between its parts."""
    into = case((func.substr(transfer.c.credit, 1, 4) == PERSON, transfer.c.amount), else_=0)
    out = case((func.substr(transfer.c.debit, 1, 4) == PERSON, transfer.c.amount), else_=0)
    return into - out


def interest_of_account() -> ColumnElement[int]:
    """The part of it that is interest."""
    paid = transfer.c.debit.in_(codes.INTEREST) | transfer.c.credit.in_(codes.INTEREST)
    return case((paid, change_of_account()), else_=0)


def kind_title(kind: str) -> str:
    """业务明细类型 in words (standard table A.5)."""
    return table("business_type").label(kind)


def total(column: ColumnElement[int]) -> ColumnElement[int]:
    """A sum that is 0 of nothing."""
    return func.coalesce(func.sum(column), 0)


def yuan(fen: Any) -> str:
    """元 of a sum, which some databases give as a decimal."""
    return format_yuan(int(fen))


# ---- the unit's account ----------------------------------------------------------------------------


def unit_statement(conn: Connection, unit_account: str, first: date, last: date) -> UnitStatement:
    """The unit's account over a span of days (Q-02)."""
    before, amount = journal.c.day < first.isoformat(), journal.c.amount
    found = select(
        total(case((before, amount), else_=0)),
        total(case((and_(~before, amount > 0), amount), else_=0)),
        total(case((and_(~before, amount < 0), -amount), else_=0)),
        total(case((~before, journal.c.interest), else_=0)),
        total(journal.c.unallocated),
    ).where(journal.c.unit_account == unit_account, journal.c.day <= last.isoformat())
    opening, increase, decrease, interest, unallocated = (int(one) for one in conn.execute(found).one())
    return UnitStatement(
        first=first.isoformat(),
        last=last.isoformat(),
        opening=format_yuan(opening),
        increase=format_yuan(increase),
        decrease=format_yuan(decrease),
        interest=format_yuan(interest),
        closing=format_yuan(opening + increase - decrease),
        unallocated=format_yuan(unallocated),
    )


# ---- the unit's flow -------------------------------------------------------------------------------


def flow(
    conn: Connection, unit_account: str, *, kind: str, first: date, last: date, after: str, limit: int
) -> FlowPage:
    """Lines of the unit's books over a span of days, of one 业务明细类型 or all ("") (Q-03)."""
    about = {"kind": kind, "first": first.isoformat(), "last": last.isoformat()}
    position = position_of(after, "flow", unit_account, about)
    mine = (journal.c.unit_account == unit_account) & journal.c.day.between(
        first.isoformat(), last.isoformat()
    )
    if kind:
        mine &= journal.c.kind == kind
    found = select(journal).where(mine)
    if position:
        day, _, number = position.partition("|")
        found = found.where(
            or_(journal.c.day > day, and_(journal.c.day == day, journal.c.journal_no > int(number)))
        )
    rows = conn.execute(found.order_by(journal.c.day, journal.c.journal_no).limit(limit + 1)).all()
    shown, sums = rows[:limit], None
    if not position:
        parts = (journal.c.amount, journal.c.interest, journal.c.unallocated)
        count, *values = conn.execute(select(func.count(), *map(total, parts)).where(mine)).one()
        amount, interest, unallocated = map(yuan, values)
        sums = FlowSums(count=count, amount=amount, interest=interest, unallocated=unallocated)
    more = len(rows) > limit
    return FlowPage(
        rows=[_flow_row(row) for row in shown],
        next=place_after(f"{shown[-1].day}|{shown[-1].journal_no}", "flow", unit_account, about)
        if more
        else None,
        sums=sums,
    )


def _flow_row(row: Row[Any]) -> FlowRow:
    return FlowRow(
        number=row.journal_no,
        serial=row.serial,
        day=row.day,
        kind=row.kind,
        kind_title=kind_title(row.kind),
        summary=row.summary,
        amount=format_yuan(row.amount),
        interest=format_yuan(row.interest),
        unallocated=format_yuan(row.unallocated),
        people=row.people,
    )


def details(conn: Connection, unit_account: str, number: int, *, after: str, limit: int) -> DetailPage:
    """What one line did to each account, by account number (Q-04). Raises not_found for another unit's."""
    own = (journal.c.journal_no == number) & (journal.c.unit_account == unit_account)
    line = conn.execute(select(journal.c.day, journal.c.kind).where(own)).one_or_none()
    if line is None:
        raise not_found()
    about = {"number": str(number)}
    position = position_of(after, "details", unit_account, about)
    mine = (transfer.c.journal_no == number) & (transfer.c.account_no > position)
    found = (
        select(
            transfer.c.account_no,
            depositor.c.name,
            total(change_of_account()).label("amount"),
            total(interest_of_account()).label("interest"),
        )
        .join(account, account.c.account_no == transfer.c.account_no)
        .join(depositor, depositor.c.person_key == account.c.person_key)
        .where(mine)
        .group_by(transfer.c.account_no, depositor.c.name)
        .order_by(transfer.c.account_no)
    )
    rows = conn.execute(found.limit(limit + 1)).all()
    shown, sums = rows[:limit], None
    if not position:
        every = func.count(transfer.c.account_no.distinct())
        count, amount, interest = conn.execute(
            select(every, total(change_of_account()), total(interest_of_account())).where(mine)
        ).one()
        sums = DetailSums(count=count, amount=yuan(amount), interest=yuan(interest))
    title = kind_title(line.kind)
    return DetailPage(
        rows=[
            DetailRow(
                account_no=row.account_no,
                name=row.name,
                day=line.day,
                amount=yuan(row.amount),
                interest=yuan(row.interest),
                kind_title=title,
            )
            for row in shown
        ],
        next=place_after(shown[-1].account_no, "details", unit_account, about) if len(rows) > limit else None,
        sums=sums,
    )


# ---- a personal ledger -----------------------------------------------------------------------------


def ledger(
    conn: Connection,
    unit_account: str,
    account_no: str,
    *,
    first: date,
    last: date,
    after: str,
    limit: int,
) -> LedgerPage:
    """A personal account over a span of days, each line with the balance after it (Q-09).

    Raises not_found for an account that is not the unit's.
    """
    own = (account.c.account_no == account_no) & (account.c.unit_account == unit_account)
    who = conn.execute(
        select(depositor.c.name, depositor.c.id_number)
        .join(account, account.c.person_key == depositor.c.person_key)
        .where(own)
    ).one_or_none()
    if who is None:
        raise not_found()
    about = {"account_no": account_no, "first": first.isoformat(), "last": last.isoformat()}
    begin = int(position_of(after, "ledger", unit_account, about) or 0)
    lines = conn.execute(_lines(account_no, last)).all()
    opening = sum(int(one.amount) for one in lines if one.day < first.isoformat())
    within = [one for one in lines if one.day >= first.isoformat()]
    rows, balance = [], opening
    for one in within:
        balance += int(one.amount)
        rows.append(_ledger_row(one, balance))
    following = begin + limit
    return LedgerPage(
        account_no=account_no,
        name=who.name,
        id_number=who.id_number,
        opening=format_yuan(opening),
        increase=format_yuan(sum(int(one.amount) for one in within if one.amount > 0)),
        decrease=format_yuan(-sum(int(one.amount) for one in within if one.amount < 0)),
        closing=format_yuan(balance),
        count=len(rows),
        rows=rows[begin:following],
        next=place_after(str(following), "ledger", unit_account, about) if following < len(rows) else None,
    )


def _lines(account_no: str, last: date) -> Select[Any]:
    """Entries of an account up to a day, with what they changed, in order of day."""
    columns: Sequence[ColumnElement[Any]] = (
        journal.c.journal_no,
        journal.c.day,
        journal.c.serial,
        journal.c.summary,
        journal.c.kind,
    )
    return (
        select(
            *columns,
            total(change_of_account()).label("amount"),
            total(interest_of_account()).label("interest"),
        )
        .join_from(transfer, journal, journal.c.journal_no == transfer.c.journal_no)
        .where(transfer.c.account_no == account_no, journal.c.day <= last.isoformat())
        .group_by(*columns)
        .order_by(journal.c.day, journal.c.journal_no)
    )


def _ledger_row(row: Row[Any], balance: int) -> LedgerRow:
    return LedgerRow(
        serial=row.serial,
        day=row.day,
        summary=row.summary,
        kind_title=kind_title(row.kind),
        amount=yuan(row.amount),
        interest=yuan(row.interest),
        balance=format_yuan(balance),
    )
