"""Find line, row number, undo, sort and filter of the grid; cells that do not apply to a row."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.tui.entry_models import WORDS, Bench, Roster, Stage, picture, settle, strike
from tui.grid import Grid
from tui.grid_model import CellResult, GridRow
from tui.grid_work import WorkResult

WORDS.update(
    {
        "<find>": "ctrl+f",
        "<undo>": "ctrl+u",
        "<redo>": "ctrl+r",
        "<sort>": "ctrl+o",
        "<faulty>": "ctrl+e",
        "<goto>": "ctrl+n",
    }
)


class WorkRoster(Roster):
    """A roster with a history, an order and a filter, all in memory."""

    def __init__(self, rows: Iterable[Sequence[str]] = (), *, editable: bool = True) -> None:
        super().__init__(rows, editable=editable)
        self.order: tuple[str, bool] | None = None
        self.view_text = ""
        self.past: list[list[dict[str, str]]] = []
        self.skipped: dict[int, frozenset[str]] = {}

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        rows = super().window(start, count)
        return [
            replace(row, skipped=self.skipped.get(start + at, frozenset())) for at, row in enumerate(rows)
        ]

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        self.past.append(copy.deepcopy(self.rows))
        return super().commit_cell(index, column, text)

    def position(self, row_id: int) -> int | None:
        return self.ids.index(row_id) if row_id in self.ids else None

    def find(self, text: str, index: int, step: int) -> int | None:
        places = [
            at for at, row in enumerate(self.rows) if text in row["name"] or row["id_number"].endswith(text)
        ]
        if step < 0:
            return max((at for at in places if at < index), default=places[-1] if places else None)
        behind = [at for at in places if at > index or (at == index and step == 0)]
        return min(behind, default=places[0] if places else None)

    def undo(self) -> WorkResult:
        if not self.past:
            return WorkResult("没有可以撤销的操作。", False)
        self.rows = self.past.pop()
        return WorkResult("已撤销。", True, 0)

    def redo(self) -> WorkResult:
        return WorkResult("没有可以重做的操作。", False)

    def sort(self, column: str) -> WorkResult:
        self.order = (column, self.order is not None)
        self.rows.sort(key=lambda row: row[column], reverse=self.order[1])
        return WorkResult("已排列。")

    def filter_faulty(self) -> WorkResult:
        self.view_text = "" if self.view_text else "只看有错"
        return WorkResult("已筛选。", True, 0)


PEOPLE = [
    ["张三", "110101199003070017", "5000", "12", "01", "", ""],
    ["李四", "110101199003071234", "6000", "12", "01", "", ""],
    ["王五", "110101199003075678", "7000", "12", "01", "", ""],
    ["张六", "110101199003079999", "8000", "12", "01", "", ""],
]


@asynccontextmanager
async def bench(roster: Roster) -> AsyncIterator[tuple[Bench, Grid, Pilot[int]]]:
    grid = Grid(roster)
    app = Bench(Stage(grid))

    async def default(request: object) -> None:
        from tui.keys import ActionRequested
        from tui.shellscreen import ShellScreen

        assert isinstance(request, ActionRequested)
        await ShellScreen.perform(app.stage, request)

    app.stage.on_request = default
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        yield app, grid, pilot


async def rest(app: Bench, pilot: Pilot[int]) -> None:
    for _ in range(200):
        await pilot.pause(0.01)
        if not app.gate.closed and not app.gate.waiting:
            return
    raise AssertionError("the gate stays closed")


async def test_find_four_digits_and_the_new_base_is_typed_at_once() -> None:
    roster = WorkRoster(PEOPLE)
    async with bench(roster) as (app, grid, _):
        strike(app, "<find>5678<enter>7777<enter>")
        assert roster.rows[2]["base"] == "7777"
        assert [row["base"] for row in roster.rows if row is not roster.rows[2]] == ["5000", "6000", "8000"]
        assert grid.cursor == (2, "ratio")
        assert app.bells == 0, "5 and 56 are no ends of a number: no reason to beep"


async def test_the_cursor_jumps_while_typing_and_goes_on_and_back() -> None:
    roster = WorkRoster(PEOPLE)
    async with bench(roster) as (app, grid, pilot):
        strike(app, "<down><find>张")
        await settle(pilot)
        assert (grid.cursor, grid.finding) == ((3, "name"), "张")
        strike(app, "<find>")
        assert grid.cursor[0] == 0
        strike(app, "<up>")
        assert grid.cursor[0] == 3
        strike(app, "<bs>")
        await settle(pilot)
        assert grid.cursor[0] == 1, "nothing is looked for any more"
        strike(app, "王<esc>")
        assert (grid.cursor, grid.finding) == ((1, "name"), None)
        strike(app, "<find><find>")
        assert (grid.cursor[0], grid.finding) == (2, "王"), "the last text is looked for again"
        strike(app, "<f12>")
        assert grid.cursor[0] == 1
        assert [action for action, _ in app.stage.requests] == []


async def test_what_is_not_found_stays_to_be_corrected() -> None:
    roster = WorkRoster(PEOPLE)
    async with bench(roster) as (app, grid, pilot):
        strike(app, "<find>赵<enter>")
        assert (grid.finding, app.bells) == ("赵", 1)
        await settle(pilot)
        assert "没有找到" in picture(grid)[-1]
        strike(app, "<bs>李<enter>")
        assert (grid.cursor, grid.finding) == ((1, "base"), None)


async def test_the_line_says_how_one_goes_on_and_its_help_is_its_own() -> None:
    async with bench(WorkRoster(PEOPLE)) as (app, grid, pilot):
        strike(app, "<find>")
        await rest(app, pilot)
        strike(app, "王")
        await rest(app, pilot)
        assert "Ctrl+F 下一处" in picture(grid)[-1]
        assert "向上键到上一处" in "".join(grid.help_lines())
        strike(app, "<esc><goto>")
        await rest(app, pilot)
        assert "行号" in "".join(grid.help_lines())


async def test_the_caret_stands_in_the_find_line() -> None:
    async with bench(WorkRoster(PEOPLE)) as (app, grid, pilot):
        strike(app, "<find>张")
        await settle(pilot)
        assert grid.caret() == (6 + 2, grid.size.height - 1)
        assert picture(grid)[-1].startswith("查找: 张")


async def test_signs_are_text_in_the_find_line_and_other_keys_close_it() -> None:
    roster = WorkRoster(PEOPLE)
    async with bench(roster) as (app, grid, _):
        strike(app, "<find>+*. ")
        assert grid.finding == "+*. "
        strike(app, "<pgdn>")
        assert (grid.key_context(), grid.cursor[0]) == ("grid", 3)


async def test_rows_that_cannot_be_edited_keep_the_column() -> None:
    async with bench(WorkRoster(PEOPLE, editable=False)) as (app, grid, _):
        strike(app, "<find>李<enter>")
        assert grid.cursor == (1, "name")


async def test_a_row_is_reached_by_its_number() -> None:
    async with bench(WorkRoster(PEOPLE)) as (app, grid, _):
        strike(app, "<goto>3<enter>")
        assert (grid.cursor[0], app.bells) == (2, 0)
        strike(app, "<goto>9<enter>")
        assert (grid.cursor[0], app.bells) == (2, 1)
        strike(app, "<esc><goto>x<enter><bs>1<enter>")
        assert grid.cursor[0] == 0


async def test_a_half_typed_cell_is_accepted_before_it_is_looked_for_another() -> None:
    roster = WorkRoster(PEOPLE)
    async with bench(roster) as (app, grid, _):
        strike(app, "赵一<find>李<enter>")
        assert roster.rows[0]["name"] == "赵一"
        assert grid.cursor[0] == 1


async def test_keys_after_undo_and_sort_wait_until_they_are_done() -> None:
    roster = WorkRoster(PEOPLE)
    async with bench(roster) as (app, grid, pilot):
        strike(app, "甲<down><undo>乙<enter>")
        await rest(app, pilot)
        assert [row["name"] for row in roster.rows] == ["乙", "李四", "王五", "张六"]
        strike(app, "<undo><undo>")
        await rest(app, pilot)
        assert [row["name"] for row in roster.rows] == ["张三", "李四", "王五", "张六"]
        assert "没有可以撤销" in picture(grid)[-1] and app.bells == 1
        grid.goto(0, "base")
        strike(app, "<sort><sort><top>9<enter>")
        await rest(app, pilot)
        assert [row["base"] for row in roster.rows] == ["9", "7000", "6000", "5000"]
        assert "缴存基数*v" in picture(grid)[0]
        strike(app, "<faulty>")
        await rest(app, pilot)
        assert "只看有错" in picture(grid)[-1]


@pytest.mark.parametrize("key", ["<undo>", "<sort>", "<faulty>", "<find>"])
async def test_rows_without_history_and_views_refuse(key: str) -> None:
    async with bench(Roster(PEOPLE)) as (app, grid, pilot):
        strike(app, key)
        await settle(pilot)
        assert app.bells == 1 and grid.finding is None
        assert not app.gate.closed


async def test_cells_that_do_not_apply_are_passed_over() -> None:
    roster = WorkRoster(PEOPLE)
    roster.skipped = {0: frozenset({"id_number", "base"}), 1: frozenset({"name"})}
    async with bench(roster) as (app, grid, _):
        strike(app, "<enter>")
        assert grid.cursor == (0, "ratio")
        strike(app, "<btab>")
        assert grid.cursor == (0, "name")
        strike(app, "<right>9")
        assert grid.draft is None and app.bells == 1
        strike(app, "<end><left><tab>")
        assert grid.cursor == (1, "id_number"), "its first cell does not apply"
        strike(app, "<find>张三<enter>")
        assert grid.cursor == (0, "adjust"), "the first amount that is entered in this row"


@pytest.mark.parametrize(("keys", "kind"), [("<down><find>张", "find"), ("<down><goto>4", "goto")])
async def test_an_open_line_is_taken_up_again_with_its_way_back(keys: str, kind: str) -> None:
    async with bench(WorkRoster(PEOPLE)) as (app, grid, pilot):
        strike(app, keys)
        await settle(pilot)
        kept = grid.whereabouts()
        text, found = grid.finding, grid.cursor
        assert kept["line"][0] == kind
    async with bench(WorkRoster(PEOPLE)) as (app, grid, pilot):
        grid.take_up(kept)
        assert (grid.finding, grid.cursor) == (text, found)
        strike(app, "<esc>")
        assert (grid.finding, grid.cursor) == (None, (1, "name"))
        grid.take_up(kept)
        strike(app, "<enter>")
        assert (grid.finding, grid.cursor[0]) == (None, 3)


def crowd(count: int) -> list[list[str]]:
    return [[f"人{n}", "110101199003070017", str(5000 + n), "12", "01", "", ""] for n in range(count)]


async def test_a_half_typed_cell_follows_its_row_however_far_it_moves() -> None:
    roster = WorkRoster(crowd(500))
    async with bench(roster) as (app, grid, _):
        grid.goto(3, "base")
        strike(app, "12")
        roster.rows.reverse()
        roster.ids.reverse()
        grid.reload()
        assert grid.draft == (496, "base", "12")
        strike(app, "34<enter>")
        assert roster.rows[496]["name"] == "人3" and roster.rows[496]["base"] == "1234"
        assert roster.rows[3]["base"] == "5496", "who stands there now keeps the value"


async def test_a_half_typed_cell_whose_row_is_gone_says_what_was_lost() -> None:
    roster = WorkRoster(crowd(50))
    async with bench(roster) as (app, grid, _):
        grid.goto(3, "base")
        strike(app, "12")
        del roster.rows[3], roster.ids[3]
        grid.reload()
        assert grid.draft is None and "“12”没有保存" in picture(grid)[-1]
        assert "12" not in {row["base"] for row in roster.rows}
