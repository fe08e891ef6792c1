"""The wire contract of 来款; the general part stands in `domain.wire`.

Facts of a bank line travel as texts of any shape and are judged by `domain.receipts`, so that every wrong
field is told in a sentence of its own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.receipts import BankLine
from domain.wire import AnyTotal, RowFinding, Wire

MAX_LINES = 100
"""Most lines of a bank statement in one request."""

Stated = Annotated[str, StringConstraints(max_length=400)]
ReceiptState = Literal["matched", "suspense", "refunded", "reversed"]
Entered = Literal["single", "file"]


class BankLineBody(Wire):
    """One line as it was typed or read from a statement."""

    bank_no: Stated
    day: Stated
    amount: Stated
    payer: Stated = ""
    payer_account: Stated = ""
    remark: Stated = ""
    unit_account: Stated = ""

    @classmethod
    def of(cls, line: BankLine) -> BankLineBody:
        """The body of a checked line."""
        return cls(**line.texts())


class ReceiptBody(Wire):
    """A receipt to be recorded."""

    line: BankLineBody
    source: Entered = "single"


class StatementBody(Wire):
    """Lines of a statement, each recorded or refused by itself."""

    lines: list[BankLineBody] = Field(min_length=1, max_length=MAX_LINES)


class ReceiptRow(Wire):
    """A receipt; `left` is what of it has not been refunded. Amounts in 元."""

    receipt_id: str
    bank_no: str
    day: str
    amount: str
    refunded: str
    left: str
    payer: str
    payer_account: str
    remark: str
    unit_account: str
    unit_name: str
    state: ReceiptState
    recorded: str
    source: str
    note: str
    version: int


class ReceiptPage(Wire):
    """A page of receipts, newest bank day first; `next` is the `after` of the following page.

    `count` and `amount` are those of everything that meets the conditions, told with the first page.
    """

    rows: list[ReceiptRow]
    next: str | None = None
    count: int | None = None
    amount: AnyTotal | None = None


class ReceiptEvent(Wire):
    """What was done with a receipt: by whom, when and why; `amount` in 元 is what it was about."""

    time: str
    actor: str
    action: str
    serial: str
    amount: str
    unit_account: str
    reason: str


class ReceiptDetail(Wire):
    """A receipt with its history and what may be done; `available` is the most that may be refunded."""

    receipt: ReceiptRow
    events: list[ReceiptEvent]
    actions: list[Literal["match", "refund", "correct", "reverse", "unrefund"]]
    available: str


class Recorded(Wire):
    """The answer to a recorded line; `repeated`: it had been recorded before, nothing was booked again."""

    receipt: ReceiptRow
    repeated: bool
    message: str


class LineResult(Wire):
    """What became, or would become, of one line; `line` counts from 1 within the request."""

    line: int
    outcome: Literal["matched", "suspense", "repeated", "refused"]
    receipt_id: str = ""
    unit_account: str = ""
    unit_name: str = ""
    message: str
    findings: list[RowFinding] = []


class StatementReply(Wire):
    """Results of the lines, in their order."""

    results: list[LineResult]


class ReceiptAction(Wire):
    """An act on a receipt as it was last seen (`If-Match`).

    `unit_account` is whom suspense money is matched to, "" the unit it is held for; `amount` is what is
    refunded, "" all that is left; `line` are the right facts of a correction.
    """

    action: Literal["match", "refund", "correct", "reverse", "unrefund"]
    reason: Stated
    unit_account: Stated = ""
    amount: Stated = ""
    line: BankLineBody | None = None


class OwnReceiptRow(Wire):
    """A receipt as its unit sees it."""

    receipt_id: str
    bank_no: str
    day: str
    amount: str
    refunded: str
    payer: str
    payer_account: str
    remark: str
    state: ReceiptState


class OwnReceiptPage(Wire):
    """A unit's own receipts, newest first."""

    rows: list[OwnReceiptRow]
    next: str | None = None


class SuspenseRow(Wire):
    """What came into 汇补缴不符暂存款 of a unit or left it (Q-16): `amount` signed, in 元."""

    number: int
    serial: str
    day: str
    summary: str
    amount: str
    bank_no: str
    bank_day: str
    payer: str
    remark: str
    state: str


class SuspensePage(Wire):
    """A page, oldest first, and what is held now; `next` is the `after` of the following page."""

    rows: list[SuspenseRow]
    balance: str
    next: int | None = None
