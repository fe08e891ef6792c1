"""Any order of acts, deliveries and crashes: the center has the money the model has, and the audit passes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from center.settings import sqlite_url
from tests.support.databases import migrated_postgres, migrated_sqlite
from tests.support.filing import OTHER, UNIT
from tests.support.money_world import Held, Place, World

PROFILES = ["baishan", "lyszfgjj", "shaanxi"]


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


def placed(place: Place, profile: str) -> type[World]:
    class Placed(World):
        name = profile

    Placed.place = staticmethod(place)
    return Placed


def run(place: Place, profile: str, examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    asked = settings(
        deadline=None, max_examples=examples, stateful_step_count=steps, suppress_health_check=checks
    )
    run_state_machine_as_test(placed(place, profile), settings=asked)


def everywhere(quick: dict[str, str]) -> pytest.MarkDecorator:
    """Every profile on every database; slow but for the `quick` one of a database."""
    pairs = [(database, profile) for database in ("sqlite", "postgresql") for profile in PROFILES]
    marked = [pytest.param(*one, marks=[] if quick.get(one[0]) == one[1] else SLOW) for one in pairs]
    return pytest.mark.parametrize(("place", "profile"), marked, indirect=["place"])


SLOW = pytest.mark.slow


@everywhere({"sqlite": "shaanxi", "postgresql": "baishan"})
def test_one_order_with_everything_in_it(place: Place, profile: str) -> None:
    """Every rule once at least, done and refused; what holds is looked at after each."""
    world = placed(place, profile)()
    try:
        Walk(world).everything()
    finally:
        world.teardown()


class Walk:
    """A way through a world that looks at what must hold after each step."""

    def __init__(self, world: World) -> None:
        self.world = world

    def step(self, do: Callable[..., Any], **values: Any) -> Any:
        """One rule."""
        made = do(self.world, **values)
        self.world.the_money_is_where_the_model_has_it()
        self.world.what_waits_for_money_is_what_the_model_has()
        self.world.the_audit_passes()
        return made

    def file(self, business: str, pick: int = 0, amount: int = 2, status: int = 201) -> Held:
        """Sign and deliver about an account, of the first unit unless `pick` says otherwise."""
        kind = self.world.kinds().index(business)
        one: Held = self.step(World.wish, kind=kind, pick=pick, amount=amount, now=True)
        assert one.status == status
        return one

    def everything(self) -> None:
        step = self.step
        step(World.units)
        step(World.open, unit=UNIT)
        step(World.sealed_account, unit=UNIT, amount=4_003)
        sealed = self.world.model.live()[-1]
        for unit in (UNIT, OTHER, ""):
            step(World.record, unit=unit, amount=5_000, twice=unit == "")
        step(World.act_on_a_receipt, pick=2, act="match", unit=OTHER, amount=1)
        step(World.act_on_a_receipt, pick=1, act="unrefund", unit=OTHER, amount=1)
        step(World.act_on_a_receipt, pick=1, act="refund", unit=OTHER, amount=4_999)
        step(World.act_on_a_receipt, pick=1, act="unrefund", unit=OTHER, amount=1)
        step(World.act_on_a_receipt, pick=1, act="refund", unit=OTHER, amount=4_999)
        step(World.act_on_a_receipt, pick=1, act="reverse", unit=OTHER, amount=1)
        step(World.act_on_a_receipt, pick=0, act="correct", unit=UNIT, amount=4_999)
        step(World.act_on_a_receipt, pick=0, act="correct", unit=UNIT, amount=4_999)
        step(World.act_on_a_receipt, pick=0, act="correct", unit=UNIT, amount=5_000)
        step(World.act_on_a_receipt, pick=2, act="reverse", unit=OTHER, amount=1)
        self.months()
        step(World.interest)
        step(World.months_pass, months=5)
        delivered = self.deliveries(sealed)
        step(World.months_pass, months=5)
        step(World.deliver, one=delivered)
        step(World.interest)
        self.file("remit")
        step(World.pay, unit=UNIT, pick=0)

    def months(self) -> None:
        """Verified, taken back, verified again, paid; a month made up before its money and behind it."""
        self.file("remit")
        self.file("remit", status=422)
        self.file("remit_cancel")
        self.file("remit_cancel", status=422)
        self.file("remit")
        self.step(World.pay, unit=UNIT, pick=0)
        by_hand = self.world.model.rules.by_hand
        if by_hand:
            self.file("allocate")
            self.file("allocate", status=422)
        assert self.world.model.units[UNIT].paid == 202_611
        self.file("makeup", amount=6)
        if "makeup_cancel" in self.world.kinds():
            self.file("makeup_cancel")
            self.file("makeup_cancel", status=422)
            self.file("makeup", amount=6)
        self.step(World.record, unit=UNIT, amount=6, twice=False)
        self.file("makeup", amount=6, status=201 if by_hand and not self.world.model.made_up else 422)

    def deliveries(self, sealed: str) -> Held:
        """Requests signed before others had arrived: crashed into, repeated, the later one first."""
        step, world = self.step, self.world
        live = world.model.live()
        kinds = world.kinds()
        asked = {"pick": live.index(sealed), "amount": 2, "now": False}
        late: list[Held] = [step(World.wish, kind=kinds.index("remit"), **asked) for _ in range(2)]
        if "transfer" in kinds:
            late += [step(World.wish, kind=kinds.index("transfer"), **asked) for _ in range(2)]
        if world.name == "shaanxi":
            late.append(step(World.two_accounts, unit=OTHER, amount=77))
        for one in reversed(late):
            if one in (late[0], late[-1]):
                step(World.deliver_into_a_crash, one=one)
            step(World.deliver, one=one)
            if one in late[-2:]:
                step(World.deliver, one=one)
        expected = [422, 201, 422, 201, 201]
        assert [one.status for one in late] == expected[: len(late)]
        return late[-1]


@everywhere({"sqlite": "lyszfgjj"})
def test_any_order_of_acts_agrees_with_the_model(place: Place, profile: str) -> None:
    run(place, profile, 1, 12)


@pytest.mark.slow
@everywhere({})
def test_a_great_many_orders_of_acts_agree_with_the_model(place: Place, profile: str) -> None:
    run(place, profile, 30, 40)
