"""An hour's work in fast motion: 2,000 field moves and 300 screens and dialogs; how much memory it costs."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks.figures import Figure
from tests.support.pty_terminal import PtyTerminal

MOVES, OPENINGS = 2000, 300
GOAL = 5.0
F3, F4, F5, F9, F10, F12 = "\x1b[13~", "\x1b[14~", "\x1b[15~", "\x1b[20~", "\x1b[21~", "\x1b[24~"
TAB, DOWN, PAGE, UP = "\t", "\x1b[B", "\x1b[6~", "\x1b[5~"
FIELDS = (TAB, TAB, DOWN, TAB, "1", "\x1b", DOWN, TAB, PAGE, UP)
"""Field moves of every kind, with some typing between them."""
OPENED = (F4 + F12, F9 + F12, F10 + "n", F3 + F12, "\x1b[18~12" + F12, F3 + F3 + F12 + F12)
"""Pick list, long text, question, a screen, a PIN, two screens."""
CHUNK = 50


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Growth of the resident memory in MB."""
    say("一小时的工作：换栏 2,000 次，画面和对话框 300 个 …")
    return [Figure("一小时工作后内存增加", grown_megabytes(), "MB", goal=GOAL)]


def grown_megabytes() -> float:
    """Work through it in a program of its own; the first of everything is not counted."""
    argv = [sys.executable, "-m", "tests.tui.gallery_main"]
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for("F12", 30)
        _work(terminal, len(FIELDS) * 10, len(OPENED) * 3)
        before = terminal.rss()
        _work(terminal, MOVES, OPENINGS)
        return terminal.rss() - before


def _work(terminal: PtyTerminal, moves: int, openings: int) -> None:
    keys = [FIELDS[at % len(FIELDS)] for at in range(moves)]
    keys += [OPENED[at % len(OPENED)] for at in range(openings)]
    for start in range(0, len(keys), CHUNK):
        terminal.send("".join(keys[start : start + CHUNK]))
        _settle(terminal)


def _settle(terminal: PtyTerminal) -> None:
    """Wait until all keys have had their effect: F5 comes after them and changes the status line."""
    before = terminal.lines[-2]
    terminal.send(F5)
    terminal.wait(lambda: terminal.lines[-2] not in (before, "") and "F12" in terminal.lines[-1], 60, "F5")
