"""Tables of the local store, and the triggers that keep the position index of rosters true.

Cells are JSON with ASCII escapes, so that any text a terminal can deliver, broken characters included, is
kept as typed. Money is integer 分; times are UTC ISO 8601 with "Z".
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Computed,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

BUCKET = 256
"""Positions per bucket. Rows are spaced by 1.0 when appended, so a bucket begins with about 256 rows."""

metadata = MetaData()

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Small facts by name, JSON values."""

roster = Table(
    "roster",
    metadata,
    Column("roster_id", Integer, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("center", Text, nullable=False),
    Column("unit_account", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("business", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("header", Text, nullable=False, default="{}"),
    Column("state", Text, nullable=False, default="draft"),
    Column("submission_id", Text, nullable=False, default=""),
    Column("revision", Integer, nullable=False, default=0),
    Column("judged", Integer, nullable=False, default=0, server_default="0"),
    Column("base_picked", Integer, nullable=False, default=0),
    Column("loading", Integer, nullable=False, default=0),
    Column("loader", Integer, nullable=False, default=0),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Index("ix_roster_scope", "unit_account", "business", "state"),
    sqlite_autoincrement=True,
)
"""A roster. `state` draft: being worked on; final: the rows of one answered submission.

`revision` grows with every change of a row. A row is ticked when `base_picked` differs from its `picked`, so
that ticking everything touches one row. `loading` is the step of an import that has not ended yet, `loader`
the process that runs it. `judged` grows when checking all rows anew has changed some.
"""

FAULTY = "errors > 0 OR dup_of IS NOT NULL"
"""Condition of a faulty row, word for word as in the index of faulty rows."""

GOOD = "CASE WHEN state = 'draft' AND bad = 0 AND change <> 'deleted' THEN 1 ELSE 0 END"

roster_row = Table(
    "roster_row",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("roster_id", Integer, ForeignKey("roster.roster_id"), nullable=False),
    Column("pos", Float, nullable=False),
    Column("typed", Text, nullable=False),
    Column("checked", Text, nullable=False, default="{}"),
    Column("findings", Text, nullable=False, default=""),
    Column("errors", Integer, nullable=False, default=0),
    Column("amount", Integer, nullable=False, default=0),
    Column("person", Text, nullable=False, default=""),
    Column("dup_of", Integer),
    Column("source", Text, nullable=False, default="single"),
    Column("sheet_row", Integer, nullable=False, default=0),
    Column("change", Text, nullable=False, default="new"),
    Column("picked", Integer, nullable=False, default=0),
    Column("in_step", Integer, nullable=False, default=0),
    Column("out_step", Integer, nullable=False, default=0, server_default="0"),
    Column("find", Text, nullable=False, default="", server_default=""),
    Column("state", Text, nullable=False, default="draft"),
    Column("submission_id", Text, nullable=False, default=""),
    Column("submission_row", Integer, nullable=False, default=0),
    Column("result", Text, nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("account_no", Text, nullable=False, default=""),
    Column("bad", Integer, Computed("(errors > 0) OR (dup_of IS NOT NULL)", persisted=False)),
    Column("good", Integer, Computed(GOOD, persisted=False)),
    Index("ix_row_pos", "roster_id", "pos", "find"),
    Index("ix_row_person", "roster_id", "person", "pos", sqlite_where=text("person <> ''")),
    Index("ix_row_faulty", "roster_id", "pos", sqlite_where=text(FAULTY)),
    Index("ix_row_in", "in_step", sqlite_where=text("in_step <> 0")),
    Index("ix_row_out", "out_step", sqlite_where=text("out_step <> 0")),
    Index("ix_row_submission", "submission_id", "submission_row", sqlite_where=text("submission_id <> ''")),
    Index("ix_row_picked", "roster_id", "pos", sqlite_where=text("picked = 1")),
    sqlite_autoincrement=True,
)
"""A row. `typed` is what people entered, `checked` the normal texts with the computed columns.

`pos` orders the rows of a roster; a row that was deleted or whose insertion was undone keeps its place as
the negative of it, so that bringing it back moves nothing. `in_step` and `out_step` are the steps of the
journal that put it in and took it out (`OPENED`: opened in the grid and still empty). `find` holds what a row
is found by, between tabs, and stands in the index of positions so that a search reads nothing else. `dup_of`
names the first row of the same person (O-16). `state` draft, queued (in the outbox) or final (answered);
`result` and `reason` are the center's. `submission_row` is 1-based.
"""

OPENED = -1
"""`in_step` of a row that was opened in the grid and in which nothing has been typed yet."""

step = Table(
    "roster_step",
    metadata,
    Column("step_id", Integer, primary_key=True),
    Column("roster_id", Integer, ForeignKey("roster.roster_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, default="done"),
    Column("sent", Integer, nullable=False, default=0),
    Column("judged", Integer, nullable=False, default=0),
    Index("ix_step_roster", "roster_id", "step_id"),
    sqlite_autoincrement=True,
)
"""The journal of a roster: what can be undone (`state` done) and redone (undone); loading: not ended yet.

`kind` insert, import, delete or edit. `sent` counts rows of the step that have gone to the center since;
`judged` is the roster's when the step was taken.
"""

IMAGE = ("typed", "checked", "findings", "errors", "amount", "person", "change", "find")

image = Table(
    "roster_image",
    metadata,
    Column("step_id", Integer, ForeignKey("roster_step.step_id"), nullable=False),
    Column("row_id", Integer, nullable=False),
    *(Column(name, Integer if name in ("errors", "amount") else Text, nullable=False) for name in IMAGE),
    PrimaryKeyConstraint("step_id", "row_id"),
    Index("ix_image_row", "row_id"),
)
"""What edited rows were before a step, or, once it is undone, after it."""

bucket = Table(
    "roster_bucket",
    metadata,
    Column("roster_id", Integer, nullable=False),
    Column("bucket", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("draft", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("good", Integer, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("picked", Integer, nullable=False),
    Column("picked_good", Integer, nullable=False),
    Column("picked_amount", Integer, nullable=False),
    PrimaryKeyConstraint("roster_id", "bucket"),
    sqlite_with_rowid=False,
)
"""Sums over the rows whose pos falls into [bucket * 256, (bucket + 1) * 256); kept by triggers.

`bad` and `picked` count draft rows, `amount` sums the good ones.
"""

form_draft = Table(
    "form_draft",
    metadata,
    Column("scope", Text, nullable=False),
    Column("screen", Text, nullable=False),
    Column("typed", Text, nullable=False),
    Column("updated", Text, nullable=False),
    PrimaryKeyConstraint("scope", "screen"),
)
"""Forms as typed and not yet recorded."""

outbox = Table(
    "outbox",
    metadata,
    Column("submission_id", Text, primary_key=True),
    Column("profile", Text, nullable=False),
    Column("center", Text, nullable=False),
    Column("unit_account", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("roster_id", Integer, nullable=False),
    Column("business", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("signature_expires", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("state", Text, nullable=False, default="queued"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Float, nullable=False, default=0.0),
    Column("note", Text, nullable=False, default=""),
    Column("receipt", Text, nullable=False, default=""),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Index("ix_outbox_state", "state", "unit_account", "created"),
)
"""Submissions on their way. `state` queued: no byte has left; sent: bytes have left, the answer is open;
final: answered. `body` is kept for ever as evidence, with the signature in `headers` and the receipt."""

inbox_item = Table(
    "inbox_item",
    metadata,
    Column("scope", Text, nullable=False),
    Column("item_id", Integer, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("tab", Text, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("scope", "item_id"),
    Index("ix_inbox_tab", "scope", "tab", "item_id"),
)
"""Inbox entries as the center last told them, `content` the wire JSON."""

depositor_copy = Table(
    "depositor_copy",
    metadata,
    Column("copy_id", Integer, primary_key=True),
    Column("scope", Text, nullable=False, unique=True),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("complete", Integer, nullable=False, server_default="0"),
    Column("refreshed", Text, nullable=False, server_default=""),
)
"""How far the local copy of a unit's depositors reaches. `complete`: a synchronisation has ended once;
`refreshed`: when the copy last was the center's state."""

depositor = Table(
    "depositor",
    metadata,
    Column("depositor_id", Integer, primary_key=True),
    Column("copy_id", Integer, nullable=False),
    Column("account_no", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("spelled", Text, nullable=False),
    Column("id_number", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("base", Integer, nullable=False),
    Column("unit_ratio", Text, nullable=False),
    Column("person_ratio", Text, nullable=False),
    Column("unit_amount", Integer, nullable=False),
    Column("person_amount", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("mobile", Text, nullable=False),
    Column("fund_type", Text, nullable=False),
    Column("opened", Text, nullable=False),
    Column("sealed_month", Integer, nullable=False),
    Index("ux_depositor_account", "copy_id", "account_no", unique=True),
    Index("ix_depositor_person", "copy_id", "person"),
    Index(
        "ix_depositor_search", "copy_id", "account_no", "name", "initials", "spelled", "id_number", "person"
    ),
)
"""The unit's depositors as last synchronised (E-01 to E-06).

`initials` and `spelled` are of the name in pinyin, `spelled` from each of its first four syllables to the
end: "|wangxiaoming|xiaoming|ming". A search reads nothing but `ix_depositor_search`.
"""

batch = Table(
    "batch",
    metadata,
    Column("scope", Text, nullable=False),
    Column("submission_id", Text, nullable=False),
    Column("month", Integer, nullable=False),
    Column("declared", Text, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("scope", "submission_id"),
    Index("ix_batch_month", "scope", "month"),
)
"""Submissions as the registration query last listed them, `content` the wire JSON."""

SUMS = ("total", "draft", "bad", "good", "amount", "picked", "picked_good", "picked_amount")


def row_parts(row: str) -> list[str]:
    """What one row adds to its bucket, in the order of `SUMS`."""
    return [
        "1",
        f"({row}.state = 'draft')",
        f"({row}.bad AND {row}.state = 'draft')",
        f"{row}.good",
        f"{row}.good * {row}.amount",
        f"({row}.picked AND {row}.state = 'draft')",
        f"{row}.picked * {row}.good",
        f"{row}.picked * {row}.good * {row}.amount",
    ]


def _add(row: str) -> str:
    sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in SUMS)
    return (
        f"INSERT INTO roster_bucket (roster_id, bucket, {', '.join(SUMS)})"
        f" SELECT {row}.roster_id, CAST({row}.pos / {BUCKET} AS INTEGER), {', '.join(row_parts(row))}"
        f" WHERE {row}.pos > 0 ON CONFLICT (roster_id, bucket) DO UPDATE SET {sums};"
    )


def _take(row: str) -> str:
    sums = ", ".join(f"{name} = {name} - {part}" for name, part in zip(SUMS, row_parts(row), strict=True))
    at = f"{row}.pos > 0 AND roster_id = {row}.roster_id AND bucket = CAST({row}.pos / {BUCKET} AS INTEGER)"
    return f"UPDATE roster_bucket SET {sums} WHERE {at}; DELETE FROM roster_bucket WHERE {at} AND total = 0;"


COUNTED = "roster_id, pos, errors, dup_of, amount, change, picked, state"

TRIGGERS = {
    "row_in": f"AFTER INSERT ON roster_row BEGIN {_add('NEW')} END",
    "row_out": f"AFTER DELETE ON roster_row BEGIN {_take('OLD')} END",
    "row_changed": f"AFTER UPDATE OF {COUNTED} ON roster_row BEGIN {_take('OLD')} {_add('NEW')} END",
}
"""Triggers by name; rows out of the roster (pos < 0) count nowhere."""
