"""The running program with its state, and the base of all its screens."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.message import Message

from screens.state import AppState, StateEvent
from tui.actions import ACTIONS, GLOBAL
from tui.app import ShellApp
from tui.bars import KeyBar, TitleBar
from tui.keymap import Keymap, KeymapError, key_label
from tui.keys import ActionRequested, KeyWidget
from tui.progress import in_thread
from tui.shellscreen import KeyScreen, ShellScreen

if TYPE_CHECKING:
    from textual.timer import Timer

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
        super()._deliver(event)

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
        own = self.LABELS.get(action)
        return own or (ACTIONS[action].label, ACTIONS[action].help)

    def refresh_bars(self) -> None:
        """Draw title, banner, key bar and marks from the current state."""
        self.query_one(TitleBar).show(self.screen_title(), self.shell.banner)
        keymap, context = self.shell.keymap, self.key_context()
        items = [(keymap.label(context, name), self.label(name)[0]) for name in self.key_bar_actions()]
        self.query_one(KeyBar).show([item for item in items if item[0]])
        self.show_marks()

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

    def show_marks(self) -> None:
        """Draw the marks again."""
        from tui.bars import StatusLine

        if self.is_mounted:
            self.query_one(StatusLine).place(self.marks())

    def state_changed(self, event: StateEvent) -> None:
        """Take notice of an event; called on the event loop for every open screen, also a covered one."""
        self.show_marks()

    def help_text(self) -> Sequence[str]:
        """Return what F1 says about the screen as a whole, before the keys."""
        return self.HELP_LINES

    async def perform(self, request: ActionRequested) -> None:
        """Show the help in this screen's own words; the rest as every screen."""
        if request.action == "help":
            await self._help(request.widget)
        else:
            await super().perform(request)

    async def _help(self, widget: Any) -> None:
        field = widget.help_lines() if isinstance(widget, KeyWidget) else []
        if field:
            key = self.shell.keymap.label(GLOBAL, "help")
            lines = [*field, "", f"再按 {key} 看整个画面的说明。"]
            options = [("\r", "确定"), ("help", "更多")]
            if await self.ask("帮助", lines, options, distinct=False) != "help":
                return
        await self.tell("帮助", [*self.help_text(), *self._key_lines()])

    def _key_lines(self) -> list[str]:
        from tui.help import GLOBAL_SHOWN

        keymap, context = self.shell.keymap, self.key_context()
        bar = tuple(self.key_bar_actions())
        lines = []
        for name in (*bar, *(name for name in GLOBAL_SHOWN if name not in bar)):
            if keys := keymap.keys(context, name):
                label, text = self.label(name)
                lines.append(f"{'/'.join(key_label(key) for key in keys):<10} {label}：{text}")
        return lines
