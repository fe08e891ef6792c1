"""Receipts as clerks list them, and as a unit sees its own: receipts and 汇补缴不符暂存款 (Q-16, R-18).

Pages continue by key, never by offset. Functions about a unit take the account of a proven scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from center.batches import batches
from center.errors import ProblemError, not_found
from center.ledger import codes
from center.ledger.post import balance
from center.receipt_acts import permitted, refundable
from center.receipt_match import find_place
from center.receipts import Desk, checked_line, line_of, recorded
from center.store.money_tables import bank_receipt, journal, receipt_event
from center.store.tables import unit
from domain.money import format_yuan
from domain.receipt_wire import (
    BankLineBody,
    LineResult,
    OwnReceiptPage,
    OwnReceiptRow,
    ReceiptDetail,
    ReceiptEvent,
    ReceiptPage,
    ReceiptRow,
    SuspensePage,
    SuspenseRow,
)
from domain.receipts import ACTIONS, STATES

SOURCE = "receipt:"
ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a state, days of the bank (ends included), a unit, a part of a text."""

    state: str = ""
    first: date | None = None
    last: date | None = None
    unit_account: str = ""
    text: str = ""


# ---- for clerks ------------------------------------------------------------------------------------


def receipts(conn: Connection, wanted: Wanted, after: str, limit: int) -> ReceiptPage:
    """Receipts that meet conditions, newest bank day first; the first page tells how many and how much."""
    found = _conditions(select(bank_receipt, unit.c.name.label("unit_name")), wanted)
    found = found.outerjoin(unit, unit.c.unit_account == bank_receipt.c.unit_account)
    rows = conn.execute(_from(found, after).limit(limit + 1)).all()
    page = ReceiptPage(rows=[_row(row) for row in rows[:limit]], next=_next(rows, limit))
    if after:
        return page
    sums = _conditions(select(func.count(), func.coalesce(func.sum(bank_receipt.c.amount), 0)), wanted)
    count, amount = conn.execute(sums).one()
    return page.model_copy(update={"count": count, "amount": format_yuan(int(amount))})


def receipt_row(conn: Connection, receipt_id: str) -> ReceiptRow:
    """A receipt. Raises not_found."""
    return _row(_one(conn, receipt_id))


def receipt_detail(conn: Connection, receipt_id: str) -> ReceiptDetail:
    """A receipt with its history. Raises not_found."""
    row = _one(conn, receipt_id)
    events = select(receipt_event).where(receipt_event.c.receipt_id == receipt_id)
    return ReceiptDetail.model_validate(
        {
            "receipt": _row(row),
            "events": [_event(one) for one in conn.execute(events.order_by(receipt_event.c.version))],
            "actions": permitted(row),
            "available": format_yuan(refundable(conn, row)),
        }
    )


def would_become(conn: Connection, desk: Desk, number: int, body: BankLineBody) -> LineResult:
    """What recording a line would come to; nothing is stored."""
    try:
        line = checked_line(desk, body.model_dump())
        known = recorded(conn, line)
        if known is not None:
            return LineResult(
                line=number, outcome="repeated", receipt_id=known.receipt_id, message=known.message
            )
        place = find_place(conn, desk.profile, line)
    except ProblemError as error:
        return refused_line(number, error)
    return LineResult(
        line=number,
        outcome="matched" if place.fits else "suspense",
        unit_account=place.unit_account,
        unit_name=place.unit_name,
        message=place.why,
    )


def refused_line(number: int, error: ProblemError) -> LineResult:
    """The result of a line that cannot be taken."""
    problem = error.problem
    return LineResult(line=number, outcome="refused", message=problem.detail, findings=problem.findings)


# ---- for units -------------------------------------------------------------------------------------


def own_receipts(
    conn: Connection, unit_account: str, first: date | None, last: date | None, after: str, limit: int
) -> OwnReceiptPage:
    """The receipts of a unit, newest first; those that were recorded by mistake are nobody's."""
    wanted = Wanted(first=first, last=last, unit_account=unit_account)
    found = _conditions(select(bank_receipt), wanted).where(bank_receipt.c.state != "reversed")
    rows = conn.execute(_from(found, after).limit(limit + 1)).all()
    return OwnReceiptPage(rows=[_own(row) for row in rows[:limit]], next=_next(rows, limit))


def own_receipt(conn: Connection, unit_account: str, receipt_id: str) -> OwnReceiptRow:
    """A receipt of a unit. Raises not_found, for anybody else's too."""
    mine = (bank_receipt.c.unit_account == unit_account) & (bank_receipt.c.receipt_id == receipt_id)
    row = conn.execute(select(bank_receipt).where(mine, bank_receipt.c.state != "reversed")).one_or_none()
    if row is None:
        raise not_found()
    return _own(row)


def suspense(
    conn: Connection, unit_account: str, first: date | None, last: date | None, after: int, limit: int
) -> SuspensePage:
    """What came into 汇补缴不符暂存款 of a unit and what left it, by booking day, oldest first (Q-16)."""
    found = select(journal).where(
        journal.c.unit_account == unit_account, journal.c.suspense != 0, journal.c.journal_no > after
    )
    if first is not None:
        found = found.where(journal.c.day >= first.isoformat())
    if last is not None:
        found = found.where(journal.c.day <= last.isoformat())
    lines = conn.execute(found.order_by(journal.c.journal_no).limit(limit + 1)).all()
    shown = lines[:limit]
    about = _receipts_of(conn, shown)
    return SuspensePage(
        rows=[_suspense(line, about.get(line.journal_no)) for line in shown],
        balance=format_yuan(balance(conn, codes.suspense(unit_account))),
        next=shown[-1].journal_no if len(lines) > limit else None,
    )


def _receipts_of(conn: Connection, lines: Iterable[Row[Any]]) -> dict[int, Row[Any]]:
    """The receipt each entry is about; a reversal is about that of the entry it takes back."""
    sources = {line.journal_no: line.source for line in lines if line.reverses is None}
    undone = {line.reverses: line.journal_no for line in lines if line.reverses is not None}
    for numbers in batches(map(str, undone)):
        old = select(journal.c.journal_no, journal.c.source).where(
            journal.c.journal_no.in_([int(number) for number in numbers])
        )
        sources |= {undone[row.journal_no]: row.source for row in conn.execute(old)}
    start = len(SOURCE)
    ids = {
        number: source[start : start + ID_LENGTH]
        for number, source in sources.items()
        if source.startswith(SOURCE)
    }
    known: dict[str, Row[Any]] = {}
    for batch in batches(ids.values()):
        stored = select(bank_receipt).where(bank_receipt.c.receipt_id.in_(batch))
        known |= {row.receipt_id: row for row in conn.execute(stored)}
    return {number: known[one] for number, one in ids.items() if one in known}


def _suspense(line: Row[Any], receipt: Row[Any] | None) -> SuspenseRow:
    return SuspenseRow(
        number=line.journal_no,
        serial=line.serial,
        day=line.day,
        summary=line.summary,
        amount=format_yuan(line.suspense),
        bank_no=receipt.bank_no if receipt is not None else "",
        bank_day=receipt.day if receipt is not None else "",
        payer=receipt.payer if receipt is not None else "",
        remark=receipt.remark if receipt is not None else "",
        state=STATES[receipt.state] if receipt is not None else "",
    )


# ---- the parts -------------------------------------------------------------------------------------


def _conditions(found: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.state:
        found = found.where(bank_receipt.c.state == wanted.state)
    if wanted.first is not None:
        found = found.where(bank_receipt.c.day >= wanted.first.isoformat())
    if wanted.last is not None:
        found = found.where(bank_receipt.c.day <= wanted.last.isoformat())
    if wanted.unit_account:
        found = found.where(bank_receipt.c.unit_account == wanted.unit_account)
    if wanted.text:
        found = found.where(
            or_(
                bank_receipt.c.bank_no.contains(wanted.text.upper(), autoescape=True),
                bank_receipt.c.payer.contains(wanted.text, autoescape=True),
                bank_receipt.c.remark.contains(wanted.text, autoescape=True),
            )
        )
    return found


def _from(found: Select[Any], after: str) -> Select[Any]:
    """In order, from behind the receipt that `after` names as "DAY~NUMBER"."""
    if after:
        day, _, bank_no = after.partition("~")
        same = and_(bank_receipt.c.day == day, bank_receipt.c.bank_no > bank_no)
        found = found.where(or_(bank_receipt.c.day < day, same))
    return found.order_by(bank_receipt.c.day.desc(), bank_receipt.c.bank_no)


def _next(rows: Iterable[Row[Any]], limit: int) -> str | None:
    shown = list(rows)
    if len(shown) <= limit:
        return None
    return f"{shown[limit - 1].day}~{shown[limit - 1].bank_no}"


def _one(conn: Connection, receipt_id: str) -> Row[Any]:
    found = select(bank_receipt, unit.c.name.label("unit_name")).outerjoin(
        unit, unit.c.unit_account == bank_receipt.c.unit_account
    )
    row = conn.execute(found.where(bank_receipt.c.receipt_id == receipt_id)).one_or_none()
    if row is None:
        raise not_found()
    return row


def _row(row: Row[Any]) -> ReceiptRow:
    return ReceiptRow(
        receipt_id=row.receipt_id,
        **(line_of(row).texts()),
        refunded=format_yuan(row.refunded),
        left=format_yuan(row.amount - row.refunded),
        unit_name=row.unit_name or "",
        state=row.state,
        recorded=row.recorded,
        source=row.source,
        note=row.note,
        version=row.version,
    )


def _own(row: Row[Any]) -> OwnReceiptRow:
    return OwnReceiptRow(
        receipt_id=row.receipt_id,
        bank_no=row.bank_no,
        day=row.day,
        amount=format_yuan(row.amount),
        refunded=format_yuan(row.refunded),
        payer=row.payer,
        payer_account=row.payer_account,
        remark=row.remark,
        state=row.state,
    )


def _event(event: Row[Any]) -> ReceiptEvent:
    return ReceiptEvent(
        time=event.time,
        actor=event.actor,
        action=ACTIONS.get(event.action, "登记"),
        serial=event.serial,
        amount=format_yuan(event.amount),
        unit_account=event.unit_account,
        reason=event.reason,
    )
