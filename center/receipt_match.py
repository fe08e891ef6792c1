"""Whose money a bank line is, and whether it fits what the unit owes (R-09, R-18).

By the 业务流水号 of a notice in the remark, else by the unit account that was named, else by the payer's name
where exactly one unit has it. Nothing else is guessed: what is left belongs to nobody known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from center import settling
from center.errors import ProblemError
from center.ledger import codes
from center.ledger.post import balance
from center.makeups import DECLARED
from center.people import CLOSED_UNIT
from center.store.money_tables import remittance
from center.store.tables import makeup_order, submission, unit
from domain.money import format_yuan
from domain.profile import Profile
from domain.receipts import BankLine, serials
from domain.wire import RowFinding

NOBODY = "找不到所属单位，请核对后认领。"


@dataclass(frozen=True, slots=True)
class Place:
    """Where money goes: the unit ("" nobody known), whether it fits, and why in one sentence."""

    unit_account: str
    unit_name: str
    fits: bool
    why: str

    @property
    def state(self) -> str:
        """The state of a receipt there."""
        return "matched" if self.fits else "suspense"

    @property
    def code(self) -> str:
        """The account in the books that is credited."""
        return codes.unallocated(self.unit_account) if self.fits else codes.suspense(self.unit_account)


@dataclass(frozen=True, slots=True)
class Notice:
    """A 汇缴核定 or 补缴 that was filed; `due` in 分 is what of it still waits for money."""

    unit_account: str
    submission_id: str
    serial: str
    due: int


def find_place(conn: Connection, profile: Profile, line: BankLine) -> Place:
    """Where the money of a line goes as things stand. Raises ProblemError receipt.unit.

    Under the lock of the unit's row the answer stays true until the transaction ends.
    """
    notices = _notices(conn, line.remark)
    if notices:
        owner = notices[0].unit_account
        if line.unit_account and line.unit_account != owner:
            raise _unit_refused(f"附言中的业务流水号属于单位{owner}，与所填的单位账号不符，请核对后改正。")
        numbers = "、".join(notice.serial for notice in notices)
        return _placed(conn, profile, line, owner, f"按业务流水号{numbers}", notices)
    if line.unit_account:
        return _placed(conn, profile, line, line.unit_account, "按单位账号")
    named = _by_name(conn, line.payer)
    return _placed(conn, profile, line, named, "按单位名称") if named else Place("", "", False, NOBODY)


def known_unit(conn: Connection, unit_account: str) -> tuple[str, bool]:
    """Name of a unit and whether it is open. Raises ProblemError receipt.unit for one that is not there."""
    row = conn.execute(
        select(unit.c.name, unit.c.state).where(unit.c.unit_account == unit_account)
    ).one_or_none()
    if row is None:
        raise _unit_refused(f"没有单位账号{unit_account}，请核对后改正。")
    return row.name, row.state != CLOSED_UNIT


def _unit_refused(text: str) -> ProblemError:
    finding = RowFinding(row=0, field="unit_account", code="receipt.unit", text=text)
    return ProblemError("receipt.unit", text, findings=[finding])


def _placed(
    conn: Connection,
    profile: Profile,
    line: BankLine,
    unit_account: str,
    how: str,
    notices: Iterable[Notice] = (),
) -> Place:
    name, is_open = known_unit(conn, unit_account)
    if not is_open:
        return Place(unit_account, name, False, f"{how}认定；单位已销户，请核对后退款。")
    if profile.receipts.fit == "any":
        return Place(unit_account, name, True, f"{how}认定。")
    due = sum(notice.due for notice in notices) if notices else None
    if due is not None:
        fits = line.amount in (due, due - balance(conn, codes.unallocated(unit_account)))
    else:
        wanted = settling.expected(conn, unit_account)
        fits, due = line.amount in wanted, max(wanted, default=0)
    if fits:
        return Place(unit_account, name, True, f"{how}认定，与应缴金额相符。")
    text = f"{how}认定；金额与应缴金额{format_yuan(due)}元不符，请与单位核对。"
    return Place(unit_account, name, False, text)


def _notices(conn: Connection, remark: str) -> list[Notice]:
    """The notices that a remark names by their 业务流水号; none where they belong to several units."""
    numbers = serials(remark)
    if not numbers:
        return []
    found: list[Notice] = []
    filed = select(submission.c.unit_account, submission.c.submission_id, submission.c.serial)
    for row in conn.execute(filed.where(submission.c.serial.in_(numbers)).order_by(submission.c.serial)):
        due = _due_of(conn, row.unit_account, row.submission_id)
        if due is not None:
            found.append(Notice(row.unit_account, row.submission_id, row.serial, due))
    return found if len({notice.unit_account for notice in found}) == 1 else []


def _due_of(conn: Connection, unit_account: str, submission_id: str) -> int | None:
    """What of a submission still waits for money in 分; None for one that asks for none."""
    due, known = 0, False
    for table, amount in (
        (remittance, remittance.c.amount),
        (makeup_order, makeup_order.c.unit_amount + makeup_order.c.person_amount),
    ):
        mine = (table.c.unit_account == unit_account) & (table.c.submission_id == submission_id)
        for state, summed in conn.execute(
            select(table.c.state, func.sum(amount)).where(mine).group_by(table.c.state)
        ):
            known = True
            due += int(summed) if state == DECLARED else 0
    return due if known else None


def _by_name(conn: Connection, payer: str) -> str:
    """The unit that is called exactly as the payer, "" where none or several are."""
    if not payer:
        return ""
    found = conn.scalars(
        select(unit.c.unit_account).where(unit.c.name == payer, unit.c.state != CLOSED_UNIT).limit(2)
    ).all()
    return found[0] if len(found) == 1 else ""
