"""What deadlines follow from, kept on this computer: the center's clock goes on, duties see the people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from client.deadlines import DeadlineCache, kept_units
from client.store.caches import Settings
from client.store.database import Database
from client.store.depositors import DepositorCache
from client.store.rows import Scope
from domain.deadlines import Duty, State, deadlines
from domain.deadlines_wire import DeadlineBasis
from domain.profile import load_profile
from tests.client.conftest import MakeAgent
from tests.client.test_depositors import row

SCOPE = Scope("baishan", "center", "100001", "agent")
PROFILE = load_profile("baishan")
TOLD = DeadlineBasis(
    unit_account="100001", name="示例一中", today="2026-11-23", time="2026-11-23T02:00:00Z", month=202611,
    paid_through=202610, payday=15,
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path)
    yield made
    made.close()


def test_nothing_is_told_before_the_center_has_told_something(database: Database) -> None:
    cache = DeadlineCache(database, SCOPE)
    assert (cache.facts(PROFILE), cache.unit_name(), kept_units(database, "baishan")) == (None, "", [])


def test_the_day_is_the_centers_and_goes_on(database: Database) -> None:
    cache = DeadlineCache(database, SCOPE)
    cache.keep(TOLD)
    now = datetime.now(UTC)
    for passed, today in [(0, 23), (-5, 23), (1, 24), (3, 26)]:
        found = cache.facts(PROFILE, now + timedelta(days=passed))
        assert found is not None
        assert (found[0].today, found[1]) == (date(2026, 11, today), TOLD.time)
    assert cache.unit_name() == "示例一中"


def test_units_are_told_apart_and_belong_to_everybody_who_serves_them(database: Database) -> None:
    other = Scope("baishan", "center", "100002", "agent")
    for scope in (SCOPE, other, Scope("hangzhou", "center", "100001", "agent"), SCOPE):
        DeadlineCache(database, scope).keep(TOLD.model_copy(update={"unit_account": scope.unit_account}))
    assert [scope.unit_account for scope in kept_units(database, "baishan")] == ["100001", "100002"]
    colleague = Scope("baishan", "center", "100001", "colleague")
    assert DeadlineCache(database, colleague).facts(PROFILE) is not None


def test_what_another_version_kept_is_passed_over(database: Database) -> None:
    cache = DeadlineCache(database, SCOPE)
    cache.keep(TOLD)
    name = f"deadline basis {SCOPE.key}"
    kept = Settings(database).get(name)
    Settings(database).put(name, {**kept, "told": {**kept["told"], "more": 1}})
    assert (cache.facts(PROFILE), cache.unit_name()) == (None, "")


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [("open", "01", True), ("open", "02", False), ("open", None, False),
     ("seal", "01", False), ("seal", "02", True), ("seal", None, False)],
)  # fmt: skip
def test_a_duty_is_done_when_the_copy_of_the_people_says_so(
    database: Database, kind: str, status: str | None, done: bool
) -> None:
    cache = DeadlineCache(database, SCOPE)
    cache.keep(TOLD)
    key = "110101199003070011"
    people = [row("10000100000001", "王小明", key, status=status)] if status else []
    DepositorCache(database, SCOPE).apply(people, 0, 1, complete=True)
    cache.keep_duties(202611, [Duty(kind, key, "王小明", date(2026, 11, 2))])  # type: ignore[arg-type]
    found = cache.facts(PROFILE)
    assert found is not None and [one.done for one in found[0].duties] == [done]
    (mine,) = [one for one in deadlines(found[0]) if one.kind == kind]
    assert (mine.state is State.DONE) is done and mine.due == date(2026, 12, 2)
    cache.keep_duties(202612, [])
    found = cache.facts(PROFILE)
    assert found is not None and (found[0].duties, found[0].compared) == ((), 202612)


def test_the_center_is_asked_and_its_answer_kept(make_agent: MakeAgent) -> None:
    agent = make_agent("baishan", paid_through=202609, details='{"payday": "10"}')
    cache = DeadlineCache(agent.database, agent.scope)
    cache.fetch(agent.client)
    found = cache.facts(agent.profile)
    assert found is not None and (found[0].paid_through, found[0].payday) == (202609, 10)
