from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from center.settings import sqlite_url
from tests.support.center import CenterUnderTest, running_center
from tests.support.databases import migrated_postgres, migrated_sqlite
from tests.support.postgres import fresh_database, postgres_server

MakeCenter = Callable[..., CenterUnderTest]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One PostgreSQL for the run; gives its maintenance URL.

    Its folder is not below pytest's own, which every pytest of the user closes to others at its start: the
    server runs as a user of its own and would lose sight of its data.
    """
    with tempfile.TemporaryDirectory(prefix="gjj-pg-") as folder, postgres_server(Path(folder)) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    with fresh_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind at the present schema."""
    if request.param == "sqlite":
        yield migrated_sqlite(sqlite_url(tmp_path))
        return
    with migrated_postgres(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def make_center(tmp_path: Path) -> Iterator[MakeCenter]:
    """Start centers of any profile on SQLite; they are closed after the test."""
    with ExitStack() as stack:

        def make(profile: str = "baishan", **values: Any) -> CenterUnderTest:
            folder = tmp_path / profile
            folder.mkdir(exist_ok=True)
            return stack.enter_context(running_center(folder, profile, **values))

        yield make


@pytest.fixture
def center(make_center: MakeCenter) -> CenterUnderTest:
    """A baishan center on SQLite."""
    return make_center("baishan")


@pytest.fixture
def any_center(tmp_path: Path, database_url: str) -> Iterator[CenterUnderTest]:
    """A baishan center on SQLite and on PostgreSQL."""
    with running_center(tmp_path, "baishan", url=database_url) as made:
        yield made


@pytest.fixture
def any_shanxi(tmp_path: Path, database_url: str) -> Iterator[CenterUnderTest]:
    """A shanxi center on SQLite and on PostgreSQL; registrations are done at once."""
    with running_center(tmp_path, "shanxi", url=database_url) as made:
        yield made
