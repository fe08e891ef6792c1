"""What is registered, for the forms of changes, and the history of changed items (U-01, U-10, P-02, P-08).

Every function takes the unit account of a proven scope.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from center.errors import not_found, unit_not_found
from center.people import person_facts
from center.registered import open_businesses, person_items, unit_items
from center.store.tables import account, case, case_event, depositor, fact_change, operator, submission, unit
from domain.businesses.fact_rules import FactRules
from domain.businesses.facts import FactBusiness
from domain.businesses.registry import declare
from domain.facts_wire import FactChangePage, FactChangeRow, RegisteredFacts
from domain.profile import Profile

UNIT_BUSINESS = "unit_change"
PERSON_BUSINESS = "person_change"


def _shown(profile: Profile, business: str, items: dict[str, str]) -> dict[str, str]:
    """The items that the form of a business shows."""
    rules = profile.rules(business)
    assert isinstance(rules, FactRules), f"{business} changes no facts"
    return {key: items[key] for key in rules.items if key in items}


def facts_of_unit(conn: Connection, profile: Profile, unit_account: str) -> RegisteredFacts:
    """What is registered of a unit. Raises unit.not_found."""
    row = conn.execute(select(unit).where(unit.c.unit_account == unit_account)).one_or_none()
    if row is None:
        raise unit_not_found()
    under_way = open_businesses(conn, unit_account) & {UNIT_BUSINESS}
    return RegisteredFacts(
        values=_shown(profile, UNIT_BUSINESS, unit_items(row)), unfinished=sorted(under_way)
    )


def facts_of_person(
    conn: Connection, profile: Profile, unit_account: str, account_no: str
) -> RegisteredFacts:
    """What is registered of a person of the unit. Raises not_found for anybody else's."""
    found = (
        select(depositor, account.c.account_no, account.c.status)
        .join(account, account.c.person_key == depositor.c.person_key)
        .where(account.c.unit_account == unit_account, account.c.account_no == account_no, ~account.c.gone)
    )
    row = conn.execute(found).one_or_none()
    if row is None:
        raise not_found()
    facts = person_facts(conn, [row.person_key])[row.person_key]
    rules = profile.rules(PERSON_BUSINESS)
    stopping = {PERSON_BUSINESS, *(rules.blocked_by if rules is not None else ())}
    return RegisteredFacts(
        account_no=row.account_no,
        name=row.name,
        id_number=row.id_number,
        status=row.status,
        values=_shown(profile, PERSON_BUSINESS, person_items(row)),
        unfinished=sorted(facts.unfinished & stopping),
    )


def fact_changes(
    conn: Connection,
    profile: Profile,
    unit_account: str,
    *,
    business: str,
    first: date | None,
    last: date | None,
    account_no: str | None,
    after: int,
    limit: int,
) -> FactChangePage:
    """Changed items of a business by day (ends included) and account, oldest first."""
    own = (submission.c.unit_account == fact_change.c.unit_account) & (
        submission.c.submission_id == fact_change.c.submission_id
    )
    its_case = (case.c.unit_account == submission.c.unit_account) & (
        case.c.submission_id == submission.c.submission_id
    )
    approved = (case_event.c.case_id == case.c.case_id) & (case_event.c.action == "approve")
    found = (
        select(
            fact_change,
            depositor.c.name,
            depositor.c.id_number,
            submission.c.serial,
            operator.c.name.label("maker"),
            case_event.c.actor.label("approver"),
        )
        .outerjoin(depositor, depositor.c.person_key == fact_change.c.person_key)
        .outerjoin(submission, own)
        .outerjoin(operator, operator.c.operator_id == submission.c.operator_id)
        .outerjoin(case, its_case)
        .outerjoin(case_event, approved)
        .where(fact_change.c.unit_account == unit_account, fact_change.c.business == business)
        .where(fact_change.c.rev > after)
    )
    if first is not None:
        found = found.where(fact_change.c.day >= first.isoformat())
    if last is not None:
        found = found.where(fact_change.c.day <= last.isoformat())
    if account_no is not None:
        found = found.where(fact_change.c.account_no == account_no)
    rows = conn.execute(found.order_by(fact_change.c.rev).limit(limit + 1)).all()
    shown = rows[:limit]
    titles = _titles(profile, business)
    return FactChangePage(
        rows=[_change(row, profile, titles) for row in shown],
        next=shown[-1].rev if len(rows) > limit else None,
    )


def _titles(profile: Profile, business: str) -> dict[str, str]:
    declared: Any = declare(business, profile)
    facts: FactBusiness = declared
    return {item.key: item.title for item in facts.changes.items}


def _change(row: Row[Any], profile: Profile, titles: dict[str, str]) -> FactChangeRow:
    return FactChangeRow(
        account_no=row.account_no,
        name=row.name or "",
        id_number=row.id_number or "",
        business=row.business,
        title=profile.business_title(row.business),
        item=titles.get(row.item, row.item),
        value_from=row.value_from,
        value_to=row.value_to,
        day=row.day,
        operator=row.maker or "",
        approver=row.approver or "",
        serial=row.serial or "",
    )
