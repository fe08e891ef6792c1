"""The roster grid through a real terminal: find, undo, sort, filter, typed rows, at any speed of typing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from tests.support.pty_terminal import PtyTerminal
from tests.support.roster_program import BUILT, READY, fill, person

FIND, UNDO, REDO, SORT, FAULTY, GOTO, DELETE, ALL = (
    *("\x06", "\x15", "\x12", "\x0f", "\x05", "\x0e", "\x0b", "\x18"),
)
F5, F10, ESC, DOWN, END = "\x1b[15~", "\x1b[21~", "\x1b", "\x1b[B", "\x1b[F"
ROWS = 300


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "store"
    fill(folder, ROWS)
    (folder / BUILT).touch()
    return folder


@contextmanager
def program(filled: Path, tmp_path: Path, name: str = "a") -> Iterator[tuple[PtyTerminal, Path]]:
    folder, out = tmp_path / name, tmp_path / f"{name}.json"
    copytree(filled, folder)
    argv = [sys.executable, "-m", "tests.support.roster_program", str(folder), str(ROWS), str(out)]
    with PtyTerminal(argv, columns=100, rows=30) as terminal:
        terminal.wait_for(READY, 40)
        terminal.send(F5)
        terminal.wait_for(f"/{ROWS}", 20)
        yield terminal, out


def worked(filled: Path, tmp_path: Path, keys: list[str], gap: float, name: str) -> Any:
    with program(filled, tmp_path, name) as (terminal, out):
        if gap:
            terminal.send_keys([*keys, F10], gap)
        else:
            terminal.send("".join([*keys, F10]))
        assert terminal.wait_exit(60) == 0
        held = json.loads(out.read_text(encoding="utf-8"))
        del held["stall"]
        return held


def tail(number: int, digits: int = 4) -> str:
    return person(number)["id_number"][-digits:]


BASE = [FIND, *tail(217, 6), "\r", *"6543.21", "\r"]
"""Change the base of a person that is found by the end of the ID number."""


def test_a_base_is_changed_by_the_end_of_the_number_alone(filled: Path, tmp_path: Path) -> None:
    held = worked(filled, tmp_path, BASE, 0, "a")
    names = [number for number in range(ROWS) if tail(number, 6) == tail(217, 6)]
    assert held["rows"][names[0]][1] == "6543.21"
    assert len(held["rows"]) == ROWS


SCRIPTS = {
    "find": [*BASE, FIND, "\r", *"7000", "\r", GOTO, *"12", "\r", DOWN, *"7100", "\r"],
    "undo": [*BASE, UNDO, REDO, UNDO, *"5001", "\r", UNDO, UNDO, DELETE, DELETE, UNDO, ALL, DELETE, UNDO],
    "sort": [
        SORT,
        DOWN,
        *"阿阿",
        "\r",
        SORT,
        DOWN,
        DELETE,
        SORT,
        UNDO,
        FAULTY,
        DOWN,
        "\r",
        "\r",
        *"8000",
        "\r",
    ],
    "typed": [GOTO, *"300", "\r", END, "\r", "\r", "\r", *"新人", "\r", UNDO, UNDO, REDO],
}


QUICK = ("typed", "find")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in SCRIPTS]
)
def test_one_burst_and_slow_keys_give_the_same_roster(filled: Path, tmp_path: Path, name: str) -> None:
    burst = worked(filled, tmp_path, SCRIPTS[name], 0, "burst")
    for gap in (0.001, 0.01):
        assert worked(filled, tmp_path, SCRIPTS[name], gap, f"gap{gap}") == burst


def test_the_find_line_jumps_while_typing_and_escape_goes_back(filled: Path, tmp_path: Path) -> None:
    with program(filled, tmp_path) as (terminal, _):
        terminal.send(GOTO + "40\r")
        terminal.wait_for(f"行 40/{ROWS}")
        terminal.send(FIND + person(217)["name"])
        terminal.wait_for("查找: ")
        terminal.wait_for(person(217)["name"])
        terminal.wait_quiet()
        assert terminal.bytes_for("q") <= 160, "one character, and that nothing is found"
        assert "没有找到" in terminal.text
        terminal.send(ESC)
        terminal.wait_for(f"行 40/{ROWS}")


def test_sorting_and_filtering_are_shown(filled: Path, tmp_path: Path) -> None:
    with program(filled, tmp_path) as (terminal, _):
        terminal.send(SORT)
        terminal.wait_for("姓名*^")
        terminal.send(SORT)
        terminal.wait_for("姓名*v")
        terminal.send(FAULTY)
        terminal.wait_for("只看有错")
        terminal.wait_for("行 1/3")
        terminal.send(FAULTY)
        terminal.wait_for(f"/{ROWS}")
        terminal.send(SORT)
        terminal.wait_gone("姓名*v")
