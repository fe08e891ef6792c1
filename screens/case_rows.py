"""The people of a case, read from the center a page at a time as the clerk comes near them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from domain.business import UnitFacts, roster_columns
from screens.roster_model import cell_text, grid_columns
from tui.grid_model import CellResult, GridColumn, GridRow

if TYPE_CHECKING:
    from domain.business import Business
    from domain.wire import RowResult

PAGE: Final = 200
KEPT: Final = 20
"""Pages kept in memory; the one used longest ago goes."""

READ_ONLY = CellResult(False, "此处只能查看，不能修改。")
STATES: Final = {"pending": "待确认", "processing": "处理中", "ok": "成功", "failed": "失败"}


class CaseRows:
    """A read-only `GridModel`; `need` is told the number of a page that is not here yet."""

    editable = False

    def __init__(self, business: Business, need: Callable[[int], None], *, mask: bool = False) -> None:
        self._shown = roster_columns(business)
        self._columns = _columns(business, mask)
        self._need = need
        self._count = 0
        self.each = business.rules.counted
        """What a row is: 人, or 项 of a change."""
        self._pages: dict[int, Sequence[RowResult]] = {}
        self.refused: dict[int, str] = {}
        """Row number -> reason, for the rows the clerk refuses."""

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Columns of the business, then the state."""
        return self._columns

    def start(self, count: int) -> None:
        """Forget everything; the case has `count` rows."""
        self._count, self._pages = count, {}
        self.refused.clear()

    def put(self, page: int, rows: Sequence[RowResult]) -> None:
        """Keep a page that was read."""
        self._pages[page] = rows
        while len(self._pages) > KEPT:
            del self._pages[next(iter(self._pages))]

    def has(self, page: int) -> bool:
        """Whether a page is here."""
        return page in self._pages

    def count(self) -> int:
        """Number of rows of the case."""
        return self._count

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Rows from `start`; those of a missing page say that they are being read."""
        return [self._row(index) for index in range(start, min(start + count, self._count))]

    def _row(self, index: int) -> GridRow:
        page = index // PAGE
        rows = self._pages.get(page)
        if rows is None:
            self._need(page)
            return GridRow(index + 1, " ", ("…", *[""] * (len(self._columns) - 1)))
        at = index - page * PAGE
        if at >= len(rows):
            return GridRow(index + 1, " ", ("",) * len(self._columns))
        row = rows[at]
        reason = self.refused.get(row.row, "")
        state = "不通过" if reason else STATES.get(row.state, row.state)
        cells = [cell_text(column, row.values, row.values) for column in self._shown]
        mark = "!" if reason or row.state == "failed" else " "
        return GridRow(row.row, mark, (*cells, state, reason or row.reason), highlight=row.highlight)

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        """Refuse: nothing is edited here."""
        return READ_ONLY

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        """Nothing is computed."""
        return {}

    def commit_row(self, index: int) -> CellResult:
        """Nothing was typed."""
        return CellResult(True)

    def new_row(self, at: int | None = None) -> int:
        """Refuse."""
        return -1

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        """Refuse."""
        return READ_ONLY

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Do nothing: rows are refused one by one with a reason."""

    def select_all(self, selected: bool) -> None:
        """Do nothing."""

    def selected_ids(self) -> list[int]:
        """Nothing is ticked."""
        return []

    def finding_text(self, index: int, column: str) -> str:
        """The clerk's reason for a refused row."""
        return self.refused.get(index + 1, "")

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """The next refused row."""
        later = sorted(row - 1 for row in self.refused)
        ahead = [row for row in later if row > index] or later
        return (ahead[0], self._columns[0].key) if ahead else None

    def footer(self) -> str:
        """Number of rows and of refused ones."""
        refused = f"  不通过 {len(self.refused)}{self.each}" if self.refused else ""
        return f"共 {self._count}{self.each}{refused}"


def _columns(business: Business, mask: bool) -> list[GridColumn]:
    return [
        *grid_columns(business, UnitFacts(""), mask=mask),
        GridColumn("@state", "状态", 8, "state", editable=False),
        GridColumn("@reason", "原因", 24, "text", editable=False),
    ]
