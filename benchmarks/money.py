"""Posting: a month of 20,000 people, interest of 100,000 accounts, next to a bulk INSERT of the same rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import insert

from benchmarks.figures import Figure, middle
from center.ledger import codes
from center.ledger.audit import audit_store
from center.ledger.post import Entry, Move, post
from center.serials import account_number
from center.server import spare_collections
from center.settings import sqlite_url
from center.store.engine import Store
from center.store.tables import account, depositor, scope, unit
from tests.support.center import make_settings
from tests.support.databases import migrated_sqlite

PEOPLE, ACCOUNTS, ROUNDS = 20_000, 100_000, 3
CHUNK = 10_000
"""Accounts of one entry of interest."""

UNIT: Final = "100001"
DAY, NOW = date(2026, 11, 25), "2026-11-25T02:00:00.000000Z"
OF_INSERT = 2.5
"""Of the bulk INSERT into the same tables: what checks, chain, digest and balances may cost."""

Entries = Sequence[tuple[Entry, list[Move]]]


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Allocation and interest, and what the audit of it all takes."""
    figures = []
    for title, count, entries in (
        (f"汇缴分配入账，{PEOPLE} 人 {2 * PEOPLE} 笔转账", PEOPLE, allocation),
        (f"结息入账，{ACCOUNTS} 个账户 {2 * ACCOUNTS} 笔转账", ACCOUNTS, interest),
    ):
        ours, peers, audits = [], [], []
        for number in range(ROUNDS):
            say(f"账务：{title}，第 {number + 1}/{ROUNDS} 轮 …")
            with TemporaryDirectory() as name:
                posted, inserted, audited = measured(Path(name), count, entries)
            ours.append(posted * 1000)
            peers.append(inserted * 1000)
            audits.append(audited * 1000)
        figures.append(
            Figure(title, middle(ours), "毫秒", middle(peers), "同样的行成批 INSERT", OF_INSERT, True)
        )
        figures.append(Figure("　其后核对全部账目", middle(audits), "毫秒"))
    return figures


def measured(
    folder: Path, count: int, entries: Callable[[Sequence[str]], Entries]
) -> tuple[float, float, float]:
    """Seconds of posting, of inserting the same rows, and of the audit."""
    store, numbers = filled(folder / "ours", count)
    todo = entries(numbers)
    spare_collections()
    began = time.perf_counter()
    for entry, moves in todo:
        with store.write() as conn:
            post(conn, entry, moves)
    posted = time.perf_counter() - began
    inserted = bulk_insert(
        folder / "ours" / "center.sqlite3", folder / "peer", [len(each) for _, each in todo]
    )
    began = time.perf_counter()
    broken = [one.broken for one in audit_store(store) if one.broken and one.invariant.number not in UNSTATED]
    audited = time.perf_counter() - began
    assert not broken, broken
    store.close()
    return posted, inserted, audited


UNSTATED: Final = frozenset({24, 25, 27})
"""Invariants about receipts, verified months and interest, which are not noted here."""


def filled(folder: Path, count: int) -> tuple[Store, list[str]]:
    """A unit with people and enough money, and the numbers of their accounts."""
    folder.mkdir()
    migrated_sqlite(sqlite_url(folder))
    store = Store(make_settings(folder))
    numbers = [account_number(UNIT, place + 1) for place in range(count)]
    facts = {"base": 1, "unit_ratio": 500, "person_ratio": 500, "unit_amount": 1, "person_amount": 1}
    people = [{"person_key": number, "id_number": number, "name": "某"} for number in numbers]
    accounts = [
        {"account_no": number, "unit_account": UNIT, "person_key": number, "rev": place, "status": "01"}
        | {"opened": "2026-01-01"}
        | facts
        for place, number in enumerate(numbers)
    ]
    with store.write() as conn:
        conn.execute(insert(scope).values(scope=UNIT))
        about = {"name": "示例", "unified_ratio": True, "ratios": "[]", "fund_types": "[]"}
        conn.execute(insert(unit).values(unit_account=UNIT, **about))
        conn.execute(insert(depositor), people)
        conn.execute(insert(account), accounts)
        opening = [Move(codes.BANK, codes.unallocated(UNIT), 10**12, "0")]
        post(conn, Entry("opening", "opening", UNIT, DAY, NOW), opening)
        accrued = [Move(codes.INTEREST_EXPENSE, codes.INTEREST_PAYABLE, 10**12, "0")]
        post(conn, Entry("accrue", "accrue", "", DAY, NOW), accrued)
    return store, numbers


def allocation(numbers: Sequence[str]) -> Entries:
    """One entry: both parts of everybody."""
    waiting = codes.unallocated(UNIT)
    moves = [
        Move(waiting, codes.person(number, part), 96_000, f"{number}:{part}", place)
        for place, number in enumerate(numbers, 1)
        for part in (codes.UNIT_CURRENT, codes.PERSON_CURRENT)
    ]
    return [(Entry("allocate", "month", UNIT, DAY, NOW, 202611), moves)]


def interest(numbers: Sequence[str]) -> Entries:
    """Entries of some accounts each, as a run of 结息 makes them."""
    made = []
    for start in range(0, len(numbers), CHUNK):
        moves = [
            Move(codes.INTEREST_PAYABLE, codes.person(number, part), 150, f"{number}:{part}")
            for number in numbers[start : start + CHUNK]
            for part in (codes.UNIT_CARRIED, codes.PERSON_CARRIED)
        ]
        made.append((Entry("interest", "interest:2025", UNIT, DAY, NOW), moves))
    return made


def bulk_insert(ours: Path, folder: Path, sizes: Sequence[int]) -> float:
    """Seconds for the rows of `ours` into tables of the same make, a transaction for each of `sizes`."""
    with closing(sqlite3.connect(ours)) as source:
        transfers = source.execute("SELECT * FROM transfer ORDER BY seq").fetchall()[2:]
        holdings = source.execute("SELECT * FROM holding ORDER BY account_no").fetchall()
    folder.mkdir()
    migrated_sqlite(sqlite_url(folder))
    with closing(sqlite3.connect(folder / "center.sqlite3", isolation_level=None)) as peer:
        peer.execute("PRAGMA synchronous=EXTRA")
        began, at, held = time.perf_counter(), 0, 0
        for size in sizes:
            peer.execute("BEGIN IMMEDIATE")
            rows, mine = transfers[at : at + size], holdings[held : held + size // 2]
            peer.executemany(f"INSERT INTO transfer VALUES ({', '.join('?' * len(rows[0]))})", rows)
            peer.executemany(f"INSERT INTO holding VALUES ({', '.join('?' * len(mine[0]))})", mine)
            peer.execute("COMMIT")
            at, held = at + size, held + size // 2
        taken = time.perf_counter() - began
        count = peer.execute(
            "SELECT (SELECT COUNT(*) FROM transfer) + (SELECT COUNT(*) FROM holding)"
        ).fetchone()
    assert count[0] == len(transfers) + len(holdings)
    return taken
