"""Any order of acts, deliveries and crashes: the center has the money the model has, and the audit passes."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from center.ca import make_authority
from center.clock import ManualClock
from center.ledger import codes
from center.ledger.audit import audit_store
from center.ledger.post import LedgerError, Move, post
from center.settings import sqlite_url
from center.store.money_tables import holding, pool
from domain.business import AccountStatus
from domain.money import format_yuan
from tests.support import ledger_acts
from tests.support.carry_out import carry_out
from tests.support.center import START, CenterUnderTest, SignedRequest, make_settings
from tests.support.databases import migrated_postgres, migrated_sqlite
from tests.support.filing import OTHER, UNIT, Office, clerk
from tests.support.ledger_acts import entry
from tests.support.money import give_money
from tests.support.money_model import Account, Model

UNITS = st.sampled_from((UNIT, OTHER))
AMOUNTS = st.integers(1, 5_000)
PICKS = st.integers(0, 99)
Place = Callable[[], AbstractContextManager[tuple[Path, str]]]
"""Where a world may live: a folder and the URL of a migrated database."""


@dataclass
class Held:
    """A signed submission that may be delivered at any time, any number of times."""

    office: Office
    request: SignedRequest
    act: str
    person: int = -1
    old: str = ""
    kept: str = ""
    status: int = 0
    serial: str = ""


class World(RuleBasedStateMachine):
    """A center of shaanxi with two units; what has no route goes straight through the books."""

    place: Place
    held: Bundle[Held] = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.jobs = mock.patch("center.jobs.enqueue")  # the test works jobs off itself
        self.jobs.start()
        self.where = type(self).place()
        folder, url = self.where.__enter__()
        clock, issuer = ManualClock(START), make_authority("测试证书机构", START)
        self.settings = make_settings(folder, "shaanxi", url=url, clock=clock, issuer=issuer)
        self.clock, self.issuer = clock, issuer
        self.center = CenterUnderTest(self.settings, clock, issuer)
        self.model = Model()
        self.numbers = itertools.count(1)
        self.people: list[Any] = []

    def teardown(self) -> None:
        self.center.close()
        self.where.__exit__(None, None, None)
        self.jobs.stop()

    @initialize()
    def units(self) -> None:
        self.offices = {UNIT: Office(self.center), OTHER: Office(self.center, OTHER)}
        self.clerk = clerk(self.center)
        self.model.waiting = {UNIT: 0, OTHER: 0}

    # ---- people and accounts -------------------------------------------------------------------------

    def _person(self, unit: str) -> tuple[int, Any]:
        person = self.offices[unit].people(1)[0]
        self.people.append(person)
        return len(self.people) - 1, person

    @rule(unit=UNITS)
    def open(self, unit: str) -> None:
        """An account through the API, worked off by the job."""
        office = self.offices[unit]
        number, person = self._person(unit)
        receipt = carry_out(office, [office.row(person)], "open")
        assert (receipt["state"], receipt["ok"]) == ("done", 1)
        rows = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
        self.model.accounts[rows[0]["account_no"]] = Account(unit, number, False)

    @rule(unit=UNITS, amount=AMOUNTS)
    def sealed_account(self, unit: str, amount: int) -> None:
        """A sealed account that begins with money."""
        number, person = self._person(unit)
        self._give(unit, number, person, sealed=True, amount=amount)

    @rule(target=held, unit=UNITS, amount=AMOUNTS)
    def two_accounts(self, unit: str, amount: int) -> Held:
        """A person with two accounts at a unit, and the request that merges them."""
        number, person = self._person(unit)
        old = self._give(unit, number, person, sealed=True, amount=amount)
        kept = self._give(unit, number, person, sealed=False, amount=0)
        office = self.offices[unit]
        body = office.body([{"account_no": old, "to_account": kept}], "merge")
        return Held(office, office.request(body), "merge", old=old, kept=kept)

    def _give(self, unit: str, number: int, person: Any, *, sealed: bool, amount: int) -> str:
        status = AccountStatus.SEALED if sealed else AccountStatus.NORMAL
        account_no = self.offices[unit].give_account(person, status)
        self.model.accounts[account_no] = Account(unit, number, sealed)
        if amount:
            give_money(self.center.store, account_no, amount, ledger_acts.DAY.replace(year=self._year()))
            self.model.begin(account_no, amount)
        return account_no

    def _year(self) -> int:
        """A year of its own: an opening is booked once a unit and day."""
        return 2000 - next(self.numbers)

    # ---- submissions: any delivery -------------------------------------------------------------------

    @precondition(lambda self: self.people)
    @rule(target=held, unit=UNITS, pick=PICKS)
    def wish_to_take_over(self, unit: str, pick: int) -> Held:
        """A signed request to transfer a person in; whether it will do is seen when it arrives."""
        number = pick % len(self.people)
        person, office = self.people[number], self.offices[unit]
        row = {"name": person.name, "id_number": person.id_number, "reason": "01"}
        return Held(office, office.request(office.body([row], "transfer_in")), "transfer", number)

    @rule(one=held)
    def deliver(self, one: Held) -> None:
        """For the first time or again, sooner or later than others."""
        answer = self.center.send(one.request)
        if one.status:
            assert answer.status_code == (200 if one.status == 201 else 422), answer.text
            if one.status == 201:
                assert answer.json()["replayed"] and answer.json()["serial"] == one.serial
            return
        one.status = answer.status_code
        if one.act == "merge":
            expected = self.model.merge(one.old, one.kept)
        else:
            expected = self.model.transfer(one.person, one.office.unit)
        assert (answer.status_code == 201) == expected, answer.text
        assert answer.status_code in (201, 422)
        if not expected:
            return
        one.serial = answer.json()["serial"]
        if one.act == "transfer":
            (new,) = {row.account_no for row in one.office.accounts()} - set(self.model.accounts)
            assert self.model.transfer(one.person, one.office.unit, new)

    @rule(one=held)
    def deliver_into_a_crash(self, one: Held) -> None:
        """The center dies at the last step: nothing is kept, and the request is as good as before."""
        if one.status:
            return
        with mock.patch("center.submissions.append_audit", side_effect=RuntimeError):
            assert self.center.send(one.request).status_code == 500
        self.restart()

    @rule()
    def restart(self) -> None:
        """Another process over the same database."""
        self.center.close()
        self.center = CenterUnderTest(self.settings, self.clock, self.issuer)
        for office in self.offices.values():
            office.center = self.center

    # ---- money ---------------------------------------------------------------------------------------

    def _booked(self, work: Callable[[Any], object], expected: bool) -> None:
        """Do it in a transaction; it is refused for want of money or because an account ended, or done."""
        try:
            self.center.store.run(work)
        except LedgerError as error:
            assert not expected and error.code in ("ledger.short", "ledger.closed"), error.text
        else:
            assert expected

    @rule(unit=st.sampled_from((UNIT, OTHER, "")), amount=AMOUNTS, twice=st.booleans())
    def record(self, unit: str, amount: int, twice: bool) -> None:
        """A line of the bank, told again now and then."""
        line = {"bank_no": f"B{next(self.numbers)}", "day": "2026-11-20", "unit_account": unit}
        told = {"line": line | {"amount": format_yuan(amount)}}
        for expected in (201, 200)[: 1 + twice]:
            answer = self.center.post("/v1/receipts", told, self.clerk)
            assert answer.status_code == expected, answer.text
        self.model.record(answer.json()["receipt"]["receipt_id"], unit, amount)

    @rule(unit=UNITS, amount=st.integers(5_000, 50_000))
    def pay(self, unit: str, amount: int) -> None:
        """Money that is a unit's own at once, so that there is something to allocate."""
        self.record(unit=unit, amount=amount, twice=False)
        self.act_on_a_receipt(pick=len(self.model.receipts) - 1, act="match", unit=unit, amount=1)

    @precondition(lambda self: self.model.receipts)
    @rule(pick=PICKS, act=st.sampled_from(("match", "refund", "reverse")), unit=UNITS, amount=AMOUNTS)
    def act_on_a_receipt(self, pick: int, act: str, unit: str, amount: int) -> None:
        """认领, 退款 or 冲销 by a clerk; sent again it is refused, for the receipt has moved on."""
        number = list(self.model.receipts)[pick % len(self.model.receipts)]
        known = self.center.get(f"/v1/receipts/{number}", self.clerk).json()["receipt"]
        told = {"action": act, "reason": "单位来函"}
        if act == "match":
            told["unit_account"] = unit
            expected = self.model.match(number, unit)
        elif act == "refund":
            told["amount"] = format_yuan(amount)
            expected = self.model.give_back(number, amount)
        else:
            left = self.model.receipts[number].left
            expected = self.model.give_back(number, left, whole=True)
        headers = self.clerk.headers | {"if-match": f'"{known["version"]}"'}
        path = f"/v1/receipts/{number}/actions"
        answer = self.center.client.post(path, json=told, headers=headers)
        assert (answer.status_code == 200) == expected, answer.text
        if expected:
            assert self.center.client.post(path, json=told, headers=headers).status_code == 412

    @rule(unit=UNITS, amount=AMOUNTS, many=st.integers(1, 3), ended=st.booleans())
    def allocate(self, unit: str, amount: int, many: int, ended: bool) -> None:
        """A month of some people, ended accounts among them now and then."""
        mine = [no for no, one in self.model.accounts.items() if one.unit == unit and (ended or not one.gone)]
        parts = {number: (amount, amount + 1) for number in mine[-many:]}
        if not parts:
            return
        month = 190_001 + next(self.numbers)
        expected = self.model.allocate(unit, parts)
        self._booked(lambda conn: ledger_acts.allocate(conn, unit, month, parts), expected)

    @precondition(lambda self: self.model.live())
    @rule(pick=PICKS, amount=AMOUNTS)
    def make_up(self, pick: int, amount: int) -> None:
        number = self.model.live()[pick % len(self.model.live())]
        unit, month = self.model.accounts[number].unit, 190_001 + next(self.numbers)
        expected = self.model.allocate(unit, {number: (amount, 1)})
        self._booked(lambda conn: ledger_acts.make_up(conn, unit, number, month, (amount, 1)), expected)

    @rule(unit=UNITS, amount=AMOUNTS)
    def interest(self, unit: str, amount: int) -> None:
        amounts = {number: amount + place for place, number in enumerate(self.model.live(unit))}
        if not amounts:
            return
        year = next(self.numbers)
        self.model.interest(amounts)
        self._booked(lambda conn: ledger_acts.pay_interest(conn, unit, year, amounts), True)

    @precondition(lambda self: self.model.live())
    @rule(pick=PICKS, amount=AMOUNTS)
    def carry(self, pick: int, amount: int) -> None:
        number = self.model.live()[pick % len(self.model.live())]
        move = Move(codes.person(number, "uc"), codes.person(number, "uo"), amount, "0")
        about = entry("carry", f"carry:{next(self.numbers)}", self.model.accounts[number].unit)
        self._booked(lambda conn: post(conn, about, [move]), self.model.carry(number, amount))

    # ---- what must hold ------------------------------------------------------------------------------

    @invariant()
    def the_money_is_where_the_model_has_it(self) -> None:
        model = self.model
        with self.center.store.read() as conn:
            pools = {row.code: row.balance for row in conn.execute(select(pool)) if row.balance}
            held = {row.account_no: list(row[1:5]) for row in conn.execute(select(holding))}
        waiting = {codes.unallocated(unit): amount for unit, amount in model.waiting.items()}
        others = {
            codes.BANK: model.bank,
            codes.INTEREST_EXPENSE: model.expense,
        }
        suspense = {codes.suspense(unit): amount for unit, amount in model.suspense.items()}
        expected_pools = waiting | suspense | others
        assert pools == {code: amount for code, amount in expected_pools.items() if amount}
        expected = {number: one.parts for number, one in model.accounts.items() if any(one.parts)}
        assert {number: parts for number, parts in held.items() if any(parts)} == expected

    @invariant()
    def the_audit_passes(self) -> None:
        assert {
            one.invariant.number: one.broken for one in audit_store(self.center.store) if one.broken
        } == {}


@contextmanager
def sqlite_place() -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name), migrated_sqlite(sqlite_url(Path(name)))


@contextmanager
def postgres_place(server: str) -> Iterator[tuple[Path, str]]:
    with tempfile.TemporaryDirectory() as name, migrated_postgres(server) as url:
        yield Path(name), url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "sqlite":
        return sqlite_place
    server = request.getfixturevalue("postgres")
    return lambda: postgres_place(server)


def placed(place: Place) -> type[World]:
    class Placed(World):
        pass

    Placed.place = staticmethod(place)
    return Placed


def run(place: Place, examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    asked = settings(
        deadline=None, max_examples=examples, stateful_step_count=steps, suppress_health_check=checks
    )
    run_state_machine_as_test(placed(place), settings=asked)


def test_one_order_with_everything_in_it(place: Place) -> None:
    """Every rule once at least, done and refused; what holds is looked at after each."""
    world = placed(place)()
    try:
        walk(world)
    finally:
        world.teardown()


def walk(world: World) -> None:
    def step(do: Callable[..., Any], **values: Any) -> Any:
        made = do(world, **values)
        world.the_money_is_where_the_model_has_it()
        world.the_audit_passes()
        return made

    step(World.units)
    step(World.open, unit=UNIT)
    step(World.sealed_account, unit=UNIT, amount=4_003)
    for unit in (UNIT, OTHER, ""):
        step(World.record, unit=unit, amount=5_000, twice=True)
    step(World.act_on_a_receipt, pick=0, act="match", unit=UNIT, amount=1)
    step(World.act_on_a_receipt, pick=1, act="refund", unit=OTHER, amount=4_999)
    step(World.act_on_a_receipt, pick=1, act="reverse", unit=OTHER, amount=1)
    step(World.act_on_a_receipt, pick=2, act="reverse", unit=OTHER, amount=1)
    step(World.allocate, unit=UNIT, amount=1_000, many=2, ended=False)
    step(World.allocate, unit=UNIT, amount=5_000, many=2, ended=False)
    step(World.make_up, pick=0, amount=700)
    step(World.interest, unit=UNIT, amount=9)
    step(World.carry, pick=0, amount=1_700)
    step(World.carry, pick=0, amount=5_000)
    # Two wishes for the same person, signed before either has arrived; the later one comes first.
    person = 1
    early = step(World.wish_to_take_over, unit=OTHER, pick=person)
    late = step(World.wish_to_take_over, unit=UNIT, pick=person)
    merging = step(World.two_accounts, unit=OTHER, amount=77)
    for one in (late, early, merging):
        step(World.deliver_into_a_crash, one=one)
        step(World.deliver, one=one)
        step(World.deliver, one=one)
        step(World.restart)
        step(World.deliver, one=one)
    assert [one.status for one in (late, early, merging)] == [422, 201, 201]
    step(World.allocate, unit=UNIT, amount=1, many=3, ended=True)


@pytest.mark.parametrize(
    "place", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_any_order_of_acts_agrees_with_the_model(place: Place) -> None:
    run(place, 3, 15)


@pytest.mark.slow
def test_a_great_many_orders_of_acts_agree_with_the_model(place: Place) -> None:
    run(place, 50, 40)
