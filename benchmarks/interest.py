"""年度结息 of 100,000 accounts, next to a bulk INSERT of the rows it writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert, select

from benchmarks.figures import Figure
from benchmarks.large import bare_insert
from center.clock import ManualClock
from center.interest.settle import settle_year
from center.serials import account_number
from center.settings import sqlite_url
from center.store import migrate
from center.store.engine import Store
from center.store.money_tables import interest, journal, transfer
from center.store.tables import account, depositor, scope, unit
from domain.profile import load_profile
from tests.support.books import deposit
from tests.support.center import make_settings

PEOPLE, UNITS = 100_000, 10
YEAR, AFTER = 2025, datetime(2026, 7, 10, 2, 0, tzinfo=UTC)
DEPOSITS = (date(2025, 7, 1), date(2025, 10, 15), date(2026, 1, 15), date(2026, 4, 15))
GOAL = 20.0
"""Times a bare INSERT without index: what is written here is summed up, checked, chained, indexed."""


def measure(say: Callable[[str], None]) -> list[Figure]:
    """Milliseconds of a whole settlement."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(make_settings(folder, url=sqlite_url(folder)))
        migrate.upgrade(store)
        say(f"结息：建立 {PEOPLE} 个账户，各有 {len(DEPOSITS)} 次缴存 …")
        fill(store)
        say("结息：全部结息 …")
        began = time.perf_counter()
        done = settle_year(store, load_profile("shanxi"), ManualClock(AFTER), YEAR, "bench")
        taken = time.perf_counter() - began
        assert done.accounts == PEOPLE and done.left == 0
        rows = list(written(store))
        bare = bare_insert(folder, rows)
        store.close()
    title = f"{PEOPLE} 个账户年度结息，写入 {len(rows)} 行"
    return [Figure(title, taken * 1000, "毫秒", bare * 1000, "同样的行直接 INSERT", GOAL, True)]


def fill(store: Store) -> None:
    """Units with people, and their deposits of the year."""
    each = PEOPLE // UNITS
    facts = {"base": 1, "unit_ratio": 500, "person_ratio": 500, "unit_amount": 1, "person_amount": 1}
    for place in range(UNITS):
        name = f"{100001 + place}"
        numbers = [account_number(name, number + 1) for number in range(each)]
        with store.write() as conn:
            conn.execute(insert(scope).values(scope=name))
            values = {"name": name, "unified_ratio": True, "ratios": "[]", "fund_types": "[]"}
            conn.execute(insert(unit).values(unit_account=name, **values))
            people = [{"person_key": one, "id_number": one, "name": "职工"} for one in map(_key, numbers)]
            conn.execute(insert(depositor), people)
            accounts = [
                {"account_no": one, "unit_account": name, "person_key": _key(one), "rev": at, "status": "01"}
                | facts
                | {"opened": "2020-01-01"}
                for at, one in enumerate(numbers)
            ]
            conn.execute(insert(account), accounts)
        for day in DEPOSITS:
            deposit(store, name, day, {one: (100_000 + at, 100_001) for at, one in enumerate(numbers)})


def _key(number: str) -> str:
    return number[-18:]


def written(store: Store) -> Iterator[Mapping[str, str]]:
    """The rows a settlement has written, as texts of one table."""
    width = max(len(interest.c), len(transfer.c))
    keys = [f"c{place}" for place in range(width)]
    booked = select(transfer).join(journal, journal.c.journal_no == transfer.c.journal_no)
    own = booked.where(journal.c.act.in_(("interest", "carry")))
    with store.read() as conn:
        found = chain(conn.execute(select(interest)), conn.execute(own))
        for row in found:
            yield dict(zip_longest(keys, row, fillvalue=""))
