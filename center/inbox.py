"""The inbox: entries by scope (a unit, or the clerks of the center) and their revisions.

Every change takes the next revision of its scope under the lock of the scope's row, so a client that
asks for what came after revision n misses nothing. T-01 to T-05, T-10, T-11, Y-01.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from center.store.tables import inbox_item, job, scope, submission
from domain.profile import Profile
from domain.wire import InboxItem, InboxPage, InboxPoll, JobProgress

CENTER_CHANNEL = "中心"
"""推送渠道 of what the center itself sends (T-02)."""

POLL_LIMIT = 500
TITLE_LENGTH, BODY_LENGTH = 80, 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A new inbox entry."""

    tab: str
    title: str
    body: str
    state: str = ""
    submission_id: str = ""
    case_id: str = ""
    channel: str = CENTER_CHANNEL


def next_rev(conn: Connection, name: str) -> int:
    """Take the next revision of a scope; its row is locked until the transaction ends."""
    raised = update(scope).where(scope.c.scope == name).values(inbox_rev=scope.c.inbox_rev + 1)
    if not conn.execute(raised).rowcount:
        try:
            with conn.begin_nested():
                conn.execute(insert(scope).values(scope=name, inbox_rev=0))
        except IntegrityError:
            pass
        conn.execute(raised)
    return int(conn.execute(select(scope.c.inbox_rev).where(scope.c.scope == name)).scalar_one())


def post(conn: Connection, name: str, entry: Entry, now: str) -> int:
    """Add an entry to a scope at time `now` (UTC text); returns its item id, unique in the scope."""
    rev = next_rev(conn, name)
    values = {
        "scope": name,
        "item_id": rev,
        "rev": rev,
        "tab": entry.tab,
        "title": entry.title[:TITLE_LENGTH],
        "body": entry.body[:BODY_LENGTH],
        "time": now,
        "channel": entry.channel,
        "state": entry.state,
        "read": False,
        "deleted": False,
        "submission_id": entry.submission_id,
        "case_id": entry.case_id,
    }
    conn.execute(insert(inbox_item).values(values))
    return rev


def post_where_shown(conn: Connection, profile: Profile, name: str, entry: Entry, now: str) -> None:
    """Add an entry to a tab that the center's program has; elsewhere it is not kept (T-01)."""
    if any(tab.key == entry.tab for tab in profile.inbox.tabs):
        post(conn, name, entry, now)


def revise(
    conn: Connection,
    name: str,
    *,
    tab: str,
    state: str,
    submission_id: str = "",
    case_id: str = "",
    to_tab: str | None = None,
) -> None:
    """Give the entries of `tab` about a submission or case another state, and another tab if told."""
    about = inbox_item.c.case_id == case_id if case_id else inbox_item.c.submission_id == submission_id
    mine = select(inbox_item.c.item_id).where(inbox_item.c.scope == name, inbox_item.c.tab == tab, about)
    for item_id in conn.execute(mine).scalars().all():
        _change(conn, name, item_id, state=state, tab=to_tab or tab)


def _change(conn: Connection, name: str, item_id: int, **changes: object) -> None:
    one = update(inbox_item).where(inbox_item.c.scope == name, inbox_item.c.item_id == item_id)
    conn.execute(one.values(rev=next_rev(conn, name), **changes))


# ---- reading -----------------------------------------------------------------------------------------


def revision(conn: Connection, name: str) -> int:
    """The scope's revision, 0 while nothing has happened in it."""
    return conn.execute(select(scope.c.inbox_rev).where(scope.c.scope == name)).scalar() or 0


def changes(conn: Connection, profile: Profile, name: str, after: int) -> InboxPoll:
    """What changed after a revision, oldest first; `rev` is the revision the answer reaches.

    A revision the center never reached (its data was set up anew) is taken as 0.
    """
    now = revision(conn, name)
    after = after if after <= now else 0
    newer = select(inbox_item).where(
        inbox_item.c.scope == name, inbox_item.c.rev > after, inbox_item.c.rev <= now
    )
    items = conn.execute(newer.order_by(inbox_item.c.rev).limit(POLL_LIMIT)).all()
    reached = items[-1].rev if len(items) == POLL_LIMIT else now
    jobs = conn.execute(_jobs(name, after, reached)).all()
    return InboxPoll(
        rev=reached,
        items=[_item(row) for row in items],
        jobs=[_progress(row, profile) for row in jobs],
        counts=counts(conn, name),
    )


def counts(conn: Connection, name: str) -> dict[str, int]:
    """Entries by tab; of 消息 only the unread ones count."""
    counted = or_(inbox_item.c.tab != "messages", inbox_item.c.read.is_(False))
    found = (
        select(inbox_item.c.tab, func.count().label("number"))
        .where(inbox_item.c.scope == name, inbox_item.c.deleted.is_(False), counted)
        .group_by(inbox_item.c.tab)
    )
    return {row.tab: row.number for row in conn.execute(found)}


def page(conn: Connection, name: str, tab: str, before: int | None, limit: int) -> InboxPage:
    """Entries of a tab, newest first (更多, T-06); `before` is the last item id of the page before."""
    mine = select(inbox_item).where(
        inbox_item.c.scope == name, inbox_item.c.tab == tab, inbox_item.c.deleted.is_(False)
    )
    if before is not None:
        mine = mine.where(inbox_item.c.item_id < before)
    rows = conn.execute(mine.order_by(inbox_item.c.item_id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    return InboxPage(
        items=[_item(row) for row in shown], next=shown[-1].item_id if len(rows) > limit else None
    )


def set_read(conn: Connection, profile: Profile, name: str, item_id: int) -> bool:
    """Mark an entry read; a message moves to the tab of read messages where there is one (T-04).

    False when the scope has no such entry. Marking twice changes nothing.
    """
    row = _find(conn, name, item_id)
    if row is None:
        return False
    has_tab = any(tab.key == "read" for tab in profile.inbox.tabs)
    if not row.read:
        _change(conn, name, item_id, read=True, tab="read" if has_tab and row.tab == "messages" else row.tab)
    return True


def delete(conn: Connection, name: str, item_id: int) -> bool:
    """Delete a message, leaving a tombstone for the clients (T-05); False when there is no such message.

    Entries of other tabs follow their business and cannot be deleted.
    """
    row = _find(conn, name, item_id)
    if row is None or row.tab not in ("messages", "read"):
        return False
    _change(conn, name, item_id, deleted=True)
    return True


def _find(conn: Connection, name: str, item_id: int) -> Row[Any] | None:
    one = select(inbox_item).where(
        inbox_item.c.scope == name, inbox_item.c.item_id == item_id, inbox_item.c.deleted.is_(False)
    )
    return conn.execute(one).one_or_none()


def _jobs(name: str, after: int, reached: int) -> Select[Any]:
    own = (submission.c.unit_account == job.c.unit_account) & (
        submission.c.submission_id == job.c.submission_id
    )
    return (
        select(job, submission.c.serial, submission.c.state.label("outcome"))
        .join(submission, own)
        .where(job.c.unit_account == name, job.c.rev > after, job.c.rev <= reached)
        .order_by(job.c.rev)
    )


def _item(row: Row[Any]) -> InboxItem:
    return InboxItem(**{key: value for key, value in row._mapping.items() if key != "scope"})


def _progress(row: Row[Any], profile: Profile) -> JobProgress:
    return JobProgress(
        submission_id=row.submission_id,
        serial=row.serial,
        business=row.business,
        title=profile.business_title(row.business),
        state=row.outcome,
        total=row.total,
        ok=row.ok,
        failed=row.failed,
        updated=row.updated,
    )
