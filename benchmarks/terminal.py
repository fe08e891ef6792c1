"""A pseudo terminal that measures: when a text first passed, how many bytes, how much memory.

It draws nothing, so that the measuring costs the measured program no time.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEEP = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
QUERIES = re.compile(rb"\x1b\[6n|\x1b\[0?c|\x1b\[\?2026\$p|\x1b\[\?2048\$p")
ANSWERS = {
    b"\x1b[6n": b"\x1b[1;5R",
    b"\x1b[c": b"\x1b[?1;2c",
    b"\x1b[0c": b"\x1b[?1;2c",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
}


class Terminal:
    """A program running in a terminal of `columns` by `rows` cells with 256 colours."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        columns: int = 120,
        rows: int = 36,
        answers: Sequence[bytes] | None = None,
    ) -> None:
        self.raw = bytearray()
        self._answers = list(answers or ())
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = {name: os.environ[name] for name in KEEP if name in os.environ}
        variables |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **(env or {})}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            list(argv),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=variables,
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, keys: bytes) -> None:
        """Send keys as one burst."""
        os.write(self._master, keys)

    def read(self, timeout: float) -> bytes:
        """What arrives within `timeout` seconds, b"" when nothing does; queries are answered."""
        ready, _, _ = select.select([self._master], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return b""
        self.raw += data
        for query in QUERIES.findall(data):
            os.write(self._master, self._answers.pop(0) if self._answers else ANSWERS[query])
        return data

    def until(self, text: str, timeout: float = 30.0) -> float:
        """Seconds from the start until `text` has passed; raises TimeoutError."""
        wanted, limit = text.encode(), time.perf_counter() + timeout
        while wanted not in self.raw:
            if time.perf_counter() > limit or (not self.read(0.05) and self.process.poll() is not None):
                shown = bytes(self.raw[-400:])
                raise TimeoutError(f"{text!r} was not drawn within {timeout} s: {shown!r}")
        return time.perf_counter() - self.started

    def quiet(self, pause: float = 0.3, timeout: float = 10.0) -> int:
        """Read until nothing comes for `pause` seconds; returns the bytes read."""
        before, limit = len(self.raw), time.perf_counter() + timeout
        while self.read(pause) and time.perf_counter() < limit:
            pass
        return len(self.raw) - before

    def cost(self, keys: bytes) -> int:
        """Bytes the program writes for these keys."""
        self.send(keys)
        return self.quiet()

    def rss(self) -> float:
        """Resident memory in MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the program has ended")

    def close(self) -> None:
        """End the program and the terminal."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(2)
        os.close(self._master)
