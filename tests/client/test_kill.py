"""The program killed at any point between pressing submit and the receipt: exactly one submission."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from client.store.database import Database
from client.store.outbox_store import OutboxStore
from client.store.rosters import RosterStore
from client.store.rows import Scope
from domain.canonical import sha256_hex

ROOT = Path(__file__).parents[2]
SCOPE = Scope("baishan", "test", "100001", "li")
SLOW = pytest.mark.slow
POINTS: list[Any] = [
    pytest.param("before-commit", marks=SLOW),
    "after-commit",
    pytest.param("before-send", marks=SLOW),
    pytest.param("before-arrival", marks=SLOW),
    "after-arrival",
    "before-final",
    pytest.param("after-final", marks=SLOW),
]


@dataclass
class Books:
    """What the counting center has taken: body by id, and how often each arrived."""

    taken: dict[str, bytes] = field(default_factory=dict)
    arrivals: int = 0


class Counting(BaseHTTPRequestHandler):
    """The least center that is idempotent: a receipt per id."""

    books: Books

    def do_PUT(self) -> None:
        submission_id = self.path.rpartition("/")[2]
        body = self.rfile.read(int(self.headers["content-length"]))
        known = self.books.taken.setdefault(submission_id, body)
        self.books.arrivals += 1
        self.answer(200, self.receipt(submission_id, known))

    def do_GET(self) -> None:
        submission_id = self.path.rpartition("/")[2]
        known = self.books.taken.get(submission_id)
        if known is not None:
            self.answer(200, self.receipt(submission_id, known))
            return
        self.answer(
            404, {"title": "没有找到", "status": 404, "code": "not_found"}, "application/problem+json"
        )

    def receipt(self, submission_id: str, body: bytes) -> dict[str, Any]:
        request = json.loads(body)
        return {
            "submission_id": submission_id,
            "serial": f"S{list(self.books.taken).index(submission_id)}",
            "received": "2026-11-23T02:00:00Z",
            "business": "open",
            "title": "缴存人登记",
            "state": "done",
            **{"count": request["totals"]["count"], "amount": request["totals"]["amount"]},
            **{"ok": request["totals"]["count"], "failed": 0, "pending": 0},
            "digest": sha256_hex(body),
            "message": "已完成缴存人登记。",
        }

    def answer(self, status: int, body: dict[str, Any], kind: str = "application/json") -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def center() -> Iterator[tuple[str, Books]]:
    books = Books()
    handler = type("Handler", (Counting,), {"books": books})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", books
    server.shutdown()
    server.server_close()


def run(folder: Path, url: str, point: str, *arguments: str) -> int:
    command = [sys.executable, "-m", "tests.client.killed_program", str(folder), url, point, *arguments]
    return subprocess.run(command, cwd=ROOT, timeout=60).returncode


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_makes_neither_none_nor_two(
    center: tuple[str, Books], tmp_path: Path, point: str
) -> None:
    url, books = center
    assert run(tmp_path / "store", url, point) == 9, "the program was to die at the point"
    left = not books.taken
    assert left == (point in POINTS[:4])
    code = run(tmp_path / "store", url, "none", "resume")
    assert code == 0
    database = Database(tmp_path / "store")
    entries = OutboxStore(database).entries(SCOPE)
    store = RosterStore(database)
    draft = store.open_draft(SCOPE, "open").roster_id
    if point == "before-commit":
        assert entries == []
        assert books.taken == {}
        assert [row.state for row in store.window(draft, 0, 9)] == ["draft"] * 3
    else:
        assert [entry.accepted for entry in entries] == [True]
        assert list(books.taken) == [entries[0].submission_id]
        assert store.count(draft) == 0
        sent = store.rosters(SCOPE, "open", "final")
        assert [store.count(roster.roster_id) for roster in sent] == [3]
        assert {row.result for row in store.window(sent[0].roster_id, 0, 9)} == {"ok"}
    database.close()


def test_two_programs_on_one_store_send_one_submission(center: tuple[str, Books], tmp_path: Path) -> None:
    url, books = center
    assert run(tmp_path / "store", url, "after-commit") == 9
    command = [
        sys.executable,
        "-m",
        "tests.client.killed_program",
        str(tmp_path / "store"),
        url,
        "none",
        "resume",
    ]
    both = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert len(books.taken) == 1
    database = Database(tmp_path / "store")
    assert [entry.accepted for entry in OutboxStore(database).entries(SCOPE)] == [True]
    store = RosterStore(database)
    assert [store.count(one.roster_id) for one in store.rosters(SCOPE, "open", "final")] == [3]
    database.close()
