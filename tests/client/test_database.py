"""The file of the store: whose it is, how it is opened, what never stands in it."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from client.errors import LoginRefused, StoreError
from client.store import database as module
from client.store.caches import FormDrafts, Settings
from client.store.database import Database, journal
from client.store.migrations import MIGRATIONS
from client.store.rosters import RosterStore
from client.store.rows import NewRow, Scope
from tests.client.support import Agent
from tests.support.center import PASSWORD

ROOT = Path(__file__).parents[2]
SCOPE = Scope("baishan", "test", "100001", "li")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folder_and_file_are_for_the_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database(tmp_path / "a" / "store")
    finally:
        os.umask(before)
    store = RosterStore(database)
    store.insert(store.create(SCOPE, "open"), NewRow({"name": "张三"}))
    assert mode(tmp_path / "a" / "store") == 0o700
    assert {mode(path) for path in (tmp_path / "a" / "store").iterdir()} == {0o600}
    database.close()


def test_loose_permissions_are_tightened_at_opening(tmp_path: Path) -> None:
    Database(tmp_path / "store").close()
    (tmp_path / "store").chmod(0o755)
    (tmp_path / "store" / "gjj.db").chmod(0o644)
    Database(tmp_path / "store").close()
    assert mode(tmp_path / "store") == 0o700
    assert mode(tmp_path / "store" / "gjj.db") == 0o600


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (tmp_path / "elsewhere").write_text("")
    (folder / "gjj.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError) as refused:
        Database(folder)
    assert refused.value.code == "store.permission"
    assert refused.value.sentence.endswith("请检查它的归属和权限。")


def test_the_default_place_is_the_users_data_folder(home: Path) -> None:
    assert module.default_folder() == home / "data" / "gjj"


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ((3, 40, 1), ("WAL", "NORMAL")),
        ((3, 51, 3), ("WAL", "NORMAL")),
        ((3, 52, 0), ("DELETE", "EXTRA")),
        ((3, 53, 0), ("WAL", "NORMAL")),
    ],
)
def test_the_journal_is_one_that_loses_nothing(
    version: tuple[int, int, int], wanted: tuple[str, str]
) -> None:
    assert journal(version) == wanted


def test_every_connection_has_the_safe_settings(tmp_path: Path) -> None:
    database = Database(tmp_path)
    mode_name, _ = journal()
    with database.read() as connection:
        got = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in (
                "journal_mode",
                "synchronous",
                "wal_autocheckpoint",
                "foreign_keys",
                "busy_timeout",
            )
        }
    assert got["journal_mode"] == mode_name.lower()
    assert got["synchronous"] == {"NORMAL": 1, "EXTRA": 3}[journal()[1]]
    assert got["wal_autocheckpoint"] == 0
    assert (got["foreign_keys"], got["busy_timeout"]) == (1, 10_000)
    assert database.check() == "ok"
    database.close()


def test_a_store_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    Database(tmp_path).close()
    with sqlite3.connect(tmp_path / "gjj.db") as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError) as newer:
        Database(tmp_path)
    assert newer.value.sentence == "本机数据由更新版本的程序建立，请升级程序后再打开。"


def test_migrations_run_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(tmp_path).close()
    ran: list[int] = []
    steps = (*MIGRATIONS, lambda connection: ran.append(2), lambda connection: ran.append(3))
    monkeypatch.setattr(module, "MIGRATIONS", steps)
    Database(tmp_path).close()
    Database(tmp_path).close()
    assert ran == [2, 3]


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Database(tmp_path).close()

    def fail(connection: object) -> None:
        connection.exec_driver_sql("CREATE TABLE half (a)")  # type: ignore[attr-defined]
        raise ValueError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", (*MIGRATIONS, fail))
        with pytest.raises(ValueError, match="broken"):
            Database(tmp_path)
    database = Database(tmp_path)
    with database.read() as connection:
        assert (
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'half'").scalar() == 0
        )
    database.close()


def test_a_damaged_file_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "gjj.db").write_bytes(b"no database at all, only words " * 200)
    with pytest.raises(StoreError) as damaged:
        Database(tmp_path)
    assert damaged.value.code == "store.damaged"
    assert damaged.value.sentence == "本机数据文件已损坏，请运行 gjj doctor 并联系技术人员。"


def test_a_store_held_by_another_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)
    database = Database(tmp_path)
    holder = sqlite3.connect(tmp_path / "gjj.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError) as locked:
        Settings(database).put("a", 1)
    assert (locked.value.code, locked.value.retryable) == ("store.locked", True)
    holder.execute("ROLLBACK")
    holder.close()
    Settings(database).put("a", [1, "中"])
    assert Settings(database).get("a") == [1, "中"]
    database.close()


def test_many_threads_write_and_none_loses_anything(tmp_path: Path) -> None:
    database = Database(tmp_path)
    store = RosterStore(database)
    roster = store.create(SCOPE, "open")
    wrong: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(25):
                row = store.insert(roster, NewRow({"name": f"{name}{number}"}), at=0)
                if number % 3 == 0:
                    store.delete([row.row_id])
                store.window(roster, 0, 20)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert store.count(roster) == 6 * 16
    assert len(store.window(roster, 0, 999)) == 6 * 16
    database.close()


def test_two_processes_share_one_store(tmp_path: Path) -> None:
    database = Database(tmp_path / "store")
    store = RosterStore(database)
    roster = store.create(SCOPE, "open")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from client.store.database import Database\n"
        "from client.store.rosters import RosterStore\n"
        "from client.store.rows import NewRow\n"
        "store = RosterStore(Database(Path(sys.argv[1])))\n"
        "for number in range(60):\n"
        "    store.insert(int(sys.argv[2]), NewRow({'name': str(number)}, amount=1), at=0)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "store"), str(roster)]
    others = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    for number in range(60):
        store.insert(roster, NewRow({"name": f"own{number}"}, amount=1))
    assert [other.wait(60) for other in others] == [0, 0]
    assert store.totals(roster).amount == 180
    rows = store.window(roster, 0, 999)
    assert [row.index for row in rows] == list(range(180))
    assert [row.typed["name"] for row in rows if row.typed["name"].startswith("own")] == [
        f"own{number}" for number in range(60)
    ]
    database.close()


def test_an_import_whose_process_was_killed_is_undone_at_the_next_start(tmp_path: Path) -> None:
    database = Database(tmp_path / "store")
    store = RosterStore(database)
    roster = store.open_draft(SCOPE, "open").roster_id
    store.insert(roster, NewRow({"name": "kept"}))
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from client.store.database import Database\n"
        "from client.store.rosters import RosterStore\n"
        "from client.store.rows import NewRow\n"
        "def rows():\n"
        "    for number in range(5200):\n"
        "        yield NewRow({'name': str(number)})\n"
        "    os._exit(9)\n"
        "RosterStore(Database(Path(sys.argv[1]))).bulk_insert(int(sys.argv[2]), rows())\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "store"), str(roster)]
    assert subprocess.run(command, cwd=ROOT).returncode == 9
    assert store.roster(roster).loading
    assert store.count(roster) == 5001
    assert store.open_draft(SCOPE, "open").roster_id == roster
    assert [row.typed["name"] for row in store.window(roster, 0, 9)] == ["kept"]
    assert not store.roster(roster).loading
    database.close()


# ---- forms as typed ------------------------------------------------------------------------------------


def test_a_form_is_kept_as_typed_until_it_is_recorded(tmp_path: Path) -> None:
    database = Database(tmp_path)
    drafts = FormDrafts(database, SCOPE)
    assert drafts.load("opening") == {}
    drafts.save("opening", {"name": "张\udc81", "base": "80"})
    drafts.save("opening", {"name": "张三\udc81", "base": ""})
    assert drafts.load("opening") == {"name": "张三\udc81", "base": ""}
    other = FormDrafts(database, Scope("baishan", "test", "100001", "wang"))
    assert other.load("opening") == {}
    drafts.save("opening", {"name": "", "base": ""})
    assert drafts.load("opening") == {}
    database.close()


# ---- nothing secret --------------------------------------------------------------------------------------


def test_neither_store_nor_logs_nor_errors_hold_a_secret(
    make_agent: Callable[..., Agent], caplog: pytest.LogCaptureFixture
) -> None:
    """After a day's work: login, a wrong password, a submission, another password, logout."""
    caplog.set_level(logging.DEBUG)
    agent = make_agent()
    assert agent.client.identity is not None
    secrets = [PASSWORD, "Wrong-s3cret", "Next-s3cret-2026", agent.client.identity.token]
    errors: list[str] = []
    certificate = agent.session.usable_certificates()[0]
    with pytest.raises(LoginRefused) as wrong:
        agent.session.login_with_key("100001", secrets[1], certificate, "agent100001")
    errors += [repr(wrong.value), str(wrong.value), repr(wrong.value.__context__)]
    agent.login()
    assert agent.client.identity is not None
    secrets.append(agent.client.identity.token)
    FormDrafts(agent.database, agent.scope).save("opening", {"name": "张三"})
    roster = agent.filled()
    agent.outbox.submit(agent.frozen(roster))
    assert [event.kind for event in agent.outbox.send_due()] == ["accepted"]
    agent.session.change_password(PASSWORD, secrets[2])
    shown = repr(agent.session) + repr(agent.client) + repr(agent.events) + repr(agent.session.person)
    agent.session.logout()
    with agent.database.write() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = value")
    files = b"".join(path.read_bytes() for path in agent.database.folder.iterdir())
    for secret in secrets:
        assert secret.encode() not in files
        assert secret not in caplog.text
        assert secret not in shown
        assert all(secret not in error for error in errors)
