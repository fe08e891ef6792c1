"""Where the columns of a grid stand on a line: frozen ones first, the rest scrolled to show the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.grid_model import GridColumn

GUTTER = 3
"""Cells before the first column: the tick, the mark and a blank."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Column number `column` drawn at cell `x` in `width` cells; a gap of one cell follows."""

    column: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Placement:
    """Visible columns of a line, and whether more stand hidden on either side of the scrolled part."""

    placed: tuple[Placed, ...]
    first: int
    hidden_left: bool
    hidden_right: bool

    def of(self, column: int) -> Placed | None:
        """Return where `column` stands, None when it is scrolled out."""
        for place in self.placed:
            if place.column == column:
                return place
        return None


def place(widths: Sequence[int], room: int, frozen: int, first: int, cursor: int) -> Placement:
    """Lay columns of `widths` into `room` cells so that column `cursor` is seen whole where that is possible.

    `frozen` leading columns always stay; `first` is the leftmost scrolled column of the last placement and
    moves as little as it must. Frozen columns give way when they would leave no room for the cursor.
    """
    frozen = min(frozen, len(widths))
    while frozen and GUTTER + sum(widths[:frozen]) + frozen + min(max(widths), 8) > room:
        frozen -= 1
    first = max(frozen, min(first, len(widths) - 1))
    if cursor < frozen:
        first = min(frozen, len(widths) - 1)
    else:
        first = min(first, cursor)
        # The last cell of the heading says that more columns follow.
        mark = 1 if cursor < len(widths) - 1 else 0
        while first < cursor and _end(widths, frozen, first, cursor) > room - mark:
            first += 1
    placed: list[Placed] = []
    x = GUTTER
    for column in (*range(frozen), *range(first, len(widths))):
        if x >= room:
            break
        width = min(widths[column], room - x)
        placed.append(Placed(column, x, width))
        x += width + 1
    last = placed[-1] if placed else None
    cut = last is not None and (last.column < len(widths) - 1 or last.width < widths[last.column])
    return Placement(tuple(placed), first, first > frozen, cut)


def _end(widths: Sequence[int], frozen: int, first: int, cursor: int) -> int:
    """Return the cell behind column `cursor` when the scrolled part begins at `first`."""
    before = sum(widths[:frozen]) + frozen
    return GUTTER + before + sum(widths[first : cursor + 1]) + (cursor - first)


def column_widths(columns: Sequence[GridColumn], wide: bool) -> list[int]:
    """Return the drawn widths; `wide` gives text columns half as much again for long names."""
    if not wide:
        return [max(1, column.width) for column in columns]
    return [max(1, column.width * 3 // 2 if column.align == "left" else column.width) for column in columns]
