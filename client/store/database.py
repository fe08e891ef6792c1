"""The file of the local store: where it is, who may read it, how it is opened, and its versions.

Every thread works on a connection of its own, taken from the pool for one operation. Writers begin IMMEDIATE,
one at a time in this process: whoever waits goes on as soon as it may. Commits go to a write-ahead log
(`client.store.wal`), so that readers and writers do not wait for each other, nor either for the disk.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from client.errors import StoreError
from client.store.migrations import MIGRATIONS
from client.store.wal import LogKeeper, start_log

FILE_NAME = "gjj.db"
BUSY_MILLISECONDS = 10_000
CACHE_SIZE = -8000
"""SQLite's page cache of a connection, as its pragma takes it: KiB below zero."""
FETCH = 5000
"""Records fetched at a time where there are very many."""
ROLLBACK = ("DELETE", "EXTRA")
"""Where there can be no log (a folder on the network): every commit waits for the disk."""
WITHDRAWN = (3, 52, 0)
"""A release of SQLite that its makers took back."""


def default_folder() -> Path:
    """The user's data folder for this program."""
    from platformdirs import user_data_path

    return user_data_path("gjj", appauthor=False)


def utc_now() -> str:
    """Now, UTC ISO 8601 with "Z", to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def journal(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> tuple[str, str]:
    """(journal_mode, synchronous) that are safe with a version of SQLite."""
    return ("WAL", "NORMAL") if version != WITHDRAWN else ROLLBACK


class Database:
    """The open store. Thread-safe; several processes may have it open."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open, create or migrate the store in `folder`. Raises StoreError."""
        self.folder = folder or default_folder()
        self.path = self.folder / FILE_NAME
        _secure(self.folder, self.path)
        self.engine = _engine(self.path)
        self._writing = threading.Lock()
        self._keeper: LogKeeper | None = None
        with translated():
            if _migrate(self.engine):
                self._keeper = LogKeeper(self.path, lambda: _connect(self.path, "rw"), self._writing)
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
    def write(self, *, lasting: bool = False) -> Iterator[Connection]:
        """A connection in a write transaction, committed at the end. Raises StoreError.

        What is committed outlives this process. With `lasting` the disk has it too when this returns, as
        what is told to others must; else moments later, and whoever types does not wait for it.
        """
        with translated():
            if self._keeper is not None:
                _with_disk(self._keeper.raise_trouble)
            if not self._writing.acquire(timeout=BUSY_MILLISECONDS / 1000):
                raise _told(sqlite3.SQLITE_BUSY)
            try:
                with self.engine.begin() as connection:
                    yield connection
            finally:
                self._writing.release()
            if self._keeper is not None:
                self._keeper.committed()
                if lasting:
                    _with_disk(self._keeper.sync)

    def check(self) -> str:
        """The word ok, or what SQLite finds wrong with the file."""
        with self.read() as connection:
            return str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())

    def close(self) -> None:
        """Close all connections of the pool; the disk has everything then."""
        if self._keeper is not None:
            self._keeper.close()
        self.engine.dispose()


def pages(connection: Connection, sql: str, values: Any) -> Iterator[Sequence[Any]]:
    """Records of a query as the driver gives them, `FETCH` at a time, for queries that find very many.

    A record costs a third of SQLAlchemy's row; the interpreter's lock changes hands between two pages.
    """
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, values)
        while page := cursor.fetchmany(FETCH):
            yield page
    finally:
        cursor.close()


# ---- opening ---------------------------------------------------------------------------------------


def _secure(folder: Path, path: Path) -> None:
    """Folder 0700 and files 0600, made so where they are not; another owner's are refused.

    A file that is there is never opened here: closing it would drop the locks that SQLite holds on it for
    this process (sqlite.org/howtocorrupt.html, section 2.2).
    """
    text = f"数据文件夹 {folder} 不能使用，请检查它的归属和权限。"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _own(folder, 0o700)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        _own(path, 0o600)
        for tail in ("-journal", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                _own(folder / f"{path.name}{tail}", 0o600)
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


def _connect(path: Path, mode: str = "rwc") -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MILLISECONDS / 1000,
    )
    wanted, synchronous = journal()
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    found = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
    if found.upper() != "WAL":
        synchronous = ROLLBACK[1]
    for pragma in (
        f"synchronous = {synchronous}",
        "wal_autocheckpoint = 0",
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


def _migrate(engine: Engine) -> bool:
    """Bring the file to the newest version; says whether it keeps a write-ahead log."""
    with engine.begin() as connection:
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if version > len(MIGRATIONS):
            text = "本机数据由更新版本的程序建立，请升级程序后再打开。"
            raise StoreError(text, code="store.newer")
        for step in MIGRATIONS[version:]:
            step(connection)
        if version != len(MIGRATIONS):
            connection.exec_driver_sql(f"PRAGMA user_version = {len(MIGRATIONS)}")
    raw = engine.raw_connection()
    try:
        own = raw.driver_connection
        assert isinstance(own, sqlite3.Connection)
        logs = own.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        if logs:
            start_log(own)
    finally:
        raw.close()
    return bool(logs)


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
    return _told(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _told(number: int) -> StoreError:
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


def _with_disk(step: Callable[[], None]) -> None:
    """Do what waits for the disk, or tell what it answered before."""
    try:
        step()
    except OSError:
        raise _told(sqlite3.SQLITE_IOERR) from None
