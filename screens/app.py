"""The running program with its state, and the base of all its screens."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual.message import Message

from screens.catalog import screen_class
from screens.state import AppState, StateEvent
from tui.app import ShellApp
from tui.keymap import Keymap, KeymapError
from tui.keys import ActionRequested, KeyWidget
from tui.progress import in_thread
from tui.shellscreen import KeyScreen, ShellScreen

if TYPE_CHECKING:
    from textual.timer import Timer

    from client.outbox import OutboxEvent
    from screens.options import OptionRun
    from screens.places import Places

Result = TypeVar("Result")

GUARD_SECONDS = 1.0
"""How often it is looked whether the screen must be locked or the login renewed."""

KEY_POLL_SECONDS = 1.5
"""How often the key is asked where it stands."""


class StateChanged(Message, bubble=False):
    """An event of the state, on the event loop."""

    def __init__(self, event: StateEvent) -> None:
        super().__init__()
        self.event = event


class GjjApp(ShellApp):
    """The shell with the application's state: errors become sentences, events reach the screens."""

    def __init__(
        self, catalog: Mapping[str, Callable[[], ShellScreen]], state: AppState, start: str = "login"
    ) -> None:
        keymap = Keymap.default()
        self.keymap_problem = ""
        if state.settings.keys:
            try:
                keymap = keymap.override(state.settings.keys)
            except KeymapError as error:
                self.keymap_problem = str(error)
        super().__init__(catalog, start, keymap=keymap)
        self.state = state
        self.failure: BaseException | None = None
        self.last_key = time.monotonic()
        self._watch: Timer | None = None
        self._places: Places | None = None
        self._pinned = False
        self._news: tuple[str, str] | None = None

    @property
    def places(self) -> Places:
        """Keeps where the person is; made after the first paint."""
        if self._places is None:
            from screens.places import Places

            self._places = Places(self)
        return self._places

    def bell(self) -> None:
        """Beep unless the sound is off (H-04)."""
        if self.state.sound:
            super().bell()

    # -- events ---

    async def on_mount(self) -> None:
        """Load the rest while the person types; the shell opens the start screen itself."""
        self.state.listen(self._from_thread)
        self.state.active = lambda: time.monotonic() - self.last_key < 120
        self.run_worker(self._warm_up(), name="warm-up", group="state")
        self.run_worker(self._watch_key(), name="key", group="state")
        self.set_interval(GUARD_SECONDS, self._guard, name="guard")

    def _from_thread(self, event: StateEvent) -> None:
        with contextlib.suppress(RuntimeError):
            self.post_message(StateChanged(event))

    async def on_state_changed(self, message: StateChanged) -> None:
        """Tell every open screen what happened."""
        message.stop()
        if message.event.kind == "expired" and self.state.person is not None:
            self.state.expired = True
        for screen in self.screen_stack:
            if isinstance(screen, AppScreen) and screen.is_running:
                screen.state_changed(message.event)

    async def _warm_up(self) -> None:
        await self.painted.wait()
        try:
            await in_thread(self.state.warm_up)
        except Exception as error:  # noqa: BLE001 - said in one sentence, as every failure of a request
            await self.perform_failed(cast("KeyScreen", self.screen), error)

    async def _watch_key(self) -> None:
        """Ask the key where it stands, while nothing is sent to the terminal unless that changed."""
        import asyncio

        from ukey.signer import KeyState, SignerError

        await self.painted.wait()
        signer = await in_thread(self.state.signer)
        while signer is not None:
            try:
                now = await in_thread(signer.state)
            except SignerError as error:
                self.state.signer_problem, now = error.text, KeyState.ABSENT
            else:
                self.state.signer_problem = ""
            if now is not self.state.key_state:
                self.state.key_state = now
                self._from_thread(StateEvent("key"))
            await asyncio.sleep(KEY_POLL_SECONDS)
        self._from_thread(StateEvent("key"))

    def _deliver(self, event: events.Key | events.Paste) -> None:
        self.last_key = time.monotonic()
        self._unpin()
        super()._deliver(event)
        self._moved()

    # -- what happens by itself ---

    def pin(self) -> None:
        """Keep what the status line says until the next key: news wait behind it."""
        self._pinned = True

    def tell_news(self, text: str, kind: str, *, beep: bool = False) -> None:
        """Say what happened by itself; behind a pinned line it is said at the next key."""
        screen = self.shell_screen()
        if self._pinned:
            self._news = text, kind
            if beep:
                self.bell()
        elif screen is not None:
            screen.status(text, kind=kind, beep=beep)

    def _unpin(self) -> None:
        self._pinned = False
        news, self._news = self._news, None
        if news is not None:
            self.tell_news(*news)

    # -- where one is ---

    def _moved(self, *, at_once: bool = False) -> None:
        if self.state.person is not None:
            self.places.changed(at_once=at_once)

    async def open_screen(self, name: str, *, replace: bool = False, **args: Any) -> ShellScreen:
        """Open a screen and remember how, so that it can be opened again after a cut.

        What a screen needs is imported in a thread the first time: it would hold the event loop up.
        """
        if name not in self._screens_made:
            self.gate.hold()
            try:
                await in_thread(screen_class, name)
            finally:
                self.gate.release()
        screen = self._made(name)
        if isinstance(screen, AppScreen):
            screen.opened_as, screen.opened_with = name, args
        try:
            return await super().open_screen(name, replace=replace, **args)
        finally:
            self._moved(at_once=True)

    async def back(self, result: Any = None, *, ask: bool = True) -> bool:
        """Leave the screen; where one is has changed."""
        try:
            left = await super().back(result, ask=ask)
        finally:
            self._moved(at_once=True)
        below = self.screen
        if left and isinstance(below, AppScreen):
            below.go_on_with_options()
        return left

    async def home(self) -> None:
        """Leave all screens; digits still to be run are given up."""
        for screen in self.screen_stack:
            if isinstance(screen, AppScreen) and screen.option_run is not None:
                screen.option_run.give_up()
        await super().home()

    def hosts(self, title: str, widget: KeyWidget) -> None:
        """Put back what was typed in a dialog when the program was cut off."""
        if self._places is not None:
            self._places.hosts(title, widget)

    def _save_half_typed(self) -> None:
        super()._save_half_typed()
        with contextlib.suppress(Exception):
            self.places.finish_now()

    # -- locking and logging in again ---

    def _guard(self) -> None:
        """Lock when nobody is there or the key is gone; log in again when the session has ended.

        Nothing happens while the program works: what a screen has begun ends first.
        """
        state, top = self.state, self.shell_screen()
        if self.gate.closed or state.person is None or top is None or not getattr(top, "GUARDED", True):
            return
        if state.expired and isinstance(self.screen, ShellScreen):
            top.run_gated(lambda: self.open_screen("relogin"))
            return
        removed = state.key_login and state.key_state is not None and state.key_state.value == "absent"
        idle = time.monotonic() - self.last_key >= state.settings.ukey.idle_minutes * 60
        if removed or idle:
            from screens.lock import IDLE, REMOVED

            why = REMOVED if removed else IDLE
            top.run_gated(lambda: self.open_screen("lock", why=why))

    async def leave_dialogs(self) -> None:
        """Answer every open dialog with nothing, so that what waits for it can end."""
        import asyncio

        from tui.dialog import AnswerScreen

        for _ in range(500):
            top = self.screen
            if not isinstance(top, AnswerScreen):
                return
            top.finish(None)
            await asyncio.sleep(0.01)

    async def to_login(self, said: str = "") -> None:
        """Close every screen down to the login; called when nobody is logged in any more."""
        self.gate.hold()
        try:
            await self._close_screens()
            login = self.screen
            if isinstance(login, ShellScreen):
                await login.returned(said)
                login.focus_key()
                login.refresh_bars()
        finally:
            self.gate.release()

    async def start_over(self, name: str) -> None:
        """Close every screen and open the first one of somebody else's login."""
        self.gate.hold()
        try:
            await self._close_screens()
            await self.open_screen(name)
        finally:
            self.gate.release()

    async def _close_screens(self) -> None:
        if self.shell_screen() is self.screen and len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.leave_dialogs()
        while len(self.screen_stack) > 1:
            await self.pop_screen()

    # -- errors ---

    async def perform_failed(self, screen: KeyScreen, error: Exception) -> None:
        """Say in one sentence what went wrong; a bug ends the program."""
        from client.errors import AuthExpired, ClientError
        from ukey.signer import SignerError

        if isinstance(error, AuthExpired) and self.state.person is not None:
            self.state.expired = True
        if isinstance(error, ClientError):
            screen.status(error.sentence, kind="error", beep=True)
        elif isinstance(error, SignerError):
            screen.status(error.text, kind="error", beep=True)
        else:
            await super().perform_failed(screen, error)

    def _fatal_error(self) -> None:
        """End without printing a traceback: its locals could show what was typed."""
        from textual.worker import WorkerFailed

        error = self._exception
        self.failure = error.error if isinstance(error, WorkerFailed) else error
        self._close_messages_no_wait()


class AppScreen(ShellScreen):
    """A screen of this application: its state, its own words for keys, marks in the status line."""

    GUARDED: ClassVar[bool] = True
    """Whether the screen is covered when nobody is there, and waits while a login is renewed."""
    FIRST: ClassVar[bool] = False
    """Whether it is the first screen after the login; there is nothing to go back to then."""
    MODULE: ClassVar[bool] = True
    """Whether it is a module of the home screen, open only while the center offers it."""
    RESUMABLE: ClassVar[bool] = True
    """Whether it may be opened again by itself; a step within another screen's work may not."""
    opened_as: str = ""
    """Its name in the catalog, "" before it was opened."""
    opened_with: Mapping[str, Any] = {}
    """What it was opened with last."""
    LABELS: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Action -> (label, sentence for F1), where the general ones of `tui.actions` do not fit."""

    @property
    def state(self) -> AppState:
        """The application's state."""
        return self.gjj.state

    @property
    def gjj(self) -> GjjApp:
        """The application, typed."""
        return cast(GjjApp, self.app)

    def label(self, action: str) -> tuple[str, str]:
        """Return label and help sentence of an action on this screen; override when they change."""
        return self.LABELS.get(action) or super().label(action)

    def refresh_bars(self) -> None:
        """Draw title, banner, key bar and marks from the current state."""
        super().refresh_bars()
        self.show_marks()

    def on_descendant_focus(self) -> None:
        """Show the keys of the pane that has the focus now."""
        if self.is_mounted:
            self.refresh_bars()

    def marks(self) -> str:
        """Return what stands at the right of the status line: place of the cursor, connection, month."""
        state, parts = self.state, []
        if state.unsent:
            parts.append(f"未发{state.unsent}")
        if state.context is not None:
            parts.append(f"业务月{state.context.month}")
        if state.link:
            parts.append(state.link)
        return " ".join(parts)

    def news(self, text: str, *, kind: str = "info", beep: bool = False) -> None:
        """Say what happened without a key, but not over a line that must be read first."""
        self.gjj.tell_news(text, kind, beep=beep)

    def submission_told(self, event: OutboxEvent) -> None:
        """Say what became of a submission sent in the background; its number stays until the next key."""
        if not self.on_top:
            return
        if event.kind == "accepted" and event.receipt is not None:
            said = event.sentence
            self.status(f"已受理，业务流水号 {event.receipt.serial}：{said}", kind="good")
            self.gjj.pin()
        elif event.kind == "refused":
            self.status(event.sentence, kind="error", beep=True)
            self.gjj.pin()

    def show_marks(self) -> None:
        """Draw the marks again."""
        from tui.bars import StatusLine

        if self.is_mounted:
            self.query_one(StatusLine).place(self.marks())

    def state_changed(self, event: StateEvent) -> None:
        """Take notice of an event; called on the event loop for every open screen, also a covered one."""
        self.show_marks()
        if event.kind == "outbox" and event.sent is not None:
            self.submission_told(event.sent)

    async def reading(self, text: str, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Do blocking work that only reads; F12 stops the waiting.

        Raises GivenUp, and what the work raises.
        """
        from screens.giving_up import Waited

        waited = Waited(work, *args, **kwargs)
        return await self.busy(text, waited.wait, on_cancel=waited.give_up)

    # -- digits beside rows ---

    option_run: OptionRun | None = None
    """Runs the digits typed beside rows of this screen."""

    async def run_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Run digits typed beside rows."""
        if self.option_run is not None:
            await self.option_run.start(options)

    def go_on_with_options(self) -> bool:
        """Run the digits that are left, if any, now that the screen above has been left."""
        run = self.option_run
        if run is None or not run.waiting:
            return False
        self.run_gated(run.go_on)
        return True

    # -- kept over a cut ---

    def keep(self) -> dict[str, Any]:
        """Return where one is on this screen and what is half typed, as JSON values; nothing secret."""
        widgets = list(self.query(KeyWidget))
        focus = next((at for at, one in enumerate(widgets) if one is self.focused), None)
        return {"widgets": [self.keep_of(one) for one in widgets], "focus": focus}

    def keep_of(self, widget: KeyWidget) -> dict[str, Any]:
        """Return what is kept of one widget; leave out what the screen keeps elsewhere."""
        return widget.whereabouts()

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on from what `keep` told in an earlier run; the screen has just been opened."""
        from screens.places import restore

        restore(self, kept)

    def step(self, name: str) -> dict[str, Any] | None:
        """Return what led to the screen `name` above, a step of this one's work, as JSON values.

        None for a step that cannot be taken again.
        """
        return None

    async def step_again(self, name: str, step: Mapping[str, Any]) -> None:
        """Open the screen `name` as in an earlier run, or say in one sentence why that is not possible."""

    async def perform_again(self, request: ActionRequested) -> None:
        """Perform a request of an earlier run whose dialog was cut off."""
        outer, self._request, self._asked = self._request, request, 0
        try:
            await self.perform(request)
        finally:
            self._request = outer
