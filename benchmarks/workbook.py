"""A workbook of 10,000 rows from file to checked rows on screen, and VisiData opening the same file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

from benchmarks.figures import Figure, middle
from benchmarks.programs.our_import import PROFILE, READY, SHOWN, STORED
from domain.business import template_columns
from domain.businesses.opening import declare
from domain.idnumber import check_digit
from domain.profile import load_profile
from exports.template import HEADER_ROW, write_template
from tests.support.pty_terminal import PtyTerminal

ROWS, ROUNDS, GOAL = 10_000, 5, 0.65
VISIDATA_ALL = " 10002 rows"
"""Its status once it has loaded everything; the first line is its heading, our titles are a row to it."""


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Times from the key in a running program, and from the start of the process.

    The peer checks nothing and stores nothing; it is taken to be done when all rows are loaded.
    """
    if find_spec("visidata") is None:
        say("工作簿：没有安装 VisiData，跳过 …")
        return []
    times: dict[str, list[float]] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        say(f"工作簿：生成 {ROWS} 行 …")
        file = write_rows(folder / "roster.xlsx")
        for number in range(ROUNDS):
            say(f"工作簿：第 {number + 1}/{ROUNDS} 轮 …")
            for when in ("key", "start"):
                shown, stored = our_times(file, folder / f"data-{when}-{number}", when)
                first, whole = visidata_times(file, when)
                for key, value in (("shown", shown), ("stored", stored), ("first", first), ("whole", whole)):
                    times.setdefault(f"{when} {key}", []).append(value)
    medians = {key: middle(values) for key, values in times.items()}
    return [figure for when in ("key", "start") for figure in _figures(when, medians)]


def _figures(when: str, medians: dict[str, float]) -> list[Figure]:
    shown, whole = medians[f"{when} shown"], medians[f"{when} whole"]
    since = "程序已开着" if when == "key" else "从启动算起"
    return [
        Figure(
            f"{ROWS} 行工作簿到校验完上屏，{since}",
            shown,
            "毫秒",
            whole,
            "VisiData 全部行（不校验）",
            GOAL,
            True,
        ),
        Figure("　同上，比 VisiData 出现首行", shown, "毫秒", medians[f"{when} first"], "VisiData 首行"),
        Figure("　到存入本机库为止", medians[f"{when} stored"], "毫秒", whole, "VisiData 全部行（不存）"),
    ]


def our_times(file: Path, folder: Path, when: str) -> tuple[float, float]:
    """Milliseconds until all rows stand checked on the screen, and until they are stored."""
    argv = [sys.executable, "-m", "benchmarks.programs.our_import", str(file), str(folder), when]
    began = time.perf_counter()
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        if when == "key":
            terminal.wait_for(READY, 30)
            terminal.wait_quiet(0.5)
            began = time.perf_counter()
            terminal.send("\x1b[19~")
        terminal.wait_for(SHOWN, 30)
        shown = time.perf_counter() - began
        terminal.wait_for(STORED, 30)
        return shown * 1000, (time.perf_counter() - began) * 1000


def visidata_times(file: Path, when: str) -> tuple[float, float]:
    """Milliseconds until VisiData shows the first row, and until it has all of them."""
    argv = [str(Path(sys.executable).with_name("vd")), "-N"]
    began = time.perf_counter()
    with PtyTerminal([*argv, *([str(file)] if when == "start" else ["."])], columns=120, rows=36) as terminal:
        if when == "key":
            terminal.wait_for("[1/1]", 30)
            terminal.send("o")
            terminal.wait_for("open", 10)
            terminal.send(str(file))
            terminal.wait_for(file.name, 10)
            terminal.wait_quiet(0.5)
            began = time.perf_counter()
            terminal.send("\r")
        terminal.wait_for("2 sheets", 30)
        terminal.send("\r")
        terminal.wait_for("张三", 30)
        first = time.perf_counter() - began
        terminal.wait_for(VISIDATA_ALL, 60)
        return first * 1000, (time.perf_counter() - began) * 1000


def write_rows(file: Path) -> Path:
    """A clean roster on the center's own template."""
    profile = load_profile(PROFILE)
    business = declare(profile)
    write_template(file, business, profile)
    book = openpyxl.load_workbook(file)
    sheet = book.active
    for number in range(ROWS):
        first = f"110101{1970 + number // 1000}0307{number % 1000:03}"
        cells = {
            "serial": str(number + 1),
            "name": "张三",
            "id_number": first + check_digit(first),
            "mobile": "13800138000",
            "base": "8000.00",
        }
        for place, column in enumerate(template_columns(business), 1):
            if column.key in cells:
                sheet.cell(HEADER_ROW + 1 + number, place).value = cells[column.key]
    book.save(file)
    return file
