"""Many rows at once: one statement for all of them, as quick as the database takes them.

SQLAlchemy's own way prepares the parameters of every row by itself, which costs more than the database. SQLite
gets one prepared statement and tuples, PostgreSQL one statement over arrays. A row the database refuses raises
IntegrityError as always, and then none of the rows is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, Table

Record = Mapping[str, Any]
"""Values by column name; all records of one call have the same keys."""


def insert_rows(conn: Connection, table: Table, records: Sequence[Record]) -> None:
    """Insert records; a column they lack gets its default."""
    if not records:
        return
    names = tuple(records[0])
    fixed = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in records[0] and column.default is not None and column.default.is_scalar
    }
    every = (*names, *fixed)
    if conn.dialect.name == "sqlite":
        tail = tuple(fixed.values())
        values = [(*row, *tail) for row in _tuples(names, records)]
        conn.exec_driver_sql(_insert_sql(table, every), values)
        return
    arrays = [list(column) for column in zip(*_tuples(names, records), strict=True)]
    arrays += [list(repeat(value, len(records))) for value in fixed.values()]
    conn.exec_driver_sql(_insert_arrays_sql(table, every), tuple(arrays))


def update_rows(
    conn: Connection, table: Table, key: str, records: Sequence[Record], where: Record | None = None
) -> None:
    """Set the columns of each record in the row whose column `key` it names.

    `where` holds columns that are equal for all of them, the rest of the key. Every row has its own `key`.
    """
    if not records:
        return
    names = (*(name for name in records[0] if name != key), key)
    same = where or {}
    if conn.dialect.name == "sqlite":
        tail = tuple(same.values())
        values = [(*row, *tail) for row in _tuples(names, records)]
        conn.exec_driver_sql(_update_sql(table, names, tuple(same)), values)
        return
    arrays = tuple(list(column) for column in zip(*_tuples(names, records), strict=True))
    conn.exec_driver_sql(_update_arrays_sql(table, names, tuple(same)), (*arrays, *same.values()))


def _tuples(names: Sequence[str], records: Sequence[Record]) -> Sequence[tuple[Any, ...]]:
    if len(names) == 1:
        return [(record[names[0]],) for record in records]
    return list(map(itemgetter(*names), records))


def _array(column: Column[Any]) -> str:
    """The widest type of its kind: the column itself refuses what is too long or too large."""
    kind = column.type
    return "boolean" if isinstance(kind, Boolean) else "bigint" if isinstance(kind, Integer) else "text"


def _unnest(table: Table, names: Sequence[str]) -> str:
    return ", ".join(f"%s::{_array(table.c[name])}[]" for name in names)


@cache
def _insert_sql(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


@cache
def _insert_arrays_sql(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({_unnest(table, names)})"


@cache
def _update_sql(table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> str:
    *changed, key = names
    changes = ", ".join(f"{name} = ?" for name in changed)
    return f"UPDATE {table.name} SET {changes} WHERE {' AND '.join(f'{name} = ?' for name in (key, *same))}"


@cache
def _update_arrays_sql(table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> str:
    *changed, key = names
    changes = ", ".join(f"{name} = new.{name}" for name in changed)
    rest = "".join(f" AND old.{name} = %s" for name in same)
    given = f"unnest({_unnest(table, names)}) AS new({', '.join(names)})"
    return f"UPDATE {table.name} AS old SET {changes} FROM {given} WHERE old.{key} = new.{key}{rest}"
