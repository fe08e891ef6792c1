"""The delta painter: of every frame only the changed cells travel.

Textual 8.2.8 writes whole regions (a kilobyte for a typed character). `Painter` keeps two pictures, the one
Textual wants and the one the terminal shows, and writes the difference: cursor moves, colours only when
they change, erasing instead of blanks, and scrolling of the terminal's own lines. A wide character is
always written whole.

It reads `LayoutUpdate.strips` and `ChopsUpdate.chops` of `textual._compositor`, which are private:
`PaintedApp` goes back to Textual's own drawing whenever a frame is not what it expects, and takes over
again at the next full frame.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from domain.text import is_han

Pen = tuple[str, str, str]
"""SGR parameters of foreground, background and attributes, each as sent, `""` for the default."""
Cell = tuple[str, Pen]
"""What one cell shows; the right half of a wide character is `("", pen)`."""

DEFAULT_PEN: Final[Pen] = ("", "", "")
BLANK: Final[Cell] = (" ", DEFAULT_PEN)
CLEAR: Final = "\x1b[m\x1b[H\x1b[2J"

_ATTRIBUTES: Final = (
    ("bold", "1"), ("dim", "2"), ("italic", "3"), ("underline", "4"), ("blink", "5"), ("reverse", "7"),
    ("conceal", "8"), ("strike", "9"), ("underline2", "21"), ("overline", "53"),
)  # fmt: skip
_SEEN_ON_BLANK: Final = frozenset(("4", "5", "7", "9", "21", "53"))
_MIN_SCROLL_ROWS: Final = 6
_SHORT_GAP: Final = 4


class UnexpectedFrameError(Exception):
    """A frame that is not as the pinned Textual draws it; stock drawing takes over."""


class Painter:
    """Both pictures of a terminal and the bytes that lead from one to the other."""

    def __init__(self, colors: ColorSystem | None) -> None:
        self._colors = colors
        self._pens: dict[Style | None, Pen] = {None: DEFAULT_PEN}
        self.width = self.height = 0
        self._wanted: list[list[Cell]] = []
        self._shown: list[list[Cell]] = []
        self._dirty: set[int] = set()
        self._x: int | None = None
        self._y: int | None = None
        self._pen: Pen | None = None
        self._out: list[str] = []
        self._notice = ""

    # -- the wanted picture ---

    def resize(self, width: int, height: int) -> None:
        """Start with an empty wanted picture of this size; the next frame clears the terminal."""
        self.width, self.height = width, height
        self._wanted = [[BLANK] * width for _ in range(height)]
        self.forget()

    def forget(self) -> None:
        """Treat the terminal's picture as lost: the next frame clears it and draws everything."""
        self._shown = []
        self._pen = self._x = self._y = None
        self._notice = ""

    def take(self, update: LayoutUpdate | ChopsUpdate) -> None:
        """Put an update of Textual's compositor into the wanted picture.

        Raises UnexpectedFrameError for a strip whose characters do not fill the cells it claims.
        """
        if isinstance(update, LayoutUpdate):
            for y, line in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in line:
                    self._set(x, y, strip, strip.cell_length)
                    x += strip.cell_length
            return
        for y, x1, x2 in update.spans:
            for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if chop is not None and x <= x2 and end > x1:
                    whole = x1 <= x < x2 and end <= x2
                    part = chop if whole else chop.crop(0, min(end, x2) - x)
                    self._set(x, y, part, part.cell_length)

    def _set(self, x: int, y: int, strip: Iterable[Segment], length: int) -> None:
        if not 0 <= y < self.height or x < 0:
            return
        cells = self._cells(strip)
        if len(cells) != length:
            raise UnexpectedFrameError(f"{len(cells)} cells in a strip of {length}")
        row = self._wanted[y]
        end = min(x + length, self.width)
        if end <= x:
            return
        if cells[0][0] and row[x][0] == "" and x > 0:
            row[x - 1] = _half(row[x - 1])
        if end < self.width and row[end][0] == "":
            row[end] = _half(row[end])
        row[x:end] = cells[: end - x]
        if end == self.width and end < x + length and cells[end - x][0] == "":
            row[end - 1] = _half(row[end - 1])
        self._dirty.add(y)

    def _cells(self, strip: Iterable[Segment]) -> list[Cell]:
        cells: list[Cell] = []
        for text, style, control in strip:
            if control:
                raise UnexpectedFrameError("a control segment inside a strip")
            pen = self._pens.get(style)
            if pen is None:
                pen = self._pens[style] = self._pen_of(style)
            if text.isascii() and text.isprintable():
                blank = _blank(pen)
                cells.extend([(char, pen) if char != " " else blank for char in text])
            else:
                _extend_wide(cells, text, pen)
        return cells

    def _pen_of(self, style: Style | None) -> Pen:
        if style is None:
            return DEFAULT_PEN
        front = back = ""
        if self._colors is not None:
            if style.color is not None:
                front = ";".join(style.color.downgrade(self._colors).get_ansi_codes())
            if style.bgcolor is not None:
                back = ";".join(style.bgcolor.downgrade(self._colors).get_ansi_codes(foreground=False))
        attributes = ";".join(code for name, code in _ATTRIBUTES if getattr(style, name))
        return ("" if front == "39" else front, "" if back == "49" else back, attributes)

    # -- the frame ---

    def notice(self, sentence: str) -> str:
        """Return the bytes that show only a sentence, `""` while it stands; the next frame redraws."""
        if self._notice == sentence:
            return ""
        self.forget()
        self._notice = sentence
        return CLEAR + sentence

    def frame(self, caret: tuple[int, int]) -> str:
        """Return the bytes from the shown picture to the wanted one, the cursor left at `caret`."""
        out = self._out = []
        self._notice = ""
        if not self._shown and self.height:
            out.append(CLEAR)
            self._shown = [[BLANK] * self.width for _ in range(self.height)]
            self._dirty = set(range(self.height))
            self._pen, self._x, self._y = DEFAULT_PEN, 0, 0
        changed = sorted(y for y in self._dirty if self._shown[y] != self._wanted[y])
        self._dirty.clear()
        if len(changed) >= _MIN_SCROLL_ROWS:
            changed = self._scroll(changed)
        for y in changed:
            self._row(y)
        x, y = min(caret[0], self.width - 1), min(caret[1], self.height - 1)
        self._move(max(x, 0), max(y, 0))
        return "".join(out)

    def _scroll(self, changed: list[int]) -> list[int]:
        """Let the terminal move its lines where that saves most of the changed rows; returns what is left."""
        first, last = changed[0], changed[-1]
        if last - first + 1 > len(changed) + 3:
            return changed
        wanted, shown = self._wanted, self._shown
        best, best_step = 0, 0
        for size in range(1, (last - first + 1) * 2 // 3):
            for step in (size, -size):
                same = sum(1 for y in changed if first <= y + step <= last and wanted[y] == shown[y + step])
                if same > best:
                    best, best_step = same, step
        if best * 10 < len(changed) * 4:
            return changed
        self._use(DEFAULT_PEN)
        region = f"\x1b[{first + 1};{last + 1}r"
        empty = [[BLANK] * self.width for _ in range(abs(best_step))]
        rows = shown[first : last + 1]
        if best_step > 0:
            self._out.append(f"{region}\x1b[{last + 1}H" + "\n" * best_step + "\x1b[r")
            shown[first : last + 1] = rows[best_step:] + empty
        else:
            self._out.append(f"{region}\x1b[{first + 1}H" + "\x1bM" * -best_step + "\x1b[r")
            shown[first : last + 1] = empty + rows[:best_step]
        self._x = self._y = None
        return [y for y in range(first, last + 1) if shown[y] != wanted[y]]

    def _row(self, y: int) -> None:
        new, old, width = self._wanted[y], self._shown[y], self.width
        tail = width
        while tail and new[tail - 1] == BLANK:
            tail -= 1
        x = 0
        while x < width:
            if old[x] == new[x]:
                x += 1
                continue
            if x >= tail:
                self._move(x, y)
                self._use_background()
                self._out.append("\x1b[K")
                break
            start = x - 1 if new[x][0] == "" and x > 0 else x
            x = min(self._run_end(old, new, x), tail)
            self._write(new, start, x, y)
        self._shown[y] = new.copy()

    def _run_end(self, old: list[Cell], new: list[Cell], x: int) -> int:
        """Return where a run of changed cells ends; short unchanged gaps of one pen are written over."""
        end = x + 1
        for at in range(end, self.width):
            if old[at] != new[at]:
                end = at + 1
            elif at - end >= _SHORT_GAP or new[at][1] != new[end - 1][1]:
                break
        while end < self.width and new[end][0] == "":
            end += 1
        return end

    def _write(self, new: list[Cell], x: int, end: int, y: int) -> None:
        out = self._out
        while x < end:
            text, pen = new[x]
            if new[x] == BLANK:
                stop = x
                while stop < end and new[stop] == BLANK:
                    stop += 1
                if stop - x > 10 or (stop == end and stop - x > 4):
                    self._move(x, y)
                    self._use_background()
                    out.append(f"\x1b[{stop - x}X")
                    x = stop
                    continue
            self._move(x, y)
            self._use_for(text, pen)
            out.append(text)
            x += 2 if x + 1 < self.width and new[x + 1][0] == "" else 1
            # At the right edge the terminal's cursor may wait to wrap: its place is unknown. So it is behind
            # a character whose width terminals do not agree on: the rest of the line keeps its place.
            self._x = x if x < self.width and _of_certain_width(text) else None

    def _use_background(self) -> None:
        """Take a pen that erases to the terminal's own background; the foreground does not matter."""
        pen = self._pen
        if pen is None or pen[1] or pen[2]:
            self._use(("" if pen is None else pen[0], "", ""))

    def _use_for(self, text: str, pen: Pen) -> None:
        """Take the pen for a text; a blank keeps the foreground there is."""
        if text == " " and not pen[2] and self._pen is not None and not self._pen[2]:
            pen = (self._pen[0], pen[1], "")
        self._use(pen)

    def _use(self, pen: Pen) -> None:
        old = self._pen
        if old == pen:
            return
        self._pen = pen
        front, back, attributes = pen
        full = "\x1b[" + ";".join(["0", *(part for part in (attributes, front, back) if part)]) + "m"
        if full == "\x1b[0m":
            full = "\x1b[m"
        if old is not None and old[2] == attributes:
            parts = [(front or "39") if old[0] != front else "", (back or "49") if old[1] != back else ""]
            change = "\x1b[" + ";".join(part for part in parts if part) + "m"
            full = min(change, full, key=len)
        elif old == DEFAULT_PEN:
            full = "\x1b[" + full[4:]
        self._out.append(full)

    def _move(self, x: int, y: int) -> None:
        if self._x == x and self._y == y:
            return
        column = f";{x + 1}" if x else ""
        text = f"\x1b[{y + 1}{column}H" if x or y else "\x1b[H"
        if self._x is not None and self._y is not None:
            text = min(text, self._relative(x, y, text), key=len)
        self._x, self._y = x, y
        self._out.append(text)

    def _relative(self, x: int, y: int, absolute: str) -> str:
        assert self._x is not None
        if y == self._y:
            if x == 0:
                return "\r"
            step = x - self._x
            if step > 0:
                return "\x1b[C" if step == 1 else f"\x1b[{step}C"
            return "\b" * -step if step > -4 else f"\x1b[{-step}D"
        if self._y is not None and y == self._y + 1 and x == 0:
            return "\r\n"
        return absolute


def _blank(pen: Pen) -> Cell:
    """Return the cell of a blank without what cannot be seen: equal pictures compare equal."""
    if not pen[2]:
        return BLANK if not pen[1] else (" ", ("", pen[1], ""))
    if _SEEN_ON_BLANK.isdisjoint(pen[2].split(";")):
        return (" ", ("", pen[1], ""))
    return (" ", pen)


def _half(cell: Cell) -> Cell:
    """Return what is left of a wide character of which the other half was drawn over."""
    return (" ", ("", cell[1][1], ""))


def _extend_wide(cells: list[Cell], text: str, pen: Pen) -> None:
    """Append a text with wide or combining characters; controls never get through."""
    for char in text:
        shown, size = _glyph(char)
        if size == 1:
            cells.append((shown, pen) if shown != " " else _blank(pen))
        elif size == 2:
            cells += [(shown, pen), ("", pen)] if shown != "?" else [(shown, pen)] * 2
        elif shown and cells:
            at = len(cells) - 1
            while at > 0 and cells[at][0] == "":
                at -= 1
            base, its = cells[at]
            # A blank may have lost what could not be seen on it.
            cells[at] = (base + shown, pen if base == " " and not its[2] else its)


@lru_cache(maxsize=4096)
def _glyph(char: str) -> tuple[str, int]:
    """Return what is sent for a character and the cells it takes; size 0 joins the character before.

    Widgets draw through `tui.glyphs`; what steers a terminal or turns its text around is stopped here too.
    """
    size = get_character_cell_size(char)
    if size <= 0:
        return (char if unicodedata.category(char) in ("Mn", "Me") else ""), 0
    if char.isprintable() or char == "\u3000" or is_han(char):
        return char, size
    return (" " if unicodedata.category(char) == "Zs" else "?"), size


@lru_cache(maxsize=4096)
def _of_certain_width(text: str) -> bool:
    """Say whether every terminal moves its cursor by the same cells for a drawn character."""
    if text.isascii():
        return True
    return (
        len(text) == 1 and unicodedata.east_asian_width(text) in "WF" and unicodedata.category(text) != "So"
    )


def harmless(update: LayoutUpdate | ChopsUpdate) -> LayoutUpdate | ChopsUpdate:
    """Return an update for stock drawing in which no text can steer the terminal.

    Textual writes texts as they are; control segments are dropped.
    """
    if isinstance(update, LayoutUpdate):
        return LayoutUpdate([[_harmless(strip) for strip in line] for line in update.strips], update.region)
    chops = [
        {x: strip if strip is None else _harmless(strip) for x, strip in line.items()}
        for line in update.chops
    ]
    return ChopsUpdate(chops, update.spans, update.chop_ends)


def _harmless(strip: Strip) -> Strip:
    segments = [Segment("".join(map(_drawn, text)), style) for text, style, control in strip if not control]
    return Strip(segments)


def _drawn(char: str) -> str:
    shown, size = _glyph(char)
    return shown * (size if shown in ("?", " ") else 1)
