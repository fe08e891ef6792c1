"""What tests of the client share: a key in software, an agent of a center in this process, rosters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from client.api import CenterClient
from client.outbox import Outbox, OutboxEvent
from client.roster import RosterService
from client.session import Session
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import Frozen, Scope
from domain.business import CheckContext
from domain.businesses.opening import declare
from domain.profile import Profile
from tests.support.center import AUTHORITY, PASSWORD, START, CenterUnderTest, SoftKey
from tests.support.filing import Office
from ukey.signer import KeyCertificate, KeyState, NotUnlocked, PinStatus, Signature

BASE = f"https://{AUTHORITY}"


class KeyInHand:
    """A `Signer` over a key in software that a test may lock."""

    is_demo = False
    name = "test"

    def __init__(self, key: SoftKey) -> None:
        self.key = key
        self.unlocked = True

    def state(self) -> KeyState:
        return KeyState.READY if self.unlocked else KeyState.PRESENT

    def token_label(self) -> str:
        return "test"

    def token_serial(self) -> str:
        return "1"

    def certificates(self) -> list[KeyCertificate]:
        return [
            KeyCertificate(
                key_id=b"\x01",
                der=self.key.certificate,
                subject="CN=示例一中",
                common_name="示例一中",
                issuer="CN=测试证书机构",
                serial="01",
                not_before=START,
                not_after=START + timedelta(days=30),
                algorithm=self.key.algorithm,
                fingerprint=self.key.fingerprint,
                can_sign=True,
            )
        ]

    def pin_status(self) -> PinStatus:
        return PinStatus(None, False, False, False, 6, 16, False)

    def unlock(self, pin: bytearray | None) -> None:
        self.unlocked = True

    def sign(self, key_id: bytes, message: bytes) -> Signature:
        if not self.unlocked:
            raise NotUnlocked
        return Signature(self.key.algorithm, self.key.sign(message))

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        raise NotUnlocked

    def lock(self) -> None:
        self.unlocked = False

    def close(self) -> None:
        self.lock()


Handler = Callable[[httpx.Request, Callable[[httpx.Request], httpx.Response]], httpx.Response]


class Meddler(httpx.BaseTransport):
    """Stands between client and center; `handler` may cut, answer by itself, or pass a request on."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.handler: Handler | None = None
        self.seen: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if self.handler is None:
            return self.inner.handle_request(request)
        return self.handler(request, self.inner.handle_request)

    def sent(self, method: str) -> list[httpx.Request]:
        return [request for request in self.seen if request.method == method]


class Agent:
    """An agent at a workstation: key, client, session, store, a roster and the outbox."""

    def __init__(self, office: Office, folder: Path, transport: httpx.BaseTransport | None = None) -> None:
        self.office = office
        self.center = office.center
        self.wire = Meddler(transport or self.center.transport)
        self.client = CenterClient(BASE, transport=self.wire, clock=self.clock)
        self.key = None if office.login.key is None else KeyInHand(office.login.key)
        profile = self.center.settings.profile
        self.session = Session(self.client, profile_name=profile.name, signer=self.key)
        self.profile: Profile = profile
        self.database = Database(folder / "store")
        self.store = RosterStore(self.database)
        self.scope = Scope(profile.name, "test", office.unit, f"agent{office.unit}")
        self.events: list[OutboxEvent] = []
        self.outbox = self.new_outbox()

    def clock(self) -> float:
        return self.center.clock.now().timestamp()

    def new_outbox(self) -> Outbox:
        return Outbox(
            self.database,
            self.session,
            self.scope,
            on_event=self.events.append,
            clock=self.clock,
            jitter=lambda low, high: high,
        )

    def login(self) -> None:
        assert self.key is not None
        certificate = self.session.usable_certificates()[0]
        self.session.login_with_key(self.office.unit, PASSWORD, certificate, f"agent{self.office.unit}")

    def people(self, count: int) -> list[dict[str, str]]:
        """Typed rows of new people that nothing is wrong with."""
        return self.office.rows(count)

    def roster(self, context: CheckContext | None = None) -> RosterService:
        head = self.store.open_draft(self.scope, "open")
        context = context or self.session.check_context()
        return RosterService(self.store, head, declare(self.profile), context, self.profile)

    def filled(self, count: int = 3) -> RosterService:
        roster = self.roster()
        for typed in self.people(count):
            roster.add(typed)
        if self.profile.queue.submit_scope == "selected":
            self.store.select_all(roster.roster_id, True)
        return roster

    def frozen(self, roster: RosterService) -> Frozen:
        scope = self.profile.queue.submit_scope
        which: Any = "selected" if scope == "selected" else "all"
        return roster.freeze(which, attachments=self.attachments())

    def attachments(self) -> list[Any]:
        from domain.wire import AttachmentRef

        return [AttachmentRef.model_validate(ref) for ref in self.office.attachments()]

    def close(self) -> None:
        self.database.close()


@contextmanager
def an_agent(center: CenterUnderTest, folder: Path, *, login: bool = True, **unit: Any) -> Iterator[Agent]:
    """An agent of a new unit at a center, logged in."""
    agent = Agent(Office(center, **unit), folder)
    try:
        if login:
            agent.login()
        yield agent
    finally:
        agent.close()


def problem(status: int, code: str, detail: str = "请稍后重试。", **more: Any) -> httpx.Response:
    """A problem document as a center answers it."""
    body: Mapping[str, Any] = {"title": "出错了", "status": status, "code": code, "detail": detail, **more}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})
