"""The inbox kept current by one long poll after another, and whether the center can be reached."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from client.api import CenterClient
from client.errors import AuthExpired, ClientError
from client.store.caches import InboxCache

if TYPE_CHECKING:
    from domain.wire import InboxPoll

log = logging.getLogger("gjj.client")

WAIT_SECONDS = 25
LONGEST_PAUSE = 30.0
OFFLINE_AFTER = 3
"""Failures in a row after which the state is offline and no longer reconnecting."""

LEAST_ROUND = 0.2
"""Least seconds between two polls, whatever the center answers."""


class Link(StrEnum):
    """State of the connection for the status line."""

    ONLINE = "在线"
    RECONNECTING = "重连中"
    OFFLINE = "离线"


class InboxWatcher:
    """Polls the inbox in a thread of its own; the callbacks are called on that thread."""

    def __init__(
        self,
        client: CenterClient,
        cache: InboxCache,
        on_poll: Callable[[InboxPoll], None],
        *,
        on_link: Callable[[Link], None] | None = None,
        on_quiet: Callable[[], None] | None = None,
        on_login: Callable[[], None] | None = None,
        is_active: Callable[[], bool] | None = None,
        wait: int = WAIT_SECONDS,
        pause: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`on_poll` gets every answer that holds something new, `on_link` every change of state.

        `on_quiet` is called after an answer that holds nothing new; a ClientError of it counts as a failure.
        `on_login` is called once when the session has ended; polling then stops. `is_active` says whether a
        person has pressed a key lately, which keeps the session alive at the center.
        """
        self.client = client
        self.cache = cache
        self.link = Link.RECONNECTING
        self._on_poll = on_poll
        self._on_link = on_link
        self._on_quiet = on_quiet
        self._on_login = on_login
        self._is_active = is_active
        self._wait = wait
        self._pause = pause
        self._failures = 0
        self._told = False

    def start(self) -> Callable[[], None]:
        """Poll in a daemon thread; call what is returned to stop it."""
        stop = threading.Event()
        thread = threading.Thread(target=self.run, args=(stop,), name="gjj-inbox", daemon=True)
        thread.start()
        return stop.set

    def run(self, stop: threading.Event) -> None:
        """Poll until `stop` is set or the session ends."""
        while not stop.is_set():
            started = time.monotonic()
            try:
                self.poll_once(stop)
            except AuthExpired:
                self._set(Link.OFFLINE)
                if self._on_login is not None and not stop.is_set():
                    self._on_login()
                return
            except ClientError as error:
                if stop.is_set():
                    return
                stop.wait(self._failed(error))
            stop.wait(max(0.0, LEAST_ROUND - (time.monotonic() - started)))

    def poll_once(self, stop: threading.Event | None = None) -> InboxPoll | None:
        """One poll, the first without waiting; None when stopped meanwhile. Raises ClientError."""
        after = self.cache.revision()
        wait = self._wait if self._told else 0
        active = self._is_active is not None and self._is_active()
        answer = self.client.poll_inbox(after, wait, active=active)
        if stop is not None and stop.is_set():
            return None
        self._failures = 0
        self._set(Link.ONLINE)
        if answer.rev < after:
            self.cache.clear()
            return None
        if answer.rev != after or answer.jobs or not self._told:
            self.cache.apply(answer.rev, answer.items, answer.counts)
            self._told = True
            self._on_poll(answer)
        elif self._on_quiet is not None:
            self._on_quiet()
        return answer

    def _failed(self, error: ClientError) -> float:
        """Note a failure; returns the pause before the next try."""
        self._failures += 1
        self._set(Link.OFFLINE if self._failures >= OFFLINE_AFTER else Link.RECONNECTING)
        log.info("inbox: %s", error.code)
        ceiling = min(LONGEST_PAUSE, 2.0 ** min(self._failures, 6))
        return max(self._pause(0.5, ceiling), float(min(error.retry_after or 0, LONGEST_PAUSE)))

    def _set(self, link: Link) -> None:
        if link is not self.link:
            self.link = link
            if self._on_link is not None:
                self._on_link(link)
