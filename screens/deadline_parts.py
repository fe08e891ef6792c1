"""What is shown of deadlines on the home screen and on their own, as data; light, for home loads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tui.theme import PLAIN, STRONG, WARNING

if TYPE_CHECKING:
    from domain.deadlines import Deadline
    from screens.state import AppState
    from tui.bars import Span
    from tui.listview import ListRow

MARKS: Final = {"已过期": "!", "今天到期": "!", "将到期": "?", "年历未发布": "?", "待核对": "?"}
"""What stands beside a state, so that it is not told by its colour alone."""


def read_deadlines(state: AppState, *, ask: bool) -> tuple[list[Deadline], str]:
    """The unit's deadlines and when the center told what they follow from (UTC, "" for never). Blocking.

    With `ask` the center is asked first. Raises ClientError.
    """
    from client.deadlines import DeadlineCache
    from domain.deadlines import deadlines

    cache = DeadlineCache(state.database(), state.scope())
    if ask:
        cache.fetch(state.client())
    found = cache.facts(state.profile)
    return ([], "") if found is None else (deadlines(found[0]), found[1])


def summary_line(found: Sequence[Deadline]) -> Sequence[Span]:
    """The line of the home screen; empty while nothing is known."""
    from domain.deadlines import URGENT, summary

    if not found:
        return ()
    urgent = any(one.state in URGENT for one in found)
    return [("期限  ", STRONG), (summary(found), WARNING if urgent else PLAIN)]


def row_of(at: int, one: Deadline) -> ListRow:
    """A deadline as a line of the list."""
    from tui.listview import ListRow

    due = one.due.isoformat() if one.due is not None else ""
    return ListRow(str(at), (one.state.value, due, one.left_text, one.title), MARKS.get(one.state.value, " "))


def details(one: Deadline) -> list[str]:
    """Everything about a deadline, a line each."""
    left = f"，{one.left_text}" if one.left_text else ""
    due = f"期限：{one.due.isoformat()}{left}" if one.due is not None else "期限：待定"
    return [f"状态：{one.state.value}", due, f"办法：{one.action}", f"依据：{one.source}"]
