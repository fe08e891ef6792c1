"""One entry of the inbox: business, content, time, channel, state of the submission (T-02, T-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from domain.money import grouped
from domain.period import CENTER_ZONE
from screens.app import AppScreen
from screens.inbox_actions import DELETED, READ, delete_message, mark_read, tell_read
from screens.reading import Reading
from tui.bars import Span
from tui.keys import ActionRequested
from tui.theme import PLAIN, STRONG

if TYPE_CHECKING:
    from domain.wire import InboxItem, Receipt

STATES = {"done": "办结", "review": "待中心审核", "processing": "处理中", "refused": "未受理"}
"""State of a submission -> the word for it."""


def full_time(text: str) -> str:
    """A time of the center as date and time of the center's own clock."""
    try:
        return datetime.fromisoformat(text).astimezone(CENTER_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


def pair(title: str, value: str) -> Sequence[Span]:
    """A line of title and value."""
    return [(f"{title}  ", STRONG), (value, PLAIN)]


class MessageScreen(AppScreen):
    """Shows an entry; opening marks a message as read where the center does that by itself (T-04)."""

    MODULE: ClassVar[bool] = False
    TITLE = "消息"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "save", "delete_row", "back")
    LABELS = {
        "save": ("标为已阅", "把这条消息标为已阅。"),
        "delete_row": ("删除", "删除这条消息。"),
    }

    def __init__(self) -> None:
        super().__init__()
        self._item: InboxItem | None = None

    def body(self) -> ComposeResult:
        """The text."""
        yield Reading()

    def key_bar_actions(self) -> Sequence[str]:
        """Leave out what the center does not know."""
        item, inbox = self._item, self.state.profile.inbox
        unread = item is not None and item.tab == "messages" and not item.read
        shown = {"save": inbox.read_mode == "manual" and unread, "delete_row": self._deletable()}
        return [name for name in self.KEY_BAR if shown.get(name, True)]

    def _deletable(self) -> bool:
        item = self._item
        return item is not None and self.state.profile.inbox.delete and item.tab in ("messages", "read")

    async def opened(self, **args: Any) -> None:
        """Show the entry given as `item`."""
        self._item = item = args["item"]
        self.status("")
        self._show(item, None)
        if self.state.profile.inbox.read_mode == "auto" and item.tab == "messages" and not item.read:
            await self.busy("正在标为已读…", tell_read, self.state, item)
        if item.submission_id and self.state.unit:
            client = self.state.client()
            receipt = await self.reading(
                "正在读取办理情况…", client.submission, self.state.unit, item.submission_id
            )
            self._show(item, receipt)

    def _show(self, item: InboxItem, receipt: Receipt | None) -> None:
        lines: list[Sequence[Span]] = [
            pair("业务名称", item.title),
            pair("时间    ", full_time(item.time)),
            pair("推送渠道", item.channel),
        ]
        if item.state:
            lines.append(pair("状态    ", item.state))
        lines += [[], pair("消息内容", ""), [(item.body, PLAIN)]]
        if receipt is not None:
            rules = self.state.profile.rules(receipt.business)
            each = rules.counted if rules is not None else "人"
            lines += [
                [],
                pair("业务流水号", receipt.serial),
                pair("提交时间  ", full_time(receipt.received)),
                pair("办理状态  ", STATES.get(receipt.state, receipt.state)),
                pair(
                    f"{each}数      ",
                    f"{receipt.count}{each}  成功 {receipt.ok}  失败 {receipt.failed}"
                    f"  待处理 {receipt.pending}",
                ),
            ]
            if rules is None or rules.amount_title:
                lines.append(pair("月缴存额  ", f"{grouped(receipt.amount)}元"))
        self.query_one(Reading).show(lines)

    async def perform(self, request: ActionRequested) -> None:
        """Mark as read, delete, leave."""
        item = self._item
        if request.action == "save" and item is not None and "save" in self.key_bar_actions():
            await mark_read(self, item)
            await self.shell.back(READ)
        elif request.action == "delete_row" and item is not None and self._deletable():
            await delete_message(self, item)
            await self.shell.back(DELETED)
        elif request.action == "accept":
            await self.shell.back()
        else:
            await super().perform(request)

    def screen_actions(self) -> frozenset[str]:
        """Enter leaves as well."""
        return super().screen_actions() | {"accept"}
