"""Many rows at once: one statement for all of them, as quick as the database takes them.

SQLAlchemy's own way prepares the parameters of every row by itself, which costs more than the database.
SQLite gets one prepared statement and tuples, PostgreSQL one statement over one JSON text, which its driver
need not look into. A row the database refuses raises IntegrityError as always; then none of them is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Table,
    Text,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Record = Mapping[str, Any]
"""Values by column name; all records of one call have the same keys."""


def insert_rows(conn: Connection, table: Table, records: Sequence[Record]) -> None:
    """Insert records; a column they lack gets its default."""
    if not records:
        return
    names = tuple(records[0])
    fixed = {
        column.name: default.arg
        for column in table.columns
        if column.name not in records[0] and isinstance(default := column.default, ScalarElementColumnDefault)
    }
    every = (*names, *fixed)
    if conn.dialect.name == "sqlite":
        tail = tuple(fixed.values())
        values = [(*row, *tail) for row in _tuples(names, records)]
        conn.exec_driver_sql(_insert_sql(table, every), values)
        return
    conn.exec_driver_sql(_insert_json_sql(table, names, tuple(fixed)), (*fixed.values(), _json(records)))


def insert_tuples(
    conn: Connection, table: Table, names: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows given as tuples of the columns `names`, which have to be all that need a value."""
    if not rows:
        return
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql(_insert_sql(table, names), rows)
        return
    records = [dict(zip(names, row, strict=True)) for row in rows]
    conn.exec_driver_sql(_insert_json_sql(table, names, ()), (_json(records),))


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
    conn.exec_driver_sql(_update_json_sql(table, names, tuple(same)), (_json(records), *same.values()))


def add_to_rows(conn: Connection, table: Table, key: str, records: Sequence[Record]) -> int:
    """Add the numbers of each record to the row whose column `key` it names; returns how many there were.

    Every record names another row.
    """
    if not records:
        return 0
    names = (*(name for name in records[0] if name != key), key)
    if conn.dialect.name == "sqlite":
        done = conn.exec_driver_sql(_add_sql(table, names), _tuples(names, records))
    else:
        done = conn.exec_driver_sql(_add_json_sql(table, names), (_json(records),))
    return int(done.rowcount)


def among(conn: Connection, column: ColumnElement[str], keys: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a column holds one of `keys`, however many there are, as one parameter."""
    if conn.dialect.name == "sqlite":
        return column.in_(select(func.json_each(_json(keys)).table_valued("value").c.value))
    return column.in_(
        select(func.jsonb_array_elements_text(literal(_json(keys), Text).cast(JSONB)).column_valued())
    )


def payload_text(values: Mapping[str, str]) -> str:
    """The values of a row as they are stored; what looks for one of them writes it the same way."""
    return _json(values)


def _tuples(names: Sequence[str], records: Sequence[Record]) -> Sequence[tuple[Any, ...]]:
    if len(names) == 1:
        return [(record[names[0]],) for record in records]
    return list(map(itemgetter(*names), records))


def _json(value: object) -> str:
    return to_json(value).decode()


def _given(table: Table, names: Sequence[str]) -> str:
    """The records as a table; its types are the widest, for the column itself refuses what does not fit."""
    return (
        f"json_to_recordset(%s::json) AS new({', '.join(f'{name} {_type(table, name)}' for name in names)})"
    )


def _type(table: Table, name: str) -> str:
    kind = table.c[name].type
    return "boolean" if isinstance(kind, Boolean) else "bigint" if isinstance(kind, Integer) else "text"


@cache
def _insert_sql(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


@cache
def _insert_json_sql(table: Table, names: tuple[str, ...], fixed: tuple[str, ...]) -> str:
    values = ", ".join((*names, *(f"%s::{_type(table, name)}" for name in fixed)))
    into = f"{table.name} ({', '.join((*names, *fixed))})"
    return f"INSERT INTO {into} SELECT {values} FROM {_given(table, names)}"


@cache
def _update_sql(table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> str:
    *changed, key = names
    changes = ", ".join(f"{name} = ?" for name in changed)
    return f"UPDATE {table.name} SET {changes} WHERE {' AND '.join(f'{name} = ?' for name in (key, *same))}"


@cache
def _update_json_sql(table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> str:
    *changed, key = names
    changes = ", ".join(f"{name} = new.{name}" for name in changed)
    rest = "".join(f" AND old.{name} = %s" for name in same)
    given = _given(table, names)
    return f"UPDATE {table.name} AS old SET {changes} FROM {given} WHERE old.{key} = new.{key}{rest}"


@cache
def _add_sql(table: Table, names: tuple[str, ...]) -> str:
    *changed, key = names
    return f"UPDATE {table.name} SET {', '.join(f'{name} = {name} + ?' for name in changed)} WHERE {key} = ?"


@cache
def _add_json_sql(table: Table, names: tuple[str, ...]) -> str:
    *changed, key = names
    changes = ", ".join(f"{name} = old.{name} + new.{name}" for name in changed)
    given = _given(table, names)
    return f"UPDATE {table.name} AS old SET {changes} FROM {given} WHERE old.{key} = new.{key}"
