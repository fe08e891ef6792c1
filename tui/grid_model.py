"""What the grid asks of the rows behind it: a window at a time, by position.

A model is called from the event loop on every key, so each call must answer within a few milliseconds
(a dense position index in SQLite does; an OFFSET does not). Positions (`index`) count from 0 in the
current order; `row_id` names a row whatever its position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One column.

    `width` is in terminal cells. `kind` is one of text, id, money, ratio, month, code, person, computed,
    state; it decides what the keypad signs mean while the cell is edited. The value of a person is an account
    number. `align` is left or right. `choices` are (code, label) pairs. `signed` lets the keypad minus enter
    a negative amount. `masked` cells are drawn with their middle covered, but for the one under edit.
    """

    key: str
    title: str
    width: int
    kind: str = "text"
    align: str = "left"
    editable: bool = True
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    signed: bool = False
    masked: bool = False


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row as shown.

    `mark` is one of `tui.grid_work.MARKS`. `cells` stand in column order, as typed. `highlight` draws the
    whole row in the theme's notice colour. `skipped` are the keys of columns that do not apply to this row:
    the cursor passes over them and nothing can be typed there.
    """

    row_id: int
    mark: str
    cells: tuple[str, ...]
    selected: bool = False
    highlight: bool = False
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CellResult:
    """Answer to a commit.

    `accepted` False keeps the cursor where it is (the text stays under edit). `text` is the value as stored
    when it differs from the one typed, for instance clamped to a limit. `beep` may go with an accepted value.
    """

    accepted: bool
    message: str = ""
    beep: bool = False
    text: str | None = None


class GridModel(Protocol):
    """Rows of a roster or of a query result."""

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Columns in drawing order; constant between two calls of `Grid.reload`."""
        ...

    @property
    def editable(self) -> bool:
        """Whether cells may be changed and rows added (profile parameter queue.edit_row)."""
        ...

    def count(self) -> int:
        """Return the number of rows."""
        ...

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return at most `count` rows from position `start`."""
        ...

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        """Store `text` as typed."""
        ...

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        """Return the computed cells of the row (column key -> text) as they would be with `text`."""
        ...

    def commit_row(self, index: int) -> CellResult:
        """Check the row as a whole; called when the cursor leaves a row that was typed in or opened.

        A row that was opened and is still empty goes, accepted.
        """
        ...

    def new_row(self, at: int | None = None) -> int:
        """Insert an empty row at `at` (None: behind the last); return its position, -1 when refused."""
        ...

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        """Delete rows."""
        ...

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Tick or untick rows."""
        ...

    def select_all(self, selected: bool) -> None:
        """Tick or untick every row."""
        ...

    def selected_ids(self) -> list[int]:
        """Return the ids of ticked rows in row order."""
        ...

    def finding_text(self, index: int, column: str) -> str:
        """Return the finding of one cell as a sentence, "" when there is none."""
        ...

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """Return (index, column key) of the next faulty cell behind the given one, wrapping round at the end.

        A `column` of "" stands before the first column of the row. None: no cell is faulty.
        """
        ...

    def footer(self) -> str:
        """Return row count and totals for the footer line."""
        ...
