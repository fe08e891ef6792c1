"""100,000 rows: a workbook to the roster on the screen, and submissions taken and processed by the center."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from sqlalchemy import insert, select, update

from benchmarks.figures import Figure, middle
from benchmarks.people import _account
from benchmarks.programs.naive_import import DONE
from benchmarks.programs.our_import import facts
from center.server import spare_collections
from center.store.tables import account, depositor, job, unit
from domain.business import AccountStatus, template_columns
from domain.wire import DepositorRow
from tests.screens.pick_program import person
from tests.support import roster_program, workbooks
from tests.support.center import AUTHORITY, CenterUnderTest, running_center, served
from tests.support.filing import Office
from tests.support.pty_terminal import PtyTerminal

ROWS, ROUNDS, NAIVE_ROWS = 100_000, 3, 10_000
FIRST = "张伟伟"
OF_VISIDATA, OF_NAIVE, MEMORY, STALL = 0.75, 1 / 15, 150.0, 50.0
RATE = 20_000
"""Rows a second, the least."""


def measure(say: Callable[[str], None]) -> list[Figure]:
    """The client's part and the center's."""
    with TemporaryDirectory() as name:
        return [*client_figures(Path(name), say), *center_figures(Path(name), say)]


# ---- the client --------------------------------------------------------------------------------------


def client_figures(folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """From the start of the process to the checked and stored rows on the screen."""
    say(f"大名册：生成 {ROWS} 行的工作簿 …")
    file, small = write_rows(folder / "roster.xlsx", ROWS), write_rows(folder / "small.xlsx", NAIVE_ROWS)
    ours: list[dict[str, float]] = []
    peers: list[float] = []
    naive: list[float] = []
    for number in range(ROUNDS):
        say(f"大名册：第 {number + 1}/{ROUNDS} 轮 …")
        ours.append(our_times(file, folder / f"data-{number}", folder / "out.json"))
        if find_spec("visidata") is not None:
            peers.append(visidata_first(file))
        naive.append(naive_time(small, NAIVE_ROWS))
    shown, peer = middle([one["shown"] for one in ours]), middle(peers) if peers else None
    ten_times = middle(naive) * ROWS / NAIVE_ROWS
    worst = {key: max(one[key] for one in ours) for key in ("stall", "mb", "child_mb")}
    title = f"{ROWS} 行工作簿，从启动到校验、存入、上屏"
    return [
        Figure(title, shown, "毫秒", peer, "VisiData 首行", OF_VISIDATA, True),
        Figure(
            f"　同上（对照按 {NAIVE_ROWS} 行的十倍计）",
            shown,
            "毫秒",
            ten_times,
            "openpyxl+pydantic+DataTable",
            OF_NAIVE,
            True,
        ),
        Figure("　内存峰值，不含读表的子进程", worst["mb"], "MB", goal=MEMORY),
        Figure("　读表的子进程", worst["child_mb"], "MB"),
        Figure("　事件循环最长停顿", worst["stall"] * 1000, "毫秒", goal=STALL),
    ]  # fmt: skip


def write_rows(file: Path, count: int) -> Path:
    """A clean roster with the titles of the template."""
    from xlsxwriter import Workbook

    _, business, _ = facts()
    keys = [column.key for column in template_columns(business)]
    with Workbook(str(file)) as book:  # with shared strings, as Excel writes them
        sheet = book.add_worksheet(workbooks.SHEET)
        sheet.write_row(0, 0, [column.title for column in template_columns(business)])
        for number in range(count):
            cells = roster_program.person(number) | {"serial": str(number + 1)}
            sheet.write_row(number + 1, 0, [cells.get(key, "") for key in keys])
    return file


def our_times(file: Path, folder: Path, out: Path) -> dict[str, float]:
    """Milliseconds, memory and stall of the program."""
    argv = [sys.executable, "-m", "benchmarks.programs.our_large", str(file), str(folder), str(out)]
    began = time.perf_counter()
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for(f"行 1/{ROWS}", 120)
        shown = (time.perf_counter() - began) * 1000
        terminal.wait_for(FIRST, 30)
    told: dict[str, float] = json.loads(out.read_text("ascii"))
    return told | {"shown": shown}


def visidata_first(file: Path) -> float:
    """Milliseconds until VisiData shows the first row."""
    argv = [str(Path(sys.executable).with_name("vd")), "-N", str(file)]
    began = time.perf_counter()
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for("1 sheet", 60)
        terminal.send("\r")
        terminal.wait_for(FIRST, 120)
        return (time.perf_counter() - began) * 1000


def naive_time(file: Path, rows: int) -> float:
    """Milliseconds until the naive program shows all its rows; it stores none."""
    argv = [sys.executable, "-m", "benchmarks.programs.naive_import", str(file)]
    began = time.perf_counter()
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for(f"{rows} {DONE}", 240)
        return (time.perf_counter() - began) * 1000


# ---- the center --------------------------------------------------------------------------------------


def center_figures(folder: Path, say: Callable[[str], None]) -> list[Figure]:
    """Rows a second of whole submissions, effects included, as milliseconds for all rows."""
    figures = []
    people = [person(number) for number in range(ROWS)]
    with full_center(folder / "immediate", "lyszfgjj", people, say) as (office, base):
        for business in ("seal", "unseal"):
            say(f"大名册：中心当场办理 {business} …")
            figures += _figures(
                f"{business}，当场办结", *filed(office, base, rows_of(office, business, people))
            )
    with full_center(folder / "jobs", "shaanxi", people, say) as (office, base):
        say("大名册：中心受理后分块办理 seal …")
        figures += _figures("seal，受理并分块办结", *filed(office, base, rows_of(office, "seal", people)))
    return figures


def _figures(what: str, wall: float, cpu: float, bare: float) -> list[Figure]:
    goal = ROWS / RATE * 1000
    title = f"中心 {ROWS} 行 {what}"
    return [
        Figure(title, wall * 1000, "毫秒", bare * 1000, "同样的行直接 INSERT", goal),
        Figure("　其中中心的处理器时间", cpu * 1000, "毫秒", goal=goal),
    ]


@contextmanager
def full_center(
    folder: Path, profile: str, people: Sequence[DepositorRow], say: Callable[[str], None]
) -> Iterator[tuple[Office, str]]:
    """A center served on a port in this process, whose unit has these people; its address."""
    say(f"大名册：建立有 {len(people)} 人的中心（{profile}）…")
    folder.mkdir()
    with running_center(folder, profile) as center:
        office = Office(center)
        _fill(center, office.unit, people)
        spare_collections()
        with served(center.settings) as base:
            yield office, base


def _fill(center: CenterUnderTest, unit_account: str, people: Sequence[DepositorRow]) -> None:
    normal = {"unit_account": unit_account, "status": AccountStatus.NORMAL.value}
    with center.store.write() as conn:
        for start in range(0, len(people), 1000):
            part = people[start : start + 1000]
            known = [
                {
                    "person_key": one.id_number,
                    "id_number": one.id_number,
                    "name": one.name,
                    "mobile": one.mobile,
                }
                for one in part
            ]
            conn.execute(insert(depositor), known)
            accounts = [_account(one, at) | normal for at, one in enumerate(part, start + 1)]
            conn.execute(insert(account), accounts)
        full = {"depositor_rev": len(people), "account_counter": len(people)}
        conn.execute(update(unit).where(unit.c.unit_account == unit_account).values(full))


def rows_of(office: Office, business: str, people: Sequence[DepositorRow]) -> dict[str, Any]:
    """The body of a submission about everybody."""
    named = [
        office.account_row(one.account_no, business, name=one.name, id_number=one.id_number) for one in people
    ]
    return office.body(named, business=business, source="file")


def filed(office: Office, base: str, body: Mapping[str, Any]) -> tuple[float, float, float]:
    """Seconds to the last row's result, processor seconds, seconds of a bare INSERT."""
    request = office.request(dict(body), str(uuid.uuid4()))
    spent, began = time.process_time(), time.perf_counter()
    answer = httpx.put(
        base + request.path,
        content=request.body,
        headers=request.headers | {"host": AUTHORITY},
        timeout=300,
    )
    assert answer.status_code == 201, answer.text[:500]
    while answer.json()["state"] == "processing":
        with office.center.store.read() as conn:
            mine = select(job.c.state).where(job.c.submission_id == request.headers["idempotency-key"])
            if conn.execute(mine).scalar_one() == "done":
                break
        time.sleep(0.02)
    wall = time.perf_counter() - began
    cpu = time.process_time() - spent
    with office.center.store.read() as conn:
        assert len({one.rev for one in conn.execute(select(account.c.rev))}) == ROWS
    return wall, cpu, bare_insert(office.center.settings.data_dir, body["rows"])


def bare_insert(folder: Path, rows: Sequence[Mapping[str, str]]) -> float:
    """Seconds for the rows into a table without index, in one transaction, with the center's durability."""
    file = folder / "bare.sqlite3"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous=EXTRA")
    keys = list(rows[0])
    connection.execute(f"CREATE TABLE bare ({', '.join(keys)})")
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    marks = ", ".join("?" * len(keys))
    connection.executemany(f"INSERT INTO bare VALUES ({marks})", [tuple(row.values()) for row in rows])
    connection.execute("COMMIT")
    taken = time.perf_counter() - began
    connection.close()
    file.unlink()
    return taken
