"""What may be done with an entry of the inbox: open, mark as read, delete (T-03 to T-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.profile import Profile
    from domain.wire import InboxItem
    from screens.app import AppScreen
    from screens.state import AppState

READ = "已标为已阅"
DELETED = "消息已删除"


def options_of(profile: Profile) -> dict[str, str]:
    """The digits that may stand beside an entry."""
    options = {"1": "查看"}
    if profile.inbox.read_mode == "manual":
        options["2"] = "标为已阅"
    if profile.inbox.delete:
        options["4"] = "删除"
    return options


async def open_item(screen: AppScreen, item: InboxItem | None) -> None:
    """Open an entry; a clerk's entry of a case opens the case."""
    if item is None:
        screen.shell.bell()
    elif item.case_id and screen.state.unit == "":
        await screen.shell.open_screen("case", case_id=item.case_id)
    else:
        await screen.shell.open_screen("message", item=item)


async def mark_read(screen: AppScreen, item: InboxItem) -> bool:
    """Mark a message as read by hand (T-04). Raises ClientError."""
    if item.read or item.tab != "messages":
        screen.status("只有未读的消息可以标为已阅。", kind="warning", beep=True)
        return False
    await screen.busy("正在标为已阅…", tell_read, screen.state, item)
    screen.status(READ, kind="good")
    return True


async def delete_message(screen: AppScreen, item: InboxItem) -> bool:
    """Delete a message where the center allows it (T-05). Raises ClientError."""
    if not screen.state.profile.inbox.delete or item.tab not in ("messages", "read"):
        screen.status("这里的内容不能删除，只有消息和已阅可以删除。", kind="warning", beep=True)
        return False
    await screen.busy("正在删除…", tell_deleted, screen.state, item)
    screen.status(DELETED, kind="good")
    return True


def tell_read(state: AppState, item: InboxItem) -> None:
    """Mark a message as read, here at once and at the center. Blocking; raises ClientError."""
    state.client().mark_read(item.item_id)
    cache = state.inbox_cache
    if cache is not None:
        moved = any(tab.key == "read" for tab in state.profile.inbox.tabs) and item.tab == "messages"
        now = item.model_copy(update={"read": True, "tab": "read" if moved else item.tab})
        counts = dict(state.inbox.counts)
        if item.tab == "messages" and not item.read:
            counts["messages"] = max(0, counts.get("messages", 0) - 1)
            if moved:
                counts["read"] = counts.get("read", 0) + 1
        cache.apply(cache.revision(), [now], counts)
        state.inbox.counts = counts


def tell_deleted(state: AppState, item: InboxItem) -> None:
    """Delete a message, here at once and at the center (T-05). Blocking; raises ClientError."""
    state.client().delete_item(item.item_id)
    cache = state.inbox_cache
    if cache is not None:
        counts = dict(state.inbox.counts)
        if item.tab != "messages" or not item.read:
            counts[item.tab] = max(0, counts.get(item.tab, 0) - 1)
        cache.apply(cache.revision(), [item.model_copy(update={"deleted": True})], counts)
        state.inbox.counts = counts
