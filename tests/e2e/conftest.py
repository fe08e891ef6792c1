from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.site import Site

MakeSite = Callable[[str], Site]


def at(profile: str) -> pytest.MarkDecorator:
    """Tests before the center of a profile: one process runs them, so that the center is started once."""
    return pytest.mark.xdist_group(f"e2e-{profile}")


@pytest.fixture(scope="session")
def site_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeSite]:
    """A running center of a profile, one for all tests of this process; killed ones are started again."""
    sites: dict[str, Site] = {}

    def get(profile: str) -> Site:
        if profile not in sites:
            sites[profile] = Site(tmp_path_factory.mktemp(f"site-{profile}"), profile)
        sites[profile].start()
        return sites[profile]

    yield get
    for site in sites.values():
        site.close()
