"""A submission is sent until it is answered, and is one submission whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from center.store.tables import submission
from client.errors import AuthExpired, Refused, RosterError, StoreError
from client.outbox import OutboxEvent
from client.store.rows import Frozen
from domain.business import Totals
from tests.client.support import Agent, Handler, problem

MakeAgent = Callable[..., Agent]
KEYED = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]


def arrived(agent: Agent) -> int:
    with agent.center.store.read() as conn:
        return conn.execute(select(func.count()).select_from(submission)).scalar_one()


def states(agent: Agent, roster_id: int) -> list[tuple[str, str]]:
    return [(row.state, row.result) for row in agent.store.window(roster_id, 0, 99)]


def queued(agent: Agent, count: int = 3) -> tuple[Frozen, int]:
    roster = agent.filled(count)
    frozen = agent.frozen(roster)
    agent.outbox.submit(frozen)
    return frozen, roster.roster_id


def one_event(agent: Agent, submission_id: str) -> OutboxEvent:
    event = agent.outbox.send_one(submission_id)
    assert event is not None
    return event


def until_answered(agent: Agent, submission_id: str, rounds: int = 20) -> OutboxEvent:
    """Let time pass and the outbox work; no person does anything."""
    for _ in range(rounds):
        for event in agent.outbox.send_due():
            if event.kind in ("accepted", "refused"):
                return event
        agent.center.clock.advance(seconds=61)
        agent.login()
    raise AssertionError(f"no answer for {submission_id}: {[e.kind for e in agent.events]}")


# ---- the plain path ----------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", KEYED)
def test_a_submission_is_taken_and_its_rows_leave_the_draft(make_agent: MakeAgent, profile: str) -> None:
    agent = make_agent(profile)
    frozen, draft = queued(agent)
    assert arrived(agent) == 0
    assert states(agent, draft) == [("queued", "")] * 3
    event = one_event(agent, frozen.submission_id)
    assert event.kind == "accepted"
    assert event.receipt is not None
    assert (event.receipt.count, event.receipt.amount) == (3, "5760.00")
    assert agent.store.count(draft) == 0
    sent = agent.store.rosters(agent.scope, "open", "final")[0]
    assert sent.submission_id == frozen.submission_id
    wanted = "pending" if profile == "hangzhou" else "ok"
    assert states(agent, sent.roster_id) == [("final", wanted)] * 3
    assert agent.outbox.store.receipt(frozen.submission_id) == event.receipt
    assert agent.outbox.send_due() == []


def test_the_bytes_are_on_disk_before_the_first_one_leaves(agent: Agent) -> None:
    frozen, _ = queued(agent)

    def look(request: httpx.Request, go: Any) -> httpx.Response:
        if request.method == "PUT":
            entry = agent.outbox.store.entry(frozen.submission_id)
            assert entry is not None
            assert (entry.state, entry.attempts) == ("sent", 1)
            assert entry.prepared.body == request.content
            assert entry.prepared.headers["Signature"] == request.headers["signature"]
        answer: httpx.Response = go(request)
        return answer

    agent.wire.handler = look
    assert one_event(agent, frozen.submission_id).kind == "accepted"


def test_a_roster_changed_after_signing_is_not_sent(agent: Agent) -> None:
    roster = agent.filled()
    frozen = agent.frozen(roster)
    prepared = agent.session.prepare_submission(frozen.submission_id, frozen.body)
    roster.add(agent.people(1)[0])
    with pytest.raises(RosterError) as changed:
        agent.outbox.enqueue(frozen, prepared)
    assert changed.value.code == "roster.changed"
    assert agent.outbox.store.entry(frozen.submission_id) is None
    assert states(agent, roster.roster_id) == [("draft", "")] * 4


@pytest.mark.feature("W-08", profile="hangzhou")
def test_rows_on_their_way_can_be_neither_changed_nor_deleted(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    frozen, draft = queued(agent)
    roster = agent.roster()
    with pytest.raises(RosterError) as locked:
        roster.edit(frozen.row_ids[0], {"base": "9000"})
    assert locked.value.sentence == "这条记录已经提交，不能再修改，如需更正请重新申报。"
    assert agent.store.delete(frozen.row_ids) == 0
    assert agent.store.clear(draft) == 0
    assert roster.totals("all") == Totals(0, 0)


# ---- faults ------------------------------------------------------------------------------------------


def cut_before(request: httpx.Request, go: Any) -> httpx.Response:
    raise httpx.ConnectError("cut", request=request)


def cut_after(request: httpx.Request, go: Any) -> httpx.Response:
    go(request)
    raise httpx.ReadError("cut", request=request)


def no_answer_in_time(request: httpx.Request, go: Any) -> httpx.Response:
    go(request)
    raise httpx.ReadTimeout("slow", request=request)


def busy(request: httpx.Request, go: Any) -> httpx.Response:
    return problem(503, "server.busy", retry_after=7)


def gateway(request: httpx.Request, go: Any) -> httpx.Response:
    return httpx.Response(502, text="<html>Bad Gateway</html>", headers={"content-type": "text/html"})


def garbage(request: httpx.Request, go: Any) -> httpx.Response:
    go(request)
    return httpx.Response(201, content=b"\xff\x00{", headers={"content-type": "application/json"})


def login_page(request: httpx.Request, go: Any) -> httpx.Response:
    return httpx.Response(200, text="<html>认证</html>", headers={"content-type": "text/html"})


def half(request: httpx.Request, go: Any) -> httpx.Response:
    answer = go(request)
    return httpx.Response(201, content=answer.read()[:50], headers={"content-type": "application/json"})


FAULTS = [cut_before, cut_after, no_answer_in_time, busy, gateway, garbage, login_page, half]


@pytest.mark.parametrize("fault", FAULTS)
def test_any_fault_is_healed_without_anybody_asking(agent: Agent, fault: Handler) -> None:
    frozen, draft = queued(agent)
    faults = 3

    def meddle(request: httpx.Request, go: Any) -> httpx.Response:
        nonlocal faults
        if "/submissions/" not in request.url.path or faults == 0:
            answer: httpx.Response = go(request)
            return answer
        faults -= 1
        return fault(request, go)

    agent.wire.handler = meddle
    first = one_event(agent, frozen.submission_id)
    assert first.kind == "waiting"
    assert first.sentence.endswith("。")
    assert states(agent, draft) == [("queued", "")] * 3
    assert until_answered(agent, frozen.submission_id).kind == "accepted"
    assert arrived(agent) == 1
    assert agent.store.count(draft) == 0
    bodies = {request.content for request in agent.wire.sent("PUT") if "/submissions/" in request.url.path}
    assert bodies == {frozen.body}


def test_after_a_lost_answer_the_center_is_asked_and_nothing_is_sent_twice(agent: Agent) -> None:
    frozen, _ = queued(agent)
    agent.wire.handler = cut_after
    assert one_event(agent, frozen.submission_id).kind == "waiting"
    agent.wire.handler = None
    agent.wire.seen.clear()
    assert one_event(agent, frozen.submission_id).kind == "accepted"
    assert [request.method for request in agent.wire.seen] == ["GET"]


def test_pauses_grow_with_each_failure_up_to_a_minute(agent: Agent) -> None:
    frozen, _ = queued(agent)
    agent.wire.handler = cut_before
    pauses = [one_event(agent, frozen.submission_id).seconds for _ in range(9)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    entry = agent.outbox.store.entry(frozen.submission_id)
    assert entry is not None
    assert entry.attempts == 9
    assert agent.outbox.send_due() == []
    agent.center.clock.advance(seconds=61)
    assert [event.kind for event in agent.outbox.send_due()] == ["waiting"]


def test_the_center_says_how_long_to_wait(agent: Agent) -> None:
    frozen, _ = queued(agent)
    agent.wire.handler = busy
    assert one_event(agent, frozen.submission_id).seconds == 7.0


# ---- login and key -----------------------------------------------------------------------------------


def test_a_session_that_has_ended_keeps_the_submission_and_asks_for_a_login(agent: Agent) -> None:
    frozen, draft = queued(agent)
    agent.wire.handler = lambda request, go: problem(401, "auth.required", "登录已失效，请重新登录。")
    event = one_event(agent, frozen.submission_id)
    assert event.kind == "login"
    assert isinstance(event.error, AuthExpired)
    assert states(agent, draft) == [("queued", "")] * 3
    agent.wire.handler = None
    agent.session.forget()
    assert one_event(agent, frozen.submission_id).kind == "login"
    assert agent.key is not None
    agent.key.unlocked = True
    agent.login()
    agent.outbox.wake()
    assert [event.kind for event in agent.outbox.send_due()] == ["accepted"]


def test_an_expired_signature_is_renewed_under_the_same_id(agent: Agent) -> None:
    frozen, _ = queued(agent)
    agent.center.clock.advance(seconds=400)
    agent.wire.handler = None
    assert agent.key is not None
    agent.key.unlocked = False
    event = one_event(agent, frozen.submission_id)
    assert event.kind == "signature"
    assert event.sentence == "UKey 尚未解锁，请先输入 PIN。"
    assert agent.wire.sent("PUT")[:1] == [] or arrived(agent) == 0
    agent.key.unlock(None)
    agent.outbox.wake()
    assert [event.kind for event in agent.outbox.send_due()] == ["accepted"]
    entry = agent.outbox.store.entry(frozen.submission_id)
    assert entry is not None
    assert entry.prepared.body == frozen.body
    assert entry.prepared.expires >= agent.clock()


def test_a_signature_the_center_holds_for_used_up_is_renewed_at_once(agent: Agent) -> None:
    frozen, _ = queued(agent)
    refused = 1

    def meddle(request: httpx.Request, go: Any) -> httpx.Response:
        nonlocal refused
        if request.method == "PUT" and refused:
            refused -= 1
            return problem(401, "signature.replayed", "该签名已经用过，请重新签名提交。")
        answer: httpx.Response = go(request)
        return answer

    agent.wire.handler = meddle
    assert one_event(agent, frozen.submission_id).kind == "accepted"
    first, second = (request for request in agent.wire.sent("PUT") if "/submissions/" in request.url.path)
    assert first.headers["signature"] != second.headers["signature"]
    assert first.content == second.content


def test_another_address_of_the_center_is_signed_anew(agent: Agent) -> None:
    """The demo center has another port at every start; the signature covers the address."""
    roster = agent.filled()
    frozen = agent.frozen(roster)
    prepared = agent.session.prepare_submission(frozen.submission_id, frozen.body)
    moved = type(prepared)("PUT", prepared.url.replace("center", "other"), prepared.headers, frozen.body, 0)
    agent.outbox.enqueue(frozen, moved)
    assert one_event(agent, frozen.submission_id).kind == "accepted"


# ---- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", KEYED)
def test_a_refusal_puts_the_rows_back_with_the_findings_of_the_center(
    make_agent: MakeAgent, profile: str
) -> None:
    agent = make_agent(profile)
    person = agent.office.people(1)[0]
    roster = agent.roster()
    kept = roster.add(agent.office.row(person))
    if agent.profile.queue.submit_scope == "selected":
        agent.store.select_all(roster.roster_id, True)
    frozen = agent.frozen(roster)
    agent.office.give_account(person)
    agent.outbox.submit(frozen)
    event = one_event(agent, frozen.submission_id)
    assert event.kind == "refused"
    assert isinstance(event.error, Refused)
    assert event.sentence.startswith("共1人，其中1人不能办理")
    row = agent.store.row(kept.row_id)
    assert row is not None
    assert (row.state, row.submission_id, row.bad) == ("draft", "", True)
    assert row.typed == kept.typed
    assert [found.code for found in row.findings] == ["open.active_here"]
    assert agent.outbox.send_due() == []
    with pytest.raises(RosterError) as faulty:
        agent.frozen(roster)
    assert faulty.value.sentence == "还有1条记录有错误，请改正或删除后再提交。"


def test_the_refusal_of_a_lost_answer_is_found_by_asking(agent: Agent) -> None:
    person = agent.office.people(1)[0]
    roster = agent.roster()
    roster.add(agent.office.row(person))
    agent.store.select_all(roster.roster_id, True)
    frozen = agent.frozen(roster)
    agent.office.give_account(person)
    agent.outbox.submit(frozen)
    agent.wire.handler = cut_after
    assert one_event(agent, frozen.submission_id).kind == "waiting"
    agent.wire.handler = None
    event = one_event(agent, frozen.submission_id)
    assert event.kind == "refused"
    row = agent.store.window(roster.roster_id, 0, 1)[0]
    assert [found.code for found in row.findings] == ["open.active_here"]


def test_rows_refused_within_an_accepted_submission_come_back_alone(agent: Agent) -> None:
    people = agent.office.people(3)
    roster = agent.roster()
    rows = [roster.add(row) for row in agent.office.rows_of(people)]
    agent.store.select_all(roster.roster_id, True)
    frozen = agent.frozen(roster)
    agent.office.give_account(people[1])
    agent.outbox.submit(frozen)
    event = one_event(agent, frozen.submission_id)
    assert event.kind == "accepted"
    assert event.receipt is not None
    assert (event.receipt.ok, event.receipt.failed) == (2, 1)
    left = agent.store.window(roster.roster_id, 0, 9)
    assert [(row.row_id, row.state, row.bad) for row in left] == [(rows[1].row_id, "draft", True)]
    roster.edit(rows[1].row_id, agent.people(1)[0])
    again = agent.frozen(roster)
    agent.outbox.submit(again)
    assert one_event(agent, again.submission_id).kind == "accepted"


def test_a_certificate_that_is_refused_gives_the_rows_back(agent: Agent) -> None:
    frozen, draft = queued(agent)
    agent.wire.handler = lambda request, go: problem(
        403, "certificate.revoked", "UKey证书已吊销，请到中心更换。"
    )
    event = one_event(agent, frozen.submission_id)
    assert (event.kind, event.sentence) == ("refused", "UKey证书已吊销，请到中心更换。")
    assert states(agent, draft) == [("draft", "")] * 3


# ---- start again -------------------------------------------------------------------------------------


def test_what_was_open_is_sent_by_the_next_run(agent: Agent, tmp_path: Path) -> None:
    frozen, draft = queued(agent)
    agent.wire.handler = cut_after
    for _ in range(8):
        one_event(agent, frozen.submission_id)
    agent.wire.handler = None
    agent.database.close()
    next_run = Agent.__new__(Agent)
    next_run.__dict__.update(agent.__dict__)
    from client.store.database import Database
    from client.store.rosters import RosterStore

    next_run.database = Database(agent.database.folder)
    next_run.store = RosterStore(next_run.database)
    outbox = next_run.new_outbox()
    assert outbox.send_due() == []
    outbox.wake()
    assert [event.kind for event in outbox.send_due()] == ["accepted"]
    assert arrived(agent) == 1
    assert next_run.store.count(draft) == 0
    next_run.database.close()


def test_the_worker_sends_what_is_put_in_and_stops(agent: Agent) -> None:
    done = threading.Event()

    def note(event: OutboxEvent) -> None:
        agent.events.append(event)
        done.set()

    agent.outbox._on_event = note
    stop = agent.outbox.start()
    roster = agent.filled()
    agent.outbox.submit(agent.frozen(roster))
    assert done.wait(20)
    stop()
    assert [event.kind for event in agent.events] == ["accepted"]
    assert not [thread for thread in threading.enumerate() if thread.name == "gjj-outbox"]


def test_an_answer_that_comes_twice_is_settled_once(agent: Agent) -> None:
    frozen, draft = queued(agent)
    event = one_event(agent, frozen.submission_id)
    assert event.receipt is not None
    assert agent.outbox.store.accept(frozen.submission_id, event.receipt) is False
    assert agent.outbox.store.refuse(frozen.submission_id, "x。", ()) is False
    assert len(agent.store.rosters(agent.scope, "open", "final")) == 1
    assert agent.store.count(draft) == 0


def test_a_full_disk_is_told_in_one_sentence_and_nothing_is_sent(agent: Agent) -> None:
    roster = agent.filled(40)
    frozen = agent.frozen(roster)
    with agent.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    agent.database.close()

    import client.store.database as module

    opened = module._connect
    try:
        module._connect = lambda path, mode="rwc": _limited(opened(path, mode), pages)
        with pytest.raises(StoreError) as full:
            agent.outbox.submit(frozen)
    finally:
        module._connect = opened
        agent.database.close()
    assert (full.value.code, full.value.sentence) == (
        "store.full",
        "磁盘已满，内容没有保存，请清理磁盘后重试。",
    )
    assert states(agent, roster.roster_id) == [("draft", "")] * 40
    assert arrived(agent) == 0


def _limited(connection: Any, pages: int) -> Any:
    connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection


def test_a_submission_under_review_is_known_to_be_unsettled(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    frozen, _ = queued(agent)
    unsettled = agent.outbox.store.unsettled_ids
    assert unsettled(agent.scope, ("review",)) == []
    assert one_event(agent, frozen.submission_id).kind == "accepted"
    assert unsettled(agent.scope, ("review",)) == [frozen.submission_id]
    assert unsettled(agent.scope, ("processing",)) == []
    assert unsettled(replace(agent.scope, operator="other"), ("review",)) == []


def test_another_agent_of_the_unit_sends_nothing_in_the_first_ones_name(agent: Agent) -> None:
    frozen, _ = queued(agent)
    assert agent.session.person is not None
    agent.session.person = replace(agent.session.person, operator="jbr999")
    assert one_event(agent, frozen.submission_id).kind == "login"
    assert arrived(agent) == 0
