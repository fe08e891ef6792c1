"""The PIN dialog: which key and certificate, how many tries, the field; and what comes of the PIN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from screens.text_entry import TextEntry
from tui import glyphs
from tui.dialog import AnswerScreen
from tui.pin import PinField, wipe
from tui.theme import PLAIN

if TYPE_CHECKING:
    from tui.shellscreen import KeyScreen
    from ukey.signer import PinStatus, Signer

WIDTH = 62


class PinEntry(PinField):
    """A PIN field under lines that say what it is for; ends the dialog with the bytes typed."""

    def __init__(self, lines: Sequence[str], *, title: str, minimum: int, maximum: int) -> None:
        super().__init__(self._hand, title=title, minimum=minimum, maximum=maximum)
        self._lines = [part for line in lines for part in glyphs.wrap(line, WIDTH)]
        self.styles.width = WIDTH
        self.styles.height = len(self._lines) + 3

    def _hand(self, pin: bytearray) -> None:
        screen = self.screen
        if isinstance(screen, AnswerScreen):
            screen.finish(pin)
        else:
            wipe(pin)

    def render_line(self, y: int) -> Strip:
        """Draw a line of explanation, the field, or its message."""
        cells = self.size.width
        if y < len(self._lines):
            return Strip([Segment(glyphs.fit(self._lines[y], cells), PLAIN)], cells)
        if y == len(self._lines) + 1:
            notice, self._notice = self._notice, ""
            try:
                return super().render_line(0)
            finally:
                self._notice = notice
        if y == len(self._lines) + 2:
            return Strip([Segment(glyphs.fit(self._notice, cells), PLAIN)], cells)
        return Strip.blank(cells)

    def caret(self) -> tuple[int, int] | None:
        """Return the cell of the next star."""
        at = super().caret()
        return None if at is None else (at[0], len(self._lines) + 1)


def tries_line(status: PinStatus) -> str:
    """Say how many tries the PIN has left, as far as the key tells."""
    if status.tries_left is not None:
        return f"PIN 还可以试 {status.tries_left} 次。"
    if status.low:
        return "PIN 之前输错过，UKey 未报告剩余次数，请务必核对后再输。"
    return "UKey 未报告剩余次数。"


async def unlock(screen: KeyScreen, signer: Signer, about: Sequence[str]) -> bool:
    """Ask for the PIN until the key is unlocked; False when the person gave up.

    `about` says which key and certificate. Raises SignerError for what another PIN does not mend: locked,
    pulled out, not answering.
    """
    from ukey.signer import PinIncorrect, PinLength, PinLocked

    said = ""
    while True:
        status = await screen.busy("正在检查 UKey…", signer.pin_status)
        if status.locked:
            raise PinLocked
        if status.final_try and not await _confirm_last(screen):
            return False
        lines = [*about, *([said] if said else [tries_line(status)])]
        try:
            if status.pin_pad:
                if not await _pad(screen, signer, lines):
                    return False
            else:
                title = "UKey PIN"
                entry = PinEntry(
                    lines, title=title, minimum=max(1, status.min_length), maximum=status.max_length or 32
                )
                pin = await screen.host("验证 PIN", entry)
                if not isinstance(pin, bytearray):
                    return False
                await screen.busy("正在验证 PIN…", signer.unlock, pin)
            return True
        except (PinIncorrect, PinLength) as error:
            said = f"! {error.text}"
            screen.shell.bell()


async def _confirm_last(screen: KeyScreen) -> bool:
    lines = ["只剩最后 1 次机会，再输错 PIN，UKey 将被锁死，须到发证机构解锁。", "确实要再试，请键入 YES。"]
    return await screen.host("最后一次机会", TextEntry(lines, exactly="YES", limit=8)) is not None


async def _pad(screen: KeyScreen, signer: Signer, lines: Sequence[str]) -> bool:
    """Let the PIN be typed on the key's own pad."""
    said = [*lines, "请准备在 UKey 的按键上输入 PIN，按“开始”后输入。"]
    if await screen.ask("验证 PIN", said, [("s", "开始"), ("n", "取消")], default="s", cancel="n") != "s":
        return False
    await screen.busy("请在 UKey 上输入 PIN 并按确认键…", signer.unlock, None)
    return True
