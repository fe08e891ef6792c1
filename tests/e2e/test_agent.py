"""An agent's whole path at every center, in a real terminal, with a real key, before a real center."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.login_form import PROFILE_NAMES
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk
from tests.e2e.whole_path import whole_path

ALL = list(PROFILE_NAMES)
KEYED = [name for name in ALL if name != "shaanxi"]


@pytest.mark.feature("L-04", profile=KEYED)
@pytest.mark.feature("L-05", profile="all")
@pytest.mark.feature("L-07", profile="shanxi")
@pytest.mark.feature("H-01", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.feature("H-03", profile="all")
@pytest.mark.feature("H-08", profile=["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.feature("H-09", profile="hangzhou")
@pytest.mark.feature("O-01", profile="all")
@pytest.mark.feature("O-05", profile="all")
@pytest.mark.feature("O-06", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.feature("O-18", profile=["baishan", "hangzhou", "shaanxi", "shanxi"])
@pytest.mark.feature("Q-11", profile=["hangzhou", "shaanxi"])
@pytest.mark.feature("Q-18", profile="all")
@pytest.mark.feature("Y-03", profile="shaanxi")
@pytest.mark.parametrize("profile", [pytest.param(name, marks=at(name)) for name in ALL])
def test_from_the_login_to_the_new_account(site_of: MakeSite, tmp_path: Path, profile: str) -> None:
    site = site_of(profile)
    agent = site.agent(more_units=1 if profile == "shanxi" else 0)
    with Desk(site, tmp_path, agent) as desk:
        whole_path(desk)
