"""What a registration does: depositor, account, account number and the unit's depositor revision.

The one place where accounts come into being; demo data goes through it as well. One person has one
account (条例 article 13): who has a sealed account is reopened where the profile says so, and a sealed
account of another unit is closed there as transferred (its unit's sync gets a tombstone).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from center.batches import batches
from center.effects.apply import Effect, Row, Work, entry_of
from center.effects.changes import NOTHING, facts_of, record, write_history
from center.effects.moves import leave_accounts
from center.ledger.moving import Moved, move_money
from center.serials import account_number
from center.store.tables import account, depositor, unit
from domain.business import AccountStatus, KnownAccount
from domain.money import parse_ratio, parse_yuan

DETAIL_KEYS = ("marriage", "occupation", "title", "duty", "education", "address", "email")
"""Optional columns kept with the depositor."""


def effect(business: str) -> Effect:
    """The effect of registration."""
    return OpeningEffect()


class OpeningEffect:
    """Registration."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """The units whose sealed accounts are taken over."""
        found = (sealed_account(row, work.unit_account) for row in rows)
        return [known.unit_account for known in found if known is not None]

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Open an account for each row, or reopen the sealed one."""
        return _write(work, rows)


def sealed_account(row: Row, unit_account: str) -> KnownAccount | None:
    """The sealed account to reopen: the unit's own before another unit's."""
    sealed = [known for known in row.facts.accounts if known.status is AccountStatus.SEALED]
    sealed.sort(key=lambda known: (known.unit_account != unit_account, known.account_no))
    return sealed[0] if sealed else None


def _write(work: Work, rows: Sequence[Row]) -> dict[int, str]:
    conn, unit_account = work.conn, work.unit_account
    _write_people(conn, rows)
    counters = select(unit.c.depositor_rev, unit.c.account_counter).where(unit.c.unit_account == unit_account)
    rev, counter = conn.execute(counters).one()
    new: list[dict[str, Any]] = []
    taken: list[tuple[Row, KnownAccount]] = []
    reopened: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    numbers: dict[int, str] = {}
    for row in rows:
        rev += 1
        facts = _account_facts(row, rev)
        sealed = sealed_account(row, unit_account)
        if sealed is not None and sealed.unit_account == unit_account:
            number = sealed.account_no
            reopened.append({**facts, "sealed_month": None, "sealed_reason": "", "key": number})
            lines.append(record(work, row, number, rev, facts_of(sealed), facts))
        else:
            if sealed is not None:
                taken.append((row, sealed))
            counter += 1
            number = account_number(unit_account, counter)
            identity = {"account_no": number, "unit_account": unit_account, "person_key": row.person_key}
            opened = {"gone": False, "opened": work.day.isoformat()}
            new.append({**facts, **identity, **opened})
            lines.append(record(work, row, number, rev, NOTHING, facts))
        numbers[row.row_no] = number
    if new:
        conn.execute(insert(account), new)
    if reopened:
        conn.execute(_REOPEN, reopened)
    mine = update(unit).where(unit.c.unit_account == unit_account)
    conn.execute(mine.values(depositor_rev=rev, account_counter=counter))
    moved = [
        Moved(row.row_no, sealed.account_no, sealed.unit_account, numbers[row.row_no], unit_account)
        for row, sealed in taken
    ]
    move_money(conn, entry_of(work, "transfer_out"), moved)
    write_history(work, [*leave_accounts(work, taken), *lines])
    return numbers


_REOPEN = update(account).where(account.c.account_no == bindparam("key"))


def _account_facts(row: Row, rev: int) -> dict[str, Any]:
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


def _write_people(conn: Connection, rows: Sequence[Row]) -> None:
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


def _person(row: Row) -> dict[str, Any]:
    details = {key: row.values[key] for key in DETAIL_KEYS if row.values.get(key)}
    return {
        "person_key": row.person_key,
        "id_number": row.values["id_number"],
        "name": row.values["name"],
        "mobile": row.values.get("mobile", ""),
        "details": json.dumps(details, ensure_ascii=False, sort_keys=True),
    }
