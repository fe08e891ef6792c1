"""Where one is in a grid, kept for the next start and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.edit import LineEditor
from tui.grid_edit import GridEditing


class GridPlace(GridEditing):
    """Cursor, page, width and the half-typed cell of a grid as JSON values."""

    def whereabouts(self) -> dict[str, Any]:
        """Return row (id and position), column, first row shown, and the text under edit."""
        row = self._rows.row(self._index)
        return {
            "row": row.row_id if row is not None else None,
            "index": self._index,
            "column": self._column_now.key,
            "top": self._top,
            "wide": self._wide,
            "text": self._editor.text if self._editor is not None else None,
            "in_place": self._in_place,
        }

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Put the cursor back on its row and take up the half-typed text.

        A row that has moved is followed. A cell that is being edited already stays.
        """
        self._wide = bool(kept.get("wide"))
        self._top = max(0, int(kept.get("top") or 0))
        if self._editor is None and self._rows.count:
            keys = [column.key for column in self._model.columns]
            key = kept.get("column")
            index, row = int(kept.get("index") or 0), kept.get("row")
            at = self._at_row(row if isinstance(row, int) else None, index)
            self._place_cursor(index if at is None else at, keys.index(key) if key in keys else self._column)
            text = kept.get("text")
            if isinstance(text, str) and self._model.editable and self._column_now.editable:
                self._start(LineEditor(text), in_place=bool(kept.get("in_place")))
        self._keep_visible()
        self._touch_all()
