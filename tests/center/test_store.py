from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from center.store import migrate
from center.store.engine import Store, is_busy, is_retryable, journal_pragmas
from center.store.tables import operator_unit, setting
from tests.support.center import make_settings


@pytest.fixture
def store(tmp_path: Path, database_url: str) -> Store:
    made = Store(make_settings(tmp_path, url=database_url))
    migrate.upgrade(made)
    return made


def put(conn: Connection, name: str, value: str = "0") -> None:
    conn.execute(insert(setting).values(name=name, value=value))


def names(store: Store) -> list[str]:
    with store.read() as conn:
        return list(conn.scalars(select(setting.c.name).order_by(setting.c.name)))


def test_write_commits_and_rolls_back(store: Store) -> None:
    with store.write() as conn:
        put(conn, "a")
    with pytest.raises(ValueError), store.write() as conn:
        put(conn, "b")
        raise ValueError
    assert names(store) == ["a"]


def test_read_never_commits(store: Store) -> None:
    with store.read() as conn:
        put(conn, "a")
    assert names(store) == []


def test_run_gives_the_result(store: Store) -> None:
    assert store.run(lambda conn: conn.scalar(text("SELECT 1"))) == 1


def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as conn:
        conn.execute(insert(operator_unit).values(operator_id="x", unit_account="y"))


def test_writers_stand_in_line_and_lose_nothing(store: Store) -> None:
    with store.write() as conn:
        put(conn, "n")

    def work(conn: Connection) -> None:
        value = conn.scalar(select(setting.c.value).where(setting.c.name == "n").with_for_update())
        conn.execute(update(setting).values(value=str(int(value or "0") + 1)))

    def many() -> None:
        for _ in range(10):
            store.run(work)

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with store.read() as conn:
        assert conn.scalar(select(setting.c.value)) == "80"


def test_readers_go_on_while_somebody_writes(store: Store) -> None:
    with store.write() as conn:
        put(conn, "a")
        assert names(store) == []


def test_deadlocks_are_repeated_on_postgresql(postgres: str, tmp_path: Path) -> None:
    """Two transactions take two rows in opposite order; the database kills one and `run` repeats it."""
    from tests.support.postgres import fresh_database

    with fresh_database(postgres) as url:
        store = Store(make_settings(tmp_path, url=url))
        migrate.upgrade(store)
        with store.write() as conn:
            put(conn, "a")
            put(conn, "b")
        gate = threading.Barrier(2)
        tries: list[str] = []

        def work(conn: Connection, first: str, second: str) -> None:
            tries.append(first)
            for name in (first, second):
                conn.execute(update(setting).where(setting.c.name == name).values(value=first))
                if len(tries) <= 2 and name == first:
                    gate.wait(10)

        threads = [
            threading.Thread(target=lambda pair=pair: store.run(lambda conn: work(conn, *pair)))
            for pair in (("a", "b"), ("b", "a"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(tries) == 3
        with store.read() as conn:
            assert len(set(conn.scalars(select(setting.c.value)))) == 1
        store.close()


def test_which_errors_may_be_repeated() -> None:
    class Fault(Exception):
        def __init__(self, sqlstate: str) -> None:
            self.sqlstate = sqlstate

    def error(state: str) -> DBAPIError:
        return DBAPIError("x", {}, Fault(state))

    assert [is_retryable(error(state)) for state in ("40001", "40P01", "23505", "")] == [
        True,
        True,
        False,
        False,
    ]
    assert [is_busy(error(state)) for state in ("40001", "08006", "57P01", "53300", "23505", "42601")] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_stolen_lock_is_busy(tmp_path: Path) -> None:
    import sqlite3

    store = Store(make_settings(tmp_path))
    migrate.upgrade(store)
    with store.write() as conn:
        thief = sqlite3.connect(tmp_path / "center.sqlite3", timeout=0)
        with pytest.raises(sqlite3.OperationalError) as caught:
            thief.execute("BEGIN IMMEDIATE")
        assert is_busy(OperationalError("x", {}, caught.value))
        assert not is_busy(OperationalError("x", {}, sqlite3.OperationalError("no such table: x")))
        put(conn, "a")
        thief.close()
    store.close()


def test_sqlite_is_set_up_for_safety(tmp_path: Path) -> None:
    import sqlite3

    store = Store(make_settings(tmp_path))
    with store.read() as conn:
        values = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "busy_timeout", "journal_mode", "synchronous")
        }
    safe = sqlite3.sqlite_version_info >= (3, 51, 3)
    assert values == {
        "foreign_keys": 1,
        "busy_timeout": 30000,
        "journal_mode": "wal" if safe else "delete",
        "synchronous": 2 if safe else 3,
    }


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "journal_mode=DELETE synchronous=EXTRA"),
        ((3, 51, 2), "journal_mode=DELETE synchronous=EXTRA"),
        ((3, 51, 3), "journal_mode=WAL synchronous=FULL"),
        ((3, 53, 0), "journal_mode=WAL synchronous=FULL"),
    ],
)
def test_the_journal_follows_the_release(version: tuple[int, int, int], mode: str) -> None:
    assert " ".join(pragma.removeprefix("PRAGMA ") for pragma in journal_pragmas(version)) == mode


def test_a_database_in_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="必须是文件"):
        Store(make_settings(tmp_path, url="sqlite://"))
