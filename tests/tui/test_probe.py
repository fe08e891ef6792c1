"""The probe at start: encoding, ambiguous width, and terminals that do not answer."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.pty_terminal import PtyTerminal
from tui import glyphs
from tui.probe import TerminalFacts, read_facts

APP = [sys.executable, "-m", "tests.tui.shell_main"]


@pytest.mark.parametrize(
    ("columns", "answered", "wrong", "wide"),
    [
        ([5, 2], True, False, False),
        ([5, 3], True, False, True),
        ([7, 3], True, True, False),
        ([7, 2], True, True, False),
        ([1, 1], True, False, False),
        ([5], False, False, False),
        ([], False, False, False),
    ],
)
def test_what_the_cursor_tells(columns: list[int], answered: bool, wrong: bool, wide: bool) -> None:
    facts = read_facts(columns)
    assert (facts.answered, facts.wrong_encoding, facts.ambiguous_wide) == (answered, wrong, wide)


@pytest.mark.parametrize(
    ("setting", "answer", "drawn"),
    [
        ("auto", True, "买・提"),
        ("auto", False, "买·提"),
        ("wide", False, "买・提"),
        ("narrow", True, "买·提"),
    ],
)
def test_a_width_that_was_set_stands_above_the_answer(setting: str, answer: bool, drawn: str) -> None:
    try:
        TerminalFacts(answered=True, ambiguous_wide=answer).apply(setting)
        assert glyphs.display("买·提") == drawn
    finally:
        glyphs.set_ambiguous_wide(False)


@pytest.mark.parametrize("encoding", ["gbk", "latin-1"])
def test_a_terminal_of_another_encoding_gets_instructions_in_ascii(encoding: str) -> None:
    with PtyTerminal(APP, encoding=encoding) as terminal:
        assert terminal.wait_exit() == 2
        terminal.wait_for("Change it, then start gjj again.")
        shown = terminal.text
        raw = terminal.raw
    assert shown.isascii()
    assert b"\x1b[?1049h" not in raw


def test_a_wide_terminal_gets_look_alikes() -> None:
    with PtyTerminal(APP, columns=80, rows=24, ambiguous_wide=True) as terminal:
        terminal.wait_for("第1行 张三・919")
        assert "·" not in terminal.text


def test_a_silent_terminal_is_taken_for_utf8() -> None:
    with PtyTerminal(APP, columns=80, rows=24, answers=False) as terminal:
        terminal.wait_for("第1行 张三·919")
        terminal.send("a")
        terminal.wait_for("a")


def test_keys_struck_during_the_probe_are_kept_and_nothing_of_it_stays_on_the_screen() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.send("12345\r")
        terminal.wait_for("12345")
        terminal.wait_for("返回")
        assert "中中" not in terminal.text


def test_the_terminal_is_given_back_as_it_was(tmp_path: Path) -> None:
    run = f"{sys.executable} -m tests.tui.shell_main"
    script = f"trap '' TERM; stty -a > {tmp_path}/a; {run}; stty -a | cmp - {tmp_path}/a && echo SAME-AGAIN"
    with PtyTerminal(["sh", "-c", script], columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        terminal.wait_for("SAME-AGAIN")
