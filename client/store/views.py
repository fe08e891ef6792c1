"""Views of a roster: its rows sorted by a column, or those that were faulty, and finding rows in either.

A view is an array of row ids (8 bytes a row). It stays what it was made as: an edited row keeps its place, a
corrected row stays in sight, new rows come last, rows out of the roster leave and come back to their place.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from client.store.database import pages
from client.store.order import pos_at, rank
from client.store.rosters import RosterStore, bad_cells
from client.store.rows import StoredRow, plain
from client.store.tables import FAULTY, OPENED

Way = Literal["ascending", "descending"]
PAGE = 256
"""Rows looked at in one query while a view is searched."""
MANY = 2000
"""More matches than that are not gathered: one of them is near."""
NAME = "name"
NUMBER = "number"


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by: `kind` name (by pinyin initials), number, or text."""

    column: str
    kind: Literal["name", "number", "text"] = "text"

    def sql(self) -> str:
        """The expression; empty and unreadable cells come first."""
        if self.kind == NAME:
            return "find"
        if self.kind == NUMBER:
            # Reading the digits behind the key costs half of parsing the row; no text holds a bare quote.
            key = f'"{self.column}":"'
            return f"CAST(substr(checked, instr(checked, '{key}') + {len(key)}, 20) AS REAL)"
        return f"json_extract(checked, '$.{self.column}')"


class RosterView:
    """A roster as one looks at it. `sort`, `show_faulty` and `refresh` belong into a worker."""

    def __init__(self, store: RosterStore, roster_id: int) -> None:
        """Begin with all rows in the order of the roster."""
        self.store = store
        self.roster_id = roster_id
        self.key: SortKey | None = None
        self.way: Way = "ascending"
        self.faulty = False
        self._made: array[int] | None = None
        self._shown: array[int] | None = None
        self._newest = 0

    @property
    def plain(self) -> bool:
        """Whether all rows stand in the order of the roster."""
        return self._shown is None

    # ---- making ------------------------------------------------------------------------------------

    def sort(self, key: SortKey | None, way: Way = "ascending") -> None:
        """Sort the rows in sight; None: the order of the roster."""
        self.key, self.way = key, way
        self._make(self._shown if self.faulty else None)

    def show_faulty(self, faulty: bool) -> None:
        """Show the rows that are faulty now, or all rows again."""
        self.faulty = faulty
        self._make(None)

    def show(self, key: SortKey | None, way: Way, *, faulty: bool, also: Sequence[int] = ()) -> None:
        """Make the view anew: an order, and the rows that are faulty now and those of `also`, or all."""
        self.key, self.way, self.faulty = key, way, faulty
        self._make(None, also)

    def _make(self, among: array[int] | None, also: Sequence[int] = ()) -> None:
        if self.key is None and not self.faulty:
            self._made = self._shown = None
            return
        with self.store.database.read() as connection:
            ids = row_ids(
                connection, self.roster_id, self.key, self.way, faulty=self.faulty and among is None
            )
            sql = "SELECT coalesce(max(row_id), 0) FROM roster_row"
            self._newest = int(connection.exec_driver_sql(sql).scalar_one())
            more = set(also) - set(ids) if self.faulty and also else set()
            if more:
                among = array("q", (*ids, *more))
                ids = row_ids(connection, self.roster_id, self.key, self.way, faulty=False)
        if among is not None:
            seen = set(among)
            ids = array("q", (row_id for row_id in ids if row_id in seen))
        self._made, self._shown = ids, ids

    def refresh(self) -> None:
        """Follow changes of many rows: what is out leaves, what came back or is new appears."""
        if self._made is None:
            return
        with self.store.database.read() as connection:
            here = row_ids(connection, self.roster_id, None, "ascending", faulty=False)
            faulty = set(row_ids(connection, self.roster_id, None, "ascending", faulty=True))
        alive, known = set(here), set(self._made)
        late = [
            row_id
            for row_id in here
            if row_id not in known and (not self.faulty or row_id in faulty or row_id > self._newest)
        ]
        made = array("q", self._made)
        made.extend(late)
        self._made, self._shown = made, array("q", (row_id for row_id in made if row_id in alive))

    def added(self, row_id: int, index: int | None) -> int:
        """A row was put before position `index` (None: behind the last); returns its position."""
        if self._made is None or self._shown is None:
            found = self.store.index_of(row_id)
            return 0 if found is None else found
        shown, made = array("q", self._shown), array("q", self._made)
        if index is None or index >= len(shown):
            place, after = len(shown), len(made)
        else:
            place, after = index, made.index(shown[index])
        shown.insert(place, row_id)
        made.insert(after, row_id)
        self._made, self._shown = made, shown
        return place

    def gone(self, row_ids: Sequence[int]) -> None:
        """Rows have left the roster; their places are kept."""
        if self._shown is not None:
            out = set(row_ids)
            self._shown = array("q", (row_id for row_id in self._shown if row_id not in out))

    # ---- looking -----------------------------------------------------------------------------------

    def count(self) -> int:
        """Number of rows in sight."""
        return self.store.count(self.roster_id) if self._shown is None else len(self._shown)

    def window(self, start: int, count: int) -> list[StoredRow]:
        """At most `count` rows from position `start`; fewer when rows have gone meanwhile."""
        if self._shown is None:
            return self.store.window(self.roster_id, start, count)
        return self.store.rows_of(self._shown[max(0, start) : start + count], start)

    def index_of(self, row_id: int) -> int | None:
        """The position of a row, None when it is not in sight."""
        if self._shown is None:
            return self.store.index_of(row_id)
        try:
            return self._shown.index(row_id)
        except ValueError:
            return None

    def next_error(self, index: int, column: str, columns: Sequence[str]) -> tuple[int, str] | None:
        """(position, column key) of the next faulty cell behind the given one, wrapping round at the end."""
        shown = self._shown
        if shown is None:
            return self.store.next_error(self.roster_id, index, column, columns)
        at = columns.index(column) if column in columns else -1
        own = bad_cells(self.window(index, 1)[0], columns) if index < len(shown) else []
        behind = [cell for cell in own if cell > at]
        if behind:
            return index, columns[behind[0]]
        for start, stop in _pages(index + 1, len(shown)):
            for row in self.store.rows_of(shown[start:stop], start):
                if row.bad and (cells := bad_cells(row, columns)):
                    return row.index, columns[cells[0]]
        return None

    def find(self, text: str, index: int, step: int = 0) -> int | None:
        """The position of a row that `text` means: from `index` on, or behind (1) or before (-1) it.

        The search wraps round. Digits mean the end of an account or ID number, else its beginning; other
        texts the beginning of a name or of its initials, else any part of them. A text that means nothing
        costs two scans of the index, some 20 ms each over 100,000 rows.
        """
        wanted = plain(text.strip().lower())
        if not wanted:
            return None
        digits = wanted.rstrip("x").isdigit()
        for part in (f"{wanted}\t", f"\t{wanted}") if digits else (f"\t{wanted}", wanted):
            with self.store.database.read() as connection:
                found = self._next(connection, part, index, step)
            if found is not None:
                return found
        return None

    def _next(self, connection: Connection, part: str, index: int, step: int) -> int | None:
        """The next row whose `find` holds `part`."""
        if self._shown is None:
            here = pos_at(connection, self.roster_id, index)
            pos = _next_pos(connection, self.roster_id, part, -1.0 if here is None else here, step)
            return None if pos is None else rank(connection, self.roster_id, pos)
        sql = (
            "SELECT row_id FROM roster_row INDEXED BY ix_row_pos WHERE roster_id = ? AND pos > 0"
            f" AND instr(find, ?) > 0 LIMIT {MANY + 1}"
        )
        holds = {row[0] for row in connection.exec_driver_sql(sql, (self.roster_id, part))}
        if len(holds) <= MANY:
            places = [at for at, row_id in enumerate(self._shown) if row_id in holds] if holds else []
            return _turned(places, index, step)
        return self._near(connection, part, index, step)

    def _near(self, connection: Connection, part: str, index: int, step: int) -> int | None:
        """The next such row where there are many: it is not far."""
        shown = self._shown or array("q")
        order = list(_pages(index + step, len(shown))) if step >= 0 else list(_pages(index, len(shown)))[::-1]
        for start, stop in order:
            ids = shown[start:stop]
            marks = ", ".join("?" * len(ids))
            sql = f"SELECT row_id FROM roster_row WHERE row_id IN ({marks}) AND instr(find, ?) > 0"
            holds = {row[0] for row in connection.exec_driver_sql(sql, (*ids, part))}
            places = [at for at, row_id in enumerate(ids, start) if row_id in holds]
            if places:
                return places[-1] if step < 0 else places[0]
        return None


def row_ids(
    connection: Connection, roster_id: int, key: SortKey | None, way: Way, *, faulty: bool
) -> array[int]:
    """Ids of a roster's rows in an order; ties stand in the order of the roster."""
    number = key is not None and key.kind == NUMBER
    by = "pos" if key is None or number else f"{key.sql()} {'DESC' if way == 'descending' else 'ASC'}, pos"
    index = " INDEXED BY ix_row_faulty" if faulty else ""
    only = f" AND state = 'draft' AND ({FAULTY}) AND in_step <> {OPENED}" if faulty else ""
    of_roster = f"FROM roster_row{index} WHERE roster_id = ? AND pos > 0{only} ORDER BY {by}"
    ids = array("q")
    if key is not None and number:
        # SQLite's sorter takes longer over numbers than reading all the rows.
        numbers: list[float] = []
        for page in pages(connection, f"SELECT row_id, {key.sql()} {of_roster}", (roster_id,)):
            ids.extend([row[0] for row in page])
            numbers.extend([row[1] for row in page])
        order = sorted(range(len(ids)), key=numbers.__getitem__, reverse=way == "descending")
        return array("q", map(ids.__getitem__, order))
    for page in pages(connection, f"SELECT row_id {of_roster}", (roster_id,)):
        ids.extend([row[0] for row in page])
    return ids


def _next_pos(connection: Connection, roster_id: int, part: str, here: float, step: int) -> float | None:
    """The position of the next row whose `find` holds `part`, wrapping round."""
    down, up = ("pos < ?", "DESC") if step < 0 else ("pos > ?" if step else "pos >= ?", "ASC")
    sql = (
        "SELECT pos FROM roster_row INDEXED BY ix_row_pos WHERE roster_id = ? AND pos > 0"
        f" AND instr(find, ?) > 0 AND {{}} ORDER BY pos {up} LIMIT 1"
    )
    found = connection.exec_driver_sql(sql.format(down), (roster_id, part, here)).scalar()
    if found is None:
        rest = "pos >= ?" if step < 0 else "pos <= ?"
        found = connection.exec_driver_sql(sql.format(rest), (roster_id, part, here)).scalar()
    return None if found is None else float(found)


def _turned(places: Sequence[int], here: int, step: int) -> int | None:
    """The place at or behind `here` (0), behind it (1) or before it (-1), wrapping round."""
    if not places:
        return None
    at = bisect_left(places, here)
    if step < 0:
        return places[at - 1]
    if step > 0 and at < len(places) and places[at] == here:
        at += 1
    return places[at % len(places)]


def _pages(first: int, count: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of pages over all positions, from `first` to the end and on from the beginning."""
    for start in range(first, count, PAGE):
        yield start, min(start + PAGE, count)
    for start in range(0, min(first, count), PAGE):
        yield start, min(start + PAGE, min(first, count))
