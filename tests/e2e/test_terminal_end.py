"""The program is told to end while a dialog stands open: it ends at once and keeps what was typed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.desk import Desk

pytestmark = pytest.mark.xdist_group("e2e-agent")
SOON = 2.0
"""Seconds within which the program is gone."""


def end(desk: Desk) -> float:
    """SIGTERM; gives the seconds until the program had ended in order."""
    started = time.monotonic()
    os.kill(desk.terminal.pid, signal.SIGTERM)
    assert desk.terminal.wait_exit(20) == 0
    return time.monotonic() - started


def test_an_open_dialog_holds_up_no_end_and_loses_nothing(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("baishan")
    agent = site.agent()
    with Desk(site, tmp_path, agent) as desk:
        desk.fill_login()
        desk.see("UKey PIN: [")
        assert end(desk) < SOON
        desk.again()
        desk.log_in()
        desk.open()
        desk.register([site.person()])
        desk.see("录入成功")
        desk.keys("欧阳<f7>")
        desk.see("批量导入", "下载模板")
        assert end(desk) < SOON
        desk.again()
        desk.take_up()
        desk.see("总人数 1", "[欧阳")
