"""The real program before a real center: the longest stall of its event loop in what an agent does all day.

A roster of 100,000 rows for what goes over the local store alone, one of 3,000 for what asks the center. The
wall time of a stall is what the limit speaks of; on a busy machine the loop's own CPU time in the same step
says what is the program's part. Opening stands beside VisiData opening the same people from a CSV file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, middle
from tests.e2e.key_desk import KeyDesk, id_number
from tests.e2e.site import Site
from tests.keys.script import NAMED
from tests.support.pty_terminal import PtyTerminal
from tests.support.roster_program import BUILT, READY, fill, person
from tests.support.stall_watch import Stall, stalls

PROFILE, MANY, SOME, PASTED = "shaanxi", 100_000, 3_000, 2_000
GOAL, OPENING_GOAL, ROUNDS = 50.0, 0.75, 3
WAIT = 120.0
ENTER, ESC, BACK, SKIP = NAMED["enter"], NAMED["esc"], NAMED["f12"], NAMED["tab"] * 2


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Stalls step by step, and the time from the start of the process to the first rows."""
    figures: list[Figure] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        figures += opening(folder / "start", say)
        log = folder / "stalls"
        site = Site(folder / "site", PROFILE)
        site.start()
        desk = KeyDesk(site, folder / "desk", log)
        try:
            for title, run in steps(desk, say):
                began = time.monotonic()
                run()
                desk.desk.terminal.wait_quiet(0.5, WAIT)
                figures.append(_figure(title, stalls(log, began), say))
        finally:
            desk.close()
            site.close()
    return figures


def _figure(title: str, found: list[Stall], say: Callable[[str], None]) -> Figure:
    longest = max(found, key=lambda stall: stall.wall, default=None)
    if longest is None:
        return Figure(f"停顿：{title}", 0, "毫秒", goal=GOAL)
    if longest.cpu * 1000 > GOAL:
        say(f"　{title}：{longest.what} {' < '.join(reversed(longest.where))}")
    wall, cpu = longest.wall * 1000, longest.cpu * 1000
    return Figure(f"停顿：{title}", wall, "毫秒", cpu, "其中处理器", GOAL)


def steps(desk: KeyDesk, say: Callable[[str], None]) -> Iterator[tuple[str, Callable[[], None]]]:
    """What is done, one after the other."""
    terminal = desk.desk.terminal

    def send(keys: str, text: str = "", *, gone: bool = False) -> Callable[[], None]:
        def run() -> None:
            terminal.send(keys)
            if gone:
                terminal.wait_gone(text, WAIT)
            elif text:
                terminal.wait_for(text, WAIT)

        return run

    open_it = f"{NAMED['f2']}{desk.code}{ENTER}"
    for count in (SOME, MANY):
        say(f"事件循环：{count} 行 …")
        desk.fill(count)
        yield f"打开 {count} 行清册", send(open_it, f"总人数 {count}")
        yield (
            "翻页、到末行、回首行",
            send(
                NAMED["shift+tab"] + NAMED["pgdn"] * 5 + NAMED["ctrl+end"] + NAMED["ctrl+home"] + SKIP,
                "行 1/",
            ),
        )
        if count == SOME:
            yield f"F8 校验 {count} 行", send(NAMED["f8"], "校验完毕")
            yield f"F5 刷新 {count} 行", send(NAMED["f5"], "业务年月")
        yield "查找", send(NAMED["ctrl+f"] + id_number(count - 1) + ENTER, f"行 {count}/")
        yield "改一格", send("9000" + NAMED["up"], "9000.00")
        yield "撤销", send(NAMED["ctrl+u"], "已撤销")
        yield "排序", send(NAMED["ctrl+o"] * 3)
        yield "只看有错的行", send(NAMED["ctrl+e"] * 2)
        yield "全选、取消", send(NAMED["ctrl+x"] * 2)
        yield "提交前的确认", send(NAMED["f10"], "总人数：")
        yield "取消", send(BACK)
        yield f"粘贴 {PASTED} 行", send(paste(desk, count), f"粘贴 {PASTED} 行")
        yield "放弃粘贴", send(BACK, "没有粘贴")
        yield "回首页", send(BACK, "F3退出系统")
    yield "查询", send(f"{NAMED['f2']}{_query(desk)}{ENTER}", "F12返回")
    yield "回首页", send(BACK, "F3退出系统")


def _query(desk: KeyDesk) -> str:
    modules = desk.site.profile.home.modules
    return next(module.code for module in modules if module.opens == "query:open")


def paste(desk: KeyDesk, first: int) -> str:
    """A bracketed paste of people who are not in the roster."""
    rows = (f"张三\t{id_number(first + n)}\t8000\t13800138000" for n in range(PASTED))
    return "\x1b[200~" + "\r".join(rows) + "\x1b[201~"


# ---- beside VisiData ---------------------------------------------------------------------------------------


def opening(folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """Milliseconds to the first rows of 100,000: from the key in a running program, from its start."""
    folder.mkdir()
    say(f"打开 {MANY} 行：生成 …")
    store, table = folder / "store", folder / "people.csv"
    fill(store, MANY)
    (store / BUILT).touch()
    table.write_text("\n".join(",".join(person(n).values()) for n in range(MANY)), "utf-8")
    argv = [sys.executable, "-m", "tests.support.roster_program", str(store), str(MANY)]
    times: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        say(f"打开 {MANY} 行：第 {number + 1}/{ROUNDS} 轮 …")
        found = {"ours": ours([*argv, str(folder / "out.json"), "quiet"])}
        if find_spec("visidata") is not None:
            found["theirs"] = visidata(table)
        for who, (key, start) in found.items():
            times.setdefault(f"{who} key", []).append(key)
            times.setdefault(f"{who} start", []).append(start)
    medians = {name: middle(values) for name, values in times.items()}
    peer = "VisiData 首行" if "theirs key" in medians else "VisiData 没有安装"
    from_key = f"打开 {MANY} 行，从按键算起"
    return [
        Figure(from_key, medians["ours key"], "毫秒", medians.get("theirs key"), peer, OPENING_GOAL, True),
        Figure("　从启动算起", medians["ours start"], "毫秒", medians.get("theirs start"), peer),
    ]


def ours(argv: list[str]) -> tuple[float, float]:
    """From the key and from the start, in our grid over the local store."""
    began = time.perf_counter()
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for(READY, 60)
        started = time.perf_counter() - began
        terminal.wait_quiet(0.5, 30)
        key = _from_key(terminal, NAMED["f5"])
        return key, started * 1000 + key


def visidata(table: Path) -> tuple[float, float]:
    """The same in VisiData: opened by its key, and named on the command line."""
    vd = [str(Path(sys.executable).with_name("vd")), "-N"]
    began = time.perf_counter()
    with PtyTerminal([*vd, str(table)], columns=120, rows=36) as terminal:
        terminal.wait_for(person(0)["id_number"], 60)
        start = (time.perf_counter() - began) * 1000
    with PtyTerminal([*vd, "."], columns=120, rows=36, cwd=table.parent) as terminal:
        terminal.wait_for("[1/1]", 30)
        terminal.wait_quiet(0.5, 30)
        terminal.send("o")
        terminal.wait_for("open", 10)
        terminal.send(str(table))
        terminal.wait_for(table.name, 10)
        terminal.wait_quiet(0.5, 30)
        return _from_key(terminal, ENTER), start


def _from_key(terminal: PtyTerminal, key: str) -> float:
    began = time.perf_counter()
    terminal.send(key)
    terminal.wait_for(person(0)["id_number"], 60)
    return (time.perf_counter() - began) * 1000
