"""Moving the cell cursor of a grid: what is under edit is accepted, and the row that is left is checked."""

from __future__ import annotations

from tui.grid_find import GridFinding


class GridMoving(GridFinding):
    """Moves of `Grid`; each says whether the grid has taken the key."""

    def _move_to(self, index: int, column: int) -> bool:
        index = max(0, min(index, self._rows.count - 1))
        if index != self._index:
            row_count = self._rows.count
            self._close_row()
            index -= (row_count - self._rows.count) if index > self._index else 0
        self._place_cursor(index, column)
        self.post_message(self.Changed())
        return True

    def _go_rows(self, by: int) -> bool:
        if not self._finish():
            return True
        target = max(0, min(self._index + by, self._rows.count - 1))
        return target != self._index and self._move_to(target, self._column)

    def _go_pages(self, by: int) -> bool:
        if self._finish() and self._rows.count:
            top = self._top
            self._top = max(0, min(top + by * self.page, self._rows.count - self.page))
            self._move_to(self._index + by * self.page, self._column)
            if self._top != top:
                self.refresh()
        return True

    def _go_columns(self, by: int) -> bool:
        if self._editor is not None and self._in_place:
            if not (self._editor.left() if by < 0 else self._editor.right()):
                self.shell.bell()
            self._edited()
        elif self._finish():
            return 0 <= self._column + by < len(self._model.columns) and self._move_to(
                self._index, self._column + by
            )
        return True

    def _go_edge(self, by: int) -> bool:
        if self._editor is not None and self._in_place:
            if by < 0:
                self._editor.home()
            else:
                self._editor.end()
            self._edited()
        elif self._finish():
            self._move_to(self._index, 0 if by < 0 else len(self._model.columns) - 1)
        return True

    def _next_field(self) -> bool:
        if not self._finish():
            return True
        column = self._next_editable(self._column)
        if column >= 0:
            return self._move_to(self._index, column)
        if self._index + 1 < self._rows.count:
            following = self._index + 1
            return self._move_to(following, max(0, self._next_editable(-1, index=following)))
        return False

    def _previous_field(self) -> bool:
        if not self._finish():
            return True
        column = self._next_editable(self._column, -1)
        if column >= 0:
            return self._move_to(self._index, column)
        if self._index > 0:
            above = self._index - 1
            last = self._next_editable(len(self._model.columns), -1, index=above)
            return self._move_to(above, max(0, last))
        return False
