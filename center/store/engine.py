"""The center's database: one SQLAlchemy engine, SQLite embedded or PostgreSQL.

SQLite allows one writer; an in-process lock in front of `BEGIN IMMEDIATE` keeps writers in a fair line
instead of in busy-waiting (p99 10 ms instead of 100 to 300). Releases before 3.51.3 can lose pages in WAL
mode (sqlite.org, 3.53.0 release notes), so they get the rollback journal with synchronous=EXTRA.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from center.settings import Settings

T = TypeVar("T")

BUSY_MS = 30_000
CACHE_KB = 65_536
"""Pages a connection keeps at most: a large roster's transaction that outgrows them is written, and synced,
over and over before it ends."""
WAL_SAFE = (3, 51, 3)
ATTEMPTS = 6
RETRYABLE = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock (SQLSTATE)."""

_WRITE = "gjj_write"


class Store:
    """The only door to the database.

    `read()` and `write()` give a connection inside a transaction; `write()` commits at its end and rolls back
    on any exception, `read()` never commits. `run(work)` is `write()` that repeats `work` when the database
    asks for it, so `work` must have no effect outside its connection.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine = create_center_engine(settings.database_url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writer: AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; a consistent view on SQLite, read committed on PostgreSQL."""
        with self.engine.connect() as conn:
            try:
                yield conn
            finally:
                conn.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction. Database errors go to the caller unchanged (see `is_busy`)."""
        with self._writer, self.engine.connect() as plain:
            conn = plain.execution_options(**{_WRITE: True})
            with conn.begin():
                yield conn

    def run(self, work: Callable[[Connection], T]) -> T:
        """The result of `work(conn)` in a committed transaction, repeated on deadlock and serialization."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.write() as conn:
                    return work(conn)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not is_retryable(error):
                    raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Drop all connections."""
        self.engine.dispose()


def is_retryable(error: DBAPIError) -> bool:
    """True when the same transaction may succeed if repeated at once."""
    return getattr(error.orig, "sqlstate", None) in RETRYABLE


def is_busy(error: DBAPIError) -> bool:
    """True when the database was too busy or away: nothing is stored and the request may be repeated."""
    if is_retryable(error) or error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.OperationalError):
        return "locked" in str(error.orig) or "busy" in str(error.orig)
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith(("08", "53", "57")) or (
        state == "" and type(error.orig).__name__ == "OperationalError"
    )


def create_center_engine(url: str) -> Engine:
    """An engine for a center's database; parameters never appear in its error texts."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed,
            pool_size=20,
            max_overflow=20,
            pool_pre_ping=True,
            hide_parameters=True,
            isolation_level="READ COMMITTED",
        )
    if not parsed.database or parsed.database == ":memory:":
        raise ValueError("中心数据库必须是文件，请给出 sqlite:////路径/center.sqlite3。")
    Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        parsed,
        pool_size=20,
        max_overflow=40,
        pool_use_lifo=True,  # the connection that was used last still knows the pages
        hide_parameters=True,
        connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def journal_pragmas(version: tuple[int, int, int]) -> tuple[str, ...]:
    """The journal settings that are safe with a SQLite release."""
    if version >= WAL_SAFE:
        return ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
    return ("PRAGMA journal_mode=DELETE", "PRAGMA synchronous=EXTRA")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"PRAGMA busy_timeout={BUSY_MS}",
        *journal_pragmas(sqlite3.sqlite_version_info),
        "PRAGMA foreign_keys=ON",
        f"PRAGMA cache_size=-{CACHE_KB}",
    ):
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    writing = conn.get_execution_options().get(_WRITE, False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
