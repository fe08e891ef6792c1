"""Commits do not wait for the disk, and lose nothing for it: the log of the store, its thread, its moves."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from client.errors import StoreError
from client.store import database as module
from client.store import wal
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import NewRow, Scope

ROOT = Path(__file__).parents[2]
SCOPE = Scope("baishan", "test", "100001", "li")
PROGRAM = """
import sys
from pathlib import Path
from client.store.database import Database
from client.store.rosters import RosterStore
from client.store.rows import NewRow
store = RosterStore(Database(Path(sys.argv[1])))
for number in range(int(sys.argv[3])):
    store.insert(int(sys.argv[2]), NewRow({"name": f"{sys.argv[4]}{number}"}))
    print(number, flush=True)
store.database.close()
"""


def names(store: RosterStore, roster: int) -> list[str]:
    return [row.typed["name"] for row in store.rows(roster)]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_who_types_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(tmp_path)
    store = RosterStore(database)
    answered = threading.Event()
    asked: list[str] = []

    def slow(number: int) -> None:
        asked.append(threading.current_thread().name)
        assert answered.wait(20)

    monkeypatch.setattr(os, "fsync", slow)
    roster = store.create(SCOPE, "open")
    until(lambda: bool(asked))
    for number in range(5):
        store.insert(roster, NewRow({"name": f"甲{number}"}))
    assert names(store, roster) == [f"甲{number}" for number in range(5)]
    answered.set()
    database.close()
    assert set(asked) == {"gjj-store"}


def test_what_is_told_to_others_is_with_the_disk_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path)
    here: list[int] = []
    own = threading.current_thread()

    def noting(number: int) -> None:
        if threading.current_thread() is own:
            here.append(os.fstat(number).st_size)

    monkeypatch.setattr(os, "fsync", noting)
    with database.write(lasting=True) as connection:
        connection.exec_driver_sql("INSERT INTO setting (name, value) VALUES ('a', '1')")
        assert here == []
    assert here == [(tmp_path / "gjj.db-wal").stat().st_size]
    database.close()


def test_trouble_with_the_disk_is_told_at_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(tmp_path)
    store = RosterStore(database)
    told = threading.Event()

    def broken(number: int) -> None:
        told.set()
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        roster = store.create(SCOPE, "open")
        assert told.wait(20)
        keeper = database._keeper
        assert keeper is not None
        until(lambda: keeper._trouble is not None)
    with pytest.raises(StoreError) as failed:
        store.insert(roster, NewRow({"name": "甲"}))
    assert (failed.value.code, failed.value.retryable) == ("store.io", True)
    store.insert(roster, NewRow({"name": "乙"}))
    assert names(store, roster) == ["乙"]
    database.close()


def test_a_program_killed_at_any_moment_has_all_it_committed(tmp_path: Path) -> None:
    database = Database(tmp_path / "store")
    store = RosterStore(database)
    roster = store.create(SCOPE, "open")
    for round_number, lines in enumerate((1, 30)):
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "store"), str(roster), "9999"]
        program = subprocess.Popen([*command, f"{round_number}-"], cwd=ROOT, stdout=subprocess.PIPE)
        assert program.stdout is not None
        told = [int(program.stdout.readline()) for _ in range(lines)]
        program.send_signal(signal.SIGKILL)
        told += [int(line) for line in program.stdout.read().split()]
        program.wait(20)
        found = [name for name in names(store, roster) if name.startswith(f"{round_number}-")]
        assert len(found) >= len(told) >= lines
        assert found == [f"{round_number}-{number}" for number in range(len(found))]
    database.close()
    again = Database(tmp_path / "store")
    assert again.check() == "ok"
    again.close()


def test_the_log_is_moved_in_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wal, "QUIET_SECONDS", 0.05)
    database = Database(tmp_path / "store")
    store = RosterStore(database)
    roster = store.create(SCOPE, "open")
    store.insert(roster, NewRow({"name": "甲"}))

    def moved() -> bool:
        # The file alone, without its log; copied by another process, whose closing drops none of our locks.
        copy = tmp_path / "copy.db"
        subprocess.run(["cp", str(database.path), str(copy)], check=True)
        with sqlite3.connect(f"file:{copy}?immutable=1", uri=True) as connection:
            try:
                return bool(connection.execute("SELECT count(*) FROM roster_row").fetchone()[0])
            except sqlite3.DatabaseError:
                return False  # copied in the midst of the move

    until(moved)
    size = (tmp_path / "store" / "gjj.db-wal").stat().st_size
    store.insert(roster, NewRow({"name": "乙"}))
    assert (tmp_path / "store" / "gjj.db-wal").stat().st_size <= size, "the log begins anew"
    assert names(store, roster) == ["甲", "乙"]
    database.close()


def test_no_commit_is_beside_a_move(tmp_path: Path) -> None:
    database = Database(tmp_path)
    other = sqlite3.connect(database.path, isolation_level=None, timeout=0)
    seen: list[str] = []

    def watched() -> sqlite3.Connection:
        connection = module._connect(database.path, "rw")
        connection.set_trace_callback(beside)
        return connection

    def beside(sql: str) -> None:
        if "wal_checkpoint" in sql:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            seen.append(sql)

    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO setting (name, value) VALUES ('a', '1')")
    keeper = wal.LogKeeper(database.path, watched, threading.Lock())
    other.execute("BEGIN IMMEDIATE")
    assert not keeper.move(), "another program writes"
    other.execute("ROLLBACK")
    assert seen == []
    assert keeper.move()
    assert len(seen) == 1
    other.close()
    database.close()


def test_a_store_opened_twice_keeps_its_locks(tmp_path: Path) -> None:
    """Closing any file descriptor of the file drops this process's locks on it: then the log would go."""
    database = Database(tmp_path / "store")
    store = RosterStore(database)
    roster = store.create(SCOPE, "open")
    Database(tmp_path / "store").close()
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "store"), str(roster), "3", "他"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "store" / "gjj.db-wal").exists(), "the other was not the last to have it open"
    store.insert(roster, NewRow({"name": "我"}))
    assert names(store, roster) == ["他0", "他1", "他2", "我"]
    database.close()
    again = Database(tmp_path / "store")
    assert again.check() == "ok"
    assert names(RosterStore(again), roster) == ["他0", "他1", "他2", "我"]
    again.close()
