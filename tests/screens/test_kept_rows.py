"""Results of a large batch: the same rows as sent, packed, and drawn only where they are looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from domain.wire import RowResult
from screens.kept_rows import BLOCK, UNPACKED, DrawnRows, KeptRows
from tui.grid_model import GridRow

COUNT = 6 * BLOCK + 7


def result(number: int, **more: object) -> RowResult:
    values = {"name": "张三", "id_number": f"{110101199003070000 + number}", "account_no": f"{number:014d}"}
    return RowResult(row=number, values=values, state="ok", declared="2026-11-23", **more)  # type: ignore[arg-type]


def results(count: int = COUNT) -> Iterator[RowResult]:
    return (result(number) for number in range(1, count + 1))


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, COUNT])
def test_what_was_put_in_comes_out_in_order(count: int) -> None:
    kept, plain = KeptRows(results(count)), list(results(count))
    assert list(kept) == plain and len(kept) == count
    assert kept[:8] == plain[:8]
    assert kept[count - 3 : count + 5] == plain[max(0, count - 3) :] if count >= 3 else True
    if count:
        assert (kept[0], kept[-1], kept[count // 2]) == (plain[0], plain[-1], plain[count // 2])
    for outside in (count, -count - 1):
        with pytest.raises(IndexError):
            kept[outside]


def test_only_the_blocks_around_the_cursor_are_unpacked() -> None:
    kept = KeptRows(results())
    for place in range(0, COUNT, 100):
        assert kept[place].row == place + 1
        assert len(kept._unpacked) <= UNPACKED
    packed = sum(map(len, kept._packed))
    assert packed < 20 * COUNT < sys.getsizeof(result(1).values) * COUNT


def test_whether_somebody_was_late_is_known_without_looking_again() -> None:
    kept = KeptRows(results(3))
    assert kept.late is False
    kept.add([result(4, highlight=True)])
    assert (kept.late, len(kept)) == (True, 4)


def test_a_screen_draws_what_it_shows() -> None:
    drawn: list[int] = []

    def draw(at: int, row: RowResult) -> GridRow:
        drawn.append(at)
        return GridRow(at, " ", (row.values["account_no"],))

    rows = DrawnRows(KeptRows(results()), draw)
    assert len(rows) == COUNT and drawn == []
    assert [row.cells for row in rows[1000:1003]] == [(f"{number:014d}",) for number in (1001, 1002, 1003)]
    assert drawn == [1000, 1001, 1002]
    assert rows[-1].cells == (f"{COUNT:014d}",)
