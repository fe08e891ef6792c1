from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.entry_models import WORDS, Bench, Stage, picture, settle, strike
from tui.listview import ListColumn, ListRow, ListView

OPTIONS = {"1": "办理", "2": "修改", "4": "删除", "5": "查看"}


def rows(count: int) -> list[ListRow]:
    return [ListRow(f"k{n}", (str(n + 1), f"业务{n + 1}")) for n in range(count)]


@asynccontextmanager
async def bench(
    listed: list[ListRow], options: dict[str, str] | None = None
) -> AsyncIterator[tuple[Bench, ListView, Pilot[int]]]:
    view = ListView((ListColumn("编号", 4, "right"), ListColumn("名称", 20)), options=options)
    app = Bench(Stage(view))
    async with app.run_test(size=(80, 24)) as pilot:
        view.set_rows(listed)
        await settle(pilot)
        yield app, view, pilot


async def test_a_menu_opens_by_a_number_of_several_digits() -> None:
    async with bench(rows(30)) as (app, view, pilot):
        strike(app, "12<enter>3<enter>")
        await settle(pilot)
        assert app.stage.requests == [("open", {"key": "k11"}), ("open", {"key": "k2"})]


async def test_a_menu_opens_by_transaction_code_in_any_case_and_width() -> None:
    listed = [
        ListRow("open", ("1", "开户"), codes=("1", "KH01")),
        ListRow("seal", ("2", "封存"), codes=("2", "FC")),
    ]
    async with bench(listed) as (app, view, pilot):
        strike(app, "ｆc")
        assert view.current == "seal"
        assert "选择: FC" in picture(view)[-1]
        strike(app, "<enter>")
        await settle(pilot)
        assert app.stage.requests == [("open", {"key": "seal"})]


async def test_an_unknown_number_beeps_says_so_and_opens_nothing() -> None:
    async with bench(rows(3)) as (app, view, pilot):
        strike(app, "77<enter>")
        await settle(pilot)
        assert app.stage.requests == []
        assert app.bells == 1
        assert "没有编号或交易码 77" in picture(view)[-1]
        strike(app, "7<bs>2<enter>")
        await settle(pilot)
        assert app.stage.requests == [("open", {"key": "k1"})]


async def test_digits_beside_rows_run_together_in_row_order() -> None:
    async with bench(rows(40), OPTIONS) as (app, view, pilot):
        strike(app, "<down><down>4<up>2<pgdn>5<enter>")
        await settle(pilot)
        key = f"k{1 + view.size.height - 2}"
        assert app.stage.requests == [("run_options", {"options": [("k1", "2"), ("k2", "4"), (key, "5")]})]
        assert view.chosen_options == []


async def test_enter_without_digits_opens_the_row_and_escape_takes_a_digit_back() -> None:
    async with bench(rows(3), OPTIONS) as (app, view, pilot):
        strike(app, "4<esc><enter>")
        await settle(pilot)
        assert app.stage.requests == [("open", {"key": "k0"})]


async def test_a_digit_without_meaning_beeps() -> None:
    async with bench(rows(3), OPTIONS) as (app, view, _):
        strike(app, "9")
        assert app.bells == 1
        assert view.chosen_options == []
        assert "没有选项 9" in picture(view)[-1]


async def test_new_rows_keep_cursor_and_digits_by_key() -> None:
    async with bench(rows(5), OPTIONS) as (app, view, _):
        strike(app, "<down><down>4")
        view.set_rows([ListRow("new", ("0", "新")), *rows(5)])
        assert view.current == "k2"
        assert view.chosen_options == [("k2", "4")]
        view.set_rows(rows(2))
        assert view.current == "k1"
        assert view.chosen_options == []


async def test_an_empty_list_says_so_and_beeps() -> None:
    async with bench([], OPTIONS) as (app, view, _):
        assert "没有记录。" in picture(view)[1]
        strike(app, "<enter>1<down>")
        assert app.bells == 3


async def test_hostile_rows_are_drawn_as_tokens_in_exact_width() -> None:
    async with bench([ListRow("a", ("\x1b[2J", "张\u202e" * 9), mark="!")], OPTIONS) as (_, view, __):
        text = "".join(picture(view))
        assert "\x1b" not in text and "\u202e" not in text
        assert all(view.render_line(y).cell_length == 80 for y in range(view.size.height))


async def test_a_row_is_found_by_part_of_a_cell_or_initials_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(WORDS, "<ctrl+f>", "ctrl+f")
    listed = [ListRow(f"k{n}", (str(n), name)) for n, name in enumerate(("开户", "封存", "开户核对"))]
    async with bench(listed, OPTIONS) as (app, view, pilot):
        strike(app, "<ctrl+f>开户")
        assert view.current == "k0" and picture(view)[-1].startswith("查找: 开户")
        strike(app, "<ctrl+f>")
        assert view.current == "k2"
        strike(app, "<enter>5")
        assert view.chosen_options == [("k2", "5")]
        strike(app, "<ctrl+f>fc<esc>")
        assert view.current == "k1" and app.bells == 0
        strike(app, "<ctrl+f>无")
        assert app.bells == 1 and "没有找到“无”" in picture(view)[-1]


async def test_ten_thousand_rows_are_drawn_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a key costs does not grow with the list: no more lines are made than stand on the screen."""
    async with bench(rows(10_000), OPTIONS) as (app, view, pilot):
        drawn: list[int] = []
        line = ListView._line

        def counted(self: ListView, *args: Any) -> str:
            drawn.append(1)
            return line(self, *args)

        monkeypatch.setattr(ListView, "_line", counted)
        strike(app, "<end>5<up>4<pgup>5")
        await settle(pilot)
        assert len(drawn) <= 4 * 24
        assert [digit for _, digit in view.chosen_options] == ["5", "4", "5"]
