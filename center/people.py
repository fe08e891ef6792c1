"""What the center knows of people: accounts, registered name and ID, and what is under way for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, and_, func, insert, literal, not_, select
from sqlalchemy.exc import IntegrityError

from center.batches import batches
from center.ledger.codes import COLUMNS
from center.makeups import with_history
from center.registered import person_items
from center.store.bulk import among
from center.store.money_tables import holding
from center.store.tables import account, depositor, setting, submission, submission_row, unit
from domain.business import (
    AccountStatus,
    Business,
    CheckContext,
    KnownAccount,
    KnownUnit,
    PersonFacts,
    RatioPair,
)

MANY = 10_000
"""Keys of one question about the people of a roster."""
UNFINISHED = ("pending", "processing")
CLOSED_UNIT = "04"
"""State of a unit that is closed (standard table A.4)."""
STATED = ("account_no", "to_account")
"""Columns that state an account number."""
LOCKS = 64
"""Lock rows shared by all people."""


@dataclass(frozen=True, slots=True)
class People:
    """People by `same_person_key`, and the keys by account number."""

    people: Mapping[str, PersonFacts]
    by_account: Mapping[str, str]

    def key(self, business: Business, values: Mapping[str, str]) -> str:
        """The person a row is about, whether it states an ID or only an account number."""
        stated = business.person_key(values)
        return self.by_account.get(stated[1:], stated) if stated.startswith("@") else stated

    def put_into(self, context: CheckContext) -> CheckContext:
        """A context that knows these people and that there are no others."""
        return replace(context, people=self.people, by_account=self.by_account, people_known=True)


def named_units(
    conn: Connection, business: Business, rows: Sequence[Mapping[str, str]]
) -> dict[str, KnownUnit]:
    """The units of the center that the rows name."""
    known: dict[str, KnownUnit] = {}
    for batch in batches(name for values in rows if (name := business.unit_named(values))):
        found = select(unit.c.unit_account, unit.c.name, unit.c.state)
        for row in conn.execute(found.where(unit.c.unit_account.in_(batch))):
            known[row.unit_account] = KnownUnit(row.name, row.state != CLOSED_UNIT)
    return known


def owners(conn: Connection, rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The keys of the people whose account numbers the rows state."""
    numbers = [number for values in rows for key in STATED if (number := values.get(key, ""))]
    known: dict[str, str] = {}
    found = select(account.c.account_no, account.c.person_key)
    for batch in batches(numbers, MANY):
        rows_found = conn.execute(found.where(among(conn, account.c.account_no, batch), not_(account.c.gone)))
        known.update(map(tuple, rows_found))
    return known


def people_of(
    conn: Connection,
    business: Business,
    rows: Sequence[Mapping[str, str]],
    *,
    without: tuple[str, str] | None = None,
) -> People:
    """Everybody the rows may be about, by ID number and by account number.

    `without` names a (unit account, submission id) whose own rows do not count as under way.
    """
    by_account = owners(conn, rows)
    stated = [key for values in rows if (key := business.person_key(values)) and not key.startswith("@")]
    keys = [*stated, *by_account.values()]
    facts = person_facts(conn, keys, without=without, details=business.needs_details)
    if business.needs_history:
        facts = with_history(conn, facts, remits=business.profile.business.remit is not None)
    for key, person in facts.items():
        by_account |= {known.account_no: key for known in person.accounts}
    return People(facts, by_account)


def person_facts(
    conn: Connection,
    keys: Iterable[str],
    *,
    without: tuple[str, str] | None = None,
    details: bool = False,
) -> dict[str, PersonFacts]:
    """Facts by `same_person_key`; people of whom nothing is known are left out.

    A row pending or processing in any unit's submission makes its business unfinished for the person.
    `without` names a (unit account, submission id) whose own rows do not count; `details` asks for the
    registered items as well.
    """
    items: dict[str, dict[str, str]] = {}
    accounts: dict[str, list[KnownAccount]] = {}
    registered: dict[str, tuple[str, str]] = {}
    busy: dict[str, set[str]] = defaultdict(set)
    for batch in batches(keys, MANY):
        found = _PEOPLE.where(among(conn, depositor.c.person_key, batch))
        for key, name, id_number, number, *facts in conn.execute(found).all():
            if key not in registered:
                registered[key], accounts[key] = (name, id_number), []
            if number is not None:
                accounts[key].append(_known(number, *facts))
        for key, business in conn.execute(_under_way(conn, batch, without)):
            busy[key].add(business)
        if details:
            people = conn.execute(select(depositor).where(among(conn, depositor.c.person_key, batch)))
            items |= {person.person_key: person_items(person) for person in people}
    none: frozenset[str] = frozenset()
    for several in accounts.values():
        if len(several) > 1:
            several.sort(key=attrgetter("account_no"))
    return {
        key: PersonFacts(
            tuple(accounts.get(key, ())),
            frozenset(busy[key]) if key in busy else none,
            *registered.get(key, ("", "")),
            details=items.get(key),
        )
        for key in registered | busy
    }


_PEOPLE = select(
    depositor.c.person_key,
    depositor.c.name,
    depositor.c.id_number,
    account.c.account_no,
    account.c.unit_account,
    account.c.status,
    account.c.base,
    account.c.unit_ratio,
    account.c.person_ratio,
    account.c.unit_amount,
    account.c.person_amount,
    account.c.fund_type,
    account.c.opened,
    account.c.sealed_month,
    account.c.sealed_reason,
    sum((func.coalesce(holding.c[name], 0) for name in COLUMNS), literal(0)),
).select_from(
    depositor.outerjoin(
        account, (account.c.person_key == depositor.c.person_key) & not_(account.c.gone)
    ).outerjoin(holding, holding.c.account_no == account.c.account_no)
)
_STATUS = {status.value: status for status in AccountStatus}
_ratio = cache(RatioPair)


def _known(
    account_no: str, unit_account: str, status: str, base: int, unit: int, person: int, *rest: Any
) -> KnownAccount:
    return KnownAccount(unit_account, account_no, _STATUS[status], base, _ratio(unit, person), *rest)


def _under_way(conn: Connection, keys: Sequence[str], without: tuple[str, str] | None) -> Any:
    own = and_(
        submission.c.unit_account == submission_row.c.unit_account,
        submission.c.submission_id == submission_row.c.submission_id,
    )
    waiting = (
        select(submission_row.c.person_key, submission.c.business)
        .join(submission, own)
        .where(among(conn, submission_row.c.person_key, keys), submission_row.c.state.in_(UNFINISHED))
        .distinct()
    )
    if without is None:
        return waiting
    mine = and_(submission_row.c.unit_account == without[0], submission_row.c.submission_id == without[1])
    return waiting.where(not_(mine))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """One row of a unit that is still under way."""

    business: str
    submission_id: str
    serial: str
    row_no: int
    person_key: str
    state: str


def unfinished(
    conn: Connection, unit_account: str, businesses: Sequence[str] | None = None
) -> list[Unfinished]:
    """What a unit has filed and is not settled, by business and person, in order of filing (V-02, R-05).

    `businesses` restricts the kinds, None asks for all of them.
    """
    own = and_(
        submission.c.unit_account == submission_row.c.unit_account,
        submission.c.submission_id == submission_row.c.submission_id,
    )
    found = (
        select(submission.c.business, submission.c.serial, submission_row)
        .join(submission, own)
        .where(submission_row.c.unit_account == unit_account, submission_row.c.state.in_(UNFINISHED))
        .order_by(submission.c.serial, submission_row.c.row_no)
    )
    if businesses is not None:
        found = found.where(submission.c.business.in_(businesses))
    return [
        Unfinished(row.business, row.submission_id, row.serial, row.row_no, row.person_key, row.state)
        for row in conn.execute(found)
    ]


def needs_locks(conn: Connection) -> bool:
    """Whether people are locked; SQLite has a single writer and needs none."""
    return conn.dialect.name != "sqlite"


def lock_people(conn: Connection, keys: Iterable[str]) -> None:
    """Make other transactions that file or settle the same people wait until this one ends.

    People share `LOCKS` lock rows by a hash of the key, taken in one order.
    """
    if not needs_locks(conn):
        return
    names = sorted({f"people:{crc32(key.encode()) % LOCKS:02d}" for key in keys})
    held = select(setting.c.name).where(setting.c.name.in_(names)).order_by(setting.c.name).with_for_update()
    missing = set(names) - set(conn.execute(held).scalars())
    for name in sorted(missing):
        with suppress(IntegrityError), conn.begin_nested():
            conn.execute(insert(setting).values(name=name, value=""))
    if missing:
        conn.execute(held).all()
