"""Registered facts changed with the keyboard alone, typed ahead of the screen, in a real terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from center.store.tables import depositor, unit
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk
from tests.e2e.people import employ
from tests.e2e.site import Agent, Site
from tests.e2e.test_change_base import filed

pytestmark = at("shaanxi")
LATER = ["postcode", "bank", "legalname", "legalidtype", "legalid"]
"""The items behind the first one, which is taken back."""


def registered(site: Site, agent: Agent) -> Any:
    [row] = site._read(select(unit).where(unit.c.unit_account == agent.unit))
    return row


@pytest.mark.feature("U-06", profile="shaanxi")
@pytest.mark.parametrize("gap", [0.0, pytest.param(0.002, id="2ms", marks=pytest.mark.slow)])
def test_the_unit_in_one_burst(site_of: MakeSite, tmp_path: Path, gap: float) -> None:
    """What is typed ahead lands item by item; the item under the cursor is taken back by one key."""
    site = site_of("shaanxi")
    agent = site.agent()
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:unit_change")
        desk.see("单位信息修改", "待变更清册")
        desk.keys("和平路2号\r710000\r示例银行\r王小明\r01\r11010519491231002X\r", gap)
        desk.see("总项数 6", "11010519491231002X")
        desk.keys("<ctrl+k>")
        desk.see("总项数 5")
        desk.keys("<f10>y")
        desk.serial()
        assert [row["item"] for row in filed(site, agent)] == LATER
        row = registered(site, agent)
    assert row.address == ""
    assert json.loads(row.details) == {
        "postcode": "710000",
        "bank": "示例银行",
        "legalname": "王小明",
        "legalidtype": "01",
        "legalid": "11010519491231002X",
    }


@pytest.mark.feature("P-06", profile="shaanxi")
def test_two_people_in_one_burst(site_of: MakeSite, tmp_path: Path) -> None:
    """The last digits choose the person; the next keys are for that person's items alone."""
    site = site_of("shaanxi")
    agent = site.agent()
    first, second = employ(site, agent, 2)
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:person_change")
        desk.see("个人信息修改", "待变更清册")
        desk.keys(f"{first.id_number[-4:]}\r西安市\r和平路1号\r")
        desk.see("总项数 2", first.name)
        desk.keys("<up><up>")
        desk.keys(f"{second.id_number[-4:]}\r咸阳市\r和平路2号\r029-87654321\r")
        desk.see("总项数 5", second.name)
        desk.keys("<f10>y")
        desk.serial()
        rows = [(row["name"], row["item"], row["new"]) for row in filed(site, agent)]
    assert rows == [
        (first.name, "household", "西安市"),
        (first.name, "address", "和平路1号"),
        (second.name, "household", "咸阳市"),
        (second.name, "address", "和平路2号"),
        (second.name, "phone", "029-87654321"),
    ]
    details = {
        row.name: json.loads(row.details)
        for row in site._read(select(depositor).where(depositor.c.name.in_([first.name, second.name])))
    }
    assert details[second.name]["household"] == "咸阳市" and details[first.name]["address"] == "和平路1号"
