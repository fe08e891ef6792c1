"""Work in a thread with a text counter: what is being done and for how many seconds, once a second."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")

LONG_SECONDS = 10
"""From then on the key of `back` stops work even behind keys that wait."""


async def in_thread(work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run blocking work in a daemon thread and return its result; its exception is raised here.

    A daemon thread, because a call that hangs must not keep the program from ending when the terminal is
    closed.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: Result | None = None
        error: BaseException | None = None
        try:
            result = work(*args, **kwargs)
        except BaseException as raised:  # noqa: BLE001 - handed to the waiting coroutine, whatever it is
            error = RuntimeError("work stopped") if isinstance(raised, StopIteration) else raised
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="gjj-work", daemon=True).start()
    return await future


class Progress:
    """The counter shown while the gate is closed for long work.

    `show` draws a text, `cancel` is called when the user strikes the key of `back`.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._text = ""
        self._seconds = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.cancel: Callable[[], object] | None = None

    def may_stop(self, keys_wait: bool) -> bool:
        """Whether the key of `back` stops the work now instead of waiting its turn.

        Struck behind keys that wait, it was struck for what they will have brought to the screen, unless the
        work takes so long that nobody types ahead of it any more.
        """
        return self.cancel is not None and (not keys_wait or self._seconds >= LONG_SECONDS)

    @property
    def active(self) -> bool:
        """Whether work is going on."""
        return self._loop is not None

    def say(self, text: str) -> None:
        """Change the text while the work goes on; may be called from the working thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._say, text)

    def _say(self, text: str) -> None:
        if self._loop is not None and text != self._text:
            self._text = text
            self._draw()

    def _draw(self) -> None:
        seconds = f" {self._seconds} 秒" if self._seconds else ""
        self._show(f"{self._text}{seconds}")

    async def run(
        self,
        text: str,
        work: Callable[..., Result],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        on_cancel: Callable[[], object] | None,
    ) -> Result:
        """Run `work(*args, **kwargs)` in a thread while the counter runs; returns or raises what it does."""
        outer = (self._text, self._seconds, self._loop, self.cancel)
        self._text, self._seconds, self.cancel = text, 0, on_cancel
        self._loop = asyncio.get_running_loop()
        self._draw()
        ticker = asyncio.ensure_future(self._tick())
        try:
            return await in_thread(work, *args, **kwargs)
        finally:
            ticker.cancel()
            self._text, self._seconds, self._loop, self.cancel = outer
            self._show("")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._seconds += 1
            self._draw()
