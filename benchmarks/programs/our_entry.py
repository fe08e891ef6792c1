"""The entry screen of our own form and grid, with a dialog and a second screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.launch import prepare

prepare()

from textual.app import ComposeResult  # noqa: E402

from benchmarks.programs.content import (  # noqa: E402
    COUNT,
    DIALOG,
    FIELDS,
    OTHER_FIRST,
    OTHER_TITLE,
    TITLE,
    TITLES,
    WIDTHS,
    row,
)
from tests.tui.entry_models import Values  # noqa: E402
from tui.app import ShellApp  # noqa: E402
from tui.form import Form  # noqa: E402
from tui.form_model import FormField  # noqa: E402
from tui.grid import Grid  # noqa: E402
from tui.grid_model import CellResult, GridColumn, GridRow  # noqa: E402
from tui.keys import ActionRequested  # noqa: E402
from tui.shellscreen import ShellScreen  # noqa: E402


class People:
    """The people of the benchmark as a grid model; cells can be changed, nothing else."""

    editable = True
    columns: Sequence[GridColumn] = tuple(
        GridColumn(str(place), title, width)
        for place, (title, width) in enumerate(zip(TITLES, WIDTHS, strict=True))
    )

    def __init__(self, first: int = 0) -> None:
        self._first = first

    def count(self) -> int:
        return COUNT - self._first

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        end = min(start + count, self.count())
        return [GridRow(index, " ", row(self._first + index)) for index in range(start, end)]

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        return CellResult(True)

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        return {}

    def commit_row(self, index: int) -> CellResult:
        return CellResult(True)

    def new_row(self, at: int | None = None) -> int:
        return -1

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        return CellResult(False)

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        return

    def select_all(self, selected: bool) -> None:
        return

    def selected_ids(self) -> list[int]:
        return []

    def finding_text(self, index: int, column: str) -> str:
        return ""

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        return None

    def footer(self) -> str:
        return f"共 {self.count()} 人"


class EntryScreen(ShellScreen):
    """The form over the grid."""

    TITLE = TITLE
    KEY_BAR = ("refresh", "check", "back")

    def __init__(self) -> None:
        super().__init__()
        self._form = Form(Values(tuple(FormField(name, name, "text", 18) for name in FIELDS)), columns=1)
        self._grid = Grid(People())

    def body(self) -> ComposeResult:
        yield self._form
        yield self._grid

    def screen_actions(self) -> frozenset[str]:
        return super().screen_actions() | {"next_field"}

    async def perform(self, request: ActionRequested) -> None:
        match request.action:
            case "next_field":
                self.focus_key(self._grid if self.focused is self._form else self._form)
            case "refresh":
                title, lines, _ = DIALOG
                await self.ask(title, lines, [("y", "是"), ("n", "否")])
            case "check":
                await self.shell.open_screen("other")
            case _:
                await super().perform(request)


class OtherScreen(ShellScreen):
    """Other people."""

    TITLE = OTHER_TITLE
    KEY_BAR = ("refresh", "check", "back")

    def body(self) -> ComposeResult:
        yield Grid(People(OTHER_FIRST))

    async def perform(self, request: ActionRequested) -> None:
        if request.action == "check":
            await self.shell.back()
        else:
            await super().perform(request)


def screens() -> dict[str, Any]:
    """The catalog."""
    return {"entry": EntryScreen, "other": OtherScreen}


if __name__ == "__main__":
    ShellApp(screens(), start="entry").run(mouse=False)
