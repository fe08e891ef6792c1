"""The rows of a grid model that are near the screen, so that a redraw asks the store once or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from tui.grid_model import GridModel, GridRow


class RowWindow:
    """Keeps one run of rows around the last one asked for; never the whole roster."""

    def __init__(self, model: GridModel) -> None:
        self._model = model
        self._count: int | None = None
        self._start = 0
        self._rows: Sequence[GridRow] = ()
        self.page = 20
        """Rows on one screen; a fetch takes a page before and two pages from the row asked for."""

    def drop(self) -> None:
        """Forget rows and count."""
        self._count = None
        self._rows = ()

    @property
    def count(self) -> int:
        """Number of rows, asked for once between two drops."""
        if self._count is None:
            self._count = self._model.count()
        return self._count

    def row(self, index: int) -> GridRow | None:
        """Return the row at `index`, None outside the roster."""
        if not 0 <= index < self.count:
            return None
        if not self._start <= index < self._start + len(self._rows):
            self._start = max(0, index - self.page)
            self._rows = self._model.window(self._start, 3 * self.page)
        offset = index - self._start
        return self._rows[offset] if 0 <= offset < len(self._rows) else None

    def span(self, start: int, count: int) -> list[GridRow | None]:
        """Return the rows from `start`, None for positions behind the last."""
        return [self.row(index) for index in range(start, start + count)]
