"""The terminal probe at start: is it UTF-8, and how wide are characters of ambiguous width?

Two questions are written before Textual is imported, the answers read after it: the probe costs no time::

    probe = TerminalProbe.begin()       # before `import textual`
    from tui.app import ShellApp
    result = probe.finish() if probe else TerminalFacts()
    if result.wrong_encoding:
        probe.restore(); print(INSTRUCTIONS); exit
    result.apply()

`中中` is two characters of two cells in UTF-8; a terminal in another encoding sees six bytes as three
double or six single characters. `·` is one cell or, in terminals set up for Chinese, two. A terminal that
does not answer within half a second is taken for a plain UTF-8 one. Keys struck meanwhile are kept for the
program.
"""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty
from dataclasses import dataclass
from typing import Any, Final

TIMEOUT: Final = 0.5
"""Seconds after which an answer is no longer waited for."""
INSTRUCTIONS: Final = """\
gjj needs a terminal in UTF-8, but this terminal uses another character encoding.
  PuTTY:     Window > Translation > Remote character set: UTF-8
  SecureCRT: Session Options > Appearance > Character encoding: UTF-8
  Xshell:    File > Properties > Terminal > Encoding: Unicode (UTF-8)
  MobaXterm: Settings > Terminal > Charset: UTF-8
Change it, then start gjj again.
"""
"""Said in ASCII, because nothing else would arrive as written."""
_QUESTIONS: Final = b"\r\xe4\xb8\xad\xe4\xb8\xad\x1b[6n\r\x1b[K\xc2\xb7\x1b[6n\r\x1b[K"
_POSITION: Final = re.compile(rb"\x1b\[(\d+);(\d+)R")


@dataclass(frozen=True, slots=True)
class TerminalFacts:
    """What the terminal answered; the defaults are those of a terminal that did not."""

    answered: bool = False
    wrong_encoding: bool = False
    ambiguous_wide: bool = False
    milliseconds: int = 0

    def apply(self, ambiguous_width: str = "auto") -> None:
        """Draw as this terminal needs it; "narrow" or "wide" stand above what it answered."""
        from tui.glyphs import set_ambiguous_wide

        set_ambiguous_wide(self.ambiguous_wide if ambiguous_width == "auto" else ambiguous_width == "wide")


def read_facts(columns: list[int], milliseconds: int = 0) -> TerminalFacts:
    """Interpret the cursor's columns (from 1) after `中中` and after `·`."""
    if len(columns) < 2:
        return TerminalFacts(milliseconds=milliseconds)
    han, dot = columns[:2]
    # Column 1 or less than 5 is no encoding at all: a terminal that answers without drawing.
    return TerminalFacts(True, han > 5, han == 5 and dot == 3, milliseconds)


class TerminalProbe:
    """The two questions on their way."""

    def __init__(self, read: int, write: int, attributes: list[Any]) -> None:
        self._read = read
        self._attributes = attributes
        self._start = time.monotonic()
        self.typed = b""
        """Input that is no answer: keys struck while the probe ran."""
        os.write(write, _QUESTIONS)

    @classmethod
    def begin(cls) -> TerminalProbe | None:
        """Put the terminal into raw mode and ask; None when input or output is no terminal."""
        read, write = sys.__stdin__, sys.__stderr__
        if read is None or write is None or not (os.isatty(read.fileno()) and os.isatty(write.fileno())):
            return None
        number = read.fileno()
        try:
            attributes = termios.tcgetattr(number)
            tty.setraw(number, termios.TCSANOW)
        except termios.error:
            return None
        return cls(number, write.fileno(), attributes)

    def finish(self) -> TerminalFacts:
        """Read the answers, leave the terminal raw for the driver and hand it the keys struck meanwhile."""
        data = b""
        while len(_POSITION.findall(data)) < 2:
            left = self._start + TIMEOUT - time.monotonic()
            ready, _, _ = select.select([self._read], [], [], max(left, 0))
            if not ready:
                break
            chunk = os.read(self._read, 4096)
            if not chunk:
                break
            data += chunk
        columns = [int(column) for _, column in _POSITION.findall(data)]
        self.typed = _POSITION.sub(b"", data)
        return read_facts(columns, round((time.monotonic() - self._start) * 1000))

    def hand_over(self) -> None:
        """Give the driver the terminal's own settings and the keys struck so far."""
        from tui.driver import ShellDriver

        ShellDriver.attributes_before = self._attributes
        ShellDriver.typed_before = self.typed

    def restore(self) -> None:
        """Put the terminal's settings back (when the program is not started)."""
        termios.tcsetattr(self._read, termios.TCSANOW, self._attributes)
