"""The entry widgets through a real terminal: one roster at any speed of typing, few bytes per key."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.pty_terminal import PtyTerminal

DOWN, UP, F2, F10, F12, ESC, PAGE_DOWN = (
    "\x1b[B",
    "\x1b[A",
    "\x1b[12~",
    "\x1b[21~",
    "\x1b[24~",
    "\x1b",
    "\x1b[6~",
)
SCRIPT = (
    "张三\r8000\r"  # two people by the form
    "李四\r9\r"
    "\t\t"  # to the grid: the last field, then over the edge
    "甲\r220105194912310021\x7f.\r7000*" + DOWN + UP + "6500+6600+６７00+"
    + F2 + "\x1b[D\x1b[D9\r" + "错" + F12 + "13\r"
)  # fmt: skip


@contextmanager
def program(tmp_path: Path, rows: int = 100, columns: int = 120) -> Iterator[tuple[PtyTerminal, Path]]:
    out = tmp_path / "out.json"
    argv = [sys.executable, "-m", "tests.tui.entry_program", str(out), str(rows)]
    with PtyTerminal(argv, columns=columns, rows=36) as terminal:
        terminal.wait_for("F12", 20)
        terminal.wait_quiet()
        yield terminal, out


def _entered(tmp_path: Path, gap: float, script: str) -> Any:
    with program(tmp_path) as (terminal, out):
        terminal.send(script + F10, gap)
        assert terminal.wait_exit(20) == 0
        return json.loads(out.read_text(encoding="utf-8"))


def test_one_burst_and_slow_keys_give_the_same_roster(tmp_path: Path) -> None:
    burst = _entered(tmp_path, 0.0, SCRIPT)
    assert burst["changed"]["100"]["name"] == "张三"
    assert burst["changed"]["100"]["deposit"] == "1920.00"
    assert burst["changed"]["101"]["base"] == "9"
    assert burst["changed"]["0"]["id_number"] == "22010519491231002X"
    for gap in (0.001, 0.01):
        assert _entered(tmp_path, gap, SCRIPT) == burst


@pytest.mark.parametrize("rows", [100, 100_000])
def test_bytes_per_key(tmp_path: Path, rows: int) -> None:
    with program(tmp_path, rows) as (terminal, _):
        terminal.bytes_for("张")
        assert terminal.bytes_for("三") <= 32
        assert terminal.bytes_for("\r") <= 100
        assert terminal.bytes_for("9") <= 64, "the computed field appears"
        assert terminal.bytes_for("\r") <= 900, "a row is added, the form emptied"
        terminal.bytes_for("\t\t\t")
        costs = [terminal.bytes_for(char) for char in "8123"]
        assert max(costs[1:]) <= 32, costs
        assert terminal.bytes_for("\t") <= 100
        assert terminal.bytes_for(DOWN) <= 300
        for _ in range(40):
            terminal.send(DOWN)
        terminal.wait_quiet()
        assert terminal.bytes_for(DOWN) <= 300, "scrolling"
        assert terminal.bytes_for(PAGE_DOWN) <= 1024
        assert terminal.bytes_for("", quiet=0.5) == 0


def test_the_cursor_stands_at_the_caret(tmp_path: Path) -> None:
    with program(tmp_path) as (terminal, _):
        x, y = terminal.cursor
        terminal.send("张三")
        terminal.wait_for("张三")
        terminal.wait_quiet()
        assert terminal.cursor == (x + 4, y)
