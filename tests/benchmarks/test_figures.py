from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.__main__ import main
from benchmarks.figures import Figure, Matrix, lines
from benchmarks.keys import GOALS, costs_of
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
    assert "startup、keys、people、workbook、long_use、big、use" in capsys.readouterr().err


def test_a_table_of_programs_has_a_hole_where_one_cannot_do_it() -> None:
    cells = {"本程序": {"首屏": 10.0, "翻一页": 5.0}, "vim": {"翻一页": 1200.0}}
    shown = lines([Matrix("字节", ("首屏", "翻一页"), cells, "没有安装：nano")])
    assert [line.split() for line in shown if line] == [
        ["字节", "本程序", "vim"],
        ["首屏", "10", "-"],
        ["翻一页", "5", "1,200"],
        ["没有安装：nano"],
    ]


@pytest.mark.slow
def test_our_bytes_per_key_keep_their_goals(tmp_path: Path) -> None:
    found = costs_of(peers.peers(tmp_path)[0])
    assert {*found} == {*peers.ACTIONS}
    assert {a: found[a].sent for a in GOALS if not 0 < found[a].sent <= GOALS[a]} == {}


def test_a_peer_that_is_not_installed_says_so(tmp_path: Path) -> None:
    peer = peers.Peer("x", ["x"], needs="no_such_module")
    assert peer.missing == "no_such_module"
    assert peers.Peer("y", ["y"], needs="/no-such-command").missing == "no-such-command"
    assert peers.peers(tmp_path)[0].missing == ""


def test_the_measured_workbook_is_clean_and_arrives(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "roster.xlsx")
    shown, stored = our_times(file, tmp_path / "data", "key")
    assert 0 < shown < stored
    assert ROWS == 10_000
