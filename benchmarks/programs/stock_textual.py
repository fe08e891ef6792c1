"""The same roster with Textual's stock widgets: three Inputs, a DataTable, Header and Footer."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header, Input

from benchmarks.programs.rows import COLUMNS, FIELDS, ROWS, row


class Stock(App[None]):
    """Inputs over a table."""

    def compose(self) -> ComposeResult:
        """The usual parts."""
        yield Header()
        for title in FIELDS:
            yield Input(placeholder=title)
        yield DataTable(cursor_type="cell")
        yield Footer()

    def on_mount(self) -> None:
        """Fill the table."""
        table: DataTable[str] = self.query_one(DataTable)
        for title, width in COLUMNS:
            table.add_column(title, width=width)
        for index in range(ROWS):
            table.add_row(*row(index))


if __name__ == "__main__":
    Stock().run()
