from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Self

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from tests.tui.entry_models import Bench, Roster, Stage, picture, settle, strike, typing_over
from tui.grid import Grid
from tui.grid_model import CellResult
from tui.theme import CURSOR

ID_A = "11010519491231002X"


class NotedGrid(Grid):
    """Notes which of its lines are to be drawn again."""

    _noted: ClassVar[set[int]] = set()

    def refresh(self, *regions: Region, **options: Any) -> Self:
        whole = range(self.size.height)
        self._noted.update(*([range(r.y, r.bottom) for r in regions] or [whole]))
        return super().refresh(*regions, **options)

    def refreshed(self) -> set[int]:
        lines = set(self._noted)
        self._noted.clear()
        return lines


@asynccontextmanager
async def bench(
    roster: Roster, size: tuple[int, int] = (100, 24), extra: Iterable[str] = ()
) -> AsyncIterator[tuple[Bench, NotedGrid, Pilot[int]]]:
    grid = NotedGrid(roster)
    app = Bench(Stage(grid, extra=extra))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, grid, pilot


async def test_a_row_is_typed_with_enter_alone_and_the_next_row_opens() -> None:
    roster = Roster()
    async with bench(roster) as (app, grid, _):
        strike(app, f"<enter>张三<enter>{ID_A}<enter>8000<enter>12<enter>01<enter><enter>李四")
        assert grid.cursor == (1, "name")
        assert grid.draft == (1, "name", "李四")
    assert roster.rows[0]["name"] == "张三"
    assert roster.rows[0]["id_number"] == ID_A
    assert roster.rows[0]["base"] == "8000"
    assert roster.rows[0]["deposit"] == "1920.00"
    assert roster.rows[0]["kind"] == "01"
    assert ("row", 0) in roster.calls
    assert app.bells == 0


def _people(count: int) -> list[list[str]]:
    return [[f"人{n}", ID_A, str(5000 + n), "12", "01", "", ""] for n in range(count)]


async def test_typing_into_an_empty_roster_opens_its_first_row() -> None:
    roster = Roster()
    async with bench(roster) as (app, grid, _):
        strike(app, "张<enter>1<enter>")
        assert grid.cursor == (0, "base")
    assert (roster.rows[0]["name"], roster.rows[0]["id_number"]) == ("张", "1")


async def test_the_cursor_of_a_grid_without_focus_is_not_the_cursor_of_the_screen() -> None:
    async with bench(Roster(_people(2))) as (app, grid, pilot):
        assert any(segment.style == CURSOR for segment in grid.render_line(1))
        app.stage.set_focus(None)
        await settle(pilot)
        assert not any(segment.style == CURSOR for segment in grid.render_line(1))


async def test_typing_overwrites_and_f2_edits_in_place() -> None:
    roster = Roster(_people(2))
    async with bench(roster) as (app, grid, _):
        strike(app, "王五<enter>")
        assert roster.rows[0]["name"] == "王五"
        strike(app, "<left><f2><left>小<enter>")
        assert roster.rows[0]["name"] == "王小五"
        strike(app, "<left><f2><home><del>李<end><bs><down>")
        assert roster.rows[0]["name"] == "李小"
        assert grid.cursor == (1, "name")


async def test_arrows_accept_what_was_typed_over() -> None:
    roster = Roster(_people(3))
    async with bench(roster) as (app, grid, _):
        strike(app, "甲<down>乙<right>")
        assert [row["name"] for row in roster.rows] == ["甲", "乙", "人2"]
        assert grid.cursor == (1, "id_number")


async def test_escape_takes_back_the_cell_and_is_harmless_otherwise() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, _):
        strike(app, "错<esc>")
        assert roster.rows[0]["name"] == "人0"
        assert grid.draft is None
        strike(app, "<esc><esc>")
        assert (roster.calls, app.bells) == ([], 0)


async def test_f12_takes_back_the_edit_first_and_leaves_then() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, _, pilot):
        strike(app, "错<f12>")
        await settle(pilot)
        assert app.stage.requests == []
        strike(app, "<f12>")
        await settle(pilot)
        assert [action for action, _ in app.stage.requests] == ["back"]
        assert roster.calls == []


async def test_plus_goes_down_the_column_and_stays_text_in_a_name() -> None:
    roster = Roster(_people(3))
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "base")
        strike(app, "6000+7000+8000+")
        assert [row["base"] for row in roster.rows] == ["6000", "7000", "8000"]
        assert grid.cursor == (2, "base")
        assert app.bells == 1
        grid.goto(0, "name")
        strike(app, "a+b*c-d<enter>")
        assert roster.rows[0]["name"] == "a+b*c-d"


async def test_star_and_ctrl_d_repeat_the_value_above() -> None:
    roster = Roster(_people(2))
    async with bench(roster) as (app, grid, _):
        grid.goto(1, "base")
        strike(app, "99*")
        assert roster.rows[1]["base"] == "5000"
        assert grid.cursor == (1, "ratio")
        grid.goto(1, "name")
        strike(app, "x<dup>")
        assert roster.rows[1]["name"] == "人0"
        grid.goto(0, "base")
        strike(app, "*")
        assert app.bells == 1
        assert roster.rows[0]["base"] == "5000"


async def test_point_is_the_check_letter_in_an_id_column_only() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "id_number")
        strike(app, "11010519491231002.<enter>80.5<enter>")
        assert roster.rows[0]["id_number"] == "11010519491231002X"
        assert roster.rows[0]["base"] == "80.5"


async def test_minus_enters_a_negative_amount_in_signed_columns_only() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "base")
        strike(app, "50-")
        assert grid.draft == (0, "base", "50")
        assert app.bells == 1
        strike(app, "<esc>")
        grid.goto(0, "adjust")
        strike(app, "50-")
        assert roster.rows[0]["adjust"] == "-50"


async def test_full_width_keys_become_half_width_in_number_columns_only() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "base")
        strike(app, "１２．５")
        assert grid.draft == (0, "base", "12.5")
        assert "全角字符已改为半角" in picture(grid)[-1]
        strike(app, "<esc>")
        grid.goto(0, "id_number")
        strike(app, "１１。<enter>")
        assert roster.rows[0]["id_number"] == "11X"
        grid.goto(0, "name")
        strike(app, "Ａ１<enter>")
        assert roster.rows[0]["name"] == "Ａ１"


async def test_a_paste_is_never_made_half_width() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "id_number")
        grid.process_paste("１１０１\r")
        strike(app, "<enter>")
        assert roster.rows[0]["id_number"] == "１１０１"


async def test_pasted_rows_go_to_the_screen_and_keys_wait_behind_them() -> None:
    roster = Roster(_people(2))
    async with bench(roster) as (app, grid, pilot):
        grid.process_paste("甲\t1\r乙\t2\r")
        strike(app, "丙")
        assert grid.draft is None
        await settle(pilot)
        action, payload = app.stage.requests[0]
        assert (action, payload["text"], payload["index"]) == ("paste", "甲\t1\r乙\t2\r", 0)
        assert grid.draft == (0, "name", "丙")


async def test_rows_are_pasted_where_none_can_be_edited_and_not_over_a_refused_cell() -> None:
    async with bench(Roster(_people(2), editable=False)) as (app, grid, pilot):
        grid.process_paste("甲\r乙\r")
        await settle(pilot)
        assert [(action, payload["text"]) for action, payload in app.stage.requests] == [
            ("paste", "甲\r乙\r")
        ]
    roster = Roster(_people(2))
    roster.refuse_cell = lambda column, text: CellResult(False, "不行。") if text == "坏" else None
    async with bench(roster) as (app, grid, pilot):
        strike(app, "坏")
        grid.process_paste("甲\r乙\r")
        await settle(pilot)
        assert (app.stage.requests, app.bells, grid.draft) == ([], 1, (0, "name", "坏"))


async def test_a_refused_cell_keeps_the_text_under_edit_and_beeps() -> None:
    roster = Roster(_people(2))
    roster.refuse_cell = lambda column, text: CellResult(False, "基数超限。") if text == "1" else None
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "base")
        for keys in ("1<enter>", "<tab>", "<down>", "<pgdn>", "<f8>", "+", "<ins>"):
            strike(app, keys)
            assert grid.draft == (0, "base", "1"), keys
        assert app.bells == 7
        assert "! 基数超限。" in picture(grid)[-1]
        assert app.stage.requests == []


async def test_a_clamped_value_is_shown_as_stored_with_its_message() -> None:
    roster = Roster(_people(1))
    roster.refuse_cell = lambda column, text: CellResult(True, "已改为下限。", True, "2690.00")
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "base")
        strike(app, "1<enter>")
        assert grid.cursor == (0, "ratio")
        assert app.bells == 1
        assert "2690.00" in picture(grid)[1]
        assert "已改为下限。" in picture(grid)[-1]


async def test_a_refused_row_sends_the_cursor_to_its_fault_and_opens_no_next_row() -> None:
    roster = Roster(_people(1))
    roster.refuse_row = lambda index: CellResult(False, "证件号码有误。")
    roster.findings[(0, "id_number")] = "校验位不符。"
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "adjust")
        strike(app, "1<enter>")
        assert grid.cursor == (0, "id_number")
        assert len(roster.rows) == 1
        assert app.bells == 1


async def test_leaving_a_typed_row_checks_it_once_and_an_untouched_row_never() -> None:
    roster = Roster(_people(30))
    async with bench(roster) as (app, _, _p):
        strike(app, "<down><down><pgdn><up>")
        assert roster.calls == []
        strike(app, "甲<down><up><down>")
        rows = [call for call in roster.calls if call[0] == "row"]
        assert len(rows) == 1


async def test_rows_are_added_and_inserted() -> None:
    roster = Roster(_people(2))
    async with bench(roster) as (app, grid, _):
        strike(app, "<down><ins>")
        assert grid.cursor == (1, "name")
        strike(app, "插<f6>")
        assert grid.cursor == (3, "name")
        strike(app, "末<enter>")
        assert [row["name"] for row in roster.rows] == ["人0", "插", "人1", "末"]


async def test_delete_clears_the_cell_and_the_screen_deletes_rows() -> None:
    roster = Roster(_people(3))
    async with bench(roster) as (app, grid, _):
        strike(app, "<del>")
        assert roster.rows[0]["name"] == ""
        strike(app, " <down> ")
        assert roster.selected_ids() == [1, 2]
        assert grid.delete(roster.selected_ids())
        assert [row["name"] for row in roster.rows] == ["人2"]
        assert grid.cursor == (0, "name")


async def test_blank_ticks_the_row_and_is_text_while_editing() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, _):
        strike(app, " ")
        assert roster.selected_ids() == [1]
        assert picture(grid)[1].startswith("x")
        strike(app, " ")
        assert roster.selected_ids() == []
        strike(app, "Li Si<enter>")
        assert roster.rows[0]["name"] == "Li Si"


async def test_computed_cells_follow_the_typing() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "base")
        strike(app, "9000")
        assert "2160.00" not in picture(grid)[1], "three numbers for every digit are too many bytes"
        await typing_over(grid)
        assert "2160.00" in picture(grid)[1]
        assert roster.rows[0]["deposit"] == ""
        strike(app, "<esc>")
        assert "2160.00" not in picture(grid)[1]


async def test_choices_take_initials_and_keep_what_fits_none() -> None:
    roster = Roster(_people(2))
    async with bench(roster) as (app, grid, _):
        grid.goto(0, "kind")
        strike(app, "hz<enter>")
        assert roster.rows[0]["kind"] == "03"
        grid.goto(1, "kind")
        strike(app, "猫<enter>")
        assert roster.rows[1]["kind"] == "猫"


async def test_a_read_only_grid_opens_rows_and_takes_no_text() -> None:
    roster = Roster(_people(3), editable=False)
    async with bench(roster) as (app, grid, pilot):
        strike(app, "x<del><f2><f6><ins>*")
        assert roster.calls == []
        assert app.bells == 6
        strike(app, "<down><enter><down>")
        assert grid.cursor == (1, "name")
        await settle(pilot)
        assert app.stage.requests == [("open", {"index": 1, "row_id": 2})]
        assert grid.cursor == (2, "name")


async def test_screen_actions_come_after_the_cell_is_accepted_with_the_cell_as_payload() -> None:
    roster = Roster(_people(1))
    async with bench(roster) as (app, grid, pilot):
        strike(app, "新<f10>老<enter>")
        await settle(pilot)
        action, payload = app.stage.requests[0]
        assert action == "submit"
        assert payload == {"index": 0, "row_id": 1, "column": "name", "text": "新"}
        assert roster.rows[0]["name"] == "老"


async def test_next_error_is_reached_and_explained() -> None:
    roster = Roster(_people(40))
    roster.findings = {(3, "base"): "基数低于下限。", (35, "name"): "姓名为空。"}
    async with bench(roster) as (_, grid, _p):
        assert grid.goto_next_error()
        assert grid.cursor == (3, "base")
        assert "基数低于下限。" in picture(grid)[-1]
        assert grid.goto_next_error()
        assert grid.cursor == (35, "name")
        assert grid.goto_next_error()
        assert grid.cursor == (3, "base")


async def test_a_large_roster_is_asked_for_by_windows() -> None:
    roster = Roster(_people(3000))
    async with bench(roster) as (app, grid, _):
        strike(app, "<bottom>")
        assert grid.cursor[0] == 2999
        picture(grid)
        strike(app, "<top><pgdn><pgdn><up>")
        picture(grid)
        assert max(count for _, count in roster.windows) <= 60
        assert f"行 {2 * grid.page}/3000" in picture(grid)[-1]


async def test_columns_wider_than_the_screen_scroll_under_the_frozen_ones() -> None:
    roster = Roster([["张三", ID_A, "5000", "12", "01", "7", "1"]])
    async with bench(roster, size=(80, 24)) as (app, grid, _):
        assert picture(grid)[0].rstrip().endswith(">")
        strike(app, "<end>")
        lines = picture(grid)
        assert lines[1][3:7].startswith("张三")
        assert "月缴存额" in lines[0]
        assert lines[0].startswith("  <")
        strike(app, "<home>")
        assert "证件号码" in picture(grid)[0]


async def test_wide_characters_are_never_split() -> None:
    roster = Roster([["欧阳诸葛慕容司马上官", ID_A, "1", "", "", "", ""]])
    async with bench(roster) as (app, grid, _):
        for keys in ("", "<f2>", "<left>", "<left>", "<home>"):
            strike(app, keys)
            for y in range(grid.size.height):
                assert grid.render_line(y).cell_length == grid.size.width


async def test_hostile_cells_are_drawn_as_tokens() -> None:
    roster = Roster([["\x1b]0;x\x07张\u202e", "[bold]x", "\x9b31m", "", "", "", ""]])
    async with bench(roster) as (app, grid, _):
        strike(app, "<f2>")
        text = "".join(picture(grid))
        assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text and "\x9b" not in text
        assert "[bold]x" in text


async def test_the_caret_is_told_for_the_input_method() -> None:
    roster = Roster(_people(3))
    async with bench(roster) as (app, grid, _):
        assert grid.caret() == (3, 1)
        strike(app, "<down>张三")
        assert grid.caret() == (7, 2)
        strike(app, "<esc><right>")
        assert grid.caret() == (16, 2)


async def test_draft_and_place_can_be_restored() -> None:
    roster = Roster(_people(50))
    async with bench(roster) as (app, grid, _):
        grid.resume(40, "base", "12")
        assert grid.draft == (40, "base", "12")
        strike(app, "34<enter>")
        assert roster.rows[40]["base"] == "1234"


async def test_reload_keeps_the_row_under_the_cursor() -> None:
    roster = Roster(_people(10))
    async with bench(roster) as (_, grid, _p):
        grid.goto(5, "base")
        roster.new_row(0)
        grid.reload()
        assert grid.cursor == (6, "base")
        del roster.rows[2:], roster.ids[2:]
        grid.reload()
        assert grid.cursor == (1, "base")


async def test_edges_are_offered_to_the_screen() -> None:
    roster = Roster(_people(1))
    async with bench(roster, extra=("up",)) as (app, _, pilot):
        strike(app, "<up>")
        await settle(pilot)
        assert [action for action, _ in app.stage.requests] == ["up"]


@pytest.mark.parametrize("keys", ["8000+", "8000<enter>", "8000<tab>", "8000<down>"])
async def test_one_keystroke_changes_few_lines(keys: str) -> None:
    roster = Roster(_people(1000))
    async with bench(roster) as (app, grid, pilot):
        grid.goto(3, "base")
        await settle(pilot)
        grid.refreshed()
        for key in ("8", "0"):
            strike(app, key)
            assert grid.refreshed() <= {4}
        strike(app, keys.removeprefix("80"))
        assert grid.refreshed() <= {4, 5, grid.size.height - 1}


async def test_keys_on_a_grid_that_could_not_be_opened_do_no_harm() -> None:
    roster = Roster(editable=False)
    roster.columns = ()
    async with bench(roster) as (app, grid, pilot):
        strike(app, "<enter>5<down><right><f1>x")
        await settle(pilot)
        assert grid.snapshot() == {"index": 0, "row_id": None, "column": "", "text": ""}
