"""The operation manual page by page, before the login and inside, and as a file (L-12, H-10, W-10)."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult

from screens.app import AppScreen
from screens.file_choice import write_out
from screens.manual import Line, manual_lines, write_manual
from screens.reading import Reading
from tui.keys import ActionRequested
from tui.theme import PLAIN, STRONG


class Pages(Reading):
    """The manual's text; tells its screen when another page stands there."""

    def handle_action(self, action: str) -> bool:
        """Scroll and show the number of the page."""
        done = super().handle_action(action)
        if done and isinstance(self.screen, ManualScreen):
            self.screen.show_marks()
        return done


class ManualScreen(AppScreen):
    """Reads the manual; needs no login."""

    TITLE = "操作手册"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "page_up", "page_down", "save", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "page_up": ("上一页", "往前翻一页。"),
        "page_down": ("下一页", "往后翻一页。"),
        "save": ("存为文件", "把操作手册存到发件文件夹。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = ("操作手册按本中心的规则和当前的键位编写。",)

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Line] = []

    def body(self) -> ComposeResult:
        """The text."""
        yield Pages()

    def marks(self) -> str:
        """Return the page before what every screen shows."""
        page, pages = self.query_one(Pages).pages
        return f"第 {page}/{pages} 页  {super().marks()}".rstrip()

    async def opened(self, **args: Any) -> None:
        """Put the manual together and show its first page."""
        address = self.state.settings.center.url
        self._lines = await self.busy(
            "正在编写操作手册…", lambda: manual_lines(self.state.profile, self.shell.keymap, address)
        )
        self.query_one(Pages).show([[(line.text, STRONG if line.heading else PLAIN)] for line in self._lines])
        self.status("")
        self.show_marks()

    async def perform(self, request: ActionRequested) -> None:
        """Save the manual; the rest as every screen."""
        if request.action == "save":
            name = f"{self.state.profile.center}操作手册.txt"
            await write_out(self, name, partial(write_manual, self._lines), "操作手册")
        else:
            await super().perform(request)
