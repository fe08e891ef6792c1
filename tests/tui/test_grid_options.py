"""Digits beside the rows of a grid: where they are taken, how they run, and that nothing else changes."""

from __future__ import annotations

from tests.tui.entry_models import Bench, Roster, Stage, picture, settle, strike
from tui.grid import Grid

OPTIONS = {"4": "删除", "5": "查看"}


def listed(count: int, *, editable: bool = False) -> Roster:
    roster = Roster()
    for number in range(count):
        roster.new_row()
        roster.rows[number]["name"] = f"人{number}"
    roster.editable = editable
    return roster


async def test_digits_run_in_row_order_with_one_enter() -> None:
    grid = Grid(listed(5))
    app = Bench(Stage(grid))
    async with app.run_test(size=(100, 24)) as pilot:
        grid.set_options(OPTIONS)
        await settle(pilot)
        strike(app, "<down><down>5<up>4<down><down>4")
        assert [digit for _, digit in grid.chosen_options] == ["4", "5", "4"]
        assert [line[0] for line in picture(grid)[1:6]] == ["_", "4", "5", "4", "_"]
        strike(app, "<enter>")
        await settle(pilot)
        [(action, payload)] = app.stage.requests
        assert action == "run_options" and [digit for _, digit in payload["options"]] == ["4", "5", "4"]
        assert grid.chosen_options == [] and app.bells == 0


async def test_a_digit_that_means_nothing_here_beeps_and_names_those_that_do() -> None:
    grid = Grid(listed(2))
    app = Bench(Stage(grid))
    async with app.run_test(size=(100, 24)) as pilot:
        grid.set_options(OPTIONS)
        await settle(pilot)
        strike(app, "7")
        assert app.bells == 1 and "4删除 5查看" in picture(grid)[-1]
        strike(app, "5<esc>")
        assert grid.chosen_options == []
        strike(app, "<enter>")
        await settle(pilot)
        assert [action for action, _ in app.stage.requests] == ["open"]


async def test_a_refusal_is_drawn_at_once() -> None:
    grid = Grid(listed(2))
    app = Bench(Stage(grid))

    def drawn() -> str:
        return "".join(strip.text for strip in app.screen._compositor.render_strips(app.size))

    async with app.run_test(size=(100, 24)) as pilot:
        grid.set_options(OPTIONS)
        await settle(pilot)
        strike(app, "7")
        await settle(pilot)
        assert "没有选项 7" in drawn()
        strike(app, "5")
        await settle(pilot)
        assert "没有选项 7" not in drawn()
        grid.process_paste("张三")
        await settle(pilot)
        assert "此处只能查看，不能修改。" in drawn()


async def test_in_a_cell_that_can_be_edited_a_digit_is_typed() -> None:
    grid = Grid(listed(2, editable=True))
    app = Bench(Stage(grid))
    async with app.run_test(size=(100, 24)) as pilot:
        grid.set_options(OPTIONS)
        await settle(pilot)
        strike(app, "5")
        assert grid.draft is not None and grid.draft[2] == "5" and grid.chosen_options == []


async def test_without_options_nothing_is_different() -> None:
    grid = Grid(listed(2))
    app = Bench(Stage(grid))
    async with app.run_test(size=(100, 24)) as pilot:
        await settle(pilot)
        before = picture(grid)
        strike(app, "5")
        assert grid.chosen_options == [] and picture(grid)[:-1] == before[:-1]


async def test_the_place_in_a_grid_comes_back_with_its_digits() -> None:
    first = Grid(listed(60))
    app = Bench(Stage(first))
    async with app.run_test(size=(100, 24)) as pilot:
        first.set_options(OPTIONS)
        await settle(pilot)
        strike(app, "<pgdn><pgdn>5<up><right>")
        kept = first.whereabouts()
        cursor, lines = first.cursor, picture(first)
    again = Grid(listed(60))
    app = Bench(Stage(again))
    async with app.run_test(size=(100, 24)) as pilot:
        again.set_options(OPTIONS)
        await settle(pilot)
        again.take_up(kept)
        await settle(pilot)
        assert again.cursor == cursor and picture(again) == lines
