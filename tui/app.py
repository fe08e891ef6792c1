"""The application shell: keys in order, screens installed once, and nothing of Textual's own keys.

An entry point::

    from tui.launch import prepare
    prepare()
    from tui.app import ShellApp

    app = ShellApp({"login": LoginScreen, "home": HomeScreen, "roster": RosterScreen}, start="login")
    app.run(mouse=False)

The catalog maps names to callables that make a `ShellScreen` (see `tui.shellscreen`); each is made at first
use and kept. From a screen's `perform`: `await self.shell.open_screen("roster", roster_id=7)`, `await
self.shell.back(result)`, `await self.shell.home()`, `self.shell.banner = "..."`. How widgets take keys is
told in `tui.keys`.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import events
from textual.screen import Screen

from domain.text import safe_text
from tui import theme
from tui.driver import driver_class
from tui.keymap import FUNCTION_DIGITS, Keymap
from tui.keys import KeyGate, KeyWidget
from tui.painted_app import PaintedApp
from tui.progress import Progress
from tui.shellscreen import KeyScreen, ShellScreen

if TYPE_CHECKING:
    from tui.dialog import DialogPool

Catalog = Mapping[str, Callable[[], ShellScreen]]
"""Names of screens and how to make them."""

MINIMUM_SIZE = (80, 24)
"""Columns and rows below which only a sentence is shown."""
TOO_SMALL = "窗口太小，请放大到 80 列 24 行以上。"
CRASHED = "程序出错退出，已录入的内容保存在草稿里；请把上面的文字告诉维护人员。"
POINT = "\u00b7"
"""The point in the names of some minorities: 阿里木·买买提."""
NO_BREAK = "\u00a0"
"""The blank that workbooks put into cells."""
WRONG_ENCODING = "终端编码不是 UTF-8，请在终端软件里把字符编码改为 UTF-8 后重新输入。"
"""Said when bytes arrive that are not UTF-8 (an input in GBK, for example)."""


class ShellApp(PaintedApp, inherit_bindings=False):
    """The running program: one gate for keys, one keymap, one stack of screens."""

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    AUTO_FOCUS: ClassVar[str | None] = ""
    ALLOW_SELECT: ClassVar[bool] = False
    CSS_PATH: ClassVar[Any] = Path(__file__).with_name("theme.tcss")

    def __init__(
        self, catalog: Catalog, start: str, *, keymap: Keymap | None = None, show_cursor: bool = False
    ) -> None:
        self._catalog = catalog
        self._start_name = start
        self._screens_made: dict[str, ShellScreen] = {}
        super().__init__(driver_class=driver_class(), ansi_color=True)
        self._disable_tooltips = True
        self._disable_notifications = True
        self.theme = theme.THEME_NAME
        self.keymap = keymap or Keymap.default()
        self.show_cursor = show_cursor
        """Whether the terminal's own cursor stays visible (some input methods draw nothing without it)."""
        self.gate = KeyGate(self._deliver)
        self.gate.hold()
        self.progress = Progress(
            self._show_progress, lambda: self.gate.waiting > 0, lambda: self.keymap.label("global", "back")
        )
        self._banner = ""
        self._function_prefix = False
        self._strangers = False
        self._dialogs: DialogPool | None = None

    # -- keys ---

    async def on_event(self, event: events.Event) -> None:
        """Take keys and pastes before anything of Textual sees them; leave the rest to it."""
        if isinstance(event, (events.Key, events.Paste)):
            if not event.is_forwarded:
                event._set_forwarded()
                self._take(event)
        elif isinstance(event, (events.MouseEvent, events.AppBlur, events.AppFocus)):
            return
        else:
            await super().on_event(event)

    def _take(self, event: events.Key | events.Paste) -> None:
        cancel = self.progress.cancel if self.gate.closed and self.progress.may_stop else None
        key = event.key if isinstance(event, events.Key) else ""
        if cancel is not None and self.keymap.resolve("global", key) == "back":
            cancel()
        else:
            self.gate.put(event)
            if self.gate.waiting == 1:
                self.progress.keys_came()

    def _deliver(self, event: events.Key | events.Paste) -> None:
        """Hand one key or paste to the focused widget; the gate is open."""
        widget = self.screen.focused
        if not isinstance(widget, KeyWidget) or self._too_small():
            self.bell()
        elif isinstance(event, events.Paste):
            if "\ufffd" in event.text:
                self.wrong_encoding()
            else:
                widget.process_paste(event.text)
        elif self._strange(event.character):
            self.wrong_encoding()
        else:
            key = self._without_prefix(event)
            if key is not None:
                widget.process_key(key)

    def _without_prefix(self, event: events.Key) -> events.Key | None:
        """Turn Ctrl+G and a digit into a function key; None while the digit is awaited or was none."""
        if self._function_prefix:
            self._function_prefix = False
            name = FUNCTION_DIGITS.get(event.character or "")
            if name is None:
                self.bell()
                return None
            return events.Key(name, None)
        if self.keymap.resolve("global", event.key) == "function_prefix":
            self._function_prefix = True
            return None
        return event

    def _strange(self, char: str | None) -> bool:
        """Whether a character is no one's key: bytes of GBK that happen to be UTF-8 of two bytes are.

        Nobody types letters of U+0080 to U+07FF into this program but for the point in a name and the blank
        of a pasted cell, which are such bytes themselves (GBK 路, 聽) while such letters keep coming.
        """
        if char is None or len(char) != 1 or char < "\x80":
            return False
        if char in (POINT, NO_BREAK):
            return self._strangers
        self._strangers = char == "\ufffd" or char < "\u0800"
        return self._strangers

    def wrong_encoding(self) -> None:
        """Tell that bytes arrived which are not UTF-8; nothing of them is entered."""
        screen = self.screen
        if isinstance(screen, KeyScreen):
            screen.status(WRONG_ENCODING, kind="error", beep=True)

    def _too_small(self) -> bool:
        return self.size.width < MINIMUM_SIZE[0] or self.size.height < MINIMUM_SIZE[1]

    # -- screens ---

    def knows(self, name: str) -> bool:
        """Whether the catalog has a screen of this name."""
        return name in self._catalog

    def get_default_screen(self) -> Screen[Any]:
        """Return the start screen: it is the bottom of the stack."""
        return self._made(self._start_name)

    def _made(self, name: str) -> ShellScreen:
        screen = self._screens_made.get(name)
        if screen is None:
            screen = self._screens_made[name] = self._catalog[name]()
            self.install_screen(screen, f"shell-{name}")
        return screen

    async def on_mount(self) -> None:
        """Open the start screen and let the first keys through."""
        screen = self.screen
        if isinstance(screen, ShellScreen):
            screen.run_worker(self._begin(screen), name="begin", group="perform")

    async def _begin(self, screen: ShellScreen) -> None:
        try:
            await screen.opened()
            screen.focus_key()
            screen.refresh_bars()
        except Exception as error:  # noqa: BLE001 - the application decides what the user is told
            await self.perform_failed(screen, error)
        finally:
            self.gate.release()

    @property
    def dialogs(self) -> DialogPool:
        """The dialog screens, made at first use."""
        if self._dialogs is None:
            from tui.dialog import DialogPool

            self._dialogs = DialogPool(self)
        return self._dialogs

    def hosts(self, title: str, widget: KeyWidget) -> None:
        """Take notice that a dialog with this title shows `widget`, mounted and empty. Override."""

    def shell_screen(self) -> ShellScreen | None:
        """Return the topmost screen with bars (below any dialog)."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, ShellScreen):
                return screen
        return None

    async def open_screen(self, name: str, *, replace: bool = False, **args: Any) -> ShellScreen:
        """Open a screen of the catalog over the current one (or in its place) and focus its first widget.

        `args` go to the screen's `opened`. Raises KeyError for a name not in the catalog, RuntimeError for
        a screen that is already open.
        """
        screen = self._made(name)
        if screen in self.screen_stack:
            raise RuntimeError(f"screen {name} is already open")
        self.gate.hold()
        self.hold_picture()
        try:
            await (self.switch_screen(screen) if replace else self.push_screen(screen))
            try:
                await screen.opened(**args)
            finally:
                # Also when it could not be read: without a focus no key would work, not even the one back.
                screen.focus_key()
                screen.refresh_bars()
        finally:
            self.show_picture()
            self.gate.release()
        return screen

    async def back(self, result: Any = None, *, ask: bool = True) -> bool:
        """Leave the screen for the one below, handing it `result`; False when it did not want to."""
        top = self.shell_screen()
        if top is None or len(self.screen_stack) < 2:
            self.bell()
            return False
        if ask and not await top.may_leave():
            return False
        self.gate.hold()
        self.hold_picture()
        try:
            await self.pop_screen()
            below = self.screen
            if isinstance(below, ShellScreen):
                try:
                    await below.returned(result)
                finally:
                    below.focus_key()
                    below.refresh_bars()
        finally:
            self.show_picture()
            self.gate.release()
        return True

    async def home(self) -> None:
        """Leave all screens down to the bottom one, each asked once."""
        if len(self.screen_stack) < 2:
            self.bell()
        while len(self.screen_stack) > 1:
            if not await self.back():
                return

    @property
    def banner(self) -> str:
        """The text at the right of every title line (unit, account, agent)."""
        return self._banner

    @banner.setter
    def banner(self, text: str) -> None:
        self._banner = text
        screen = self.shell_screen() if self.is_running else None
        if screen is not None and screen.is_mounted:
            screen.refresh_bars()

    def redraw(self) -> None:
        """Send the whole picture again (after a line fault, or another program's output)."""
        self.forget_picture()

    def caret_position(self) -> tuple[int, int]:
        """Return where the focused widget has its caret; the input method's window follows."""
        widget = self.screen.focused
        caret = widget.caret() if isinstance(widget, KeyWidget) else None
        if widget is None or caret is None:
            return super().caret_position()
        x, y, _, _ = widget.content_region
        return x + caret[0], y + caret[1]

    def notice_instead(self) -> str | None:
        """Return the sentence for a terminal too small to work in."""
        return TOO_SMALL if self._too_small() else None

    def _show_progress(self, text: str) -> None:
        screen = self.screen
        if isinstance(screen, KeyScreen):
            screen.status(text, kind="busy" if text else "info")

    async def perform_failed(self, screen: KeyScreen, error: Exception) -> None:
        """Handle an error that `perform` let through: the program ends with it. Override to tell the user."""
        self._handle_exception(error)

    # -- the end ---

    def terminal_closed(self) -> None:
        """The terminal is gone (or the system ends the program): save what is half typed, then leave."""
        self._save_half_typed()
        self.exit(0)

    def _save_half_typed(self) -> None:
        for screen in self._screens_made.values():
            if screen.is_running:
                with contextlib.suppress(Exception):
                    screen.closing()

    def _fatal_error(self) -> None:
        """End after an error nobody handled: without the values of variables, which may be secrets."""
        self._save_half_typed()
        error = self._exception
        where = "".join(traceback.format_tb(error.__traceback__)) if error is not None else ""
        what = f"{type(error).__name__}: {safe_text(str(error))}"
        self._exit_renderables.append(Text(f"{where}{what}\n{CRASHED}"))
        self._close_messages_no_wait()
