"""The paste pad as a screen: text is collected, then goes the way of every paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult

from screens.app import AppScreen
from tui.keys import ActionRequested
from tui.pad import PastePad


class PastePadScreen(AppScreen):
    """Leaves with the text, or with None when it was given up."""

    TITLE = "粘贴板"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "submit", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "submit": ("读取", "读取收到的行，先预览再放进清册。"),
        "back": ("放弃", "丢掉收到的行，回到清册。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "终端不支持直接粘贴多行时使用：粘贴的内容先收在这里，清册没有改动。",
    )

    def body(self) -> ComposeResult:
        """The pad alone."""
        yield PastePad()

    @property
    def _pad(self) -> PastePad:
        return self.query_one(PastePad)

    async def opened(self, **args: Any) -> None:
        """Begin with nothing."""
        self._pad.empty_out()
        key = self.shell.keymap.label("pad", "submit")
        self.status(f"粘贴完后按 {key} 读取。")

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Show what was collected; the roster below waits for it again."""
        from screens.roster_screen import RosterScreen

        await super().take_up(kept)
        below = self.shell.screen_stack[-2]
        if isinstance(below, RosterScreen):
            below.pasting.take_up_pad()

    async def may_leave(self) -> bool:
        """Ask before what was collected is lost."""
        pad = self._pad
        if not pad.empty:
            lines = [f"粘贴板中有 {pad.rows} 行还没有读取，确认放弃吗？"]
            if await self.ask("放弃粘贴", lines, [("n", "不放弃"), ("y", "放弃")], cancel="n") != "y":
                return False
        pad.empty_out()
        return True

    async def perform(self, request: ActionRequested) -> None:
        """Hand the text over; the rest as every screen."""
        if request.action != "submit":
            await super().perform(request)
            return
        text = self._pad.text
        if not self._pad.rows:
            self.status("粘贴板还是空的，请先粘贴。", kind="warning", beep=True)
            return
        self._pad.empty_out()
        await self.shell.back(text, ask=False)
