"""What is shown of a unit's months: the plan, the list, the people, the differences, the obstacles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, select

from center.batches import batches
from center.deps import UnitScope
from center.errors import not_found
from center.facts import check_context
from center.ledger import codes
from center.ledger.post import balance
from center.remit.history import CANCELLED, sheets, stored
from center.remit.kept_sheets import due_sheet
from center.remit.standing import due_months, in_the_way, last_verified, paid_through, remit_facts
from center.store.bulk import among
from center.store.money_tables import remittance, remittance_change, remittance_row
from center.store.tables import account, depositor, operator, submission
from domain.business import CheckContext, Source
from domain.businesses.registry import declare
from domain.findings import errors
from domain.money import format_yuan
from domain.profile import Profile
from domain.remit_wire import (
    RemitCheck,
    RemitDifference,
    RemitDifferences,
    RemitList,
    RemitMonth,
    RemitObstacle,
    RemitPeople,
    RemitPerson,
    RemitPlan,
)
from domain.remittance import Difference, Figures, RemitFacts, Share

MANY = 10_000
MONEY = (
    "last_amount", "more_amount", "less_amount", "amount", "unit_amount", "person_amount",
)  # fmt: skip
FIGURES = ("month", "last_people", "more_people", "less_people", "people", *MONEY)
ABOUT = ("submission_id", "serial", "operator", "checked", "changed")
STATES: Mapping[str, tuple[str, ...]] = {
    "": ("declared", "paid"),
    "declared": ("declared",),
    "paid": ("paid",),
    "all": ("declared", "paid", "cancelled"),
}
"""What is asked for -> states of months."""

T = TypeVar("T", Share, Difference)


def plan(conn: Connection, scope: UnitScope, most: int) -> RemitPlan:
    """The months that can be verified now with their columns, and what stops that."""
    unit_account = scope.unit_account
    context = check_context(conn, scope, Source.CENTER, scope.clock)
    months = due_months(conn, unit_account, context.month, most)
    made = sheets(conn, unit_account, months[0], len(months)) if months else []
    facts = remit_facts(conn, scope.profile, unit_account, context.month)
    facts = replace(facts, due={one.month: one.now for one in made})
    told = _findings(scope.profile, months[0], facts, context) if months else []
    return RemitPlan(
        months=[_month({**stored(one), "state": "due"}) for one in made],
        last=last_verified(conn, unit_account),
        paid_through=paid_through(conn, unit_account),
        unallocated=format_yuan(balance(conn, codes.unallocated(unit_account))),
        stopped=told[0] if told else "",
    )


def check(conn: Connection, scope: UnitScope, month: int) -> RemitCheck:
    """Whether a month can be verified now, and every row of a business that is in its way."""
    context = check_context(conn, scope, Source.CENTER, scope.clock)
    facts = remit_facts(conn, scope.profile, scope.unit_account, context.month, due=1)
    return RemitCheck(
        month=month,
        findings=_findings(scope.profile, month, facts, context),
        obstacles=_obstacles(conn, scope.profile, scope.unit_account),
    )


def _findings(profile: Profile, month: int, facts: RemitFacts, context: CheckContext) -> list[str]:
    """Why a month cannot be verified with the figures that the center has."""
    known = (facts.due or {}).get(month, Figures())
    row = {
        "month": str(month),
        "people": str(known.people),
        "total_amount": format_yuan(known.amount),
    }
    judged = declare("remit", profile).check_row(row, replace(context, remit=facts))
    return [found.text for found in errors(judged.findings)]


def _obstacles(conn: Connection, profile: Profile, unit_account: str) -> list[RemitObstacle]:
    found = in_the_way(conn, profile, unit_account)
    people = _people(conn, [one.person_key for one in found])
    numbers = _numbers(conn, unit_account, [one.person_key for one in found])
    return [
        RemitObstacle(
            business=one.business,
            title=profile.business_title(one.business),
            serial=one.serial,
            row=one.row_no,
            name=people.get(one.person_key, ("", ""))[0],
            account_no=numbers.get(one.person_key, ""),
            state=one.state,
        )
        for one in found
    ]


def listed(
    conn: Connection, unit_account: str, *, state: str, first: date | None, last: date | None
) -> RemitList:
    """The months that were verified on days of a span (R-16), the latest first."""
    own = (submission.c.unit_account == remittance.c.unit_account) & (
        submission.c.submission_id == remittance.c.submission_id
    )
    found = (
        select(remittance, submission.c.serial, operator.c.name.label("operator"))
        .join(submission, own)
        .outerjoin(operator, operator.c.operator_id == submission.c.operator_id)
        .where(remittance.c.unit_account == unit_account, remittance.c.state.in_(STATES[state]))
        .order_by(remittance.c.month.desc(), remittance.c.checked.desc(), submission.c.serial.desc())
    )
    if first is not None:
        found = found.where(remittance.c.checked >= first.isoformat())
    if last is not None:
        found = found.where(remittance.c.checked <= last.isoformat())
    return RemitList(
        months=[_month(row._mapping) for row in conn.execute(found)],
        unallocated=format_yuan(balance(conn, codes.unallocated(unit_account))),
    )


def _month(row: Mapping[Any, Any]) -> RemitMonth:
    told: dict[str, Any] = {name: row[name] for name in FIGURES}
    told |= {name: format_yuan(row[name]) for name in MONEY}
    told |= {name: row[name] or "" for name in ABOUT if name in row}
    return RemitMonth(state=row["state"], **told)


# ---- one month -----------------------------------------------------------------------------------


def people(
    conn: Connection, scope: UnitScope, month: int, submission_id: str, *, after: str, limit: int
) -> RemitPeople:
    """Who pays in a month that was verified or can be, by account number. Raises not_found."""
    key = _stored(conn, scope.unit_account, month, submission_id)
    shares = (
        _page(conn, remittance_row, Share, key, after, limit)
        if key is not None
        else _computed(conn, scope, month, after, limit, lambda sheet: sheet.shares.values())
    )
    names = _people(conn, [one.person_key for one in shares[:limit]])
    rows = [
        RemitPerson(
            account_no=one.account_no,
            name=names[one.person_key][0],
            id_number=names[one.person_key][1],
            base=format_yuan(one.base),
            unit_amount=format_yuan(one.unit_amount),
            person_amount=format_yuan(one.person_amount),
            amount=format_yuan(one.amount),
        )
        for one in shares[:limit]
    ]
    return RemitPeople(rows=rows, next=rows[-1].account_no if len(shares) > limit else None)


def differences(
    conn: Connection, scope: UnitScope, month: int, submission_id: str, *, after: str, limit: int
) -> RemitDifferences:
    """What explains 增加 and 减少 of a month that was verified or can be. Raises not_found."""
    key = _stored(conn, scope.unit_account, month, submission_id)
    found = (
        _page(conn, remittance_change, Difference, key, after, limit)
        if key is not None
        else _computed(conn, scope, month, after, limit, lambda sheet: sheet.differences)
    )
    names = _people(conn, [one.person_key for one in found[:limit]])
    rows = [
        RemitDifference(
            account_no=one.account_no,
            name=names[one.person_key][0],
            business=one.business,
            title=scope.profile.business_title(one.business) if one.business else "其他",
            people=one.people,
            amount=format_yuan(one.amount),
        )
        for one in found[:limit]
    ]
    return RemitDifferences(rows=rows, next=rows[-1].account_no if len(found) > limit else None)


def _stored(
    conn: Connection, unit_account: str, month: int, submission_id: str
) -> tuple[str, str, int] | None:
    """The key of a month that was verified; None for one that was not, unless a submission is named."""
    mine = (remittance.c.unit_account == unit_account) & (remittance.c.month == month)
    named = remittance.c.submission_id == submission_id if submission_id else remittance.c.state != CANCELLED
    found = conn.scalar(select(remittance.c.submission_id).where(mine, named))
    if found is None and submission_id:
        raise not_found()
    return None if found is None else (unit_account, found, month)


def _page(
    conn: Connection, table: Any, made: type[T], key: tuple[str, str, int], after: str, limit: int
) -> Sequence[T]:
    """One more than a page of the rows of a month."""
    columns = [table.c[name] for name in made._fields]
    mine = table.c.unit_account == key[0], table.c.submission_id == key[1], table.c.month == key[2]
    found: Select[Any] = select(*columns).where(*mine, table.c.account_no > after)
    rows: Sequence[Row[Any]] = conn.execute(found.order_by(table.c.account_no).limit(limit + 1)).all()
    return [made._make(row) for row in rows]


def _computed(
    conn: Connection,
    scope: UnitScope,
    month: int,
    after: str,
    limit: int,
    of: Callable[[Any], Iterable[T]],
) -> Sequence[T]:
    """One more than a page of what a month would come to that can be verified. Raises not_found."""
    context = check_context(conn, scope, Source.CENTER, scope.clock)
    months = due_months(conn, scope.unit_account, context.month, MANY)
    if month not in months:
        raise not_found()
    sheet = due_sheet(scope.store, conn, scope.unit_account, months[0], month)
    return [one for one in of(sheet) if one.account_no > after][: limit + 1]


# ---- names ---------------------------------------------------------------------------------------


def _people(conn: Connection, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Names and ID numbers by person key."""
    known: dict[str, tuple[str, str]] = {}
    found = select(depositor.c.person_key, depositor.c.name, depositor.c.id_number)
    for batch in batches(keys, MANY):
        for key, name, number in conn.execute(found.where(among(conn, depositor.c.person_key, batch))):
            known[key] = (name, number)
    return known


def _numbers(conn: Connection, unit_account: str, keys: Sequence[str]) -> dict[str, str]:
    """The account numbers of people at a unit."""
    known: dict[str, str] = {}
    mine = select(account.c.person_key, account.c.account_no).where(account.c.unit_account == unit_account)
    for batch in batches(keys, MANY):
        known |= dict(map(tuple, conn.execute(mine.where(among(conn, account.c.person_key, batch)))))
    return known
