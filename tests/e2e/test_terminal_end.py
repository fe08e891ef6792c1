"""The program is told to end while a dialog stands open: it ends all the same and keeps what was typed."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk

pytestmark = at("baishan")


def end(desk: Desk) -> None:
    """SIGTERM: the program ends in order, whatever waits for an answer."""
    os.kill(desk.terminal.pid, signal.SIGTERM)
    assert desk.terminal.wait_exit(20) == 0


def test_an_open_dialog_holds_up_no_end_and_loses_nothing(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("baishan")
    agent = site.agent()
    with Desk(site, tmp_path, agent) as desk:
        desk.fill_login()
        desk.see("UKey PIN: [")
        limits = Path(f"/proc/{desk.terminal.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), "a PIN could be left in a core file"
        end(desk)
        desk.again()
        desk.log_in()
        desk.open()
        desk.register([site.person()])
        desk.see("录入成功")
        desk.keys("欧阳<f7>")
        desk.see("批量导入", "下载模板")
        end(desk)
        desk.again()
        desk.take_up()
        desk.see("总人数 1", "[欧阳")
