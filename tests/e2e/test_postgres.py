"""The same path with the center's books in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.e2e.desk import Desk
from tests.e2e.site import Site
from tests.e2e.whole_path import whole_path
from tests.support.postgres import fresh_database, postgres_server

pytestmark = pytest.mark.xdist_group("e2e-agent")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server in a folder that its own user may reach."""
    with TemporaryDirectory(prefix="gjj-pg-") as folder, postgres_server(Path(folder)) as url:
        yield url


@pytest.mark.parametrize("profile", [pytest.param("baishan", marks=pytest.mark.slow), "shaanxi"])
def test_from_the_login_to_the_new_account(server: str, tmp_path: Path, profile: str) -> None:
    with fresh_database(server) as url:
        site = Site(tmp_path / "center", profile, url)
        site.start()
        try:
            with Desk(site, tmp_path / "desk", site.agent()) as desk:
                whole_path(desk)
        finally:
            site.close()
