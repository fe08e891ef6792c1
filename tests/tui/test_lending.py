"""The terminal lent to a print job: nothing is drawn into it, keys wait, the picture comes back."""

from __future__ import annotations

import sys

import pytest

from exports.print_terminal import OFF, ON
from tests.support.pty_terminal import PtyTerminal
from tests.tui.shell_app import JOB

APP = [sys.executable, "-m", "tests.tui.shell_main"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_lent_terminal_carries_the_work_alone_and_comes_back(fails: bool) -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("px\r" if fails else "p\r")
        terminal.send("12")
        terminal.wait_for("连接中断" if fails else "back True")
        terminal.wait_for("12")
        assert terminal.raw.count(ON) == terminal.raw.count(OFF) == 1
        assert terminal.raw.split(ON)[1].split(OFF)[0] == JOB
        left, back = terminal.raw.split(ON)[0], terminal.raw.split(OFF)[1]
        assert b"\x1b[?1049l" in left and b"picture" not in left.rpartition(b"\x1b[?1049l")[2]
        assert b"\x1b[?1049h" in back
        assert "第一屏" in terminal.text and "返回" in terminal.text
