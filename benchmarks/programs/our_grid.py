"""Our entry grid on its own, over rows that are made when asked for."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.programs.rows import COLUMNS, ROWS, row
from tui.launch import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tui.app import ShellApp


def make() -> ShellApp:
    """The application with the grid as its only screen."""
    from textual.app import ComposeResult

    from benchmarks.programs.empty_model import EmptyModel
    from tui.app import ShellApp
    from tui.grid import Grid
    from tui.grid_model import CellResult, GridColumn, GridRow
    from tui.shellscreen import ShellScreen

    class Rows(EmptyModel):
        """A grid model over generated rows; changed cells are kept."""

        columns = tuple(GridColumn(title, title, width) for title, width in COLUMNS)
        editable = True

        def __init__(self) -> None:
            self.changed: dict[tuple[int, str], str] = {}

        def count(self) -> int:
            return ROWS

        def window(self, start: int, count: int) -> Sequence[GridRow]:
            indexes = range(start, min(start + count, ROWS))
            return [GridRow(index, " ", self._cells(index)) for index in indexes]

        def _cells(self, index: int) -> tuple[str, ...]:
            made = zip(self.columns, row(index), strict=True)
            return tuple(self.changed.get((index, column.key), text) for column, text in made)

        def commit_cell(self, index: int, column: str, text: str) -> CellResult:
            self.changed[index, column] = text
            return CellResult(True)

        def footer(self) -> str:
            return f"共 {ROWS} 人"

    class GridScreen(ShellScreen):
        """One grid."""

        TITLE = "清册"

        def body(self) -> ComposeResult:
            yield Grid(Rows())

    return ShellApp({"grid": GridScreen}, start="grid")


if __name__ == "__main__":
    raise SystemExit(run(make))
