"""The PIN field: digits go into bytes of our own, which leave the field once and are wiped.

Nothing of the value is drawn, sent in a message, logged, pasted or copied; the repr shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.segment import Segment
from textual.strip import Strip
from textual.timer import Timer

from tui.glyphs import fit, width
from tui.keys import KeyWidget
from tui.theme import CURSOR, PLAIN

IDLE_SECONDS: Final = 60.0
"""After this long without a key what was typed is wiped."""
TIMED_OUT: Final = "超过 60 秒没有输入，已清除，请重新输入密码。"


def wipe(value: bytearray) -> None:
    """Overwrite `value` with zeros and empty it."""
    value[:] = bytes(len(value))
    value.clear()


class _Typed:
    """Typed bytes in a buffer of fixed room: growing would leave copies behind. The repr says nothing."""

    __slots__ = ("_bytes", "length")

    def __init__(self, room: int) -> None:
        self._bytes = bytearray(room)
        self.length = 0

    def __repr__(self) -> str:
        return "_Typed()"

    def append(self, value: int) -> bool:
        if self.length >= len(self._bytes):
            return False
        self._bytes[self.length] = value
        self.length += 1
        return True

    def erase(self) -> bool:
        if not self.length:
            return False
        self.length -= 1
        self._bytes[self.length] = 0
        return True

    def wipe(self) -> None:
        self._bytes[:] = bytes(len(self._bytes))
        self.length = 0

    def take(self) -> bytearray:
        """Return the bytes typed and forget them."""
        with memoryview(self._bytes) as view:
            taken = bytearray(view[: self.length])
        self.wipe()
        return taken

    @property
    def clean(self) -> bool:
        return not self.length and not any(self._bytes)


class PinField(KeyWidget):
    """One line for a PIN of `minimum` to `maximum` bytes.

    Enter hands the bytes to `on_pin`, which owns and must wipe them, exactly once per entry; it runs inside
    the key handler, so it should close the gate (`request`, or `finish` of a dialog) when it starts work.
    Escape wipes; F12 wipes and goes to the screen. No undo, no inner caret, no paste.
    """

    KEY_CONTEXT: ClassVar[str] = "pin"
    DEFAULT_CSS = "PinField { height: 1; width: 1fr; }"

    def __init__(
        self,
        on_pin: Callable[[bytearray], None],
        *,
        title: str = "UKey 密码",
        minimum: int = 1,
        maximum: int = 32,
        idle_seconds: float = IDLE_SECONDS,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._on_pin = on_pin
        self._title = title
        self._minimum = minimum
        self._maximum = maximum
        self._idle_seconds = idle_seconds
        self._typed = _Typed(maximum)
        self._notice = ""
        self._timer: Timer | None = None

    def __repr__(self) -> str:
        return "PinField()"

    @property
    def empty(self) -> bool:
        """Whether nothing typed is left anywhere in the field."""
        return self._typed.clean

    def ask(self, title: str, minimum: int, maximum: int) -> None:
        """Start anew for another PIN (old, new, repeated) with its bounds of length in bytes."""
        self.wipe()
        self._title, self._minimum, self._maximum = title, minimum, maximum
        self._typed = _Typed(maximum)
        self.refresh()

    def tell(self, text: str) -> None:
        """Show a message behind the field until the next key."""
        self._notice = text
        self.refresh()

    def wipe(self) -> None:
        """Forget what was typed."""
        self._typed.wipe()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the title, a star per byte and the message."""
        room = self.size.width
        if room <= 0 or y:
            return Strip.blank(max(0, room))
        title = fit(f"{self._title}: [", min(room, width(self._title) + 3))
        stars = "*" * self._typed.length
        left = self._maximum - self._typed.length
        segments = [
            Segment(title + stars, PLAIN),
            Segment(" " if left else "]", CURSOR if self.has_focus else PLAIN),
        ]
        rest = (" " * (left - 1) + "]" if left else "") + f" {self._notice}"
        used = width(title) + len(stars) + 1
        segments.append(Segment(fit(rest, room - used), PLAIN))
        return Strip(segments).adjust_cell_length(room)

    def caret(self) -> tuple[int, int] | None:
        """Return the cell of the next star."""
        return width(self._title) + 3 + self._typed.length, 0

    def help_lines(self) -> list[str]:
        """Say how long the PIN may be."""
        return [f"{self._title}：{self._minimum} 至 {self._maximum} 位，输入后按回车。"]

    # -- keys ------------------------------------------------------------------------------------------

    def handle_action(self, action: str) -> bool:
        """Hand the PIN over, erase, or wipe and leave."""
        self._struck = ""
        shown, self._notice = self._notice, ""
        done = self._act(action)
        if shown != self._notice:
            self.refresh()
        return done

    def _act(self, action: str) -> bool:
        match action:
            case "accept":
                return self._hand_over()
            case "erase_left":
                return self._erase()
            case "clear" | "cancel_edit":
                self.wipe()
                return True
            case "back" | "exit":
                self.wipe()
        return False

    def handle_text(self, char: str) -> bool:
        """Append one ASCII character."""
        self._struck = ""
        if self._notice:
            self.tell("")
        if not "!" <= char <= "~" or not self._typed.append(ord(char)):
            return False
        self._watch_time()
        self.refresh()
        return True

    def _erase(self) -> bool:
        if not self._typed.erase():
            return False
        self._watch_time()
        self.refresh()
        return True

    def _hand_over(self) -> bool:
        if self._typed.length < self._minimum:
            self._notice = f"! 密码为 {self._minimum} 至 {self._maximum} 位，请重新输入。"
            self.wipe()
            self.shell.bell()
            return True
        pin = self._typed.take()
        self.wipe()
        try:
            self._on_pin(pin)
        except BaseException:
            wipe(pin)  # a traceback may print the locals of every frame
            raise
        return True

    # -- forgetting ------------------------------------------------------------------------------------

    def _watch_time(self) -> None:
        if self._timer is None:
            self._timer = self.set_timer(self._idle_seconds, self._time_out)
        else:
            self._timer.reset()

    def _time_out(self) -> None:
        self._timer = None
        if not self.empty:
            self.wipe()
            self.tell(TIMED_OUT)

    def on_blur(self) -> None:
        """Forget what was typed when the focus goes."""
        self.wipe()

    def on_unmount(self) -> None:
        """Forget what was typed when the field goes."""
        self.wipe()
