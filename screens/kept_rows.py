"""The rows of a large batch held small: as the center sent them, packed, and read where they are looked at.

A hundred thousand results as objects would take some two hundred megabytes; packed they take a few.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from domain.wire import RowResult
    from tui.grid_model import GridRow

BLOCK = 500
"""Rows packed together."""
UNPACKED = 4
"""Blocks kept as objects: those around the cursor."""
LEVEL = 1


@cache
def _adapter() -> TypeAdapter[list[RowResult]]:
    from pydantic import TypeAdapter

    from domain.wire import RowResult

    return TypeAdapter(list[RowResult])


class KeptRows(Sequence["RowResult"]):
    """Results of a batch in their order."""

    def __init__(self, rows: Iterable[RowResult] = ()) -> None:
        self.late = False
        """Whether one of them was settled on a later day (O-19)."""
        self._packed: list[bytes] = []
        self._open: list[RowResult] = []
        self._unpacked: OrderedDict[int, list[RowResult]] = OrderedDict()
        self.add(rows)

    def add(self, rows: Iterable[RowResult]) -> None:
        """Take rows behind those that are there."""
        for row in rows:
            self.late = self.late or row.highlight
            self._open.append(row)
            if len(self._open) == BLOCK:
                self._packed.append(zlib.compress(_adapter().dump_json(self._open), LEVEL))
                self._open = []

    def _block(self, number: int) -> list[RowResult]:
        if number == len(self._packed):
            return self._open
        known = self._unpacked.get(number)
        if known is None:
            known = _adapter().validate_json(zlib.decompress(self._packed[number]))
            self._unpacked[number] = known
            if len(self._unpacked) > UNPACKED:
                self._unpacked.popitem(last=False)
        return known

    def __len__(self) -> int:
        return len(self._packed) * BLOCK + len(self._open)

    @overload
    def __getitem__(self, index: int) -> RowResult: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowResult]: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        return self._block(at // BLOCK)[at % BLOCK]

    def __iter__(self) -> Iterator[RowResult]:
        for packed in self._packed:
            yield from _adapter().validate_json(zlib.decompress(packed))
        yield from self._open


class DrawnRows(Sequence["GridRow"]):
    """Rows of a grid made when they are shown; `draw` makes one from its position and result."""

    def __init__(self, results: Sequence[RowResult], draw: Callable[[int, RowResult], GridRow]) -> None:
        self._results = results
        self._draw = draw

    def __len__(self) -> int:
        return len(self._results)

    @overload
    def __getitem__(self, index: int) -> GridRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[GridRow]: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            places = range(*index.indices(len(self)))
            return [self._draw(at, self._results[at]) for at in places]
        at = index + len(self) if index < 0 else index
        return self._draw(at, self._results[at])

    def __iter__(self) -> Iterator[GridRow]:
        for at, result in enumerate(self._results):
            yield self._draw(at, result)
