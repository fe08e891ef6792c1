"""The module menu: every entry with its number, in a grid, in columns by group, or in a dashboard of groups.

What is typed, a number or a transaction code, stands in the bottom line; Enter opens it (H-03).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from domain.text import to_half_width
from tui.bars import Span, strip_of
from tui.glyphs import cell_len, fit
from tui.glyphs import width as text_width
from tui.keys import KeyWidget
from tui.theme import CURSOR, DIM, KEY, PLAIN, SELECTED, STRONG

Layout = Literal["grid_tabs", "menus", "dashboard"]
GAP = 1
NUMBER = 3
"""Cells of the number before a title."""
LONGEST_CODE = 8


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry. `key` names it for the screen, `code` is its transaction code."""

    key: str
    code: str
    title: str
    group: str = ""
    open: bool = True
    """False: not done with this program; drawn dim, and the screen says where."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Entry number `entry` (-1 for the heading `text`) at line `y`, in `room` cells from `x`."""

    entry: int
    y: int
    x: int
    room: int
    text: str = ""


def place(entries: Sequence[MenuEntry], layout: Layout, width: int) -> tuple[list[_Place], int]:
    """Place the entries in `width` cells; returns the places and the lines used."""
    if layout == "grid_tabs":
        return _grid(entries, width)
    return _columns(entries, 4, width)


def _grid(entries: Sequence[MenuEntry], width: int) -> tuple[list[_Place], int]:
    """Four entries in a line; those of a group stand on lines of their own behind the others."""
    room = (width - GAP * 3) // 4
    places: list[_Place] = []
    line = 0
    for grouped in (False, True):
        mine = [at for at, entry in enumerate(entries) if bool(entry.group) is grouped]
        for at, entry in enumerate(mine):
            places.append(_Place(entry, line + at // 4, at % 4 * (room + GAP), room))
        line += -(-len(mine) // 4)
    return places, line


def _columns(entries: Sequence[MenuEntry], columns: int, width: int) -> tuple[list[_Place], int]:
    """A column per group under its heading, in bands of `columns` groups."""
    groups = list(dict.fromkeys(entry.group for entry in entries))
    members = {group: [at for at, entry in enumerate(entries) if entry.group == group] for group in groups}
    wide = {
        group: max([text_width(group), *(NUMBER + text_width(entries[at].title) for at in members[group])])
        for group in groups
    }
    rooms = [max((wide[group] for group in groups[at::columns]), default=0) for at in range(columns)]
    spare = max(0, width - sum(rooms) - GAP * (columns - 1)) // columns
    rooms = [room + spare for room in rooms]
    places: list[_Place] = []
    line = 0
    for band in range(0, len(groups), columns):
        shown = groups[band : band + columns]
        for at, group in enumerate(shown):
            x = sum(rooms[:at]) + GAP * at
            places.append(_Place(-1, line, x, rooms[at], group))
            places += [
                _Place(number, line + 1 + row, x, rooms[at]) for row, number in enumerate(members[group])
            ]
        line += 1 + max(len(members[group]) for group in shown)
    return places, line


class ModuleMenu(KeyWidget):
    """The entries under a cursor; asks the screen for `open` (key) or says that a code is unknown."""

    KEY_CONTEXT: ClassVar[str] = "menu"
    DEFAULT_CSS: ClassVar[str] = "ModuleMenu { width: 1fr; height: auto; }"

    def __init__(self, layout: Layout = "grid_tabs", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._layout: Layout = layout
        self._entries: tuple[MenuEntry, ...] = ()
        self._typed = ""
        self._asked = False
        self._notice = ""
        self._at = 0
        self._places: list[_Place] = []
        self._lines = 0

    # -- for the screen --------------------------------------------------------------------------------

    def show(self, entries: Sequence[MenuEntry], layout: Layout) -> None:
        """Show other entries; the cursor stays on its entry."""
        key = self._entries[self._at].key if self._entries else ""
        self._entries, self._layout = tuple(entries), layout
        keys = [entry.key for entry in self._entries]
        self._at = keys.index(key) if key in keys else 0
        self._lay()
        self.refresh()

    def begin_code(self) -> None:
        """Empty the code line and say that a code is awaited (F2)."""
        self._typed, self._asked, self._notice = "", True, ""
        self._touch_foot()

    def tell(self, text: str) -> None:
        """Show a sentence in the bottom line until the next key."""
        self._notice = text
        self._touch_foot()

    @property
    def current(self) -> MenuEntry | None:
        """The entry under the cursor."""
        return self._entries[self._at] if self._entries else None

    def snapshot(self) -> dict[str, Any]:
        """Return the key of the entry under the cursor."""
        entry = self.current
        return {"key": entry.key if entry is not None else None}

    def help_lines(self) -> list[str]:
        """Say how to choose."""
        return ["输入编号或交易码后按回车，或者移动到该项按回车；按 Tab 到下面的收件箱。"]

    # -- drawing ---------------------------------------------------------------------------------------

    def _lay(self) -> None:
        width = self.size.width or 80
        self._places, self._lines = place(self._entries, self._layout, width)
        self.styles.height = self._lines + 1

    def on_resize(self) -> None:
        """Place the entries anew."""
        self._lay()

    def render_line(self, y: int) -> Strip:
        """Draw a line of entries, or the bottom line."""
        cells = self.size.width
        if y >= self._lines:
            return Strip([Segment(fit(self._foot(), cells), PLAIN)], cells)
        spans: list[Span] = []
        used = 0
        for spot in sorted((spot for spot in self._places if spot.y == y), key=lambda spot: spot.x):
            spans.append((" " * (spot.x - used), PLAIN))
            spans += self._draw(spot)
            used = spot.x + spot.room
        return strip_of(spans, cells, PLAIN)

    def _draw(self, spot: _Place) -> list[Span]:
        if spot.entry < 0:
            return [(fit(spot.text, spot.room), STRONG)]
        entry = self._entries[spot.entry]
        number = f"{spot.entry + 1:>2} "
        if spot.entry == self._at:
            style = CURSOR if self.has_focus else SELECTED
            return [(fit(number + entry.title, spot.room), style)]
        return [
            (number, KEY if entry.open else DIM),
            (fit(entry.title, spot.room - NUMBER), PLAIN if entry.open else DIM),
        ]

    def _foot(self) -> str:
        if self._notice:
            return self._notice
        if self._typed or self._asked:
            return f"交易码或编号: {self._typed}"
        entry = self.current
        return f"{entry.code} {entry.title}" if entry is not None else ""

    def caret(self) -> tuple[int, int] | None:
        """Return where typing shows."""
        if self._typed or self._asked:
            return cell_len(self._foot()), self._lines
        spot = next((spot for spot in self._places if spot.entry == self._at), None)
        return None if spot is None else (spot.x, spot.y)

    def _touch_foot(self) -> None:
        self.refresh(Region(0, self._lines, self.size.width, 1))

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as left, forget what was typed."""
        self._typed, self._asked = "", False
        self.refresh()

    # -- keys ------------------------------------------------------------------------------------------

    def handle_action(self, action: str) -> bool:
        """Move, open, take back what was typed."""
        shown, self._notice = self._foot(), ""
        done = self._act(action)
        if shown != self._foot():
            self._touch_foot()
        return done

    def _act(self, action: str) -> bool:
        match action:
            case "run_options" | "accept":
                return self._open()
            case "transaction_code" | "find":
                self.begin_code()
            case "erase_left" if self._typed:
                self._typed = self._typed[:-1]
            case "clear_option" | "cancel_edit" | "clear":
                self._typed, self._asked = "", False
            case "up" | "down":
                return self._step(0, -1 if action == "up" else 1)
            case "left" | "right":
                return self._step(-1 if action == "left" else 1, 0)
            case "home" | "top":
                self._go(0)
            case "end" | "bottom":
                self._go(len(self._entries) - 1)
            case _:
                return False
        return True

    def handle_text(self, char: str) -> bool:
        """Take a character of a number or code."""
        char = to_half_width(char).upper()
        self._notice = ""
        if not (char.isascii() and char.isalnum()) or len(self._typed) >= LONGEST_CODE:
            return False
        self._typed += char
        found = self._find(self._typed)
        if found is not None:
            self._go(found)
        self._touch_foot()
        return True

    def _find(self, typed: str) -> int | None:
        for at, entry in enumerate(self._entries):
            if typed in (str(at + 1), entry.code.upper()):
                return at
        return None

    def _open(self) -> bool:
        if not self._entries:
            return False
        if self._typed:
            typed, self._typed = self._typed, ""
            found = self._find(typed)
            if found is None:
                self._notice = f"! 没有编号或交易码 {typed}，请重新输入。"
                self.shell.bell()
                return True
            self._go(found)
        self._asked = False
        self.request("open", key=self._entries[self._at].key)
        return True

    def _go(self, at: int) -> None:
        if self._entries and at != self._at:
            self._at = at
            self.refresh()

    def _step(self, across: int, down: int) -> bool:
        """Move to the nearest entry in a direction; False at the edge."""
        here = next(spot for spot in self._places if spot.entry == self._at)
        best: tuple[int, int] | None = None
        for spot in self._places:
            if spot.entry < 0:
                continue
            ahead = (spot.x - here.x) * across if across else (spot.y - here.y) * down
            aside = abs(spot.y - here.y) if across else abs(spot.x - here.x)
            if ahead <= 0 or (across and aside > 0):
                continue
            rank = (aside * 100 + ahead, spot.entry)
            if best is None or rank < best:
                best = rank
        if best is None:
            return False
        self._go(best[1])
        return True
