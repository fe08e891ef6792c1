"""Asking for a value that counts for a whole file, such as 转入单位账号 (X-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.errors import AuthExpired, ClientError
from domain.findings import errors
from screens.text_entry import TextEntry
from tui.progress import in_thread

if TYPE_CHECKING:
    from screens.roster_desk import RosterDesk
    from screens.roster_screen import RosterScreen


async def ask_for_all(screen: RosterScreen, key: str, title: str, before: str = "") -> str | None:
    """Have a column's value typed for all rows of a file; None when the person gives up.

    It is judged as in a row, by the center as well when that can be reached.
    """
    text, wrong = before, ""
    while True:
        lines = [f"{title}，用于文件中的全部记录：", *([wrong] if wrong else [])]
        entry = TextEntry(lines, text=text, limit=40, required=f"! {title}不能为空，放弃请按 F12。")
        typed: str | None = await screen.host(title, entry)
        if typed is None:
            return None
        text, wrong = typed, await in_thread(_wrong, screen.desk, key, typed)
        if not wrong:
            return text
        screen.shell.bell()


def _wrong(desk: RosterDesk, key: str, text: str) -> str:
    """What is wrong with the value, "" when nothing is known to be; asks the center. Blocking."""
    from domain.wire import CheckRequest

    own = errors(desk.business.check_row({key: text}, desk.service.context).of(key))
    if own:
        return own[0].text
    request = CheckRequest(business=desk.business.id, source="single", rows=[{key: text}])
    try:
        reply = desk.session.client.check(desk.scope.unit_account, request)
    except AuthExpired:
        raise
    except ClientError:
        return ""
    return next((found.text for found in reply.findings if found.field == key), "")
