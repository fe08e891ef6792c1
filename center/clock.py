"""The center's clock: one source of time, injected everywhere, so that a test can move it."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from domain.period import center_local


class Clock(Protocol):
    """Anything that knows the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Where the clock stands."""
        with self._lock:
            return self._now

    def advance(self, **parts: float) -> datetime:
        """Move by a `timedelta(**parts)`; returns the new time."""
        with self._lock:
            self._now += timedelta(**parts)
            return self._now

    def set(self, moment: datetime) -> None:
        """Move to an aware moment."""
        with self._lock:
            self._now = moment.astimezone(UTC)


def utc_text(moment: datetime) -> str:
    """ISO text in UTC with microseconds and "Z", 27 characters; sorts as time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_utc(text: str) -> datetime:
    """The aware moment of a text written by `utc_text`. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def today(clock: Clock) -> date:
    """The center's date (Asia/Shanghai, UTC+8 all year)."""
    return center_local(clock.now()).date()


def local_now(clock: Clock) -> datetime:
    """The center's wall clock as a naive time."""
    return center_local(clock.now())


def now_text(clock: Clock) -> str:
    """The present moment as `utc_text`."""
    return utc_text(clock.now())
