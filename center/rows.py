"""Rows of a submission: checking them with what the center knows, storing them, their states (O-09)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select

from center.deps import UnitScope
from center.effects.apply import Results, Work, apply_rows
from center.effects.apply import Row as EffectRow
from center.effects.news import other_units
from center.facts import unit_facts, year_rules
from center.moment import Moment
from center.people import People, lock_people, named_units, needs_locks, owners, people_of
from center.remit.standing import remit_facts
from center.store.bulk import insert_rows, payload_text, update_rows
from center.store.tables import submission, submission_row
from domain.business import Business, CheckContext, PersonFacts, RowCheck, Source
from domain.businesses.move_rules import TransferRules
from domain.businesses.registry import declare
from domain.findings import errors
from domain.period import fund_year
from domain.profile import Profile
from domain.remittance import RemitFacts
from domain.text import safe_text
from domain.wire import RowFinding

KEY_LENGTH, CODE_LENGTH, REASON_LENGTH = 18, 40, 300

Key = tuple[str, str]
"""(unit account, submission id)."""


def stored_key(business: Business, values: Mapping[str, str]) -> str:
    """The person a checked row is about, in the form the table keeps; of an unreadable one what fits."""
    return safe_text(business.person_key(values))[:KEY_LENGTH]


def lock_people_of(conn: Connection, business: Business, rows: Sequence[Mapping[str, str]]) -> None:
    """Make others that file or settle the same people wait until this transaction ends.

    A row may state one person's account and another's ID; which of them is meant is decided later.
    """
    if not needs_locks(conn):
        return
    known = People({}, owners(conn, rows))
    stated = (known.key(business, values) for values in rows)
    lock_people(conn, [*stated, *known.by_account.values()])


def check_rows(
    conn: Connection,
    business: Business,
    context: CheckContext,
    rows: Sequence[Mapping[str, str]],
    *,
    without: Key | None = None,
) -> tuple[list[RowCheck], People]:
    """Check rows with what the center knows of the people; `without` is the submission they belong to."""
    people = people_of(conn, business, rows, without=without)
    known = replace(people.put_into(context), units=named_units(conn, business, rows))
    if business.needs_remittance:
        known = replace(known, remit=_remit_facts(conn, business, context, len(rows), without))
    return business.check_roster(rows, known), people


def _remit_facts(
    conn: Connection, business: Business, context: CheckContext, rows: int, without: Key | None
) -> RemitFacts:
    """How the remittances of the context's unit stand."""
    due = rows if business.id == "remit" else 0
    own = without[1] if without is not None else ""
    return remit_facts(conn, business.profile, context.unit.account, context.month, due=due, without=own)


def reached(
    conn: Connection, scope: UnitScope, business_id: str, rows: Sequence[Mapping[str, str]]
) -> list[str]:
    """The other units whose accounts a submission may change, to be locked together with the unit's own.

    Only transfers name others; a business that is off, or rows that make no sense, name none.
    """
    if not isinstance(scope.profile.rules(business_id), TransferRules):
        return []
    business = declare(business_id, scope.profile)
    people = people_of(conn, business, rows)
    keys = [people.key(business, values) for values in rows]
    facts = [people.people.get(key, PersonFacts()) for key in keys]
    named = [EffectRow(at, keys[at], values, facts[at]) for at, values in enumerate(rows)]
    moment = Moment.read(conn, scope.clock, scope.profile)
    work = Work(conn, scope.profile, scope.unit_account, business_id, moment.day, moment.month)
    return other_units(work, named)


def to_apply(
    business: Business, row_nos: Sequence[int], checks: Sequence[RowCheck], people: People
) -> list[EffectRow]:
    """The good ones of checked rows in the form effects take them."""
    rows = []
    for row_no, check in zip(row_nos, checks, strict=True):
        if check.ok:
            key = stored_key(business, check.values)
            rows.append(EffectRow(row_no, key, check.values, people.people.get(key, PersonFacts())))
    return rows


def row_findings(checks: Sequence[RowCheck]) -> list[RowFinding]:
    """The errors of all rows; rows count from 1."""
    return [
        RowFinding.of(place, found)
        for place, check in enumerate(checks, 1)
        for found in errors(check.findings)
    ]


def why(check: RowCheck) -> tuple[str, str]:
    """Code and reason of a row that cannot go on: its first error."""
    first = errors(check.findings)[0]
    return first.code[:CODE_LENGTH], safe_text(first.text, limit=REASON_LENGTH)


def store_rows(
    conn: Connection,
    business: Business,
    key: Key,
    checks: Sequence[RowCheck],
    day: date,
    results: Results | None = None,
) -> int:
    """Store all rows; returns how many are pending.

    A row that cannot go on is failed with its reason, the others stand as in `results`, pending without it.
    """
    standing = _results(results, day) if results is not None else {}
    done = day.isoformat()
    pending: dict[str, Any] = _standing("pending")
    waiting = 0
    records = []
    for place, check in enumerate(checks, 1):
        if check.ok:
            now = standing.get(place, pending)
            waiting += now is pending
        else:
            code, reason = why(check)
            now = _standing("failed", code, reason, processed=done)
        records.append(
            {
                "unit_account": key[0],
                "submission_id": key[1],
                "row_no": place,
                "person_key": stored_key(business, check.values),
                "payload": payload_text(check.values),
                **now,
            }
        )
    insert_rows(conn, submission_row, records)
    return waiting


def _standing(
    state: str, code: str = "", reason: str = "", account_no: str = "", processed: str = ""
) -> dict[str, Any]:
    """How a row stands, by column."""
    return {"state": state, "code": code, "reason": reason, "account_no": account_no, "processed": processed}


def _results(results: Results, day: date) -> dict[int, dict[str, Any]]:
    """How the rows stand that were processed on `day`, by number."""
    done = day.isoformat()
    good = {
        row_no: _standing("ok", account_no=number, processed=done)
        for row_no, number in results.accounts.items()
    }
    bad = {
        row_no: _standing("failed", code, reason, processed=done)
        for row_no, (code, reason) in results.failed.items()
    }
    return good | bad


def pending(conn: Connection, key: Key, after: int, limit: int) -> Sequence[Row[Any]]:
    """At most `limit` pending rows of a submission behind row `after`, in order."""
    mine = (submission_row.c.unit_account == key[0]) & (submission_row.c.submission_id == key[1])
    found = select(submission_row).where(
        mine, submission_row.c.state == "pending", submission_row.c.row_no > after
    )
    return conn.execute(found.order_by(submission_row.c.row_no).limit(limit)).all()


def settle(conn: Connection, profile: Profile, key: Key, rows: Sequence[Row[Any]], moment: Moment) -> Results:
    """Check stored rows again and apply the good ones now; every row given ends ok or failed.

    The rules and limits are those of the day and month of declaration, what is known of the people is
    of now. The caller has locked the rows' unit.
    """
    filed = declared(conn, key)
    business = declare(filed.business, profile)
    payloads = [json.loads(row.payload) for row in rows]
    lock_people_of(conn, business, payloads)
    years = year_rules(conn)
    context = CheckContext(
        today=filed.day,
        month=filed.month,
        unit=unit_facts(conn, key[0], without=key[1]),
        limits=years.get(fund_year(filed.month, profile.calendar.fund_year_start)),
        source=Source.CENTER,
        years=years,
        settling=True,
    )
    checks, people = check_rows(conn, business, context, payloads, without=key)
    numbers = [row.row_no for row in rows]
    work = Work(
        conn, profile, key[0], filed.business, moment.day, filed.month, key[1], moment.now, filed.serial,
        filed.operator_id,
    )  # fmt: skip
    results = apply_rows(work, to_apply(business, numbers, checks, people))
    results.failed |= {
        row_no: why(check) for row_no, check in zip(numbers, checks, strict=True) if not check.ok
    }
    write_results(conn, key, results, moment.day)
    return results


@dataclass(frozen=True, slots=True)
class Filed:
    """What a submission was filed as: business, day and business month YYYYMM of its declaration, by whom."""

    business: str
    day: date
    month: int
    serial: str
    operator_id: str


def declared(conn: Connection, key: Key) -> Filed:
    """What a submission was filed as."""
    own = (submission.c.unit_account == key[0]) & (submission.c.submission_id == key[1])
    about = submission.c
    found = select(about.business, about.day, about.month, about.serial, about.operator_id).where(own)
    row = conn.execute(found).one()
    return Filed(row.business, date.fromisoformat(row.day), row.month, row.serial, row.operator_id)


def write_results(conn: Connection, key: Key, results: Results, day: date) -> None:
    """Write the results of rows."""
    records = [{"row_no": row_no, **standing} for row_no, standing in _results(results, day).items()]
    own = {"unit_account": key[0], "submission_id": key[1]}
    update_rows(conn, submission_row, "row_no", records, own)


def state_counts(conn: Connection, keys: Sequence[Key]) -> dict[Key, dict[str, int]]:
    """Number of rows by state for submissions of one unit each."""
    found: dict[Key, dict[str, int]] = {key: {} for key in keys}
    for unit_account in {key[0] for key in keys}:
        ids = [key[1] for key in keys if key[0] == unit_account]
        grouped = (
            select(submission_row.c.submission_id, submission_row.c.state, func.count())
            .where(submission_row.c.unit_account == unit_account, submission_row.c.submission_id.in_(ids))
            .group_by(submission_row.c.submission_id, submission_row.c.state)
        )
        for submission_id, state, count in conn.execute(grouped):
            found[unit_account, submission_id][state] = count
    return found
