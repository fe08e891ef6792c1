"""The find line of a grid: in its footer, part of the same widget, so that keys keep their order in a burst.

The cursor jumps while a text is typed; Enter stays there, Esc goes back to where it was. The same line takes
a row number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.segment import Segment
from textual.message import Message

from tui.caret import caret_segments
from tui.edit import LineEditor
from tui.glyphs import cell_len, fit
from tui.grid_model import GridModel
from tui.grid_options import GridOptions
from tui.theme import CURSOR, ERROR, PLAIN, SELECTED, STRONG

FIND, GOTO = "find", "goto"
LABELS: Final = {FIND: "查找: ", GOTO: "行号: "}
HINTS: Final = {FIND: "姓名、首字母、账号或证件尾数", GOTO: ""}
ROOM: Final = 20
"""Cells of the text in the line."""


class GridFinding(GridOptions):
    """A grid with a find line; `Grid` opens it."""

    def __init__(self, model: GridModel, *, frozen: int = 1, id: str | None = None) -> None:  # noqa: A002
        super().__init__(model, frozen=frozen, id=id)
        self._line: LineEditor | None = None
        self._line_kind = FIND
        self._origin = (0, 0)
        self._missed = False
        self._pending = False
        self._last = ""

    class Typed(Message):
        """The text in the line has changed, and the cursor shall follow."""

        def can_replace(self, message: Message) -> bool:
            """Search once for the last of several keys."""
            return isinstance(message, GridFinding.Typed)

    @property
    def finding(self) -> str | None:
        """The text in the find line, None while it is closed."""
        return None if self._line is None else self._line.text

    def key_context(self) -> str:
        """Return the keys of the find line while it is open."""
        return "find" if self._line is not None else self.KEY_CONTEXT

    # -- kept over a cut -------------------------------------------------------------------------------

    def whereabouts(self) -> dict[str, Any]:
        """Add the open line: its kind, its text, and where Esc goes back to."""
        line = None if self._line is None else [self._line_kind, self._line.text, *self._origin]
        return {**super().whereabouts(), "line": line}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Open the line again over the row it had come to."""
        super().take_up(kept)
        kind, text, row, column = kept.get("line") or ("", "", 0, 0)
        open_ = kind == GOTO or (kind == FIND and self._work is not None)
        if not open_ or not self._rows.count or self._editor is not None:
            return
        self._line, self._line_kind, self._missed = LineEditor(str(text)), kind, False
        self._pending = False
        rows, columns = self._rows.count, len(self._model.columns)
        self._origin = min(int(row), rows - 1), min(int(column), columns - 1)
        self._touch_footer()

    # -- opening and leaving ---------------------------------------------------------------------------

    def _open_line(self, kind: str) -> bool:
        if kind == FIND and self._work is None:
            return self._refuse("此处不能查找。")
        if not self._finish() or not self._close_row():
            return True
        if not self._rows.count:
            return self._refuse("清册中没有记录。")
        self._line, self._line_kind, self._missed, self._pending = LineEditor(), kind, False, False
        self._origin = (self._index, self._column)
        self._touch_footer()
        return True

    def _close_line(self) -> None:
        if self._line is not None:
            self._last = self._line.text if self._line_kind == FIND and self._line.text else self._last
            self._line = None
            self._touch_footer()

    def _line_action(self, action: str) -> bool | None:
        """Act on a key of the line; None: the line is closed, and the grid shall act on the key."""
        assert self._line is not None
        editor = self._line
        if action not in ("cancel_edit", "back"):
            self._catch_up()
        match action:
            case "accept":
                return self._accept_line()
            case "find" | "down" | "up" if self._line_kind == FIND:
                return self._search(-1 if action == "up" else 1)
            case "cancel_edit" | "back":
                self._close_line()
                self._place_cursor(*self._origin)
            case "erase_left":
                return self._line_changed(editor.backspace())
            case "clear":
                return self._line_changed(editor.delete())
            case "left" | "right":
                self._line_moved(editor.left() if action == "left" else editor.right())
            case "home" | "end":
                if action == "home":
                    editor.home()
                else:
                    editor.end()
                self._line_moved(True)
            case "help" | "redraw" | "function_prefix":
                return False
            case _:
                self._close_line()
                return None
        return True

    def _line_text(self, text: str) -> bool:
        """Type or paste into the line."""
        assert self._line is not None
        return self._line_changed(self._line.insert(text.strip("\r\n")))

    def _line_moved(self, moved: bool) -> None:
        if not moved:
            self.shell.bell()
        self._touch_footer()

    def _line_changed(self, changed: bool) -> bool:
        if not changed:
            self.shell.bell()
            return True
        assert self._line is not None
        if self._line_kind == FIND:
            self._pending = True
            self.post_message(self.Typed())
        else:
            self._missed = False
        self._touch_footer()
        return True

    def on_grid_finding_typed(self) -> None:
        """Follow the text once the keys struck with it have been taken."""
        self._catch_up()

    def _catch_up(self) -> None:
        """Search for what was typed, if that has not been done yet: every other key acts on the row found."""
        if self._line is None or not self._pending:
            return
        self._pending = self._missed = False
        if self._line.text:
            self._search(0)
        else:
            self._place_cursor(*self._origin)
            self._touch_footer()

    def _line_help(self) -> list[str]:
        """Say what the line takes and which keys work in it."""
        if self._line_kind == GOTO:
            return [f"输入 1 至 {self._rows.count} 之间的行号，按回车到该行；按 Esc 回到原处。"]
        again = self.shell.keymap.label("find", "find")
        return [
            f"输入{HINTS[FIND]}，光标随输入跳到相符的行。",
            f"按 {again} 或向下键到下一处，向上键到上一处；按回车停在该行，按 Esc 回到原处。",
        ]

    # -- searching -------------------------------------------------------------------------------------

    def _search(self, step: int) -> bool:
        """Go to the match from where the line was opened (0), or to the next (1) or last (-1) one.

        Typing on (0) never beeps: most beginnings of a number are not the end of one.
        """
        assert self._line is not None
        if not self._line.text and self._last:
            self._line.set_text(self._last)
        if not self._line.text or self._work is None:
            self.shell.bell()
            return True
        found = self._work.find(self._line.text, self._origin[0] if step == 0 else self._index, step)
        self._missed = found is None
        if found is not None:
            self._place_cursor(found, self._column)
        elif step:
            self.shell.bell()
        self._touch_footer()
        return True

    def _accept_line(self) -> bool:
        assert self._line is not None
        if self._line_kind == GOTO:
            return self._accept_number(self._line.text)
        if not self._line.text:
            self._search(1)
        if self._missed or not self._line.text:
            self.shell.bell()
            return True
        self._close_line()
        self._place_cursor(self._index, self._money_column())
        self.post_message(self.Changed())
        return True

    def _accept_number(self, text: str) -> bool:
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
        if not 1 <= number <= self._rows.count:
            self._missed = True
            self.shell.bell()
            self._touch_footer()
            return True
        self._close_line()
        self._place_cursor(number - 1, self._column)
        self.post_message(self.Changed())
        return True

    def _money_column(self) -> int:
        """Return the first amount that can be entered in the current row, else the current column."""
        row = self._rows.row(self._index)
        if not self._model.editable or row is None:
            return self._column
        for at, column in enumerate(self._model.columns):
            if column.kind == "money" and column.editable and column.key not in row.skipped:
                return at
        return self._column

    # -- drawing ---------------------------------------------------------------------------------------

    def _footer_line(self, width: int) -> list[Segment]:
        if self._line is None:
            return super()._footer_line(width)
        label = LABELS[self._line_kind]
        segments = [Segment(label, STRONG), *caret_segments(self._line, ROOM, CURSOR, SELECTED)]
        rest = width - cell_len(label) - ROOM
        return [*segments, Segment(fit(f"  {self._line_told()}", rest), ERROR if self._missed else PLAIN)]

    def _line_told(self) -> str:
        assert self._line is not None
        if self._line_kind == GOTO:
            missed = "! 没有这一行，" if self._missed else ""
            return f"{missed}请输入 1 至 {self._rows.count} 之间的行号。"
        if self._missed:
            return "! 没有找到，请改正或按 Esc 返回。"
        if not self._line.text:
            return HINTS[FIND]
        again = self.shell.keymap.label("find", "find")
        where = f"行 {self._index + 1}/{self._rows.count}"
        return f"{where}  {self._cell_text(self._index, 0)}  {again} 下一处"

    def caret(self) -> tuple[int, int] | None:
        """Return the caret of the line while it is open."""
        if self._line is None:
            return super().caret()
        return cell_len(LABELS[self._line_kind]) + self._line.view(ROOM).caret, self.size.height - 1
