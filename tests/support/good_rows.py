"""Rows that a center takes, found for any declared business: people in all states, cells tried till clean."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, update

from center.demo.generator import Person
from center.people import named_units, people_of
from center.store.tables import account, makeup_order
from domain.business import (
    AccountStatus,
    Business,
    CheckContext,
    Column,
    Kind,
    RowCheck,
    Source,
    template_columns,
)
from domain.findings import errors
from tests.support.filing import Office

SEALED, NORMAL = AccountStatus.SEALED, AccountStatus.NORMAL
SEALED_MONTH = 202609
TRIES = 24
LONG_AGO = "2020-01-01"
PAID_THROUGH = {"annual": 202606}
"""Until when the unit has paid: the yearly verification comes right after June, all others later."""
PAID = 202610
MONTHS = ("202610", "202609", "202611")
MONEY = ("8000.00", "8100.00", "2160.00", "1920.00", "960.00", "100.00")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person with the account a row is about, and a second one where there is any."""

    person: Person
    account: str = ""
    second: str = ""


class NoGoodRow(AssertionError):
    """A business for which no row could be found that its own check lets pass."""


def stages(office: Office, other: Office) -> list[Callable[[], Somebody]]:
    """Ways in which people stand at a center."""

    def normal() -> Somebody:
        person = office.people(1)[0]
        number = office.give_account(person)
        with office.center.store.write() as conn:
            conn.execute(update(account).where(account.c.account_no == number).values(opened=LONG_AGO))
        return Somebody(person, number)

    def sealed() -> Somebody:
        person = office.people(1)[0]
        return Somebody(person, office.give_account(person, SEALED, SEALED_MONTH))

    def elsewhere() -> Somebody:
        person = office.people(1)[0]
        other.give_account(person, SEALED, SEALED_MONTH)
        return Somebody(person)

    def twice() -> Somebody:
        person = office.people(1)[0]
        first = office.give_account(person, SEALED, SEALED_MONTH)
        return Somebody(person, first, office.give_account(person))

    def declared() -> Somebody:
        somebody = normal()
        with office.center.store.write() as conn:
            conn.execute(insert(makeup_order).values(_order(office, somebody)))
        return somebody

    return [lambda: Somebody(office.people(1)[0]), normal, sealed, elsewhere, twice, declared]


def _order(office: Office, somebody: Somebody) -> dict[str, Any]:
    """A month made up for somebody that waits for its money."""
    return {
        "unit_account": office.unit,
        "submission_id": str(uuid.uuid4()),
        "row_no": 1,
        "month": PAID,
        "account_no": somebody.account,
        "person_key": somebody.person.key,
        "fund_type": "general",
        "business": "makeup",
        "unit_amount": 5_000,
        "person_amount": 5_000,
        "funding": "notice",
        "state": "declared",
        "declared": LONG_AGO,
        "business_month": PAID,
        "changed": LONG_AGO,
    }


def file_context(office: Office, business: Business, other: Office) -> CheckContext:
    """What a client knows when it checks a file; whoever the rows are about only the center knows."""
    context = office.context(Source.FILE)
    rules = business.rules
    chosen = context.unit.ratio if rules.ratio_choice == "on_import" else None
    on_screen = {key: other.unit for key in rules.on_screen}
    return replace(context, chosen_ratio=chosen, on_screen=on_screen)


def known(
    office: Office, business: Business, context: CheckContext, rows: list[dict[str, str]]
) -> CheckContext:
    """The same with everything the center knows."""
    stated = [{**row, **context.on_screen} for row in rows]
    with office.center.store.read() as conn:
        people = people_of(conn, business, stated)
        return replace(people.put_into(context), units=named_units(conn, business, stated))


def good_rows(office: Office, other: Office, business: Business, count: int) -> list[dict[str, str]]:
    """`count` faultless rows for the business's template, by column key. Raises NoGoodRow."""
    context = file_context(office, business, other)
    told: list[str] = []
    for stage in stages(office, other):
        found, why = _search(office, business, context, stage())
        if found is None:
            told.append(why)
            continue
        rows = [found]
        while len(rows) < count:
            more, why = _search(office, business, context, stage())
            if more is None:
                raise NoGoodRow(why)
            rows.append(more)
        return [row | {"serial": str(at)} for at, row in enumerate(rows, 1)]
    raise NoGoodRow(f"{business.id} at {business.profile.name}: " + " | ".join(told))


def _search(
    office: Office, business: Business, context: CheckContext, somebody: Somebody
) -> tuple[dict[str, str] | None, str]:
    """A row about somebody that the check lets pass, or why there is none."""
    columns = {column.key: column for column in template_columns(business)}
    choices = {key: _choices(column, office, somebody) for key, column in columns.items()}
    at = dict.fromkeys(columns, 0)
    check: RowCheck | None = None
    for _ in range(TRIES):
        row = {key: choices[key][at[key]] for key in columns}
        check = business.check_row(row, known(office, business, context, [row]))
        computed = {key: check.values.get(key, "") for key, one in columns.items() if one.computed}
        if any(computed.values()):
            row |= computed
            check = business.check_row(row, known(office, business, context, [row]))
        if not check.findings:
            return row, ""
        wrong = next(iter(errors(check.findings) or check.findings)).field
        alike = [key for key in columns if _go_together(columns, key, wrong)]
        if wrong not in at or any(at[key] + 1 >= len(choices[key]) for key in alike):
            break
        for key in alike:
            at[key] += 1
    assert check is not None
    return None, "；".join(found.text for found in check.findings)


def _go_together(columns: Mapping[str, Column], key: str, wrong: str) -> bool:
    """Both sides' ratios are a pair."""
    if wrong not in columns:
        return False
    pair = columns[key].kind is Kind.RATIO and columns[wrong].kind is Kind.RATIO
    return key == wrong or (pair and not columns[key].computed)


def _choices(column: Column, office: Office, somebody: Somebody) -> tuple[str, ...]:
    """What may stand in a cell, the likeliest first."""
    own: Mapping[str, str] = {
        "account_no": somebody.account,
        "to_account": somebody.second,
        "name": somebody.person.name,
        "id_number": somebody.person.id_number,
        "mobile": somebody.person.mobile,
        "serial": "1",
        "paid_base": "5000.00",
    }
    if column.key in own:
        return (own[column.key],)
    if column.computed:
        return ("",)
    match column.kind:
        case Kind.CODE:
            return tuple(f"{code}-{name}" for code, name in column.table.items()[:3])
        case Kind.MONEY:
            return MONEY
        case Kind.MONTH:
            return MONTHS
        case Kind.RATIO:
            return ("12", "10", "8")
        case Kind.MOBILE:
            return (somebody.person.mobile,)
        case _:
            return ("", "说明", "1")
