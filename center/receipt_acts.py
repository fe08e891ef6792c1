"""What clerks do with a recorded receipt: 认领, 退款, 撤销退款, 更正, 冲销; each with its reason.

A receipt moves only where its version is the one the clerk has seen. Units are locked first, then the
receipt, then the head of the books.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from center import settling
from center.bell import BELL
from center.effects.apply import lock_units
from center.errors import ProblemError, not_found
from center.ledger import codes
from center.ledger.post import LedgerError, Move, balance, post, reverse
from center.moment import Moment
from center.receipt_match import find_place, known_unit
from center.receipts import (
    Act,
    Desk,
    advance,
    arrival,
    book,
    checked_line,
    entry_of,
    facts_of,
    invalid,
    line_of,
    note_act,
    overtaken,
    receipt_id_of,
    refused_by_books,
    source_of,
    tell,
)
from center.serials import next_serial
from center.store.money_tables import bank_receipt, journal, transfer
from domain.findings import Finding
from domain.money import MoneyError, format_yuan, parse_positive_yuan
from domain.receipt_wire import ReceiptAction
from domain.receipts import BankLine, reason_finding

USED = "这笔来款的钱已经分配或转走，不能{what}，请等该单位的余额够这笔款后再办。"
PERMITTED: Mapping[str, tuple[str, ...]] = {
    "match": ("suspense",),
    "refund": ("matched", "suspense"),
    "correct": ("matched", "suspense", "reversed"),
    "reverse": ("matched", "suspense"),
    "unrefund": ("matched", "suspense", "refunded"),
}
"""Act -> states it may be done in; nothing is taken back while a part is refunded."""


def permitted(row: Row[Any]) -> list[str]:
    """What may be done with a receipt."""
    return [
        action
        for action, states in PERMITTED.items()
        if row.state in states
        and not (row.refunded and action in ("correct", "reverse"))
        and (row.refunded or action != "unrefund")
    ]


def refundable(conn: Connection, row: Row[Any]) -> int:
    """The most of a receipt that may be refunded in 分: what is left of it and still lies there."""
    if "refund" not in permitted(row):
        return 0
    return min(int(row.amount - row.refunded), balance(conn, _lies(row)))


@dataclass(frozen=True, slots=True)
class _Doing:
    """An act under way, inside its transaction."""

    conn: Connection
    desk: Desk
    row: Row[Any]
    request: ReceiptAction
    moment: Moment
    line: BankLine | None
    """The right facts, for a correction."""
    locked: frozenset[str]
    """The units whose rows are locked, and "" for nobody."""

    @property
    def source(self) -> str:
        """What the ids of its transfers begin with."""
        return source_of(self.row.receipt_id, self.row.version + 1)

    @property
    def left(self) -> int:
        """What of the receipt has not been refunded, in 分."""
        return int(self.row.amount - self.row.refunded)


def act(desk: Desk, receipt_id: str, version: int, request: ReceiptAction) -> None:
    """Do what a clerk decided, in one transaction.

    Raises ProblemError: not_found, receipt.version (somebody was faster), receipt.state, receipt.used (the
    money is not there any more), receipt.unit, body.invalid.
    """
    wrong = reason_finding(request.reason)
    if wrong is not None:
        raise invalid(wrong)
    line = _new_line(desk, request)

    def work(conn: Connection) -> set[str]:
        one = select(bank_receipt).where(bank_receipt.c.receipt_id == receipt_id)
        before = conn.execute(one).one_or_none()
        if before is None:
            raise not_found()
        target = find_place(conn, desk.profile, line).unit_account if line is not None else ""
        units = {name for name in (before.unit_account, request.unit_account.strip(), target) if name}
        lock_units(conn, sorted(units))
        row = conn.execute(one.with_for_update()).one()
        if row.version != version:
            raise overtaken()
        _require_permitted(row, request.action)
        moment = Moment.read(conn, desk.clock, desk.profile)
        _ACTS[request.action](_Doing(conn, desk, row, request, moment, line, frozenset({"", *units})))
        return units

    for unit_account in desk.store.run(work):
        BELL.ring(unit_account)


def _new_line(desk: Desk, request: ReceiptAction) -> BankLine | None:
    """The right facts of a correction. Raises ProblemError body.invalid."""
    if request.action != "correct":
        return None
    if request.line is None:
        raise invalid(Finding("required", "line", "更正须写明正确的内容，请填写后再办理。"))
    return checked_line(desk, request.line.model_dump())


def _require_permitted(row: Row[Any], action: str) -> None:
    if action in permitted(row):
        return
    if row.refunded and action in ("correct", "reverse"):
        raise ProblemError("receipt.used", "这笔来款已经退款，不能更正或冲销；退款登记错了的，请先撤销退款。")
    if action == "unrefund":
        raise ProblemError("receipt.state", "这笔来款没有退款，不用撤销。")
    text = {
        "matched": "这笔来款已记入单位未分配金额，不能这样办理。",
        "suspense": "这笔来款在汇补缴不符暂存款中，不能这样办理。",
        "refunded": "这笔来款已全部退款，只能撤销退款。",
        "reversed": "这笔来款已冲销，只能更正后重新入账。",
    }[row.state]
    raise ProblemError("receipt.state", text)


# ---- the acts --------------------------------------------------------------------------------------


def _lies(row: Row[Any]) -> str:
    """The account in the books where the money of a receipt lies."""
    return (codes.unallocated if row.state == "matched" else codes.suspense)(row.unit_account)


def _match(doing: _Doing) -> None:
    """Give suspense money to a unit."""
    conn, row = doing.conn, doing.row
    target = doing.request.unit_account.strip() or row.unit_account
    if not target:
        raise invalid(Finding("required", "unit_account", "请填写认领的单位账号。"))
    name, is_open = known_unit(conn, target)
    if not is_open:
        raise ProblemError("receipt.state", f"{name}已销户，不能认领，请退款。")
    serial = next_serial(conn, doing.moment.day)
    note = f"由柜员认领给{name}。"
    version = advance(conn, row, state="matched", unit_account=target, note=note[:200])
    amount = doing.left
    try:
        _give(doing, row.unit_account, target, amount, serial)
    except LedgerError as error:
        raise refused_by_books(error, USED.format(what="认领")) from None
    settling.money_arrived(conn, target, doing.moment, row.receipt_id)
    text = f"{row.day}来款{format_yuan(amount)}元（交易流水号{row.bank_no}）已由暂存款转入单位未分配金额。"
    _finish(doing, Act("match", row.receipt_id, version, "matched", target, amount, serial), text)


def _give(doing: _Doing, holder: str, target: str, amount: int, serial: str) -> None:
    """Book suspense money held for `holder` to a unit. Raises LedgerError."""
    held, given = codes.suspense(holder), codes.unallocated(target)
    # Each unit's books tell their own side, so money that changes units crosses 内部往来.
    steps = [(target, held, given)]
    if holder != target:
        steps = [(holder, held, codes.TRANSIT), (target, codes.TRANSIT, given)]
    for place, (unit_account, debit, credit) in enumerate(steps):
        entry = entry_of(doing.desk, "match", doing.source, unit_account, doing.moment, serial)
        post(doing.conn, entry, [Move(debit, credit, amount, f"match{place}")])


def _refund(doing: _Doing) -> None:
    """Send money back to the payer, at most what is left and lies there."""
    conn, row, most = doing.conn, doing.row, doing.left
    amount = _refund_amount(doing.request.amount, most)
    serial = next_serial(conn, doing.moment.day)
    state = "refunded" if amount == most else row.state
    version = advance(conn, row, state=state, refunded=row.refunded + amount)
    entry = entry_of(doing.desk, "refund", doing.source, row.unit_account, doing.moment, serial)
    try:
        post(conn, entry, [Move(_lies(row), codes.BANK, amount, "out")])
    except LedgerError as error:
        there = format_yuan(balance(conn, _lies(row)))
        text = f"余额不足，不能退款{format_yuan(amount)}元：现有{there}元，其余已经分配，请核对后改正。"
        raise refused_by_books(error, text) from None
    text = f"{row.day}来款（交易流水号{row.bank_no}）已退款{format_yuan(amount)}元。"
    _finish(doing, Act("refund", row.receipt_id, version, state, row.unit_account, amount, serial), text)


def _refund_amount(text: str, most: int) -> int:
    if not text.strip():
        return most
    try:
        amount = parse_positive_yuan(text)
    except MoneyError as error:
        raise invalid(Finding(error.code, "amount", error.text)) from None
    if amount > most:
        wrong = f"退款不能超过这笔来款余下的{format_yuan(most)}元，请改正。"
        raise invalid(Finding("receipt.amount", "amount", wrong))
    return amount


def _unrefund(doing: _Doing) -> None:
    """Take back the last refund that still holds: the bank never sent that money.

    It lies again where it came from, and goes to the unit where the rest of the receipt has gone since.
    """
    conn, row = doing.conn, doing.row
    entry = _last_refund(doing)
    [(debit, amount)] = conn.execute(
        select(transfer.c.debit, transfer.c.amount).where(transfer.c.journal_no == entry.journal_no)
    ).all()
    holder, serial = entry.unit_account, next_serial(conn, doing.moment.day)
    from_unit = debit == codes.unallocated(holder)
    state = row.state if row.state != "refunded" else "matched" if from_unit else "suspense"
    version = advance(conn, row, state=state, refunded=row.refunded - amount)
    try:
        reverse(conn, entry.journal_no, entry_of(doing.desk, "refund", "", holder, doing.moment, serial))
        if state == "matched" and not from_unit:
            _give(doing, holder, row.unit_account, amount, serial)
    except LedgerError as error:
        text = "原来的账户已经销户，退款不能撤销，请按实际情况登记新的来款。"
        raise refused_by_books(error, text) from None
    if state == "matched":
        settling.money_arrived(conn, row.unit_account, doing.moment, row.receipt_id)
    text = f"{row.day}来款（交易流水号{row.bank_no}）的退款{format_yuan(amount)}元登记有误，已撤销。"
    _finish(doing, Act("unrefund", row.receipt_id, version, state, row.unit_account, amount, serial), text)


def _last_refund(doing: _Doing) -> Row[Any, Any]:
    """The newest refund of a receipt that was not taken back."""
    sources = [source_of(doing.row.receipt_id, number) for number in range(1, doing.row.version + 1)]
    undone = select(journal.c.reverses).where(journal.c.reverses.is_not(None))
    found = select(journal.c.journal_no, journal.c.unit_account).where(
        journal.c.act == "refund", journal.c.source.in_(sources), journal.c.journal_no.not_in(undone)
    )
    return doing.conn.execute(found.order_by(journal.c.journal_no.desc()).limit(1)).one()


def _reverse(doing: _Doing) -> None:
    """Take a receipt back that the bank never had."""
    row = doing.row
    serial = next_serial(doing.conn, doing.moment.day)
    _take_back(doing, serial, "冲销")
    version = advance(doing.conn, row, state="reversed", note="已冲销。")
    text = f"{row.day}来款{format_yuan(row.amount)}元（交易流水号{row.bank_no}）登记有误，已冲销。"
    done = Act("reverse", row.receipt_id, version, "reversed", row.unit_account, row.amount, serial)
    _finish(doing, done, text)


def _correct(doing: _Doing) -> None:
    """Take a receipt back and record it anew with the right facts."""
    conn, row, line, profile = doing.conn, doing.row, doing.line, doing.desk.profile
    assert line is not None
    if receipt_id_of(line.bank_no) != row.receipt_id:
        text = "交易流水号不能更正；流水号错了的，请冲销后按正确的流水号重新登记。"
        raise invalid(Finding("receipt.bank_no", "bank_no", text))
    was = find_place(conn, profile, line).unit_account
    if was not in doing.locked:
        raise overtaken()
    if row.state != "reversed" and was == row.unit_account and line.same_facts(line_of(row)):
        raise invalid(Finding("receipt.same", "line", "内容没有改动，不用更正。"))
    serial = next_serial(conn, doing.moment.day)
    if row.state != "reversed":
        _take_back(doing, serial, "更正")
    # Only now: whether the money fits depends on what the unit has without it.
    place = find_place(conn, profile, line)
    if place.unit_account != was:
        raise overtaken()
    version = advance(conn, row, **facts_of(line, place))
    book(conn, doing.desk, line, place, doing.moment, doing.source, serial)
    if row.unit_account and row.unit_account != place.unit_account and row.state != "reversed":
        text = f"{row.day}来款{format_yuan(row.amount)}元（交易流水号{row.bank_no}）登记有误，已冲销。"
        tell(conn, profile, row.unit_account, text, doing.moment)
    done = Act("correct", row.receipt_id, version, place.state, place.unit_account, line.amount, serial)
    _finish(doing, done, f"更正后：{arrival(profile, line, place)}", line.texts())


def _take_back(doing: _Doing, serial: str, what: str) -> None:
    """Reverse every entry of a receipt that still holds, the last one first."""
    sources = [source_of(doing.row.receipt_id, number) for number in range(1, doing.row.version + 1)]
    undone = select(journal.c.reverses).where(journal.c.reverses.is_not(None))
    held = select(journal.c.journal_no, journal.c.unit_account).where(
        journal.c.source.in_(sources), journal.c.journal_no.not_in(undone)
    )
    try:
        for entry in doing.conn.execute(held.order_by(journal.c.journal_no.desc())).all():
            about = entry_of(doing.desk, "receipt", "", entry.unit_account, doing.moment, serial)
            reverse(doing.conn, entry.journal_no, about)
    except LedgerError as error:
        raise refused_by_books(error, USED.format(what=what)) from None


def _finish(doing: _Doing, done: Act, text: str, facts: Mapping[str, str] | None = None) -> None:
    """Tell the unit, write the history and the audit log."""
    tell(doing.conn, doing.desk.profile, done.unit_account, text, doing.moment)
    done = replace(done, reason=doing.request.reason.strip())
    note_act(doing.conn, doing.desk, done, doing.moment, facts)


_ACTS: Mapping[str, Callable[[_Doing], None]] = {
    "match": _match,
    "refund": _refund,
    "correct": _correct,
    "reverse": _reverse,
    "unrefund": _unrefund,
}
