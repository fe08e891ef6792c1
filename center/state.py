"""The parts that every request of one center shares."""

from __future__ import annotations

from dataclasses import dataclass

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

    @property
    def clock(self) -> Clock:
        """The center's clock."""
        return self.settings.clock

    @property
    def profile(self) -> Profile:
        """The center's profile."""
        return self.settings.profile
