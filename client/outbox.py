"""Sending what has been submitted until there is a final answer, whatever happens in between.

The bytes are on disk before the first of them leaves. After a cut the center is asked what became of the
submission, and where it never arrived the same bytes are sent again under the same id: however often that
happens, it is one submission. Nobody is asked to look it up by hand.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from client.errors import (
    AuthExpired,
    BadAnswer,
    ClientError,
    LoginRefused,
    NotFound,
    Refused,
    SignatureRefused,
)
from client.session import Session
from client.signing import wire_url
from client.store.database import Database
from client.store.outbox_store import OutboxEntry, OutboxStore
from client.store.rows import Frozen, Scope
from ukey.signer import SignerError

if TYPE_CHECKING:
    from client.signing import Prepared
    from domain.wire import Receipt

log = logging.getLogger("gjj.client")

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
LOOK_SECONDS = 5.0
"""How often the worker looks for submissions of another process."""

KEY_WAIT = 30.0
LOGIN_WAIT = 30.0
EARLY = 15
"""A signature is renewed this many seconds before it expires."""

Kind = Literal["accepted", "refused", "waiting", "login", "signature"]


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """What an attempt came to.

    `accepted` and `refused` are final; `waiting` is tried again by itself in `seconds`; `login` and
    `signature` wait for a person. `sentence` is one Chinese sentence; a center's words in it are outside
    strings.
    """

    kind: Kind
    submission_id: str
    sentence: str
    receipt: Receipt | None = None
    error: ClientError | None = None
    seconds: float = 0.0


class Outbox:
    """The outbox of the session's agent. Thread-safe; `send_one` and `run` belong into a worker."""

    def __init__(
        self,
        database: Database,
        session: Session,
        scope: Scope,
        *,
        on_event: Callable[[OutboxEvent], None] | None = None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Nothing is sent before `send_one` or `run`. `on_event` is called on the sending thread."""
        self.store = OutboxStore(database)
        self.session = session
        self.scope = scope
        self._on_event = on_event
        self._clock = clock
        self._jitter = jitter
        self._wake = threading.Event()
        self._sending = threading.Lock()

    # ---- filling -----------------------------------------------------------------------------------

    def enqueue(self, frozen: Frozen, prepared: Prepared) -> str:
        """Commit a signed submission and its rows' state; returns its id. No network here.

        RosterError roster.changed when the roster has changed since it was frozen; StoreError when nothing
        could be saved, for instance store.full. In both cases nothing has been sent.
        """
        self.store.enqueue(self.scope, frozen, prepared)
        log.info("submission %s queued, %d rows", frozen.submission_id, frozen.count)
        self._wake.set()
        return frozen.submission_id

    def submit(self, frozen: Frozen) -> str:
        """Sign and enqueue. Raises SignerError when the key must be unlocked first."""
        return self.enqueue(frozen, self.session.prepare_submission(frozen.submission_id, frozen.body))

    def wake(self) -> None:
        """Try everything now: after a login, after the PIN, when the network is back."""
        self.store.resume(self.scope)
        self._wake.set()

    # ---- sending -----------------------------------------------------------------------------------

    def send_due(self) -> list[OutboxEvent]:
        """Send what is due, oldest first; returns what came of it."""
        now = self._clock()
        due = [
            submission_id
            for submission_id, next_try in self.store.open_ids(self.scope)
            if next_try <= now or next_try > now + 2 * LONGEST_WAIT
        ]
        return [event for submission_id in due if (event := self.send_one(submission_id)) is not None]

    def send_one(self, submission_id: str) -> OutboxEvent | None:
        """One attempt at one submission; None when it has its answer already or another thread is at it."""
        if not self._sending.acquire(blocking=False):
            return None
        try:
            entry = self.store.entry(submission_id)
            if entry is None or entry.state == "final":
                return None
            event = self._attempt(entry)
        finally:
            self._sending.release()
        if event is not None and self._on_event is not None:
            self._on_event(event)
        return event

    def _attempt(self, entry: OutboxEntry) -> OutboxEvent | None:
        who, owner = self.session.person, entry.scope
        if who is None or (who.unit_account, who.operator) != (owner.unit_account, owner.operator):
            return self._later(entry, "login", AuthExpired(), LOGIN_WAIT)
        try:
            return self._settle(entry, self._ask(entry) or self._put(entry))
        except SignerError as error:
            return self._later(entry, "signature", ClientError(error.text, code=error.code), KEY_WAIT)
        except (AuthExpired, LoginRefused) as error:
            return self._later(entry, "login", error, LOGIN_WAIT)
        except Refused as error:
            return self._refused(entry, error)
        except ClientError as error:
            return self._later(entry, "waiting", error, self._pause(entry, error))

    def _ask(self, entry: OutboxEntry) -> Receipt | None:
        """What became of a submission whose answer was lost; None when it never left or never arrived."""
        if entry.state != "sent":
            return None
        self.store.begin_attempt(entry.submission_id)
        try:
            return self.session.client.submission(entry.scope.unit_account, entry.submission_id)
        except NotFound:
            return None

    def _put(self, entry: OutboxEntry) -> Receipt:
        prepared = self._signed(entry)
        if entry.state != "sent":
            self.store.begin_attempt(entry.submission_id)
        try:
            return self.session.client.submit(prepared)
        except SignatureRefused as error:
            log.info("submission %s: %s, signing anew", entry.submission_id, error.code)
            prepared = self._renew(entry)
        return self.session.client.submit(prepared)

    def _signed(self, entry: OutboxEntry) -> Prepared:
        """The stored request while its signature holds for this address, else signed anew."""
        prepared = entry.prepared
        client = self.session.client
        url = wire_url(client.submission_url(entry.scope.unit_account, entry.submission_id))
        lasting = prepared.expires == 0 or client.now() < prepared.expires - EARLY
        if prepared.url == url and lasting:
            return prepared
        return self._renew(entry)

    def _renew(self, entry: OutboxEntry) -> Prepared:
        prepared = self.session.prepare_submission(entry.submission_id, entry.prepared.body)
        self.store.resign(entry.submission_id, prepared)
        return prepared

    # ---- answers -----------------------------------------------------------------------------------

    def _settle(self, entry: OutboxEntry, receipt: Receipt) -> OutboxEvent | None:
        submission_id = entry.submission_id
        if receipt.submission_id != submission_id or receipt.digest != entry.digest:
            raise BadAnswer
        if receipt.state == "refused":
            if not self.store.refuse(submission_id, receipt.message, receipt.findings, receipt):
                return None
            error = Refused(receipt.message, code="submission.rejected", findings=receipt.findings)
            return OutboxEvent("refused", submission_id, error.sentence, receipt, error)
        if not self.store.accept(submission_id, receipt):
            return None
        return OutboxEvent("accepted", submission_id, receipt.message, receipt)

    def _refused(self, entry: OutboxEntry, error: Refused) -> OutboxEvent | None:
        if not self.store.refuse(entry.submission_id, error.sentence, error.findings):
            return None
        log.info("submission %s refused: %s", entry.submission_id, error.code)
        return OutboxEvent("refused", entry.submission_id, error.sentence, error=error)

    def _later(self, entry: OutboxEntry, kind: Kind, error: ClientError, seconds: float) -> OutboxEvent:
        self.store.postpone(entry.submission_id, self._clock() + seconds, error.sentence)
        log.info("submission %s waits %.1f s: %s", entry.submission_id, seconds, error.code)
        return OutboxEvent(kind, entry.submission_id, error.sentence, error=error, seconds=seconds)

    def _pause(self, entry: OutboxEntry, error: ClientError) -> float:
        """Full jitter over 1, 2, 4 ... 60 seconds, and no sooner than the center asks."""
        ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(entry.attempts, 10))
        return max(self._jitter(0.0, ceiling), float(min(error.retry_after or 0, LONGEST_WAIT)))

    # ---- the worker --------------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set, first what an earlier run left open. For a thread of its own."""
        self._guarded(lambda: self.store.resume(self.scope))
        while not stop.is_set():
            self._wake.clear()
            self._guarded(self.send_due)
            if stop.is_set():
                break
            self._wake.wait(self._idle_seconds())

    def start(self) -> Callable[[], None]:
        """Run in a daemon thread; call what is returned to stop it."""
        stop = threading.Event()
        thread = threading.Thread(target=self.run, args=(stop,), name="gjj-outbox", daemon=True)
        thread.start()

        def end() -> None:
            stop.set()
            self._wake.set()
            thread.join(2.0)

        return end

    def _idle_seconds(self) -> float:
        now = self._clock()
        try:
            times = [next_try - now for _, next_try in self.store.open_ids(self.scope)]
        except ClientError:
            return LOOK_SECONDS
        return min([LOOK_SECONDS, *(max(0.05, seconds) for seconds in times)])

    def _guarded(self, work: Callable[[], object]) -> None:
        """Go on after trouble with the store: the next round tries again."""
        try:
            work()
        except ClientError as error:
            log.warning("outbox: %s", error.code)
            if self._on_event is not None:
                self._on_event(OutboxEvent("waiting", "", error.sentence, error=error, seconds=LOOK_SECONDS))
            time.sleep(0.2)
