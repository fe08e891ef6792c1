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

    `show` draws a text, `cancel` is called when the user strikes the key of `back`. `keys_wait` says whether
    keys struck before it wait, `key` what that key is called.
    """

    def __init__(
        self,
        show: Callable[[str], None],
        keys_wait: Callable[[], bool] = lambda: False,
        key: Callable[[], str] = lambda: "F12",
    ) -> None:
        self._show = show
        self._keys_wait = keys_wait
        self._key = key
        self._text = ""
        self._stop = ""
        self._seconds = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.cancel: Callable[[], object] | None = None

    @property
    def may_stop(self) -> bool:
        """Whether the key of `back` stops the work now instead of waiting its turn.

        Struck behind keys that wait, it was struck for what they will have brought to the screen, unless the
        work takes so long that nobody types ahead of it any more.
        """
        return self.cancel is not None and (not self._keys_wait() or self._seconds >= LONG_SECONDS)

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

    def keys_came(self) -> None:
        """Say what the key of `back` does now that keys wait before it."""
        if self.cancel is not None:
            self._draw()

    def _draw(self) -> None:
        seconds = f" {self._seconds} 秒" if self._seconds else ""
        self._show(f"{self._text}{seconds}{self._stop_hint()}")

    def _stop_hint(self) -> str:
        """What the key of `back` does at this moment, "" where the work cannot be stopped."""
        if self.cancel is None:
            return ""
        wait = "" if self.may_stop else f"{LONG_SECONDS} 秒后可按 "
        return f"  {wait}{self._key()} {self._stop}"

    async def run(
        self,
        text: str,
        work: Callable[..., Result],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        on_cancel: Callable[[], object] | None,
        stop: str = "停止",
    ) -> Result:
        """Run `work(*args, **kwargs)` in a thread while the counter runs; returns or raises what it does.

        `stop` says what `on_cancel` does.
        """
        outer = (self._text, self._seconds, self._loop, self.cancel, self._stop)
        self._text, self._seconds, self.cancel, self._stop = text, 0, on_cancel, stop
        self._loop = asyncio.get_running_loop()
        self._draw()
        ticker = asyncio.ensure_future(self._tick())
        try:
            return await in_thread(work, *args, **kwargs)
        finally:
            ticker.cancel()
            self._text, self._seconds, self._loop, self.cancel, self._stop = outer
            self._show("")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            self._seconds += 1
            self._draw()
