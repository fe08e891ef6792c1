"""积数 of accounts, from the books: one pass over their transfers (see `domain.interest`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    select,
    type_coerce,
)

from center.ledger import codes
from center.store.bulk import among
from center.store.money_tables import journal, transfer
from domain.interest import Interest, Product, Segment, interest

EPOCH: Final = date(1970, 1, 1)
OF_YEAR: Final = ("interest", "carry")
"""What a settlement books itself, as of the last day of the year; it belongs to the next one."""

_SPLIT: Final = 1_000_000
"""Amounts are summed in two halves, whose products with days never outgrow 64 bits."""


@dataclass(slots=True)
class Earned:
    """What an account has of a year: 积数 of each segment, and its balances in 分 at the end.

    Both by part in the order of `codes.PARTS`.
    """

    products: list[list[int]]
    closing: list[int] = field(default_factory=lambda: [0, 0, 0, 0])

    def interest(self, cut: Sequence[Segment]) -> Interest:
        """The interest of it."""
        return interest([(one, Product(*parts)) for one, parts in zip(cut, self.products, strict=True)])


def earned(conn: Connection, accounts: Sequence[str] | None, cut: Sequence[Segment]) -> dict[str, Earned]:
    """What accounts have earned in the days of `cut`; who had no money then is left out.

    With `accounts` None everybody's is summed up, under the account number "".
    """
    found: dict[str, Earned] = {}
    for credited in (True, False):
        for row in conn.execute(_sums(conn, accounts, cut, credited=credited)).all():
            number, part, amount, *halves = row
            one = found.setdefault(number, Earned([[0, 0, 0, 0] for _ in cut]))
            place, sign = codes.PARTS.index(part), 1 if credited else -1
            one.closing[place] += sign * int(amount)
            for at, parts in enumerate(one.products):
                parts[place] += sign * (int(halves[2 * at]) * _SPLIT + int(halves[2 * at + 1]))
    return {number: one for number, one in found.items() if any(one.closing) or any(map(any, one.products))}


def _sums(
    conn: Connection, accounts: Sequence[str] | None, cut: Sequence[Segment], *, credited: bool
) -> Select[Any]:
    """Per account and part: what it was credited (or debited) with, and that times days, per segment."""
    code = transfer.c.credit if credited else transfer.c.debit
    number: ColumnElement[str] = transfer.c.account_no if accounts is not None else literal("")
    part = func.substr(code, func.length(code) - literal_column("1"))
    booked, sums = _day_number(conn, journal.c.day), []
    for one in cut:
        end = _number(one.end)
        days = case(
            (journal.c.day < one.first.isoformat(), one.days),
            (journal.c.day < one.end.isoformat(), literal(end, Integer) - booked),
            else_=0,
        )
        sums += [func.sum(transfer.c.amount // _SPLIT * days), func.sum(transfer.c.amount % _SPLIT * days)]
    last = cut[-1].end - timedelta(days=1)
    own = and_(journal.c.act.in_(OF_YEAR), journal.c.day == last.isoformat())
    query = (
        select(number.label("number"), part.label("part"), func.sum(transfer.c.amount), *sums)
        .join_from(transfer, journal, journal.c.journal_no == transfer.c.journal_no)
        .where(func.substr(code, 1, 4) == "201/", journal.c.day <= last.isoformat(), not_(own))
    )
    if accounts is None:
        return query.group_by(part)
    return query.where(among(conn, transfer.c.account_no, accounts)).group_by(transfer.c.account_no, part)


def _number(day: date) -> int:
    return day.toordinal() - EPOCH.toordinal()


def _day_number(conn: Connection, day: ColumnElement[str]) -> ColumnElement[int]:
    """Days since 1970 of a column of ISO days, in whole numbers."""
    if conn.dialect.name == "sqlite":
        return cast(func.strftime("%s", day), Integer) // 86_400
    return type_coerce(cast(day, Date) - literal(EPOCH, Date), Integer)
