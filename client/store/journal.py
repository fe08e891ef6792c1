"""The journal of a roster: steps that can be undone and redone, in the transaction of the change itself.

A row that is taken out keeps its record and its place (`pos` negative), so that undoing and redoing touch the
rows of one step and nothing else. Rows on their way to the center are never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from client.errors import RosterError
from client.store import order
from client.store.migrations import create_triggers, drop_triggers
from client.store.roster_sql import all_duplicates, mark_duplicates, touch
from client.store.rows import StepKind, Undone
from client.store.tables import BUCKET, IMAGE, OPENED, SUMS, row_parts

STEPS = 200
"""Most steps of a roster that are kept; the oldest go first."""

FEW = 500
"""Up to so many rows are counted one by one; above, sums and duplicates are made anew."""

_IMAGES = ", ".join(IMAGE)
_OWN = ", ".join(f"r.{name}" for name in IMAGE)


# ---- taking steps ----------------------------------------------------------------------------------


def begin_step(connection: Connection, roster_id: int, kind: StepKind, state: str = "done") -> int:
    """A new step; what was undone before can no longer be redone. Returns its id."""
    forget_undone(connection, roster_id)
    sql = (
        "INSERT INTO roster_step (roster_id, kind, state, sent, judged)"
        " SELECT roster_id, ?, ?, 0, judged FROM roster WHERE roster_id = ?"
    )
    added = connection.exec_driver_sql(sql, (kind, state, roster_id))
    sql = "SELECT step_id FROM roster_step WHERE roster_id = ? ORDER BY step_id DESC LIMIT 1 OFFSET ?"
    oldest = connection.exec_driver_sql(sql, (roster_id, STEPS)).scalar()
    if oldest is not None:
        _forget(connection, f"roster_id = {int(roster_id)} AND step_id <= {int(oldest)}")
    return int(added.lastrowid)


def forget_undone(connection: Connection, roster_id: int) -> None:
    """Forget the steps that were undone: something else is being done instead."""
    _forget(connection, f"roster_id = {int(roster_id)} AND state = 'undone'")


def forget_step(connection: Connection, step_id: int) -> None:
    """Forget one step; the rows stay as they are."""
    _forget(connection, f"step_id = {int(step_id)}")


def _forget(connection: Connection, which: str) -> None:
    found = [row[0] for row in connection.exec_driver_sql(f"SELECT step_id FROM roster_step WHERE {which}")]
    for step_id in found:
        connection.exec_driver_sql("DELETE FROM roster_image WHERE step_id = ?", (step_id,))
        connection.exec_driver_sql("DELETE FROM roster_step WHERE step_id = ?", (step_id,))


def keep_image(connection: Connection, step_id: int, row_id: int) -> None:
    """Keep what a row is before a step changes it."""
    sql = (
        f"INSERT INTO roster_image (step_id, row_id, {_IMAGES}) SELECT ?, r.row_id, {_OWN}"
        " FROM roster_row r WHERE r.row_id = ?"
    )
    connection.exec_driver_sql(sql, (step_id, row_id))


def last_step(connection: Connection, roster_id: int) -> tuple[int, str] | None:
    """(id, kind) of the last step that can be undone."""
    sql = (
        "SELECT step_id, kind FROM roster_step WHERE roster_id = ? AND state = 'done'"
        " ORDER BY step_id DESC LIMIT 1"
    )
    found = connection.exec_driver_sql(sql, (roster_id,)).first()
    return None if found is None else (found[0], found[1])


def take_out(connection: Connection, roster_id: int, step_id: int, row_ids: Sequence[int] | None) -> int:
    """Take draft rows out of the roster in a step (None: all but those the step itself put in).

    Rows that the center knows (`change` not new) stay in sight, marked as deleted. Returns how many.
    """
    which = "roster_id = ? AND pos > 0 AND state = 'draft' AND in_step <> ?"
    values: tuple[int, ...] = (roster_id, step_id)
    if row_ids is not None:
        # The plus keeps SQLite from walking the whole roster for each list of rows.
        marks = ", ".join("?" * len(row_ids))
        which, values = f"+{which.replace('pos', '+pos')} AND row_id IN ({marks})", (*values, *row_ids)
    sql = f"DELETE FROM roster_row WHERE {which} AND in_step = {OPENED}"
    gone = connection.exec_driver_sql(sql, values).rowcount
    known = f"{which} AND change NOT IN ('new', 'deleted')"
    sql = (
        f"INSERT INTO roster_image (step_id, row_id, {_IMAGES}) SELECT {int(step_id)}, r.row_id, {_OWN}"
        f" FROM roster_row r WHERE {known}"
    )
    connection.exec_driver_sql(sql, values)
    sql = f"UPDATE roster_row SET change = 'deleted', findings = '', errors = 0, dup_of = NULL WHERE {known}"
    gone += connection.exec_driver_sql(sql, values).rowcount
    sql = f"UPDATE roster_row SET pos = -pos, out_step = ? WHERE {which} AND change = 'new'"
    return gone + connection.exec_driver_sql(sql, (step_id, *values)).rowcount


# ---- undoing and redoing ---------------------------------------------------------------------------


def turn(connection: Connection, roster_id: int, *, forward: bool) -> Undone | None:
    """Undo the last step, or redo the one undone last; None when there is none."""
    state, after, way = ("undone", "done", "ASC") if forward else ("done", "undone", "DESC")
    sql = (
        "SELECT s.step_id, s.kind, s.sent, s.judged < r.judged FROM roster_step s"
        " JOIN roster r ON r.roster_id = s.roster_id"
        f" WHERE s.roster_id = ? AND s.state = ? ORDER BY s.step_id {way} LIMIT 1"
    )
    found = connection.exec_driver_sql(sql, (roster_id, state)).first()
    if found is None:
        return None
    step_id, kind, sent, stale = found
    place, row_id = _first_place(connection, roster_id, step_id)
    count = _turn_rows(connection, roster_id, step_id, forward=forward)
    if count:
        sql = "UPDATE roster_step SET state = ? WHERE step_id = ?"
        connection.exec_driver_sql(sql, (after, step_id))
    else:
        forget_step(connection, step_id)
    touch(connection, roster_id)
    index = 0 if place is None else order.rank(connection, roster_id, place)
    ids = _ids(connection, step_id) if stale and 0 < count <= FEW else ()
    return Undone(kind, count, sent, index, row_id, forward, bool(stale and count), ids)


def _ways(step_id: int) -> list[str]:
    """Conditions for the rows of a step, one per way to belong to it."""
    at = int(step_id)
    return [
        f"in_step = {at} AND in_step <> 0",
        f"out_step = {at} AND out_step <> 0",
        f"row_id IN (SELECT row_id FROM roster_image WHERE step_id = {at})",
    ]


def _first_place(connection: Connection, roster_id: int, step_id: int) -> tuple[float | None, int | None]:
    best: tuple[float, int] | None = None
    for which in _ways(step_id):
        sql = f"SELECT abs(pos), row_id FROM roster_row WHERE state = 'draft' AND +roster_id = ? AND {which}"
        found = connection.exec_driver_sql(f"{sql} ORDER BY abs(pos) LIMIT 1", (roster_id,)).first()
        if found is not None and (best is None or found[0] < best[0]):
            best = (float(found[0]), int(found[1]))
    return best or (None, None)


def _ids(connection: Connection, step_id: int) -> tuple[int, ...]:
    found: list[int] = []
    for which in _ways(step_id):
        sql = f"SELECT row_id FROM roster_row WHERE state = 'draft' AND +pos > 0 AND {which}"
        found += [row[0] for row in connection.exec_driver_sql(sql)]
    return tuple(dict.fromkeys(found))


def _turn_rows(connection: Connection, roster_id: int, step_id: int, *, forward: bool) -> int:
    few = members(connection, step_id) <= FEW
    with sums_kept(connection, roster_id, anew=not few):
        people = _people(connection, step_id) if few else set()
        alive, dead = ("+pos < 0", "+pos > 0") if forward else ("+pos > 0", "+pos < 0")
        mine = "+roster_id = ? AND state = 'draft'"
        sql = f"UPDATE roster_row SET pos = -pos WHERE {mine} AND in_step = ? AND in_step <> 0 AND {alive}"
        count = connection.exec_driver_sql(sql, (roster_id, step_id)).rowcount
        sql = f"UPDATE roster_row SET pos = -pos WHERE {mine} AND out_step = ? AND out_step <> 0 AND {dead}"
        count += connection.exec_driver_sql(sql, (roster_id, step_id)).rowcount
        count += _swap_images(connection, roster_id, step_id)
        if few:
            people |= _people(connection, step_id)
            for person in sorted(people):
                mark_duplicates(connection, roster_id, person)
        else:
            all_duplicates(connection, roster_id)
    return count


def members(connection: Connection, step_id: int) -> int:
    """How many rows a step has, counted as far as it matters."""
    counts = [
        f"(SELECT count(*) FROM (SELECT 1 FROM roster_row WHERE {which} LIMIT {FEW + 1}))"
        for which in _ways(step_id)
    ]
    return int(connection.exec_driver_sql(f"SELECT {' + '.join(counts)}").scalar_one())


def _people(connection: Connection, step_id: int) -> set[str]:
    found: set[str] = set()
    for which in _ways(step_id):
        sql = f"SELECT person FROM roster_row WHERE person <> '' AND {which}"
        found |= {row[0] for row in connection.exec_driver_sql(sql)}
    return found


def _swap_images(connection: Connection, roster_id: int, step_id: int) -> int:
    """Exchange edited rows with their images."""
    sql = (
        f"SELECT r.row_id, {_OWN} FROM roster_row r JOIN roster_image i ON i.row_id = r.row_id"
        " WHERE i.step_id = ? AND +r.roster_id = ? AND r.state = 'draft' AND +r.pos > 0"
    )
    now = connection.exec_driver_sql(sql, (step_id, roster_id)).fetchall()
    if not now:
        return 0
    names = ", ".join(f"{name} = i.{name}" for name in IMAGE)
    sql = (
        f"UPDATE roster_row SET {names}, dup_of = NULL FROM roster_image i"
        " WHERE i.step_id = ? AND i.row_id = roster_row.row_id AND roster_row.row_id = ?"
    )
    connection.exec_driver_sql(sql, [(step_id, row[0]) for row in now])
    marks = ", ".join(f"{name} = ?" for name in IMAGE)
    sql = f"UPDATE roster_image SET {marks} WHERE step_id = ? AND row_id = ?"
    connection.exec_driver_sql(sql, [(*row[1:], step_id, row[0]) for row in now])
    return len(now)


# ---- keeping things in order -----------------------------------------------------------------------


@contextmanager
def sums_kept(connection: Connection, roster_id: int, *, anew: bool) -> Iterator[None]:
    """Change rows; with `anew` the sums are made once afterwards instead of row by row."""
    if not anew:
        yield
        return
    drop_triggers(connection)
    yield
    connection.exec_driver_sql("DELETE FROM roster_bucket WHERE roster_id = ?", (roster_id,))
    parts = ", ".join(f"sum({part})" for part in row_parts("roster_row"))
    sql = (
        f"INSERT INTO roster_bucket (roster_id, bucket, {', '.join(SUMS)})"
        f" SELECT roster_id, CAST(pos / {BUCKET} AS INTEGER) AS run, {parts} FROM roster_row"
        " WHERE roster_id = ? AND pos > 0 GROUP BY run"
    )
    connection.exec_driver_sql(sql, (roster_id,))
    create_triggers(connection)


def note_sent(connection: Connection, roster_id: int, submission_id: str) -> None:
    """Rows of a submission leave the journal: nothing undoes them any more."""
    sent = "SELECT row_id FROM roster_row WHERE submission_id = ? AND submission_id <> ''"
    sql = (
        "UPDATE roster_step SET sent = sent"
        " + (SELECT count(*) FROM roster_row r WHERE r.in_step = step_id AND r.in_step <> 0"
        "    AND r.submission_id = ?)"
        " + (SELECT count(*) FROM roster_image i WHERE i.step_id = roster_step.step_id"
        f"    AND i.row_id IN ({sent}))"
        " WHERE roster_id = ?"
    )
    connection.exec_driver_sql(sql, (submission_id, submission_id, roster_id))
    connection.exec_driver_sql(f"DELETE FROM roster_image WHERE row_id IN ({sent})", (submission_id,))
    sql = (
        "UPDATE roster_row SET in_step = 0, out_step = 0 WHERE submission_id = ? AND submission_id <> ''"
        " AND (in_step <> 0 OR out_step <> 0)"
    )
    connection.exec_driver_sql(sql, (submission_id,))


def sweep(connection: Connection, roster_id: int) -> None:
    """Drop the records of rows that no step can bring back; for a worker."""
    steps = "SELECT step_id FROM roster_step WHERE roster_id = ? AND state = '{}'"
    sql = (
        "DELETE FROM roster_row WHERE roster_id = ? AND pos < 0"
        f" AND in_step NOT IN ({steps.format('undone')}) AND out_step NOT IN ({steps.format('done')})"
    )
    connection.exec_driver_sql(sql, (roster_id, roster_id, roster_id))


def withdraw(connection: Connection, roster_id: int, row_id: int) -> None:
    """Take back a row that was put in by the last step, or opened and left empty, as if it had never been."""
    sql = "SELECT in_step, person, state FROM roster_row WHERE row_id = ? AND roster_id = ? AND pos > 0"
    found = connection.exec_driver_sql(sql, (row_id, roster_id)).first()
    if found is None:
        return
    if found[2] != "draft":
        raise RosterError("这条记录已经提交，不能再修改，如需更正请重新申报。", code="roster.frozen")
    connection.exec_driver_sql("DELETE FROM roster_row WHERE row_id = ?", (row_id,))
    if found[0] > 0 and not members(connection, found[0]):
        forget_step(connection, found[0])
    mark_duplicates(connection, roster_id, found[1])
    touch(connection, roster_id)


def people_of(connection: Connection, row_ids: Iterable[int]) -> set[str]:
    """Whose draft rows these are."""
    sql = "SELECT person FROM roster_row WHERE row_id = ? AND state = 'draft' AND pos > 0 AND person <> ''"
    found = (connection.exec_driver_sql(sql, (row_id,)).scalar() for row_id in row_ids)
    return {person for person in found if person is not None}
