"""The option column of a grid: digits typed beside rows, run all at once by Enter, in row order.

A grid gets it by `set_options({"4": "删除", "5": "查看"})`. A digit struck in a cell that cannot be edited
stands in the first cell of its row (over the tick); Esc, Del or backspace take it away. Enter then asks the
screen for `run_options` (options=[(row id as text, digit), ...]), as `tui.listview` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.cells import cell_len

from domain.text import to_half_width
from tui.grid_model import GridModel, GridRow
from tui.grid_place import GridPlace

EMPTY: Final = "_"
"""Stands where a digit may be typed."""
_CLEARING: Final = frozenset({"cancel_edit", "clear", "erase_left", "clear_option"})


class GridOptions(GridPlace):
    """Digits beside rows, by row id, with the position each row had when it was typed."""

    def __init__(self, model: GridModel, *, frozen: int = 1, id: str | None = None) -> None:  # noqa: A002
        super().__init__(model, frozen=frozen, id=id)
        self._options: dict[str, str] = {}
        self._chosen: dict[int, tuple[int, str]] = {}

    # -- for the screen --------------------------------------------------------------------------------

    def set_options(self, options: Mapping[str, str]) -> None:
        """Offer digits and what they do; none takes the column away."""
        if dict(options) != self._options:
            self._options = dict(options)
            self._chosen.clear()
            self.refresh()

    @property
    def chosen_options(self) -> list[tuple[str, str]]:
        """The (row id as text, digit) pairs typed beside rows, in row order."""
        placed = [(self._stands(row_id, at), row_id, digit) for row_id, (at, digit) in self._chosen.items()]
        return [(str(row_id), digit) for _, row_id, digit in sorted(placed)]

    def _stands(self, row_id: int, at: int) -> int:
        place = self._at_row(row_id, at)
        return at if place is None else place

    def clear_options(self) -> None:
        """Forget all typed digits."""
        if self._chosen:
            self._chosen.clear()
            self.refresh()

    def option_legend(self) -> str:
        """What the digits do: `4删除 5查看`."""
        return " ".join(f"{digit}{label}" for digit, label in self._options.items())

    def whereabouts(self) -> dict[str, Any]:
        """Add the digits to the place."""
        digits = [[row_id, at, digit] for row_id, (at, digit) in self._chosen.items()]
        return {**super().whereabouts(), "options": digits}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Put the digits back beside rows that are still there."""
        super().take_up(kept)
        for row_id, at, digit in kept.get("options") or ():
            place = self._at_row(int(row_id), int(at))
            if place is not None and digit in self._options:
                self._chosen[int(row_id)] = (place, digit)

    # -- picture ---------------------------------------------------------------------------------------

    def _tick(self, row: GridRow) -> str:
        if row.row_id in self._chosen:
            return self._chosen[row.row_id][1]
        tick = super()._tick(row)
        return EMPTY if self._options and tick == " " else tick

    def _footer_text(self, width: int) -> str:
        text = super()._footer_text(width)
        if self._options and not self._notice:
            whole = f"{text}  {self.option_legend()}"
            return whole if cell_len(whole) <= width else text
        return text

    # -- keys ------------------------------------------------------------------------------------------

    def option_typed(self, char: str) -> bool:
        """Take a digit where the cell itself takes none; False leaves the character to the grid."""
        char = to_half_width(char)
        takes = self._model.editable and self._column_now.editable
        if not self._options or self._editor is not None or takes or not char.isdecimal():
            return False
        row = self._rows.row(self._index)
        if row is None or char not in self._options:
            return self._refuse(f"! 没有选项 {char}，可用：{self.option_legend()}")
        self._chosen[row.row_id] = (self._index, char)
        self._touch_row(self._index)
        return True

    def option_action(self, action: str) -> bool:
        """Run the digits, or take one away; False leaves the action to the grid."""
        if not self._chosen or self._editor is not None:
            return False
        if action in ("accept", "run_options"):
            options = self.chosen_options
            self.clear_options()
            self.request("run_options", options=options)
            return True
        row = self._rows.row(self._index)
        if action in _CLEARING and row is not None and self._chosen.pop(row.row_id, None) is not None:
            self._touch_row(self._index)
            return True
        return False
