"""The one-row widgets: they fit their row, cut whole characters, and say nothing by colour alone."""

from __future__ import annotations

import pytest

from tests.tui import shell_app
from tests.tui.shell_app import First
from tui.bars import STATUS_STYLES, KeyBar, StatusLine, TitleBar, strip_of
from tui.dialog import DialogBox, DialogScreen
from tui.theme import PLAIN


def drawn(app: shell_app.TestingApp, kind: type[TitleBar | StatusLine | KeyBar]) -> str:
    strip = app.screen.query_one(kind).render_line(0)
    assert strip.cell_length == app.size.width
    return strip.text


def test_a_strip_has_exactly_its_cells_and_no_half_character() -> None:
    assert strip_of([("张三丰", PLAIN)], 5, PLAIN).text == "张三 "
    assert strip_of([("ab", PLAIN), ("张", PLAIN), ("c", PLAIN)], 8, PLAIN).text == "ab张c   "
    assert strip_of([], 3, PLAIN).text == "   "


@pytest.mark.parametrize("columns", [80, 120])
async def test_the_title_line_shows_the_banner_as_far_as_it_fits(columns: int) -> None:
    app = shell_app.make()
    async with app.run_test(size=(columns, 24)) as pilot:
        app.banner = "白山市某某有限责任公司 单位账号 220600001234 经办人 张三"
        await pilot.pause()
        text = drawn(app, TitleBar)
        assert text.startswith(" 第一屏 ")
        assert text.rstrip().endswith("张三")
        app.banner = "很长的单位名称" * 20
        await pilot.pause()
        assert drawn(app, TitleBar).endswith(">") or drawn(app, TitleBar).endswith("> ")


async def test_the_status_line_marks_errors_and_never_cuts_the_place() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, First)
        screen.place("行 37/500")
        screen.status("身份证号码校验位不正确，请核对。" * 5, kind="error", beep=True)
        await pilot.pause()
        text = drawn(app, StatusLine)
        assert text.startswith("! 身份证")
        assert text.endswith("行 37/500")
        assert app.beeps == 1
    marks = [mark for mark, _ in STATUS_STYLES.values()]
    assert marks.count("! ") == marks.count("? ") == 1


async def test_a_long_sentence_takes_the_whole_line_and_a_longer_one_stands_in_the_help() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, First)
        screen.place("行 37/500")
        fitting = "身份证号码校验位不正确，请核对。" * 2 + "请按 F8。"
        screen.status(fitting, kind="error")
        assert drawn(app, StatusLine).rstrip() == f"! {fitting}"
        screen.status(fitting * 2, kind="error")
        assert drawn(app, StatusLine).endswith("> 行 37/500")
        await pilot.press("f1")
        await pilot.pause(0.05)
        assert isinstance(app.screen, DialogScreen)
        box = app.screen.query_one(DialogBox)
        lines = [box.render_line(y).text.strip("| ") for y in range(box.size.height)]
        assert (fitting * 2).replace(" ", "") in "".join(lines).replace(" ", "")


async def test_the_key_bar_shows_whole_items_in_the_order_of_the_screen() -> None:
    app = shell_app.make()
    async with app.run_test(size=(80, 24)) as pilot:
        assert drawn(app, KeyBar).rstrip() == "F1帮助 F8校验 F10提交 F12返回"
        app.screen.query_one(KeyBar).show([(f"F{n}", "很长的说明") for n in range(1, 13)])
        await pilot.pause()
        assert drawn(app, KeyBar).rstrip().endswith("很长的说明")


async def test_the_key_bar_follows_the_users_keys() -> None:
    from tui.keymap import Keymap

    app = shell_app.make(Keymap.default().override({"global": {"submit": "f9", "save": "f10"}}))
    async with app.run_test(size=(80, 24)):
        assert "F9提交" in drawn(app, KeyBar)
