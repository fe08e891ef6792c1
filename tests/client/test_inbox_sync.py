"""Inbox, results of submissions, and the local copy of depositors, against a center in this process."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from client.errors import AuthExpired, CenterUnreachable
from client.inbox import InboxWatcher, Link
from client.results import Results
from client.store.caches import BatchCache, InboxCache
from client.store.depositors import DepositorCache
from client.sync import DepositorSync, SyncProgress
from domain.business import AccountStatus
from domain.wire import CaseAction, InboxItem, InboxPoll, JobProgress, RowDecision, SubmissionState
from tests.client.support import Agent, problem
from tests.support.filing import Office, clerk

MakeAgent = Callable[..., Agent]


def watcher(agent: Agent, polls: list[InboxPoll], links: list[Link], **more: Any) -> InboxWatcher:
    cache = InboxCache(agent.database, agent.scope.key)
    return InboxWatcher(
        agent.client, cache, polls.append, on_link=links.append, pause=lambda low, high: 0.01, **more
    )


def submitted(agent: Agent, count: int = 3) -> str:
    roster = agent.filled(count)
    frozen = agent.frozen(roster)
    agent.outbox.submit(frozen)
    assert [event.kind for event in agent.outbox.send_due()] == ["accepted"]
    return frozen.submission_id


# ---- inbox ---------------------------------------------------------------------------------------------


def test_a_message_arrives_in_the_waiting_poll(agent: Agent) -> None:
    polls: list[InboxPoll] = []
    links: list[Link] = []
    arrived, first = threading.Event(), threading.Event()
    cache = InboxCache(agent.database, agent.scope.key)

    def on_poll(poll: InboxPoll) -> None:
        polls.append(poll)
        first.set()
        if poll.items:
            arrived.set()

    watch = InboxWatcher(agent.client, cache, on_poll, on_link=links.append, wait=20)
    stop = watch.start()
    assert first.wait(15)
    submission_id = submitted(agent)
    assert arrived.wait(15)
    stop()
    assert links == [Link.ONLINE]
    items = watch.cache.items("messages")
    assert [item.submission_id for item in items] == [submission_id]
    assert "已完成办理缴存人登记" in items[0].body
    assert watch.cache.revision() == polls[-1].rev
    assert watch.cache.counts() == polls[-1].counts


def test_the_state_follows_the_connection(agent: Agent) -> None:
    polls: list[InboxPoll] = []
    links: list[Link] = []
    watch = watcher(agent, polls, links, wait=0)
    stop = threading.Event()
    failures = 4
    answers = 0

    def meddle(request: httpx.Request, go: Any) -> httpx.Response:
        nonlocal failures, answers
        if failures:
            failures -= 1
            raise httpx.ConnectError("cut")
        answers += 1
        if answers == 2:
            stop.set()
        answer: httpx.Response = go(request)
        return answer

    agent.wire.handler = meddle
    watch.run(stop)
    assert links == [Link.OFFLINE, Link.ONLINE]
    assert [link.value for link in Link] == ["在线", "重连中", "离线"]
    agent.wire.handler = lambda request, go: problem(503, "server.busy")
    with pytest.raises(Exception, match="busy"):
        watch.poll_once()


def test_the_end_of_the_session_ends_the_polling(agent: Agent) -> None:
    ended = threading.Event()
    watch = watcher(agent, [], [], on_login=ended.set)
    agent.client.identify(None)
    watch.run(threading.Event())
    assert ended.is_set()
    with pytest.raises(AuthExpired):
        watch.poll_once()


def test_a_person_at_the_keyboard_keeps_the_session_alive(agent: Agent) -> None:
    active = True
    watch = watcher(agent, [], [], wait=0, is_active=lambda: active)
    watch.poll_once()
    assert agent.wire.seen[-1].headers["x-user-active"] == "1"
    active = False
    watch.poll_once()
    assert "x-user-active" not in agent.wire.seen[-1].headers


def test_a_center_that_counts_anew_empties_the_copy(agent: Agent) -> None:
    submitted(agent)
    polls: list[InboxPoll] = []
    watch = watcher(agent, polls, [], wait=0)
    watch.poll_once()
    assert watch.cache.items("messages")
    watch.cache.apply(10_000, (), {})
    assert watch.poll_once() is None
    assert watch.cache.revision() == 0
    watch.poll_once()
    assert len(watch.cache.items("messages")) == 1


def test_a_changed_entry_moves_and_a_deleted_one_goes(agent: Agent) -> None:
    cache = InboxCache(agent.database, "x")
    item = InboxItem(
        item_id=1,
        rev=1,
        tab="messages",
        title="t",
        body="b",
        time="2026-11-23T02:00:00Z",
        channel="站内",
        state="",
    )
    cache.apply(1, [item], {"messages": 1})
    assert cache.items("messages") == [item]
    moved = item.model_copy(update={"rev": 2, "tab": "read", "read": True})
    cache.apply(2, [moved], {"read": 1})
    assert (cache.items("messages"), cache.items("read")) == ([], [moved])
    cache.apply(3, [moved.model_copy(update={"rev": 3, "deleted": True})], {})
    assert cache.items("read") == []
    assert InboxCache(agent.database, "y").revision() == 0


@pytest.mark.parametrize("told_first", [False, True], ids=["done here first", "told first"])
@pytest.mark.parametrize("done", [{"read": True, "tab": "read"}, {"deleted": True}], ids=["read", "deleted"])
def test_what_is_done_to_an_entry_is_counted_once(
    agent: Agent, done: dict[str, Any], told_first: bool
) -> None:
    """The center rings for what was done here, and its answer may come before ours is noted."""
    cache = InboxCache(agent.database, "x")
    item = InboxItem(
        item_id=1,
        rev=1,
        tab="messages",
        title="通知",
        body="内容",
        time="2026-11-23T01:00:00Z",
        channel="中心",
        state="",
    )
    cache.apply(1, [item], {"messages": 1})
    now = item.model_copy(update=done)
    counts = {"read": 1} if "read" in done else {}
    if told_first:
        cache.apply(2, [now.model_copy(update={"rev": 2})], counts)
    found = cache.change(now)
    assert {tab: count for tab, count in found.items() if count} == counts
    assert cache.counts() == found and cache.revision() == (2 if told_first else 1)
    assert [len(cache.items(tab)) for tab in ("messages", "read")] == [0, len(counts)]


# ---- results -------------------------------------------------------------------------------------------


@pytest.mark.feature("O-09", profile="hangzhou")
def test_the_clerks_decision_reaches_the_rows_of_the_agent(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    submission_id = submitted(agent)
    results = Results(agent.client, agent.database)
    sent = agent.store.rosters(agent.scope, "open", "final")[0].roster_id
    assert {row.result for row in agent.store.window(sent, 0, 9)} == {"pending"}
    assert results.refresh(agent.office.unit, submission_id).state == "review"

    login = clerk(agent.center)
    from client.api import CenterClient
    from client.session import Session
    from tests.client.support import BASE
    from tests.support.center import PASSWORD

    desk = Session(
        CenterClient(BASE, transport=agent.center.transport, clock=agent.clock), profile_name="hangzhou"
    )
    assert login.reply["role"] == "clerk"
    desk.login_clerk("guiyuan", PASSWORD)
    case = desk.client.cases().cases[0]
    taken = desk.client.act_on_case(case.case_id, CaseAction(action="take", version=case.version))
    assert len(desk.client.case_rows(case.case_id).rows) == 3
    refused = [RowDecision(row=2, reason="身份证复印件不清")]
    desk.client.act_on_case(
        case.case_id,
        CaseAction(action="approve", version=taken.case.version, opinion="同意", refused=refused),
    )

    receipt = results.refresh(agent.office.unit, submission_id)
    assert (receipt.state, receipt.ok, receipt.failed) == ("done", 2, 1)
    rows = agent.store.window(sent, 0, 9)
    assert [row.result for row in rows] == ["ok", "failed", "ok"]
    assert rows[1].reason == "身份证复印件不清"
    assert rows[0].account_no and not rows[1].account_no
    assert agent.outbox.store.receipt(submission_id) == receipt
    draft = agent.roster()
    assert agent.outbox.store.reopen_failed(submission_id, draft.roster_id) == 1
    back = agent.store.window(draft.roster_id, 0, 9)
    assert [(row.state, row.bad) for row in back] == [("draft", True)]
    assert [found.text for found in back[0].findings if found.is_error] == ["身份证复印件不清"]
    assert agent.store.count(sent) == 2


def test_progress_told_by_the_inbox_changes_the_receipt(agent: Agent) -> None:
    submission_id = submitted(agent)
    results = Results(agent.client, agent.database)
    assert results.note_progress([progress(submission_id, "processing", 1, 0)]) == []
    receipt = agent.outbox.store.receipt(submission_id)
    assert receipt is not None
    assert (receipt.state, receipt.ok, receipt.pending) == ("processing", 1, 2)
    stranger = progress(str(uuid.uuid4()), "done", 3, 0)
    done = progress(submission_id, "done", 2, 1)
    assert results.note_progress([stranger, done]) == [submission_id]


def progress(submission_id: str, state: SubmissionState, ok: int, failed: int) -> JobProgress:
    return JobProgress(
        submission_id=submission_id,
        serial="1",
        title="个人开户",
        state=state,
        total=3,
        ok=ok,
        failed=failed,
        updated="2026-11-23T02:00:00Z",
    )


# ---- depositors ----------------------------------------------------------------------------------------


def sync_of(agent: Agent) -> tuple[DepositorSync, DepositorCache]:
    cache = DepositorCache(agent.database, agent.scope)
    return DepositorSync(agent.client, cache, agent.office.unit), cache


@pytest.mark.feature("E-01", profile="hangzhou")
@pytest.mark.feature("E-03", profile="hangzhou")
def test_the_local_copy_equals_the_center_after_any_cut(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    office: Office = agent.office
    numbers = [office.give_account(person) for person in office.people(23)]
    sync, cache = sync_of(agent)
    assert not cache.complete()
    cuts = 3

    def meddle(request: httpx.Request, go: Any) -> httpx.Response:
        nonlocal cuts
        answer: httpx.Response = go(request)
        if cuts and "since=0" not in str(request.url):
            cuts -= 1
            raise httpx.ReadError("cut")
        return answer

    agent.wire.handler = meddle
    told: list[SyncProgress] = []
    for _ in range(3):
        with pytest.raises(CenterUnreachable):
            sync.run(told.append, page_size=5)
        assert not cache.complete()
    end = sync.run(told.append, page_size=5, headcount=23)
    assert (end.done, end.total) == (True, 23)
    assert [row.account_no for row in cache.after()] == numbers
    assert sum(step.rows for step in told if not step.done) >= 5
    assert (cache.complete(), cache.count()) == (True, 23)
    first = cache.by_account(numbers[0])
    assert first is not None
    assert (first.base, first.unit_amount, first.status) == (800_000, 96_000, AccountStatus.NORMAL.value)
    assert cache.by_person(first.id_number) == first
    assert cache.by_account("none") is None
    assert sync.run().rows == 0
    office.give_account(office.people(1)[0])
    assert sync.run().rows == 1
    assert cache.count() == 24


def test_a_synchronisation_may_be_stopped_and_goes_on_later(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    for person in agent.office.people(12):
        agent.office.give_account(person)
    sync, cache = sync_of(agent)
    stop = threading.Event()
    stop.set()
    assert sync.run(stop=stop, page_size=5).done is False
    assert (cache.count(), cache.complete()) == (5, False)
    assert sync.run(page_size=5).done is True
    assert cache.count() == 12


def test_a_center_set_back_is_copied_anew(make_agent: MakeAgent) -> None:
    agent = make_agent("hangzhou")
    for person in agent.office.people(4):
        agent.office.give_account(person)
    sync, cache = sync_of(agent)
    sync.run()
    assert cache.apply((), cache.revision(), 5000, complete=True)
    assert sync.run().done
    assert cache.count() == 4
    assert cache.revision() < 5000


def test_the_list_of_batches_is_there_without_a_connection(agent: Agent) -> None:
    submission_id = submitted(agent)
    batches = agent.client.submissions(agent.office.unit, "open", month=202611)
    cache = BatchCache(agent.database, agent.scope)
    cache.put(batches.batches)
    cache.put(batches.batches)
    assert [one.submission_id for one in cache.month(202611)] == [submission_id]
    assert cache.month(202610) == []


def test_accounts_and_attachments_are_asked_for(agent: Agent) -> None:
    submitted(agent)
    page = agent.client.accounts(agent.office.unit, limit=2)
    assert len(page.rows) == 2 and page.next is not None
    assert len(agent.client.accounts(agent.office.unit, after=page.next).rows) == 1
    ref = agent.client.attach(agent.office.unit, "名册 (1).pdf", b"%PDF-1.4\n", "application/pdf")
    assert (ref.name, ref.size) == ("名册 (1).pdf", 9)


def test_a_poll_without_news_is_told_as_quiet(agent: Agent) -> None:
    polls: list[InboxPoll] = []
    quiet: list[int] = []
    watch = watcher(agent, polls, [], wait=0, on_quiet=lambda: quiet.append(len(polls)))
    watch.poll_once()
    assert (len(polls), quiet) == (1, [])
    watch.poll_once()
    assert (len(polls), quiet) == (1, [1])
