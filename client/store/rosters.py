"""Rosters: rows by position, as typed, at a cost that does not grow with the roster.

Single-row calls are short enough for the screen's own loop; `bulk_insert`, `clear`, `rewrite`, `undo` and
`redo` belong into a worker. Every method raises StoreError when the file cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from client.store import order
from client.store.changes import RosterChanges
from client.store.journal import sweep
from client.store.roster_sql import (
    as_roster,
    base_picked,
    create_roster,
    drop_broken_batch,
    find_row,
    get_roster,
    next_bad,
    rows_of,
    totals,
    touch,
    window,
)
from client.store.rows import Roster, RosterTotals, Scope, StoredRow
from client.store.tables import OPENED
from client.store.tables import roster as roster_table

Source = Literal["single", "file"]
IN_LIST = 500
"""Most values of one IN list."""


class RosterStore(RosterChanges):
    """The rosters of this workstation. Thread-safe."""

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
                sweep(connection, roster_id)
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

    def rows_of(self, row_ids: Sequence[int], start: int = 0) -> list[StoredRow]:
        """Rows by id, in the order given; their positions count from `start`."""
        with self.database.read() as connection:
            return rows_of(connection, row_ids, start)

    def opened_row(self, roster_id: int) -> int | None:
        """The row that was opened in the grid and is still empty."""
        sql = (
            "SELECT row_id FROM roster_row WHERE in_step = ? AND in_step <> 0 AND +roster_id = ? AND +pos > 0"
        )
        with self.database.read() as connection:
            return connection.exec_driver_sql(sql, (OPENED, roster_id)).scalar()

    def row(self, row_id: int) -> StoredRow | None:
        """One row with its position, None when it is gone."""
        with self.database.read() as connection:
            return find_row(connection, row_id)

    def index_of(self, row_id: int) -> int | None:
        """The position of a row."""
        with self.database.read() as connection:
            sql = "SELECT roster_id, pos FROM roster_row WHERE row_id = ? AND pos > 0"
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
                " AND state = 'draft' AND pos > 0 ORDER BY pos"
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
        with self.database.read() as connection:
            own = _bad_at(connection, roster_id, index, columns)
            behind = [cell for cell in own if cell > _place(column, columns)]
            if behind:
                return index, columns[behind[0]]
            found = next_bad(connection, roster_id, index)
            if found is None:
                return None
            cells = own if found == index else _bad_at(connection, roster_id, found, columns)
            return found, columns[cells[0]]

    # ---- ticks -------------------------------------------------------------------------------------

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


def _chunks(values: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), IN_LIST):
        yield list(values[start : start + IN_LIST])


def bad_cells(row: StoredRow, columns: Sequence[str]) -> list[int]:
    """Numbers of the faulty cells of a draft row; what names no cell counts for the first one."""
    if row.state != "draft":
        return []
    cells = {max(0, _place(finding.field, columns)) for finding in row.findings if finding.is_error}
    if row.duplicate_of is not None:
        cells.add(max(0, _place("id_number", columns)))
    return sorted(cells)


def _place(column: str, columns: Sequence[str]) -> int:
    return columns.index(column) if column in columns else -1


def _bad_at(connection: Connection, roster_id: int, index: int, columns: Sequence[str]) -> list[int]:
    found = window(connection, roster_id, index, 1)
    return bad_cells(found[0], columns) if found else []
