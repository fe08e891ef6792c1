"""The paste pad, for terminals that do not mark a paste: TAB and Enter are text like everything else.

A paste without brackets arrives as keys, one by one. The pad takes them all as text until the key of
`submit`; what was taken is counted and its last lines are shown, drawn at most once per frame however many
keys a frame brings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Final

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from tui import glyphs, theme
from tui.keys import KeyWidget
from tui.shellscreen import KeyScreen

MAX_CHARS: Final = 40_000_000
"""Longest text the pad holds; more is refused with a beep."""
SLICE: Final = 250_000
"""Characters of a marked paste that are taken in one step; keys wait until all have been."""
SHOWN_CHARS: Final = 400
"""Characters of a line that are looked at for drawing."""
TAB_SHOWN: Final = " | "
INVITATION: Final = " 请在终端里粘贴从表格复制的行（右键或 Shift+Ins）"

KEPT: Final = 1_000_000
"""Characters up to which the pad is kept over a cut of the program."""


class PastePad(KeyWidget):
    """Collects text; `submit` and `back` are the screen's."""

    KEY_CONTEXT: ClassVar[str] = "pad"
    DEFAULT_CSS: ClassVar[str] = "PastePad { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []
        self._line: list[str] = []
        self._rows = 0
        self._length = 0
        self._to_draw = False

    # -- for the screen --------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What was taken, rows ended by LF."""
        return "\n".join([*self._lines, "".join(self._line)])

    @property
    def empty(self) -> bool:
        """Whether nothing was taken."""
        return not self._length

    @property
    def rows(self) -> int:
        """Rows with anything in them."""
        return self._rows + (not self._blank(self._line))

    def whereabouts(self) -> dict[str, Any]:
        """Return what was taken, as long as it is not a whole book."""
        return {"text": self.text} if self._length <= KEPT else {}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Take the same again."""
        self.empty_out()
        if text := str(kept.get("text") or ""):
            self.handle_paste(text)

    def empty_out(self) -> None:
        """Forget what was taken."""
        self._lines, self._line, self._rows, self._length = [], [], 0, 0
        self._touch()

    # -- keys ------------------------------------------------------------------------------------------

    def process_key(self, event: events.Key) -> None:
        """Take every character as it is, wide blanks and NBSP too, which are no printable keys elsewhere."""
        char = event.character
        if char is not None and char >= " " and char != "\x7f":
            self._struck = event.key
            if not self.handle_text(char):
                self.shell.bell()
        else:
            super().process_key(event)

    def handle_text(self, char: str) -> bool:
        """Take a character."""
        if self._length >= MAX_CHARS:
            return False
        self._line.append(char)
        self._length += 1
        self._touch()
        return True

    def handle_paste(self, text: str) -> bool:
        """Take a whole paste, should the terminal mark it after all; a long one goes on behind this step."""
        if self._length + len(text) > MAX_CHARS:
            return False
        end = self._take_slice(text, 0)
        screen = self.screen if end < len(text) else None
        if isinstance(screen, KeyScreen):
            screen.run_gated(partial(self._take_rest, text, end))
        return True

    async def _take_rest(self, text: str, start: int) -> None:
        while start < len(text):
            await asyncio.sleep(0)
            start = self._take_slice(text, start)

    def _take_slice(self, text: str, start: int) -> int:
        """Take a slice from `start` on; returns its end, which is never within a line break."""
        end = min(start + SLICE, len(text))
        while end < len(text) and text[end] in "\r\n":
            end += 1
        part = text[start:end].replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
        first, *rest = part.split("\n")
        self._line.append(first)
        if rest:
            self._end_line()
            *whole, last = rest
            self._rows += sum(1 for line in whole if line and not line.isspace())
            self._lines += whole
            self._line.append(last)
        self._length += len(part)
        self._touch()
        return end

    def handle_action(self, action: str) -> bool:
        """Take Enter and TAB as text, Backspace as what it is; the rest is the screen's."""
        match action:
            case "accept":
                self._end_line()
                self._length += 1
            case "next_field":
                return self.handle_text("\t")
            case "erase_left":
                return self._erase()
            case _:
                return False
        self._touch()
        return True

    def help_lines(self) -> list[str]:
        """Say what the pad is for."""
        return [
            "在表格中复制整行，再在终端里粘贴；回车和制表符都当作内容，不会误操作。",
            "粘贴完后核对行数，再读取；读取后先预览，确认后才放进清册。",
        ]

    def caret(self) -> tuple[int, int] | None:
        """Return the end of what was taken."""
        lines = self._tail(self.size.height - 1)
        width = glyphs.cell_len(lines[-1]) if lines else 0
        return min(width + 1, max(0, self.size.width - 1)), max(1, len(lines))

    # -- text ------------------------------------------------------------------------------------------

    def _end_line(self) -> None:
        self._rows += not self._blank(self._line)
        self._lines.append("".join(self._line))
        self._line = []

    def _erase(self) -> bool:
        if self._line and len(self._line[-1]) > 1:
            self._line = list("".join(self._line))
        if self._line:
            self._line.pop()
        elif self._lines:
            self._line = list(self._lines.pop())
            self._rows -= not self._blank(self._line)
        else:
            return False
        self._length -= 1
        self._touch()
        return True

    @staticmethod
    def _blank(parts: list[str]) -> bool:
        return all(not part or part.isspace() for part in parts)

    # -- drawing ---------------------------------------------------------------------------------------

    def _touch(self) -> None:
        """Have the pad drawn at the next frame; asked once until then."""
        if not self._to_draw:
            self._to_draw = True
            self.refresh()

    def _tail(self, count: int) -> list[str]:
        """The last lines as they are drawn, the one being written included."""
        near = self._lines[-2 * count :]
        last = [line[:SHOWN_CHARS] for line in near if not self._blank([line])][-(count - 1) :]
        shown = [*last, "".join(self._line[-SHOWN_CHARS:])[-SHOWN_CHARS:]]
        return [TAB_SHOWN.join(map(glyphs.display, line.split("\t"))) for line in shown]

    def render_line(self, y: int) -> Strip:
        """Draw the number of rows over the last lines."""
        self._to_draw = False
        width, height = self.size
        if y == 0:
            text = f" 已收到 {self.rows} 行" if self._length else INVITATION
            return Strip([Segment(glyphs.fit(text, width), theme.STRONG)], width)
        lines = self._tail(height - 1)
        text = lines[y - 1] if y <= len(lines) else ""
        return Strip([Segment(glyphs.fit(f" {text}", width), theme.PLAIN)], width)
