"""Keeping what is half typed: soon after every key, at once at every change of field, and when asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from client.errors import ClientError
from screens.roster_parts import begin
from tui.progress import in_thread

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.shellscreen import KeyScreen

WAIT_SECONDS: Final = 0.4
"""Longest time between a key and its being stored, but for the store's own time."""


class DraftSaver:
    """Stores snapshots one after the other in a thread; several keys make one snapshot."""

    def __init__(
        self,
        screen: KeyScreen,
        snapshot: Callable[[], dict[str, str]],
        keep: Callable[[dict[str, str]], None],
    ) -> None:
        """`snapshot` is called on the event loop, `keep` in a thread; `keep` raises ClientError."""
        self._screen = screen
        self._snapshot = snapshot
        self._keep = keep
        self._key = ""
        self._timer: Timer | None = None
        self._kept: dict[str, str] | None = None
        self._busy = False
        self._told = False
        self._turn = asyncio.Lock()

    @property
    def has_cell(self) -> bool:
        """Whether the last snapshot held a cell under edit."""
        return bool(self._kept) and "@row" in (self._kept or {})

    def changed(self, key: str) -> None:
        """Take notice that field `key` is being typed in."""
        if key != self._key:
            self._key = key
            self._flush()
        elif self._timer is None:
            self._timer = self._screen.set_timer(WAIT_SECONDS, self._flush)

    async def finish(self) -> None:
        """Store what is half typed now, before going on."""
        self._stop_timer()
        await self._store()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _flush(self) -> None:
        self._stop_timer()
        if self._busy:
            self._timer = self._screen.set_timer(WAIT_SECONDS, self._flush)
        else:
            begin(self._screen, self._store, "draft")

    async def _store(self) -> None:
        """Store one snapshot; never two at once, or the older one could be the last."""
        async with self._turn:
            await self._store_now()

    async def _store_now(self) -> None:
        typed = self._snapshot()
        if typed == self._kept:
            return
        self._busy = True
        try:
            await in_thread(self._keep, typed)
            self._kept, self._told = typed, False
        except ClientError as error:
            if not self._told:
                self._told = True
                self._screen.status(error.sentence, kind="error", beep=True)
        finally:
            self._busy = False
