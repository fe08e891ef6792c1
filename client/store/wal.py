"""Committed writes reach the disk on a thread of their own, so that nobody who types waits for it.

A commit appends to the write-ahead log and leaves it with the operating system: it outlives this process,
however it ends. The thread lets the disk have it moments later, so that it outlives the machine too, and
moves the log into the database file in a pause.

SQLite before 3.51.3 may lose a write when a checkpoint begins beside a commit that starts the log anew
(sqlite.org/wal.html, the WAL-reset bug). So SQLite makes none by itself while the file is in use, and every
one made here stands within a write transaction of another connection: no commit is beside it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

QUIET_SECONDS = 2.0
"""Pause without a commit after which the log is moved; whoever writes meanwhile waits for the disk."""


class LogKeeper:
    """Looks after the write-ahead log of one file. Thread-safe."""

    def __init__(
        self, path: Path, connect: Callable[[], sqlite3.Connection], writing: threading.Lock
    ) -> None:
        """`connect` opens a connection with nothing begun; `writing` is held by whoever writes."""
        self._log = path.with_name(path.name + "-wal")
        self._connect = connect
        self._writing = writing
        self._changed = threading.Condition()
        self._unsynced = self._unmoved = self._ended = False
        self._thread: threading.Thread | None = None
        self._trouble: Exception | None = None

    def committed(self) -> None:
        """Something has been committed: let the disk have it soon."""
        with self._changed:
            self._unsynced = True
            if self._thread is None:
                self._ended = False
                self._thread = threading.Thread(target=self._run, name="gjj-store", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def sync(self) -> None:
        """Wait until the disk has all that has been committed. Raises OSError."""
        try:
            number = os.open(self._log, os.O_RDONLY)
        except FileNotFoundError:
            return  # the last connection has been closed: all of it is in the database file
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def raise_trouble(self) -> None:
        """Raise once what kept the disk from having what was committed: OSError or sqlite3.Error."""
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise trouble

    def close(self) -> None:
        """End the thread; what is not with the disk yet goes there now. The next commit starts another."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._ended = True
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                pause = QUIET_SECONDS if self._unmoved else None
                self._changed.wait_for(lambda: self._unsynced or self._ended, pause)
                unsynced, self._unsynced = self._unsynced, False
                ended = self._ended
            try:
                if unsynced:
                    self._unmoved = True
                    self.sync()
                elif not ended:
                    self._unmoved = not self.move()
            except (OSError, sqlite3.Error) as error:
                self._trouble = error
                self._unmoved = False
            if ended:
                return

    def move(self) -> bool:
        """Move the log into the database file; False when readers or another program were in the way."""
        with self._writing:
            holder, mover = self._connect(), self._connect()
            try:
                holder.execute("PRAGMA busy_timeout = 0")
                holder.execute("BEGIN IMMEDIATE")
                _, pages, moved = mover.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                holder.execute("ROLLBACK")
                if pages == moved:
                    start_log(holder)
                return bool(pages == moved)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    return False
                raise
            finally:
                mover.close()
                holder.close()


def start_log(connection: sqlite3.Connection) -> None:
    """Write the log's first page: this waits for the disk, the commits behind it do not."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version = {int(version)}")
    connection.execute("COMMIT")
