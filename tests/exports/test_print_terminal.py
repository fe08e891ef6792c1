"""Media copy through real terminals: what leaves the program is what reaches the printer, byte for byte."""

from __future__ import annotations

import os
import pty
import random
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from domain.money import rmb_capitals
from exports import print_terminal
from exports.print_terminal import (
    OFF,
    ON,
    TMUX_MOST,
    Terminal,
    TerminalPrinter,
    framed,
    this_terminal,
    write_job,
)
from exports.print_terminal import test_page as page_of
from exports.printing import PrintError, PrintJob
from tests.support.pty_terminal import PtyTerminal

EVERY = b"\x1b@\x1c&\x1b2" + bytes(range(256)) + f"住房公积金{rmb_capitals(123)}𠮷".encode("gb18030")
BITMAP = b"\x1b*\x27\x08\x00" + bytes(range(24)) + b"\n" * 40 + b"\r\n\n\r\x07\x00\x11\x13\f"
PROGRAM = [sys.executable, "-m", "tests.exports.print_program"]


def printed(raw: bytes) -> bytes:
    """What a terminal hands to its printer of what it was sent."""
    return raw.split(ON, 1)[1].split(OFF, 1)[0]


def test_a_job_is_byte_exact_through_a_pseudo_terminal(tmp_path: Path) -> None:
    path = tmp_path / "job"
    content = EVERY + BITMAP + random.Random(1).randbytes(20_000).replace(b"\x9b", b"")
    path.write_bytes(content)
    with PtyTerminal([*PROGRAM, str(path), "2"]) as terminal:
        terminal.send("typed while it prints")
        terminal.wait(lambda: b"printed True" in terminal.raw)
        assert printed(terminal.raw) == content * 2


@pytest.mark.parametrize("passes", [True, False])
def test_a_job_is_byte_exact_through_tmux_where_it_lets_it_pass(tmp_path: Path, passes: bool) -> None:
    path, config = tmp_path / "job", tmp_path / "tmux.conf"
    path.write_bytes(EVERY + BITMAP)
    config.write_text(f"set -g allow-passthrough {'on' if passes else 'off'}\nset -g status off\n")
    command = ["tmux", "-u", "-S", str(tmp_path / "socket"), "-f", str(config), "new-session"]
    program = " ".join([*PROGRAM, str(path), "1"])
    with PtyTerminal([*command, program]) as terminal:
        terminal.wait_for("printed True", 20)
        raw = terminal.raw
        terminal.send("\r")
        terminal.wait_exit()
    assert (ON in raw) is passes
    if passes:
        assert printed(raw) == EVERY + BITMAP


def test_gnu_screen_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "job"
    path.write_bytes(b"x")
    with PtyTerminal([*PROGRAM, str(path), "1"], env={"STY": "1.pts"}) as terminal:
        terminal.wait_for("print.screen")
        assert ON not in terminal.raw


def test_what_would_end_the_job_is_refused_and_so_is_what_tmux_would_drop() -> None:
    for inside in (b"\x1b[4i", b"\x9b4i"):
        with pytest.raises(PrintError) as refused:
            framed(b"a" + inside)
        assert refused.value.code == "print.ends"
    with pytest.raises(PrintError) as refused:
        framed(b"\x1b" * (TMUX_MOST // 2), tmux=True)
    assert refused.value.code == "print.too_long"
    assert framed(b"\x1b@a", 2) == b"\x1b[5i\x1b@a\x1b@a\x1b[4i"
    assert framed(b"\x1b@a", tmux=True) == b"\x1bPtmux;\x1b\x1b[5i\x1b\x1b@a\x1b\x1b[4i\x1b\\"


def test_a_confirmation_holds_for_one_terminal_alone() -> None:
    there = {"TERM": "xterm", "SSH_CONNECTION": "10.0.0.5 51234 10.0.0.1 22"}
    keys = {
        this_terminal(there).key,
        this_terminal(there | {"TERM": "putty"}).key,
        this_terminal(there | {"SSH_CONNECTION": "10.0.0.6 51234 10.0.0.1 22"}).key,
        this_terminal(there | {"TMUX": "/tmp/tmux,1,0"}).key,
    }
    assert len(keys) == 4
    assert this_terminal(there).key == this_terminal(there | {"SSH_CONNECTION": "10.0.0.5 9 10.0.0.1 22"}).key
    assert this_terminal({}).key == "||"


def test_without_a_terminal_nothing_is_printed() -> None:
    read, write = os.pipe()
    try:
        sink = TerminalPrinter(Terminal("xterm", ""), write)
        with pytest.raises(PrintError) as refused:
            sink.send(PrintJob("x", lambda medium: b"x"))
        assert refused.value.code == "print.gone"
    finally:
        os.close(read)
        os.close(write)


def test_a_terminal_that_takes_nothing_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(print_terminal, "STALL_SECONDS", 0.2)
    master, slave = pty.openpty()
    try:
        before = termios.tcgetattr(slave)
        drained = bytearray()

        def drain() -> None:
            time.sleep(0.6)
            while not drained.endswith(OFF):
                drained.extend(os.read(master, 65536))

        reader = threading.Thread(target=drain)
        reader.start()
        with pytest.raises(PrintError) as refused:
            write_job(slave, framed(b"x" * 500_000))
        assert refused.value.code == "print.stalled"
        reader.join(10)
        assert not reader.is_alive() and len(drained) < 500_000
        assert termios.tcgetattr(slave) == before
    finally:
        os.close(slave)
        os.close(master)


def test_the_test_page_shows_its_code() -> None:
    page = page_of("4711")
    assert "测试码：4711".encode("gb18030") in page and framed(page)
