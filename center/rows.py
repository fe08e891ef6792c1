"""Rows of a submission: checking them with what the center knows, storing them, their states (O-09)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from center.effects.apply import Results, Work, apply_rows
from center.effects.apply import Row as EffectRow
from center.facts import unit_facts, year_rules
from center.people import People, lock_people, owners, people_of
from center.store.tables import submission, submission_row
from domain.business import Business, CheckContext, PersonFacts, RowCheck, Source
from domain.businesses.registry import declare
from domain.findings import errors
from domain.period import fund_year
from domain.profile import Profile
from domain.text import safe_text
from domain.wire import RowFinding

KEY_LENGTH, CODE_LENGTH, REASON_LENGTH = 18, 40, 300

Key = tuple[str, str]
"""(unit account, submission id)."""


def stored_key(business: Business, values: Mapping[str, str]) -> str:
    """The person a checked row is about, in the form the table keeps; of an unreadable one what fits."""
    return safe_text(business.person_key(values))[:KEY_LENGTH]


def lock_people_of(conn: Connection, business: Business, rows: Sequence[Mapping[str, str]]) -> None:
    """Make others that file or settle the same people wait until this transaction ends."""
    known = People({}, owners(conn, rows))
    lock_people(conn, [known.key(business, values) for values in rows])


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
    return business.check_roster(rows, people.put_into(context)), people


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
    conn: Connection, business: Business, key: Key, checks: Sequence[RowCheck], day: date
) -> list[int]:
    """Store all rows, pending or failed with their reason; returns the numbers of the pending ones."""
    records = [_record(business, key, place, check, day) for place, check in enumerate(checks, 1)]
    conn.execute(insert(submission_row), records)
    return [record["row_no"] for record in records if record["state"] == "pending"]


def _record(business: Business, key: Key, place: int, check: RowCheck, day: date) -> dict[str, Any]:
    code, reason = ("", "") if check.ok else why(check)
    return {
        "unit_account": key[0],
        "submission_id": key[1],
        "row_no": place,
        "person_key": stored_key(business, check.values),
        "payload": json.dumps(dict(check.values)),
        "state": "pending" if check.ok else "failed",
        "code": code,
        "reason": reason,
        "account_no": "",
        "processed": "" if check.ok else day.isoformat(),
    }


def settle(conn: Connection, profile: Profile, key: Key, rows: Sequence[Row[Any]], day: date) -> None:
    """Check stored rows again and apply the good ones on `day`; every row given ends ok or failed.

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
    )
    checks, people = check_rows(conn, business, context, payloads, without=key)
    numbers = [row.row_no for row in rows]
    work = Work(conn, profile, key[0], filed.business, day, filed.month, key[1])
    results = apply_rows(work, to_apply(business, numbers, checks, people))
    results.failed |= {
        row_no: why(check) for row_no, check in zip(numbers, checks, strict=True) if not check.ok
    }
    write_results(conn, key, results, day)


@dataclass(frozen=True, slots=True)
class Filed:
    """What a submission was filed as: business, day and business month YYYYMM of its declaration."""

    business: str
    day: date
    month: int


def declared(conn: Connection, key: Key) -> Filed:
    """What a submission was filed as."""
    own = (submission.c.unit_account == key[0]) & (submission.c.submission_id == key[1])
    found = select(submission.c.business, submission.c.day, submission.c.month).where(own)
    row = conn.execute(found).one()
    return Filed(row.business, date.fromisoformat(row.day), row.month)


def write_results(conn: Connection, key: Key, results: Results, day: date) -> None:
    """Write the results of rows."""
    done = day.isoformat()
    records = [
        {"row": row_no, "state": "ok", "code": "", "reason": "", "account_no": number, "processed": done}
        for row_no, number in results.accounts.items()
    ] + [
        {
            "row": row_no,
            "state": "failed",
            "code": code,
            "reason": reason,
            "account_no": "",
            "processed": done,
        }
        for row_no, (code, reason) in results.failed.items()
    ]
    if not records:
        return
    mine = update(submission_row).where(
        submission_row.c.unit_account == key[0],
        submission_row.c.submission_id == key[1],
        submission_row.c.row_no == bindparam("row"),
    )
    conn.execute(mine, records)


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
