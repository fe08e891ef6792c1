"""The file of the local store: where it is, who may read it, how it is opened, and its versions.

Every thread works on a connection of its own, taken from the pool for one operation. Writers begin IMMEDIATE.
WAL is used from SQLite 3.51.3 on (before it a checkpoint could lose a write), else a rollback journal with
synchronous=EXTRA.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from client.errors import StoreError
from client.store.migrations import MIGRATIONS

FILE_NAME = "gjj.db"
BUSY_MILLISECONDS = 10_000
CACHE_SIZE = -8000
"""SQLite's page cache of a connection, as its pragma takes it: KiB below zero."""
WAL_SAFE = (3, 51, 3)
WITHDRAWN = (3, 52, 0)


def default_folder() -> Path:
    """The user's data folder for this program."""
    from platformdirs import user_data_path

    return user_data_path("gjj", appauthor=False)


def utc_now() -> str:
    """Now, UTC ISO 8601 with "Z", to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def journal(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> tuple[str, str]:
    """(journal_mode, synchronous) that are safe with a version of SQLite."""
    return ("WAL", "FULL") if version >= WAL_SAFE and version != WITHDRAWN else ("DELETE", "EXTRA")


class Database:
    """The open store. Thread-safe; several processes may have it open."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open, create or migrate the store in `folder`. Raises StoreError."""
        self.folder = folder or default_folder()
        self.path = self.folder / FILE_NAME
        _secure(self.folder, self.path)
        self.engine = _engine(self.path)
        with translated():
            _migrate(self.engine)
        _secure(self.folder, self.path)

    def __repr__(self) -> str:
        return f"Database({str(self.path)!r})"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in a read transaction: one consistent view. Raises StoreError."""
        with translated(), self.engine.connect() as connection:
            connection = connection.execution_options(gjj_begin="BEGIN")
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a write transaction, committed at the end. Raises StoreError."""
        with translated(), self.engine.begin() as connection:
            yield connection

    def check(self) -> str:
        """The word ok, or what SQLite finds wrong with the file."""
        with self.read() as connection:
            return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())

    def close(self) -> None:
        """Close all connections of the pool."""
        self.engine.dispose()


# ---- opening ---------------------------------------------------------------------------------------


def _secure(folder: Path, path: Path) -> None:
    """Folder 0700 and files 0600, made so where they are not; another owner's are refused."""
    text = f"数据文件夹 {folder} 不能使用，请检查它的归属和权限。"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _own(folder, 0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600))
        for name in (path.name, *(path.name + tail for tail in ("-journal", "-wal", "-shm"))):
            if (folder / name).exists():
                _own(folder / name, 0o600)
    except OSError:
        raise StoreError(text, code="store.permission") from None


def _own(path: Path, mode: int) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        raise PermissionError
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)


def _engine(path: Path) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(path),
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_MILLISECONDS / 1000
    )
    mode, synchronous = journal()
    for pragma in (
        f"busy_timeout = {BUSY_MILLISECONDS}",
        f"journal_mode = {mode}",
        f"synchronous = {synchronous}",
        "foreign_keys = ON",
        f"cache_size = {CACHE_SIZE}",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("gjj_begin", "BEGIN IMMEDIATE"))


# ---- versions --------------------------------------------------------------------------------------


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if version > len(MIGRATIONS):
            text = "本机数据由更新版本的程序建立，请升级程序后再打开。"
            raise StoreError(text, code="store.newer")
        for step in MIGRATIONS[version:]:
            step(connection)
        if version != len(MIGRATIONS):
            connection.exec_driver_sql(f"PRAGMA user_version = {len(MIGRATIONS)}")


# ---- errors ----------------------------------------------------------------------------------------

_SENTENCES: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("store.full", "磁盘已满，内容没有保存，请清理磁盘后重试。"),
    sqlite3.SQLITE_BUSY: ("store.locked", "本机数据正被另一个程序占用，请稍后重试。"),
    sqlite3.SQLITE_LOCKED: ("store.locked", "本机数据正被另一个程序占用，请稍后重试。"),
    sqlite3.SQLITE_READONLY: ("store.permission", "本机数据文件是只读的，请检查数据文件夹的权限。"),
    sqlite3.SQLITE_PERM: ("store.permission", "没有权限读写本机数据，请检查数据文件夹的权限。"),
    sqlite3.SQLITE_CANTOPEN: ("store.permission", "不能打开本机数据文件，请检查数据文件夹的权限。"),
    sqlite3.SQLITE_IOERR: ("store.io", "读写磁盘出错，内容没有保存，请检查磁盘后重试。"),
    sqlite3.SQLITE_CORRUPT: ("store.damaged", "本机数据文件已损坏，请运行 gjj doctor 并联系技术人员。"),
    sqlite3.SQLITE_NOTADB: ("store.damaged", "本机数据文件已损坏，请运行 gjj doctor 并联系技术人员。"),
}


def _store_error(error: BaseException | None) -> StoreError:
    number = getattr(error, "sqlite_errorcode", 0) & 0xFF
    code, text = _SENTENCES.get(number, ("", ""))
    return StoreError(text, code=code, retryable=code in ("store.locked", "store.full", "store.io"))


@contextmanager
def translated() -> Iterator[Any]:
    """Turn errors of SQLite into StoreError with one sentence; a broken invariant passes as it is."""
    try:
        yield
    except DBAPIError as error:
        original = error.orig
        if isinstance(original, sqlite3.IntegrityError):
            raise
        raise _store_error(original) from None
    except sqlite3.Error as error:
        raise _store_error(error) from None
