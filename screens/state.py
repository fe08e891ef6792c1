"""What the application knows while it runs: settings, key, session, store, outbox, inbox.

Nothing heavy is imported with this module. `warm_up` loads the rest in a thread after the first paint; every
method marked *blocking* is called from a worker (`screen.busy`, `tui.progress.in_thread`), never from the
event loop. What happens on other threads is told to the one listener as a `StateEvent`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from domain.login_form import LoginForm, login_form, raw_profile

if TYPE_CHECKING:
    from client.api import CenterClient
    from client.outbox import Outbox, OutboxEvent
    from client.results import Results
    from client.session import Person, Session
    from client.settings import Settings
    from client.store.caches import InboxCache
    from client.store.database import Database
    from client.store.depositors import DepositorCache
    from client.store.rosters import RosterStore
    from client.store.rows import Scope
    from client.sync import SyncProgress
    from domain.profile import Profile
    from domain.wire import InboxPoll, JobProgress, UnitContext
    from screens.background import Background
    from ukey.signer import KeyState, Signer

WARM = (
    "client.lean",
    "domain.wire",
    "client.session",
    "client.outbox",
    "client.store.rosters",
    "screens.background",
)
"""What `warm_up` imports."""

EventKind = Literal["ready", "key", "online", "inbox", "outbox", "expired"]


@dataclass(frozen=True, slots=True)
class DemoHint:
    """Lines about the demo's accounts, shown by F1 on the login screen, and the first of them below it."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateEvent:
    """Something happened on another thread.

    `ready`: warmed up; `key`: the key's state changed; `online`: the center was reached or lost; `inbox`:
    changes of the inbox and of jobs (`poll`); `outbox`: an attempt to send (`sent`); `expired`: the session
    has ended.
    """

    kind: EventKind
    poll: InboxPoll | None = None
    sent: OutboxEvent | None = None


@dataclass
class Inbox:
    """Counts by tab and running jobs by submission id, as last told by the center."""

    counts: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, JobProgress] = field(default_factory=dict)
    rev: int = 0


class AppState:
    """The one state of the application; screens reach it as `screen.state`."""

    def __init__(self, settings: Settings, hint: DemoHint | None = None) -> None:
        self.settings = settings
        self.hint = hint
        self.form: LoginForm = login_form(settings.center.profile)
        self.sound = settings.screen.sound
        self.key_state: KeyState | None = None
        self.link = ""
        """在线, 重连中, 离线, or "" while nothing is known."""
        self.unsent = 0
        """Submissions waiting in the outbox."""
        self.inbox = Inbox()
        self.active: Callable[[], bool] = lambda: True
        """Says whether a person has been at the keyboard lately; keeps the session alive."""
        self.expired = False
        """The session has ended at the center and the login must be renewed."""
        self.last_login: dict[str, str] = {}
        """What was typed at the last login, without passwords and codes."""
        self._listener: Callable[[StateEvent], None] | None = None
        self._lock = threading.RLock()
        self._ready = threading.Event()
        self._database: Database | None = None
        self._session: Session | None = None
        self._signer: Signer | None = None
        self._signer_asked = False
        self._profile: Profile | None = None
        self._background: Background | None = None
        self._verifier: tuple[bytes, bytes] | None = None
        self.signer_problem = ""
        """Why there is no key, one Chinese sentence, or ""."""

    def __repr__(self) -> str:
        return f"AppState({self.settings.center.profile!r})"

    # ---- events ------------------------------------------------------------------------------------

    def listen(self, listener: Callable[[StateEvent], None] | None) -> None:
        """Tell events to `listener`, on whatever thread they happen."""
        self._listener = listener

    def tell(self, event: StateEvent) -> None:
        """Hand an event to the listener."""
        if self._listener is not None:
            self._listener(event)

    # ---- parts, made when first asked for (blocking) -------------------------------------------------

    def warm_up(self) -> None:
        """Import what the login needs, check the profile, open the store. Blocking; raises ClientError."""
        from importlib import import_module

        from domain.profile import load_profile

        for name in WARM:
            import_module(name)

        self._profile = self._profile or load_profile(self.settings.center.profile)
        try:
            from client.store.caches import Settings as Remembered

            self.sound = bool(Remembered(self.database()).get("sound", self.sound))
        finally:
            self._ready.set()
            self.tell(StateEvent("ready"))
        from screens.memory import trim

        trim()

    @property
    def warm(self) -> bool:
        """Whether `warm_up` has ended."""
        return self._ready.is_set()

    @property
    def profile(self) -> Profile:
        """The center's profile: the packaged one, after the login the served one. Blocking at first."""
        if self._profile is None:
            from domain.profile import load_profile

            self._profile = load_profile(self.settings.center.profile)
        return self._profile

    def database(self) -> Database:
        """The open local store. Blocking; raises StoreError."""
        with self._lock:
            if self._database is None:
                from client.store.database import Database

                self._database = Database(self.settings.files.data_dir)
            return self._database

    def rosters(self) -> RosterStore:
        """The rosters of the local store. Blocking; raises StoreError."""
        from client.store.rosters import RosterStore

        return RosterStore(self.database())

    def signer(self) -> Signer | None:
        """The key the configuration names, None when there is none (`signer_problem` says why). Blocking."""
        with self._lock:
            if not self._signer_asked:
                self._signer_asked = True
                from ukey.factory import open_signer
                from ukey.signer import SignerError

                own = self.settings.ukey
                try:
                    self._signer = open_signer(
                        own.module or None,
                        own.demo_folder,
                        token=own.token or None,
                        demo_allowed=own.demo,
                        idle_seconds=own.idle_minutes * 60,
                    )
                except SignerError as error:
                    self.signer_problem = error.text
            return self._signer

    def session(self) -> Session:
        """The session with the configured center, logged in or not. Blocking; raises ClientError."""
        with self._lock:
            if self._session is None:
                from client.api import CenterClient
                from client.session import Session

                center = self.settings.center
                client = CenterClient(center.url, ca_file=center.ca_file)
                self._session = Session(client, profile_name=center.profile, signer=self.signer())
            return self._session

    def client(self) -> CenterClient:
        """The center's API. Blocking; raises ClientError."""
        return self.session().client

    # ---- who is logged in ----------------------------------------------------------------------------

    @property
    def person(self) -> Person | None:
        """Who is logged in, None before the login."""
        return self._session.person if self._session is not None else None

    @property
    def context(self) -> UnitContext | None:
        """Facts of the open unit, None before the login and for a clerk."""
        return self._session.context if self._session is not None else None

    @property
    def unit(self) -> str:
        """Account of the open unit, "" without one."""
        person = self.person
        return person.unit_account if person is not None else ""

    def scope(self) -> Scope:
        """Whose data the local store keeps for this login. Raises AuthExpired without one."""
        from client.errors import AuthExpired
        from client.store.rows import Scope

        person = self.person
        if person is None:
            raise AuthExpired
        center = self.settings.center
        return Scope(center.profile, self._center_name(), person.unit_account, person.operator)

    def _center_name(self) -> str:
        """What the local store calls the center: its identity, so that drafts outlive a change of address."""
        known = self._session.client.center_id if self._session is not None else ""
        return known or self.settings.center.url.rstrip("/")

    @property
    def permissions(self) -> list[str]:
        """The businesses this agent may file, none at all for every one (L-08)."""
        return list(self.context.permissions) if self.context is not None else []

    def permitted(self, business: str) -> bool:
        """Whether this agent may file a business at the open unit (L-08)."""
        person, context = self.person, self.context
        if person is None or context is None:
            return False
        return not context.permissions or business in context.permissions

    def reachable_screens(self) -> set[str]:
        """Names of the screens this agent's menu opens (H-03, L-08)."""
        from screens.home_parts import entries

        context = self.context
        if context is None:
            return set()
        shown = {one.key for one in entries(self.profile, context.permissions, self.sound)}
        return {name for one in self.profile.home.modules if one.code in shown for name in one.screens}

    @property
    def manual_download(self) -> bool:
        """Whether the manual can be had before the login (L-12); known without the checked profile."""
        return bool(raw_profile(self.settings.center.profile)["auth"].get("manual_download", False))

    def form_has(self, key: str) -> bool:
        """Whether the login form of the center has a field."""
        return any(field.key == key for field in self.form.fields)

    @property
    def connected_once(self) -> bool:
        """Whether there is a session object already, so that asking for it does not block."""
        return self._session is not None

    @property
    def key_login(self) -> bool:
        """Whether the present login was made with a key."""
        session = self._session
        return session is not None and session.person is not None and session.certificate is not None

    def lock_key(self) -> None:
        """Make the key forget its PIN. Blocking."""
        signer = self.signer()
        if signer is not None:
            signer.lock()

    def unlock_key(self, pin: bytearray) -> None:
        """Give the key of the login its PIN again; another key is refused. Blocking; raises SignerError."""
        from ukey.signer import KeyAbsent, NoSigningCertificate

        session, signer = self.session(), self.signer()
        if signer is None:
            raise KeyAbsent
        if session.certificate not in signer.certificates():
            raise NoSigningCertificate("插入的不是登录时使用的 UKey，请换回登录时的 UKey。")
        signer.unlock(pin)
        if self.outbox is not None:
            self.outbox.wake()

    def keep_verifier(self, password: str) -> None:
        """Keep a salted digest of the password, for unlocking the idle screen without a key. Blocking."""
        salt = os.urandom(16)
        self._verifier = salt, _digest(password, salt)

    def password_fits(self, password: bytes) -> bool:
        """Whether this is the password of the login. Blocking for some 50 ms."""
        if self._verifier is None:
            return False
        salt, digest = self._verifier
        import hmac

        return hmac.compare_digest(_digest(password.decode("utf-8", "replace"), salt), digest)

    def ever_synchronised(self, unit_account: str) -> bool:
        """Whether this workstation has a whole copy of a unit's depositors. Blocking; before a login."""
        from client.store.depositors import DepositorCache
        from client.store.rows import Scope

        center = self.settings.center
        scope = Scope(center.profile, self._center_name(), unit_account, "")
        return DepositorCache(self.database(), scope).complete()

    def depositors(self) -> DepositorCache:
        """This workstation's copy of the unit's depositors. Blocking; raises StoreError."""
        from client.store.depositors import DepositorCache

        return DepositorCache(self.database(), self.scope())

    def depositors_complete(self) -> bool:
        """Whether this workstation has a whole copy of the unit's depositors (E-02). Blocking."""
        return self.depositors().complete()

    def synchronise(
        self, progress: Callable[[SyncProgress], None], stop: threading.Event | None = None
    ) -> None:
        """Fetch the changes of the unit's depositors (E-02, E-03). Blocking; raises ClientError."""
        from client.sync import DepositorSync

        context = self.context
        people = context.headcount + context.sealed_count if context is not None else 0
        DepositorSync(self.client(), self.depositors(), self.unit).run(progress, stop=stop, headcount=people)

    def note_link(self, link: str) -> None:
        """Remember whether the center can be reached, and tell it when that changed."""
        if link != self.link:
            self.link = link
            self.tell(StateEvent("online"))

    @property
    def outbox(self) -> Outbox | None:
        """The outbox of this login, None before it and for a clerk."""
        return self._background.outbox if self._background is not None else None

    @property
    def inbox_cache(self) -> InboxCache | None:
        """The local copy of the inbox of this login."""
        return self._background.cache if self._background is not None else None

    @property
    def results(self) -> Results | None:
        """Fetches what became of submissions, None before the login."""
        return self._background.results if self._background is not None else None

    def unsent_now(self) -> int:
        """Count what waits in the outbox. Blocking; raises StoreError."""
        outbox = self.outbox
        self.unsent = len(outbox.store.open_ids(outbox.scope)) if outbox is not None else 0
        return self.unsent

    def toggle_sound(self) -> bool:
        """Turn the bell off or on and remember it (H-04); returns whether it is on. Blocking."""
        from client.store.caches import Settings as Remembered

        self.sound = not self.sound
        Remembered(self.database()).put("sound", self.sound)
        return self.sound

    def enter(self) -> None:
        """Begin working as the person logged in: send, watch. Blocking; raises ClientError."""
        from screens.background import Background

        self.stop()
        self._profile = self.session().profile()
        self.inbox = Inbox()
        self._background = Background(self)
        self.unsent_now()
        self.expired = False
        self.note_link("在线")
        self._background.start()

    def stop(self) -> None:
        """Stop the background work of the login."""
        background, self._background = self._background, None
        if background is not None:
            background.stop()
        self.link = ""

    def leave(self) -> None:
        """Log out (L-14). Blocking; what is not sent stays in the outbox. Never raises ClientError."""
        self.stop()
        if self._session is not None:
            self._session.logout()
        self.unsent = 0
        self.expired = False
        self._verifier = None

    def close(self) -> None:
        """End with the program: tell the center if it answers soon, lock the key. Blocking."""
        self.leave()
        if self._signer is not None:
            self._signer.close()

    # ---- the end -------------------------------------------------------------------------------------

    def data_dir(self) -> Path:
        """The folder of the local store."""
        return self.database().folder


def _digest(password: str, salt: bytes) -> bytes:
    import hashlib

    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)
