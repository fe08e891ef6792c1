"""What the center knows of people: their accounts and whether a registration is unfinished (O-15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from zlib import crc32

from sqlalchemy import Connection, and_, insert, not_, select
from sqlalchemy.exc import IntegrityError

from center.store.tables import account, depositor, setting, submission_row
from domain.business import AccountStatus, KnownAccount, PersonFacts

BATCH = 500
UNFINISHED = ("pending", "processing")
LOCKS = 64
"""Lock rows shared by all people."""


def batches(keys: Iterable[str], size: int = BATCH) -> Iterator[Sequence[str]]:
    """`keys` without repetition in slices that every database takes as parameters of one statement."""
    ordered = list(dict.fromkeys(keys))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def person_facts(
    conn: Connection, keys: Iterable[str], *, without: tuple[str, str] | None = None
) -> dict[str, PersonFacts]:
    """Facts by `same_person_key`; people of whom nothing is known are left out.

    A row pending or processing in any unit's submission makes a person in flight: one unfinished
    registration per person. `without` names a (unit account, submission id) whose own rows do not count.
    """
    accounts: dict[str, list[KnownAccount]] = defaultdict(list)
    names: dict[str, str] = {}
    busy: set[str] = set()
    for batch in batches(keys):
        found = select(account.c.person_key, account.c.unit_account, account.c.account_no, account.c.status)
        for row in conn.execute(found.where(account.c.person_key.in_(batch), not_(account.c.gone))):
            known = KnownAccount(row.unit_account, row.account_no, AccountStatus(row.status))
            accounts[row.person_key].append(known)
        registered = select(depositor.c.person_key, depositor.c.name)
        for person in conn.execute(registered.where(depositor.c.person_key.in_(batch))):
            names[person.person_key] = person.name
        waiting = select(submission_row.c.person_key).where(
            submission_row.c.person_key.in_(batch), submission_row.c.state.in_(UNFINISHED)
        )
        if without is not None:
            own = and_(
                submission_row.c.unit_account == without[0], submission_row.c.submission_id == without[1]
            )
            waiting = waiting.where(not_(own))
        busy.update(conn.execute(waiting).scalars())
    return {
        key: PersonFacts(tuple(accounts.get(key, ())), key in busy, names.get(key, ""))
        for key in {*accounts, *busy, *names}
    }


def lock_people(conn: Connection, keys: Iterable[str]) -> None:
    """Make other transactions that file or settle the same people wait until this one ends.

    People share `LOCKS` lock rows by a hash of the key, taken in one order. SQLite has a single writer and
    needs none.
    """
    if conn.dialect.name == "sqlite":
        return
    names = sorted({f"people:{crc32(key.encode()) % LOCKS:02d}" for key in keys})
    held = select(setting.c.name).where(setting.c.name.in_(names)).order_by(setting.c.name).with_for_update()
    missing = set(names) - set(conn.execute(held).scalars())
    for name in sorted(missing):
        with suppress(IntegrityError), conn.begin_nested():
            conn.execute(insert(setting).values(name=name, value=""))
    if missing:
        conn.execute(held).all()
