"""What a program has imported at the moment it first draws, seen from inside the process, in a real pty.

The program's own stream is replaced by one that looks at what passes through it; the first Chinese character
written is the first paint. Whatever is imported later does not count.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIZE = (24, 80)
ANSWER_TO_MODE_QUERY = b"\x1b[?2026;2$y"

PROBE = '''
import io, json, os, re, sys

class Watched(io.TextIOWrapper):
    """A stream that writes down what is imported when the first Chinese character passes."""

    seen = False

    def write(self, text):
        if not self.seen and re.search("[\\u4e00-\\u9fff]", text):
            self.seen = True
            target = os.environ.pop("FIRST_PAINT_REPORT")
            with open(target + ".part", "w") as file:
                loaded = [name for name, module in list(sys.modules.items()) if module is not None]
                json.dump(sorted({name.partition(".")[0] for name in loaded}), file)
            os.rename(target + ".part", target)
        return super().write(text)

def watched(number):
    raw = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
    return Watched(raw, encoding="utf-8", errors="replace", write_through=True)

sys.__stdout__ = sys.stdout = watched(1)
sys.__stderr__ = sys.stderr = watched(2)
'''


@dataclass(frozen=True, slots=True)
class FirstPaint:
    """The top-level names in sys.modules at the first paint, and the bytes written by then or soon after."""

    modules: frozenset[str]
    output: bytes


class NeverPainted(AssertionError):
    """The program has ended, or time has run out, without a Chinese character on the screen."""


def _answer(master: int, chunk: bytes) -> None:
    if b"\x1b[?2026$p" in chunk:
        os.write(master, ANSWER_TO_MODE_QUERY)


def _end(pid: int) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        os.kill(pid, sign)
        for _ in range(40):
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
            time.sleep(0.05)


def first_paint(source: str, folder: Path, *, seconds: float = 30) -> FirstPaint:
    """Run Python source in a pty of 80x24 until it first paints; the process is ended then.

    `folder` takes the report. Raises NeverPainted with what was written instead.
    """
    report = folder / "first-paint.json"
    environment = os.environ | {
        "FIRST_PAINT_REPORT": str(report),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-c", PROBE + source], environment)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    output = bytearray()
    deadline = time.monotonic() + seconds
    try:
        while not report.exists() and time.monotonic() < deadline:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                chunk = os.read(master, 65536)
            except OSError:  # the other end is closed: the program has ended
                break
            output += chunk
            _answer(master, chunk)
    finally:
        _end(pid)
        os.close(master)
    if not report.exists():
        raise NeverPainted(output.decode("utf-8", "replace")[-2000:])
    return FirstPaint(frozenset(json.loads(report.read_text("utf-8"))), bytes(output))
