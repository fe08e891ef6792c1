"""Bytes sent to the terminal per key: our form and grid, and the same screen in other toolkits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec

from benchmarks.figures import Figure, middle
from benchmarks.programs.content import READY
from tests.support.pty_terminal import PtyTerminal

OURS, STOCK = "本程序", "Textual 原装"
PROGRAMS = {
    OURS: "our_entry",
    STOCK: "stock_textual",
    "curses": "plain_curses",
    "urwid": "urwid_entry",
    "prompt_toolkit": "ptk_entry",
}
NEEDS = {"urwid": "urwid", "prompt_toolkit": "prompt_toolkit"}
GOALS = {"录入一个字符": 32, "换到下一栏": 100, "表格下移一行": 300, "表格滚动一行": 300, "表格翻一页": 1024}
CELL_GOAL = 32
QUIET = 0.12
TAB, PAGE = "\t", "\x1b[6~"
DOWN = {"curses": "\x1bOB"}
"""Where the program puts the keypad into application mode; elsewhere ESC [ B."""


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Bytes of every kind of key, against stock Textual; the other toolkits for information."""
    found: dict[str, dict[str, float]] = {}
    for name, module in PROGRAMS.items():
        if name in NEEDS and find_spec(NEEDS[name]) is None:
            say(f"每键字节：没有安装 {name}，跳过 …")
            continue
        say(f"每键字节：{name} …")
        found[name] = bytes_per_key(module, DOWN.get(name, "\x1b[B"), cell=name == OURS)
    figures = []
    for action, goal in GOALS.items():
        figures.append(Figure(action, found[OURS][action], "字节", found[STOCK][action], STOCK, goal))
        figures += [
            Figure(f"　同上，比 {name}", found[OURS][action], "字节", values[action], name)
            for name, values in found.items()
            if name not in (OURS, STOCK)
        ]
    cell = Figure(
        "在表格单元格中录入",
        found[OURS]["cell"],
        "字节",
        found[STOCK]["录入一个字符"],
        f"{STOCK} Input",
        CELL_GOAL,
    )
    return [*figures, cell]


def bytes_per_key(module: str, down: str, *, cell: bool) -> dict[str, float]:
    """The median number of bytes by kind of key."""
    argv = [sys.executable, "-m", f"benchmarks.programs.{module}"]
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for(READY, 30)
        terminal.wait_quiet(0.4)

        def each(keys: list[str]) -> float:
            return middle([terminal.bytes_for(key, QUIET) for key in keys])

        result = {"录入一个字符": each(list("zhangsan"))}
        result["换到下一栏"] = each([TAB, TAB])
        terminal.bytes_for(TAB, QUIET)
        result["表格下移一行"] = each([down] * 8)
        if cell:
            terminal.bytes_for("1", QUIET)
            result["cell"] = each(list("2345"))
            terminal.bytes_for("\x1b", 0.5)
        terminal.send_keys([down] * 30, 0.05)
        terminal.wait_quiet(0.5)
        result["表格滚动一行"] = each([down] * 8)
        result["表格翻一页"] = each([PAGE] * 5)
        return result
