"""A real pseudo terminal around a program: send keys, look at the screen, count the bytes.

    with PtyTerminal([sys.executable, "-m", "cli.main", "demo"]) as terminal:
        terminal.wait_for("登录")
        terminal.send("admin\\r")
        terminal.wait_for("首页")
        assert "收件箱" in terminal.text

A thread reads all the time, feeds a pyte screen and answers what a terminal answers (cursor position and
device attributes). The terminal may be in another encoding, may draw ambiguous characters in two cells, and
may be slow.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import pyte

REPOSITORY: Final = Path(__file__).resolve().parents[2]
KEEP: Final = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE", "SOFTHSM2_CONF")
_QUERY: Final = re.compile(rb"\x1b\[6n|\x1b\[0?c|\x1b\[>0?c|\x1b\[\?\d+\$p")
_UNKNOWN_TO_PYTE: Final = re.compile(
    rb"\x1b\[[<=>][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*m|\x1b\[\?[0-9;]*\$p|\x1b\][^\x07\x1b]*\x07"
)
_OTHER_SCREEN: Final = re.compile(rb"\x1b\[\?1049[hl]")
_INCOMPLETE: Final = re.compile(rb"\x1b(\[[0-?]*[ -/]*)?$|\x1b\][^\x07]{0,200}$")

Cell = tuple[str, str, str, bool, bool, bool]
"""Character, foreground, background, bold, reverse, underlined."""


class PtyTerminal:
    """A program in a terminal of its own.

    `answers=False` is a terminal that answers no query; `encoding` is how it reads the program's bytes;
    `bytes_per_second` slows the line down.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        columns: int = 120,
        rows: int = 36,
        cwd: Path | None = None,
        term: str = "xterm-256color",
        answers: bool = True,
        encoding: str = "utf-8",
        ambiguous_wide: bool = False,
        bytes_per_second: int | None = None,
    ) -> None:
        self._answers = answers
        self._encoding = encoding
        self._ambiguous_wide = ambiguous_wide
        self._rate = bytes_per_second
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._changed = threading.Condition()
        self._raw = bytearray()
        self._pending = b""
        self._last_read = time.monotonic()
        self._ended = False
        self._master, slave = pty.openpty()
        self._set_size(slave, columns, rows)
        variables = {name: os.environ[name] for name in KEEP if name in os.environ}
        variables.update(TERM=term, LANG="C.UTF-8", LC_ALL="C.UTF-8", **(env or {}))
        self.process = subprocess.Popen(
            list(argv),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=variables,
            cwd=cwd or REPOSITORY,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read_all, name="pty-reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- input ---

    def send(self, keys: str | bytes, gap: float = 0.0) -> None:
        """Send keys as one burst, or byte by byte with `gap` seconds between."""
        data = keys.encode() if isinstance(keys, str) else keys
        if not gap:
            self._write(data)
            return
        for byte in data:
            self._write(bytes([byte]))
            time.sleep(gap)

    def send_keys(self, keys: Sequence[str | bytes], gap: float = 0.0) -> None:
        """Send whole keys one after another, with `gap` seconds between."""
        for key in keys:
            self.send(key)
            if gap:
                time.sleep(gap)

    def paste(self, text: str) -> None:
        """Send a bracketed paste as terminals do: line ends become CR."""
        body = text.replace("\r\n", "\r").replace("\n", "\r")
        self.send(f"\x1b[200~{body}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        with self._changed:
            self._screen.resize(rows, columns)
        self._set_size(self._master, columns, rows)

    # -- output ---

    @property
    def text(self) -> str:
        """The screen as lines without trailing blanks."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """The screen's lines without trailing blanks."""
        with self._changed:
            rows, columns = range(self._screen.lines), range(self._screen.columns)
            buffer = self._screen.buffer
            return ["".join(buffer[y][x].data for x in columns).rstrip() for y in rows]

    @property
    def cursor(self) -> tuple[int, int]:
        """The cursor as (column, row) from 0."""
        with self._changed:
            return self._screen.cursor.x, self._screen.cursor.y

    @property
    def picture(self) -> list[list[Cell]]:
        """Every cell with its colours and attributes."""
        with self._changed:
            return picture_of(self._screen)

    @property
    def raw(self) -> bytes:
        """Everything the program has written."""
        with self._changed:
            return bytes(self._raw)

    @property
    def received(self) -> int:
        """How many bytes the program has written."""
        with self._changed:
            return len(self._raw)

    def wait(self, condition: Callable[[], bool], timeout: float = 10.0, what: str = "condition") -> None:
        """Wait until a condition on this terminal holds; raises AssertionError with the screen's text."""
        limit = time.monotonic() + timeout
        while not condition():
            left = limit - time.monotonic()
            if left <= 0 or (self._ended and not condition()):
                raise AssertionError(f"{what} not seen within {timeout} s; the screen is:\n{self.text}")
            with self._changed:
                self._changed.wait(min(left, 0.1))

    def wait_for(self, text: str, timeout: float = 10.0) -> None:
        """Wait until a text stands on the screen."""
        self.wait(lambda: text in self.text, timeout, repr(text))

    def wait_gone(self, text: str, timeout: float = 10.0) -> None:
        """Wait until a text stands on the screen no more."""
        self.wait(lambda: text not in self.text, timeout, f"screen without {text!r}")

    def wait_quiet(self, quiet: float = 0.15, timeout: float = 10.0) -> None:
        """Wait until the program has written nothing for `quiet` seconds."""
        start = time.monotonic()
        limit = start + timeout
        while time.monotonic() < limit:
            idle = time.monotonic() - max(self._last_read, start)
            if idle >= quiet:
                return
            time.sleep(min(quiet - idle, 0.05))
        raise AssertionError(f"the program was not quiet within {timeout} s")

    def bytes_for(self, keys: str | bytes, quiet: float = 0.15, timeout: float = 10.0) -> int:
        """Send keys and return how many bytes the program wrote until it was quiet again."""
        before = self.received
        self.send(keys)
        self.wait_quiet(quiet, timeout)
        return self.received - before

    # -- the program ---

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self.process.pid

    def rss(self, field: str = "VmRSS") -> float:
        """Return the program's resident memory in MB (`VmHWM` for its peak)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"{field} is not in the program's status")

    def wait_exit(self, timeout: float = 10.0) -> int:
        """Wait until the program has ended; returns its exit code."""
        return self.process.wait(timeout)

    def hang_up(self) -> None:
        """Close the terminal under the program, as a dropped line does."""
        self._ended = True
        self._reader.join(2)
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """End the program (terminated, then killed) and the terminal."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(3)
        self._ended = True
        self._reader.join(2)
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    # -- inside ---

    @staticmethod
    def _set_size(number: int, columns: int, rows: int) -> None:
        fcntl.ioctl(number, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def _read_all(self) -> None:
        while not self._ended:
            ready, _, _ = select.select([self._master], [], [], 0.1)
            if not ready:
                continue
            try:
                data = os.read(self._master, 65536 if self._rate is None else max(self._rate // 50, 1))
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                break
            if not data:
                break
            self._take(data)
            if self._rate is not None:
                time.sleep(len(data) / self._rate)
        self._ended = True
        with self._changed:
            self._changed.notify_all()

    def _take(self, data: bytes) -> None:
        with self._changed:
            self._raw += data
            self._last_read = time.monotonic()
            data = self._pending + data
            cut = _INCOMPLETE.search(data)
            end = cut.start() if cut else len(data)
            data, self._pending = data[:end], data[end:]
            start = 0
            for query in _QUERY.finditer(data):
                self._feed(data[start : query.start()])
                self._answer(query.group())
                start = query.end()
            self._feed(data[start:])
            self._changed.notify_all()

    def _feed(self, data: bytes) -> None:
        data = _UNKNOWN_TO_PYTE.sub(b"", _OTHER_SCREEN.sub(b"\x1b[H\x1b[2J", data))
        if self._encoding == "utf-8":
            data = self._half + data
            end = _whole_utf8(data)
            data, self._half = data[:end], data[end:]
        text = data.decode(self._encoding, "replace")
        if self._ambiguous_wide:
            text = text.replace("·", "・")
        self._stream.feed(text)

    _half = b""

    def _answer(self, query: bytes) -> None:
        if not self._answers:
            return
        if query == b"\x1b[6n":
            cursor = self._screen.cursor
            self._write(b"\x1b[%d;%dR" % (cursor.y + 1, min(cursor.x, self._screen.columns - 1) + 1))
        elif query in (b"\x1b[c", b"\x1b[0c"):
            self._write(b"\x1b[?1;2c")
        elif query.startswith(b"\x1b[>"):
            self._write(b"\x1b[>0;136;0c")


def picture_of(screen: pyte.Screen) -> list[list[Cell]]:
    """Return every cell of a pyte screen."""
    return [row_of(screen, y) for y in range(screen.lines)]


def row_of(screen: pyte.Screen, y: int) -> list[Cell]:
    """Return the cells of a row; what cannot be seen on a blank is left out."""
    row = screen.buffer[y]
    cells: list[Cell] = []
    for x in range(screen.columns):
        char = row[x]
        if char.data == " " and not char.reverse and not char.underscore:
            cells.append((" ", "default", char.bg, False, False, False))
        else:
            cells.append((char.data, char.fg, char.bg, char.bold, char.reverse, char.underscore))
    return cells


def _whole_utf8(data: bytes) -> int:
    """Return how many bytes of `data` end with a whole UTF-8 character."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            size = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if size > back else len(data)
        if byte < 0x80:
            break
    return len(data)
