"""The entry screen of stock Textual widgets: Input and DataTable."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Input

from benchmarks.programs.content import COUNT, FIELDS, TITLES, row


class Stock(App[None]):
    """Three inputs over a table."""

    CSS = "Input { height: 1; border: none; } DataTable { height: 1fr; }"

    def compose(self) -> ComposeResult:
        for field in FIELDS:
            box = Input(placeholder=field)
            box.cursor_blink = False
            yield box
        yield DataTable()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*TITLES)
        table.add_rows(row(index) for index in range(COUNT))


if __name__ == "__main__":
    Stock().run(mouse=False)
