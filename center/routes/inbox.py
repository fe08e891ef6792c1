"""The inbox of a unit or of the clerks: long poll, pages of a tab, reading, deleting (T-01 to T-06)."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import Path, Query, Request
from starlette.concurrency import run_in_threadpool

from center import inbox
from center.bell import BELL, MAX_WAIT, RECHECK, rung
from center.deps import Anyone, ClerkScope, UnitScope, center_of
from center.errors import ProblemError, not_found
from center.routing import router as make_router
from domain.wire import Done, InboxPage, InboxPoll

router = make_router("消息")

MAX_PAGE = 200
Tab = Literal["messages", "todo", "done", "started", "read"]
ItemId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/inbox", summary="等待新消息与进度（长轮询）")
async def poll(
    scope: Anyone,
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    wait: Annotated[int, Query(ge=0, le=MAX_WAIT)] = 0,
) -> InboxPoll:
    """What changed after revision `after`, at once if there is anything, else within `wait` seconds.

    No thread is held while waiting: a ring or the passing of a second leads to a look at the scope's
    revision, and only a new revision to the reading of what changed.
    """
    end = time.monotonic() + wait
    center = center_of(request)
    with BELL.listen(scope.inbox_scope) as event:
        while True:
            left = end - time.monotonic()
            gone = center.closing or await request.is_disconnected()
            if left <= 0 or gone or await run_in_threadpool(_revision, scope) != after:
                return await run_in_threadpool(_changes, scope, after)
            await rung(event, min(RECHECK, left))


def _revision(scope: UnitScope | ClerkScope) -> int:
    with scope.store.read() as conn:
        return inbox.revision(conn, scope.inbox_scope)


def _changes(scope: UnitScope | ClerkScope, after: int) -> InboxPoll:
    with scope.store.read() as conn:
        return inbox.changes(conn, scope.profile, scope.inbox_scope, after)


@router.get("/inbox/items", summary="某一页签的消息（更多）")
def items(
    scope: Anyone,
    tab: Tab,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> InboxPage:
    """Entries of a tab, newest first."""
    with scope.store.read() as conn:
        return inbox.page(conn, scope.inbox_scope, tab, before, limit)


@router.post("/inbox/items/{item_id}/read", summary="标为已阅")
def mark_read(scope: Anyone, item_id: ItemId) -> Done:
    """Mark an entry read; a message moves to 已阅 where the center has that tab (T-04)."""
    if not scope.store.run(lambda conn: inbox.set_read(conn, scope.profile, scope.inbox_scope, item_id)):
        raise not_found()
    BELL.ring(scope.inbox_scope)
    return Done(message=scope.profile.messages.get("message_read", "已标为已阅"))


@router.delete("/inbox/items/{item_id}", summary="删除消息")
def delete(scope: Anyone, item_id: ItemId) -> Done:
    """Delete a message, where the center permits it (T-05)."""
    if not scope.profile.inbox.delete:
        raise ProblemError("module.off", "本中心的消息不能删除。")
    if not scope.store.run(lambda conn: inbox.delete(conn, scope.inbox_scope, item_id)):
        raise not_found()
    BELL.ring(scope.inbox_scope)
    return Done(message=scope.profile.messages.get("message_deleted", "消息已删除"))
