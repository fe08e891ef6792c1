"""The grid as a picture: header, a window of rows, the cell cursor, and a footer line.

Everything is drawn by line; only lines whose content changed are refreshed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from tui.caret import caret_segments
from tui.edit import LineEditor
from tui.glyphs import display, fit, take
from tui.grid_layout import GUTTER, Placed, Placement, column_widths, place
from tui.grid_model import GridColumn, GridModel, GridRow
from tui.grid_rows import RowWindow
from tui.grid_work import WorkModel
from tui.keys import KeyWidget
from tui.masking import cover_middle
from tui.theme import CURSOR, ERROR, PLAIN, SELECTED, STRONG, WARNING

ALIGN: Final = {"left": "<", "right": ">"}
TICK: Final = "x"
"""First cell of a ticked row."""

NO_COLUMN: Final = GridColumn("", "", 1, editable=False)
"""Stands for the current column as long as there are none, because the rows could not be opened."""


class GridView(KeyWidget):
    """Draws a `GridModel` and keeps the cell cursor; `Grid` adds the keys."""

    DEFAULT_CSS = "GridView { height: 1fr; }"

    def __init__(self, model: GridModel, *, frozen: int = 1, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._model = model
        self._work = _work_of(model)
        self._frozen = frozen
        self._rows = RowWindow(model)
        self._top = 0
        self._index = 0
        self._column = 0
        self._first = 0
        self._wide = False
        self._editor: LineEditor | None = None
        self._preview: Mapping[str, str] = {}
        self._notice = ""
        self._placement: Placement | None = None
        self._placed_in = 0

    # -- what is where ---------------------------------------------------------------------------------

    @property
    def cursor(self) -> tuple[int, str]:
        """Position of the cell cursor: row index and column key."""
        return self._index, self._column_now.key

    @property
    def model(self) -> GridModel:
        """The rows shown."""
        return self._model

    @property
    def page(self) -> int:
        """Rows on one screen: the height without header and footer."""
        return max(1, self.size.height - 2)

    @property
    def _column_now(self) -> GridColumn:
        columns = self._model.columns
        return columns[self._column] if columns else NO_COLUMN

    @property
    def _place(self) -> Placement:
        room = max(1, self.size.width)
        # A frame may be drawn in a new width before the event of the change arrives.
        if self._placement is None or self._placed_in != room:
            widths = column_widths(self._model.columns, self._wide)
            self._placed_in = room
            self._placement = place(widths, room, self._frozen, self._first, self._column)
            self._first = self._placement.first
        return self._placement

    def _at_row(self, row_id: int | None, near: int) -> int | None:
        """The position of a row that stood at `near`; None where it is neither near nor known to a model."""
        if row_id is None or row_id < 0:
            return None
        for offset in range(self.page):
            for at in (near - offset, near + offset):
                row = self._rows.row(at)
                if row is not None and row.row_id == row_id:
                    return at
        return self._work.position(row_id) if self._work is not None else None

    def _cell_text(self, index: int, column: int) -> str:
        row = self._rows.row(index)
        return row.cells[column] if row is not None and column < len(row.cells) else ""

    def _shown_cell(self, row: GridRow, index: int, column: int) -> str:
        """Return what is drawn of a cell; computed cells of the edited row show what they are about to be."""
        shown = self._model.columns[column]
        if index == self._index and shown.key in self._preview:
            return self._preview[shown.key]
        text = row.cells[column] if column < len(row.cells) else ""
        return cover_middle(text) if shown.masked else text

    def _use_model(self, model: GridModel) -> None:
        self._model = model
        self._work = _work_of(model)
        self._rows = RowWindow(model)
        self._rows.page = self.page
        self._top = self._index = self._first = 0
        self._placement = None

    # -- drawing ---------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget."""
        width, height = self.size
        if width <= 0:
            return Strip.blank(0)
        if y == 0:
            segments = self._header_line(width)
        elif y == height - 1:
            segments = self._footer_line(width)
        else:
            segments = self._row_line(self._top + y - 1, width)
        return Strip(segments, width)

    def _header_line(self, width: int) -> list[Segment]:
        columns = self._model.columns
        line = " " * GUTTER
        for placed in self._place.placed:
            column = columns[placed.column]
            title, room = self._title(column, placed.width), placed.width
            if self._place.hidden_right and placed.x + room >= width:
                # The mark at the edge says that the title goes on, too: one sign, not two.
                room = width - 1 - placed.x
                title = take(display(title), room) if cell_len(display(title)) > room else title
            line += fit(title, room, ALIGN[column.align]) + " "
        if self._place.hidden_left:
            line = line[: GUTTER - 1] + "<" + line[GUTTER:]
        line = take(line, width)
        if self._place.hidden_right:
            line = take(line, width - 1) + ">"
        return [Segment(line, STRONG)]

    def _title(self, column: GridColumn, width: int) -> str:
        """Return a column's title, with * where it is required and ^ or v where the rows are sorted by it."""
        title = column.title + ("*" if column.required and self._model.editable else "")
        order = self._work.order if self._work is not None else None
        if order is None or order[0] != column.key:
            return title
        return fit(title, min(cell_len(title), width - 1)) + ("v" if order[1] else "^")

    def _row_line(self, index: int, width: int) -> list[Segment]:
        row = self._rows.row(index)
        if row is None:
            return [Segment(" " * width, PLAIN)]
        style = WARNING if row.highlight else PLAIN
        tick = self._tick(row)
        if row.mark == "!":
            segments = [Segment(tick, style), Segment("!", ERROR), Segment(" ", style)]
        else:
            segments = [Segment(f"{tick}{row.mark[:1] or ' '} ", style)]
        used = GUTTER
        plain = ""
        for placed in self._place.placed:
            if index == self._index and placed.column == self._column:
                segments.append(Segment(plain, style))
                plain = ""
                segments += self._cursor_cell(row, placed)
            else:
                align = self._model.columns[placed.column].align
                plain += fit(self._shown_cell(row, index, placed.column), placed.width, ALIGN[align])
            used += placed.width
            if used < width:
                plain += " "
                used += 1
        segments.append(Segment(plain + " " * (width - used), style))
        return segments

    def _tick(self, row: GridRow) -> str:
        """Return the first cell of a row."""
        return TICK if row.selected else " "

    def _cursor_cell(self, row: GridRow, placed: Placed) -> list[Segment]:
        if self._editor is None:
            shown = self._shown_cell(row, self._index, placed.column)
            text = fit(shown, placed.width, ALIGN[self._column_now.align])
            return [Segment(text, CURSOR if self.has_focus else SELECTED)]
        return caret_segments(self._editor, placed.width, CURSOR, SELECTED)

    def _footer_line(self, width: int) -> list[Segment]:
        return [Segment(fit(self._footer_text(width), width), PLAIN)]

    def _footer_text(self, width: int) -> str:
        count = self._rows.count
        where = f"行 {min(self._index + 1, count)}/{count}"
        if self._work is not None and self._work.view_text:
            where = f"{where} {self._work.view_text}"
        note = self._notice
        if not note and count and (finding := self._model.finding_text(self._index, self._column_now.key)):
            note = f"! {finding}"
        totals = self._model.footer()
        whole = "  ".join(part for part in (where, totals, note) if part)
        if note and cell_len(whole) > width:
            return f"{where}  {note}"
        return whole

    # -- refreshing ------------------------------------------------------------------------------------

    def _touch_row(self, index: int) -> None:
        y = index - self._top + 1
        if 1 <= y < self.size.height - 1:
            self.refresh(Region(0, y, self.size.width, 1))

    def _touch_footer(self) -> None:
        self.refresh(Region(0, self.size.height - 1, self.size.width, 1))

    def _touch_all(self) -> None:
        self._placement = None
        self.refresh()

    def _reread(self) -> None:
        """Ask the model for the visible rows again and refresh the lines that differ."""
        count = self._rows.count
        before = self._rows.span(self._top, self.page)
        self._rows.drop()
        if self._rows.count != count:
            self._index = max(0, min(self._index, self._rows.count - 1))
            self._keep_visible()
            self._touch_all()
            return
        for offset, (old, new) in enumerate(zip(before, self._rows.span(self._top, self.page), strict=True)):
            if old != new:
                self._touch_row(self._top + offset)

    def _keep_visible(self) -> bool:
        """Scroll by as little as keeps the cursor row on the page; True when the page moved."""
        top = self._top
        last = max(0, self._rows.count - self.page)
        if self._index < top:
            top = self._index
        elif self._index >= top + self.page:
            top = self._index - self.page + 1
        top = max(0, min(top, last))
        moved = top != self._top
        self._top = top
        return moved

    def _place_cursor(self, index: int, column: int) -> None:
        """Put the cell cursor and refresh what that changes: two lines, or the page when it scrolls."""
        old_index, old_column = self._index, self._column
        self._index = max(0, min(index, self._rows.count - 1))
        self._column = max(0, min(column, len(self._model.columns) - 1))
        if self._column != old_column:
            hidden = self._place
            self._placement = None
            sideways = self._place != hidden
        else:
            sideways = False
        if self._keep_visible() or sideways:
            self.refresh()
        elif (old_index, old_column) != (self._index, self._column):
            self._touch_row(old_index)
            self._touch_row(self._index)
            self._touch_footer()

    def caret(self) -> tuple[int, int] | None:
        """Return the caret, or the cell under the cursor: an input method opens its window there."""
        placed = self._place.of(self._column)
        x = placed.x if placed else 0
        if placed and self._editor is not None:
            x += self._editor.view(placed.width).caret
        return x, self._index - self._top + 1

    def on_resize(self) -> None:
        """Fit page and columns to the new size."""
        self._rows.page = self.page
        self._placement = None
        self._keep_visible()


def _work_of(model: object) -> WorkModel | None:
    """The model where it has a history and views, asked once: the test is not cheap."""
    return model if isinstance(model, WorkModel) else None
