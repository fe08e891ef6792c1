"""计提利息: what all accounts earned in a month becomes 应付利息, which the settlement then spends."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, func, select

from center.audit import append_audit
from center.clock import Clock, now_text, today
from center.interest.products import earned
from center.interest.rates import all_rates
from center.interest.settle import is_settled
from center.ledger import codes
from center.ledger.post import HEAD, Entry, Move, post
from center.serials import next_serial
from center.store.engine import Store
from center.store.money_tables import journal, ledger_head
from domain.interest import InterestError, segments
from domain.money import format_yuan
from domain.period import PeriodError, fund_year, last_day, parse_month
from domain.profile import Profile


def accrue(store: Store, profile: Profile, clock: Clock, month: str, operator_id: str) -> int:
    """Book a month's interest as payable, once; returns the 分, 0 when the month was accrued already.

    Raises InterestError for a month that is not over, without money, or of a settled year.
    """
    try:
        wanted = parse_month(month)
    except PeriodError as error:
        raise InterestError("interest.month", error.text) from None
    return store.run(partial(_accrue, profile=profile, clock=clock, month=wanted, operator_id=operator_id))


def _accrue(conn: Connection, *, profile: Profile, clock: Clock, month: int, operator_id: str) -> int:
    last = last_day(month)
    year = fund_year(month, profile.calendar.fund_year_start)
    if today(clock) <= last:
        raise InterestError("interest.month", f"{month}还没有结束，请在月末之后再计提。")
    if is_settled(conn, year):
        raise InterestError("interest.month", f"{year}年度已经结息，不用再计提。")
    source = f"accrue:{month}"
    serial = next_serial(conn, today(clock))
    conn.execute(select(ledger_head).where(ledger_head.c.head == HEAD).with_for_update()).one()
    if conn.scalar(select(func.count()).select_from(journal).where(journal.c.source == source)):
        return 0
    cut = segments(all_rates(conn), last.replace(day=1), last)
    had = earned(conn, None, cut).get("")
    amount = had.interest(cut).amount if had is not None else 0
    if not amount:
        raise InterestError("interest.month", f"{month}没有应计提的利息，请核对月份。")
    entry = Entry("accrue", source, "", last, now_text(clock), month, serial, operator_id)
    post(conn, entry, [Move(codes.INTEREST_EXPENSE, codes.INTEREST_PAYABLE, amount, "0")])
    append_audit(conn, clock, operator_id, "interest.accrue", subject=str(month), detail=format_yuan(amount))
    return amount
