"""The same keys at any speed make the same roster and the same submission."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk

pytestmark = at("lyszfgjj")


@pytest.mark.parametrize("gap", [0.0, 0.001, pytest.param(0.01, id="10ms")])
def test_keys_at_any_speed(site_of: MakeSite, tmp_path: Path, gap: float) -> None:
    """From the home screen to the receipt without looking once."""
    site = site_of("lyszfgjj")
    agent = site.agent()
    people = [site.person(), site.person()]
    module = next(one for one in site.profile.home.modules if one.opens == "business:open")
    fields = ["".join(f"{text}\r" for text in site.typed(someone)) for someone in people]
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.keys(f"<f2>{module.code}\r{''.join(fields)}<f10>yy", gap)
        desk.serial()
        [filed] = site.submissions(agent.unit)
        body = json.loads(filed.body)
        assert [(row["name"], row["id_number"], row["mobile"]) for row in body["rows"]] == [
            (someone.name, someone.id_number, someone.mobile) for someone in people
        ]
        assert [row["base"] for row in body["rows"]] == ["8000.00", "8000.00"]
        assert body["totals"] == {"count": 2, "amount": "3840.00"}
        assert len(site.accounts(agent.unit)) == 2
