"""The program is killed, its terminal closes, the line is cut, in the midst of work: it goes on there."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import SLOW, Desk


def stored(folder: Path) -> dict[str, dict[str, str]]:
    """All that is half typed, by what it belongs to."""
    connection = sqlite3.connect(f"file:{folder / 'gjj.db'}?mode=ro", uri=True)
    try:
        rows = connection.execute("select screen, typed from form_draft").fetchall()
    finally:
        connection.close()
    return {screen: json.loads(typed) for screen, typed in rows}


def place_of(folder: Path) -> str:
    """The place as it is stored now, "" for none."""
    return stored(folder).get("@place", {}).get("place", "")


def drafts_of(folder: Path) -> list[str]:
    """The texts that are half typed, the place aside."""
    return [text for name, typed in stored(folder).items() if name != "@place" for text in typed.values()]


def kill(desk: Desk) -> None:
    desk.terminal.process.send_signal(signal.SIGKILL)


def hang_up(desk: Desk) -> None:
    desk.terminal.hang_up()


ENDS = pytest.mark.parametrize("end", [kill, hang_up], ids=["killed", "hung up"])
End = Callable[[Desk], None]


def cut(desk: Desk, end: End, *texts: str) -> None:
    """Wait until the place has what is meant to come back, end the program, and log in again."""
    folder = desk.folder / "data"
    desk.terminal.wait(lambda: all(text in place_of(folder) for text in texts), SLOW, repr(texts))
    end(desk)
    desk.terminal.wait_exit(20)
    desk.site.forget_codes()
    desk.again()
    desk.take_up()


@at("shaanxi")
@ENDS
def test_a_grid_cell(site_of: MakeSite, tmp_path: Path, end: End) -> None:
    site = site_of("shaanxi")
    people = [site.person() for _ in range(3)]
    with Desk(site, tmp_path, site.agent()) as desk:
        desk.log_in()
        desk.open()
        desk.register(people)
        desk.see("总人数 3")
        desk.keys("\x1b[Z<up>" + "欧阳")
        desk.see("行 2/3", "欧阳")
        folder = desk.folder / "data"
        desk.terminal.wait(lambda: "欧阳" in drafts_of(folder), SLOW, "the draft")
        cut(desk, end, '"index": 1')
        desk.see("行 2/3", "欧阳")
        desk.keys("修\r")
        desk.see("欧阳修")


@at("shaanxi")
@pytest.mark.slow
@ENDS
def test_a_find_line(site_of: MakeSite, tmp_path: Path, end: End) -> None:
    site = site_of("shaanxi")
    people = [site.person() for _ in range(4)]
    tail = people[2].id_number[-6:]
    with Desk(site, tmp_path, site.agent()) as desk:
        desk.log_in()
        desk.open()
        desk.register(people)
        desk.see("总人数 4")
        desk.keys(f"\x1b[Z<up><up><up>\x06{tail}")
        desk.see("查找: ", "行 3/4")
        cut(desk, end, f'["find", "{tail}"')
        desk.see("查找: ", tail, "行 3/4")
        desk.keys("\r")
        desk.see("行 3/4  总人数 4")


@at("lyszfgjj")
def test_a_question_and_the_roster_below_it(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    with Desk(site, tmp_path, site.agent()) as desk:
        desk.log_in()
        desk.open()
        desk.register([site.person(), site.person()])
        desk.see("总人数 2")
        desk.keys("<f10>")
        desk.see("总月缴存额")
        cut(desk, kill, '"name": "business:open"')
        desk.see("总人数 2")
        desk.gone("确认提交吗")
        desk.submit(2)


@at("hangzhou")
def test_a_text_in_a_dialog(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("hangzhou")
    agent = site.agent()
    with Desk(site, tmp_path / "agent", agent) as desk:
        desk.log_in()
        desk.open()
        desk.register([site.person()])
        desk.submit(1)
    with Desk(site, tmp_path / "clerk") as desk:
        desk.log_in_clerk()
        desk.keys("1\r")
        desk.see("F9整批不通过")
        desk.keys("<f9>材料不全")
        desk.see("审批意见", "材料不全")
        desk.terminal.wait(lambda: "材料不全" in place_of(desk.folder / "data"), SLOW, "the opinion")
        kill(desk)
        desk.terminal.wait_exit(20)
        desk.again()
        desk.log_in_clerk()
        desk.see("审批意见", "材料不全")
        desk.keys("，请补充\r")
        desk.see("状态  已办结")
        desk.keys("\x10")
        desk.see("意见：材料不全，请补充")


@at("lyszfgjj")
def test_a_cut_line_throws_nobody_out(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    with Desk(site, tmp_path, site.agent()) as desk:
        desk.log_in()
        desk.open()
        desk.keys("欧阳")
        desk.see("[欧阳")
        site.kill()
        desk.see("重连中")
        desk.keys("修\r<f5>")
        desk.see("中心连不上，没有核对", "[欧阳修")
        site.start()
        desk.keys("<f5>")
        desk.gone("中心连不上")
        desk.see("总月缴存额 0.00 元。", "[欧阳修")


@at("lyszfgjj")
def test_leaving_in_order_leaves_no_place(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    with Desk(site, tmp_path, site.agent()) as desk:
        desk.log_in()
        desk.open()
        desk.see("F12返回")
        desk.keys("<f12><f3>y")
        desk.see("已退出系统")
        assert place_of(desk.folder / "data") == ""
        desk.again()
        desk.log_in()
