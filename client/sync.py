"""Synchronising the unit's depositors with the local copy (E-01 to E-05): changes only, page by page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client.api import CenterClient
from client.store.depositors import DepositorCache

if TYPE_CHECKING:
    from domain.wire import DepositorPage

PAGE = 2000


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a synchronisation is. `total` is the unit's headcount, 0 when it is unknown."""

    rows: int
    total: int
    revision: int
    done: bool


class _Ahead:
    """Pages of changes; the next one is fetched while this one is being stored."""

    def __init__(self, worker: ThreadPoolExecutor, fetch: Callable[[int], DepositorPage]) -> None:
        self._worker = worker
        self._fetch = fetch
        self._begun: tuple[int, Future[DepositorPage]] | None = None

    def begin(self, since: int) -> None:
        """Begin to fetch the page after a revision."""
        self._begun = since, self._worker.submit(self._fetch, since)

    def after(self, since: int) -> DepositorPage:
        """The page after a revision. Raises ClientError."""
        begun, self._begun = self._begun, None
        if begun is not None and begun[0] == since:
            return begun[1].result()
        return self._fetch(since)


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
        with ThreadPoolExecutor(1, thread_name_prefix="gjj-sync") as worker:
            return self._run(_Ahead(worker, self._fetch(page_size)), progress, stop, headcount)

    def _fetch(self, page_size: int) -> Callable[[int], DepositorPage]:
        return lambda since: self.client.depositors(self.unit_account, since=since, limit=page_size)

    def _run(
        self,
        pages: _Ahead,
        progress: Callable[[SyncProgress], None] | None,
        stop: threading.Event | None,
        headcount: int,
    ) -> SyncProgress:
        since = self.cache.revision()
        fetched = 0
        while True:
            page = pages.after(since)
            if since > 0 and page.revision < since:
                self.cache.forget()
                since, fetched = 0, 0
                continue
            if page.more and page.revision != since and not (stop is not None and stop.is_set()):
                pages.begin(page.revision)
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
