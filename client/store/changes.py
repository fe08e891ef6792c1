"""Changes of a roster's rows, each with its step in the journal: single rows, many rows, undo and redo."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from client.store import journal, order
from client.store.database import Database
from client.store.roster_sql import (
    all_duplicates,
    base_picked,
    draft_row,
    drop_batch,
    drop_broken_batch,
    end_batch,
    find_row,
    get_roster,
    mark_duplicates,
    touch,
    window,
)
from client.store.rows import NewRow, StoredRow, Undone, dump_findings, plain, row_values
from client.store.tables import OPENED
from client.store.tables import roster_row as row_table
from domain.findings import Finding, errors

CHUNK = 500
"""Rows per transaction when rows are checked anew, and most values of one IN list."""

BULK = 5000
"""Rows per transaction of a bulk insert: each waits for the disk."""

Judge = Callable[[Sequence[StoredRow]], Sequence[NewRow]]
"""Checks some rows anew."""

_BULK = (
    "INSERT INTO roster_row (roster_id, pos, typed, checked, findings, errors, amount, person, source,"
    " sheet_row, change, find, picked, in_step, state, submission_id, submission_row, result, reason,"
    " account_no) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
    " (SELECT base_picked FROM roster r WHERE r.roster_id = ?1), ?, 'draft', '', 0, '', '', '')"
)
_JUDGED = ("checked", "findings", "errors", "amount", "person", "find")
_REWRITE = (
    f"UPDATE roster_row SET {', '.join(f'{name} = ?' for name in _JUDGED)}, dup_of = NULL WHERE row_id = ?"
)
_EMPTY: dict[str, Any] = {**row_values(NewRow({})), "errors": 1, "in_step": OPENED}
"""A row that was opened and is still empty: not good, so that it is never sent, and no fault to count."""


class RosterChanges:
    """What changes the rows of rosters. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # ---- single rows -------------------------------------------------------------------------------

    def insert(self, roster_id: int, row: NewRow, at: int | None = None) -> StoredRow:
        """Put a row at position `at` (None: behind the last)."""
        with self.database.write() as connection:
            get_roster(connection, roster_id)
            values = row_values(row) | {"in_step": journal.begin_step(connection, roster_id, "insert")}
            row_id = _put(connection, roster_id, values, at)
            mark_duplicates(connection, roster_id, values["person"])
            return _stored(connection, roster_id, row_id)

    def open_row(self, roster_id: int, at: int | None = None) -> StoredRow:
        """Open an empty row at position `at`; it is a step of its own once something is typed in it."""
        with self.database.write() as connection:
            get_roster(connection, roster_id)
            return _stored(connection, roster_id, _put(connection, roster_id, _EMPTY, at))

    def withdraw(self, roster_id: int, row_id: int) -> None:
        """Take back a row that was just put in or opened, as if it had never been."""
        with self.database.write() as connection:
            journal.withdraw(connection, roster_id, row_id)

    def update(self, row_id: int, row: NewRow, *, join: bool = False) -> StoredRow:
        """Replace a draft row. RosterError roster.frozen when it is on its way to the center.

        With `join` a change belongs to the insertion of its row where that was the last step.
        """
        with self.database.write() as connection:
            found = draft_row(connection, row_id)
            values = _take_step(connection, found.roster_id, row_id, found.in_step, join=join)
            _replace(connection, found, row_id, row_values(row) | values)
            return _stored(connection, found.roster_id, row_id)

    def update_many(self, rows: Iterable[tuple[int, NewRow]]) -> int:
        """Replace draft rows of one roster, all or none, in one step; for workers. Returns how many.

        RosterError roster.frozen when one is on its way to the center.
        """
        count, step = 0, 0
        with self.database.write() as connection:
            for row_id, row in rows:
                found = draft_row(connection, row_id)
                step = step or journal.begin_step(connection, found.roster_id, "edit")
                journal.keep_image(connection, step, row_id)
                _replace(connection, found, row_id, row_values(row))
                count += 1
            if count:
                touch(connection, found.roster_id)
        return count

    def add_findings(self, row_id: int, typed: Mapping[str, str], new: Sequence[Finding]) -> bool:
        """Add findings to a draft row; False when it has been changed since it read `typed`."""
        with self.database.write() as connection:
            row = find_row(connection, row_id)
            if row is None or row.state != "draft" or row.typed != dict(typed):
                return False
            told = [*row.findings, *new]
            values = {"findings": dump_findings(told), "errors": len(errors(told))}
            connection.execute(update(row_table).where(row_table.c.row_id == row_id).values(**values))
            touch(connection, draft_row(connection, row_id).roster_id)
            return True

    # ---- deleting ----------------------------------------------------------------------------------

    def delete(self, row_ids: Sequence[int]) -> int:
        """Delete draft rows; rows on their way to the center stay. Returns how many went."""
        with self.database.write() as connection:
            gone = 0
            for roster_id, mine in _by_roster(connection, row_ids).items():
                step = journal.begin_step(connection, roster_id, "delete")
                gone += _take_out(connection, roster_id, step, mine)
        return gone

    def clear(self, roster_id: int) -> int:
        """Delete all draft rows; for a worker when there are many. Returns how many went."""
        with self.database.write() as connection:
            step = journal.begin_step(connection, roster_id, "delete")
            return _take_out(connection, roster_id, step, None)

    # ---- undo --------------------------------------------------------------------------------------

    def undo(self, roster_id: int) -> Undone | None:
        """Undo the last step; None when there is none. For a worker."""
        return self._turn(roster_id, forward=False)

    def redo(self, roster_id: int) -> Undone | None:
        """Redo the step undone last; None when there is none. For a worker."""
        return self._turn(roster_id, forward=True)

    def _turn(self, roster_id: int, *, forward: bool) -> Undone | None:
        with self.database.write() as connection:
            while True:
                done = journal.turn(connection, roster_id, forward=forward)
                if done is None or done.count or done.sent:
                    return done

    # ---- in bulk -----------------------------------------------------------------------------------

    def bulk_insert(
        self,
        roster_id: int,
        rows: Iterable[NewRow],
        *,
        replace: bool = False,
        progress: Callable[[int], None] | None = None,
        chunk: int = BULK,
    ) -> int:
        """Append rows, a transaction per chunk; all stay or none, whatever interrupts. Returns how many.

        With `replace` they take the place of the draft rows, which go when all are stored. One step either
        way. `progress` gets the number of rows stored so far. For workers.
        """
        batch = self._begin_batch(roster_id)
        stored = 0
        try:
            source = iter(rows)
            while part := [tuple(row_values(row).values()) for row in islice(source, chunk)]:
                stored += self._append(roster_id, part, batch)
                if progress is not None:
                    progress(stored)
            with self.database.write() as connection:
                if replace:
                    _take_out(connection, roster_id, batch, None)
                end_batch(connection, roster_id)
                if not stored and not replace:
                    journal.forget_step(connection, batch)
        except BaseException:
            with self.database.write() as connection:
                drop_batch(connection, roster_id, batch)
            raise
        return stored

    def _begin_batch(self, roster_id: int) -> int:
        with self.database.write() as connection:
            drop_broken_batch(connection, roster_id)
            get_roster(connection, roster_id)
            batch = journal.begin_step(connection, roster_id, "import", "loading")
            sql = "UPDATE roster SET loading = ?, loader = ?, revision = revision + 1 WHERE roster_id = ?"
            connection.exec_driver_sql(sql, (batch, os.getpid(), roster_id))
            return batch

    def _append(self, roster_id: int, part: Sequence[tuple[Any, ...]], batch: int) -> int:
        """Append rows given as their `row_values`."""
        with self.database.write() as connection:
            start = order.next_pos(connection, roster_id)
            values = [(roster_id, start + at, *cells, batch) for at, cells in enumerate(part)]
            connection.exec_driver_sql(_BULK, values)
            return len(values)

    def rewrite(
        self,
        roster_id: int,
        check: Judge,
        *,
        progress: Callable[[int], None] | None = None,
        chunk: int = CHUNK,
    ) -> int:
        """Check every draft row anew and store what changed; for workers. Returns how many were looked at.

        `check` is given some rows at a time.
        """
        start = changed = 0
        while True:
            with self.database.write() as connection:
                page = window(connection, roster_id, start, chunk)
                changed += _judge(connection, page, check)
            if not page:
                break
            start += len(page)
            if progress is not None:
                progress(start)
        with self.database.write() as connection:
            all_duplicates(connection, roster_id)
            touch(connection, roster_id)
            if changed:
                sql = "UPDATE roster SET judged = judged + 1 WHERE roster_id = ?"
                connection.exec_driver_sql(sql, (roster_id,))
        return start

    def rewrite_rows(self, roster_id: int, row_ids: Sequence[int], check: Judge) -> None:
        """Check a few rows anew."""
        with self.database.write() as connection:
            rows = [row for row_id in row_ids if (row := find_row(connection, row_id)) is not None]
            _judge(connection, rows, check)
            for person in sorted({new.person for new in check(rows)} | {row.person for row in rows}):
                mark_duplicates(connection, roster_id, plain(person))
            touch(connection, roster_id)


def _put(connection: Connection, roster_id: int, values: Mapping[str, Any], at: int | None) -> int:
    if at is None:
        pos = order.next_pos(connection, roster_id)
    else:
        pos = order.pos_before(connection, roster_id, max(0, at))
    unticked = base_picked(connection, roster_id)
    new = insert(row_table).values(roster_id=roster_id, pos=pos, picked=unticked, **values)
    added = connection.execute(new)
    return int(added.lastrowid)


def _replace(connection: Connection, found: Row[Any], row_id: int, values: Mapping[str, Any]) -> None:
    """Give a draft row other values; `found` is what it was (`draft_row`)."""
    changed = {**values, "dup_of": None}
    connection.execute(update(row_table).where(row_table.c.row_id == row_id).values(**changed))
    if values["person"] != found.person:
        mark_duplicates(connection, found.roster_id, found.person)
    mark_duplicates(connection, found.roster_id, values["person"])


def _stored(connection: Connection, roster_id: int, row_id: int) -> StoredRow:
    touch(connection, roster_id)
    stored = find_row(connection, row_id)
    assert stored is not None
    return stored


def _take_step(
    connection: Connection, roster_id: int, row_id: int, in_step: int, *, join: bool
) -> dict[str, int]:
    """Take the step of a change; returns what of the row belongs to it."""
    if in_step == OPENED:
        return {"in_step": journal.begin_step(connection, roster_id, "insert")}
    if join and in_step and journal.last_step(connection, roster_id) == (in_step, "insert"):
        journal.forget_undone(connection, roster_id)
        return {}
    journal.keep_image(connection, journal.begin_step(connection, roster_id, "edit"), row_id)
    return {}


def _by_roster(connection: Connection, row_ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for chunk in _chunks(list(dict.fromkeys(row_ids))):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT roster_id, row_id FROM roster_row WHERE row_id IN ({marks}) AND state = 'draft'"
        for row in connection.exec_driver_sql(sql, tuple(chunk)):
            found.setdefault(row[0], []).append(row[1])
    return found


def _take_out(connection: Connection, roster_id: int, step: int, row_ids: Sequence[int] | None) -> int:
    """Take rows out in a step that has begun (None: all others); sums and duplicates follow."""
    few = row_ids is not None and len(row_ids) <= journal.FEW
    people = journal.people_of(connection, row_ids or ()) if few else set()
    gone = 0
    with journal.sums_kept(connection, roster_id, anew=not few):
        for chunk in [None] if row_ids is None else _chunks(row_ids):
            gone += journal.take_out(connection, roster_id, step, chunk)
        for person in sorted(people):
            mark_duplicates(connection, roster_id, person)
        if not few:
            all_duplicates(connection, roster_id)
    if not journal.members(connection, step):
        journal.forget_step(connection, step)
    touch(connection, roster_id)
    return gone


def _judge(connection: Connection, rows: Sequence[StoredRow], check: Judge) -> int:
    """Check rows anew and store what changed; returns how many did."""
    draft = [row for row in rows if row.state == "draft" and row.change != "deleted" and not row.opened]
    judged = zip(draft, check(draft), strict=True)
    values = [(*_judged(new), row.row_id) for row, new in judged if _differs(row, new)]
    if values:
        connection.exec_driver_sql(_REWRITE, values)
    return len(values)


def _differs(row: StoredRow, new: NewRow) -> bool:
    """Whether a check has come to something else than what is stored."""
    same = row.checked == dict(new.checked) and row.findings == tuple(new.findings)
    return not (same and row.amount == new.amount and row.person == plain(new.person))


def _judged(row: NewRow) -> tuple[Any, ...]:
    values = row_values(row)
    return tuple(values[name] for name in _JUDGED)


def _chunks(values: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), CHUNK):
        yield list(values[start : start + CHUNK])
