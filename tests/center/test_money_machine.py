"""Any order of acts, deliveries and crashes: the center has the money the model has, and the audit passes."""

from __future__ import annotations

import itertools
import tempfile
import uuid
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
from tests.support import ledger_acts
from tests.support.carry_out import carry_out
from tests.support.center import START, CenterUnderTest, SignedRequest, make_settings
from tests.support.databases import migrated_postgres, migrated_sqlite
from tests.support.filing import OTHER, UNIT, Office
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

    @initialize()
    def units(self) -> None:
        self.offices = {UNIT: Office(self.center), OTHER: Office(self.center, OTHER)}
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

    @rule(unit=st.sampled_from((UNIT, OTHER, "")), amount=AMOUNTS)
    def receive(self, unit: str, amount: int) -> None:
        receipt = str(uuid.uuid4())
        number = self.center.store.run(lambda conn: ledger_acts.receive(conn, unit, amount, receipt))
        self.model.receive(f"{number}/{receipt}", unit, amount)

    @precondition(lambda self: self.model.receipts)
    @rule(pick=PICKS)
    def take_back(self, pick: int) -> None:
        named = sorted(self.model.receipts)[pick % len(self.model.receipts)]
        number, receipt = named.split("/")
        work = ledger_acts.take_back_receipt
        self._booked(lambda conn: work(conn, int(number), receipt), self.model.take_back(named))

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
            codes.suspense(): model.suspense,
        }
        assert pools == {code: amount for code, amount in (waiting | others).items() if amount}
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


def run(place: Place, examples: int, steps: int) -> None:
    class Placed(World):
        pass

    Placed.place = staticmethod(place)
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    asked = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=checks)
    run_state_machine_as_test(Placed, settings=asked)


def test_any_order_of_acts_agrees_with_the_model(place: Place) -> None:
    run(place, 3, 15)


@pytest.mark.slow
def test_a_great_many_orders_of_acts_agree_with_the_model(place: Place) -> None:
    run(place, 150, 40)
