"""Synchronising the unit's depositors with the local copy (E-01 to E-05): changes only, page by page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from client.api import CenterClient
from client.store.depositors import DepositorCache

PAGE = 2000


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a synchronisation is. `total` is the unit's headcount, 0 when it is unknown."""

    rows: int
    total: int
    revision: int
    done: bool


class DepositorSync:
    """Brings the copy up to date; broken off anywhere it goes on from the last whole page."""

    def __init__(self, client: CenterClient, cache: DepositorCache, unit_account: str) -> None:
        self.client = client
        self.cache = cache
        self.unit_account = unit_account

    def run(
        self,
        progress: Callable[[SyncProgress], None] | None = None,
        *,
        stop: threading.Event | None = None,
        headcount: int = 0,
        page_size: int = PAGE,
    ) -> SyncProgress:
        """Fetch and store all changes; not done when `stop` is set meanwhile. Raises ClientError."""
        since = self.cache.revision()
        fetched = 0
        while True:
            page = self.client.depositors(self.unit_account, since=since, limit=page_size)
            if since > 0 and page.revision < since:
                self.cache.forget()
                since, fetched = 0, 0
                continue
            complete = self.cache.complete() or not page.more
            if not self.cache.apply(page.rows, since, page.revision, complete=complete, ended=not page.more):
                since = self.cache.revision()
                continue
            fetched += len(page.rows)
            stuck = page.more and page.revision == since
            since = page.revision
            state = SyncProgress(fetched, headcount, since, not page.more)
            if progress is not None:
                progress(state)
            if not page.more or stuck or (stop is not None and stop.is_set()):
                return state
