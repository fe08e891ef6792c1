"""Where the fields of a form stand: one or two columns, as many cells as the texts need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tui.form_model import FormField
from tui.glyphs import width

GAP: Final = 2
"""Cells between the two columns."""
MARK: Final = 2
"""Cells before a title: the mark and a blank."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Field number `field` on line `y`: mark at `x`, title behind it, value in `room` cells from `value_x`.

    The note may fill the cells from behind the value up to `end`.
    """

    field: int
    y: int
    x: int
    title_width: int
    value_x: int
    room: int
    end: int


def lay_out(fields: Sequence[FormField], notes: Sequence[str], room: int, columns: int = 2) -> list[Slot]:
    """Place fields in reading order in `room` cells; two columns when both fit with their notes."""
    if columns == 2 and len(fields) > 1:
        left, right = _measure(fields[::2], notes[::2]), _measure(fields[1::2], notes[1::2])
        if left.whole + GAP + right.whole <= room:
            split = left.whole + GAP
            return [
                _slot(
                    index, field, index // 2, *((split, right, room) if index % 2 else (0, left, left.whole))
                )
                for index, field in enumerate(fields)
            ]
    one = _measure(fields, notes)
    return [_slot(index, field, index, 0, one, room) for index, field in enumerate(fields)]


@dataclass(frozen=True, slots=True)
class _Measure:
    title: int
    whole: int


def _measure(fields: Sequence[FormField], notes: Sequence[str]) -> _Measure:
    title = max((width(field.title) for field in fields), default=0)
    values = [
        boxed(field) + (1 + width(note) if note else 0) for field, note in zip(fields, notes, strict=True)
    ]
    return _Measure(title, MARK + title + 1 + max(values, default=0))


def boxed(field: FormField) -> int:
    """Return the cells of a field's value with its brackets."""
    return 3 if field.kind == "check" else field.width + 2


def _slot(index: int, field: FormField, y: int, x: int, measure: _Measure, end: int) -> Slot:
    value_x = x + MARK + measure.title + 1
    return Slot(index, y, x, measure.title, value_x, max(1, min(boxed(field), end - value_x)), end)
