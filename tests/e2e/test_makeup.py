"""Months made up with the keyboard alone, typed ahead of the screen, through a real terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from center.store.tables import makeup_order
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk
from tests.e2e.people import employ
from tests.e2e.site import Agent, Site

RANGES = {
    "makeup_missed": ("202606\r202606\r{wage}\r12\r", ["1440.00", "1680.12", "1920.00"]),
    "makeup_short": ("202606\r202606\r5000\r12\r{wage}\r12\r", ["240.00", "480.12", "720.00"]),
}


def filed(site: Site, agent: Agent) -> list[dict[str, Any]]:
    [one] = site.submissions(agent.unit)
    rows: list[dict[str, Any]] = json.loads(one.body)["rows"]
    return rows


def orders(site: Site, agent: Agent) -> list[Any]:
    mine = select(makeup_order).where(makeup_order.c.unit_account == agent.unit)
    return list(site._read(mine.order_by(makeup_order.c.row_no)))


@at("shanxi")
@pytest.mark.feature("M-01", profile="shanxi")
@pytest.mark.parametrize("gap", [0.0, pytest.param(0.002, id="2ms", marks=pytest.mark.slow)])
def test_months_are_typed_ahead_of_the_screen(site_of: MakeSite, tmp_path: Path, gap: float) -> None:
    site = site_of("shanxi")
    agent = site.agent()
    site.pay_in(agent.unit, 173_457)
    people = employ(site, agent, 3)
    wanted = [(people[1], "500.00"), (people[0], "0.01"), (people[2], "1234.56")]
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:makeup")
        desk.see("补缴清册")
        desk.keys("".join(f"{one.id_number[-4:]}\r01\r202606\r{sum_}\r" for one, sum_ in wanted), gap)
        desk.see("总笔数 3", "1,734.57")
        desk.keys("<f10>yy")
        desk.serial()
        rows = filed(site, agent)
        assert [(row["name"], row["month"], row["total_amount"]) for row in rows] == [
            (one.name, "202606", sum_) for one, sum_ in wanted
        ]
    assert [one.unit_amount + one.person_amount for one in orders(site, agent)] == [50_000, 1, 123_456]


@at("hangzhou")
@pytest.mark.feature("M-01", profile="hangzhou")
@pytest.mark.parametrize("business", ["makeup_missed", pytest.param("makeup_short", marks=pytest.mark.slow)])
def test_ranges_are_typed_ahead_of_the_screen(site_of: MakeSite, tmp_path: Path, business: str) -> None:
    site = site_of("hangzhou")
    agent = site.agent()
    people = employ(site, agent, 3)
    cells, sums = RANGES[business]
    wages = ["6000.00", "7000.50", "8000.00"]
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open(f"business:{business}")
        desk.see("待确认记录")
        script = [
            f"{one.id_number[-4:]}\r{cells.format(wage=wage)}"
            for one, wage in zip(people, wages, strict=True)
        ]
        desk.keys("".join(script))
        desk.see("总人数 3")
        desk.keys("<f10>y")
        desk.serial()
        rows = filed(site, agent)
        assert [(row["name"], row["due_base"], row["total_amount"]) for row in rows] == [
            (one.name, wage, sum_) for one, wage, sum_ in zip(people, wages, sums, strict=True)
        ]
    assert [one.month for one in orders(site, agent)] == [202606] * 3
