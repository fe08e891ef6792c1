"""Queries of a unit: submissions, their rows, accounts, changes of accounts, the delta sync of depositors.

Q-06, Q-08, Q-11 to Q-13, O-18, O-19, S-14, E-02, E-03. Every function takes the unit account of a proven
scope; all pages continue by key, never by offset.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Row, Select, select

from center import rows as row_store
from center.store.bulk import payload_text
from center.store.tables import account, account_change, depositor, submission, submission_row, unit
from domain.codes import table
from domain.idnumber import same_person_key
from domain.money import format_ratio, format_yuan
from domain.profile import Profile
from domain.wire import (
    AccountPage,
    AccountRow,
    BatchList,
    BatchSummary,
    ChangePage,
    ChangeRow,
    RowPage,
    RowResult,
)

MAX_BATCHES = 500


def batches(
    conn: Connection,
    profile: Profile,
    unit_account: str,
    *,
    business: str | None,
    month: int | None,
    first: date | None,
    last: date | None,
    about: Mapping[str, str] | None = None,
) -> BatchList:
    """Submissions of a business (None: all) in a month YYYYMM or range of days (ends included), newest first.

    `about` restricts them to those with a row that has these texts, by column key (X-06, X-09). What was
    refused as a whole has changed nothing and is no batch.
    """
    found = select(submission).where(
        submission.c.unit_account == unit_account, submission.c.state != "refused"
    )
    if business is not None:
        found = found.where(submission.c.business == business)
    if month is not None:
        found = found.where(submission.c.month == month)
    if first is not None:
        found = found.where(submission.c.day >= first.isoformat())
    if last is not None:
        found = found.where(submission.c.day <= last.isoformat())
    if about:
        found = found.where(submission.c.submission_id.in_(_holding(unit_account, about)))
    newest = found.order_by(submission.c.received.desc(), submission.c.serial.desc()).limit(MAX_BATCHES)
    rows = conn.execute(newest).all()
    counts = row_store.state_counts(conn, [(unit_account, row.submission_id) for row in rows])
    return BatchList(batches=[_batch(row, profile, counts[unit_account, row.submission_id]) for row in rows])


def _holding(unit_account: str, about: Mapping[str, str]) -> Select[Any]:
    """Ids of the unit's submissions with a row about somebody; an ID number in either form is one person."""
    found = select(submission_row.c.submission_id).where(submission_row.c.unit_account == unit_account)
    for key, text in about.items():
        if key == "id_number":
            found = found.where(submission_row.c.person_key == same_person_key(text))
        else:
            stored = payload_text({key: text})[1:-1]
            found = found.where(submission_row.c.payload.contains(stored, autoescape=True))
    return found


def _batch(row: Row[Any], profile: Profile, counts: dict[str, int]) -> BatchSummary:
    return BatchSummary(
        submission_id=row.submission_id,
        serial=row.serial,
        business=row.business,
        title=profile.business_title(row.business),
        declared=row.day,
        month=row.month,
        state=row.state,
        total=row.total,
        ok=counts.get("ok", 0),
        failed=counts.get("failed", 0),
        pending=counts.get("pending", 0),
        processing=counts.get("processing", 0),
        amount=format_yuan(row.amount),
    )


def row_page(
    conn: Connection, profile: Profile, key: row_store.Key, *, state: str | None, after: int, limit: int
) -> RowPage | None:
    """Rows of a submission in their order, of one state or all; None when the unit has no such submission."""
    own = (submission.c.unit_account == key[0]) & (submission.c.submission_id == key[1])
    filed = conn.execute(select(submission.c.day, submission.c.business).where(own)).one_or_none()
    if filed is None:
        return None
    rules = profile.rules(filed.business)
    marks = rules is not None and rules.late_highlight
    mine = (submission_row.c.unit_account == key[0]) & (submission_row.c.submission_id == key[1])
    found = select(submission_row).where(mine, submission_row.c.row_no > after)
    if state is not None:
        found = found.where(submission_row.c.state == state)
    rows = conn.execute(found.order_by(submission_row.c.row_no).limit(limit + 1)).all()
    shown = rows[:limit]
    return RowPage(
        rows=[_row(row, filed.day, marks) for row in shown],
        next=shown[-1].row_no if len(rows) > limit else None,
    )


def _row(row: Row[Any], declared: str, marks: bool) -> RowResult:
    late = marks and row.processed not in ("", declared)
    return RowResult(
        row=row.row_no,
        values=json.loads(row.payload),
        state=row.state,
        account_no=row.account_no,
        code=row.code,
        reason=row.reason,
        declared=declared,
        processed=row.processed,
        highlight=late,
    )


def accounts(
    conn: Connection,
    unit_account: str,
    *,
    first: date | None,
    last: date | None,
    account_no: str | None,
    after: str,
    limit: int,
) -> AccountPage:
    """Accounts of the unit by day of opening (both ends included) or by number, in order of number."""
    found = _accounts(unit_account).where(account.c.account_no > after, account.c.gone.is_(False))
    if first is not None:
        found = found.where(account.c.opened >= first.isoformat())
    if last is not None:
        found = found.where(account.c.opened <= last.isoformat())
    if account_no is not None:
        found = found.where(account.c.account_no == account_no)
    rows = conn.execute(found.order_by(account.c.account_no).limit(limit + 1)).all()
    shown = rows[:limit]
    return AccountPage(
        rows=[_account(row) for row in shown], next=shown[-1].account_no if len(rows) > limit else None
    )


def _account(row: Row[Any]) -> AccountRow:
    return AccountRow(
        account_no=row.account_no,
        name=row.name,
        id_number=row.id_number,
        base=format_yuan(row.base),
        unit_amount=format_yuan(row.unit_amount),
        person_amount=format_yuan(row.person_amount),
        state=table("account_status").label(row.status),
        opened=row.opened,
    )


def changes(
    conn: Connection,
    profile: Profile,
    unit_account: str,
    *,
    business: str | None,
    first: date | None,
    last: date | None,
    account_no: str | None,
    after: int,
    limit: int,
) -> ChangePage:
    """Changes of the unit's accounts by business, day (ends included) and account, oldest first (Q-08)."""
    own = (submission.c.unit_account == account_change.c.unit_account) & (
        submission.c.submission_id == account_change.c.submission_id
    )
    found = (
        select(account_change, depositor.c.name, depositor.c.id_number, submission.c.serial)
        .join(depositor, depositor.c.person_key == account_change.c.person_key)
        .outerjoin(submission, own)
        .where(account_change.c.unit_account == unit_account, account_change.c.rev > after)
    )
    if business is not None:
        found = found.where(account_change.c.business == business)
    if first is not None:
        found = found.where(account_change.c.day >= first.isoformat())
    if last is not None:
        found = found.where(account_change.c.day <= last.isoformat())
    if account_no is not None:
        found = found.where(account_change.c.account_no == account_no)
    rows = conn.execute(found.order_by(account_change.c.rev).limit(limit + 1)).all()
    shown = rows[:limit]
    return ChangePage(
        rows=[_change(row, profile) for row in shown], next=shown[-1].rev if len(rows) > limit else None
    )


def _change(row: Row[Any], profile: Profile) -> ChangeRow:
    rules = profile.rules(row.business)
    label = table("account_status").label
    return ChangeRow(
        account_no=row.account_no,
        name=row.name,
        id_number=row.id_number,
        business=row.business,
        title=profile.business_title(row.business),
        reason=rules.reason_table.label(row.reason) if rules is not None and row.reason else row.reason,
        day=row.day,
        month=row.month,
        status_from=label(row.status_from) if row.status_from else "",
        status_to=label(row.status_to),
        base_from=format_yuan(row.base_from),
        base_to=format_yuan(row.base_to),
        amount_from=format_yuan(row.unit_amount_from + row.person_amount_from),
        amount_to=format_yuan(row.unit_amount_to + row.person_amount_to),
        serial=row.serial or "",
    )


def depositors(conn: Connection, unit_account: str, *, since: int, limit: int) -> bytes:
    """Depositors changed after revision `since`, in order of revision; ask again while `more`.

    JSON of a `DepositorPage`, written straight from the rows: a first synchronisation has a hundred thousand.
    The next question starts from the answer's `revision`. Every change has a revision of its own, taken under
    the lock of the unit's row, so no change is ever skipped. One that left the unit comes as `gone`. A
    revision the center never reached counts as 0.
    """
    now = conn.execute(select(unit.c.depositor_rev).where(unit.c.unit_account == unit_account)).scalar_one()
    since = since if since <= now else 0
    found = _DEPOSITORS.where(account.c.unit_account == unit_account)
    found = found.where(account.c.rev > since, account.c.rev <= now).order_by(account.c.rev)
    rows = conn.execute(found.limit(limit + 1)).all()
    more = len(rows) > limit
    revision = rows[limit - 1].rev if more else now
    return to_json(
        {"rows": [_depositor(*list(row)) for row in rows[:limit]], "revision": revision, "more": more}
    )


_DEPOSITORS: Select[Any] = select(
    account.c.account_no,
    depositor.c.name,
    depositor.c.id_number,
    account.c.base,
    account.c.unit_ratio,
    account.c.person_ratio,
    account.c.unit_amount,
    account.c.person_amount,
    account.c.status,
    depositor.c.mobile,
    account.c.fund_type,
    account.c.opened,
    account.c.sealed_month,
    account.c.gone,
    account.c.sealed_reason,
    account.c.rev,
).join_from(account, depositor, depositor.c.person_key == account.c.person_key)
_percent = cache(format_ratio)


def _depositor(
    account_no: str, name: str, id_number: str, base: int, unit_ratio: int, person_ratio: int,
    unit_amount: int, person_amount: int, status: str, mobile: str, fund_type: str, opened: str,
    sealed_month: int | None, gone: bool, sealed_reason: str, _rev: int,
) -> dict[str, Any]:  # fmt: skip
    """A `DepositorRow` from the columns of `_DEPOSITORS`."""
    return {
        "account_no": account_no,
        "name": name,
        "id_number": id_number,
        "base": format_yuan(base),
        "unit_ratio": _percent(unit_ratio),
        "person_ratio": _percent(person_ratio),
        "unit_amount": format_yuan(unit_amount),
        "person_amount": format_yuan(person_amount),
        "status": status,
        "mobile": mobile,
        "fund_type": fund_type,
        "opened": opened,
        "sealed_month": sealed_month or 0,
        "gone": gone,
        "sealed_reason": sealed_reason,
    }


def _accounts(unit_account: str) -> Select[Any]:
    return (
        select(account, depositor.c.name, depositor.c.id_number, depositor.c.mobile)
        .join(depositor, depositor.c.person_key == account.c.person_key)
        .where(account.c.unit_account == unit_account)
    )
