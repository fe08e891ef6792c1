"""The versions of the local store: step n takes a store of version n to version n + 1."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import Connection

from client.store.rows import find_text
from client.store.tables import TRIGGERS, depositor, depositor_copy, image, metadata, roster_row, step

CHUNK = 1000


def create_triggers(connection: Connection) -> None:
    """Make the triggers that keep the sums over runs of rows."""
    for name, body in TRIGGERS.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {body}")


def drop_triggers(connection: Connection) -> None:
    """Drop them; whoever changes rows meanwhile rebuilds the sums."""
    for name in TRIGGERS:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def _first(connection: Connection) -> None:
    metadata.create_all(connection)
    create_triggers(connection)


def _searched_depositors(connection: Connection) -> None:
    """The copy of depositors is fetched anew, with what a search needs."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS depositor")
    connection.exec_driver_sql("DELETE FROM setting WHERE name LIKE 'depositors %'")
    metadata.create_all(connection, tables=[depositor_copy, depositor])


def _journal(connection: Connection) -> None:
    """Undo, and finding rows: rows out of the roster, steps, images, what a row is found by."""
    if "find" in _columns(connection, "roster_row"):
        return
    drop_triggers(connection)
    for sql in (
        "ALTER TABLE roster ADD COLUMN judged INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE roster_row RENAME COLUMN batch TO in_step",
        "ALTER TABLE roster_row ADD COLUMN out_step INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE roster_row ADD COLUMN find TEXT NOT NULL DEFAULT ''",
        "DELETE FROM roster_row WHERE EXISTS (SELECT 1 FROM roster r WHERE r.roster_id = roster_row.roster_id"
        " AND r.loading > 0 AND roster_row.in_step = r.loading)",
        "UPDATE roster_row SET in_step = 0 WHERE in_step <> 0",
        "DROP INDEX IF EXISTS ix_row_pos",
        "DROP INDEX IF EXISTS ix_row_person",
    ):
        connection.exec_driver_sql(sql)
    _fill_find(connection)
    for index in roster_row.indexes:
        index.create(connection, checkfirst=True)
    metadata.create_all(connection, tables=[step, image])
    create_triggers(connection)


def _columns(connection: Connection, table: str) -> set[str]:
    return {row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")}


def _fill_find(connection: Connection) -> None:
    last = 0
    sql = "SELECT row_id, typed, checked FROM roster_row WHERE row_id > ? ORDER BY row_id LIMIT ?"
    while page := connection.exec_driver_sql(sql, (last, CHUNK)).fetchall():
        values = [(find_text(json.loads(row[1]), json.loads(row[2])), row[0]) for row in page]
        connection.exec_driver_sql("UPDATE roster_row SET find = ? WHERE row_id = ?", values)
        last = page[-1][0]


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_first, _searched_depositors, _journal)
"""A step is never changed once released, but that the first makes a new store of the newest shape."""
