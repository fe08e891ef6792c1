from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, func, select, text

from center import jobs
from center.audit import verify_audit
from center.jobs import CHUNK, JobEngine, at_once, settle_chunk
from center.store.tables import account, inbox_item, job, submission, submission_row
from tests.support.center import CenterUnderTest, running_center
from tests.support.center_process import CenterProcess
from tests.support.filing import OTHER, Office

PATIENCE = 60.0
SLOW = pytest.mark.slow


@contextmanager
def working(center: CenterUnderTest) -> Iterator[JobEngine]:
    """The center's job engine running in this process."""
    engine = JobEngine(center.settings, center.store)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


@pytest.fixture
def shaanxi(tmp_path: Path, database_url: str) -> Iterator[CenterUnderTest]:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        yield center


def wait_for(done: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while True:
        found = done()
        if found:
            return found
        assert time.monotonic() < end, what
        time.sleep(0.05)


def finished(office: Office, number: str) -> dict[str, Any]:
    def standing() -> dict[str, Any] | None:
        receipt: dict[str, Any] = office.unit_get(f"/submissions/{number}")
        return receipt if receipt["state"] == "done" else None

    receipt: dict[str, Any] = wait_for(standing, "the job did not end")
    return receipt


def assert_each_row_once(conn: Connection, office: Office, number: str, count: int) -> None:
    """Every row is ok with an account of its own, and there is nothing else."""
    mine = submission_row.c.submission_id == number
    rows = conn.execute(select(submission_row).where(mine).order_by(submission_row.c.row_no)).all()
    assert [row.row_no for row in rows] == list(range(1, count + 1))
    assert {row.state for row in rows} == {"ok"}
    made = conn.execute(select(account).where(account.c.unit_account == office.unit)).all()
    assert sorted(row.account_no for row in rows) == sorted(one.account_no for one in made)
    assert len({row.account_no for row in rows}) == count
    assert sorted(one.person_key for one in made) == sorted(row.person_key for row in rows)
    assert sorted(one.rev for one in made) == list(range(1, count + 1))
    messages = select(func.count()).where(
        inbox_item.c.tab == "messages", inbox_item.c.submission_id == number
    )
    assert conn.execute(messages).scalar_one() == 1
    assert verify_audit(conn) is None


@pytest.mark.feature("O-05", profile="shaanxi")
@pytest.mark.feature("O-09", profile="shaanxi")
@pytest.mark.feature("I-09", profile="shaanxi")
@pytest.mark.feature("Y-03", profile="shaanxi")
@pytest.mark.feature("Q-18", profile="shaanxi")
def test_a_registration_is_processed_after_it_was_taken(shaanxi: CenterUnderTest) -> None:
    office = Office(shaanxi)
    with working(shaanxi):
        receipt = office.file(office.rows(3), source="file")
        assert (receipt["state"], receipt["pending"], receipt["ok"]) == ("processing", 3, 0)
        assert receipt["serial"] == "2026112300000001"
        number = receipt["submission_id"]
        done = finished(office, number)
    assert (done["ok"], done["failed"], done["pending"]) == (3, 0, 0)
    assert done["message"] == "个人开户处理完成：成功3人，失败0人。"
    assert [item["body"] for item in office.inbox("messages")] == [done["message"]]
    with shaanxi.store.read() as conn:
        assert_each_row_once(conn, office, number, 3)


@pytest.mark.feature("Y-01", profile="shaanxi")
def test_progress_comes_with_the_inbox(shaanxi: CenterUnderTest) -> None:
    office = Office(shaanxi)
    seen: list[tuple[str, int]] = []
    with working(shaanxi):
        number = office.file(office.rows(2 * CHUNK + 50))["submission_id"]
        after = 0
        while not seen or seen[-1][0] != "done":
            found = office.get("/inbox", after=after, wait=20)
            after = found["rev"]
            seen += [(one["state"], one["ok"]) for one in found["jobs"] if one["submission_id"] == number]
    assert [ok for _, ok in seen][-1] == 2 * CHUNK + 50
    assert ("processing", CHUNK) in seen
    assert [ok for _, ok in seen] == sorted(ok for _, ok in seen)


def test_a_bad_row_harms_no_other(shaanxi: CenterUnderTest) -> None:
    office, other = Office(shaanxi), Office(shaanxi, OTHER)
    people = office.people(4)
    with working(shaanxi):
        rows = office.rows_of(people)
        other.give_account(people[1])
        receipt = office.file(rows)
        assert receipt["failed"] == 1, "known at once"
        done = finished(office, receipt["submission_id"])
    assert (done["ok"], done["failed"]) == (3, 1)
    failed = office.unit_get(f"/submissions/{done['submission_id']}/rows", state="failed")["rows"]
    assert [(row["row"], row["code"]) for row in failed] == [(2, "open.active_elsewhere")]


def test_what_changed_meanwhile_fails_its_row_only(
    shaanxi: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[str] = []
    monkeypatch.setattr(jobs, "enqueue", lambda conn, job_id: queued.append(job_id))
    office, other = Office(shaanxi), Office(shaanxi, OTHER)
    people = office.people(3)
    number = office.file(office.rows_of(people))["submission_id"]
    other.give_account(people[2])
    more, *_ = shaanxi.store.run(lambda conn: settle_chunk(conn, office.profile, shaanxi.clock, queued[0]))
    assert not more
    rows = office.unit_get(f"/submissions/{number}/rows")["rows"]
    assert [row["state"] for row in rows] == ["ok", "ok", "failed"]
    assert rows[2]["reason"].startswith("存在正常缴存账户")


def test_running_a_chunk_again_changes_nothing(
    shaanxi: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[str] = []
    monkeypatch.setattr(jobs, "enqueue", lambda conn, job_id: queued.append(job_id))
    office = Office(shaanxi)
    number = office.file(office.rows(5))["submission_id"]

    def settle() -> bool:
        clock = shaanxi.clock
        return shaanxi.store.run(lambda conn: settle_chunk(conn, office.profile, clock, queued[0])).more

    assert not settle()
    before = [tuple(one) for one in office.accounts()]
    assert not settle()
    assert [tuple(one) for one in office.accounts()] == before
    with shaanxi.store.read() as conn:
        assert_each_row_once(conn, office, number, 5)


def test_the_job_exists_if_and_only_if_the_submission_does(
    shaanxi: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(shaanxi)
    with working(shaanxi):
        body = office.body(office.rows(2))

        def broken(*_: Any, **__: Any) -> None:
            raise RuntimeError("cut after the job was queued")

        with monkeypatch.context() as patch:
            patch.setattr("center.submissions.append_audit", broken)
            answer = office.send(body, "0191d0a0-0000-4000-8000-00000000000a")
        assert (answer.status_code, answer.json()["code"]) == (500, "server.error")
        with shaanxi.store.read() as conn:
            for table in (submission, submission_row, job):
                assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0
            where = "" if shaanxi.store.is_sqlite else "dbos."
            found = conn.execute(text(f"SELECT count(*) FROM {where}workflow_status")).scalar_one()
            assert found == 0
        assert office.send(body, "0191d0a0-0000-4000-8000-00000000000a").status_code == 201
        finished(office, "0191d0a0-0000-4000-8000-00000000000a")
    assert len(office.accounts()) == 2


def test_an_engine_that_stops_in_the_middle_goes_on_at_the_next_start(shaanxi: CenterUnderTest) -> None:
    office = Office(shaanxi)
    count = 4 * CHUNK
    with working(shaanxi):
        number = office.file(office.rows(count))["submission_id"]
        wait_for(lambda: office.unit_get(f"/submissions/{number}")["ok"], "the job did not begin")
    standing = office.unit_get(f"/submissions/{number}")
    assert (standing["state"], standing["ok"] < count) == ("processing", True)
    with working(shaanxi):
        finished(office, number)
    with shaanxi.store.read() as conn:
        assert_each_row_once(conn, office, number, count)


def test_a_job_whose_process_is_gone_is_taken_up(
    shaanxi: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process that took the submission and vanished with its queue leaves it."""
    queued: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "enqueue", lambda conn, job_id: queued.append(job_id))
        office = Office(shaanxi)
        number = office.file(office.rows(3))["submission_id"]
    with working(shaanxi) as engine:
        assert engine.take_up_stale() == [], "too early"
        shaanxi.clock.advance(seconds=61)
        assert engine.take_up_stale() == queued
        engine.take_up_stale()
        finished(office, number)
    with shaanxi.store.read() as conn:
        assert_each_row_once(conn, office, number, 3)


def test_a_chunk_that_fails_is_tried_again(shaanxi: CenterUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([RuntimeError("the disk hiccuped")])
    good = jobs.settle_chunk

    def hiccup(*args: Any) -> jobs.Settled:
        for failure in failures:
            raise failure
        return good(*args)

    monkeypatch.setattr(jobs, "settle_chunk", hiccup)
    office = Office(shaanxi)
    with working(shaanxi):
        number = office.file(office.rows(2))["submission_id"]
        finished(office, number)
    with shaanxi.store.read() as conn:
        assert_each_row_once(conn, office, number, 2)


def test_a_process_runs_the_jobs_of_one_center_only(shaanxi: CenterUnderTest) -> None:
    with working(shaanxi):
        with pytest.raises(RuntimeError, match="one center"):
            JobEngine(shaanxi.settings, shaanxi.store).start()


def test_a_center_without_asynchronous_business_starts_no_engine(center: CenterUnderTest) -> None:
    engine = JobEngine(center.settings, center.store)
    engine.start()
    engine.stop()
    assert not engine.needed


@SLOW
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_killed_again_and_again_each_row_is_settled_once(tmp_path: Path, database_url: str) -> None:
    count = 6 * CHUNK
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        office = Office(center)
        request = office.request(office.body(office.rows(count), source="file"))
        number = request.headers["idempotency-key"]

        def settled() -> int:
            mine = submission_row.c.submission_id == number, submission_row.c.state == "ok"
            with center.store.read() as conn:
                return conn.execute(select(func.count()).where(*mine)).scalar_one()

        process = CenterProcess(tmp_path, "shaanxi", database_url)
        try:
            answer = httpx.put(
                process.base + request.path, content=request.body, headers=request.headers, timeout=60
            )
            assert answer.status_code == 201, answer.text
            reached = 0
            for _ in range(3):
                wait_for(lambda start=reached: settled() > start, "the job did not move")  # type: ignore[misc]
                process.kill()
                reached = settled()
                assert reached < count, "killed too late to prove anything"
                process = CenterProcess(tmp_path, "shaanxi", database_url)
            again = httpx.put(
                process.base + request.path, content=request.body, headers=request.headers, timeout=60
            )
            assert (again.status_code, again.json()["replayed"]) == (200, True)
            wait_for(lambda: settled() == count, "the job did not end")
            wait_for(lambda: office.unit_get(f"/submissions/{number}")["state"] == "done", "not closed")
        finally:
            process.kill()
        with center.store.read() as conn:
            assert_each_row_once(conn, office, number, count)
            assert conn.execute(select(job.c.ok, job.c.failed, job.c.state)).one() == (count, 0, "done")


@pytest.mark.parametrize(
    ("total", "rows"), [(1, 200), (200, 200), (10_000, 200), (20_000, 400), (100_000, 1000)]
)
def test_a_large_job_takes_more_rows_at_once(total: int, rows: int) -> None:
    assert at_once(total) == rows
