"""What the program may send to a terminal, and a recorder of what an application in this process sends.

The grammar is written anew here: it is what the terminals are promised, not what the painter happens to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from textual._compositor import ChopsUpdate, LayoutUpdate

from tui.painted_app import PaintedApp

FRAME = (
    r"\x1b\[(?:\d{1,3}(?:;\d{1,3}){0,15})?m",  # SGR
    r"\x1b\[\d{0,4}(?:;\d{1,4})?H",  # cursor place
    r"\x1b\[\d{0,4}[CDX]",  # cursor right and left, erase characters
    r"\x1b\[K",
    r"\x1b\[2J",
    r"\x1b\[(?:\d{1,4};\d{1,4})?r",  # scroll region
    r"\x1bM",  # reverse index
    r"[\r\n\b]",
)
"""Sequences of frames."""
AROUND = (
    r"\x1b\[6n",  # the probe's questions
    r"\x1b\[\?(?:7|25|1049|2004)[hl]",
    r"\x1b\[\?1000l",
    r"\x1b>",
    r"\x07",
)
"""Sequences at start and end, and the bell."""
_FRAME = re.compile("|".join(FRAME))
_ANY = re.compile("|".join((*FRAME, *AROUND)))
_FORBIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def strangers(text: str, *, around: bool = False) -> list[str]:
    """Return everything in sent text that is neither a drawn character nor one of our own sequences."""
    found: list[str] = []
    at = 0
    for own in (_ANY if around else _FRAME).finditer(text):
        found += _not_drawn(text[at : own.start()])
        at = own.end()
    return found + _not_drawn(text[at:])


def _not_drawn(text: str) -> list[str]:
    return [
        repr(text[max(at - 8, 0) : at + 12])
        for at, char in enumerate(text)
        if unicodedata.category(char) in _FORBIDDEN
        or (unicodedata.category(char) == "Zs" and char not in " \u3000")
    ]


class Sent:
    """Frames of an application in this process as a terminal would have got them."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.refused: list[str] = []
        """Why the painter has left frames to stock drawing."""

    def take(self, app: PaintedApp, renderable: Any) -> None:
        if not isinstance(renderable, (LayoutUpdate, ChopsUpdate)) or app._batch_count:
            return
        if app._painted(renderable):
            assert app._painter is not None
            self.frames.append(app._painter.frame(app.caret_position()))
        elif app._painter is None:
            self.refused.append(type(renderable).__name__)

    def strangers(self) -> list[str]:
        return [each for frame in self.frames for each in strangers(frame)]


@contextmanager
def recorded() -> Iterator[Sent]:
    """Record what every application draws meanwhile."""
    sent = Sent()
    display = PaintedApp._display

    def both(app: PaintedApp, screen: Any, renderable: Any) -> None:
        display(app, screen, renderable)
        sent.take(app, renderable)

    with patch.object(PaintedApp, "_display", both):
        yield sent
