"""A fund year that is over: 年度个人对账, 单位结息, 单位利息单 (Q-05, Q-10, V-35).

Every function takes the unit account of a proven scope.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, select

from center.cursors import place_after, position_of
from center.errors import ProblemError
from center.interest.settle import is_settled
from center.statements import change_of_account, total, unit_statement, yuan
from center.store.bulk import among
from center.store.money_tables import interest, journal, transfer
from center.store.tables import account, depositor
from domain.idnumber import same_person_key
from domain.interest import InterestError, year_span
from domain.money import format_yuan
from domain.statements_wire import (
    AnnualPage,
    AnnualRow,
    AnnualSums,
    InterestPage,
    InterestRow,
    UnitInterest,
)
from domain.wire import RowFinding

SUMS = ("opening", "increase", "decrease", "interest")
PAID = ("product", "unit_amount", "person_amount", "amount")
"""What 单位利息单 says of an account; `product` is text in the database, it outgrows 64 bits."""


def closed_year(year: int, today: date, start_month: int) -> tuple[date, date]:
    """First and last day of a fund year that is over. Raises body.invalid for any other (V-35)."""
    try:
        first, last = year_span(year, start_month)
    except InterestError as error:
        raise _refused(error.text) from None
    if last >= today:
        raise _refused(f"{year}年度到{last.isoformat()}才结束，只能查询已经结束的年度。")
    return first, last


def _refused(text: str) -> ProblemError:
    finding = RowFinding(row=0, field="year", code="year", text=text)
    return ProblemError("body.invalid", text, findings=[finding])


# ---- 年度个人对账 ----------------------------------------------------------------------------------


def annual(
    conn: Connection,
    unit_account: str,
    *,
    year: int,
    span: tuple[date, date],
    name: str,
    id_number: str,
    after: str,
    limit: int,
) -> AnnualPage:
    """The year of each of the unit's people, of those of a name or ID number, or of all (Q-10)."""
    about = {"year": str(year), "name": name, "id_number": id_number}
    position = position_of(after, "annual", unit_account, about)
    first, last = span
    booked = (
        select(transfer.c.seq)
        .join(journal, journal.c.journal_no == transfer.c.journal_no)
        .where(transfer.c.account_no == account.c.account_no, journal.c.day <= last.isoformat())
    )
    mine = (account.c.unit_account == unit_account) & exists(booked)
    if name:
        mine &= depositor.c.name.contains(name, autoescape=True)
    if id_number:
        mine &= depositor.c.person_key == same_person_key(id_number)
    people = (
        select(account.c.account_no, depositor.c.name, depositor.c.id_number)
        .join(depositor, depositor.c.person_key == account.c.person_key)
        .where(mine)
    )
    found = conn.execute(
        people.where(account.c.account_no > position).order_by(account.c.account_no).limit(limit + 1)
    ).all()
    shown = found[:limit]
    numbers = [one.account_no for one in shown]
    of_page = _sums(first, last).where(among(conn, transfer.c.account_no, numbers))
    known = {row.account_no: row for row in conn.execute(of_page.group_by(transfer.c.account_no))}
    sums = None
    if not position:
        whose = people.with_only_columns(account.c.account_no)
        everybody = _sums(first, last, by_account=False).where(transfer.c.account_no.in_(whose))
        count = conn.scalar(select(func.count()).select_from(people.subquery())) or 0
        sums = AnnualSums(count=count, **_texts(conn.execute(everybody).one()))
    return AnnualPage(
        year=year,
        settled=is_settled(conn, year),
        rows=[
            AnnualRow(
                account_no=one.account_no,
                name=one.name,
                id_number=one.id_number,
                **_texts(known[one.account_no]),
            )
            for one in shown
        ],
        next=place_after(numbers[-1], "annual", unit_account, about) if len(found) > limit else None,
        sums=sums,
    )


def _sums(first: date, last: date, *, by_account: bool = True) -> Select[Any]:
    """Opening balance, increase, decrease and interest of personal accounts over the days."""
    before, change = journal.c.day < first.isoformat(), change_of_account()
    paid = journal.c.act == "interest"

    def of(when: ColumnElement[bool], what: ColumnElement[int], name: str) -> ColumnElement[int]:
        return total(case((when, what), else_=0)).label(name)

    number = (transfer.c.account_no,) if by_account else ()
    return (
        select(
            *number,
            of(before, change, "opening"),
            of(and_(~before, ~paid, change > 0), change, "increase"),
            of(and_(~before, ~paid, change < 0), -change, "decrease"),
            of(and_(~before, paid), change, "interest"),
        )
        .join_from(transfer, journal, journal.c.journal_no == transfer.c.journal_no)
        .where(journal.c.day <= last.isoformat())
    )


def _texts(row: Row[Any]) -> dict[str, str]:
    values = {key: int(getattr(row, key)) for key in SUMS}
    closing = values["opening"] + values["increase"] - values["decrease"] + values["interest"]
    return {key: format_yuan(fen) for key, fen in values.items()} | {"closing": format_yuan(closing)}


# ---- 单位结息 --------------------------------------------------------------------------------------


def unit_interest(conn: Connection, unit_account: str, year: int, span: tuple[date, date]) -> UnitInterest:
    """The interest of the unit's people for a year, and the unit's account over it (Q-05)."""
    mine = (interest.c.unit_account == unit_account) & (interest.c.fund_year == year)
    rows = conn.execute(select(interest).where(mine)).all()
    booked = (journal.c.unit_account == unit_account) & (journal.c.source == f"interest:{year}")
    serials = conn.scalars(select(journal.c.serial).where(booked).order_by(journal.c.journal_no))
    return UnitInterest(
        year=year,
        day=rows[0].day if rows else "",
        serials=list(serials),
        people=len({row.payee for row in rows}),
        product=format_yuan(sum(int(row.product) for row in rows)),
        unit_amount=format_yuan(sum(row.unit_amount for row in rows)),
        person_amount=format_yuan(sum(row.person_amount for row in rows)),
        amount=format_yuan(sum(row.amount for row in rows)),
        statement=unit_statement(conn, unit_account, *span),
    )


def interest_list(conn: Connection, unit_account: str, year: int, *, after: str, limit: int) -> InterestPage:
    """The interest of a year put to each account of the unit, by account number (单位利息单).

    What an account earned at another unit before its money came is told under the account that was paid.
    """
    about = {"year": str(year)}
    position = position_of(after, "interest", unit_account, about)
    mine = (interest.c.unit_account == unit_account) & (interest.c.fund_year == year)
    found = (
        select(interest.c.payee, depositor.c.name)
        .distinct()
        .join(account, account.c.account_no == interest.c.payee)
        .join(depositor, depositor.c.person_key == account.c.person_key)
        .where(mine, interest.c.payee > position)
        .order_by(interest.c.payee)
    )
    paid = conn.execute(found.limit(limit + 1)).all()
    shown = paid[:limit]
    sums = {one.payee: dict.fromkeys(PAID, 0) for one in shown}
    for row in conn.execute(select(interest).where(mine, among(conn, interest.c.payee, list(sums)))):
        for key in PAID:
            sums[row.payee][key] += int(getattr(row, key))
    return InterestPage(
        rows=[
            InterestRow(
                account_no=one.payee,
                name=one.name,
                **{key: yuan(fen) for key, fen in sums[one.payee].items()},
            )
            for one in shown
        ],
        next=place_after(shown[-1].payee, "interest", unit_account, about) if len(paid) > limit else None,
    )
