"""The entry screen of stock Textual: Header, Footer, Input, DataTable, a modal and a second screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import DataTable, Footer, Header, Input, Label

from benchmarks.programs.content import (
    COUNT,
    DIALOG,
    FIELDS,
    OTHER_FIRST,
    OTHER_TITLE,
    TITLE,
    TITLES,
    row,
)


class Asked(ModalScreen[None]):
    """The dialog."""

    CSS = "Asked { align: center middle; } Vertical { width: 40; height: auto; border: ascii white; }"
    BINDINGS: ClassVar[list[BindingType]] = [("n", "dismiss", "否")]

    def compose(self) -> ComposeResult:
        title, lines, answers = DIALOG
        with Vertical() as box:
            box.border_title = title
            for text in (*lines, "", answers):
                yield Label(text)


class Other(Screen[None]):
    """Other people."""

    TITLE = OTHER_TITLE
    BINDINGS: ClassVar[list[BindingType]] = [("f6", "dismiss", "返回")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable()
        yield Footer()

    def on_mount(self) -> None:
        fill(self.query_one(DataTable), OTHER_FIRST)


class Stock(App[None]):
    """Three inputs over a table."""

    TITLE = TITLE
    CSS = "Input { height: 1; border: none; } DataTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [("f5", "ask", "校验"), ("f6", "other", "查询")]

    def compose(self) -> ComposeResult:
        yield Header()
        for field in FIELDS:
            box = Input(placeholder=field)
            box.cursor_blink = False
            yield box
        yield DataTable()
        yield Footer()

    def on_mount(self) -> None:
        fill(self.query_one(DataTable), 0)
        self.query(Input).first().focus()

    def action_ask(self) -> None:
        self.push_screen(Asked())

    def action_other(self) -> None:
        self.push_screen(Other())


def fill(table: DataTable[str], first: int) -> None:
    """Put the people in."""
    table.add_columns(*TITLES)
    table.add_rows(row(index) for index in range(first, COUNT))


if __name__ == "__main__":
    Stock().run(mouse=False)
