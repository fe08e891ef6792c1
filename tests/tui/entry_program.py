"""The entry widgets in a program of their own, for tests through a real terminal.

`python -m tests.tui.entry_program OUT ROWS`: a form over a grid of ROWS people. Enter in the last field of
the form adds a row; Tab there goes to the grid; F10 writes what was entered to OUT as JSON and ends it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tui.launch import prepare

prepare()

from textual.app import ComposeResult  # noqa: E402

from tests.tui.entry_models import COLUMNS, Roster, Values  # noqa: E402
from tui.app import ShellApp  # noqa: E402
from tui.form import Form  # noqa: E402
from tui.form_model import FormField  # noqa: E402
from tui.grid import Grid  # noqa: E402
from tui.grid_model import CellResult, GridRow  # noqa: E402
from tui.keys import ActionRequested  # noqa: E402
from tui.shellscreen import ShellScreen  # noqa: E402

FIELDS = (
    FormField("name", "姓名", "text", 16, required=True),
    FormField("base", "缴存基数", "money", 12),
    FormField("deposit", "月缴存额", "money", 12, readonly=True),
)


class Crowd(Roster):
    """Any number of people that are made when asked for; changed ones are kept."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self.changed: dict[int, dict[str, str]] = {}

    def count(self) -> int:
        return self._count

    def _row(self, index: int) -> dict[str, str]:
        made = {
            "name": f"职工{index:06}",
            "id_number": "11010519491231002X",
            "base": "8000.00",
            "ratio": "12",
        }
        return {**{column.key: "" for column in COLUMNS}, **made, **self.changed.get(index, {})}

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        rows = ((index, self._row(index)) for index in range(start, min(start + count, self._count)))
        return [GridRow(i, " ", tuple(row[c.key] for c in COLUMNS), i in self.selected) for i, row in rows]

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        change = self.changed.setdefault(index, {})
        change[column] = text
        change.update(self.preview(index, column, text))
        return CellResult(True)

    def new_row(self, at: int | None = None) -> int:
        index = self._count
        self._count += 1
        self.changed[index] = {column.key: "" for column in COLUMNS}
        return index

    def footer(self) -> str:
        return f"共 {self._count} 人"


class EntryScreen(ShellScreen):
    """The form over the grid."""

    TITLE = "职工登记"
    KEY_BAR = ("help", "check", "submit", "back")

    def __init__(self, out: Path, rows: int) -> None:
        super().__init__()
        self._out = out
        self._form = Form(Values(FIELDS))
        self._crowd = Crowd(rows)
        self._grid = Grid(self._crowd)

    def body(self) -> ComposeResult:
        yield self._form
        yield self._grid

    def screen_actions(self) -> frozenset[str]:
        return super().screen_actions() | {"next_field"}

    async def perform(self, request: ActionRequested) -> None:
        match request.action:
            case "record":
                index = self._crowd.new_row()
                self._crowd.changed[index].update(request.payload["values"])
                self._form.clear_all()
                self._grid.reload()
            case "next_field":
                self.focus_key(self._grid)
            case "submit":
                changed = {str(index): row for index, row in sorted(self._crowd.changed.items())}
                held = {"changed": changed, "form": self._form.snapshot(), "draft": self._grid.draft}
                self._out.write_text(json.dumps(held, ensure_ascii=False, sort_keys=True), encoding="utf-8")
                self.shell.exit(0)
            case _:
                await super().perform(request)


def main() -> None:
    """Run the program."""
    out, rows = Path(sys.argv[1]), int(sys.argv[2])
    ShellApp({"entry": lambda: EntryScreen(out, rows)}, start="entry").run(mouse=False)


if __name__ == "__main__":
    main()
