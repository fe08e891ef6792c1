"""Printing beside the terminal, with the keyboard alone: a test page once, then the job byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

from exports.print_log import PrintLog
from exports.print_terminal import OFF, ON
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk

pytestmark = at("baishan")


def jobs(desk: Desk) -> list[bytes]:
    """What the terminal has handed to its printer."""
    return [part.split(OFF)[0] for part in desk.terminal.raw.split(ON)[1:]]


def beside(desk: Desk) -> None:
    """Choose the printer beside the terminal, from the screen with an answer."""
    desk.keys("\x10")
    desk.see("终端直通打印", "打印记录")
    found = re.search(r"(\d+) 终端直通打印", desk.text)
    assert found is not None
    desk.keys(f"{found[1]}\r")


def test_a_test_page_is_read_off_the_paper_before_anything_is_printed(
    site_of: MakeSite, tmp_path: Path
) -> None:
    site = site_of("baishan")
    with Desk(site, tmp_path, site.agent(), env={"SSH_CONNECTION": "10.0.0.5 50000 10.0.0.1 22"}) as desk:
        desk.log_in()
        desk.open("unit_account")
        desk.see("期末余额", "查到 1 条")
        beside(desk)
        desk.see("打印测试页", "PuTTY")
        desk.keys("p")
        desk.see("请输入纸上的测试码")
        [page] = jobs(desk)
        code = re.search("测试码：(\\d{4})", page.decode("gb18030"))
        assert code is not None
        desk.keys("0000\r")
        desk.see("测试码不对")
        beside(desk)
        desk.see("打印测试页")
        desk.keys("p")
        desk.see("请输入纸上的测试码")
        again = re.search("测试码：(\\d{4})", jobs(desk)[1].decode("gb18030"))
        assert again is not None
        desk.keys(f"{again[1]}\r")
        desk.see("份数")
        desk.keys("\r")
        desk.see("已送到终端的打印机")
        job = jobs(desk)[2]
        assert job.startswith(b"\x1b@\x1c&") and b"\f" in job[-2:] and b"\r\r" not in job
        assert "单位未分配金额".encode("gb18030") in job
        desk.see("期末余额", "F12返回")
        desk.again()
        desk.take_up()
        beside(desk)
        desk.see("份数")
        desk.keys("2\r")
        desk.see("已送到终端的打印机", "2 份")
        assert jobs(desk) == [job * 2]
    [first, second] = PrintLog(tmp_path / "data").entries()
    assert (first.sink, first.copies, second.copies) == ("terminal", 1, 2) and first.sha256 == second.sha256
    elsewhere = Desk(site, tmp_path, desk.agent, env={"SSH_CONNECTION": "10.0.0.6 50000 10.0.0.1 22"})
    with elsewhere:
        elsewhere.take_up()
        beside(elsewhere)
        elsewhere.see("打印测试页", "PuTTY")
        assert jobs(elsewhere) == []
