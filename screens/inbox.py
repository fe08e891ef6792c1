"""更多: everything a tab of the inbox has ever held, page by page, newest first (T-06)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from screens.app import AppScreen
from screens.home_parts import INBOX_COLUMNS, inbox_rows
from screens.inbox_actions import open_item, options_of, run_of
from screens.state import StateEvent
from tui.bars import StatusLine
from tui.keys import ActionRequested
from tui.listview import ListView

if TYPE_CHECKING:
    from domain.wire import InboxItem

PAGE = 50


class InboxScreen(AppScreen):
    """All entries of a tab, read from the center."""

    MODULE: ClassVar[bool] = False
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "columns", "refresh", "back")
    LABELS = {
        "columns": ("下一页", "读取更早的内容。"),
        "refresh": ("刷新", "从最新的一页重新读取。"),
    }

    def __init__(self) -> None:
        super().__init__()
        self._tab = "messages"
        self._items: dict[str, InboxItem] = {}
        self._next: int | None = 0
        self.option_run = run_of(self, lambda key: self._items.get(key))

    def screen_title(self) -> str:
        """Return the tab's title."""
        titles: dict[str, str] = {tab.key: tab.title for tab in self.state.profile.inbox.tabs}
        return f"{titles.get(self._tab, '消息')} 历史列表"

    def body(self) -> ComposeResult:
        """The list."""
        yield ListView(INBOX_COLUMNS, options=options_of(self.state.profile))

    @property
    def pane(self) -> ListView:
        """The list."""
        return self.query_one(ListView)

    async def opened(self, **args: Any) -> None:
        """Read the newest page of the tab given as `tab`."""
        self._tab = str(args.get("tab", "messages"))
        self.pane.set_rows(())
        self.refresh_bars()
        await self._from_start()

    async def returned(self, result: Any) -> None:
        """Show what opening changed."""
        await self._from_start()
        if isinstance(result, str) and result:
            self.status(result, kind="good")

    async def _from_start(self) -> None:
        self._items, self._next = {}, 0
        await self._more()

    async def _more(self) -> None:
        if self._next is None:
            self.status("没有更早的内容了。", kind="warning", beep=True)
            return
        page = await self.reading(
            "正在读取…", self.state.client().inbox_items, self._tab, before=self._next, limit=PAGE
        )
        self._next = page.next
        self._items.update({str(one.item_id): one for one in page.items})
        self.pane.set_rows(inbox_rows(list(self._items.values())))
        more = "，按 F11 读取更早的内容" if self._next is not None else ""
        self.status(f"共读取 {len(self._items)} 条{more}。")

    def keep(self) -> dict[str, Any]:
        """Keep how far was read back as well."""
        return {**super().keep(), "read": len(self._items)}

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Read back as far as before."""
        while self._next is not None and len(self._items) < int(kept.get("read") or 0):
            await self._more()
        await super().take_up(kept)

    def state_changed(self, event: StateEvent) -> None:
        """Say that something newer has come."""
        super().state_changed(event)
        if event.kind == "inbox" and self.on_top and event.poll is not None and event.poll.items:
            self.news("收件箱有变化，按 F5 刷新。", kind="good")

    async def perform(self, request: ActionRequested) -> None:
        """Open, mark, delete, read on."""
        match request.action:
            case "open":
                await open_item(self, self._items.get(str(request.payload["key"])))
            case "run_options":
                await self.run_options(request.payload["options"])
                await self._after_options()
            case "columns":
                await self._more()
            case "refresh":
                await self._from_start()
            case _:
                await super().perform(request)

    async def _after_options(self) -> None:
        """Read again what the digits have changed, unless one of them has opened a screen."""
        if not self.on_top:
            return
        line = self.query_one(StatusLine)
        said, kind = line.text, line.kind
        await self._from_start()
        self.status(said, kind=kind)
