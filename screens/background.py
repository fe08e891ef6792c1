"""What works in the background of a login: sending the outbox, watching the inbox, fetching results."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from client.errors import AuthExpired, ClientError
from client.inbox import InboxWatcher, Link
from client.outbox import Outbox, OutboxEvent
from client.results import Results
from client.store.caches import InboxCache
from domain.wire import CENTER_SCOPE
from screens.state import StateEvent

if TYPE_CHECKING:
    from client.store.database import Database
    from domain.wire import InboxPoll
    from screens.state import AppState

STILL_OPEN = ("review", "processing")
"""States of a submission whose rows may still change."""


class Background:
    """The threads of one login. Made and started in a worker; `stop` returns at once."""

    def __init__(self, state: AppState) -> None:
        """Raises StoreError, AuthExpired."""
        self.state = state
        person = state.person
        if person is None:
            raise AuthExpired
        self.database: Database = state.database()
        session = state.session()
        scope = state.scope()
        self.unit = person.unit_account
        self.outbox = None
        if person.role == "agent":
            self.outbox = Outbox(self.database, session, scope, on_event=self._sent)
        self.cache = InboxCache(self.database, scope.key if self.unit else f"{CENTER_SCOPE} {scope.own_key}")
        self.results = Results(session.client, self.database)
        self._due: set[str] = set()
        self._watcher = InboxWatcher(
            session.client,
            self.cache,
            self._polled,
            on_link=self._linked,
            on_quiet=self._quiet,
            on_login=lambda: state.tell(StateEvent("expired")),
            is_active=lambda: state.active(),
        )
        self._stops: list[Callable[[], object]] = []
        self._stopped = False

    def start(self) -> None:
        """Start sending and watching."""
        self.state.inbox.counts = self.cache.counts()
        if self.outbox is not None:
            self._due.update(self.outbox.store.unsettled_ids(self.outbox.scope, STILL_OPEN))
            self._stops.append(self.outbox.start())
        self._stops.append(self._watcher.start())

    def stop(self) -> None:
        """Stop; what is not sent waits for the next login."""
        self._stopped = True
        stops, self._stops = self._stops, []
        for stop in stops:
            stop()

    # ---- on the threads ------------------------------------------------------------------------------

    def _sent(self, event: OutboxEvent) -> None:
        if self._stopped:
            return
        self._count()
        if event.kind == "accepted" and event.receipt is not None and event.receipt.state in STILL_OPEN:
            self._due.add(event.submission_id)
        self.state.tell(StateEvent("outbox", sent=event))
        if event.kind == "login":
            self.state.tell(StateEvent("expired"))

    def _count(self) -> None:
        try:
            self.state.unsent_now()
        except ClientError:
            return

    def _linked(self, link: Link) -> None:
        if not self._stopped:
            self.state.note_link(str(link))
            if link is Link.ONLINE and self.outbox is not None:
                self.outbox.wake()

    def _quiet(self) -> None:
        """Nothing new at the center: fetch what could not be fetched when it was told."""
        if self._due and self.unit and not self._stopped:
            self._fetch_results()

    def _polled(self, poll: InboxPoll) -> None:
        if self._stopped:
            return
        inbox = self.state.inbox
        inbox.counts = dict(poll.counts)
        inbox.rev = poll.rev
        for job in poll.jobs:
            inbox.jobs[job.submission_id] = job
        if self.unit:
            self._due.update(self.results.note_progress(poll.jobs))
            self._due.update(item.submission_id for item in poll.items if item.submission_id)
            self._fetch_results()
        self.state.tell(StateEvent("inbox", poll=poll))

    def _fetch_results(self) -> None:
        """Read the results of submissions of this workstation that the center has said something about."""
        for submission_id in sorted(self._due):
            try:
                if self.results.store.receipt(submission_id) is not None:
                    self.results.refresh(self.unit, submission_id)
            except AuthExpired:
                raise
            except ClientError as error:
                if error.retryable:
                    return
            self._due.discard(submission_id)
