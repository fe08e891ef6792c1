"""The parts that every request of one center shares."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from center.bell import BELL
from center.clock import Clock
from center.limits import Limiter
from center.settings import Settings
from center.sms import SmsPump
from center.store.engine import Store
from domain.profile import Profile


@dataclass(frozen=True, slots=True)
class Center:
    """The parts every request shares."""

    settings: Settings
    store: Store
    limiter: Limiter
    sms: SmsPump
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def clock(self) -> Clock:
        """The center's clock."""
        return self.settings.clock

    @property
    def profile(self) -> Profile:
        """The center's profile."""
        return self.settings.profile

    @property
    def closing(self) -> bool:
        """True from `close_polls` on: no poll waits any more."""
        return self._closing.is_set()

    def close_polls(self) -> None:
        """Have every waiting poll answered at once; called when the server stops."""
        self._closing.set()
        BELL.ring_all()

    def open_polls(self) -> None:
        """Let polls wait again."""
        self._closing.clear()
