"""100,000 people of a unit: the first fill of the local copy, searching it, and picking somebody by key."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert, update

from benchmarks.figures import Figure, middle
from center.store.tables import account, depositor, unit
from client.api import CenterClient
from client.store.database import Database
from client.store.depositors import DepositorCache
from client.store.rows import Scope
from client.sync import DepositorSync
from client.transport import Identity
from domain.money import parse_ratio, parse_yuan
from screens.memory import trim
from tests.screens.pick_program import filled, person
from tests.support.center import running_center
from tests.support.center_process import CenterProcess
from tests.support.filing import Office
from tests.support.pty_terminal import PtyTerminal
from tui.progress import in_thread

PEOPLE, ROUNDS = 100_000, 5
PROFILE = "baishan"
WINDOW = 30
QUERIES = {"姓名一字": "伟", "首字母": "wwj", "一个字母": "w", "证件末四位": "1234", "账号": "10000100077777"}
SEARCH_GOAL, WINDOW_GOAL, STALL_GOAL = 150.0, 5.0, 50.0
"""Milliseconds."""
OF_PEOPLE = {"id_number", "name", "mobile"}
F4, BACK = "\x1b[14~", "\x1b[24~"
BARE = """SELECT account_no, name, id_number, status, base FROM depositor
WHERE account_no LIKE '%' || :q || '%' OR name LIKE '%' || :q || '%' OR initials LIKE '%' || :q || '%'
OR id_number LIKE '%' || :q || '%' ORDER BY account_no"""
"""What one writes without thinking: every column, every row that fits."""


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Times in one process with the center in another, and of keys in a program behind a terminal."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        figures = _fill(folder / "fill", say)
        say(f"职工：查找 {PEOPLE} 人 …")
        cache = filled(folder / "copy", PEOPLE)
        figures += _searches(cache)
        cache.database.close()
        say("职工：在终端里选择 …")
        return figures + _keys(folder)


# ---- filling -----------------------------------------------------------------------------------------


def _fill(folder: Path, say: Callable[[str], None]) -> list[Figure]:
    say(f"职工：建立有 {PEOPLE} 人的中心 …")
    with _center(folder) as (base, office):
        say("职工：首次同步 …")
        client = CenterClient(base, clock=lambda: office.center.clock.now().timestamp())
        reply = office.login.reply
        client.identify(Identity(str(reply["token"]), office.unit, str(reply["operator"])))
        cache = DepositorCache(Database(folder / "local"), Scope(PROFILE, "center", office.unit, "agent"))
        sync = DepositorSync(client, cache, office.unit)
        client.depositors(office.unit, since=PEOPLE)  # the connection is there, as after a login
        trim()
        before = _rss()
        seconds, stall = asyncio.run(_stalls(partial(in_thread, sync.run)))
        growth = _rss() - before
        assert cache.count() == PEOPLE
        began = time.perf_counter()
        sync.run()
        again = time.perf_counter() - began
        cache.database.close()
    return [
        Figure(f"{PEOPLE} 人首次同步，从中心到可查找", seconds * 1000, "毫秒"),
        Figure("　其间事件循环最长停顿", stall * 1000, "毫秒", goal=STALL_GOAL),
        Figure("　内存增长", growth, "MB"),
        Figure("　没有变化时再次同步", again * 1000, "毫秒"),
    ]


@contextmanager
def _center(folder: Path) -> Iterator[tuple[str, Office]]:
    """A center in a process of its own, with one unit full of people; its address."""
    folder.mkdir()
    with running_center(folder, PROFILE) as center:
        office = Office(center)
        with center.store.write() as conn:
            for start in range(0, PEOPLE, 1000):
                rows = [person(number) for number in range(start, start + 1000)]
                people = [
                    {
                        "person_key": row.id_number,
                        "id_number": row.id_number,
                        "name": row.name,
                        "mobile": row.mobile,
                    }
                    for row in rows
                ]
                conn.execute(insert(depositor), people)
                conn.execute(insert(account), [_account(row, at) for at, row in enumerate(rows, start + 1)])
            full = {"depositor_rev": PEOPLE, "account_counter": PEOPLE}
            conn.execute(update(unit).where(unit.c.unit_account == office.unit).values(full))
        process = CenterProcess(folder, PROFILE, center.settings.database_url)
        try:
            yield process.base, office
        finally:
            process.stop()


def _account(row: Any, rev: int) -> dict[str, Any]:
    return {
        "account_no": row.account_no,
        "unit_account": row.account_no[:6],
        "person_key": row.id_number,
        "status": row.status,
        "base": parse_yuan(row.base),
        "unit_ratio": parse_ratio(row.unit_ratio),
        "person_ratio": parse_ratio(row.person_ratio),
        "unit_amount": parse_yuan(row.unit_amount),
        "person_amount": parse_yuan(row.person_amount),
        "opened": row.opened,
        "rev": rev,
    }


# ---- searching ---------------------------------------------------------------------------------------


def _searches(cache: DepositorCache) -> list[Figure]:
    figures = []
    stalls: list[float] = []
    bare = sqlite3.connect(cache.database.path)
    for name, query in QUERIES.items():
        ours, peers, windows = [], [], []
        for _ in range(ROUNDS):
            seconds, stall = asyncio.run(_stalls(partial(in_thread, cache.search, query)))
            ours.append(seconds * 1000)
            stalls.append(stall * 1000)
            began = time.perf_counter()
            bare.execute(BARE, {"q": query}).fetchall()
            peers.append((time.perf_counter() - began) * 1000)
        found = cache.search(query)
        for start in range(0, len(found.ids), max(WINDOW, len(found.ids) // 20)):
            began = time.perf_counter()
            cache.rows(found.ids[start : start + WINDOW])
            windows.append((time.perf_counter() - began) * 1000)
        title = f"{PEOPLE} 人中查找，{name}（{len(found.ids)} 人）"
        figures.append(Figure(title, middle(ours), "毫秒", middle(peers), "sqlite3 LIKE", SEARCH_GOAL))
        figures.append(Figure(f"　其中 {WINDOW} 行的一屏", middle(windows), "毫秒", goal=WINDOW_GOAL))
    bare.close()
    return [*figures, Figure("查找时事件循环最长停顿", max(stalls), "毫秒", goal=STALL_GOAL)]


async def _stalls(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Seconds that work took, and of processor time the longest for which the event loop had to wait."""
    longest, running = 0.0, True

    async def tick() -> None:
        # In seconds of this process: what else runs on the machine takes none of them.
        nonlocal longest
        last = time.process_time()
        while running:
            await asyncio.sleep(0.001)
            now = time.process_time()
            longest, last = max(longest, now - last), now

    ticker = asyncio.ensure_future(tick())
    await asyncio.sleep(0.01)
    began = time.perf_counter()
    await work()
    taken = time.perf_counter() - began
    running = False
    await ticker
    return taken, longest


# ---- keys --------------------------------------------------------------------------------------------


def _keys(folder: Path) -> list[Figure]:
    argv = [sys.executable, "-m", "tests.screens.pick_program"]
    arguments = [str(folder / "out.json"), str(folder / "copy"), str(PEOPLE)]
    opens, types = [], []
    with PtyTerminal([*argv, *arguments], columns=120, rows=36) as terminal:
        terminal.wait_for("F12", 30)
        terminal.wait_quiet(0.5)
        before = terminal.rss()
        for _ in range(ROUNDS):
            opens.append(_until(terminal, F4, f"共 {PEOPLE:,} 人"))
            types.append(_until(terminal, "ljw", "林杰伟"))
            terminal.send(BACK)
            terminal.wait_gone("查找:")
            terminal.wait_quiet(0.3)
        growth = terminal.rss() - before
    return [
        Figure(f"选择列表：F4 到 {PEOPLE} 人的第一屏", middle(opens), "毫秒", goal=SEARCH_GOAL),
        Figure("　键入三个首字母到查得的人出现", middle(types), "毫秒", goal=SEARCH_GOAL),
        Figure("　内存增长", growth, "MB", goal=5.0),
    ]


def _until(terminal: PtyTerminal, keys: str, text: str) -> float:
    """Milliseconds from keys to a text on the screen."""
    began = time.perf_counter()
    terminal.send(keys)
    terminal.wait_for(text, 30)
    return (time.perf_counter() - began) * 1000


def _rss() -> float:
    """MB of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
