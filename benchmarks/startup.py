"""First paint and memory: our login screen and the smallest Textual application, each in a real terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, middle
from domain.login_form import login_form
from tests.support.first_paint import first_paint
from tests.support.pty_terminal import PtyTerminal

ROUNDS = 9
PAINT_GOAL, RSS_GOAL, LOADED_GOAL = 1.4, 45.0, 70.0
SETTLE_SECONDS = 2.5
HEAVY = frozenset(
    {"sqlalchemy", "httpx", "pydantic", "openpyxl", "pkcs11", "python_calamine", "fastapi", "cryptography"}
)
BARE = ([sys.executable, "-m", "benchmarks.programs.bare_textual"], "住房公积金")


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Time to first paint, resident memory then and with everything loaded, and what was imported by then."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "config.toml"
        data = folder / "data"
        config.write_text(
            f'[center]\nurl = "http://127.0.0.1:9"\n[files]\ndata_dir = "{data}"\n', encoding="utf-8"
        )
        ours = (
            [sys.executable, "-m", "cli.main", "--config", str(config)],
            login_form("baishan").fields[0].label,
        )
        say("首屏：先各跑一次不计 …")
        start(*BARE), start(*ours)
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        memory: dict[str, list[float]] = {"ours": [], "bare": [], "loaded": [], "bare loaded": []}
        for number in range(ROUNDS):
            say(f"首屏与内存：第 {number + 1}/{ROUNDS} 轮 …")
            settle = SETTLE_SECONDS if number < 2 else 0.0
            for key, program in (("bare", BARE), ("ours", ours)):
                took, first, later = start(*program, settle=settle)
                times[key].append(took * 1000)
                memory[key].append(first)
                if settle:
                    memory["loaded" if key == "ours" else "bare loaded"].append(later)
        source = f"from cli.main import main; main(['--config', {str(config)!r}])"
        loaded = HEAVY & first_paint(source, folder).modules
    return [
        Figure(
            "登录画面首屏",
            middle(times["ours"]),
            "毫秒",
            middle(times["bare"]),
            "最小 Textual",
            PAINT_GOAL,
            True,
        ),
        Figure("首屏时内存", middle(memory["ours"]), "MB", middle(memory["bare"]), "最小 Textual", RSS_GOAL),
        Figure(
            "全部载入后内存",
            middle(memory["loaded"]),
            "MB",
            middle(memory["bare loaded"]),
            "最小 Textual",
            LOADED_GOAL,
        ),
        Figure("首屏前载入的大型库", len(loaded), "个", goal=0),
    ]


def start(argv: list[str], marker: str, settle: float = 0.0) -> tuple[float, float, float]:
    """Seconds until the marker is drawn, MB then, MB after `settle` further seconds."""
    wanted = marker.encode()
    began = time.perf_counter()
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait(lambda: wanted in terminal.raw, 30, marker)
        took = time.perf_counter() - began
        first = terminal.rss()
        time.sleep(settle)
        return took, first, terminal.rss()
