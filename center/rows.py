"""Rows of a submission: checking them with what the center knows, storing them, their states (O-09)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from center.facts import unit_facts
from center.opening_effect import Opened, Opening, apply_openings
from center.people import lock_people, person_facts
from center.store.tables import submission, submission_row
from domain.business import Business, CheckContext, PersonFacts, RowCheck, Source
from domain.businesses.opening import declare
from domain.findings import errors
from domain.idnumber import same_person_key
from domain.profile import Profile
from domain.text import safe_text
from domain.wire import RowFinding

KEY_LENGTH, CODE_LENGTH, REASON_LENGTH = 18, 40, 300

Key = tuple[str, str]
"""(unit account, submission id)."""


def person_key(values: Mapping[str, str]) -> str:
    """The person a row is about; of an unreadable ID number what fits the table."""
    return safe_text(same_person_key(values.get("id_number", "")))[:KEY_LENGTH]


def check_rows(
    conn: Connection,
    business: Business,
    context: CheckContext,
    rows: Sequence[Mapping[str, str]],
    *,
    without: Key | None = None,
) -> tuple[list[RowCheck], dict[str, PersonFacts]]:
    """Check rows with what the center knows of the people; `without` is the submission they belong to."""
    people = person_facts(conn, [person_key(row) for row in rows], without=without)
    return business.check_roster(rows, replace(context, people=people)), people


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


def store_rows(conn: Connection, key: Key, checks: Sequence[RowCheck], day: date) -> list[int]:
    """Store all rows, pending or failed with their reason; returns the numbers of the pending ones."""
    records = [_record(key, place, check, day) for place, check in enumerate(checks, 1)]
    conn.execute(insert(submission_row), records)
    return [record["row_no"] for record in records if record["state"] == "pending"]


def _record(key: Key, place: int, check: RowCheck, day: date) -> dict[str, Any]:
    code, reason = ("", "") if check.ok else why(check)
    return {
        "unit_account": key[0],
        "submission_id": key[1],
        "row_no": place,
        "person_key": person_key(check.values),
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
    declared_day, month = declared(conn, key)
    payloads = [json.loads(row.payload) for row in rows]
    keys = [person_key(values) for values in payloads]
    lock_people(conn, keys)
    people = person_facts(conn, keys, without=key)
    context = CheckContext(
        today=declared_day,
        month=month,
        unit=unit_facts(conn, key[0]),
        limits=profile.limits_for(month),
        source=Source.CENTER,
        people=people,
    )
    checks = declare(profile).check_roster(payloads, context)
    good = [
        Opening(row.row_no, person, check.values, people.get(person, PersonFacts()))
        for row, check, person in zip(rows, checks, keys, strict=True)
        if check.ok
    ]
    opened = apply_openings(conn, key[0], good, day)
    opened.failed |= {row.row_no: why(check) for row, check in zip(rows, checks, strict=True) if not check.ok}
    write_results(conn, key, opened, day)


def declared(conn: Connection, key: Key) -> tuple[date, int]:
    """Day and business month YYYYMM of a submission's declaration."""
    own = (submission.c.unit_account == key[0]) & (submission.c.submission_id == key[1])
    row = conn.execute(select(submission.c.day, submission.c.month).where(own)).one()
    return date.fromisoformat(row.day), row.month


def write_results(conn: Connection, key: Key, opened: Opened, day: date) -> None:
    """Write the results of rows."""
    done = day.isoformat()
    records = [
        {"row": row_no, "state": "ok", "code": "", "reason": "", "account_no": number, "processed": done}
        for row_no, number in opened.accounts.items()
    ] + [
        {
            "row": row_no,
            "state": "failed",
            "code": code,
            "reason": reason,
            "account_no": "",
            "processed": done,
        }
        for row_no, (code, reason) in opened.failed.items()
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
