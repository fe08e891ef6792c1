"""Money finds what it is for: verified months, and months made up (R-09, M-06, parameters 52 and 57).

What is settled goes from 单位未分配 to the personal accounts, unit's and person's part each by itself, in the
caller's transaction. The caller holds the lock of the unit's row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from center import inbox, makeups
from center.ledger import codes
from center.ledger.post import Entry, LedgerError, Move, balance, post
from center.moment import Moment
from center.remit.standing import DECLARED, PAID, unpaid
from center.store.money_tables import bank_receipt, remittance, remittance_row
from center.store.tables import makeup_order, setting, submission, unit
from domain.money import format_yuan
from domain.profile import Profile, load_profile
from domain.receipts import serials

MOST: Final = 60
"""Months and notices that one sum may be meant for."""

WAITING: Final = ("notice", "bank")
"""Fundings (parameter 57) whose orders wait until money comes for them."""


@dataclass(frozen=True, slots=True)
class Booking:
    """When and on whose account something is settled; `by` is the submission or receipt that has it done."""

    day: date
    time: str
    by: str
    serial: str = ""
    operator_id: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The orders of one submission that wait for one sum, in 分."""

    submission_id: str
    serial: str
    business: str
    orders: int
    amount: int


# ---- months --------------------------------------------------------------------------------------


def allocate_month(conn: Connection, month: Row[Any], booking: Booking) -> None:
    """Give the money of a verified month to its people: one entry, ids of the verification.

    Raises LedgerError: too little money, a closed account, or a month that is paid already.
    """
    key = _key(remittance_row, month)
    people = conn.execute(select(remittance_row).where(*key).order_by(remittance_row.c.account_no))
    source = codes.unallocated(month.unit_account)
    moves = [
        Move(source, code, amount, f"{month.month}:{one.account_no}:{code[-2:]}", month.row_no)
        for one in people
        for code, amount in _parts(one)
    ]
    number = post(conn, _entry("allocate", month, booking), moves) if moves else None
    standing = update(remittance).where(*_key(remittance, month), remittance.c.state == DECLARED)
    changes = {
        "state": PAID,
        "changed": booking.day.isoformat(),
        "paid_by": booking.by,
        "journal_no": number,
    }
    if conn.execute(standing.values(changes)).rowcount != 1:
        raise LedgerError("ledger.twice", f"{month.month}已经分配，不会重复入账。")
    mine = unit.c.unit_account == month.unit_account
    conn.execute(update(unit).where(mine).values(paid_through=month.month))


def _parts(one: Row[Any]) -> list[tuple[str, int]]:
    """The parts of a personal account that get money, and how much."""
    unit_part = codes.person(one.account_no, codes.UNIT_CURRENT), one.unit_amount
    own_part = codes.person(one.account_no, codes.PERSON_CURRENT), one.person_amount
    return [part for part in (unit_part, own_part) if part[1]]


def _key(table: Any, month: Row[Any]) -> tuple[Any, ...]:
    return (
        table.c.unit_account == month.unit_account,
        table.c.submission_id == month.submission_id,
        table.c.month == month.month,
    )


def _entry(act: str, month: Row[Any], booking: Booking) -> Entry:
    return Entry(
        act,
        month.submission_id,
        month.unit_account,
        booking.day,
        booking.time,
        month.month,
        booking.serial,
        booking.operator_id,
    )


def pass_empty_months(conn: Connection, unit_account: str, booking: Booking) -> None:
    """Months in which nobody pays need no money: they are done as soon as they are the oldest."""
    for month in unpaid(conn, unit_account):
        if month.amount:
            return
        allocate_month(conn, month, booking)


# ---- makeups -------------------------------------------------------------------------------------


def settle_orders(
    conn: Connection, unit_account: str, submission_id: str, booking: Booking, rows: tuple[int, int]
) -> int:
    """Pay the declared orders of some rows of a submission; returns their sum in 分. Raises LedgerError.

    The ids derive from submission, row and month; orders and money move together.
    """
    first, last = rows
    mine = (
        makeup_order.c.unit_account == unit_account,
        makeup_order.c.submission_id == submission_id,
        makeup_order.c.row_no.between(first, last),
        makeup_order.c.state == makeups.DECLARED,
    )
    found = select(makeup_order).where(*mine).order_by(makeup_order.c.row_no, makeup_order.c.month)
    orders = conn.execute(found).all()
    source = codes.unallocated(unit_account)
    moves = [
        Move(source, code, amount, f"{one.row_no}:{one.month}:{code[-2:]}", one.row_no)
        for one in orders
        for code, amount in _parts(one)
    ]
    if not moves:
        return 0
    entry = Entry(
        "makeup", submission_id, unit_account, booking.day, booking.time,
        serial=booking.serial, operator_id=booking.operator_id,
    )  # fmt: skip
    post(conn, entry, moves)
    settled = {"state": makeups.SETTLED, "changed": booking.day.isoformat()}
    conn.execute(update(makeup_order).where(*mine).values(settled))
    return sum(move.amount for move in moves)


def notices(conn: Connection, unit_account: str) -> list[Notice]:
    """The submissions whose orders wait for money that is paid for them, oldest first."""
    order = makeup_order.c
    amount = func.sum(order.unit_amount + order.person_amount)
    own = (submission.c.unit_account == order.unit_account) & (
        submission.c.submission_id == order.submission_id
    )
    found = (
        select(submission.c.submission_id, submission.c.serial, submission.c.business, func.count(), amount)
        .join(submission, own)
        .where(
            order.unit_account == unit_account,
            order.state == makeups.DECLARED,
            order.funding.in_(WAITING),
        )
        .group_by(submission.c.submission_id, submission.c.serial, submission.c.business)
        .order_by(submission.c.serial)
    )
    rows = conn.execute(found)
    return [Notice(number, serial, name, count, int(sum_)) for number, serial, name, count, sum_ in rows]


# ---- money that arrives --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fit:
    """What a sum would pay: the oldest months and some notices."""

    amount: int
    months: Sequence[Row[Any]]
    notices: Sequence[Notice]


def expected(conn: Connection, unit_account: str) -> list[int]:
    """The sums in 分 that would settle something if they arrived now, smallest first.

    The oldest unpaid months in order, notices of makeups, or both: by themselves, or with what is unallocated
    already (see `_meant`).
    """
    there = balance(conn, codes.unallocated(unit_account))
    sums = {fit.amount for fit in _fits(conn, unit_account, _profile(conn))}
    missing = {amount - there for amount in sums}
    return sorted(amount for amount in sums | missing if amount > 0)


def money_arrived(conn: Connection, unit_account: str, moment: Moment, why: str) -> int:
    """Settle what the unit's unallocated money is exactly meant for; returns how much, in 分.

    Where the agent allocates by hand nothing is done, as with money that fits nothing. `why` is the receipt.
    An entry that the books refuse leaves the money where it is.
    """
    return _find_its_way(conn, unit_account, moment, why, "收到来款")


def money_was_there(conn: Connection, unit_account: str, moment: Moment, why: str) -> int:
    """Settle what was filed behind the money that is exactly meant for it; returns how much, in 分.

    As `money_arrived`; `why` is the submission that made something due.
    """
    return _find_its_way(conn, unit_account, moment, why, "单位未分配金额")


def _find_its_way(conn: Connection, unit_account: str, moment: Moment, why: str, lead: str) -> int:
    profile = _profile(conn)
    there = balance(conn, codes.unallocated(unit_account))
    fit = _meant(conn, unit_account, profile, there, why)
    if fit is None:
        return 0
    try:
        with conn.begin_nested():
            _settle(conn, unit_account, fit, moment, why)
    except LedgerError:
        return 0
    _tell(conn, profile, unit_account, fit, moment, lead)
    return fit.amount


def _meant(conn: Connection, unit_account: str, profile: Profile, there: int, why: str) -> _Fit | None:
    """What the money is for: all that is unallocated first, else what the receipt alone has brought.

    What the receipt's remark names by its 业务流水号 comes before everything that has the same sum by chance.
    """
    facts = select(bank_receipt.c.amount, bank_receipt.c.remark).where(bank_receipt.c.receipt_id == why)
    receipt = conn.execute(facts).one_or_none()
    named = set() if receipt is None else set(serials(receipt.remark))
    fits = _fits(conn, unit_account, profile)
    asked = [fit for fit in fits if named & {one.serial for one in fit.notices}]
    amounts = [there, 0 if receipt is None else receipt.amount]
    for among in (asked, fits):
        for amount in amounts:
            for fit in among:
                if fit.amount == amount and 0 < amount <= there:
                    return fit
    return None


def _profile(conn: Connection) -> Profile:
    """The profile the database is bound to."""
    return load_profile(conn.execute(select(setting.c.value).where(setting.c.name == "profile")).scalar_one())


def _fits(conn: Connection, unit_account: str, profile: Profile) -> list[_Fit]:
    """What sums would pay, the likeliest meaning first: months, then notices one by one, then both."""
    rules = profile.business.remit
    automatic = rules is not None and rules.allocation != "manual"
    months = unpaid(conn, unit_account)[:MOST] if automatic else []
    waiting = notices(conn, unit_account)[:MOST]
    by_month = [0, *accumulate(month.amount for month in months)]
    by_notice = [0, *accumulate(notice.amount for notice in waiting)]
    fits = [_Fit(sum_, months[:count], ()) for count, sum_ in enumerate(by_month) if count]
    fits += [_Fit(notice.amount, (), (notice,)) for notice in waiting]
    fits += [
        _Fit(first + second, months[:count], waiting[:more])
        for count, first in enumerate(by_month)
        for more, second in enumerate(by_notice)
        if more and (count or more > 1)
    ]
    return fits


def _settle(conn: Connection, unit_account: str, fit: _Fit, moment: Moment, why: str) -> None:
    for month in fit.months:
        serial = _serial(conn, unit_account, month.submission_id)
        allocate_month(conn, month, Booking(moment.day, moment.now, why, serial))
    for notice in fit.notices:
        booking = Booking(moment.day, moment.now, why, notice.serial)
        settle_orders(conn, unit_account, notice.submission_id, booking, EVERY_ROW)
    pass_empty_months(conn, unit_account, Booking(moment.day, moment.now, why))


EVERY_ROW: Final = (0, 2**31 - 1)


def _serial(conn: Connection, unit_account: str, submission_id: str) -> str:
    mine = submission.c.unit_account == unit_account, submission.c.submission_id == submission_id
    return str(conn.scalar(select(submission.c.serial).where(*mine)) or "")


def _tell(
    conn: Connection, profile: Profile, unit_account: str, fit: _Fit, moment: Moment, lead: str
) -> None:
    """Tell the unit that its money has found its way; `lead` says what money it is."""
    done = []
    if fit.months:
        named = "、".join(str(month.month) for month in fit.months)
        done.append(f"{named}汇缴已分配到个人账户")
    for notice in fit.notices:
        done.append(f"业务流水号{notice.serial}的补缴已记入个人账户")
    body = f"{lead}{format_yuan(fit.amount)}元，{'，'.join(done)}。"
    title = "汇缴分配" if fit.months else profile.business_title(fit.notices[0].business)
    entry = inbox.Entry("messages", title, body[:500])
    inbox.post_where_shown(conn, profile, unit_account, entry, moment.now)
