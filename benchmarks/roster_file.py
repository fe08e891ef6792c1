"""A 10,000-row workbook from file to checked rows on the screen, beside VisiData opening the same file."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Goal, head, line, median, spread
from benchmarks.terminal import Terminal
from domain.idnumber import check_digit

ROWS = 10_000
ROUNDS = 5
GOAL = 0.65
TITLES = ("序号", "姓名*", "证件号码*", "手机号码", "个人缴存基数*")
MARK = "甲乙丙丁"
"""Name in the first row: when it is drawn the rows are on the screen."""


def run() -> None:
    """Measure in turns and print."""
    head(f"{ROWS:,} 行工作簿：从文件到校验后的行上屏，与 VisiData 打开同一文件同轮比较")
    if importlib.util.find_spec("visidata") is None:
        print("  （没有安装 visidata，未比较）")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "roster.xlsx")
        _write(path)
        ours: list[float] = []
        peer: list[float] = []
        memory: list[float] = []
        for turn in range(ROUNDS + 1):
            argv = [sys.executable, "-m", "benchmarks.programs.our_workbook", str(path), f"{folder}/{turn}"]
            mine, megabytes = _shown(argv, folder)
            theirs, _ = _shown([sys.executable, "-m", "visidata", str(path), "+:roster:1:1"], folder)
            if turn:
                ours.append(mine * 1000)
                peer.append(theirs * 1000)
                memory.append(megabytes)
    ratio = median([a / b for a, b in zip(ours, peer, strict=True)])
    goal = Goal(f"<= {GOAL}x", ratio <= GOAL)
    line("文件到上屏", spread(ours, "ms"), f"VisiData {spread(peer, 'ms')}", ratio, goal)
    line("当时内存", spread(memory, "MB"))


def _shown(argv: list[str], home: str) -> tuple[float, float]:
    with Terminal(argv, {"HOME": home}) as terminal:
        return terminal.until(MARK, 60), terminal.rss()


def _write(path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("roster")
    text = book.add_format({"num_format": "@"})
    for column, title in enumerate(TITLES):
        sheet.write_string(0, column, title)
    for index in range(ROWS):
        first = f"1101011980{index // 28 % 12 + 1:02}{index % 28 + 1:02}{index // 336:03}"
        name = MARK if index == 0 else "职工" + "天地玄黄宇宙洪荒"[index % 8]
        values = (name, first + check_digit(first), f"138{index:08}", f"{5000 + index % 900 * 10}.00")
        sheet.write_number(index + 1, 0, index + 1)
        for column, value in enumerate(values, 1):
            sheet.write_string(index + 1, column, value, text)
    book.close()
