"""Sealing and reopening of many people, broken off anywhere: every row takes effect once, none is lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from center import inbox, jobs
from center import rows as row_store
from center.effects import changes
from center.effects.apply import Row, Work, apply_rows
from center.jobs import settle_chunk
from center.store.tables import account, account_change, inbox_item, job, submission_row, unit
from domain.business import AccountStatus
from tests.support.center import CenterUnderTest, running_center
from tests.support.center_process import CenterProcess
from tests.support.filing import Office

SLOW = pytest.mark.slow
SMALL = 10
"""Rows of a chunk in the tests with injected faults."""

PEOPLE = 45
BECOMES = {"seal": AccountStatus.SEALED, "unseal": AccountStatus.NORMAL}
POINTS: list[tuple[Any, str]] = [
    (changes, "take_revisions"),
    (changes, "update_rows"),
    (changes, "insert_rows"),
    (row_store, "apply_rows"),
    (row_store, "update_rows"),
    (inbox, "next_rev"),
]
"""What a chunk calls on its way; the fault comes before the call or behind it."""


class Fault(Exception):
    """The machine fails here."""


class Town:
    """A unit of shaanxi with people, whose businesses the test works off itself."""

    def __init__(self, center: CenterUnderTest, count: int) -> None:
        self.center = center
        self.office = Office(center)
        people = self.office.people(count)
        context = self.office.context()
        texts = self.office.rows_of(people)
        rows = [Row(at, one.key, row) for at, (one, row) in enumerate(zip(people, texts, strict=True), 1)]
        with center.store.write() as conn:
            work = Work(conn, self.office.profile, self.office.unit, "open", context.today, context.month)
            opened = apply_rows(work, rows).accounts
        self.numbers = [opened[row.row_no] for row in rows]

    def rows(self, business: str) -> list[dict[str, str]]:
        """A row for everybody, as a client sends it."""
        rows = [self.office.account_row(number, business) for number in self.numbers]
        if "base" not in rows[0]:
            return rows
        amounts = {"unit_ratio": "12", "person_ratio": "12", "unit_amount": "960.00"}
        return [row | amounts | {"person_amount": "960.00", "total_amount": "1920.00"} for row in rows]

    def assert_each_once(self, business: str, number: str, *, failed: int = 0) -> None:
        """Every row but `failed` ones changed its account once, with one line and one revision each."""
        count = len(self.numbers)
        with self.center.store.read() as conn:
            mine = submission_row.c.submission_id == number
            rows = conn.execute(select(submission_row).where(mine).order_by(submission_row.c.row_no)).all()
            assert [row.row_no for row in rows] == list(range(1, count + 1))
            good = [row.account_no for row in rows if row.state == "ok"]
            assert sum(row.state == "failed" for row in rows) == failed
            assert len(good) == count - failed
            found = select(account_change).where(account_change.c.submission_id == number)
            lines = conn.execute(found).all()
            assert sorted(line.account_no for line in lines) == sorted(good)
            assert {line.row_no for line in lines} == {row.row_no for row in rows if row.state == "ok"}
            accounts = {one.account_no: one for one in self.office.accounts()}
            for line in lines:
                assert accounts[line.account_no].rev == line.rev
                assert accounts[line.account_no].status == BECOMES[business].value
            revisions = select(func.count(), func.max(account_change.c.rev))
            lines_in_all, last = conn.execute(revisions).one()
            assert lines_in_all == last == conn.execute(select(unit.c.depositor_rev)).scalar_one()
            standing = select(job.c.ok, job.c.failed, job.c.state).where(job.c.submission_id == number)
            assert conn.execute(standing).one() == (count - failed, failed, "done")
            told = inbox_item.c.tab == "messages", inbox_item.c.submission_id == number
            assert conn.execute(select(func.count()).where(*told)).scalar_one() == 1


# ---- faults at every step of a chunk -------------------------------------------------------------------


class Faults:
    """Breaks the `place`-th call of `POINTS` once, before it or behind it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.place = -1
        self.behind = False
        for module, name in POINTS:
            patch.setattr(module, name, self._watched(getattr(module, name)))

    def _watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            mine = self.calls == self.place
            self.calls += 1
            if mine and not self.behind:
                raise Fault
            result = real(*args, **more)
            if mine:
                raise Fault
            return result

        return call

    def at(self, place: int, *, behind: bool) -> None:
        self.calls, self.place, self.behind = 0, place, behind


@pytest.fixture
def town(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.setattr(jobs, "CHUNK", SMALL)
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        yield Town(center, PEOPLE)


def worked_off(town: Town, job_id: str) -> int:
    """Settle a job to its end as often as it is broken off; gives how often that was."""
    broken = after = 0
    while True:
        try:
            done = town.center.store.run(
                lambda conn, at=after: settle_chunk(conn, town.office.profile, town.center.clock, job_id, at)  # type: ignore[misc]
            )
        except Fault:
            broken += 1
            after = 0  # as a process that was started anew
            continue
        if not done.more:
            return broken
        after = done.last


def swept(town: Town, monkeypatch: pytest.MonkeyPatch, places: Callable[[int], list[int]]) -> None:
    """Seal and reopen everybody in turn, each time with a fault at another place."""
    queued: list[str] = []
    monkeypatch.setattr(jobs, "enqueue", lambda conn, job_id: queued.append(job_id))
    faults = Faults(monkeypatch)

    def run(business: str, place: int, *, behind: bool) -> int:
        number = town.office.file(town.rows(business), business=business)["submission_id"]
        faults.at(place, behind=behind)
        broken = worked_off(town, queued.pop())
        assert broken == (place >= 0), "the fault was not met"
        calls = faults.calls
        faults.at(-1, behind=False)
        town.assert_each_once(business, number)
        with town.center.store.write() as conn:  # nobody is reopened in the month of sealing
            conn.execute(update(account).where(account.c.sealed_month > 0).values(sealed_month=202601))
        return calls

    calls = run("seal", -1, behind=False)
    assert calls >= len(POINTS) * (PEOPLE // SMALL)
    turn = ["unseal", "seal"]
    for at, place in enumerate(places(calls)):
        run(turn[at % 2], place, behind=at % 4 < 2)


def test_a_chunk_broken_off_anywhere_is_settled_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    swept(town, monkeypatch, lambda calls: random.Random(calls).sample(range(calls), 4))


@SLOW
def test_a_chunk_broken_off_everywhere_is_settled_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    swept(town, monkeypatch, lambda calls: [place for place in range(calls) for _ in range(2)])


def test_a_faulty_row_in_every_chunk_stops_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[str] = []
    monkeypatch.setattr(jobs, "enqueue", lambda conn, job_id: queued.append(job_id))
    number = town.office.file(town.rows("seal"), business="seal")["submission_id"]
    gone = town.numbers[3::SMALL]
    with town.center.store.write() as conn:
        frozen = update(account).where(account.c.account_no.in_(gone))
        conn.execute(frozen.values(status=AccountStatus.FROZEN.value))
    assert worked_off(town, queued[0]) == 0
    town.assert_each_once("seal", number, failed=len(gone))


@pytest.mark.parametrize("bad", [[1], [7], [1, 2, 44, 45], list(range(1, PEOPLE + 1))])
def test_rows_the_effect_refuses_leave_the_others(town: Town, bad: list[int]) -> None:
    """Refused by the write itself: the chunk is halved until the bad ones stand alone."""
    office, context = town.office, town.office.context()
    people = office.people(PEOPLE)
    rows = []
    for at, (person, cells) in enumerate(zip(people, office.rows_of(people), strict=True), 1):
        rows.append(Row(at, person.key if at not in bad else None, cells))  # type: ignore[arg-type]
    with town.center.store.write() as conn:
        work = Work(conn, office.profile, office.unit, "open", context.today, context.month)
        results = apply_rows(work, rows)
    assert sorted(results.failed) == bad
    assert sorted(results.accounts) == [row.row_no for row in rows if row.row_no not in bad]
    assert len(set(results.accounts.values())) == PEOPLE - len(bad)
    keys = {one.person_key for one in office.accounts()}
    assert all((person.key in keys) == (at not in bad) for at, person in enumerate(people, 1))


# ---- a process that is killed ---------------------------------------------------------------------------


def until(done: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 90
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=SLOW)], indirect=True)
@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=SLOW)])
def test_a_center_killed_at_any_moment_settles_each_row_once(
    tmp_path: Path, database_url: str, kills: int
) -> None:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        town = Town(center, 3 * jobs.CHUNK)
        office, chance = town.office, random.Random(kills)
        request = office.request(office.body(town.rows("seal"), business="seal", source="file"))
        number = request.headers["idempotency-key"]

        def send(process: CenterProcess) -> bool:
            try:
                answer = httpx.put(
                    process.base + request.path, content=request.body, headers=request.headers, timeout=60
                )
            except httpx.HTTPError:
                return False
            assert answer.status_code in (200, 201), answer.text
            return True

        def state() -> str:
            with center.store.read() as conn:
                found = conn.execute(select(job.c.state).where(job.c.submission_id == number)).scalar()
            return str(found)

        for _ in range(kills):
            process = CenterProcess(tmp_path, "shaanxi", database_url)
            send(process)
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
        process = CenterProcess(tmp_path, "shaanxi", database_url)
        try:
            assert send(process)
            until(lambda: state() == "done", "the job did not end")
        finally:
            process.kill()
        town.assert_each_once("seal", number)
