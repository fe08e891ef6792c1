"""年度结息 of a year: every account once, in chunks that each stand or fall as a whole.

A chunk locks its unit, skips who has a row in `interest` already, and books in one transaction what goes over
from 当年归集 to 上年结转, and the interest, which is put to 上年结转 (against 应付利息 as far as accrued,
else 利息支出). So the run may be killed, repeated or started twice: rows and ids of transfers exist once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, exists, func, insert, select
from sqlalchemy.exc import IntegrityError

from center import inbox
from center.audit import append_audit
from center.clock import Clock, now_text, today
from center.effects.apply import lock_units
from center.interest.heirs import payees
from center.interest.products import Earned, earned
from center.interest.rates import all_rates
from center.ledger import codes
from center.ledger.post import HEAD, NOTHING, Entry, Move, balance, holdings, post
from center.serials import next_serial
from center.store.bulk import among, insert_rows
from center.store.engine import Store
from center.store.money_tables import holding, interest, journal, ledger_head
from center.store.tables import account, setting, unit
from domain.interest import Interest, InterestError, Segment, segments, year_span
from domain.money import format_yuan
from domain.profile import Profile

CHUNK: Final = 5_000
"""Accounts of one transaction."""

TITLE: Final = "年度结息"
TOLD: Final = "{year}年度结息已办理：{people}人，利息合计{amount}元，已记入个人账户。"

_CURRENT: Final[tuple[tuple[int, codes.Part, codes.Part], ...]] = (
    (0, codes.UNIT_CURRENT, codes.UNIT_CARRIED),
    (1, codes.PERSON_CURRENT, codes.PERSON_CARRIED),
)
"""Place of a 当年归集 part, its code, the part it goes over to."""


@dataclass(slots=True)
class Totals:
    """What a run did, or would do: money in 分. `left` accounts are closed and nobody has their money."""

    accounts: int = 0
    amount: int = 0
    unit: int = 0
    person: int = 0
    carried: int = 0
    left: int = 0
    moved: set[str] = field(default_factory=set)
    """Closed accounts whose interest went where their money is."""
    short: list[str] = field(default_factory=list)
    """Accounts of which the books say that a side was below nothing over the year; that side gets none."""

    def add(self, other: Totals) -> None:
        """Add another chunk's."""
        self.accounts += other.accounts
        self.amount += other.amount
        self.unit += other.unit
        self.person += other.person
        self.carried += other.carried
        self.moved |= other.moved
        self.short += other.short


@dataclass(frozen=True, slots=True)
class Year:
    """The year of a run: its days, its segments, who runs it."""

    year: int
    first: date
    last: date
    cut: Sequence[Segment]
    operator_id: str

    @property
    def source(self) -> str:
        """What the ids of the interest begin with."""
        return f"interest:{self.year}"

    @property
    def carry_source(self) -> str:
        """What the ids of what goes over begin with."""
        return f"carry:{self.year}"


@dataclass(frozen=True, slots=True)
class Due:
    """What one account gets; `payee` is paid."""

    number: str
    payee: str
    interest: Interest
    carried: tuple[int, int]
    """Unit's and person's 当年归集 that goes over."""


def settle_year(
    store: Store,
    profile: Profile,
    clock: Clock,
    year: int,
    operator_id: str,
    *,
    dry_run: bool = False,
) -> Totals:
    """Settle a fund year that is over; with `dry_run` only count. Returns what this run did.

    Raises InterestError: interest.year, interest.no_rate.
    """
    with store.read() as conn:
        about = _year(conn, profile, clock, year, operator_id)
        units = list(conn.scalars(select(unit.c.unit_account).order_by(unit.c.unit_account)))
    done = Totals()
    for unit_account in units:
        after: str | None = ""
        while after is not None:
            step = partial(_chunk, profile=profile, clock=clock, about=about, unit_account=unit_account)
            if dry_run:
                with store.read() as conn:
                    found, after = step(conn, after=after, book=False)
            else:
                found, after = store.run(partial(step, after=after, book=True))
            done.add(found)
    with store.read() as conn:
        done.left = _left(conn, about, done.moved)
    if not dry_run:
        store.run(partial(_finish, clock=clock, about=about, done=done))
    return done


def is_settled(conn: Connection, year: int) -> bool:
    """Whether a run of the year came to its end."""
    return conn.scalar(select(setting.c.value).where(setting.c.name == f"interest:{year}")) is not None


def _year(conn: Connection, profile: Profile, clock: Clock, year: int, operator_id: str) -> Year:
    """The year, if it may be settled. Raises InterestError."""
    start = profile.calendar.fund_year_start
    first, last = year_span(year, start)
    if today(clock) <= last:
        raise InterestError("interest.year", f"{year}年度到{last.isoformat()}才结束，请在结束之后再结息。")
    began = conn.scalar(select(func.min(journal.c.day)))
    if began is None or began > last.isoformat():
        raise InterestError("interest.year", f"{year}年度还没有账务，不用结息，请核对年度。")
    if began < first.isoformat() and not is_settled(conn, year - 1):
        raise InterestError("interest.year", f"{year - 1}年度还没有结息，请先办理{year - 1}年度的结息。")
    return Year(year, first, last, segments(all_rates(conn), first, last), operator_id)


# ---- a chunk ---------------------------------------------------------------------------------------


def _chunk(
    conn: Connection,
    *,
    profile: Profile,
    clock: Clock,
    about: Year,
    unit_account: str,
    after: str,
    book: bool,
) -> tuple[Totals, str | None]:
    """Settle the next accounts of a unit; returns what was done and where to go on, None at the end."""
    if book:
        lock_units(conn, [unit_account])
    living = _living(conn, unit_account, after)
    following = living[CHUNK - 1] if len(living) > CHUNK else None
    due = _due(conn, about, payees(conn, unit_account, living[:CHUNK], about.first))
    done = _totals(due)
    if not book or not due:
        return done, following
    _book(conn, clock, about, unit_account, due)
    if following is None:
        _tell(conn, profile, clock, about, unit_account)
    append_audit(
        conn,
        clock,
        about.operator_id,
        "interest.settle",
        unit_account=unit_account,
        subject=str(about.year),
        detail=f"{done.accounts} {format_yuan(done.amount)}{_short_text(done.short)}",
    )
    return done, following


def _short_text(numbers: Sequence[str]) -> str:
    """Why accounts got nothing for a side, for the audit log."""
    return f" 积数为负，按0计息：{'、'.join(numbers)}" if numbers else ""


def _living(conn: Connection, unit_account: str, after: str) -> list[str]:
    """The next open accounts of a unit that money has ever touched; one more than a chunk takes."""
    found = (
        select(account.c.account_no)
        .join(holding, holding.c.account_no == account.c.account_no)
        .where(account.c.unit_account == unit_account, ~account.c.gone, account.c.account_no > after)
    )
    return list(conn.scalars(found.order_by(account.c.account_no).limit(CHUNK + 1)))


def _due(conn: Connection, about: Year, paid: Mapping[str, str]) -> list[Due]:
    """What is due to accounts that have no interest of the year yet."""
    mine = among(conn, interest.c.account_no, list(paid))
    settled = set(conn.scalars(select(interest.c.account_no).where(interest.c.fund_year == about.year, mine)))
    open_ = [number for number in paid if number not in settled]
    had = earned(conn, open_, about.cut) if open_ else {}
    spare = {number: list(parts) for number, parts in holdings(conn, {paid[one] for one in had}).items()}
    due = []
    for number in sorted(had):
        one, payee = had[number], paid[number]
        over = _carried(one, spare.get(payee, list(NOTHING)))
        due.append(Due(number, payee, one.interest(about.cut), over))
    return due


def _carried(one: Earned, spare: list[int]) -> tuple[int, int]:
    """What goes over: 当年归集 of the year's end, as far as it is still there; `spare` is lessened by it."""
    taken = []
    for place, _, _ in _CURRENT:
        amount = max(0, min(one.closing[place], spare[place]))
        spare[place] -= amount
        taken.append(amount)
    return taken[0], taken[1]


def _totals(due: Sequence[Due]) -> Totals:
    found = [one.interest for one in due]
    return Totals(
        len(due),
        sum(one.amount for one in found),
        sum(one.unit for one in found),
        sum(one.person for one in found),
        sum(sum(one.carried) for one in due),
        moved={one.number for one in due if one.payee != one.number},
        short=[one.number for one in due if one.interest.short],
    )


def _book(conn: Connection, clock: Clock, about: Year, unit_account: str, due: Sequence[Due]) -> None:
    """Book interest and what goes over, and note who has it."""
    now = now_text(clock)
    sides: tuple[tuple[codes.Part, Callable[[Interest], int]], ...] = (
        (codes.UNIT_CARRIED, lambda found: found.unit),
        (codes.PERSON_CARRIED, lambda found: found.person),
    )
    credits = [
        (codes.person(one.payee, part), amount, f"{one.number}:{part}")
        for one in due
        for part, side in sides
        if (amount := side(one.interest))
    ]
    over = [
        Move(codes.person(one.payee, old), codes.person(one.payee, new), amount, f"{one.number}:{old}")
        for one in due
        for (_, old, new), amount in zip(_CURRENT, one.carried, strict=True)
        if amount
    ]
    number = 0
    for act, source, moves in (("carry", about.carry_source, over), ("interest", about.source, credits)):
        if not moves:
            continue
        serial = next_serial(conn, today(clock))
        entry = Entry(
            act, source, unit_account, about.last, now, serial=serial, operator_id=about.operator_id
        )
        number = post(conn, entry, over if act == "carry" else paid_from(conn, credits))
    insert_rows(conn, interest, [_row(about, unit_account, one, number) for one in due])


def paid_from(conn: Connection, credits: Sequence[tuple[str, int, str]]) -> list[Move]:
    """Moves to (code, 分, key): from 应付利息 as long as it lasts, the rest from 利息支出.

    The head of the books is locked first, so that nobody else spends the same 应付利息.
    """
    conn.execute(select(ledger_head).where(ledger_head.c.head == HEAD).with_for_update()).one()
    payable = balance(conn, codes.INTEREST_PAYABLE)
    moves = []
    for code, amount, key in credits:
        accrued = min(amount, payable)
        payable -= accrued
        if accrued:
            moves.append(Move(codes.INTEREST_PAYABLE, code, accrued, key))
        if amount > accrued:
            rest = f"{key}:rest" if accrued else key
            moves.append(Move(codes.INTEREST_EXPENSE, code, amount - accrued, rest))
    return moves


def _row(about: Year, unit_account: str, one: Due, journal_no: int) -> dict[str, Any]:
    return {
        "account_no": one.number,
        "fund_year": about.year,
        "unit_account": unit_account,
        "payee": one.payee,
        "product": str(one.interest.product),
        "amount": one.interest.amount,
        "unit_amount": one.interest.unit,
        "person_amount": one.interest.person,
        "day": about.last.isoformat(),
        "journal_no": journal_no,
    }


def _tell(conn: Connection, profile: Profile, clock: Clock, about: Year, unit_account: str) -> None:
    """Tell the unit, with the sums of the whole year."""
    mine = (interest.c.unit_account == unit_account) & (interest.c.fund_year == about.year)
    people, amount = conn.execute(
        select(func.count(interest.c.payee.distinct()), func.coalesce(func.sum(interest.c.amount), 0)).where(
            mine
        )
    ).one()
    text = TOLD.format(year=about.year, people=people, amount=format_yuan(int(amount)))
    entry = inbox.Entry("messages", TITLE, text)
    inbox.post_where_shown(conn, profile, unit_account, entry, now_text(clock))


# ---- the end ---------------------------------------------------------------------------------------


def _left(conn: Connection, about: Year, moved: set[str]) -> int:
    """Closed accounts that earned something and whose money nobody has: the counter must settle them."""
    row = (interest.c.account_no == account.c.account_no) & (interest.c.fund_year == about.year)
    found = (
        select(account.c.account_no)
        .join(holding, holding.c.account_no == account.c.account_no)
        .where(account.c.gone, ~exists().where(row))
    )
    numbers = [number for number in conn.scalars(found) if number not in moved]
    had = earned(conn, numbers, about.cut) if numbers else {}
    return sum(1 for one in had.values() if one.interest(about.cut).amount)


def _finish(conn: Connection, *, clock: Clock, about: Year, done: Totals) -> None:
    """Note that the year is settled."""
    if is_settled(conn, about.year):
        return
    try:
        with conn.begin_nested():
            conn.execute(insert(setting).values(name=about.source, value=now_text(clock)))
    except IntegrityError:
        return
    detail = f"{done.accounts} {format_yuan(done.amount)} {done.left}"
    append_audit(conn, clock, about.operator_id, "interest.done", subject=str(about.year), detail=detail)
