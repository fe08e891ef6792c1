"""Two terminals beside each other: every frame once as stock Textual draws it, once as the painter does."""

from __future__ import annotations

import unicodedata
from typing import Any

import pyte
from rich.cells import cell_len
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate

from tests.support.pty_terminal import picture_of, row_of
from tui.painted_app import PaintedApp


class Terminal:
    """A pyte screen fed with text."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.Screen(width, height)
        self.screen.reset_mode(7, private=True)
        self.stream = pyte.Stream(self.screen)
        self.fed: list[str] = []
        """Everything this terminal was sent."""

    def feed(self, text: str) -> None:
        """Draw what a program has written."""
        self.fed.append(text)
        self.stream.feed(text)

    def picture(self) -> Any:
        return picture_of(self.screen)

    def resize(self, width: int, height: int) -> None:
        self.screen.resize(height, width)
        self.feed("\x1b[m\x1b[H\x1b[2J")


class TwinMixin(PaintedApp):
    """Feeds both terminals and compares the rows that either frame has touched."""

    stock: Terminal
    own: Terminal
    depth: ColorSystem | None = ColorSystem.EIGHT_BIT
    frames = fallbacks = 0
    behind = False
    """Whether stock drawing has drawn last: the picture is whole again with the next full frame."""

    def begin(self, width: int, height: int) -> None:
        """Begin with terminals of this size."""
        self.console._color_system = self.depth
        self.stock, self.own = Terminal(width, height), Terminal(width, height)
        self._drawn_size = (width, height)

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        if not isinstance(renderable, (LayoutUpdate, ChopsUpdate)) or self._batch_count:
            return
        size = self.size
        if self._drawn_size != (size.width, size.height):
            self._drawn_size = (size.width, size.height)
            self.stock.resize(*size)
            self.own.resize(*size)
        stock = self._drawn_by_textual(renderable)
        self.stock.feed(stock)
        if self._painted(renderable):
            self._send()
            self.behind = self.behind and not isinstance(renderable, LayoutUpdate)
            if not self.behind:
                self.compare()
        else:
            self.own.feed("\x1b[m" + stock)
            self.fallbacks += 1
            self.behind = True

    def _drawn_by_textual(self, update: LayoutUpdate | ChopsUpdate) -> str:
        """Render without the caches, which keep the depth of colour of other applications in this process."""
        lines = (
            update.strips if isinstance(update, LayoutUpdate) else [line.values() for line in update.chops]
        )
        for line in lines:
            for strip in line:
                if strip is not None:
                    strip._render_cache = None
                    for _, style, _ in strip:
                        if style is not None:
                            style._ansi = None
        return update.render_segments(self.console).replace("\n", "\r\n")

    def _send(self) -> None:
        """Write to the terminal in this process."""
        if self._painter is not None:
            text = self._painter.frame(self.caret_position())
            self.own.feed(text)
            self.frames += 1

    def compare(self) -> None:
        """The two pictures are equal, cell by cell; the caret stands where the application has it."""
        own, stock = self.own.screen, self.stock.screen
        rows = sorted((own.dirty | stock.dirty) & set(range(own.lines)))
        own.dirty.clear()
        stock.dirty.clear()
        theirs = [row_of(stock, y) for y in rows]
        if self.depth is None:
            # Without colours Textual sends them all the same, the painter does not.
            theirs = [[(c[0], "default", "default", *c[3:]) for c in row] for row in theirs]
        found = difference([row_of(own, y) for y in rows], theirs)
        assert not found, (
            [(rows[y], *rest) for y, *rest in found[:6]],
            self.stock.screen.display[rows[found[0][0]]],
        )
        x, y = self.caret_position()
        assert (own.cursor.x, own.cursor.y) == (
            min(max(x, 0), own.columns - 1),
            min(max(y, 0), own.lines - 1),
        )


def halves_blanked(row: Any) -> Any:
    """Do what terminals do and pyte does not: half a wide character is blank."""
    after = [cell[0] for cell in row[1:]] + [" "]
    before = [" "] + [cell[0] for cell in row[:-1]]
    return [
        (" ", "default", cell[2], False, False, False)
        if (cell_len(cell[0]) == 2 and not _right_half(follows)) or (cell[0] == "" and cell_len(leads) != 2)
        else cell
        for cell, follows, leads in zip(row, after, before, strict=True)
    ]


def _right_half(data: str) -> bool:
    """Whether pyte's cell is the right half of a wide character: empty, or with the marks over it."""
    return all(unicodedata.category(char) in ("Mn", "Me") for char in data)


def difference(own: Any, stock: Any) -> list[tuple[int, int, Any, Any]]:
    """Return (row, column, own cell, stock cell) where two pictures differ."""
    return [
        (y, x, mine, theirs)
        for y, (row, other) in enumerate(zip(own, stock, strict=True))
        for x, (mine, theirs) in enumerate(zip(row, halves_blanked(other), strict=True))
        if mine != theirs
    ]
