"""Lines of text on a screen, drawn as they are: facts of a unit, of a key, of a message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui import glyphs
from tui.bars import Span, strip_of
from tui.theme import PLAIN, STRONG

Line = str | Sequence[Span]
"""One line: a plain text, or texts with their styles."""


class Panel(Widget, inherit_bindings=False):
    """A block of lines; cut at the edge, repainted only when a line changed."""

    DEFAULT_CSS: ClassVar[str] = "Panel { height: 1; width: 1fr; }"

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self.show(lines)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines; the height follows their number."""
        new = tuple(line if isinstance(line, str) else tuple(line) for line in lines)
        if new == self._lines:
            return
        if len(new) != len(self._lines):
            self.styles.height = len(new)
        self._lines = new
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        cells = self.size.width
        if not 0 <= y < len(self._lines) or cells <= 0:
            return Strip.blank(max(0, cells))
        line = self._lines[y]
        if isinstance(line, str):
            return Strip([Segment(glyphs.fit(line, cells), PLAIN)], cells)
        return strip_of([(glyphs.display(text), style) for text, style in line], cells, PLAIN)


def facts(
    pairs: Sequence[tuple[str, str]], *, title_width: int = 0, style: Style = PLAIN
) -> list[Sequence[Span]]:
    """Return a line per (title, value), the values under each other."""
    room = title_width or max((glyphs.width(title) for title, _ in pairs), default=0)
    return [((glyphs.fit(title, room) + "  ", STRONG), (value, style)) for title, value in pairs]
