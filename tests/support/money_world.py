"""A center and the model of its money side by side: a machine of acts, deliveries, crashes and time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import select, update

from center.ca import make_authority
from center.clock import ManualClock, today
from center.demo.generator import Generator
from center.facts import year_rules
from center.interest.settle import settle_year
from center.ledger import codes
from center.ledger.audit import audit_store
from center.store.money_tables import holding, pool, remittance
from center.store.tables import makeup_order
from center.store.tables import unit as unit_table
from center.year_table import change_year
from domain.businesses.makeup_money import STEP
from domain.interest import InterestError
from domain.money import format_yuan
from domain.period import add_months, fund_year, last_day
from domain.receipts import FIELDS
from tests.support.carry_out import approve, carry_out, work_off
from tests.support.center import START, CenterUnderTest, Login, SignedRequest, make_settings
from tests.support.filing import OTHER, UNIT, Office, clerk
from tests.support.money import give_money
from tests.support.money_model import Account, Makeup, Model, Month, Rules, Unit
from tests.support.remitting import leaving, on_day

UNITS = st.sampled_from((UNIT, OTHER))
AMOUNTS = st.integers(1, 5_000)
PICKS = st.integers(0, 99)
RECEIPT_ACTS = ("match", "refund", "reverse", "unrefund", "correct")
BEGAN, LAST = date(2026, 7, 2), 202_805
"""From where on openings are booked, and the month the clock does not leave."""
YEAR = 2026
"""The fund year in which everything begins."""
MONTHLY = ("seal", "transfer", "remit", "remit_cancel", "allocate", "makeup", "makeup_cancel")
Place = Callable[[], AbstractContextManager[tuple[Path, str]]]
"""Where a world may live: a folder and the URL of a migrated database."""


@dataclass
class Held:
    """A signed submission that may be delivered at any time, any number of times.

    `judge` has the model do it and says whether it is done; the signature and the session end with `era`.
    """

    office: Office
    request: SignedRequest
    era: int
    judge: Callable[[], bool]
    moves: Callable[[], str] | None = None
    """The account whose money goes to another unit."""
    status: int = 0
    serial: str = ""


class World(RuleBasedStateMachine):
    """A center with two units, a clerk, and a clock that only a rule moves."""

    place: Place
    name: str
    held: Bundle[Held] = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.jobs = mock.patch("center.jobs.enqueue")  # the test works jobs off itself
        self.jobs.start()
        self.where = type(self).place()
        folder, url = self.where.__enter__()
        clock, issuer = ManualClock(START), make_authority("测试证书机构", START)
        self.settings = make_settings(folder, self.name, url=url, clock=clock, issuer=issuer)
        self.clock, self.issuer = clock, issuer
        self.center = CenterUnderTest(self.settings, clock, issuer)
        self.numbers, self.days = itertools.count(1), itertools.count()
        self.people: list[Any] = []
        self.era = 0

    def teardown(self) -> None:
        self.center.close()
        self.where.__exit__(None, None, None)
        self.jobs.stop()

    @initialize()
    def units(self) -> None:
        profile = self.settings.profile
        begun = {"paid_through": 202_610, "verified_year": YEAR}
        self.offices = {name: Office(self.center, name, **begun) for name in (UNIT, OTHER)}
        self.clerk = clerk(self.center)
        with self.center.store.write() as conn:
            for year in (YEAR, YEAR + 1):
                change_year(conn, profile, year, ["base_min=1000.00", "base_max=30000.00"])
            rounding = year_rules(conn)[YEAR].unit_rounding
        business = profile.business
        assert business.remit and business.makeup
        rules = Rules(
            by_hand=business.remit.allocation == "manual",
            fit=profile.receipts.fit == "due",
            this_year=business.makeup.years == "current",
            second=business.transfer_in is not None and business.transfer_in.second_account,
            step=STEP[rounding],
        )
        self.model = Model(rules, today(self.clock), {name: Unit(202_610) for name in self.offices})

    # ---- people and accounts -------------------------------------------------------------------------

    def _person(self, unit: str) -> tuple[int, Any]:
        person = self.offices[unit].people(1)[0]
        self.people.append(person)
        return len(self.people) - 1, person

    @rule(unit=UNITS)
    def open(self, unit: str) -> None:
        """An account through the API, worked off by the job where there is one."""
        office = self.offices[unit]
        number, person = self._person(unit)
        receipt = carry_out(office, [office.row(person)], "open")
        assert (receipt["state"], receipt["ok"]) == ("done", 1)
        rows = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
        self.model.accounts[rows[0]["account_no"]] = Account(unit, number, self.model.month)

    @rule(unit=UNITS, amount=AMOUNTS)
    def sealed_account(self, unit: str, amount: int) -> None:
        """A sealed account that begins with money."""
        self._sealed_account(unit, amount)

    def _sealed_account(self, unit: str, amount: int) -> str:
        number, person = self._person(unit)
        account_no = self._give(unit, number, person)
        day = BEGAN + timedelta(days=next(self.days))  # an opening is booked once a unit and day
        give_money(self.center.store, account_no, amount, day)
        self.model.begin(account_no, day, amount)
        self.deliver(self._signed("seal", unit, account_no, 0))
        return account_no

    @precondition(lambda self: self.name == "shaanxi")
    @rule(target=held, unit=UNITS, amount=AMOUNTS)
    def two_accounts(self, unit: str, amount: int) -> Held:
        """A person with two accounts at a unit, and the request that merges them."""
        old = self._sealed_account(unit, amount)
        number = self.model.accounts[old].person
        kept = self._give(unit, number, self.people[number])

        def judge() -> bool:
            if self.model.accounts[kept].heir or not self.model.may_end(old):
                return False
            self.model.move(old, kept)
            return True

        return self._sign(self.offices[unit], "merge", [{"account_no": old, "to_account": kept}], judge)

    def _give(self, unit: str, number: int, person: Any) -> str:
        account_no = self.offices[unit].give_account(person)
        self.model.accounts[account_no] = Account(unit, number, self.model.month)
        return account_no

    # ---- submissions: any delivery -------------------------------------------------------------------

    def _sign(
        self, office: Office, business: str, rows: list[dict[str, str]], judge: Callable[[], bool]
    ) -> Held:
        return Held(office, office.request(office.body(rows, business)), self.era, judge)

    def _signed(self, business: str, unit: str, account_no: str, amount: int) -> Held:
        """A request as it would do now; whether it will do is seen when it arrives."""
        model, office, mine = self.model, self.offices[unit], self.model.units[unit]
        if business == "seal":
            row = office.account_row(account_no)
            return self._sign(office, business, [row], lambda: model.seal(account_no))
        if business == "transfer":
            return self._transfer(unit, account_no)
        if business == "makeup":
            asked = Makeup(account_no, add_months(mine.paid, (amount % 7 == 0) - amount % 3), amount)
            typed = {"month": str(asked.month), "total_amount": format_yuan(amount)}
            row = office.account_row(account_no, business, **typed)
            return self._sign(office, business, [row], lambda: model.make_up(unit, asked))
        if business == "makeup_cancel":
            waiting = [one for one in mine.makeups if one.account == account_no]
            at = waiting[amount % len(waiting)].month if waiting else mine.paid
            row = office.account_row(account_no, business, month=str(at))
            return self._sign(office, business, [row], lambda: model.unmake(unit, account_no, at))
        if business == "remit":
            due = model.due(unit) or Month(add_months(model.month, 1), ())
            return self._sign(office, business, [_month(due)], lambda: model.remit(unit, due))
        none = Month(mine.paid, ())
        if business == "remit_cancel":
            last = (mine.unpaid or [none])[-1]
            return self._sign(office, business, [_month(last)], lambda: model.cancel(unit, last))
        first = mine.unpaid[: 1 + amount % 2] or [none]
        return self._sign(office, business, list(map(_month, first)), lambda: model.allocate(unit, first))

    def _transfer(self, unit: str, account_no: str) -> Held:
        """An account goes to the other unit of the two, or whichever of the person's is sealed there."""
        model, to_unit = self.model, OTHER if unit == UNIT else UNIT
        office, row, business = leaving(self.offices[unit], self.offices[to_unit], account_no)
        person = model.accounts[account_no].person

        def meant() -> str:
            if business == "transfer_out":
                return account_no
            known = [no for no in model.live(unit) if model.accounts[no].person == person]
            return min((no for no in known if model.accounts[no].sealed), default=account_no)

        one = self._sign(office, business, [row], lambda: model.may_go(meant(), to_unit))
        return replace(one, moves=meant)

    def kinds(self) -> list[str]:
        business = self.settings.profile.business
        off = set() if business.allocate else {"allocate"}
        if business.makeup_cancel is None:
            off.add("makeup_cancel")
        if business.transfer_in is None and business.transfer_out is None:
            off.add("transfer")
        return [kind for kind in MONTHLY if kind not in off]

    @precondition(lambda self: self.model.live())
    @rule(target=held, kind=PICKS, pick=PICKS, amount=AMOUNTS, now=st.booleans())
    def wish(self, kind: int, pick: int, amount: int, now: bool) -> Held:
        """A signed request, delivered at once or left for later."""
        business = self.kinds()[kind % len(self.kinds())]
        account_no = self.model.live()[pick % len(self.model.live())]
        one = self._signed(business, self.model.accounts[account_no].unit, account_no, amount)
        if now:
            self.deliver(one)
        return one

    @rule(one=held)
    def deliver(self, one: Held) -> None:
        """For the first time or again, sooner or later than others."""
        answer = self.center.send(one.request)
        if one.era != self.era:
            assert answer.status_code == 401, answer.text
            return
        if one.status:
            assert answer.status_code == (200 if one.status == 201 else 422), answer.text
            if one.status == 201:
                assert answer.json()["replayed"] and answer.json()["serial"] == one.serial
            return
        one.status = answer.status_code
        assert one.status in (201, 422), answer.text
        done = one.status == 201 and self._seen_through(one, answer.json())
        moved = one.moves() if one.moves else ""
        assert one.judge() == done, answer.text
        if done and moved:
            (new,) = {row.account_no for row in self._accounts()} - set(self.model.accounts)
            known, (to_unit,) = self.model.accounts[moved], {UNIT, OTHER} - {self.model.accounts[moved].unit}
            self.model.accounts[new] = Account(to_unit, known.person, 0, 0)
            self.model.move(moved, new)

    def _seen_through(self, one: Held, receipt: dict[str, Any]) -> bool:
        """Whether everything of what was taken is done when jobs and clerks have been at it."""
        one.serial = receipt["serial"]
        if receipt["state"] == "processing":
            work_off(self.center)
        if receipt["state"] == "review":
            approve(self.center, self.clerk)
        standing = one.office.unit_get(f"/submissions/{receipt['submission_id']}")
        assert standing["state"] == "done"
        assert not (standing["ok"] and standing["failed"]), standing
        return bool(standing["ok"])

    def _accounts(self) -> list[Any]:
        return [row for office in self.offices.values() for row in office.accounts()]

    @rule(one=held)
    def deliver_into_a_crash(self, one: Held) -> None:
        """The center dies at the last step: nothing is kept, and the request is as good as before."""
        if one.status or one.era != self.era:
            return
        with mock.patch("center.submissions.append_audit", side_effect=RuntimeError):
            assert self.center.send(one.request).status_code in (422, 500)
        self.restart()

    @rule()
    def restart(self) -> None:
        """Another process over the same database."""
        self.center.close()
        self.center = CenterUnderTest(self.settings, self.clock, self.issuer)
        for office in self.offices.values():
            office.center = self.center

    # ---- time ----------------------------------------------------------------------------------------

    @rule(months=st.integers(1, 5))
    def months_pass(self, months: int) -> None:
        """Another month: sessions and signatures of before are good for nothing."""
        month = min(add_months(self.model.month, months), LAST)
        day = last_day(month) - timedelta(days=months)
        self.era += 1
        for unit, office in self.offices.items():
            on_day(office, day)
            office.generator = Generator(office.profile, day, (self.era + 1) * 10**9 + int(unit))
        with self.center.store.write() as conn:  # what July waits for is done at the counter
            conn.execute(update(unit_table).values(verified_year=fund_year(month)))
        self.clerk = Login(self.center.clerk_login().json(), None)
        self.model.today = day

    @rule()
    def interest(self) -> None:
        """年度结息 when the year is over, and again: the second time nobody gets anything."""
        store, profile = self.center.store, self.settings.profile
        expected = self.model.interest(YEAR)
        for again in (False, True):
            try:
                done = settle_year(store, profile, self.clock, YEAR, "os:test")
            except InterestError as error:
                assert not expected and error.code == "interest.year", error.text
            else:
                assert expected and done.left == 0
                assert not again or (done.accounts, done.amount, done.carried) == (0, 0, 0)

    # ---- money ---------------------------------------------------------------------------------------

    @rule(unit=st.sampled_from((UNIT, OTHER, "")), amount=AMOUNTS, twice=st.booleans())
    def record(self, unit: str, amount: int, twice: bool) -> None:
        """A line of the bank, told again now and then."""
        day = today(self.clock).isoformat()
        line = {"bank_no": f"B{next(self.numbers)}", "day": day, "unit_account": unit}
        told = {"line": line | {"amount": format_yuan(amount)}}
        for expected in (201, 200)[: 1 + twice]:
            answer = self.center.post("/v1/receipts", told, self.clerk)
            assert answer.status_code == expected, answer.text
        self.model.record(answer.json()["receipt"]["receipt_id"], unit, amount)

    @rule(unit=UNITS, pick=PICKS)
    def pay(self, unit: str, pick: int) -> None:
        """What is missing of something that is due, so that there is something to settle."""
        mine = self.model.units[unit]
        sums = itertools.accumulate(month.amount for month in mine.unpaid)
        due = sorted(self.model.expected(unit) | {one - mine.waiting for one in sums})
        due = [one for one in due if one > 0] or [4_000]
        self.record(unit=unit, amount=due[pick % len(due)], twice=False)

    @precondition(lambda self: self.model.receipts)
    @rule(pick=PICKS, act=st.sampled_from(RECEIPT_ACTS), unit=UNITS, amount=AMOUNTS)
    def act_on_a_receipt(self, pick: int, act: str, unit: str, amount: int) -> None:
        """What a clerk does with it; sent again it is refused, for the receipt has moved on."""
        number = list(self.model.receipts)[pick % len(self.model.receipts)]
        known = self.center.get(f"/v1/receipts/{number}", self.clerk).json()["receipt"]
        told: dict[str, Any] = {"action": act, "reason": "单位来函"}
        if act == "match":
            told["unit_account"] = unit
            expected = self.model.match(number, unit)
        elif act == "refund":
            told["amount"] = format_yuan(amount)
            expected = self.model.give_back(number, amount)
        elif act == "unrefund":
            expected = self.model.take_again(number)
        elif act == "correct":
            line = {key: known[key] for key in FIELDS}
            told["line"] = line | {"amount": format_yuan(amount), "unit_account": unit}
            expected = self.model.correct(number, unit, amount)
        else:
            left = self.model.receipts[number].left
            expected = self.model.give_back(number, left, whole=True)
        headers = self.clerk.headers | {"if-match": f'"{known["version"]}"'}
        path = f"/v1/receipts/{number}/actions"
        answer = self.center.client.post(path, json=told, headers=headers)
        assert (answer.status_code == 200) == expected, answer.text
        if expected:
            assert self.center.client.post(path, json=told, headers=headers).status_code == 412

    # ---- what must hold ------------------------------------------------------------------------------

    @invariant()
    def the_money_is_where_the_model_has_it(self) -> None:
        model = self.model
        with self.center.store.read() as conn:
            pools = {row.code: row.balance for row in conn.execute(select(pool)) if row.balance}
            held = {row.account_no: list(row[1:5]) for row in conn.execute(select(holding))}
        waiting = {codes.unallocated(unit): one.waiting for unit, one in model.units.items()}
        others = {codes.BANK: model.bank, codes.INTEREST_EXPENSE: model.expense}
        suspense = {codes.suspense(unit): amount for unit, amount in model.suspense.items()}
        expected_pools = waiting | suspense | others
        assert pools == {code: amount for code, amount in expected_pools.items() if amount}
        expected = {number: one.parts for number, one in model.accounts.items() if any(one.parts)}
        assert {number: parts for number, parts in held.items() if any(parts)} == expected

    @invariant()
    def what_waits_for_money_is_what_the_model_has(self) -> None:
        months, orders = remittance.c, makeup_order.c
        with self.center.store.read() as conn:
            paid = dict(
                map(tuple, conn.execute(select(unit_table.c.unit_account, unit_table.c.paid_through)))
            )
            due = select(months.unit_account, months.month, months.amount).where(months.state == "declared")
            verified = sorted(map(tuple, conn.execute(due)))
            both = orders.unit_amount + orders.person_amount
            asked = select(orders.account_no, orders.month, both).where(orders.state == "declared")
            made_up = sorted(map(tuple, conn.execute(asked)))
        units = self.model.units.items()
        assert paid == {name: one.paid for name, one in units}
        assert verified == sorted((name, it.month, it.amount) for name, one in units for it in one.unpaid)
        assert made_up == sorted((it.account, it.month, it.amount) for _, one in units for it in one.makeups)

    @invariant()
    def the_audit_passes(self) -> None:
        assert {
            one.invariant.number: one.broken for one in audit_store(self.center.store) if one.broken
        } == {}


def _month(one: Month) -> dict[str, str]:
    """A month as a client sends it."""
    return {"month": str(one.month), "people": str(len(one.payers)), "total_amount": format_yuan(one.amount)}
