"""A grid model without rows, shown until the import is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.grid_model import CellResult, GridColumn, GridRow


class EmptyModel:
    """No rows; implements `tui.grid_model.GridModel`."""

    columns: Sequence[GridColumn] = (GridColumn("name", "姓名", 12),)
    editable = False

    def count(self) -> int:
        """None."""
        return 0

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Nothing."""
        return ()

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        """Refuse."""
        return CellResult(False)

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        """Nothing."""
        return {}

    def commit_row(self, index: int) -> CellResult:
        """Accept."""
        return CellResult(True)

    def new_row(self, at: int | None = None) -> int:
        """Refuse."""
        return -1

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        """Refuse."""
        return CellResult(False)

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Nothing to tick."""

    def select_all(self, selected: bool) -> None:
        """Nothing to tick."""

    def selected_ids(self) -> list[int]:
        """None."""
        return []

    def finding_text(self, index: int, column: str) -> str:
        """Nothing."""
        return ""

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """None."""
        return None

    def footer(self) -> str:
        """No totals."""
        return ""
