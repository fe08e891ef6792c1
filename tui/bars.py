"""The one-row widgets of every screen: title line, status line, key bar.

Each draws itself in one `render_line`, repaints only when its content changed, and sends nothing while idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui import glyphs, theme

Span = tuple[str, Style]
"""A drawn text and its style."""

STATUS_STYLES: Final[dict[str, tuple[str, Style]]] = {
    "info": ("", theme.PLAIN),
    "good": ("", theme.GOOD),
    "busy": ("", theme.STRONG),
    "warning": ("? ", theme.WARNING),
    "error": ("! ", theme.ERROR),
}
"""Kinds of status text: the mark before it and its style."""


def strip_of(spans: Sequence[Span], cells: int, fill: Style) -> Strip:
    """Return one line of exactly `cells` cells: drawn texts cut at a whole character, then `fill`."""
    segments: list[Segment] = []
    left = cells
    for text, style in spans:
        size = len(text) if text.isascii() else glyphs.cell_len(text)
        if size > left:
            text = glyphs.take(text, left)
            size = left
        if text:
            segments.append(Segment(text, style))
        left -= size
        if not left:
            break
    if left:
        segments.append(Segment(" " * left, fill))
    return Strip(segments, cells)


class Bar(Widget, inherit_bindings=False):
    """A row that draws itself."""

    DEFAULT_CSS: ClassVar[str] = "Bar { height: 1; width: 1fr; }"

    def spans(self, cells: int) -> tuple[list[Span], Style]:
        """Return the texts of the row and the style of what is left."""
        return [], theme.PLAIN

    def render_line(self, y: int) -> Strip:
        """Draw the row."""
        cells = self.size.width
        spans, fill = self.spans(cells)
        return strip_of(spans, cells, fill)


class TitleBar(Bar):
    """Title at the left, banner (unit, account, agent) at the right."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._banner = ""

    def show(self, title: str, banner: str) -> None:
        """Set both texts."""
        if (title, banner) != (self._title, self._banner):
            self._title, self._banner = title, banner
            self.refresh()

    def spans(self, cells: int) -> tuple[list[Span], Style]:
        """Draw the title, and the banner as far as there is room."""
        title = f" {glyphs.display(self._title)} "
        spans: list[Span] = [(title, theme.TITLE)]
        room = cells - glyphs.cell_len(title) - 1
        if self._banner and room > 8:
            banner = glyphs.fit(self._banner, min(room, glyphs.width(self._banner)))
            spans += [(" " * (room + 1 - glyphs.cell_len(banner)), theme.PLAIN), (banner, theme.PLAIN)]
        return spans, theme.PLAIN


class StatusLine(Bar):
    """What happened last at the left, where one is at the right (`行 37/500`)."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._kind = "info"
        self._place = ""

    @property
    def text(self) -> str:
        """The text at the left, without its mark."""
        return self._text

    @property
    def kind(self) -> str:
        """The kind of the text, a key of `STATUS_STYLES`."""
        return self._kind

    def show(self, text: str, kind: str = "info") -> None:
        """Set the text; `kind` is a key of `STATUS_STYLES`."""
        if (text, kind) != (self._text, self._kind):
            self._text, self._kind = text, kind
            self.refresh()

    def is_cut(self) -> bool:
        """Whether the text is too long for the line."""
        return glyphs.cell_len(glyphs.display(STATUS_STYLES[self._kind][0] + self._text)) > self.size.width

    def place(self, text: str) -> None:
        """Set the text at the right."""
        if text != self._place:
            self._place = text
            self.refresh()

    def spans(self, cells: int) -> tuple[list[Span], Style]:
        """Draw mark and text, then the place, which is left out for a text that needs the whole line."""
        mark, style = STATUS_STYLES[self._kind]
        place = glyphs.display(self._place)
        text = glyphs.display(mark + self._text)
        room = cells - (glyphs.cell_len(place) + 1 if place else 0)
        if room < glyphs.cell_len(text) <= cells:
            place = ""
        elif glyphs.cell_len(text) > room:
            text = glyphs.fit(text, room)
        spans: list[Span] = [(text, style)]
        if place:
            gap = cells - glyphs.cell_len(text) - glyphs.cell_len(place)
            spans += [(" " * gap, theme.PLAIN), (place, theme.PLAIN)]
        return spans, theme.PLAIN


class KeyBar(Bar):
    """The keys that work here, from the action registry: `F1帮助 F10提交 F12返回`."""

    def __init__(self) -> None:
        super().__init__()
        self._items: tuple[tuple[str, str], ...] = ()
        self._whole: frozenset[str] = frozenset()

    def show(self, items: Sequence[tuple[str, str]], whole: Sequence[str] = ()) -> None:
        """Set the (key, label) pairs, most important first; those whose key is in `whole` always stay."""
        pairs = tuple(items), frozenset(whole)
        if pairs != (self._items, self._whole):
            self._items, self._whole = pairs
            self.refresh()

    def spans(self, cells: int) -> tuple[list[Span], Style]:
        """Draw as many whole items as there is room for, in their order."""
        shown = [(key, glyphs.display(label)) for key, label in self._items]
        sizes = [glyphs.cell_len(key) + glyphs.cell_len(label) + 1 for key, label in shown]
        left = (
            cells + 1 - sum(size for (key, _), size in zip(shown, sizes, strict=True) if key in self._whole)
        )
        spans: list[Span] = []
        full = False
        for (key, label), size in zip(shown, sizes, strict=True):
            if key not in self._whole:
                full = full or size > left
                if full:
                    continue
                left -= size
            spans += [(key, theme.KEY), (label + " ", theme.PLAIN)]
        return spans, theme.PLAIN
