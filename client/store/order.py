"""The order of a roster's rows: positions by number, in time that does not grow with the roster.

Rows carry a real `pos`, negative while they are out of the roster; sums per run of 256 positions
(`roster_bucket`) tell where the n-th row is. A row put between two others takes the middle; where the middle
runs out or a bucket fills up, its neighbourhood is spaced anew (a packed-memory array), so that no insertion
touches more than a small part of the roster.
"""

from __future__ import annotations

from sqlalchemy import Connection

from client.store.tables import BUCKET

FIRST = float(BUCKET * 4)
"""Position of the first row; room is left in front of it."""

FULL = 4 * BUCKET
"""Most rows of a bucket."""

DENSE = 2 * BUCKET
"""Most rows per bucket, on average, where rows have been spaced anew."""

NARROW = 2.0**-30
"""Smallest distance of two neighbours."""


def buckets(connection: Connection, roster_id: int) -> list[tuple[int, int]]:
    """(bucket, rows) in order."""
    sql = "SELECT bucket, total FROM roster_bucket WHERE roster_id = ? ORDER BY bucket"
    return [(row[0], row[1]) for row in connection.exec_driver_sql(sql, (roster_id,))]


def locate(connection: Connection, roster_id: int, index: int) -> tuple[float, int] | None:
    """(start, skip): the row at `index` is the skip-th from position `start` on; None behind the last."""
    if index < 0:
        return None
    before = 0
    for number, rows in buckets(connection, roster_id):
        if index < before + rows:
            return float(number * BUCKET), index - before
        before += rows
    return None


def pos_at(connection: Connection, roster_id: int, index: int) -> float | None:
    """The position of the row at `index`, None outside."""
    place = locate(connection, roster_id, index)
    if place is None:
        return None
    sql = "SELECT pos FROM roster_row WHERE roster_id = ? AND pos >= ? ORDER BY pos LIMIT 1 OFFSET ?"
    return float(connection.exec_driver_sql(sql, (roster_id, *place)).scalar_one())


def rank(connection: Connection, roster_id: int, pos: float) -> int:
    """How many rows stand before position `pos`."""
    number = int(pos // BUCKET)
    sql = "SELECT coalesce(sum(total), 0) FROM roster_bucket WHERE roster_id = ? AND bucket < ?"
    before = int(connection.exec_driver_sql(sql, (roster_id, number)).scalar_one())
    sql = "SELECT count(*) FROM roster_row WHERE roster_id = ? AND pos >= ? AND pos < ?"
    start = float(number * BUCKET)
    return before + int(connection.exec_driver_sql(sql, (roster_id, start, pos)).scalar_one())


def last_pos(connection: Connection, roster_id: int) -> float | None:
    """The position of the last row, counting rows out of the roster, which keep their places."""
    sql = "SELECT max(pos) FROM roster_row WHERE roster_id = ?"
    last = connection.exec_driver_sql(sql, (roster_id,)).scalar_one()
    sql = "SELECT min(pos) FROM roster_row WHERE roster_id = ?"
    out = connection.exec_driver_sql(sql, (roster_id,)).scalar_one()
    return None if last is None else float(max(last, -out))


def next_pos(connection: Connection, roster_id: int) -> float:
    """A position behind the last row."""
    last = last_pos(connection, roster_id)
    return FIRST if last is None else float(int(last) + 1)


def pos_before(connection: Connection, roster_id: int, index: int) -> float:
    """A position for a new row that shall stand at `index`."""
    while True:
        after = pos_at(connection, roster_id, index)
        if after is None:
            return next_pos(connection, roster_id)
        before = _place_before(connection, roster_id, after)
        before = max(0.0, after - 2.0) if before is None else before
        middle = (before + after) / 2
        number = int(middle // BUCKET)
        if after - before > NARROW and _rows_of(connection, roster_id, number) < FULL:
            return middle
        respace(connection, roster_id, number)


def _place_before(connection: Connection, roster_id: int, pos: float) -> float | None:
    """The nearest place before `pos`, of a row or of one out of the roster."""
    sql = "SELECT max(pos) FROM roster_row WHERE roster_id = ? AND pos > 0 AND pos < ?"
    found = connection.exec_driver_sql(sql, (roster_id, pos)).scalar()
    sql = "SELECT min(pos) FROM roster_row WHERE roster_id = ? AND pos > ? AND pos < 0"
    out = connection.exec_driver_sql(sql, (roster_id, -pos)).scalar()
    places = [float(abs(place)) for place in (found, out) if place is not None]
    return max(places) if places else None


def _rows_of(connection: Connection, roster_id: int, number: int) -> int:
    sql = "SELECT total FROM roster_bucket WHERE roster_id = ? AND bucket = ?"
    return int(connection.exec_driver_sql(sql, (roster_id, number)).scalar() or 0)


def respace(connection: Connection, roster_id: int, number: int) -> None:
    """Space the rows around a bucket evenly, over the fewest buckets that are not too dense together."""
    totals = dict(buckets(connection, roster_id))
    if not totals:
        return
    width = 1
    first = last = number
    while True:
        first = number - number % width
        last = first + width
        rows = sum(total for bucket, total in totals.items() if first <= bucket < last)
        if rows <= DENSE * width and width > 1:
            break
        width *= 2
    _spread(connection, roster_id, first * BUCKET, last * BUCKET)


def _spread(connection: Connection, roster_id: int, start: int, end: int) -> None:
    """Space all places evenly, those of rows out of the roster too: their order must last."""
    sql = (
        "SELECT row_id, pos FROM roster_row WHERE roster_id = ? AND ((pos >= ? AND pos < ?)"
        " OR (pos <= ? AND pos > ?)) ORDER BY abs(pos)"
    )
    edges = (float(start), float(end), -float(start), -float(end))
    rows = connection.exec_driver_sql(sql, (roster_id, *edges)).fetchall()
    if not rows:
        return
    step = (end - start) / (len(rows) + 1)
    moves = [
        ((start + step * (place + 1)) * (1 if row[1] > 0 else -1), row[0]) for place, row in enumerate(rows)
    ]
    connection.exec_driver_sql("UPDATE roster_row SET pos = ? WHERE row_id = ?", moves)
