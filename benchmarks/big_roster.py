"""A roster of 100,000 rows in the running program: opening, paging, sorting, finding, undoing.

The peer is bare sqlite3 doing the same to the same file in a process of its own.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, middle
from client.store.database import FILE_NAME
from tests.support.pty_terminal import PtyTerminal
from tests.support.roster_program import BUILT, READY, fill, person

ROWS, ROUNDS, PAGE_ROWS = 100_000, 5, 31
F5, F10, PAGE, BOTTOM, TOP = "\x1b[15~", "\x1b[21~", "\x1b[6~", "\x1b[1;5F", "\x1b[1;5H"
FIND, UNDO, SORT, FAULTY, DELETE, ALL, ESC = "\x06", "\x15", "\x0f", "\x05", "\x0b", "\x18", "\x1b"
PEER = "sqlite3"
OPEN, WORK, STALL, MEMORY = 50, 150, 50, 5
_MINE = "FROM roster_row WHERE roster_id = 1 AND pos > 0"
SQL = {
    "window": f"SELECT * {_MINE} ORDER BY pos LIMIT 60",
    "page": f"SELECT * {_MINE} ORDER BY pos LIMIT 60 OFFSET 50000",
    "sort": f"SELECT row_id {_MINE} ORDER BY CAST(json_extract(checked, '$.base') AS REAL), pos",
    "faulty": f"SELECT row_id {_MINE} AND (errors > 0 OR dup_of IS NOT NULL) ORDER BY pos",
    "find": f"SELECT row_id {_MINE} AND checked LIKE '%zzzz%'",
    "delete": "UPDATE roster_row SET pos = -pos WHERE roster_id = 1",
}


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Milliseconds from the key to the picture, growth of memory, and the longest stall of the event loop."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "store"
        say(f"大清册：生成 {ROWS} 行 …")
        fill(folder, ROWS)
        (folder / BUILT).touch()
        say("大清册：sqlite3 …")
        peer = sqlite_times(folder / FILE_NAME)
        say("大清册：本程序 …")
        ours = program_times(folder, Path(name) / "out.json")
    figures = [
        Figure(f"打开 {ROWS} 行清册", ours["open"], "毫秒", peer["window"], PEER, OPEN),
        Figure("打开后多用的内存", ours["rss"], "MB", goal=MEMORY),
        Figure("翻一页", ours["page"], "毫秒", peer["page"], PEER),
        Figure("按缴存基数排序", ours["sort"], "毫秒", peer["sort"], PEER, WORK),
        Figure("只看有错", ours["faulty"], "毫秒", peer["faulty"], PEER, WORK),
        Figure("按证件号码尾数查找", ours["find"], "毫秒", peer["find"], PEER, WORK),
        Figure("查找没有的内容", ours["find none"], "毫秒", peer["find"], PEER, WORK),
        Figure("撤销一格的修改", ours["undo one"], "毫秒", goal=WORK),
        Figure("删除全部行", ours["delete"], "毫秒", peer["delete"], PEER),
        Figure("撤销全部行的删除", ours["undo"], "毫秒", peer["delete"], PEER),
        Figure("事件循环最长停顿", ours["stall"], "毫秒", goal=STALL),
    ]
    return figures


def sqlite_times(file: Path) -> dict[str, float]:
    """Median milliseconds of the plain statements; the deletion is rolled back."""
    found: dict[str, float] = {}
    with sqlite3.connect(file, isolation_level=None) as connection:
        connection.execute("PRAGMA cache_size = -8000")
        for name, sql in SQL.items():
            took = []
            for _ in range(ROUNDS):
                connection.execute("BEGIN")
                if name == "delete":
                    connection.execute("DROP TRIGGER row_changed")
                before = time.perf_counter()
                connection.execute(sql).fetchall()
                took.append((time.perf_counter() - before) * 1000)
                connection.execute("ROLLBACK")
            found[name] = middle(took)
    return found


def program_times(folder: Path, out: Path) -> dict[str, float]:
    """Median milliseconds in the program, through a terminal."""
    argv = [sys.executable, "-m", "tests.support.roster_program", str(folder), str(ROWS), str(out), "quiet"]
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for(READY, 60)
        terminal.wait_quiet(0.5)

        def took(keys: str, text: str, *, gone: bool = False) -> float:
            before = time.perf_counter()
            terminal.send(keys)
            if gone:
                terminal.wait_gone(text, 60)
            else:
                terminal.wait_for(text, 60)
            return (time.perf_counter() - before) * 1000

        found: dict[str, list[float]] = {}

        def note(name: str, keys: str, text: str, *, gone: bool = False) -> None:
            found.setdefault(name, []).append(took(keys, text, gone=gone))
            terminal.wait_quiet(0.3, 30)

        before = terminal.rss()
        note("open", F5, f"行 1/{ROWS}")
        rss = terminal.rss() - before
        for number in range(ROUNDS):
            note("page", PAGE, f"行 {1 + PAGE_ROWS * (number + 1)}/")
        terminal.send(TOP + "\t\t")
        terminal.wait_quiet(0.3, 30)
        for number in range(ROUNDS):
            place = ROWS * (number + 1) // ROUNDS - 50
            note("find", FIND + person(place)["id_number"], f"行 {place + 1}/")
            note("find none", "zzz", "没有找到")
            terminal.send(ESC)
            terminal.wait_quiet(0.4, 30)
        for number in range(ROUNDS):
            terminal.send(f"{6000 + number}\x1b[A")
            terminal.wait_quiet(0.4, 30)
            note("undo one", UNDO, "已撤销修改")
            terminal.send("\x1b[D\x1b[C")
            terminal.wait_quiet(0.3, 30)
        for _ in range(3):
            note("sort", SORT, "^")
            terminal.send(SORT)
            terminal.wait_for("从大到小", 30)
            terminal.send(SORT)
            terminal.wait_for("恢复清册", 30)
        for _ in range(3):
            note("faulty", FAULTY, "只看有错")
            note("all", FAULTY, f"/{ROWS}")
        for _ in range(2):
            note("delete", ALL + DELETE, "行 0/0")
            note("undo", UNDO, f"/{ROWS}")
        terminal.send(F10)
        terminal.wait_exit(30)
    stall = json.loads(out.read_text(encoding="utf-8"))["stall"] * 1000
    return {name: middle(values) for name, values in found.items()} | {"rss": rss, "stall": stall}
