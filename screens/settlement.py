"""How 汇缴 and 补缴 are paid at this center, to be read (R-19)."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult

from screens.app import AppScreen
from screens.reading import Reading
from tui.theme import PLAIN


class SettlementScreen(AppScreen):
    """The center's notice, paragraph by paragraph."""

    TITLE = "结算方式"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "page_up", "page_down", "back")
    HELP_LINES: ClassVar[tuple[str, ...]] = ("结算方式由中心公布；与银行另有约定的，以约定为准。",)

    def body(self) -> ComposeResult:
        """The text."""
        yield Reading()

    async def opened(self, **args: Any) -> None:
        """Show the notice from its beginning."""
        lines = [line for text in self.state.profile.settlement for line in (text, "")]
        self.query_one(Reading).show([[(line, PLAIN)] for line in lines[:-1]])
        self.status("")
