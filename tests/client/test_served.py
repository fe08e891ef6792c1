"""The whole way over a real socket: uvicorn, httpx, the worker threads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from center.ca import make_authority
from center.clock import ManualClock, SystemClock
from client.api import CenterClient
from client.inbox import InboxWatcher
from client.outbox import Outbox, OutboxEvent
from client.results import Results
from client.roster import RosterService
from client.session import Session
from client.store.caches import InboxCache
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import Scope
from domain.business import Totals
from domain.businesses.opening import declare
from domain.wire import AttachmentRef, InboxPoll
from tests.client.support import KeyInHand
from tests.support.center import PASSWORD, CenterUnderTest, make_settings, served
from tests.support.filing import PDF, Office


@pytest.mark.parametrize("profile", ["baishan", "shanxi"])
def test_from_login_to_the_push_message_over_a_real_socket(tmp_path: Path, profile: str) -> None:
    clock = SystemClock()
    issuer = make_authority("测试证书机构", clock.now())
    settings = make_settings(tmp_path, profile, clock=clock, issuer=issuer)
    filling = CenterUnderTest(settings, ManualClock(clock.now()), issuer)
    office = Office(filling)
    assert office.login.key is not None
    with served(settings) as url:
        client = CenterClient(url)
        key = KeyInHand(office.login.key)
        session = Session(client, profile_name=profile, signer=key)
        session.login_with_key("100001", PASSWORD, session.usable_certificates()[0], "agent100001")
        assert session.context is not None
        assert abs(client.clock_offset) < 5
        database = Database(tmp_path / "store")
        store = RosterStore(database)
        scope = Scope(profile, "test", "100001", "agent100001")
        pushed: list[InboxPoll] = []
        message = threading.Event()

        def on_poll(poll: InboxPoll) -> None:
            pushed.append(poll)
            if poll.items:
                message.set()

        watch = InboxWatcher(client, InboxCache(database, scope.key), on_poll)
        stop_inbox = watch.start()
        done = threading.Event()
        events: list[OutboxEvent] = []

        def on_event(event: OutboxEvent) -> None:
            events.append(event)
            done.set()

        outbox = Outbox(database, session, scope, on_event=on_event)
        stop_outbox = outbox.start()
        roster = RosterService(
            store,
            store.open_draft(scope, "open"),
            declare(session.profile()),
            session.check_context(),
            session.profile(),
        )
        for typed in office.rows(5):
            assert not roster.add(typed).bad
        store.select_all(roster.roster_id, True)
        attachments: list[AttachmentRef] = []
        if session.profile().offered()["open"].attachments:
            attachments = [client.attach("100001", "名册.pdf", PDF, "application/pdf")]
        which = session.profile().queue.submit_scope
        assert which != "one_or_all"
        frozen = roster.freeze(which, expected=Totals(5, 960_000), attachments=attachments)
        outbox.submit(frozen)
        assert done.wait(30)
        assert [event.kind for event in events] == ["accepted"], events
        assert message.wait(30)
        receipt = Results(client, database).refresh("100001", frozen.submission_id)
        assert receipt.state == "done"
        assert client.submission_rows("100001", frozen.submission_id).rows[0].row == 1
        stop_inbox()
        stop_outbox()
        session.logout()
        client.close()
        database.close()
    filling.close()
