"""Screens that take requested actions one at a time: `KeyScreen`, and `ShellScreen` with its bars.

A module's screen is a `ShellScreen`::

    class RosterScreen(ShellScreen):
        TITLE = "职工登记"
        KEY_BAR = ("help", "prompt", "add_row", "check", "submit", "back")

        def body(self) -> ComposeResult:
            yield RosterGrid()                          # a KeyWidget; it gets the focus

        async def opened(self, **args: Any) -> None:    # every time the screen is opened
            rows = await self.busy("正在读取…", self.load, args["roster_id"])
            self.query_one(RosterGrid).show(rows)

        async def perform(self, request: ActionRequested) -> None:
            if request.action == "submit":
                ...
                return
            await super().perform(request)              # help, back, exit, redraw

`perform` runs as a task: it may wait for dialogs, threads and other screens. Until it ends, keys wait in
the gate.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.app import ComposeResult
from textual.screen import Screen

from tui.bars import KeyBar, StatusLine, TitleBar
from tui.keys import ActionRequested, KeyWidget

if TYPE_CHECKING:
    from tui.app import ShellApp

Result = TypeVar("Result")
ALWAYS_SHOWN = ("help", "submit", "back", "exit")
"""Actions that stand whole in the key bar of a narrow window, where the screen has them."""
ALWAYS = ("help", "back", "exit", "redraw")
"""Actions every screen performs."""
NO_CHOICES = "此栏没有可选的内容，请直接录入。"


class KeyScreen(Screen[None], inherit_bindings=False):
    """Performs requested actions, asks in dialogs, runs long work."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    _request: ActionRequested | None = None
    _asked = 0
    """Dialogs the request being performed has opened so far."""
    hosted: tuple[str, KeyWidget] | None = None
    """Title and widget of the open dialog around a widget of the screen's own."""

    @property
    def shell(self) -> ShellApp:
        """The application, typed."""
        from tui.app import ShellApp

        app = self.app
        if not isinstance(app, ShellApp):
            raise TypeError("a KeyScreen lives in a ShellApp")
        return app

    def screen_actions(self) -> frozenset[str]:
        """Return the actions that the focused widget may leave to the screen."""
        return frozenset(ALWAYS)

    async def perform(self, request: ActionRequested) -> None:
        """Do what was requested. Override; call `super().perform(request)` for what is not yours."""
        match request.action:
            case "help":
                from tui.help import show_help

                await show_help(self, request.widget)
            case "redraw":
                self.shell.redraw()
            case "prompt":
                from tui.picklist import answer_prompt

                if not await answer_prompt(self, request):
                    self.status(NO_CHOICES, beep=True)
            case "undo" | "redo" | "sort" | "filter_faulty":
                from tui.grid_work import work_on

                await work_on(self, request)
            case _:
                self.shell.bell()

    def on_action_requested(self, message: ActionRequested) -> None:
        """Start the task that performs the request; the gate has been closed by the widget."""
        message.stop()
        self.run_worker(self._run(message), name="perform", group="perform")

    async def _run(self, message: ActionRequested) -> None:
        outer, self._request = self._request, message
        self._asked = 0
        try:
            await self.perform(message)
        except Exception as error:  # noqa: BLE001 - the application decides what the user is told
            await self.shell.perform_failed(self, error)
        finally:
            self._request = outer
            self.shell.gate.release()

    def run_gated(self, work: Callable[[], Awaitable[object]]) -> None:
        """Run a coroutine of the program's own (not of a key) as if it were a requested action."""
        self.shell.gate.hold()

        async def run() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - as in _run
                await self.shell.perform_failed(self, error)
            finally:
                self.shell.gate.release()

        self.run_worker(run(), name="gated", group="perform")

    def first_key_widget(self) -> KeyWidget | None:
        """Return the widget that gets the focus when the screen opens."""
        for widget in self.query(KeyWidget):
            if widget.focusable:
                return widget
        return None

    def focus_key(self, widget: KeyWidget | None = None) -> None:
        """Focus a widget now (default: the one focused before, else the first)."""
        target = widget or (self.focused if isinstance(self.focused, KeyWidget) else self.first_key_widget())
        if target is not None and target is not self.focused:
            self.set_focus(target, scroll_visible=False)

    def status(self, text: str, *, kind: str = "info", beep: bool = False) -> None:
        """Show one sentence in the status line (`kind`: info, good, warning, error, busy)."""
        screen = self.shell.shell_screen()
        # Work that is cancelled with the program still clears its text, when the screen may be empty already.
        line = screen.query_one_optional(StatusLine) if screen is not None else None
        if line is not None:
            line.show(text, kind)
        if beep:
            self.shell.bell()

    def place(self, text: str) -> None:
        """Show where one is at the right end of the status line (`行 37/500`)."""
        screen = self.shell.shell_screen()
        if screen is not None:
            screen.query_one(StatusLine).place(text)

    async def busy(
        self,
        text: str,
        work: Callable[..., Result],
        *args: Any,
        on_cancel: Callable[[], object] | None = None,
        stop: str = "停止",
        **kwargs: Any,
    ) -> Result:
        """Run blocking work in a thread; a counter runs in the status line, keys wait.

        The work may change the text with `shell.progress.say("第 3 批，共 10 批")` from its thread. The key
        of `back` (F12) calls `on_cancel`, when given, instead of waiting, unless keys struck before it wait;
        the counter says so, and `stop` is what it calls that.
        Raises what the work raises.
        """
        progress = self.shell.progress
        gate = self.shell.gate
        gate.hold()
        try:
            return await progress.run(text, work, args, kwargs, on_cancel, stop)
        finally:
            gate.release()

    async def ask(
        self,
        title: str,
        lines: Sequence[str],
        options: Sequence[tuple[str, str]],
        default: str | None = None,
        cancel: str = "",
        distinct: bool = True,
    ) -> str:
        """Ask for one of `options` ((key character, label)); returns its key character.

        `cancel` is returned on F12 or Esc.

        `default` is the option highlighted at first (else the first). With `distinct` the key that led here
        does not answer, so a key held down too long confirms nothing.
        """
        from tui.dialog import Question, run_dialog

        self._asked += 1
        struck = self._request.key if self._request is not None and distinct else ""
        question = Question(title, tuple(lines), tuple(options), default or "", struck)
        answer = await run_dialog(self.shell, question)
        return cancel if answer is None else answer

    async def tell(self, title: str, lines: Sequence[str]) -> None:
        """Show a message until Enter, F12 or Esc."""
        from tui.dialog import Question, run_dialog

        self._asked += 1
        await run_dialog(self.shell, Question(title, tuple(lines), (("\r", "确定"),), "\r", ""))

    async def choose(
        self, title: str, rows: Sequence[str], lines: Sequence[str] = (), start: int = 0
    ) -> int | None:
        """Let the user choose a row; returns its index, None on F12 or Esc. Digits jump to a row."""
        from tui.dialog import Choice, run_dialog

        self._asked += 1
        answer = await run_dialog(self.shell, Choice(title, tuple(lines), tuple(rows), start))
        return None if answer is None else int(answer)

    async def host(self, title: str, widget: KeyWidget) -> Any:
        """Show a widget of one's own in a dialog; returns what it passes to `finish`, None on F12.

        The widget sets its own width and height in cells. It ends the dialog with
        `self.screen.finish(result)` (`tui.dialog.HostScreen`), synchronously in its key handler.
        """
        from tui.dialog import run_host

        self._asked += 1
        outer, self.hosted = self.hosted, (title, widget)
        try:
            return await run_host(self.shell, title, widget)
        finally:
            self.hosted = outer

    @property
    def first_request(self) -> ActionRequested | None:
        """The request being performed, as long as it has opened no more than the dialog open now."""
        return self._request if self._asked == 1 else None


class ShellScreen(KeyScreen):
    """Title line, body, status line and key bar."""

    TITLE: ClassVar[str | None] = ""
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "back")
    """Actions shown in the key bar and, when a widget refuses them, performed by the screen."""
    HELP_LINES: ClassVar[tuple[str, ...]] = ()
    """What F1 says about the screen as a whole, one Chinese line each."""

    def body(self) -> ComposeResult:
        """Yield the widgets between the title and the status line."""
        return iter(())

    def compose(self) -> ComposeResult:
        """Put the bars around the body."""
        yield TitleBar(self.screen_title())
        yield from self.body()
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Fill the bars."""
        self.refresh_bars()

    def screen_title(self) -> str:
        """Return the text of the title line."""
        return self.TITLE or ""

    def key_bar_actions(self) -> Sequence[str]:
        """Return the actions for the key bar; where they depend on the state, call `refresh_bars`."""
        return self.KEY_BAR

    def key_context(self) -> str:
        """Return the context whose keys the key bar shows."""
        widget = self.focused if isinstance(self.focused, KeyWidget) else self.first_key_widget()
        return widget.key_context() if widget is not None else "global"

    def screen_actions(self) -> frozenset[str]:
        """Return the key bar's actions and those of every screen."""
        return frozenset((*self.key_bar_actions(), *ALWAYS))

    def label(self, action: str) -> tuple[str, str]:
        """Return label and help sentence of an action on this screen; override for words of its own."""
        from tui.actions import ACTIONS

        return ACTIONS[action].label, ACTIONS[action].help

    @property
    def on_top(self) -> bool:
        """Whether it is this screen that is seen, or seen under a dialog.

        Textual's `is_current` holds for the screen below as well.
        """
        return self.shell.shell_screen() is self

    def help_text(self) -> Sequence[str]:
        """Return what F1 says about the screen as a whole, before the keys."""
        return self.HELP_LINES

    def refresh_bars(self) -> None:
        """Draw title and key bar from the current state."""
        self.query_one(TitleBar).show(self.screen_title(), self.shell.banner)
        keymap, context = self.shell.keymap, self.key_context()
        items = [(keymap.label(context, name), self.label(name)[0]) for name in self.key_bar_actions()]
        whole = [keymap.label(context, name) for name in ALWAYS_SHOWN]
        self.query_one(KeyBar).show([item for item in items if item[0]], whole)

    async def opened(self, **args: Any) -> None:
        """Prepare for use; called with the arguments of `open_screen` each time, keys wait meanwhile."""

    async def returned(self, result: Any) -> None:
        """Take up again after the screen above was left with `back(result)`."""

    async def may_leave(self) -> bool:
        """Say whether the screen may be left (ask about unsaved work here)."""
        return True

    def closing(self) -> None:
        """Save what is half typed, synchronously: the terminal is gone or the program ends."""

    async def perform(self, request: ActionRequested) -> None:
        """Perform help, redraw, back and exit."""
        match request.action:
            case "back":
                await self.shell.back()
            case "exit":
                await self.shell.home()
            case _:
                await super().perform(request)
