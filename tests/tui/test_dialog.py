"""Dialogs: drawn in cells, answered by keys, never confirmed by the key that opened them."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.tui import shell_app
from tests.tui.gallery import Gallery
from tests.tui.shell_app import LOG, Line, TestingApp
from tests.tui.test_keys import settle, strike
from tui.dialog import DialogBox, DialogScreen


async def until_dialog(pilot: Pilot[int], app: TestingApp) -> DialogBox:
    for _ in range(200):
        await pilot.pause(0.01)
        if isinstance(app.screen, DialogScreen) and not app.gate.closed:
            await pilot.pause()
            return app.screen.query_one(DialogBox)
    raise AssertionError("no dialog")


def lines_of(box: DialogBox) -> list[str]:
    lines = [box.render_line(y) for y in range(box.size.height)]
    assert {line.cell_length for line in lines} == {box.size.width}
    return [line.text for line in lines]


async def test_a_question_is_drawn_in_plain_ascii_around_its_text() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        strike(app, "128")
        await pilot.press("f10")
        lines = lines_of(await until_dialog(pilot, app))
        assert lines[0].startswith("+- 提交 ---") and lines[-1].startswith("+---")
        assert lines[1].startswith("| 提交 128，确认吗？")
        assert "Y 是" in lines[-2] and "N 否" in lines[-2]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["y"], "y"),
        (["n"], "n"),
        (["Y"], "y"),
        (["enter"], "y"),
        (["right", "enter"], "n"),
        (["tab", "tab", "enter"], "y"),
        (["f12"], ""),
        (["escape"], ""),
        (["f10", "f10", "x", "n"], "n"),
    ],
)
async def test_ways_to_answer(keys: list[str], answer: str) -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f10", *keys)
        await settle(pilot, app, 2)
    assert LOG[-1] == f"submit  {answer}"


async def test_the_key_that_opened_a_question_does_not_answer_it() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        app.keymap = app.keymap.override({"global": {"submit": "enter", "accept": "f10"}})
        await pilot.press("enter", "enter", "enter", "enter")
        box = await until_dialog(pilot, app)
        assert box.is_attached and LOG == ["open 第一屏"]
        await pilot.press("f10")
        await settle(pilot, app, 2)
    assert LOG[-1] == "submit  y"
    assert app.beeps == 3


async def test_long_text_scrolls_inside_the_screen() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        strike(app, "t\r")
        box = await until_dialog(pilot, app)
        first = lines_of(box)
        assert box.size.height <= 20
        assert "PgUp PgDn" in first[-1]
        assert all(cell_len(line) == box.size.width for line in first)
        await pilot.press("pagedown")
        assert lines_of(box)[1] != first[1]
        await pilot.press("end")
        assert "第 11 段" in "".join(lines_of(box)) or "住房公积金" in lines_of(box)[-4]
        await pilot.press("home")
        assert lines_of(box) == first
        await pilot.press("enter")
        await settle(pilot, app, 2)
        assert isinstance(app.focused, Line)


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["enter"], "0"),
        (["down", "down", "enter"], "2"),
        (["3", "7", "enter"], "36"),
        (["3", "9", "up", "enter"], "37"),
        (["9", "5", "enter"], "4"),
        (["end", "enter"], "39"),
        (["pagedown", "home", "enter"], "0"),
        (["f12"], "None"),
    ],
)
async def test_choosing_a_row(keys: list[str], index: str) -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        strike(app, "c\r")
        await pilot.press(*keys)
        await settle(pilot, app, 3)
    assert LOG[-1] == f"chose {index}"


async def test_the_chosen_row_is_always_in_view() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        strike(app, "c\r")
        box = await until_dialog(pilot, app)
        await pilot.press("2", "5")
        assert any("25 第 25 行" in line for line in lines_of(box))


async def test_dialog_screens_are_used_again() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        for count in range(3):
            await pilot.press("f10", "n")
            await settle(pilot, app, 2 + count)
        assert app.dialogs._made == 1
        assert len(app.screen_stack) == 1


async def test_f1_tells_about_the_field_and_again_about_the_screen() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 36)) as pilot:
        await pilot.press("f1")
        assert "这一栏可以输入任意文字。" in "".join(lines_of(await until_dialog(pilot, app)))
        await pilot.press("f1")
        await pilot.pause(0.1)
        text = "\n".join(lines_of(await until_dialog(pilot, app)))
        assert "这是整个画面的说明。" in text
        assert "F10" in text and "Ctrl+G" in text
        await pilot.press("f12")
        await settle(pilot, app, 1)
        assert len(app.screen_stack) == 1


async def test_a_dialog_fits_itself_into_a_smaller_window() -> None:
    app = Gallery()
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.press("f9")
        await pilot.pause()
        assert "第 12 条" in shown(app) and "确定" in shown(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "第 12 条" not in shown(app) and "确定" in shown(app) and "PgUp PgDn" in shown(app)
        await pilot.press("end")
        assert "第 12 条" in shown(app)
        await pilot.resize_terminal(120, 50)
        await pilot.pause()
        assert "第 1 条" in shown(app) and "第 12 条" in shown(app)


def shown(app: Gallery) -> str:
    """The screen as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)
