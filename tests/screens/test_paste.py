"""Rows copied in a spreadsheet into the roster: preview, one step, the center's own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pytest
from textual import events

from domain.login_form import PROFILE_NAMES
from tests.screens.conftest import MakePlace
from tests.screens.test_import import deliver, rows_of, take
from tests.screens.test_submit import confirm
from tests.support.workbooks import table_of
from tests.support.workplace import Desk, Workplace, running
from tui.grid import Grid

ALL = list(PROFILE_NAMES)


def copied(place: Workplace, rows: Sequence[Mapping[str, str]], *, header: bool = False) -> str:
    """Rows of the center's template as a terminal pastes them."""
    table = table_of(place._business(), rows)
    return "".join("\t".join(cells) + "\r" for cells in (table if header else table[1:]))


async def paste(desk: Desk, text: str) -> None:
    """Paste and wait for the effect."""
    desk.app._take(events.Paste(text))
    await desk.settle()


def module(profile: str) -> str:
    """The module that takes files."""
    return "batch:open" if profile == "hangzhou" else "business:open"


def source(profile: str) -> Literal["single", "file"]:
    """The roster that takes files."""
    return "file" if profile == "hangzhou" else "single"


@pytest.mark.parametrize("profile", ALL)
async def test_pasted_rows_make_the_roster_a_file_makes(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    rows, kind = rows_of(place, 3), source(profile)
    header = profile in ("baishan", "hangzhou")
    deliver(place, rows)
    async with running(place) as desk:
        await desk.open(module(profile))
        await paste(desk, copied(place, rows, header=header))
        picture = desk.picture()
        assert desk.title == "粘贴预览" and "粘贴 3 行 x " in picture and "没有错误" in picture
        assert ("按列名对应：姓名" if header else "按模板次序对应：") in picture
        assert rows[0]["name"] in picture and place.rows(kind) == []
        await desk.press("\r")
        assert "粘贴成功 3 条：总人数 3" in desk.status
        pasted = place.rows(kind)
        store = place.state.rosters()
        store.clear(store.open_draft(place.state.scope(), "open", kind).roster_id)
        await take(desk, place)
        filed = place.rows(kind)
    same = [(row.typed, row.checked, row.findings, row.amount, row.source) for row in filed]
    assert len(same) == 3
    assert [(row.typed, row.checked, row.findings, row.amount, row.source) for row in pasted] == same
    assert [row.sheet_row for row in pasted] == ([2, 3, 4] if header else [1, 2, 3])


@pytest.mark.parametrize("profile", ALL)
async def test_the_center_takes_what_the_preview_called_clean(make_place: MakePlace, profile: str) -> None:
    place = make_place(profile)
    async with running(place) as desk:
        await desk.open("business:open")
        desk.app._take(events.Paste(copied(place, rows_of(place, 2))))
        await desk.press("\r")
        assert "粘贴成功 2 条" in desk.status
        kind = "single" if profile == "hangzhou" else "file"
        assert {row.source for row in place.rows()} == {kind}
        await desk.press("<f8>")
        assert "没有错误" in desk.status
        await confirm(desk, place)
        await desk.see("业务流水号")
        assert "2 人" in desk.picture()


async def test_rows_and_keys_in_one_burst_keep_their_order(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    rows = rows_of(place, 2000)
    async with running(place) as desk:
        await desk.open("business:open")
        desk.app._take(events.Paste(copied(place, rows)))
        desk.strike("\r王五\r")
        await desk.settle()
        assert "粘贴成功 2000 条：总人数 2000" in desk.status
        assert [row.typed["id_number"] for row in place.rows()] == [row["id_number"] for row in rows]
        assert "[王五        ]" in desk.picture()


async def test_paste_check_submit_in_six_keys(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        desk.app._take(events.Paste(copied(place, rows_of(place, 5))))
        desk.strike("\r<f8><f10>y")
        await desk.see("业务流水号")
        await desk.see("5 人")


async def test_a_failed_paste_takes_the_keys_behind_it(make_place: MakePlace) -> None:
    """Keys struck ahead must not submit a roster that lacks the rows."""
    place = make_place("shaanxi")
    someone = place.office.people(1)[0]
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.fill(place.typed(someone))
        desk.app._take(events.Paste("张三\t李四\r王五\t赵六\t1\t2\t3\t4\t5\t6\r"))
        desk.strike("\r<f8><f10>y")
        await desk.settle()
        assert desk.title == "粘贴预览" and "模板只有 6 列" in desk.picture()
        assert place.wire.sent("PUT") == [] and len(place.rows()) == 1
        await desk.press("<f12>")
        assert desk.title != "粘贴预览" and "清册没有改动" in desk.status


async def test_faulty_rows_stand_first_with_place_and_reason(make_place: MakePlace) -> None:
    place = make_place("baishan")
    rows = rows_of(place, 30)
    rows[20]["id_number"] = "1.10105E+17"
    rows[25]["base"] = "八千"
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, copied(place, rows))
        picture = desk.picture()
        assert "粘贴 30 行 x 5 列，2 行有误" in picture and "1 行有读不出的单元格，不会追加" in picture
        assert "第21行第3列" in picture and "请把该列设为文本" in picture
        assert {"追加", "下一处错", "只追加正确行", "放弃"} <= desk.key_bar.keys()
        await desk.press("<f8>")
        assert "第26行第5列" in desk.picture() and "不是金额" in desk.picture()
        await desk.press("<f8>")
        assert "第21行第3列" in desk.picture()
        await desk.press("<f12>")
        assert place.rows() == [] and "清册没有改动" in desk.status
        await paste(desk, copied(place, rows))
        await desk.press("\r")
        assert "粘贴成功 29 条（另 1 行没有追加）" in desk.status
        assert [row.sheet_row for row in place.rows() if row.bad] == [26]
        await desk.press("<f8>")
        assert "共 1 条记录有错误" in desk.status


async def test_only_good_rows_on_demand(make_place: MakePlace) -> None:
    place = make_place("shanxi")
    rows = rows_of(place, 3)
    rows[1]["name"] = "张3"
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, copied(place, rows, header=True))
        await desk.press("<f10>")
        assert [row.sheet_row for row in place.rows()] == [2, 4]


async def test_one_error_refuses_the_whole_paste_where_the_center_says_so(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    rows = rows_of(place, 3)
    rows[1] |= {"name": "张3", "base": "0"}
    async with running(place) as desk:
        await desk.open("batch:open")
        await paste(desk, copied(place, rows))
        assert "第2行第1列" in desk.status and "1 行有误" in desk.picture()
        assert "追加" not in desk.key_bar
        await desk.press("\r<f10>")
        assert desk.title == "粘贴预览" and place.rows("file") == []
        await desk.press("<f12>")
        await paste(desk, copied(place, [rows[0]]))
        await desk.press("\r")
        await paste(desk, copied(place, [rows[2]]))
        await desk.press("\r")
        assert "重新粘贴吗" in desk.picture()
        await desk.press("y")
        assert [row.typed["name"] for row in place.rows("file")] == [rows[2]["name"]]


async def test_in_the_single_module_pasted_rows_count_as_typed(make_place: MakePlace) -> None:
    place = make_place("hangzhou")
    rows = rows_of(place, 2)
    text = "".join(f"{row['name']}\t{row['id_number']}\t100\r" for row in rows)
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, text)
        assert "没有错误" in desk.picture()
        await desk.press("\r")
        assert [(row.source, row.checked["base"]) for row in place.rows()] == [("single", "2660.00")] * 2


async def test_the_ratio_is_asked_for_once_where_there_are_several(make_place: MakePlace) -> None:
    place = make_place("baishan", ratios="[[1200,1200],[800,800]]")
    rows = rows_of(place, 2)
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, copied(place, rows[:1]))
        assert "选择缴存比例" in desk.picture()
        await desk.press("<f12>")
        assert place.rows() == [] and "清册没有改动" in desk.status
        await paste(desk, copied(place, rows[:1]))
        await desk.press("2\r\r")
        assert place.rows()[0].checked["unit_ratio"] == "8"
        await paste(desk, copied(place, rows[1:]))
        assert desk.title == "粘贴预览"
        await desk.press("\r")
        assert [row.checked["unit_ratio"] for row in place.rows()] == ["8", "8"]


async def test_a_single_cell_stays_in_its_field(make_place: MakePlace) -> None:
    place = make_place("baishan")
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, "张三\r")
        assert "[张三        ]" in desk.picture() and desk.title != "粘贴预览"
        await paste(desk, "张三\t李四")
        assert desk.title == "粘贴预览"


async def test_rows_may_be_pasted_on_the_grid_that_cannot_be_edited(make_place: MakePlace) -> None:
    place = make_place("shanxi")
    async with running(place) as desk:
        await desk.open("business:open")
        desk.app.screen.set_focus(desk.app.screen.query_one(Grid))
        await paste(desk, copied(place, rows_of(place, 2)))
        await desk.press("\r")
        assert len(place.rows()) == 2 and desk.app.screen.focused is desk.app.screen.query_one(Grid)


async def test_one_column_goes_down_from_the_cursor(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    rows = rows_of(place, 4)
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, copied(place, rows))
        await desk.press("\r")
        grid = desk.app.screen.query_one(Grid)
        desk.app.screen.set_focus(grid)
        assert grid.goto(1, "base")
        await paste(desk, "缴存基数\r9,000\r零\r7000\r")
        picture = desk.picture()
        assert "粘贴 3 行到“缴存基数”栏，从第 2 条起，1 行有误" in picture and "改写" in desk.key_bar
        assert [row.typed["base"] for row in place.rows()] == [row["base"] for row in rows]
        await desk.press("\r")
        assert [row.typed["base"] for row in place.rows()] == [rows[0]["base"], "9,000", "零", "7000"]
        assert [row.bad for row in place.rows()] == [False, False, True, False]
        assert place.rows()[1].checked["base"] == "9000.00" and "改写了 3 条" in desk.status
        await paste(desk, "1\r2\r3\r4\r5\r")
        assert "从光标起清册只有 3 行" in desk.picture()
        await desk.press("\r<f12>")
        assert grid.goto(0, "total_amount")
        await paste(desk, "1\r2\r")
        assert "是计算栏，不能粘贴" in desk.picture()


async def test_one_column_goes_down_the_rows_as_they_are_shown(make_place: MakePlace) -> None:
    place = make_place("shaanxi")
    rows = rows_of(place, 3)
    for row, base in zip(rows, ("9000", "7000", "8000"), strict=True):
        row["base"] = base
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, copied(place, rows))
        await desk.press("\r")
        grid = desk.app.screen.query_one(Grid)
        desk.app.screen.set_focus(grid)
        assert grid.goto(0, "base")
        await desk.press("<ctrl+o><ctrl+home>")
        await paste(desk, "7100\r8100\r")
        await desk.press("\r")
        assert [row.typed["base"] for row in place.rows()] == ["9000", "7100", "8100"]


async def test_the_pad_takes_what_a_terminal_does_not_mark(make_place: MakePlace) -> None:
    place = make_place("lyszfgjj")
    rows = rows_of(place, 3)
    async with running(place) as desk:
        await desk.open("business:open")
        await desk.press("<f7>3\r")
        assert desk.title == "粘贴板"
        desk.strike(copied(place, rows, header=True))
        await desk.settle()
        assert "已收到 4 行" in desk.picture() and rows[2]["id_number"] in desk.picture()
        await desk.press("<f12>")
        assert "有 4 行还没有读取，确认放弃吗" in desk.picture()
        await desk.press("n")
        assert desk.title == "粘贴板"
        await desk.press("<f10>")
        assert desk.title == "粘贴预览" and "粘贴 3 行 x 12 列，没有错误" in desk.picture()
        await desk.press("\r")
        assert [row.typed for row in place.rows()] == rows
        await desk.press("<f7>3\r<f10>")
        assert "粘贴板还是空的" in desk.status
        await desk.press("<f12>")
        assert desk.title == "缴存人登记"
        await desk.press("<f7>3\rab<f12>y")
        assert desk.title == "缴存人登记" and len(place.rows()) == 3


async def test_hostile_cells_are_drawn_as_marks(make_place: MakePlace) -> None:
    place = make_place("baishan")
    rows = rows_of(place, 2)
    rows[0]["name"] = "张\x1b[2J\x1b]0;x\x07三\u202e"
    async with running(place) as desk:
        await desk.open("business:open")
        await paste(desk, copied(place, rows))
        picture = desk.picture()
        assert "1 行有误" in picture
        assert not any(sign in picture for sign in "\x1b\x07\u202e")
