"""What a check of the audit is, and how one that is a query tells the first thing that is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

from domain.money import format_yuan
from domain.text import safe_text

Check = Callable[[Connection], str | None]
"""Looks over the whole database: one Chinese sentence naming the first broken thing, None if all is well."""

FEN = "_fen"
"""Columns of a query that end so are amounts in 分, shown in 元."""

NAMED = 80
"""Characters of a stored text that a sentence shows at most."""


def query(sql: str, sentence: str) -> Check:
    """A check by SQL that runs on SQLite and PostgreSQL: its first row is what is broken.

    `sentence` names columns of the query in braces.
    """
    statement = text(sql)

    def check(conn: Connection) -> str | None:
        row = conn.execute(statement).first()
        if row is None:
            return None
        return sentence.format(**{name: _shown(name, value) for name, value in row._mapping.items()})

    return check


def every(*checks: Check) -> Check:
    """Several checks as one: the first that finds something tells it."""

    def check(conn: Connection) -> str | None:
        return next((found for one in checks if (found := one(conn)) is not None), None)

    return check


def on(dialect: str, check: Check) -> Check:
    """A check that means something on one kind of database only."""

    def only(conn: Connection) -> str | None:
        return check(conn) if conn.dialect.name == dialect else None

    return only


def _shown(name: str, value: Any) -> str:
    if name.endswith(FEN) and value is not None:
        return format_yuan(int(value))
    return safe_text(str(value), limit=NAMED)
