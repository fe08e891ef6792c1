"""What terminals send, and what becomes of it; the terminal's end."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.pty_terminal import PtyTerminal
from tui.launch import ENVIRONMENT, FORBIDDEN

APP = [sys.executable, "-m", "tests.tui.shell_main"]


def test_gbk_typed_into_the_program_is_told_and_not_entered() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("12")
        terminal.send("张".encode("gbk"))
        terminal.wait_for("终端编码不是 UTF-8")
        terminal.send("3")
        terminal.wait_for("123")
        terminal.paste("ab")
        terminal.send(b"\x1b[200~" + "李".encode("gbk") + b"\x1b[201~")
        terminal.wait_quiet()
        assert terminal.lines[1] == "123"
        assert terminal.process.poll() is None


@pytest.mark.parametrize(("char", "stray"), [("模", "ģ"), ("疟", "ű"), ("茅", "é")])
def test_gbk_that_happens_to_be_utf8_leaves_no_stray_character(char: str, stray: str) -> None:
    assert char.encode("gbk").decode("utf-8") == stray
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("12")
        terminal.send(char.encode("gbk"))
        terminal.wait_for("终端编码不是 UTF-8")
        terminal.send("路".encode("gbk"))
        terminal.send("3阿·里")
        terminal.wait_for("123阿·里")
        assert terminal.lines[1] == "123阿·里"


def test_what_is_typed_goes_to_no_log(tmp_path: Path) -> None:
    path = tmp_path / "textual.log"
    with PtyTerminal(
        APP, columns=80, rows=24, env={"TEXTUAL_LOG": str(path), "TEXTUAL": "debug"}
    ) as terminal:
        terminal.wait_for("返回")
        terminal.send("secret-pin")
        terminal.wait_for("secret-pin")
    assert not path.exists()


def test_the_launcher_sets_what_textual_reads_at_import() -> None:
    import subprocess

    code = (
        "from tui.launch import prepare; prepare();"
        "from textual import constants as c;"
        "print(c.DISABLE_KITTY_KEY, c.TEXTUAL_ANIMATIONS, c.SMOOTH_SCROLL, c.LOG_FILE, c.DEFAULT_THEME)"
    )
    env = {**os.environ, "TEXTUAL_LOG": "/nowhere/log", "TEXTUAL_ANIMATIONS": "full"}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["True", "none", "False", "None", "ansi-dark"]
    assert not set(ENVIRONMENT) & set(FORBIDDEN)


@pytest.mark.parametrize("how", ["hang up", "terminate"])
def test_the_end_of_the_terminal_saves_what_is_half_typed(tmp_path: Path, how: str) -> None:
    path = tmp_path / "log"
    with PtyTerminal([*APP, str(path)], columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("half")
        terminal.wait_for("half")
        if how == "hang up":
            terminal.hang_up()
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait_exit(5) == 0
    assert path.read_text(encoding="utf-8").splitlines()[-1] == "closing half"


def test_a_program_stopped_from_outside_goes_on_with_one_reader_of_keys() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("ab")
        terminal.wait_for("ab")
        terminal.wait_quiet()
        before = len(os.listdir(f"/proc/{terminal.pid}/task"))
        picture = terminal.picture
        os.kill(terminal.pid, signal.SIGSTOP)
        terminal._feed(b"\x1b[H\x1b[2J")
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for("返回")
        terminal.wait_quiet()
        assert terminal.picture == picture
        assert len(os.listdir(f"/proc/{terminal.pid}/task")) == before
        keys = [str(number % 10) for number in range(60)]
        terminal.send_keys(keys, gap=0.001)
        terminal.wait_for("ab" + "".join(keys))


def test_a_late_continue_after_the_application_ended_changes_nothing() -> None:
    code = (
        "import os, signal, time; from tui.launch import run; from tests.tui.shell_main import make; "
        "ended = run(make); os.kill(os.getpid(), signal.SIGCONT); time.sleep(0.1); "
        "print('afterwards', ended)"
    )
    with PtyTerminal([sys.executable, "-c", code], columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.wait_for("afterwards 0")
        assert terminal.wait_exit(5) == 0
        assert terminal.raw.count(b"\x1b[?1049h") == 1


def test_a_crash_saves_restores_and_prints_no_values(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with PtyTerminal([*APP, str(path)], columns=120, rows=36) as terminal:
        terminal.wait_for("返回")
        terminal.send("half!")
        assert terminal.wait_exit(5) == 1
        terminal.wait_for("请把上面的文字告诉维护人员。")
        text = terminal.raw.rpartition(b"\x1b[?1049l")[2].decode()
    assert "ValueError: broken by 8" in text
    assert "pin-1234" not in text and "\x1b[2J" not in text
    assert path.read_text(encoding="utf-8").splitlines()[-1] == "closing half"


@pytest.mark.parametrize("shown", [False, True])
def test_the_terminals_cursor_is_hidden_unless_asked_for(shown: bool) -> None:
    with PtyTerminal(APP, columns=80, rows=24, env={"SHOW_CURSOR": "1"} if shown else {}) as terminal:
        terminal.wait_for("返回")
        assert (b"\x1b[?25l" in terminal.raw) is not shown
        terminal.send("ab张")
        terminal.wait_for("ab张")
        terminal.wait_quiet()
        assert terminal.cursor == (4, 1)


def test_nothing_but_known_sequences_is_sent_at_start_and_end() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.wait_exit(5)
        raw = terminal.raw
    for unwanted in (
        b"\x1b[>",
        b"\x1b[<u",
        b"?1004",
        b"?2048",
        b"?2026",
        b"?1000h",
        b"?1003h",
        b"\x1b]",
        b"\x1bP",
    ):
        assert unwanted not in raw
    assert raw.rindex(b"\x1b[?1049l") > raw.rindex(b"\x1b[m") > 0
    assert b"\x1b[?25h" in raw


def test_an_idle_program_sends_nothing() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.wait_quiet(0.3)
        before = terminal.received
        terminal.wait_quiet(2)
        assert terminal.received == before


def test_a_window_too_small_says_so_and_the_program_lives() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("xy")
        terminal.wait_for("xy")
        terminal.resize(60, 10)
        terminal.wait_for("窗口太小，请放大到 80 列 24 行以上。")
        terminal.send("9")
        terminal.wait_quiet()
        terminal.resize(100, 30)
        terminal.wait_gone("窗口太小")
        terminal.wait_for("返回")
        terminal.send("3")
        terminal.wait_for("xy3")
