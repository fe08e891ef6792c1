from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.figures import Figure, lines
from benchmarks.keys import CELL_GOAL, GOALS, bytes_per_key
from benchmarks.workbook import ROWS, our_times, write_rows
from domain.text import cell_width


def test_a_goal_is_met_or_missed_by_the_figure_or_by_the_ratio() -> None:
    assert Figure("a", 30, "字节", 900, "peer", 32).met is True
    assert Figure("a", 33, "字节", 900, "peer", 32).met is False
    assert Figure("a", 140, "毫秒", 100, "peer", 1.4, True).met is True
    assert Figure("a", 141, "毫秒", 100, "peer", 1.4, True).met is False
    assert Figure("a", 5, "毫秒", 10, "peer").met is None
    assert Figure("a", 5, "毫秒", 0, "peer").ratio is None


def test_figures_stand_in_columns() -> None:
    shown = lines(
        [Figure("首屏", 231, "毫秒", 174, "最小 Textual", 1.4, True), Figure("x", 2.5, "MB", goal=2)]
    )
    assert len(shown) == 3
    assert "1.33" in shown[1] and shown[1].endswith("达到") and shown[2].endswith("未达到")
    starts = {cell_width(line[: re.search("目标|<=", line).start()]) for line in shown}  # type: ignore[union-attr]
    assert len(starts) == 1


def test_unknown_parts_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed"]) == 2
    assert "startup、keys、people、workbook" in capsys.readouterr().err


def test_our_bytes_per_key_keep_their_goals() -> None:
    found = bytes_per_key("our_entry", "\x1b[B", cell=True)
    assert found.pop("cell") <= CELL_GOAL
    assert found.keys() == GOALS.keys()
    assert {action: value for action, value in found.items() if not 0 < value <= GOALS[action]} == {}


def test_the_measured_workbook_is_clean_and_arrives(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "roster.xlsx")
    shown, stored = our_times(file, tmp_path / "data", "key")
    assert 0 < shown < stored
    assert ROWS == 10_000
