"""Generated rosters and histories: client and center find the same, no money is lost, copies stay true."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from center.people import named_units, people_of
from center.store.tables import account, unit
from domain.business import AccountStatus, Source, totals
from domain.businesses.registry import declare
from domain.findings import errors
from tests.support.center import CenterUnderTest, running_center
from tests.support.filing import OTHER, Office
from tests.support.money import give_money, money_on

pytestmark = pytest.mark.xdist_group("move-rosters")
KINDS = [
    ("transfer_out", "lyszfgjj"),
    ("transfer_in", "shaanxi"),
    ("merge", "shaanxi"),
    ("zero_close", "shanxi"),
]
THIRD = "100003"
STATES = [AccountStatus.SEALED, AccountStatus.NORMAL, AccountStatus.FROZEN, AccountStatus.MERGED]
QUIET = [HealthCheck.function_scoped_fixture]


class Town:
    """An office, people in every state at both units, people with accounts at both, and numbers of nobody."""

    def __init__(self, office: Office, other: Office) -> None:
        self.office = office
        self.people = [office.people(1)[0] for _ in range(3 * len(STATES))]
        self.numbers = ["10000199999999", "1"]
        self.of: dict[str, list[str]] = {person.key: [] for person in self.people}
        for at, person in enumerate(self.people):
            places = ([office], [other], [office, other, office])[at % 3]
            for place in places:
                number = place.give_account(person, STATES[at // 3 % len(STATES)], 202609)
                self.numbers.append(number)
                self.of[person.key].append(number)
        for number in self.numbers[2::3]:
            give_money(office.center.store, number, 1_234)


@pytest.fixture(scope="module", params=KINDS, ids=[kind for kind, _ in KINDS])
def town(request: pytest.FixtureRequest) -> Iterator[tuple[str, Town]]:
    business, name = request.param
    with tempfile.TemporaryDirectory() as folder, running_center(Path(folder), name) as center:
        yield business, Town(Office(center), Office(center, OTHER))


@settings(deadline=None, max_examples=25, suppress_health_check=QUIET)
@given(data=st.data())
def test_client_and_center_find_the_same(town: tuple[str, Town], data: st.DataObject) -> None:
    kind, place = town
    office = place.office
    business = declare(kind, office.profile)
    keys = {column.key for column in business.columns}
    rows = []
    for _ in range(data.draw(st.integers(1, 4))):
        person = data.draw(st.sampled_from(place.people))
        likely = st.sampled_from(place.of[person.key])
        row = {
            "account_no": data.draw(likely | st.sampled_from([*place.numbers, ""])),
            "to_account": data.draw(likely | st.sampled_from(place.numbers)),
            "name": data.draw(st.sampled_from([person.name, "", "张冠"])),
            "id_number": data.draw(st.sampled_from([person.id_number, "", person.id_number[:-1] + "?"])),
            "reason": data.draw(st.sampled_from(["01", "99", "", "没有"])),
            "to_unit": data.draw(st.sampled_from([OTHER, office.unit, "999", "", "１"])),
        }
        rows.append({key: text for key, text in row.items() if text and key in keys})
    rows = [row or {"name": "张冠"} for row in rows]
    with office.center.store.read() as conn:
        people, units = people_of(conn, business, rows), named_units(conn, business, rows)
    knowing = replace(people.put_into(office.context(Source.SINGLE)), units=units)
    mine = business.check_roster(rows, knowing)
    check = {"business": kind, "source": "single", "rows": rows}
    asked = office.center.post(f"/v1/units/{office.unit}/checks", check, office.login).json()
    told = [(one["row"], one["code"], one["field"]) for one in asked["findings"]]
    assert told == [
        (at, one.code, one.field) for at, check in enumerate(mine, 1) for one in errors(check.findings)
    ]
    assert asked["totals_count"] == totals(mine).count
    sent = [{key: text for key, text in check.values.items() if text} for check in mine if check.ok]
    theirs = business.check_roster(sent, knowing.for_source(Source.CENTER))
    assert all(check.ok for check in theirs)
    offline = office.context(Source.SINGLE)
    blind = business.check_roster(sent, offline)
    assert all(check.ok for check in blind), "what the center takes is clean for a client that knows nobody"


# ---- histories -----------------------------------------------------------------------------------------


class Copy:
    """What a unit's workstation knows of its depositors, kept up by changes alone."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.revision = 0
        self.known: dict[str, str] = {}

    def synchronise(self) -> None:
        page = self.office.unit_get("/depositors", since=self.revision)
        for row in page["rows"]:
            if row["gone"]:
                self.known.pop(row["account_no"], None)
            else:
                self.known[row["account_no"]] = row["status"]
        self.revision = page["revision"]


@pytest.fixture(scope="module")
def shaanxi() -> Iterator[CenterUnderTest]:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        yield stack.enter_context(running_center(Path(folder), "shaanxi"))


_UNITS = iter(range(300_000, 999_999, 3))


@settings(deadline=None, max_examples=12, suppress_health_check=QUIET)
@given(data=st.data())
def test_whatever_is_filed_no_money_is_lost_and_copies_stay_true(
    shaanxi: CenterUnderTest, data: st.DataObject
) -> None:
    first = next(_UNITS)
    offices = [Office(shaanxi, str(first + at), seed=first) for at in range(3)]
    copies = [Copy(office) for office in offices]
    people = offices[0].people(2)
    everything = 0
    for at, person in enumerate(people):
        for place in range(2 + at):
            number = offices[place].give_account(person, AccountStatus.SEALED)
            give_money(shaanxi.store, number, 10**place)
            everything += 10**place
    for _ in range(data.draw(st.integers(1, 8))):
        office = data.draw(st.sampled_from(offices))
        live = sorted(one.account_no for one in office.accounts() if not one.gone)
        if data.draw(st.booleans()) and len(live) > 1:
            pair = data.draw(st.permutations(live))
            office.send(office.body([{"account_no": pair[0], "to_account": pair[1]}], "merge"))
        else:
            person = data.draw(st.sampled_from(people))
            row = {"name": person.name, "id_number": person.id_number, "reason": "01"}
            office.send(office.body([row], "transfer_in"))
        data.draw(st.sampled_from(copies)).synchronise()
    rows = [one for office in offices for one in office.accounts()]
    assert sum(money_on(shaanxi.store, one.account_no) for one in rows) == everything
    assert all(money_on(shaanxi.store, one.account_no) == 0 for one in rows if one.gone)
    for office, copy in zip(offices, copies, strict=True):
        copy.synchronise()
        mine = office.accounts()
        assert copy.known == {one.account_no: one.status for one in mine if not one.gone}
        assert len({one.rev for one in mine}) == len(mine)
        with shaanxi.store.read() as conn:
            counters = select(unit.c.depositor_rev, unit.c.account_counter).where(
                unit.c.unit_account == office.unit
            )
            reached, counter = conn.execute(counters).one()
            held = select(func.count()).select_from(account).where(account.c.unit_account == office.unit)
            assert conn.execute(held).scalar_one() == counter
        assert max((one.rev for one in mine), default=0) <= reached
