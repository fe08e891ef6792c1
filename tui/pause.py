"""Waiting until the typing pauses.

Amounts that follow from a number cost more to draw than the number itself, and a hand on the keypad strikes
three keys a second: nothing is drawn between them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

PAUSE_SECONDS: Final = 0.4
"""How long a hand that types on may rest between two digits."""

NUMBERS: Final = ("money", "ratio")
"""Kinds of fields and columns whose amounts wait; what follows from other texts stands there at once."""


class TypingPause:
    """Calls `then` once `PAUSE_SECONDS` have passed without another `begin`."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> bool:
        """Whether it is being waited for."""
        return self._waiting is not None

    def begin(self) -> None:
        """Wait from now on."""
        self.stop()
        self._waiting = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._passed)

    def stop(self) -> None:
        """Wait no more."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _passed(self) -> None:
        self._waiting = None
        self._then()
