"""Editing in a grid: the cell under edit, accepting it, and checking the row that is left.

Two states. Moving: the cell cursor walks, a typed character starts overwriting the cell. Editing: a
`LineEditor` stands in the cell; started by typing, the arrows accept and move on; started by F2, they move
the caret.
"""

from __future__ import annotations

from textual.message import Message

from tui.choices import resolve_choice
from tui.edit import LineEditor
from tui.grid_model import CellResult, GridModel
from tui.grid_view import GridView
from tui.pause import NUMBERS, TypingPause


class GridEditing(GridView):
    """What `Grid` does to its model; no keys here."""

    class Changed(Message):
        """The cursor moved or a cell is being typed in: what `cursor` and `draft` say is worth keeping."""

        def can_replace(self, message: Message) -> bool:
            """Collapse a burst into its last message."""
            return isinstance(message, GridEditing.Changed)

    def __init__(self, model: GridModel, *, frozen: int = 1, id: str | None = None) -> None:  # noqa: A002
        super().__init__(model, frozen=frozen, id=id)
        self._dirty = False
        self._in_place = False
        self._typing_pause = TypingPause(self._follow)

    def _next_editable(self, column: int, by: int = 1, *, index: int | None = None) -> int:
        """Return the next column to be entered from `column` in direction `by`, -1 when there is none.

        `index` is the row, if not the current one: some cells do not apply to some rows.
        """
        columns = self._model.columns
        row = self._rows.row(self._index if index is None else index)
        skipped = row.skipped if row is not None else frozenset[str]()
        column += by
        while 0 <= column < len(columns):
            if columns[column].editable and columns[column].key not in skipped:
                return column
            column += by
        return -1

    def _may_edit(self) -> bool:
        """Say whether the current cell takes typing; opens the first row of an empty roster."""
        if not self._model.editable:
            self._refuse("此处只能查看，不能修改。")
        elif not self._rows.count:
            return self._open_row(None) and self._rows.count > 0
        elif not self._column_now.editable:
            self._refuse("此栏不能修改。")
        elif (row := self._rows.row(self._index)) and self._column_now.key in row.skipped:
            self._refuse("这一行不用录入此栏。")
        else:
            return True
        return False

    def _start(self, editor: LineEditor, *, in_place: bool) -> None:
        self._editor = editor
        self._in_place = in_place
        self._edited()

    def _edited(self) -> None:
        if self._column_now.kind in NUMBERS:
            self._typing_pause.begin()
        else:
            self._follow()
        self._touch_row(self._index)
        self.post_message(self.Changed())

    def _follow(self) -> None:
        """Show what follows from the text under edit."""
        if self._editor is not None and self.is_attached:
            self._preview = self._model.preview(self._index, self._column_now.key, self._editor.text)
            self._touch_row(self._index)

    def _drop_editor(self) -> None:
        self._typing_pause.stop()
        self._editor, self._preview = None, {}

    def _stop_editing(self) -> None:
        if self._editor is not None:
            self._drop_editor()
            self._touch_row(self._index)

    def _edit(self) -> bool:
        if self._editor is not None:
            self._in_place = not self._in_place
        elif self._may_edit():
            self._start(LineEditor(self._cell_text(self._index, self._column)), in_place=True)
        return True

    def _cancel_edit(self) -> bool:
        self._stop_editing()
        return True

    def _erase_left(self) -> bool:
        if self._editor is None:
            if not self._may_edit():
                return True
            self._start(LineEditor(self._cell_text(self._index, self._column)), in_place=False)
        assert self._editor is not None
        self._editor.backspace()
        self._edited()
        return True

    def _clear(self) -> bool:
        if self._editor is not None:
            self._editor.delete()
            self._edited()
        elif self._may_edit() and self._cell_text(self._index, self._column):
            self._store("")
        return True

    def _type(self, text: str) -> None:
        editor = self._editor or LineEditor()
        if not editor.insert(text):
            self.shell.bell()
            return
        if self._editor is None:
            self._start(editor, in_place=False)
        else:
            self._edited()

    def _finish(self) -> bool:
        """Accept the cell under edit, if any; False when the model refused it."""
        if self._editor is None:
            return True
        text = self._editor.text
        if text == self._cell_text(self._index, self._column):
            self._stop_editing()
            return True
        return self._store(text)

    def _store(self, text: str) -> bool:
        column = self._column_now
        text = resolve_choice(column.choices, text) or text
        result = self._model.commit_cell(self._index, column.key, text)
        if not result.accepted:
            self.refuse_text(result.message)
            return False
        self._say(result)
        self._dirty = True
        self._stop_editing()
        self._reread()
        self._touch_footer()
        return True

    def refuse_text(self, message: str) -> None:
        """Keep the text under edit and say why it was not taken."""
        self._say(CellResult(False, message))
        if self._editor is not None:
            self._editor.fresh = bool(self._editor.text)
        self._touch_row(self._index)
        self._touch_footer()

    def _close_row(self, *, force: bool = False) -> bool:
        """Have the model check the row that is being left; `force` keeps the cursor in a refused row."""
        if not self._dirty:
            return True
        result = self._model.commit_row(self._index)
        self._say(result)
        self._dirty = not result.accepted
        self._reread()
        self._touch_footer()
        if result.accepted:
            return True
        if not force:
            self._dirty = False
            return True
        fault = self._model.next_error(self._index, "")
        keys = [column.key for column in self._model.columns]
        if fault is not None and fault[0] == self._index and fault[1] in keys:
            self._place_cursor(self._index, keys.index(fault[1]))
        return False

    def _open_row(self, at: int | None) -> bool:
        """Add an empty row at position `at` (None: behind the last) and go to its first field."""
        if not self._model.editable:
            return self._refuse("此清册不能增加行。")
        if not self._finish() or not self._close_row():
            return True
        index = self._model.new_row(None if at is None else min(at, self._rows.count))
        if index < 0:
            return self._refuse("不能再增加行。")
        self._rows.drop()
        self._dirty = True
        self._place_cursor(index, max(0, self._next_editable(-1, index=index)))
        self._touch_all()
        self.post_message(self.Changed())
        return True

    def _say(self, result: CellResult) -> None:
        if result.message:
            self._notice = result.message if result.accepted else f"! {result.message}"
        if result.beep or not result.accepted:
            self.shell.bell()

    def _refuse(self, reason: str) -> bool:
        self._notice = reason
        self.shell.bell()
        return True
