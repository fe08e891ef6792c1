"""First paint and memory of the login screen, beside a bare Textual application."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.report import Goal, head, line, median, spread
from benchmarks.terminal import Terminal

ROUNDS = 7
PAINT_GOAL = 1.4
FIRST_MEMORY = 45.0
LOADED_MEMORY = 70.0
LOAD_SECONDS = 6.0
CONFIG = '[center]\nurl = "http://127.0.0.1:9"\nprofile = "baishan"\n'


def run() -> None:
    """Measure in turns and print."""
    head("起动：登录画面，与最小的 Textual 程序同轮比较")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.toml")
        config.write_text(CONFIG + f'[files]\ndata_dir = "{folder}/data"\n', encoding="utf-8")
        ours = [sys.executable, "-m", "cli.main", "--config", str(config)]
        bare = [sys.executable, "-m", "benchmarks.programs.bare_textual"]
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        memory: dict[str, list[float]] = {"ours": [], "bare": []}
        for turn in range(ROUNDS + 1):
            for name, argv, text in (("ours", ours, "登录密码"), ("bare", bare, "就绪")):
                seconds, megabytes = _first_paint(argv, text, folder)
                if turn:
                    times[name].append(seconds * 1000)
                    memory[name].append(megabytes)
        ratio = median([a / b for a, b in zip(times["ours"], times["bare"], strict=True)])
        line(
            "首次显示",
            spread(times["ours"], "ms"),
            f"Textual {spread(times['bare'], 'ms')}",
            ratio,
            Goal(f"<= {PAINT_GOAL}x", ratio <= PAINT_GOAL),
        )
        at_first = median(memory["ours"])
        line(
            "首次显示时内存",
            spread(memory["ours"], "MB"),
            f"Textual {spread(memory['bare'], 'MB')}",
            at_first / median(memory["bare"]),
            Goal(f"<= {FIRST_MEMORY:.0f} MB", at_first <= FIRST_MEMORY),
        )
        loaded = [_loaded(ours, folder) for _ in range(3)]
        met = median(loaded) <= LOADED_MEMORY
        line("全部载入后内存", spread(loaded, "MB"), goal=Goal(f"<= {LOADED_MEMORY:.0f} MB", met))


def _first_paint(argv: list[str], text: str, home: str) -> tuple[float, float]:
    with Terminal(argv, {"HOME": home}, 80, 24) as terminal:
        seconds = terminal.until(text)
        return seconds, terminal.rss()


def _loaded(argv: list[str], home: str) -> float:
    with Terminal(argv, {"HOME": home}, 80, 24) as terminal:
        terminal.until("登录密码")
        terminal.quiet(LOAD_SECONDS, LOAD_SECONDS)
        return terminal.rss()
