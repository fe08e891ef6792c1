"""Waking long polls: what changes in this process rings at once, other processes show within a second."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

RECHECK = 1.0
"""Seconds after which a waiting poll looks at the database again, rung for or not."""

MAX_WAIT = 25
"""Longest wait of a poll in seconds."""


class Bell:
    """Rings for a scope from any thread; coroutines of any event loop listen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)

    def ring(self, *scopes: str) -> None:
        """Wake everyone who waits for one of the scopes; call it after the commit."""
        with self._lock:
            waiting = [pair for scope in scopes for pair in self._waiting.get(scope, ())]
        _set(waiting)

    def ring_all(self) -> None:
        """Wake everyone who waits for anything."""
        with self._lock:
            waiting = [pair for pairs in self._waiting.values() for pair in pairs]
        _set(waiting)

    @contextmanager
    def listen(self, scope: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the scope is rung for while the context is open."""
        pair = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting[scope].add(pair)
        try:
            yield pair[1]
        finally:
            with self._lock:
                self._waiting[scope].discard(pair)
                if not self._waiting[scope]:
                    del self._waiting[scope]


def _set(waiting: Iterable[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    for loop, event in waiting:
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)


async def rung(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, at the latest after `seconds`, and make it ready for the next ring."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()


BELL = Bell()
"""The bell of this process."""
