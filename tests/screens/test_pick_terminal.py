"""Picking people through a real terminal: keys in one packet, few bytes, a hundred thousand people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.screens.pick_program import filled, person
from tests.support.pty_terminal import PtyTerminal

F4, F10, F12, DOWN, PAGE_DOWN = "\x1b[14~", "\x1b[21~", "\x1b[24~", "\x1b[B", "\x1b[6~"
PEOPLE = 100_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy of a hundred thousand depositors."""
    folder = tmp_path_factory.mktemp("copy")
    filled(folder, PEOPLE).database.close()
    return folder


@contextmanager
def program(tmp_path: Path, folder: Path) -> Iterator[tuple[PtyTerminal, Path]]:
    out = tmp_path / "out.json"
    argv = [sys.executable, "-m", "tests.screens.pick_program", str(out), str(folder), str(PEOPLE)]
    with PtyTerminal(argv, columns=120, rows=36) as terminal:
        terminal.wait_for("F12", 20)
        terminal.wait_quiet()
        yield terminal, out


SOMEBODY, ANOTHER, THIRD = person(77_777), person(1_234), person(50_000)
SCRIPT = (
    f"{SOMEBODY.account_no}\r5000\r"
    f"{F4}{ANOTHER.id_number}\r6000\r"  # the list, a whole ID number, the next field
    f"{THIRD.name}\r{DOWN}\r7000\r"  # several: the list, the second of them
    f"{F4}w{F12}{SOMEBODY.id_number[-8:]}\r8000\r"
    f"{F4}{ANOTHER.account_no[:-1]}\x7f\x7f{ANOTHER.account_no[-3:]}\r9000\r"
)


def _picked(tmp_path: Path, folder: Path, gap: float) -> Any:
    with program(tmp_path, folder) as (terminal, out):
        terminal.send(SCRIPT + F10, gap)
        assert terminal.wait_exit(60) == 0
        return json.loads(out.read_text(encoding="utf-8"))


def test_one_burst_and_slow_keys_pick_the_same_people(tmp_path: Path, folder: Path) -> None:
    burst = _picked(tmp_path, folder, 0.0)
    assert [one["new_base"] for one in burst] == ["5000", "6000", "7000", "8000", "9000"]
    assert burst[0]["account_no"] == burst[3]["account_no"] == SOMEBODY.account_no
    assert burst[1]["account_no"] == burst[4]["account_no"] == ANOTHER.account_no
    assert burst[2]["name"] == THIRD.name
    assert [one["name"] for one in burst[:2]] == [SOMEBODY.name, ANOTHER.name]
    for gap in (0.001, 0.01):
        assert _picked(tmp_path, folder, gap) == burst


def test_the_list_costs_few_bytes(tmp_path: Path, folder: Path) -> None:
    with program(tmp_path, folder) as (terminal, _):
        assert terminal.bytes_for(F4, quiet=0.8) <= 2048, "twelve rows of people"
        assert "共 100,000 人" in terminal.text
        assert terminal.bytes_for(DOWN) <= 300
        assert terminal.bytes_for(PAGE_DOWN) <= 1024
        assert terminal.bytes_for("w", quiet=0.8) <= 1024
        assert terminal.bytes_for("", quiet=0.5) == 0
