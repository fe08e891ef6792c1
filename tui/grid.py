"""The entry grid: every key of a roster handled in one step, in the order struck.

Actions a grid does not take itself (check, save, submit, ...) first accept the cell under edit and the row,
and then go to the screen with `snapshot()` as payload; so do undo, redo, sort and filter, and moves over the
edge. Enter on rows that cannot be edited asks the screen for `open` (index, row_id); pasted rows and columns
for `paste` (text, index, row_id, column), whether rows can be edited or not; a text to be accepted in a
column of kind person for `pick` (`tui.picklist.Asking`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from domain.codes import shown
from tui.edit import LineEditor, is_table, typed_form
from tui.form_model import PERSON_HELP
from tui.grid_find import FIND, GOTO
from tui.grid_layout import column_widths
from tui.grid_model import GridModel
from tui.grid_moves import GridMoving
from tui.grid_work import WORK

_UNTOUCHED: Final = frozenset({"help", "prompt", "exit", "redraw", "function_prefix"})
"""Actions of the screen that leave the cell under edit as it is."""
_MOVING: Final = frozenset(
    {
        *("accept", "accept_down", "next_field", "previous_field", "add_row", "insert_row"),
        *("up", "down", "page_up", "page_down", "top", "bottom"),
    }
)
"""Own actions that accept the cell under edit."""
_SIGNLESS: Final = frozenset({"id", "money", "ratio"})
"""Kinds in which a minus sign cannot be typed."""
LOST: Final = "! 正在录入的这一行已经不在，没有录完的“{text}”没有保存。"
NARROWED: Final = "全角字符已改为半角。"


class Grid(GridMoving):
    """Rows of a `GridModel`, edited in place."""

    KEY_CONTEXT: ClassVar[str] = "grid"

    def __init__(self, model: GridModel, *, frozen: int = 1, id: str | None = None) -> None:  # noqa: A002
        super().__init__(model, frozen=frozen, id=id)
        self._column = max(0, self._next_editable(-1))
        self._acts: dict[str, Callable[[], bool]] = {
            "accept": self._accept,
            "next_field": self._next_field,
            "previous_field": self._previous_field,
            "accept_down": self._accept_down,
            "negative": self._negative,
            "dup": self._dup,
            "check_letter": self._check_letter,
            "up": lambda: self._go_rows(-1),
            "down": lambda: self._go_rows(1),
            "page_up": lambda: self._go_pages(-1),
            "page_down": lambda: self._go_pages(1),
            "top": lambda: self._go_rows(-self._rows.count),
            "bottom": lambda: self._go_rows(self._rows.count),
            "left": lambda: self._go_columns(-1),
            "right": lambda: self._go_columns(1),
            "home": lambda: self._go_edge(-1),
            "end": lambda: self._go_edge(1),
            "edit": self._edit,
            "cancel_edit": self._cancel_edit,
            "back": self._back,
            "erase_left": self._erase_left,
            "clear": self._clear,
            "add_row": lambda: self._open_row(None),
            "insert_row": lambda: self._open_row(self._index),
            "select_row": self._toggle_selected,
            "columns": self._toggle_wide,
            "find": lambda: self._open_line(FIND),
            "goto": lambda: self._open_line(GOTO),
            **{action: partial(self._ask_for, action) for action in WORK},
        }

    # -- for the screen --------------------------------------------------------------------------------

    @property
    def draft(self) -> tuple[int, str, str] | None:
        """The half-typed cell as (row index, column key, text), None when nothing is being edited."""
        return None if self._editor is None else (*self.cursor, self._editor.text)

    def resume(self, index: int, column: str, text: str) -> None:
        """Put the cursor on a cell and take up a half-typed `text` (see `draft`) again."""
        if 0 <= index < self._rows.count and self.goto(index, column) and self._may_edit():
            self._start(LineEditor(text), in_place=True)
            self._dirty = True

    def set_model(self, model: GridModel) -> None:
        """Show other rows, from the first one."""
        self._use_model(model)
        self._drop_editor()
        self._dirty, self._notice = False, ""
        self._line = None
        self._chosen.clear()
        self._column = max(0, self._next_editable(-1))
        self._touch_all()

    def reload(self) -> None:
        """Read count and rows again; the cursor stays on its row with what is half typed there."""
        row = self._rows.row(self._index)
        self._rows.drop()
        if row is not None:
            same = self._at_row(row.row_id, self._index)
            if same is not None:
                self._index = same
            elif self._editor is not None:
                self._notice = LOST.format(text=self._editor.text)
                self._stop_editing()
        self._index = max(0, min(self._index, self._rows.count - 1))
        self._column = min(self._column, len(self._model.columns) - 1)
        self._keep_visible()
        self._touch_all()

    def goto(self, index: int, column: str = "") -> bool:
        """Accept what is under edit and put the cursor on a cell; False when the edit was refused."""
        keys = [each.key for each in self._model.columns]
        at = keys.index(column) if column in keys else self._column
        return self._finish() and self._move_to(index, at)

    def goto_row(self, row_id: int) -> bool:
        """Put the cursor on a row; False when it is neither near nor known to the model."""
        same = self._at_row(row_id, self._index)
        return same is not None and self.goto(same)

    def open_row(self) -> bool:
        """Add a row behind the last one, as if its key had been struck."""
        return self._open_row(None)

    def goto_next_error(self) -> bool:
        """Go to the next faulty cell behind the cursor, wrapping round; False when there is none."""
        target = self._model.next_error(*self.cursor) if self._finish() else None
        return target is not None and self.goto(*target)

    def enter_text(self, text: str, *, advance: bool = True) -> bool:
        """Put a chosen value into the current cell as if typed and accepted."""
        self._stop_editing()
        return self._may_edit() and self._store(text) and (not advance or self._accept())

    def delete(self, row_ids: Sequence[int]) -> bool:
        """Delete rows through the model; its message stands in the footer."""
        self._stop_editing()
        self._dirty = False
        result = self._model.delete_rows(row_ids)
        self._say(result)
        self.reload()
        return result.accepted

    def tell(self, text: str) -> None:
        """Show a message in the footer until the next key."""
        self._notice = text
        self._touch_footer()

    def snapshot(self) -> dict[str, Any]:
        """Return row index, row id (None without rows), column key and text of the current cell."""
        row = self._rows.row(self._index)
        text = self._editor.text if self._editor else self._cell_text(self._index, self._column)
        row_id = row.row_id if row else None
        return {"index": self._index, "row_id": row_id, "column": self._column_now.key, "text": text}

    def prompt_choices(self) -> tuple[str, tuple[tuple[str, str], ...], str] | None:
        """Return title, choices and text of the current column for a pick list, None without choices."""
        column = self._column_now
        return (column.title, column.choices, str(self.snapshot()["text"])) if column.choices else None

    def asked_text(self) -> tuple[str, str] | None:
        """Return title and text of the current cell where it asks for a person."""
        column = self._column_now
        asks = column.kind == "person" and self._may_edit()
        return (column.title, str(self.snapshot()["text"])) if asks else None

    def settle(self, text: str, then: str) -> None:
        """Put in the account number that was chosen and go on as the action `then` does."""
        if self._store(text) and not self.handle_action(then) and not self._offer_to_screen(then):
            self.shell.bell()

    def _ask_person(self, action: str) -> bool:
        """Have the screen find out whom a text means that is about to be accepted."""
        if self._editor is None or self._column_now.kind != "person":
            return False
        sideways = not self._in_place and action in ("left", "right", "home", "end")
        own = action in self._acts or action in _UNTOUCHED
        text = self._editor.text
        if (own and not sideways and action not in _MOVING) or not text.strip():
            return False
        if text == self._cell_text(self._index, self._column):
            return False
        self.request("pick", text=text, then=action)
        return True

    def help_lines(self) -> list[str]:
        """Say what the current column is and what it takes, or how one finds a row."""
        if self._line is not None:
            return self._line_help()
        column = self._column_now
        lines = [f"{column.title}{'（必填）' if column.required else ''}"]
        if column.choices:
            lines.append("可填：" + "、".join(shown(code, label) for code, label in column.choices[:12]))
        if column.kind == "person":
            lines.append(PERSON_HELP)
        if not (self._model.editable and column.editable):
            lines.append("此栏不能修改。")
            if self._options:
                lines.append("在行上输入选项数字，回车一次执行全部：" + self.option_legend())
        finding = self._model.finding_text(self._index, column.key) if self._rows.count else ""
        return [*lines, finding] if finding else lines

    # -- keys ------------------------------------------------------------------------------------------

    def handle_action(self, action: str) -> bool:
        """Act on a key; what is not the grid's own goes to the screen once the cell is accepted."""
        return self._telling(lambda: self._act(action))

    def _act(self, action: str) -> bool:
        if self._line is None and self.option_action(action):
            return True
        done = self._line_action(action) if self._line is not None else None
        if done is not None:
            return done
        if self._ask_person(action):
            return True
        act = self._acts.get(action)
        return act() if act is not None else action not in _UNTOUCHED and not self._leave_row()

    def handle_text(self, char: str) -> bool:
        """Type into the cell or the find line; blank ticks the row while nothing is being edited."""
        if self._line is not None:
            return self._line_text(char)
        return self._telling(lambda: self._typed(char))

    def handle_paste(self, text: str) -> bool:
        """Insert a single cell at the caret; rows and columns go to the screen as `paste`."""
        if self._line is not None:
            return self._line_text(text)
        return self._telling(lambda: self._pasted(text))

    def _telling(self, act: Callable[[], bool]) -> bool:
        """Take the last message away, act, and draw the footer when there is another one."""
        before, self._notice = self._notice, ""
        done = act()
        if before != self._notice:
            self._touch_footer()
        return done

    def _typed(self, char: str) -> bool:
        if self.option_typed(char):
            return True
        if self._editor is None and char == " ":
            return self._toggle_selected()
        if self._editor is not None or self._may_edit():
            text, narrowed = typed_form(char, self._column_now.kind)
            if narrowed:
                self._notice = NARROWED
            self._type(text)
        return True

    def _pasted(self, text: str) -> bool:
        if is_table(text):
            if self._finish():
                self.request("paste", text=text, **{k: v for k, v in self.snapshot().items() if k != "text"})
        elif self._editor is not None or self._may_edit():
            self._type(text.strip("\r\n"))
        return True

    # -- accepting -------------------------------------------------------------------------------------

    def _accept(self) -> bool:
        if not self._model.editable:
            return self._open_current()
        if not self._rows.count:
            return self._open_row(None)
        if not self._finish():
            return True
        column, index, count = self._next_editable(self._column), self._index, self._rows.count
        if column >= 0:
            self._place_cursor(index, column)
        elif self._close_row(force=True):
            following = index + 1 - (count - self._rows.count)
            if following < self._rows.count:
                self._place_cursor(following, max(0, self._next_editable(-1, index=following)))
            else:
                self._open_row(None)
        self.post_message(self.Changed())
        return True

    def _open_current(self) -> bool:
        row = self._rows.row(self._index)
        if row is None:
            return self._refuse("没有可以打开的行。")
        self.request("open", index=self._index, row_id=row.row_id)
        return True

    def _accept_down(self) -> bool:
        if self._column_now.kind == "text" and self._editor is not None:
            return False
        if not self._model.editable or not self._finish():
            return self._model.editable
        if self._index + 1 >= self._rows.count:
            self._close_row()
            return self._refuse(self._notice or "已到最后一行。")
        return self._move_to(self._index + 1, self._column)

    def _negative(self) -> bool:
        column = self._column_now
        if not column.signed:
            return self._refuse("此栏不能为负数。") if column.kind in _SIGNLESS else False
        text = self._editor.text if self._editor else self._cell_text(self._index, self._column)
        if not text.strip("-") or not self._may_edit():
            return self._refuse("请先输入金额，再按负号。")
        return not self._store("-" + text.lstrip("-")) or self._accept()

    def _dup(self) -> bool:
        typed = not self._struck.startswith("ctrl")
        if typed and self._editor is not None and self._column_now.kind == "text":
            return False
        if not self._may_edit():
            return True
        if self._index == 0:
            return self._refuse("第一行没有上一行可以照抄。")
        above = self._cell_text(self._index - 1, self._column)
        self._stop_editing()
        return not self._store(above) or self._accept()

    def _check_letter(self) -> bool:
        if self._column_now.kind not in ("id", "person"):
            return False
        if self._editor is not None or self._may_edit():
            self._type("X")
        return True

    # -- rows and columns ------------------------------------------------------------------------------

    def _toggle_selected(self) -> bool:
        row = self._rows.row(self._index)
        if row is None or not self._finish():
            return True
        self._model.set_selected([row.row_id], not row.selected)
        self._reread()
        self._touch_footer()
        return True

    def _toggle_wide(self) -> bool:
        self._wide = not self._wide
        if column_widths(self._model.columns, True) == column_widths(self._model.columns, False):
            return self._refuse("没有可以加宽的栏目。")
        self._touch_all()
        return True

    def _back(self) -> bool:
        """Take back the edit of the cell; without one, leave the screen (the screen's own action)."""
        editing = self._editor is not None
        self._stop_editing()
        return editing or not self._leave_row()

    def _leave_row(self) -> bool:
        """Accept the cell and check the row before the screen acts; False when the cell was refused."""
        if not self._finish():
            return False
        self._close_row()
        return True

    def _ask_for(self, action: str) -> bool:
        """Have the screen do what takes time: undo, redo, sort, filter."""
        if self._work is None:
            return self._refuse("此处不能这样做。")
        if self._leave_row():
            self.request(action, **self.snapshot())
        return True
