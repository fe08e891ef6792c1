"""Generated rosters of made-up months: both sides find the same, and orders come to the sums."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from center.people import people_of
from center.store.tables import account, makeup_order
from domain.business import AccountStatus, RowCheck, Source, totals
from domain.businesses.accounts import VERDICT
from domain.businesses.registry import declare
from domain.findings import errors
from tests.support.carry_out import carry_out
from tests.support.center import running_center
from tests.support.filing import OTHER, Office
from tests.support.money import give_unallocated

KINDS = [("makeup", name) for name in ("baishan", "lyszfgjj", "shaanxi", "shanxi")] + [
    ("makeup_missed", "hangzhou"),
    ("makeup_short", "hangzhou"),
]
STATES = (AccountStatus.NORMAL, AccountStatus.NORMAL, AccountStatus.SEALED, AccountStatus.FROZEN)
MONTHS = ("202605", "202606", "202607", "202609", "202610", "202611", "202612", "20269", "")
WAGES = ("8000", "9000.5", "1.00", "99999", "", "-3")
RATIOS = ("12", "10.5", "8", "5", "13", "")


class Town:
    """An office with people in every state, people of another unit, and numbers nobody has."""

    def __init__(self, office: Office, other: Office) -> None:
        self.office = office
        self.known = [
            (person, office.give_account(person, state)) for state in STATES for person in office.people(1)
        ]
        self.known += [(person, other.give_account(person)) for person in other.people(1)]
        self.known.append((office.people(1)[0], "10000199999999"))
        with office.center.store.write() as conn:
            conn.execute(update(account).values(opened="2024-03-01"))


@pytest.fixture(scope="module", params=KINDS, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def town(request: pytest.FixtureRequest) -> Iterator[tuple[str, Town]]:
    business, name = request.param
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory() as folder,
        running_center(Path(folder), name) as center,
    ):
        patch.setattr("center.jobs.enqueue", lambda conn, job_id: None)
        town = Town(Office(center, paid_through=202611), Office(center, OTHER))
        give_unallocated(center.store, town.office.unit)
        yield business, town


def told_of(check: RowCheck) -> dict[str, str]:
    """What a row comes to; 核对结果 tells of a file's own texts, and the registered ones went on."""
    return {key: text for key, text in check.values.items() if text and key != VERDICT}


def sound(place: Town, business: str) -> dict[str, str]:
    """A row that nothing stops."""
    row = {"account_no": place.known[0][1]}
    if business == "makeup":
        return row | {"reason": "01", "month": "202608", "total_amount": "123.45"}
    row |= {"first_month": "202608", "last_month": "202608", "due_base": "8123.45", "due_ratio": "11"}
    return row | ({"paid_base": "7000", "paid_ratio": "10"} if business == "makeup_short" else {})


def drawn(data: st.DataObject, place: Town, business: str) -> dict[str, str]:
    """One row as typed."""

    def one(choices: tuple[str, ...]) -> str:
        return data.draw(st.sampled_from(choices))

    person, number = data.draw(st.sampled_from(place.known))
    row = {"account_no": one((number, number, number[:-1])), "name": one((person.name, "", "张冠"))}
    if business == "makeup":
        row |= {"id_number": one((person.id_number, ""))}
        row |= {"reason": one(("01", "漏缴", "没有")), "month": one(MONTHS)}
        row |= {"total_amount": one(("500", "0.01", "99999.99", "0", "", "5.001"))}
    else:
        row |= {"first_month": one(MONTHS), "last_month": one(MONTHS)}
        row |= {"due_base": one(WAGES), "due_ratio": one(RATIOS)}
        if business == "makeup_short":
            row |= {"paid_base": one(WAGES), "paid_ratio": one(RATIOS)}
    return {key: text for key, text in row.items() if text}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_client_and_center_find_the_same(town: tuple[str, Town], data: st.DataObject) -> None:
    kind, place = town
    office = place.office
    business = declare(kind, office.profile)
    rows = [drawn(data, place, kind) for _ in range(data.draw(st.integers(1, 6)))]
    rows = [row or {"account_no": "1"} for row in rows]
    with office.center.store.read() as conn:
        people = people_of(conn, business, rows)
    mine = business.check_roster(rows, people.put_into(office.context(Source.SINGLE)))
    good = [check for check in mine if check.ok]
    sent = [{key: text for key, text in check.values.items() if text} for check in good]
    with office.center.store.read() as conn:
        again = people_of(conn, business, sent)
    theirs = business.check_roster(sent, again.put_into(office.context(Source.CENTER)))
    for here, there in zip(good, theirs, strict=True):
        assert errors(there.findings) == ()
        assert here.amount == there.amount
        assert told_of(here) == told_of(there)
    asked = office.center.post(
        f"/v1/units/{office.unit}/checks", {"business": kind, "source": "single", "rows": rows}, office.login
    ).json()
    told = [(one["row"], one["code"]) for one in asked["findings"] if one["severity"] == "error"]
    assert told == [(at, one.code) for at, check in enumerate(mine, 1) for one in errors(check.findings)]
    assert asked["totals_count"] == totals(mine).count


@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_filed_becomes_orders_of_the_same_sum(town: tuple[str, Town], data: st.DataObject) -> None:
    kind, place = town
    office = place.office
    business = declare(kind, office.profile)
    with office.center.store.write() as conn:
        conn.execute(delete(makeup_order))
    rows = [sound(place, kind)] + [drawn(data, place, kind) for _ in range(data.draw(st.integers(8, 16)))]
    with office.center.store.read() as conn:
        people = people_of(conn, business, rows)
    checks = business.check_roster(rows, people.put_into(office.context(Source.SINGLE)))
    good = [check for check in checks if check.ok]
    assert checks[0].ok
    sent = [{key: text for key, text in check.values.items() if text} for check in good]
    amount = sum(check.amount for check in good)
    receipt = carry_out(office, sent, kind)
    assert (receipt["ok"], receipt["amount"]) == (len(good), f"{amount / 100:.2f}")
    with office.center.store.read() as conn:
        filed = select(func.sum(makeup_order.c.unit_amount + makeup_order.c.person_amount))
        assert conn.execute(filed).scalar_one() == amount
        least = select(func.min(makeup_order.c.unit_amount), func.min(makeup_order.c.person_amount))
        assert min(conn.execute(least).one()) >= 0
