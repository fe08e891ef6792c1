"""Rosters: rows by position, as typed, at a cost that does not grow with the roster.

Single-row calls are short enough for the screen's own loop; `bulk_insert`, `clear` and `rewrite` belong into
a worker. Every method raises StoreError when the file cannot be used.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from client.store import order
from client.store.database import Database
from client.store.roster_sql import (
    all_duplicates,
    as_roster,
    base_picked,
    create_roster,
    draft_row,
    drop_batch,
    drop_broken_batch,
    end_batch,
    find_row,
    get_roster,
    mark_duplicates,
    next_bad,
    totals,
    touch,
    window,
)
from client.store.rows import (
    NewRow,
    Roster,
    RosterTotals,
    Scope,
    StoredRow,
    dump_findings,
    load_findings,
    plain,
    row_values,
)
from client.store.tables import roster as roster_table
from client.store.tables import roster_row as row_table
from domain.findings import Finding, errors

Source = Literal["single", "file"]
CHUNK = 500
"""Rows per transaction of a bulk insert."""

IN_LIST = 500
"""Most values of one IN list."""

_BULK = (
    "INSERT INTO roster_row (roster_id, pos, typed, checked, findings, errors, amount, person, source,"
    " sheet_row, change, picked, batch, state, submission_id, submission_row, result, reason, account_no)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 'draft', '', 0, '', '', '')"
)
_REWRITE = (
    "UPDATE roster_row SET checked = ?, findings = ?, errors = ?, amount = ?, person = ?, dup_of = NULL"
    " WHERE row_id = ?"
)


class RosterStore:
    """The rosters of this workstation. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # ---- rosters -----------------------------------------------------------------------------------

    def create(
        self, scope: Scope, business: str, source: Source = "single", header: Mapping[str, Any] | None = None
    ) -> int:
        """A new empty draft roster; returns its id."""
        with self.database.write() as connection:
            return create_roster(connection, scope, business, source, header or {})

    def open_draft(self, scope: Scope, business: str, source: Source = "single") -> Roster:
        """The draft roster of a business, made when there is none.

        Rows of an import that was broken off are dropped.
        """
        with self.database.write() as connection:
            table = roster_table.c
            found = connection.execute(
                select(table.roster_id)
                .where(table.profile == scope.profile, table.center == scope.center)
                .where(table.unit_account == scope.unit_account, table.operator == scope.operator)
                .where(table.business == business, table.source == source, table.state == "draft")
                .order_by(table.roster_id)
                .limit(1)
            ).first()
            if found is None:
                roster_id = create_roster(connection, scope, business, source, {})
            else:
                roster_id = found.roster_id
                drop_broken_batch(connection, roster_id)
            return get_roster(connection, roster_id)

    def roster(self, roster_id: int) -> Roster:
        """A roster's head. RosterError when it is gone."""
        with self.database.read() as connection:
            return get_roster(connection, roster_id)

    def rosters(self, scope: Scope, business: str = "", state: str = "") -> list[Roster]:
        """The unit's rosters of all operators, newest first."""
        table = roster_table.c
        query = (
            select(roster_table)
            .where(table.profile == scope.profile, table.center == scope.center)
            .where(table.unit_account == scope.unit_account)
            .order_by(table.roster_id.desc())
        )
        query = query.where(table.business == business) if business else query
        query = query.where(table.state == state) if state else query
        with self.database.read() as connection:
            return [as_roster(found) for found in connection.execute(query)]

    def set_header(self, roster_id: int, header: Mapping[str, Any]) -> None:
        """Replace what was chosen for the whole roster."""
        with self.database.write() as connection:
            connection.execute(
                update(roster_table)
                .where(roster_table.c.roster_id == roster_id)
                .values(header=json.dumps(dict(header)))
            )
            touch(connection, roster_id)

    # ---- reading -----------------------------------------------------------------------------------

    def count(self, roster_id: int) -> int:
        """Number of rows."""
        return self.totals(roster_id).count

    def totals(self, roster_id: int) -> RosterTotals:
        """Sums over the roster."""
        with self.database.read() as connection:
            return totals(connection, roster_id)

    def window(self, roster_id: int, start: int, count: int) -> list[StoredRow]:
        """At most `count` rows from position `start`."""
        with self.database.read() as connection:
            return window(connection, roster_id, start, count)

    def row(self, row_id: int) -> StoredRow | None:
        """One row with its position, None when it is gone."""
        with self.database.read() as connection:
            return find_row(connection, row_id)

    def index_of(self, row_id: int) -> int | None:
        """The position of a row."""
        with self.database.read() as connection:
            sql = "SELECT roster_id, pos FROM roster_row WHERE row_id = ?"
            found = connection.exec_driver_sql(sql, (row_id,)).first()
            return None if found is None else order.rank(connection, found[0], found[1])

    def rows(self, roster_id: int, page: int = 500) -> Iterator[StoredRow]:
        """All rows in order, a page at a time; for workers. Each page is a view of its own."""
        start = 0
        while rows := self.window(roster_id, start, page):
            yield from rows
            start += len(rows)

    def selected_ids(self, roster_id: int) -> list[int]:
        """Ids of the ticked rows in row order."""
        with self.database.read() as connection:
            picked = 1 - base_picked(connection, roster_id)
            sql = (
                f"SELECT row_id FROM roster_row WHERE roster_id = ? AND picked = {picked}"
                " AND state = 'draft' ORDER BY pos"
            )
            return [row[0] for row in connection.exec_driver_sql(sql, (roster_id,))]

    def found(self, roster_id: int, code: str, limit: int = 10) -> tuple[int, list[StoredRow]]:
        """How many draft rows have a finding with this code, and the first ones of them."""
        sql = (
            "SELECT row_id FROM roster_row WHERE roster_id = ? AND state = 'draft' AND findings <> ''"
            " AND instr(findings, ?) ORDER BY pos"
        )
        with self.database.read() as connection:
            ids = [row[0] for row in connection.exec_driver_sql(sql, (roster_id, f'"{code}"'))]
            rows = [find_row(connection, row_id) for row_id in ids[:limit]]
        return len(ids), [row for row in rows if row is not None]

    def next_error(
        self, roster_id: int, index: int, column: str, columns: Sequence[str]
    ) -> tuple[int, str] | None:
        """(position, column key) of the next faulty cell behind the given one, wrapping round at the end.

        `columns` gives the order of cells in a row; a finding of no column counts for the first one.
        """
        place = {key: number for number, key in enumerate(columns)}
        at = place.get(column, -1)
        with self.database.read() as connection:
            own = self._bad_cells(connection, roster_id, index, place)
            for number in own:
                if number > at:
                    return index, columns[number]
            found = next_bad(connection, roster_id, index)
            if found is None:
                return None
            cells = own if found == index else self._bad_cells(connection, roster_id, found, place)
            return found, columns[cells[0]]

    def _bad_cells(
        self, connection: Connection, roster_id: int, index: int, place: Mapping[str, int]
    ) -> list[int]:
        pos = order.pos_at(connection, roster_id, index)
        if pos is None:
            return []
        sql = "SELECT findings, dup_of FROM roster_row WHERE roster_id = ? AND pos = ? AND state = 'draft'"
        found = connection.exec_driver_sql(sql, (roster_id, pos)).first()
        if found is None:
            return []
        cells = {place.get(finding.field, 0) for finding in load_findings(found[0]) if finding.is_error}
        if found[1] is not None:
            cells.add(place.get("id_number", 0))
        return sorted(cells)

    # ---- changing ----------------------------------------------------------------------------------

    def insert(self, roster_id: int, row: NewRow, at: int | None = None) -> StoredRow:
        """Put a row at position `at` (None: behind the last)."""
        with self.database.write() as connection:
            get_roster(connection, roster_id)
            if at is None:
                pos = order.next_pos(connection, roster_id)
            else:
                pos = order.pos_before(connection, roster_id, max(0, at))
            values = row_values(row)
            added = connection.execute(insert(row_table).values(roster_id=roster_id, pos=pos, **values))
            row_id = int(added.lastrowid)
            mark_duplicates(connection, roster_id, values["person"])
            touch(connection, roster_id)
            stored = find_row(connection, row_id)
            assert stored is not None
            return stored

    def update(self, row_id: int, row: NewRow) -> StoredRow:
        """Replace a draft row. RosterError roster.frozen when it is on its way to the center."""
        with self.database.write() as connection:
            touch(connection, _replace(connection, row_id, row))
            stored = find_row(connection, row_id)
            assert stored is not None
            return stored

    def update_many(self, rows: Iterable[tuple[int, NewRow]]) -> int:
        """Replace draft rows, all or none; for workers. Returns how many. RosterError roster.frozen."""
        count, rosters = 0, set()
        with self.database.write() as connection:
            for row_id, row in rows:
                rosters.add(_replace(connection, row_id, row))
                count += 1
            for roster_id in rosters:
                touch(connection, roster_id)
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
            touch(connection, draft_row(connection, row_id)[0])
            return True

    def delete(self, row_ids: Sequence[int]) -> int:
        """Delete draft rows; rows on their way to the center stay. Returns how many went."""
        gone = 0
        with self.database.write() as connection:
            touched: dict[int, set[str]] = {}
            for chunk in _chunks(row_ids):
                table = row_table.c
                mine = (table.row_id.in_(chunk), table.state == "draft")
                for found in connection.execute(select(table.roster_id, table.person).where(*mine)):
                    touched.setdefault(found.roster_id, set()).add(found.person)
                gone += connection.execute(delete(row_table).where(*mine)).rowcount
            for roster_id, people in touched.items():
                for person in people:
                    mark_duplicates(connection, roster_id, person)
                touch(connection, roster_id)
        return gone

    def clear(self, roster_id: int) -> int:
        """Delete all draft rows; for a worker when there are many. Returns how many went."""
        with self.database.write() as connection:
            sql = "DELETE FROM roster_row WHERE roster_id = ? AND state = 'draft'"
            gone = connection.exec_driver_sql(sql, (roster_id,)).rowcount
            all_duplicates(connection, roster_id)
            touch(connection, roster_id)
            return gone

    def select(self, row_ids: Sequence[int], selected: bool) -> None:
        """Tick or untick rows."""
        with self.database.write() as connection:
            for chunk in _chunks(row_ids):
                marks = ", ".join("?" * len(chunk))
                wanted = "1 - r.base_picked" if selected else "r.base_picked"
                sql = (
                    f"UPDATE roster_row SET picked = (SELECT {wanted} FROM roster r"
                    f" WHERE r.roster_id = roster_row.roster_id) WHERE row_id IN ({marks})"
                )
                connection.exec_driver_sql(sql, tuple(chunk))

    def select_all(self, roster_id: int, selected: bool) -> None:
        """Tick or untick every row."""
        with self.database.write() as connection:
            sql = "UPDATE roster SET base_picked = ? WHERE roster_id = ?"
            connection.exec_driver_sql(sql, (int(selected), roster_id))
            sql = "UPDATE roster_row SET picked = 0 WHERE roster_id = ? AND picked = 1"
            connection.exec_driver_sql(sql, (roster_id,))

    # ---- in bulk -----------------------------------------------------------------------------------

    def bulk_insert(
        self,
        roster_id: int,
        rows: Iterable[NewRow],
        *,
        progress: Callable[[int], None] | None = None,
        chunk: int = CHUNK,
    ) -> int:
        """Append rows, a transaction per chunk; all stay or none, whatever interrupts. Returns how many.

        `progress` gets the number of rows stored so far. For workers.
        """
        batch = self._begin_batch(roster_id)
        stored = 0
        try:
            source = iter(rows)
            while part := list(islice(source, chunk)):
                stored += self._append(roster_id, part, batch)
                if progress is not None:
                    progress(stored)
            with self.database.write() as connection:
                end_batch(connection, roster_id)
        except BaseException:
            with self.database.write() as connection:
                drop_batch(connection, roster_id, batch)
            raise
        return stored

    def _begin_batch(self, roster_id: int) -> int:
        with self.database.write() as connection:
            drop_broken_batch(connection, roster_id)
            batch = get_roster(connection, roster_id).revision + 1
            sql = "UPDATE roster SET loading = ?, loader = ?, revision = ? WHERE roster_id = ?"
            connection.exec_driver_sql(sql, (batch, os.getpid(), batch, roster_id))
            return batch

    def _append(self, roster_id: int, part: Sequence[NewRow], batch: int) -> int:
        with self.database.write() as connection:
            start = order.next_pos(connection, roster_id)
            values = []
            for number, row in enumerate(part):
                cells = row_values(row)
                values.append((roster_id, start + number, *cells.values(), batch))
            connection.exec_driver_sql(_BULK, values)
            return len(values)

    def rewrite(
        self,
        roster_id: int,
        check: Callable[[StoredRow], NewRow],
        *,
        progress: Callable[[int], None] | None = None,
        chunk: int = CHUNK,
    ) -> int:
        """Check every draft row anew and store what changed; for workers. Returns how many were looked at."""
        start = 0
        while True:
            with self.database.write() as connection:
                page = window(connection, roster_id, start, chunk)
                judged = [(row, check(row)) for row in page if row.state == "draft"]
                values = [(*_judged(new), row.row_id) for row, new in judged if _differs(row, new)]
                if values:
                    connection.exec_driver_sql(_REWRITE, values)
            if not page:
                break
            start += len(page)
            if progress is not None:
                progress(start)
        with self.database.write() as connection:
            all_duplicates(connection, roster_id)
            touch(connection, roster_id)
        return start


def _differs(row: StoredRow, new: NewRow) -> bool:
    """Whether a check has come to something else than what is stored."""
    same = row.checked == dict(new.checked) and row.findings == tuple(new.findings)
    return not (same and row.amount == new.amount and row.person == plain(new.person))


def _judged(row: NewRow) -> tuple[Any, ...]:
    values = row_values(row)
    return tuple(values[name] for name in ("checked", "findings", "errors", "amount", "person"))


def _replace(connection: Connection, row_id: int, row: NewRow) -> int:
    """Replace a draft row; returns the id of its roster."""
    roster_id, person = draft_row(connection, row_id)
    values = row_values(row) | {"dup_of": None}
    connection.execute(update(row_table).where(row_table.c.row_id == row_id).values(**values))
    if values["person"] != person:
        mark_duplicates(connection, roster_id, person)
    mark_duplicates(connection, roster_id, values["person"])
    return roster_id


def _chunks(values: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), IN_LIST):
        yield list(values[start : start + IN_LIST])
