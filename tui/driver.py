"""The terminal driver: Textual's own for Linux, without what hurts over SSH and with what it lacks.

Different from the stock driver of Textual 8.2.8:

- bytes that are not UTF-8 (an input in GBK) become U+FFFD instead of ending the program;
- keys are cut out of the input by `tui.keyparser`;
- the input thread sleeps until there is input, and ends when the terminal is gone;
- no kitty keyboard protocol, focus reports, in-band resize or synchronised output: some terminals on the
  way print these queries as text, and the painter's frames are too small to tear;
- writing to a terminal that is gone does not block the program;
- SIGHUP and SIGTERM end the program in order, so that drafts are kept;
- SIGCONT starts anew only what SIGTSTP has stopped;
- while the terminal is lent (`tui.lending`), nothing is drawn.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TextIO

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from tui.keyparser import KeyParser, decoder

if TYPE_CHECKING:
    from textual.app import App

_NEVER_SENT: Final = frozenset(("\x1b[?1004h", "\x1b[?1004l", "\x1b[?2048$p", "\x1b[?2048l", "\x1b[<u"))
_PLAIN_KEYS: Final = "\x1b>\x1b[?1000l"
"""Digits from the keypad and no mouse reports, whatever the program before this one has left on."""
_HIDE_CURSOR: Final = "\x1b[?25l"


class _Output:
    """The terminal as a file that never raises: once it is gone, what is written is dropped."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._gone = False
        self._written = 0
        self.taken = 0
        """Characters that have left for the terminal, or were dropped because it is gone."""

    def write(self, text: str) -> int:
        """Write a text unless the terminal is gone."""
        if not self._gone:
            try:
                self._file.write(text)
            except (OSError, ValueError):
                self._drop()
        self._written += len(text)
        return len(text)

    def flush(self) -> None:
        """Send what was written unless the terminal is gone."""
        if not self._gone:
            try:
                self._file.flush()
            except (OSError, ValueError):
                self._drop()
        self.taken = self._written

    def _drop(self) -> None:
        """Point the file to nowhere, so that the interpreter can flush what is left at its end."""
        self._gone = True
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._file.fileno())
            os.close(nowhere)

    def fileno(self) -> int:
        """Return the file's number."""
        return self._file.fileno()


class ShellDriver(LinuxDriver):
    """The Linux driver with the differences told above."""

    typed_before: bytes = b""
    """Input that arrived before the driver started (during the probe); it is the first to be read."""
    attributes_before: list[Any] | None = None
    """The terminal's settings before the probe changed them; they are the ones restored at the end."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        assert sys.__stderr__ is not None
        self._file: Any = _Output(sys.__stderr__)
        self._handed = 0
        self.lent = False
        """Whether another program has the terminal; what is drawn meanwhile is dropped."""
        self._wake_read, self._wake_write = os.pipe()
        for name in (signal.SIGHUP, signal.SIGTERM):
            signal.signal(name, self._terminal_closed)

    @property
    def backlog(self) -> int:
        """How many writes the terminal has not yet taken."""
        thread = self._writer_thread
        return thread._queue.qsize() if thread is not None else 0

    def write(self, data: str) -> None:
        """Write, except the switches this program never uses."""
        if data == _HIDE_CURSOR and getattr(self._app, "show_cursor", False):
            return
        if data not in _NEVER_SENT and not self.lent:
            self._handed += len(data)
            super().write(data)

    @property
    def output_number(self) -> int:
        """The file number of the terminal."""
        return int(self._file.fileno())

    @property
    def all_taken(self) -> bool:
        """Whether everything that was written has left for the terminal."""
        return bool(self._file.taken >= self._handed)

    def start_application_mode(self) -> None:
        """Take the terminal; draw everything again when it was lent to another program."""
        again = self._key_thread is not None
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write(_PLAIN_KEYS)
        cls = type(self)
        if cls.attributes_before is not None:
            self.attrs_before = cls.attributes_before
            cls.attributes_before = None
        if again:
            redraw = getattr(self._app, "redraw", None)
            if redraw is not None:
                self._app.call_later(redraw)

    def _sigtstp_application(self, *_: object) -> None:
        """Lend the terminal; after the application has ended, only stop."""
        if self._loop.is_closed():
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            super()._sigtstp_application()

    def _sigcont_application(self, *_: object) -> None:
        """Take the terminal back if it was lent.

        A terminal that closes sends SIGCONT as well, and so may whoever stopped the program from outside:
        starting again then would put a second thread on the same keys.
        """
        if self._loop.is_closed():
            return
        if self._must_signal_resume:
            super()._sigcont_application()
            return
        redraw = getattr(self._app, "redraw", None)
        if redraw is not None:
            self._loop.call_soon_threadsafe(self._app.call_later, redraw)

    def stop_application_mode(self) -> None:
        """Give the terminal back with its plain pen."""
        self.write("\x1b[m")
        super().stop_application_mode()

    def _request_terminal_sync_mode_support(self) -> None:
        """Ask nothing: the frames are small."""

    def disable_input(self) -> None:
        """Stop the input thread at once; what was struck ahead stays for the next program."""
        if self._key_thread is None or self.exit_event.is_set():
            return
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        self.exit_event.set()
        os.write(self._wake_write, b"\0")
        self._key_thread.join()
        self.exit_event.clear()

    def _terminal_closed(self, *_: object) -> None:
        closed: Callable[[], None] | None = getattr(self._app, "terminal_closed", None)
        if closed is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(closed)

    # -- input ---

    def run_input_thread(self) -> None:
        """Read keys until told to stop or the terminal is gone."""
        parser = KeyParser()
        decode = decoder().decode
        first, type(self).typed_before = type(self).typed_before, b""
        self._send_all(parser.feed(decode(first)) if first else ())
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(parser.wait)
                numbers = [key.fd for key, _ in ready]
                if self._wake_read in numbers:
                    os.read(self._wake_read, 16)
                elif self.fileno in numbers:
                    data = self._read()
                    if not data:
                        self._terminal_closed()
                        return
                    text = decode(data)
                    self._send_all(parser.feed(text) if text else ())
                self._send_all(parser.tick())

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _send_all(self, messages: Iterable[Any]) -> None:
        for message in messages:
            self.process_message(message)


def driver_class() -> type[Driver] | None:
    """Return the driver for this system; None where Textual's own choice must do."""
    return ShellDriver if sys.platform.startswith(("linux", "darwin")) else None
