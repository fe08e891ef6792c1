"""Menus and lists: choose by typing a number or code, or put option digits beside rows and run them all.

Menu (no options): what is typed stands in the bottom line and moves the cursor to the row it names; Enter
asks the screen for `open` (key). List with options (1 办理 2 修改 4 删除 ...): a digit stands beside its row;
Enter asks for `run_options` (options=[(key, digit), ...] in row order), without any digit for `open`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from domain.text import to_half_width
from tui.glyphs import fit, width
from tui.keys import KeyWidget
from tui.list_find import find_row
from tui.theme import CURSOR, PLAIN, SELECTED, STRONG, WARNING

ALIGN: Final = {"left": "<", "right": ">"}
FIND: Final = "查找: "
LONGEST_CODE: Final = 12
"""Characters of a number or transaction code that may be typed."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column; `width` in cells, `align` left or right."""

    title: str
    width: int
    align: str = "left"


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row.

    `mark` is one ASCII character of state. `codes` are what may be typed in a menu to choose the row (number,
    transaction code); without any, its position from 1. `highlight` draws it in the notice colour.
    """

    key: str
    cells: tuple[str, ...]
    mark: str = " "
    codes: tuple[str, ...] = ()
    highlight: bool = False


class ListView(KeyWidget):
    """Rows under a row cursor; a menu when `options` is empty, else a list with an option column."""

    DEFAULT_CSS = "ListView { height: 1fr; }"

    def __init__(
        self,
        columns: Sequence[ListColumn],
        *,
        options: Mapping[str, str] | None = None,
        empty: str = "没有记录。",
        id: str | None = None,  # noqa: A002
    ) -> None:
        """Make an empty list.

        `options` maps digits to what they do, for the bottom line; `empty` is said when there is no row.
        """
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._options = dict(options or {})
        self._empty = empty
        self._rows: tuple[ListRow, ...] = ()
        self._chosen: dict[str, str] = {}
        self._typed = ""
        self._cursor = 0
        self._top = 0
        self._notice = ""
        self._sought: str | None = None
        self._acts: dict[str, Callable[[], bool]] = {
            "run_options": self._run,
            "accept": self._run,
            "clear_option": self._clear_option,
            "cancel_edit": self._clear_option,
            "clear": self._clear_option,
            "erase_left": self._erase_left,
            "find": self._find_next,
            "up": lambda: self._move(self._cursor - 1),
            "down": lambda: self._move(self._cursor + 1),
            "page_up": lambda: self._move(self._cursor - self._page, pages=-1),
            "page_down": lambda: self._move(self._cursor + self._page, pages=1),
            "home": lambda: self._move(0),
            "end": lambda: self._move(len(self._rows) - 1),
            "top": lambda: self._move(0),
            "bottom": lambda: self._move(len(self._rows) - 1),
        }

    def key_context(self) -> str:
        """Return the menu's or the list's keys."""
        return "list" if self._options else "menu"

    # -- for the screen --------------------------------------------------------------------------------

    @property
    def current(self) -> str | None:
        """Key of the row under the cursor."""
        return self._rows[self._cursor].key if self._rows else None

    @property
    def chosen_options(self) -> list[tuple[str, str]]:
        """The (key, digit) pairs typed beside rows, in row order."""
        if not self._chosen:
            return []
        return [(row.key, self._chosen[row.key]) for row in self._rows if row.key in self._chosen]

    def set_rows(self, rows: Sequence[ListRow]) -> None:
        """Show other rows; cursor and typed digits stay with their keys, unchanged lines are not redrawn."""
        before, key = self._rows, self.current
        self._rows = tuple(rows)
        keys = {row.key: index for index, row in enumerate(self._rows)}
        self._chosen = {k: digit for k, digit in self._chosen.items() if k in keys}
        cursor = keys.get(key or "", min(self._cursor, max(0, len(self._rows) - 1)))
        if len(before) != len(self._rows) or cursor != self._cursor:
            self._cursor = cursor
            self._keep_visible()
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old != new:
                self._touch_row(index)

    def goto(self, key: str) -> bool:
        """Put the cursor on a row; False when it is not there."""
        for index, row in enumerate(self._rows):
            if row.key == key:
                self._move(index)
                return True
        return False

    def clear_options(self) -> None:
        """Forget all typed digits."""
        self._chosen.clear()
        self.refresh()

    def tell(self, text: str) -> None:
        """Show a message in the bottom line until the next key."""
        self._notice = text
        self._touch_foot()

    def snapshot(self) -> dict[str, Any]:
        """Return the key of the row under the cursor (None without rows)."""
        return {"key": self.current}

    def whereabouts(self) -> dict[str, Any]:
        """Return the row under the cursor, the first row shown, and the digits beside rows."""
        return {
            "key": self.current,
            "top": self._top,
            "options": [list(pair) for pair in self.chosen_options],
        }

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Put cursor, page and digits back; rows that are gone are passed over."""
        keys = {row.key for row in self._rows}
        for key, digit in kept.get("options") or ():
            if key in keys and digit in self._options:
                self._chosen[key] = digit
        self._top = int(kept.get("top") or 0)
        self.goto(str(kept.get("key")))
        self._keep_visible()
        self.refresh()

    def help_lines(self) -> list[str]:
        """Say which digits do what, or how to choose."""
        if self._options:
            return ["在行前输入选项数字，回车一次执行全部：" + self._legend()]
        return ["输入编号或交易码后按回车，或者移动到该行按回车。"]

    # -- drawing ---------------------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 2)

    @property
    def _lead(self) -> int:
        """Cells before the first column: the option and a blank, the mark and a blank."""
        return 4 if self._options else 2

    def render_line(self, y: int) -> Strip:
        """Draw titles, a row, or the bottom line."""
        width, height = self.size
        if width <= 0:
            return Strip.blank(0)
        if y == height - 1:
            return Strip([Segment(fit(self._foot(), width), PLAIN)], width)
        if y == 0:
            return Strip([Segment(self._line("", [c.title for c in self._columns], width), STRONG)], width)
        index = self._top + y - 1
        if index >= len(self._rows):
            text = self._empty if not self._rows and y == 1 else ""
            return Strip([Segment(fit(text, width), PLAIN)], width)
        row = self._rows[index]
        lead = f"{row.mark[:1] or ' '} "
        if self._options:
            lead = f"{self._chosen.get(row.key, '_')} {lead}"
        style = WARNING if row.highlight else PLAIN
        if index == self._cursor:
            style = CURSOR if self.has_focus else SELECTED
        return Strip([Segment(self._line(lead, row.cells, width), style)], width)

    def _line(self, lead: str, cells: Sequence[str], width: int) -> str:
        texts = [fit(cell, c.width, ALIGN[c.align]) for cell, c in zip(cells, self._columns, strict=False)]
        return fit(lead.ljust(self._lead) + " ".join(texts), width)

    def _legend(self) -> str:
        return " ".join(f"{digit}{label}" for digit, label in self._options.items())

    def _foot(self) -> str:
        where = f"行 {min(self._cursor + 1, len(self._rows))}/{len(self._rows)}"
        if self._notice:
            return f"{where}  {self._notice}"
        if self._sought is not None:
            return f"{FIND}{self._sought}"
        if self._options:
            return f"{where}  {self._legend()}"
        return f"选择: {self._typed}" if self._typed else where

    def caret(self) -> tuple[int, int] | None:
        """Return where typing shows: the option beside the row, or behind the typed number."""
        if self._sought is not None:
            return width(FIND + self._sought), self.size.height - 1
        if self._options:
            return 0, self._cursor - self._top + 1
        return (6 + len(self._typed) if self._typed else 0), self.size.height - 1

    def _touch_row(self, index: int) -> None:
        y = index - self._top + 1
        if 1 <= y < self.size.height - 1:
            self.refresh(Region(0, y, self.size.width, 1))

    def _touch_foot(self) -> None:
        self.refresh(Region(0, self.size.height - 1, self.size.width, 1))

    def _keep_visible(self) -> bool:
        top = max(self._cursor - self._page + 1, min(self._top, self._cursor))
        top = max(0, min(top, len(self._rows) - self._page))
        moved, self._top = top != self._top, top
        return moved

    def on_resize(self) -> None:
        """Fit the page to the new height."""
        self._keep_visible()

    # -- keys ------------------------------------------------------------------------------------------

    def handle_action(self, action: str) -> bool:
        """Move, run options, choose; the rest goes to the screen with the current key."""
        act = self._acts.get(action)
        if act is None:
            return False
        shown, self._notice = self._foot(), ""
        done = self._end_find(action) or act()
        if shown != self._foot():
            self._touch_foot()
        return done

    def handle_text(self, char: str) -> bool:
        """Take an option digit for the row, or a character of a number or code."""
        shown, self._notice = self._foot(), ""
        char = to_half_width(char)
        if self._sought is not None:
            done = self._seek(self._sought + char)
        else:
            done = self._put_option(char) if self._options else self._type(char)
        if shown != self._foot():
            self._touch_foot()
        return done

    # -- finding ---------------------------------------------------------------------------------------

    def _find_next(self) -> bool:
        """Begin to find; again: the next row."""
        if not self._rows:
            return False
        if self._sought:
            return self._seek(self._sought, self._cursor + 1)
        self._sought = ""
        return True

    def _seek(self, typed: str, start: int = -1) -> bool:
        """Go to the first row with `typed` from the cursor on; False, nothing changed, when there is none."""
        cells = [row.cells for row in self._rows]
        at = find_row(cells, typed, self._cursor if start < 0 else start % len(cells))
        if at is None and typed:
            self._notice = f"! 没有找到“{typed}”。"
            return False
        self._sought = typed
        if at is not None:
            self._move(at)
        return True

    def _end_find(self, action: str) -> bool:
        """Take the keys that end or change what is being found; the others end it and do their own work."""
        sought = self._sought
        if sought is None or action == "find":
            return False
        if action == "erase_left" and sought:
            self._sought = sought[:-1]
            return True
        self._sought = None
        return action in ("run_options", "accept", "clear_option", "cancel_edit", "erase_left")

    def _put_option(self, char: str) -> bool:
        key = self.current
        if char == " " and key is not None:
            return self._clear_option()
        if key is None or char not in self._options:
            self._notice = f"! 没有选项 {char}，可用：{self._legend()}"
            return False
        self._chosen[key] = char
        self._touch_row(self._cursor)
        return True

    def _codes(self, index: int) -> tuple[str, ...]:
        return self._rows[index].codes or (str(index + 1),)

    def _type(self, char: str) -> bool:
        typed = self._typed + char.upper()
        if not char.isalnum() or len(typed) > LONGEST_CODE or not char.isascii():
            return False
        self._typed = typed
        at = self._find(typed)
        if at is not None:
            self._move(at)
        return True

    def _find(self, typed: str) -> int | None:
        """Return the row that `typed` names, None when it names none."""
        for index in range(len(self._rows)):
            if typed in (code.upper() for code in self._codes(index)):
                return index
        return None

    def _erase_left(self) -> bool:
        if self._options:
            return self._clear_option()
        had, self._typed = bool(self._typed), self._typed[:-1]
        at = self._find(self._typed) if self._typed else None
        if at is not None:
            self._move(at)
        return had

    def _clear_option(self) -> bool:
        """Take back the digit of the row, or the typed number; harmless when there is none."""
        if self._options and self.current is not None:
            self._chosen.pop(self.current, None)
            self._touch_row(self._cursor)
        self._typed = ""
        return True

    def _run(self) -> bool:
        if self._typed:
            typed, self._typed = self._typed, ""
            at = self._find(typed)
            if at is None:
                self._notice = f"! 没有编号或交易码 {typed}，请重新输入。"
                self.shell.bell()
                return True
            self._move(at)
        if options := self.chosen_options:
            self._chosen.clear()
            self.refresh()
            self.request("run_options", options=options)
        elif self.current is not None:
            self.request("open", key=self.current)
        else:
            return False
        return True

    def _move(self, index: int, *, pages: int = 0) -> bool:
        target = max(0, min(index, len(self._rows) - 1))
        if target == self._cursor:
            return bool(self._typed)
        before, self._cursor = self._cursor, target
        top = self._top
        self._top = max(0, min(top + pages * self._page, len(self._rows) - self._page))
        if self._keep_visible() or self._top != top:
            self.refresh()
        else:
            self._touch_row(before)
            self._touch_row(target)
        self._touch_foot()
        return True
