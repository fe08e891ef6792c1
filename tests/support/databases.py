"""Databases already at the present schema: migrated once for the process, then copied for each test."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from center.settings import Settings, sqlite_url
from center.store import migrate
from center.store.engine import Store
from domain.profile import load_profile
from tests.support.postgres import fresh_database


def _migrate(url: str, folder: Path) -> None:
    """Bring an empty database to the present schema; it is bound to no profile and has no identity."""
    store = Store(Settings(database_url=url, profile=load_profile("baishan"), data_dir=folder))
    try:
        migrate.upgrade(store)
    finally:
        store.close()


@cache
def _sqlite_template() -> bytes:
    with tempfile.TemporaryDirectory(prefix="gjj-template-") as name:
        folder = Path(name)
        url = sqlite_url(folder)
        _migrate(url, folder)
        file = make_url(url).database
        assert file is not None and not list(folder.glob("*-wal"))
        return Path(file).read_bytes()


def migrated_sqlite(url: str) -> str:
    """Put a migrated database where an SQLite URL points, unless there is one; gives the URL.

    Any other URL is given back as it is.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database is not None:
        file = Path(parsed.database)
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_bytes(_sqlite_template())
    return url


@cache
def _postgres_template(server_url: str) -> str:
    """The name of a migrated database of a server that is only copied."""
    name = f"template_{uuid.uuid4().hex}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(server_url).set(database=name).render_as_string(False)
    with tempfile.TemporaryDirectory(prefix="gjj-template-") as folder:
        _migrate(url, Path(folder))
    return name


@contextmanager
def migrated_postgres(server_url: str) -> Iterator[str]:
    """A fresh database of a server, already migrated; gives its URL and drops it afterwards."""
    with fresh_database(server_url, template=_postgres_template(server_url)) as url:
        yield url
