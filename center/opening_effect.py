"""What a registration does: depositor, account, account number and the unit's depositor revision.

The one place where accounts come into being; demo data goes through it as well. One person has one
account (条例 article 13): who has a sealed account is reopened where the profile says so, and a sealed
account of another unit is closed there as transferred (its unit's sync gets a tombstone).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from center.people import batches
from center.serials import account_number
from center.store.tables import account, depositor, unit
from domain.business import AccountStatus, KnownAccount, PersonFacts
from domain.money import parse_ratio, parse_yuan

DETAIL_KEYS = ("marriage", "occupation", "title", "duty", "education", "address", "email")
"""Optional columns kept with the depositor."""

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Opening:
    """One checked row: its number in the submission, `same_person_key`, normal texts, facts of the person."""

    row_no: int
    person_key: str
    values: Mapping[str, str]
    facts: PersonFacts = PersonFacts()

    def sealed(self, unit_account: str) -> KnownAccount | None:
        """The sealed account to reopen: the unit's own before another unit's."""
        sealed = [known for known in self.facts.accounts if known.status is AccountStatus.SEALED]
        sealed.sort(key=lambda known: (known.unit_account != unit_account, known.account_no))
        return sealed[0] if sealed else None


@dataclass(slots=True)
class Opened:
    """Result of applying rows: account numbers, and reasons of rows that could not be applied."""

    accounts: dict[int, str] = field(default_factory=dict)
    failed: dict[int, tuple[str, str]] = field(default_factory=dict)


def lock_units(conn: Connection, accounts: Sequence[str]) -> None:
    """Lock unit rows until the transaction ends, in one order for everybody."""
    for name in sorted(set(accounts)):
        conn.execute(select(unit.c.unit_account).where(unit.c.unit_account == name).with_for_update())


def apply_openings(conn: Connection, unit_account: str, rows: Sequence[Opening], today: date) -> Opened:
    """Apply checked rows in the caller's transaction; each row takes effect wholly or not at all.

    Chunks are written together; a chunk the database refuses is undone and its rows are tried one by
    one, each behind a savepoint, so that a bad row harms no other.
    """
    elsewhere = [known.unit_account for row in rows if (known := row.sealed(unit_account))]
    lock_units(conn, [unit_account, *elsewhere])
    result = Opened()
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        if not _try(conn, unit_account, chunk, today, result):
            for row in chunk:
                if not _try(conn, unit_account, [row], today, result):
                    text = "该职工的账户刚被其他业务改动，请核对后重新办理。"
                    result.failed[row.row_no] = ("open.conflict", text)
    return result


def _try(conn: Connection, unit_account: str, rows: Sequence[Opening], today: date, result: Opened) -> bool:
    try:
        with conn.begin_nested():
            done = _write(conn, unit_account, rows, today)
    except IntegrityError:
        return False
    result.accounts |= done
    return True


def _write(conn: Connection, unit_account: str, rows: Sequence[Opening], today: date) -> dict[int, str]:
    _write_people(conn, rows)
    counters = select(unit.c.depositor_rev, unit.c.account_counter).where(unit.c.unit_account == unit_account)
    rev, counter = conn.execute(counters).one()
    new: list[dict[str, Any]] = []
    reopened: list[dict[str, Any]] = []
    numbers: dict[int, str] = {}
    for row in rows:
        rev += 1
        facts = _account_facts(row, rev)
        sealed = row.sealed(unit_account)
        if sealed is not None and sealed.unit_account == unit_account:
            numbers[row.row_no] = sealed.account_no
            reopened.append({**facts, "key": sealed.account_no})
            continue
        if sealed is not None:
            _close_elsewhere(conn, sealed)
        counter += 1
        numbers[row.row_no] = account_number(unit_account, counter)
        identity = {"account_no": numbers[row.row_no], "unit_account": unit_account, "gone": False}
        new.append({**facts, **identity, "person_key": row.person_key, "opened": today.isoformat()})
    if new:
        conn.execute(insert(account), new)
    if reopened:
        conn.execute(_REOPEN, reopened)
    mine = update(unit).where(unit.c.unit_account == unit_account)
    conn.execute(mine.values(depositor_rev=rev, account_counter=counter))
    return numbers


_REOPEN = update(account).where(account.c.account_no == bindparam("key"))


def _account_facts(row: Opening, rev: int) -> dict[str, Any]:
    values = row.values
    return {
        "status": AccountStatus.NORMAL.value,
        "base": parse_yuan(values["base"]),
        "unit_ratio": parse_ratio(values["unit_ratio"]),
        "person_ratio": parse_ratio(values["person_ratio"]),
        "unit_amount": parse_yuan(values["unit_amount"]),
        "person_amount": parse_yuan(values["person_amount"]),
        "fund_type": values.get("fund_type") or "general",
        "rev": rev,
    }


def _close_elsewhere(conn: Connection, sealed: KnownAccount) -> None:
    """Close another unit's sealed account; the account of the person lives on in the new unit."""
    theirs = unit.c.unit_account == sealed.unit_account
    rev = conn.execute(select(unit.c.depositor_rev).where(theirs)).scalar_one() + 1
    conn.execute(update(unit).where(theirs).values(depositor_rev=rev))
    closed = update(account).where(account.c.account_no == sealed.account_no)
    conn.execute(closed.values(status=AccountStatus.TRANSFERRED.value, gone=True, rev=rev))


def _write_people(conn: Connection, rows: Sequence[Opening]) -> None:
    people = {row.person_key: _person(row) for row in rows}
    known: dict[str, str] = {}
    for batch in batches(people):
        found = select(depositor.c.person_key, depositor.c.details).where(depositor.c.person_key.in_(batch))
        known |= {row.person_key: row.details for row in conn.execute(found)}
    fresh = [person for key, person in people.items() if key not in known]
    if fresh:
        conn.execute(insert(depositor), fresh)
    for key in known:
        _update_person(conn, key, people[key], known[key])


def _update_person(conn: Connection, key: str, person: dict[str, Any], details: str) -> None:
    """Details stated now replace older ones; name and ID number change at the counter only (P-03)."""
    merged = {**json.loads(details), **json.loads(person["details"])}
    values = {"details": json.dumps(merged, ensure_ascii=False, sort_keys=True)}
    if person["mobile"]:
        values["mobile"] = person["mobile"]
    conn.execute(update(depositor).where(depositor.c.person_key == key).values(values))


def _person(row: Opening) -> dict[str, Any]:
    details = {key: row.values[key] for key in DETAIL_KEYS if row.values.get(key)}
    return {
        "person_key": row.person_key,
        "id_number": row.values["id_number"],
        "name": row.values["name"],
        "mobile": row.values.get("mobile", ""),
        "details": json.dumps(details, ensure_ascii=False, sort_keys=True),
    }
