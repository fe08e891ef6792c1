"""Text to be read: wrapped lines that scroll; every other key goes to the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from textual.strip import Strip

from tui import glyphs
from tui.bars import Span, strip_of
from tui.keys import KeyWidget
from tui.theme import PLAIN


class Reading(KeyWidget):
    """Lines of spans; a line of one span is wrapped, others are cut."""

    KEY_CONTEXT: ClassVar[str] = "form"
    DEFAULT_CSS: ClassVar[str] = "Reading { width: 1fr; height: 1fr; padding: 1 2 0 2; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: list[Sequence[Span]] = []
        self._laid: list[Sequence[Span]] = []
        self._top = 0

    def show(self, lines: Sequence[Sequence[Span]]) -> None:
        """Show other lines from the top."""
        self._lines, self._top = list(lines), 0
        self._lay()
        self.refresh()

    @property
    def pages(self) -> tuple[int, int]:
        """The page shown, from 1, and how many there are."""
        step = max(1, self.size.height - 1)
        last = max(0, len(self._laid) - self.size.height)
        return -(-self._top // step) + 1, -(-last // step) + 1

    def whereabouts(self) -> dict[str, Any]:
        """Return the first line shown."""
        return {"top": self._top}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Show the text from the same line on."""
        last = max(0, len(self._laid) - self.size.height)
        self._top = max(0, min(int(kept.get("top") or 0), last))
        self.refresh()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay()

    def _lay(self) -> None:
        cells = self.size.width or 76
        self._laid = []
        for line in self._lines:
            if len(line) == 1:
                text, style = line[0]
                self._laid += [[(part, style)] for part in glyphs.wrap(text, cells)]
            elif len(line) == 2 and glyphs.width(line[0][0] + line[1][0]) > cells:
                head, (text, style) = line[0], line[1]
                parts = glyphs.wrap(text, cells - glyphs.width(head[0]))
                self._laid.append([head, (parts[0], style)])
                indent = (" " * glyphs.width(head[0]), PLAIN)
                self._laid += [[indent, (part, style)] for part in parts[1:]]
            else:
                self._laid.append(line)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the text."""
        cells, at = self.size.width, self._top + y
        if not 0 <= at < len(self._laid):
            return Strip([Segment(" " * cells, PLAIN)], cells)
        return strip_of([(glyphs.display(text), style) for text, style in self._laid[at]], cells, PLAIN)

    def handle_action(self, action: str) -> bool:
        """Scroll."""
        page = max(1, self.size.height - 1)
        last = max(0, len(self._laid) - self.size.height)
        steps = {"up": -1, "down": 1, "page_up": -page, "page_down": page, "home": -last, "end": last}
        if action not in steps:
            return False
        top = min(max(self._top + steps[action], 0), last)
        moved, self._top = top != self._top, top
        if moved:
            self.refresh()
        return moved
