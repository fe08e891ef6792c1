"""What one caller may ask for: token buckets by address, session and unit, and the size of a body."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

from center.errors import ProblemError
from center.settings import Rates, Settings

Kind = Literal["login", "address", "session", "unit"]

MAX_BUCKETS = 20_000
"""Buckets kept; the ones unused for longest are forgotten first."""


class Limiter:
    """Token buckets in this process. `now` is a monotonic clock in seconds."""

    def __init__(self, rates: Rates, now: Callable[[], float] = time.monotonic) -> None:
        self._rates = rates
        self._now = now
        self._lock = threading.Lock()
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def check(self, kind: Kind, who: str) -> None:
        """Take one token. Raises rate.limited with `retry_after` when there is none."""
        wait = self._take(kind, who)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise ProblemError("rate.limited", f"操作过于频繁，请{seconds}秒后再试。", retry_after=seconds)

    def _take(self, kind: Kind, who: str) -> float:
        rate, burst = getattr(self._rates, kind)
        with self._lock:
            now = self._now()
            tokens, seen = self._buckets.pop((kind, who), (float(burst), now))
            tokens = min(float(burst), tokens + (now - seen) * rate)
            wait = 0.0 if tokens >= 1 else (1 - tokens) / rate
            self._buckets[kind, who] = (tokens if wait else tokens - 1, now)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        return wait


def body_limit(settings: Settings, method: str, path: str) -> int:
    """The most bytes a request body may have."""
    if method == "PUT" and "/attachments/" in path:
        return settings.max_attachment
    if path.startswith("/v1/units/") and (method == "PUT" or path.endswith("/checks")):
        return settings.max_roster_body
    return settings.max_body
