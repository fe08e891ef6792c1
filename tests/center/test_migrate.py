from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.dialects import mysql, oracle, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateTable

from center.store import migrate
from center.store.engine import Store
from center.store.tables import audit_head, metadata, scope, setting
from tests.support.center import make_settings


@pytest.fixture
def store(tmp_path: Path, empty_database_url: str) -> Store:
    return Store(make_settings(tmp_path, url=empty_database_url))


def test_migrations_make_exactly_the_tables(store: Store) -> None:
    migrate.upgrade(store)
    with store.read() as conn:
        assert migrate.differences(conn) == []
        assert set(inspect(conn).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_the_comparison_sees_a_difference(store: Store) -> None:
    migrate.upgrade(store)
    with store.write() as conn:
        conn.execute(text("ALTER TABLE setting ADD COLUMN extra VARCHAR(5)"))
    with store.read() as conn:
        assert "extra" in str(migrate.differences(conn))


def test_upgrading_again_changes_nothing(store: Store) -> None:
    with store.read() as conn:
        assert migrate.current_revision(conn) is None
    migrate.upgrade(store, "baishan")
    with store.read() as conn:
        first = migrate.current_revision(conn)
    migrate.upgrade(store, "baishan")
    with store.read() as conn:
        assert migrate.current_revision(conn) == first is not None
        assert len(conn.execute(select(audit_head)).all()) == 1
        assert conn.scalars(select(scope.c.scope)).all() == ["@center"]
        known = {name: value for name, value in conn.execute(select(setting.c.name, setting.c.value))}
        assert known == {"profile": "baishan", "center_id": migrate.center_id(conn)}


def test_a_mismatch_of_profiles_leaves_everything(store: Store) -> None:
    migrate.upgrade(store, "baishan")
    with pytest.raises(migrate.ProfileMismatch):
        migrate.upgrade(store, "hangzhou")
    with store.read() as conn:
        assert conn.scalar(select(setting.c.value).where(setting.c.name == "profile")) == "baishan"


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql, oracle], ids=lambda module: module.__name__)
def test_tables_are_portable(dialect: object) -> None:
    """Names short and lower-case, and every table can be written for other databases too."""
    made: Dialect = dialect.dialect()  # type: ignore[attr-defined]
    for table in metadata.tables.values():
        assert str(CreateTable(table).compile(dialect=made)).strip().startswith("CREATE TABLE")
        for name in (table.name, *table.columns.keys()):
            assert len(name) <= 30 and name == name.lower()
