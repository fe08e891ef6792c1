"""What may be done with an entry of the inbox: open, mark as read, delete (T-03 to T-05)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from client.errors import Refused
from screens.options import OptionRun, offered

if TYPE_CHECKING:
    from domain.profile import Profile
    from domain.wire import InboxItem
    from screens.app import AppScreen
    from screens.state import AppState

READ = "已标为已阅"
DELETED = "消息已删除"


def options_of(profile: Profile) -> dict[str, str]:
    """The digits that may stand beside an entry."""
    digits = ["5"]
    if profile.inbox.delete:
        digits.insert(0, "4")
    if profile.inbox.read_mode == "manual":
        digits.append("6")
    return offered(*digits)


def run_of(screen: AppScreen, item_of: Callable[[str], InboxItem | None]) -> OptionRun:
    """Run digits beside entries; `item_of` finds an entry by its key."""

    async def do(key: str, digit: str) -> str:
        item = item_of(key)
        if item is None:
            raise Refused("这一条已经不在列表中。")
        if digit == "4":
            await delete_message(screen, item)
            return DELETED
        if digit == "6":
            await mark_read(screen, item)
            return READ
        await open_item(screen, item)
        return ""

    def name(key: str) -> str:
        item = item_of(key)
        return item.title if item is not None else key

    return OptionRun(screen, do, name)


async def open_item(screen: AppScreen, item: InboxItem | None) -> None:
    """Open an entry; a clerk's entry of a case opens the case."""
    if item is None:
        screen.shell.bell()
    elif item.case_id and screen.state.unit == "":
        await screen.shell.open_screen("case", case_id=item.case_id)
    else:
        await screen.shell.open_screen("message", item=item)


async def mark_read(screen: AppScreen, item: InboxItem) -> None:
    """Mark a message as read by hand (T-04). Raises ClientError."""
    if item.read or item.tab != "messages":
        raise Refused("只有未读的消息可以标为已阅。")
    await screen.busy("正在标为已阅…", tell_read, screen.state, item)


async def delete_message(screen: AppScreen, item: InboxItem) -> None:
    """Delete a message where the center allows it (T-05). Raises ClientError."""
    if not screen.state.profile.inbox.delete or item.tab not in ("messages", "read"):
        raise Refused("这里的内容不能删除，只有消息和已阅可以删除。")
    await screen.busy("正在删除…", tell_deleted, screen.state, item)


def tell_read(state: AppState, item: InboxItem) -> None:
    """Mark a message as read, here at once and at the center. Blocking; raises ClientError."""
    state.client().mark_read(item.item_id)
    cache = state.inbox_cache
    if cache is not None:
        moved = any(tab.key == "read" for tab in state.profile.inbox.tabs) and item.tab == "messages"
        now = item.model_copy(update={"read": True, "tab": "read" if moved else item.tab})
        state.inbox.counts = cache.change(now)


def tell_deleted(state: AppState, item: InboxItem) -> None:
    """Delete a message, here at once and at the center (T-05). Blocking; raises ClientError."""
    state.client().delete_item(item.item_id)
    cache = state.inbox_cache
    if cache is not None:
        state.inbox.counts = cache.change(item.model_copy(update={"deleted": True}))
