"""Bytes per key in the grid, beside the same roster in other toolkits (120x36, 256 colours)."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass

from benchmarks.report import Goal, head, line, median
from benchmarks.terminal import Terminal

DOWN, PAGE, TAB, ENTER = b"\x1b[B", b"\x1b[6~", b"\t", b"\r"
REPEATS = 5


@dataclass(frozen=True, slots=True)
class Program:
    """A program and its keys: `ready` is drawn at its start; `to_table` moves from fields to the table."""

    name: str
    module: str
    ready: str
    field: bytes
    to_table: bytes = b""
    package: str = ""


OURS = Program("ours", "benchmarks.programs.our_grid", "姓名", ENTER)
PEERS = (
    Program("Textual", "benchmarks.programs.stock_textual", "合计月缴存额", TAB, TAB * 3),
    Program("curses", "benchmarks.programs.curses_grid", "姓名", TAB),
    Program("urwid", "benchmarks.programs.urwid_grid", "姓名", TAB, package="urwid"),
    Program("prompt_toolkit", "benchmarks.programs.ptk_grid", "姓名", TAB, TAB * 3, "prompt_toolkit"),
)
GOALS = {"type": 32, "field": 100, "down": 300}
TITLES = {"type": "键入一个字符", "field": "到下一栏", "down": "下移一行", "page": "下翻一页"}


def run() -> None:
    """Measure every program and print ours beside the peers."""
    head("清册每次按键发出的字节（120x36，256色）")
    ours = _measure(OURS)
    peers: dict[str, dict[str, float]] = {}
    for program in PEERS:
        if program.package and importlib.util.find_spec(program.package) is None:
            print(f"  （没有安装 {program.package}，未比较）")
            continue
        peers[program.name] = _measure(program)
    for key, most in GOALS.items():
        shown = "  ".join(f"{name} {values[key]:.0f}" for name, values in peers.items())
        goal = Goal(f"<= {most} B", ours[key] <= most)
        line(TITLES[key], f"{ours[key]:.0f} B", shown, ours[key] / peers["Textual"][key], goal)
    at_most = peers["curses"]["page"]
    shown = "  ".join(f"{name} {values['page']:.0f}" for name, values in peers.items())
    goal = Goal("<= curses", ours["page"] <= at_most)
    line(TITLES["page"], f"{ours['page']:.0f} B", shown, ours["page"] / peers["Textual"]["page"], goal)
    line("静止五秒", f"{ours['idle']:.0f} B", goal=Goal("0 B", ours["idle"] == 0))


def _measure(program: Program) -> dict[str, float]:
    with Terminal([sys.executable, "-m", program.module]) as terminal:
        terminal.until(program.ready)
        terminal.quiet(0.6)
        terminal.cost(b"7")
        cost = {"type": median([terminal.cost(b"8") for _ in range(REPEATS)])}
        cost["field"] = median(
            [terminal.cost(program.field) for _ in range(REPEATS if not program.to_table else 1)]
        )
        if program.to_table:
            terminal.cost(program.to_table[: -len(program.field)] or program.to_table)
        cost["down"] = median([terminal.cost(DOWN) for _ in range(REPEATS)])
        cost["page"] = median([terminal.cost(PAGE) for _ in range(REPEATS)])
        cost["idle"] = terminal.quiet(5.0, 5.0)
        return cost
