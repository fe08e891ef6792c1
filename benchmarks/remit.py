"""汇缴核定 and 汇缴分配 of 20,000 people at the center, next to a bulk INSERT of the same rows."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from benchmarks.figures import Figure, middle
from center.demo.generator import Employee
from center.demo.setup import DemoUnit, add_employees
from center.store.money_tables import holding, remittance_row, transfer
from domain.business import AccountStatus, RatioPair
from tests.support.center import running_center
from tests.support.filing import Office
from tests.support.remitting import come, due

PEOPLE, ROUNDS = 20_000, 3
PROFILE = "baishan"
PAIR = RatioPair(1200, 1200)
MONTHLY = 192_000
REMIT_GOAL, ALLOCATE_GOAL = 12.0, 12.0
"""Times the bulk INSERT: what is written is counted, checked, chained and signed as well."""


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Months of one unit, one after the other, through the API of a center in this process."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        say(f"汇缴：建立有 {PEOPLE} 人的单位 …")
        with running_center(folder, PROFILE) as center:
            office = Office(center, paid_through=202610 - ROUNDS)
            staff = [
                Employee(person, 800_000, PAIR, 96_000, 96_000, AccountStatus.NORMAL, date(2020, 3, 1))
                for person in office.people(PEOPLE)
            ]
            with center.store.write() as conn:
                add_employees(conn, DemoUnit(office.unit, "大单位", PEOPLE, True, (PAIR,)), staff)
            verified, allocated = [], []
            for round_ in range(ROUNDS):
                say(f"汇缴：第 {round_ + 1} 个月 …")
                rows = due(office)
                verified.append(_timed(office, "remit", rows))
                come(office, PEOPLE * MONTHLY)
                allocated.append(_timed(office, "allocate", rows))
            with center.store.read() as conn:
                shares = _rows(conn, remittance_row, PEOPLE)
                moves = _rows(conn, transfer, 2 * PEOPLE)
                balances = _rows(conn, holding, PEOPLE)
        bare = middle([_bare(folder / f"a{at}.db", [(remittance_row, shares)]) for at in range(ROUNDS)])
        books = [(transfer, moves), (holding, balances)]
        bare_books = middle([_bare(folder / f"b{at}.db", books) for at in range(ROUNDS)])
    return [
        _figure("汇缴核定", middle(verified), bare, REMIT_GOAL),
        _figure("汇缴分配", middle(allocated), bare_books, ALLOCATE_GOAL),
    ]


def _timed(office: Office, business: str, rows: list[dict[str, str]]) -> float:
    """Milliseconds from the request to the receipt."""
    request = office.request(office.body(rows, business))
    began = time.perf_counter()
    answer = office.center.send(request)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 201, answer.text
    return took


def _rows(conn: Connection, table: Table, count: int) -> Sequence[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(select(table).limit(count))]


def _bare(path: Path, tables: Sequence[tuple[Table, Sequence[tuple[Any, ...]]]]) -> float:
    """Milliseconds of writing the same rows with sqlite3 alone, in one transaction on the disk."""
    with sqlite3.connect(path) as base:
        for table, _ in tables:
            base.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
            for index in table.indexes:
                base.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
        base.commit()
        began = time.perf_counter()
        for table, rows in tables:
            places = ", ".join("?" * len(table.columns))
            base.executemany(f"INSERT INTO {table.name} VALUES ({places})", rows)
        base.commit()
        return (time.perf_counter() - began) * 1000


def _figure(name: str, ours: float, bare: float, goal: float) -> Figure:
    return Figure(f"{name} {PEOPLE} 人", ours, "ms", bare, "sqlite3 executemany", goal, relative=True)
