"""An application whose frames are drawn by the delta painter, with stock drawing to fall back on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App

from tui.painter import Painter, UnexpectedFrameError, harmless

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen


HOLD_SECONDS = 0.1
"""How long a picture in the making is kept back at most; later, people want to see that something happens."""
FIRST_FRAME_SECONDS = 0.05
"""How often to look whether the first frame has left; the driver writes in a thread of its own."""


class PaintedApp(App[int], inherit_bindings=False):
    """An application whose frames go through a `Painter`."""

    _painter: Painter | None = None
    _paint_later: asyncio.TimerHandle | None = None
    _held: asyncio.TimerHandle | None = None
    _asked_again = False

    def __init__(self, **options: Any) -> None:
        """Take Textual's options; nothing is painted yet."""
        super().__init__(**options)
        self.painted = asyncio.Event()
        """Set with the first frame of a screen of ours; what is heavy to load waits for it."""

    def caret_position(self) -> tuple[int, int]:
        """Return where the terminal's cursor is left after a frame."""
        x, y = self.cursor_position
        return x, y

    def notice_instead(self) -> str | None:
        """Return a sentence to show in place of every frame, or None."""
        return None

    def _set_pointer_shape(self, shape: str) -> None:
        """Send nothing: there is no mouse, and not every terminal takes the sequence."""

    def _first_frame(self) -> None:
        """Say `painted` once the first frame is with the terminal, however long the line takes for it."""
        waits = self._held is not None or self._paint_later is not None
        if waits or not getattr(self._driver, "all_taken", True):
            asyncio.get_running_loop().call_later(FIRST_FRAME_SECONDS, self._first_frame)
        else:
            self.painted.set()

    def hold_picture(self) -> None:
        """Send nothing until `show_picture`, for a moment at most: a screen is drawn once it is ready.

        What it showed at its last visit would cost its bytes and flash by.
        """
        if self._held is None:
            self._held = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._let_go)

    def show_picture(self) -> None:
        """Send the picture as soon as everything that is to be drawn stands in it."""
        if self._held is not None:
            self.screen.call_after_refresh(self._let_go)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.cancel()
            self._held = None
            if self._running and not self._closed:
                self._send()

    def forget_picture(self) -> None:
        """Clear the terminal and draw everything again (line fault, return from another program)."""
        if self._painter is not None and self._painter.height:
            self._painter.forget()
            self._send()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        ours = renderable is not None and screen.id != "_default"
        if ours and not self._batch_count and not self.painted.is_set():
            asyncio.get_running_loop().call_later(FIRST_FRAME_SECONDS, self._first_frame)
        driver = self._driver
        usable = (
            isinstance(renderable, (LayoutUpdate, ChopsUpdate))
            and not self._batch_count
            and self._running
            and not self._closed
            and not self.is_headless
            and driver is not None
            and not driver.is_inline
        )
        if not usable:
            super()._display(screen, renderable)
            return
        assert isinstance(renderable, (LayoutUpdate, ChopsUpdate))
        if self.notice_instead() is not None:
            self._sized_painter()
            self._send()
        elif self._painted(renderable):
            self._send()
            self.post_display_hook()
        else:
            assert driver is not None
            driver.write("\x1b[m")
            super()._display(screen, harmless(renderable))

    def _painted(self, update: LayoutUpdate | ChopsUpdate) -> bool:
        """Take an update into the picture; False when stock drawing must do it."""
        size = self.size
        painter = self._painter
        if painter is None or (painter.width, painter.height) != (size.width, size.height):
            if not (isinstance(update, LayoutUpdate) and update.region.size == size):
                return False
            painter = self._sized_painter()
        try:
            painter.take(update)
        except (UnexpectedFrameError, AttributeError, KeyError, IndexError, TypeError, ValueError):
            self._painter = None
            if not self._asked_again:
                # Once: a frame that is refused every time must not be asked for without end.
                self._asked_again = True
                self.screen.refresh()
            return False
        self._asked_again = False
        return True

    def _sized_painter(self) -> Painter:
        """Return the painter for the present size of the terminal, a new one where that has changed."""
        size, painter = self.size, self._painter
        if painter is None or (painter.width, painter.height) != (size.width, size.height):
            painter = self._painter = Painter(self.console._color_system)
            painter.resize(*size)
        return painter

    def _send(self) -> None:
        """Write the difference, unless the line has not yet taken what was written before."""
        painter, driver = self._painter, self._driver
        if painter is None or driver is None or self._paint_later is not None or self._held is not None:
            return
        if getattr(driver, "backlog", 0) > 1:
            self._paint_later = asyncio.get_running_loop().call_later(0.02, self._send_now)
            return
        notice = self.notice_instead()
        text = painter.frame(self.caret_position()) if notice is None else painter.notice(notice)
        if text:
            driver.write(text)
            driver.flush()

    def _send_now(self) -> None:
        self._paint_later = None
        if self._running and not self._closed:
            self._send()
