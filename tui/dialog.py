"""Dialogs: questions, messages, choices, and a frame for a widget of one's own.

Every question is drawn by one line-API widget in a plain ASCII frame on a screen that is kept and used
again. A dialog opens the gate for its own keys and closes it in the very step that answers it, so keys
struck ahead go to the dialog first and to the screen below afterwards, in order.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from textual._context import visible_screen_stack
from textual.app import ComposeResult
from textual.containers import Container
from textual.strip import Strip
from textual.widget import _RenderCache

from tui import glyphs, theme
from tui.bars import Span, strip_of
from tui.keys import ActionRequested, KeyWidget
from tui.shellscreen import KeyScreen

if TYPE_CHECKING:
    from tui.app import ShellApp

MAX_TEXT_WIDTH = 68
"""Cells of text in the widest dialog."""


@dataclass(frozen=True, slots=True)
class Question:
    """Lines of text and options at the bottom; `struck` is the key that may not answer."""

    title: str
    lines: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    default: str
    struck: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows of which one is chosen; `start` is the row highlighted first."""

    title: str
    lines: tuple[str, ...]
    rows: tuple[str, ...]
    start: int


class DialogBox(KeyWidget):
    """Draws a question or a choice and answers it."""

    KEY_CONTEXT: ClassVar[str] = "dialog"
    DEFAULT_CSS: ClassVar[str] = "DialogBox { width: 40; height: 8; }"

    def __init__(self) -> None:
        super().__init__()
        self._content: Question | Choice = Question("", (), (), "", "")
        self._text: list[str] = []
        self._rows: list[str] = []
        self._current = 0
        self._top = 0
        self._view = 1
        self._digits = ""

    # -- content ---

    def show(self, content: Question | Choice, columns: int, rows: int) -> None:
        """Show other content in a terminal of `columns` x `rows` cells."""
        self._content = content
        self._top, self._digits = 0, ""
        if isinstance(content, Choice):
            number = len(str(len(content.rows)))
            self._rows = [f"{n:>{number}} {glyphs.display(row)}" for n, row in enumerate(content.rows, 1)]
            self._current = min(max(content.start, 0), max(len(self._rows) - 1, 0))
        else:
            self._rows = []
            keys = [key for key, _ in content.options]
            self._current = keys.index(content.default) if content.default in keys else 0
        self.fit(columns, rows)

    def fit(self, columns: int, rows: int) -> None:
        """Lay the content out for a terminal of this size; the cursor stays."""
        limit = min(MAX_TEXT_WIDTH, max(columns - 8, 8))
        self._text = [part for line in self._content.lines for part in glyphs.wrap(line, limit)]
        drawn = [*map(glyphs.cell_len, self._text), *map(glyphs.cell_len, self._rows)]
        widest = max([glyphs.width(self._content.title) + 6, self._foot_width(), *drawn, 20])
        foot = 0 if isinstance(self._content, Choice) else 2
        height = max(min(len(self._text) + len(self._rows) + foot, rows - 6), foot + 1)
        self._view = height - foot
        self._top = max(min(self._top, len(self._text) + len(self._rows) - self._view), 0)
        self.styles.width = min(widest, limit) + 4
        self.styles.height = height + 2
        self._scroll_to_current()
        self.refresh()

    def _options(self) -> tuple[tuple[str, str], ...]:
        return self._content.options if isinstance(self._content, Question) else ()

    def _foot(self) -> list[Span]:
        spans: list[Span] = []
        for index, (key, label) in enumerate(self._options()):
            shown = glyphs.display(label)
            struck = self.shell.keymap.label("global", key) if key == "help" else key.strip().upper()
            text = f" {struck} {shown} " if struck else f" {shown} "
            spans += [(text, theme.CURSOR if index == self._current else theme.PLAIN), ("  ", theme.PLAIN)]
        return spans[:-1]

    def _foot_width(self) -> int:
        return sum(glyphs.cell_len(text) for text, _ in self._foot())

    def _scroll_to_current(self) -> None:
        if self._rows:
            line = len(self._text) + self._current
            self._top = min(max(self._top, line - self._view + 1), line)

    # -- drawing ---

    def render_line(self, y: int) -> Strip:
        """Draw one line of the frame or of what stands in it."""
        cells, height = self.size.width, self.size.height
        if y == 0:
            title = glyphs.fit(self._content.title, min(glyphs.width(self._content.title), cells - 6))
            edge = f"+- {title} " if title else "+"
            return Strip(
                [Segment(edge + "-" * (cells - glyphs.cell_len(edge) - 1) + "+", theme.PLAIN)], cells
            )
        if y >= height - 1:
            more = len(self._text) + len(self._rows) > self._view
            edge = "-- PgUp PgDn " if more else ""
            return Strip([Segment("+" + edge + "-" * (cells - 2 - len(edge)) + "+", theme.PLAIN)], cells)
        inner = self._inner(y - 1, cells - 4)
        return strip_of([("| ", theme.PLAIN), *inner, (" |", theme.PLAIN)], cells, theme.PLAIN)

    def _inner(self, y: int, cells: int) -> list[Span]:
        if y < self._view:
            line = self._top + y
            if line < len(self._text):
                return [(glyphs.fit(self._text[line], cells), theme.PLAIN)]
            row = line - len(self._text)
            if row < len(self._rows):
                return [
                    (
                        glyphs.fit(self._rows[row], cells),
                        theme.CURSOR if row == self._current else theme.PLAIN,
                    )
                ]
        elif y == self._view + 1:
            foot = self._foot()
            return [*foot, (" " * (cells - self._foot_width()), theme.PLAIN)]
        return [(" " * cells, theme.PLAIN)]

    def caret(self) -> tuple[int, int] | None:
        """Return where the row or the answer under the cursor begins."""
        if self._rows:
            return 2, len(self._text) + self._current - self._top + 1
        before = sum(glyphs.cell_len(text) for text, _ in self._foot()[: 2 * self._current])
        return 2 + before, self._view + 2

    # -- keys ---

    def handle_action(self, action: str) -> bool:
        """Move, answer or leave."""
        match action:
            case "accept":
                return self._accept()
            case "back" | "cancel_edit" | "exit":
                self._finish(None)
            case "up" | "down" | "page_up" | "page_down" | "top" | "bottom" | "home" | "end":
                return self._move(action)
            case "left" | "previous_field" | "right" | "next_field":
                return self._turn(-1 if action in ("left", "previous_field") else 1)
            case "help" if isinstance(self._content, Question) and any(
                k == "help" for k, _ in self._options()
            ):
                self._finish("help")
            case _:
                return action in ("help", "redraw") and self._leave_to_screen(action)
        return True

    def _leave_to_screen(self, action: str) -> bool:
        if action == "redraw":
            self.shell.redraw()
            return True
        return False

    def handle_text(self, char: str) -> bool:
        """Answer by an option's character, or jump to a row by its number."""
        if self._rows:
            return self._jump(char)
        if char == self._struck_before():
            return False
        for index, (key, _) in enumerate(self._options()):
            if char.lower() == key.lower():
                self._current = index
                self._finish(key)
                return True
        return False

    def _struck_before(self) -> str:
        return self._content.struck if isinstance(self._content, Question) else ""

    def _accept(self) -> bool:
        if isinstance(self._content, Choice):
            if not self._rows:
                return False
            self._finish(str(self._current))
            return True
        if not self._content.options or self._struck == self._content.struck:
            return False
        self._finish(self._content.options[self._current][0])
        return True

    def _turn(self, step: int) -> bool:
        options = self._options()
        if len(options) < 2:
            return False
        self._current = (self._current + step) % len(options)
        self.refresh()
        return True

    def _move(self, action: str) -> bool:
        total = len(self._rows) if self._rows else len(self._text) - self._view + 1
        step = {
            "up": -1,
            "down": 1,
            "page_up": -self._view,
            "page_down": self._view,
            "top": -total,
            "home": -total,
            "bottom": total,
            "end": total,
        }[action]
        before = self._current if self._rows else self._top
        after = min(max(before + step, 0), max(total - 1, 0))
        if after == before:
            return False
        if self._rows:
            self._current = after
            self._scroll_to_current()
        else:
            self._top = after
        self._digits = ""
        self.refresh()
        return True

    def _jump(self, char: str) -> bool:
        if not char.isdecimal():
            return False
        for digits in (self._digits + char, char):
            number = int(digits)
            if 1 <= number <= len(self._rows):
                self._digits, self._current = digits, number - 1
                self._scroll_to_current()
                self.refresh()
                return True
        return False

    def _finish(self, answer: str | None) -> None:
        screen = self.screen
        if isinstance(screen, AnswerScreen):
            screen.finish(answer)


class AnswerScreen(KeyScreen):
    """A screen over another one that ends with an answer."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: asyncio.Future[Any] | None = None
        self._holds = 0
        self._open = False

    def finish(self, answer: Any) -> None:
        """End the dialog with an answer; the gate closes in this step. A second answer is ignored."""
        if self._answer is not None and not self._answer.done():
            self._close_gate()
            self._answer.set_result(answer)

    def _close_gate(self) -> None:
        if self._open:
            self._open = False
            self.shell.gate.resume(self._holds + 1)

    def _render_content(self) -> None:
        """Take the lines of the screen below as they are; Textual would style each piece anew."""
        below = visible_screen_stack.get([])
        if not below or below[-1] is self:
            super()._render_content()
            return
        strips = below.pop()._compositor.render_strips(self.size)
        self._render_cache = _RenderCache(self.size, strips)
        self._dirty_regions.clear()

    async def run(self) -> Any:
        """Take keys until there is an answer; the caller holds the gate once, `run` releases it."""
        gate = self.shell.gate
        self._answer = answer = asyncio.get_running_loop().create_future()
        self.focus_key()
        self._holds = gate.suspend() - 1
        self._open = True
        gate.flush()
        try:
            result = await answer
            await self.shell.pop_screen()
        finally:
            self._close_gate()
            gate.release()
        return result

    async def perform(self, request: ActionRequested) -> None:
        """Leave on `back`; the rest as every screen."""
        if request.action in ("back", "exit"):
            self.finish(None)
        else:
            await super().perform(request)


class DialogScreen(AnswerScreen):
    """The screen of questions and choices; used again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._box = DialogBox()

    def compose(self) -> ComposeResult:
        """One widget draws everything."""
        yield self._box

    def show(self, content: Question | Choice, columns: int, rows: int) -> None:
        """Set what is asked, for a terminal of this size."""
        self._box.show(content, columns, rows)

    def on_resize(self) -> None:
        """Keep the answers in sight in a smaller window."""
        self._box.fit(*self.app.size)


class HostScreen(AnswerScreen):
    """The screen around a widget of one's own."""

    def __init__(self) -> None:
        super().__init__()
        self._frame = Container()

    def compose(self) -> ComposeResult:
        """The frame; the widget is mounted for each use."""
        yield self._frame

    async def take_in(self, title: str, widget: KeyWidget) -> None:
        """Put a widget into the frame."""
        await self._frame.remove_children()
        await self._frame.mount(widget)
        self._frame.border_title = glyphs.display(title).replace("[", "(").replace("]", ")")
        self.set_focus(None)
        self.focus_key(widget)


class DialogPool:
    """Dialog screens by nesting depth, each made once."""

    def __init__(self, shell: ShellApp) -> None:
        self._shell = shell
        self._free: dict[type[AnswerScreen], list[AnswerScreen]] = {}
        self._made = 0

    def take(self, kind: type[AnswerScreen]) -> AnswerScreen:
        """Return an unused screen of a kind."""
        free = self._free.setdefault(kind, [])
        if free:
            return free.pop()
        screen = kind()
        self._made += 1
        self._shell.install_screen(screen, f"dialog-{self._made}")
        return screen

    def give_back(self, screen: AnswerScreen) -> None:
        """Return a screen to the pool."""
        self._free[type(screen)].append(screen)


async def run_dialog(shell: ShellApp, content: Question | Choice) -> Any:
    """Show a question or a choice over the current screen; returns the answer, None when left."""
    screen = shell.dialogs.take(DialogScreen)
    assert isinstance(screen, DialogScreen)
    shell.gate.hold()
    screen.show(content, *shell.size)
    await shell.push_screen(screen)
    return await _answered(shell, screen)


async def run_host(shell: ShellApp, title: str, widget: KeyWidget) -> Any:
    """Show a widget in a frame over the current screen; returns what it finishes with, None when left."""
    screen = shell.dialogs.take(HostScreen)
    assert isinstance(screen, HostScreen)
    shell.gate.hold()
    with shell.batch_update():
        # No frame without what stands in it.
        await shell.push_screen(screen)
        await screen.take_in(title, widget)
    shell.hosts(title, widget)
    try:
        return await _answered(shell, screen)
    finally:
        await widget.remove()


async def _answered(shell: ShellApp, screen: AnswerScreen) -> Any:
    """Run a screen whose gate hold was taken by the caller."""
    try:
        return await screen.run()
    finally:
        shell.dialogs.give_back(screen)
