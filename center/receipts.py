"""来款: what the bank has received, recorded once by the bank's own number, and what clerks do with it.

A receipt's id derives from that number and the ids of its transfers from receipt and version, so that nothing
is booked twice, whatever is repeated, killed or raced. Money goes through the books alone: 住房公积金存款 to
单位未分配 or 汇补缴不符暂存款, from there to a unit or back to the payer.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, Protocol

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from center import inbox, settling
from center.audit import append_audit
from center.bell import BELL
from center.clock import Clock, today
from center.effects.apply import lock_units
from center.errors import ProblemError
from center.ledger import codes
from center.ledger.post import Entry, LedgerError, Move, post
from center.moment import Moment
from center.receipt_match import Place, find_place
from center.serials import next_serial
from center.store.engine import Store
from center.store.money_tables import bank_receipt, receipt_event
from domain.canonical import canonical_json
from domain.findings import Finding
from domain.money import format_yuan
from domain.profile import Profile
from domain.receipts import BankLine, LineErrors, read_line
from domain.wire import RowFinding

NAMESPACE: Final = uuid.UUID("5f1c2c36-6d0b-5a7e-9a53-1d7f6b1c7a10")
MESSAGE_TITLE: Final = "来款"
Source = Literal["single", "file"]


class Desk(Protocol):
    """Who works with receipts: a clerk's scope, or an operator of the center."""

    @property
    def store(self) -> Store:
        """The center's database."""

    @property
    def clock(self) -> Clock:
        """The center's clock."""

    @property
    def profile(self) -> Profile:
        """The center's profile."""

    @property
    def operator_id(self) -> str:
        """Who it is, for the books and the audit log."""

    @property
    def operator_name(self) -> str:
        """What people call them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a line: the receipt's id, and whether it had been recorded before."""

    receipt_id: str
    repeated: bool
    message: str


def receipt_id_of(bank_no: str) -> str:
    """The id of the receipt with a number of the bank."""
    return str(uuid.uuid5(NAMESPACE, bank_no))


def source_of(receipt_id: str, version: int) -> str:
    """What the ids of the transfers begin with that led a receipt to a version."""
    return f"receipt:{receipt_id}:{version}"


def line_of(row: Row[Any]) -> BankLine:
    """The bank's facts of a stored receipt."""
    return BankLine(
        row.bank_no, date.fromisoformat(row.day), row.amount, row.payer, row.payer_account, row.remark,
        row.unit_account,
    )  # fmt: skip


def checked_line(desk: Desk, values: Mapping[str, str]) -> BankLine:
    """The line of texts as typed. Raises ProblemError body.invalid with a finding for each wrong field."""
    try:
        return read_line(values, today(desk.clock))
    except LineErrors as errors:
        raise invalid(*errors.findings) from None


def invalid(*findings: Finding) -> ProblemError:
    """body.invalid in the words of the first finding."""
    told = [RowFinding.of(0, finding) for finding in findings]
    return ProblemError("body.invalid", findings[0].text, findings=told)


# ---- recording -------------------------------------------------------------------------------------


def record(desk: Desk, line: BankLine, source: Source = "single") -> Outcome:
    """Record a line in one transaction; the same facts again change nothing and say so.

    Raises ProblemError: receipt.conflict (the number stands for other facts), receipt.unit, receipt.version
    (whose money it is has changed meanwhile).
    """

    def work(conn: Connection) -> tuple[Outcome, str]:
        known = recorded(conn, line)
        if known is not None:
            return known, ""
        place = find_place(conn, desk.profile, line)
        if locked := place.unit_account:
            lock_units(conn, [locked])
            place = find_place(conn, desk.profile, line)
            if place.unit_account != locked:
                raise overtaken()
        moment = Moment.read(conn, desk.clock, desk.profile)
        receipt_id = receipt_id_of(line.bank_no)
        try:
            with conn.begin_nested():
                conn.execute(insert(bank_receipt).values(_new_row(desk, line, place, moment, source)))
        except IntegrityError:
            known = recorded(conn, line)
            if known is None:
                raise
            return known, ""
        serial = next_serial(conn, moment.day)
        book(conn, desk, line, place, moment, source_of(receipt_id, 1), serial)
        tell(conn, desk.profile, place.unit_account, arrival(desk.profile, line, place), moment)
        act = Act("record", receipt_id, 1, place.state, place.unit_account, line.amount, serial)
        note_act(conn, desk, act, moment, line.texts())
        return Outcome(receipt_id, False, _said(line, place)), place.unit_account

    outcome, unit_account = desk.store.run(work)
    if unit_account:
        BELL.ring(unit_account)
    return outcome


def recorded(conn: Connection, line: BankLine) -> Outcome | None:
    """What is known of the number of a line, None for a new one.

    Raises ProblemError receipt.conflict when it stands for other facts.
    """
    row = conn.execute(select(bank_receipt).where(bank_receipt.c.bank_no == line.bank_no)).one_or_none()
    if row is None:
        return None
    if not line.same_facts(line_of(row)):
        text = (
            f"交易流水号{line.bank_no}已登记为{row.day}来款{format_yuan(row.amount)}元，内容不同，"
            "请核对流水号；原登记有误的请更正。"
        )
        raise ProblemError("receipt.conflict", text)
    undone = "，并已冲销" if row.state == "reversed" else ""
    return Outcome(row.receipt_id, True, f"交易流水号{line.bank_no}此前已登记{undone}，没有重复入账。")


def _new_row(desk: Desk, line: BankLine, place: Place, moment: Moment, source: Source) -> dict[str, Any]:
    return {
        "receipt_id": receipt_id_of(line.bank_no),
        **facts_of(line, place),
        "operator_id": desk.operator_id,
        "recorded": moment.now,
        "source": source,
        "refunded": 0,
        "version": 1,
    }


def facts_of(line: BankLine, place: Place) -> dict[str, Any]:
    """The columns of a receipt that follow from the line and from where its money goes."""
    values: dict[str, Any] = line.texts()
    return values | {
        "amount": line.amount,
        "unit_account": place.unit_account,
        "state": place.state,
        "note": place.why[:200],
    }


def _said(line: BankLine, place: Place) -> str:
    amount = format_yuan(line.amount)
    if place.fits:
        return f"已登记：{amount}元记入{place.unit_name}的单位未分配金额。"
    whose = f"{place.unit_name}的" if place.unit_account else ""
    return f"已登记：{amount}元记入{whose}汇补缴不符暂存款，{place.why}"


def arrival(profile: Profile, line: BankLine, place: Place) -> str:
    """What the unit is told of money that has come."""
    what = f"{line.day}来款{format_yuan(line.amount)}元（交易流水号{line.bank_no}）"
    if place.fits:
        return f"{what}已记入单位未分配金额。"
    phone = f"（电话{profile.phone}）" if profile.phone else ""
    return f"{what}与应缴金额不符，已记入汇补缴不符暂存款，请联系中心{phone}处理。"


# ---- shared with the clerks' acts --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """A thing done with a receipt: the version and state it led to, whose money, how much of it in 分."""

    action: str
    receipt_id: str
    version: int
    state: str
    unit_account: str
    amount: int
    serial: str
    reason: str = ""


def book(
    conn: Connection, desk: Desk, line: BankLine, place: Place, moment: Moment, source: str, serial: str
) -> None:
    """Post money that came into the bank, and have what is waiting for it go on."""
    entry = entry_of(desk, "receipt", source, place.unit_account, moment, serial)
    post(conn, entry, [Move(codes.BANK, place.code, line.amount, "in")])
    if place.fits:
        settling.money_arrived(conn, place.unit_account, moment, receipt_id_of(line.bank_no))


def entry_of(desk: Desk, act: str, source: str, unit_account: str, moment: Moment, serial: str = "") -> Entry:
    """An entry of the books about a receipt, on the day it is made."""
    return Entry(
        act=act,
        source=source,
        unit_account=unit_account,
        day=moment.day,
        time=moment.now,
        serial=serial,
        operator_id=desk.operator_id,
    )


def tell(conn: Connection, profile: Profile, unit_account: str, text: str, moment: Moment) -> None:
    """Tell the unit, where it is known."""
    if unit_account:
        entry = inbox.Entry(tab="messages", title=MESSAGE_TITLE, body=text)
        inbox.post_where_shown(conn, profile, unit_account, entry, moment.now)


def note_act(
    conn: Connection, desk: Desk, act: Act, moment: Moment, facts: Mapping[str, str] | None = None
) -> None:
    """Write the history and the audit log; `facts` are what the act has recorded."""
    values = {
        "receipt_id": act.receipt_id,
        "version": act.version,
        "time": moment.now,
        "actor": desk.operator_name[:60],
        "action": act.action,
        "state": act.state,
        "unit_account": act.unit_account,
        "amount": act.amount,
        "serial": act.serial,
        "reason": act.reason,
    }
    conn.execute(insert(receipt_event).values(values))
    detail: dict[str, Any] = {"amount": format_yuan(act.amount), "version": act.version, "state": act.state}
    detail |= {"serial": act.serial, "reason": act.reason} | ({"facts": dict(facts)} if facts else {})
    append_audit(
        conn, desk.clock, desk.operator_id, f"receipt.{act.action}", unit_account=act.unit_account,
        subject=act.receipt_id, detail=canonical_json(detail).decode(),
    )  # fmt: skip


def advance(conn: Connection, row: Row[Any], **values: Any) -> int:
    """Raise the version of a receipt and change it; returns the new version.

    Raises ProblemError receipt.version when somebody else has changed it.
    """
    seen = (bank_receipt.c.receipt_id == row.receipt_id) & (bank_receipt.c.version == row.version)
    changed = update(bank_receipt).where(seen).values(version=row.version + 1, **values)
    if conn.execute(changed).rowcount != 1:
        raise overtaken()
    return int(row.version) + 1


def overtaken() -> ProblemError:
    """Somebody was faster."""
    return ProblemError("receipt.version", "该笔来款的情况刚有变动，请刷新后再办。")


def refused_by_books(error: LedgerError, text: str) -> ProblemError:
    """What a refusal of the books means for a receipt; `text` is said where there is too little money."""
    return ProblemError("receipt.used", text if error.code == "ledger.short" else error.text)
