"""Bases changed with the keyboard alone: one by one, down a column, by the workbook of the year."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from center.store.tables import account, unit
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk, split
from tests.e2e.people import employ
from tests.e2e.site import Agent, Site

KEYS_PER_CHANGE = 15


def bases(site: Site, agent: Agent) -> list[int]:
    mine = select(account.c.base).where(account.c.unit_account == agent.unit)
    return [row.base for row in site._read(mine.order_by(account.c.account_no))]


def filed(site: Site, agent: Agent) -> list[dict[str, Any]]:
    [one] = site.submissions(agent.unit)
    rows: list[dict[str, Any]] = json.loads(one.body)["rows"]
    return rows


@at("shanxi")
@pytest.mark.feature("B-03", profile="shanxi")
@pytest.mark.slow  # the key scripts do it in every run
@pytest.mark.parametrize("gap", [0.0, pytest.param(0.002, id="2ms")])
def test_changing_one_base_takes_fifteen_keys(site_of: MakeSite, tmp_path: Path, gap: float) -> None:
    """The last digits, Enter, the amount, Enter: whoever types ahead of the screen changes the same bases."""
    site = site_of("shanxi")
    agent = site.agent()
    people = employ(site, agent, 4)
    wanted = {people[2]: "9500.00", people[0]: "9600.50", people[3]: "12345.67"}
    scripts = [f"{someone.id_number[-4:]}\r{base}\r" for someone, base in wanted.items()]
    assert all(len(split(script)) <= KEYS_PER_CHANGE for script in scripts)
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:base_adjust")
        desk.see("变更类别 个人缴存基数")
        desk.keys("".join(scripts), gap)
        desk.see("总人数 3", "7,547.08")
        desk.keys("<f10>yy")
        desk.serial()
        rows = filed(site, agent)
        assert [(row["name"], row["new_base"]) for row in rows] == [
            (someone.name, base) for someone, base in wanted.items()
        ]
        assert {(row["change_kind"], row["change_month"]) for row in rows} == {("base", "202612")}
        assert bases(site, agent) == [800_000] * 4


@at("shanxi")
@pytest.mark.feature("B-06", profile="shanxi")
def test_a_column_is_typed_with_plus_in_one_burst(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("shanxi")
    agent = site.agent()
    people = employ(site, agent, 5)
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:base_adjust")
        desk.see("变更类别 个人缴存基数")
        desk.keys("<f7>2\r")
        desk.see("基数调整批量录入", people[4].name)
        desk.keys("\r9100+9200+8000+9400+9500\r")
        desk.see("清册中的调整 4 条", "9500.00")
        desk.keys("<f12>")
        desk.see("总人数 4")
        desk.keys("<f10>yy")
        desk.serial()
        told = [(row["name"], row["new_base"]) for row in filed(site, agent)]
    texts = ["9100.00", "9200.00", "", "9400.00", "9500.00"]
    assert told == [(one.name, text) for one, text in zip(people, texts, strict=True) if text]


@at("shaanxi")
@pytest.mark.feature("B-16", profile="shaanxi")
def test_the_year_is_verified_by_its_workbook(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("shaanxi")
    agent = site.agent(paid_through=202606, verified_year=2025)
    people = employ(site, agent, 3)
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:annual")
        desk.see("已核定至 2025年度")
        desk.keys("<f7>3\r")
        desk.see("模板已存为")
        (path,) = (desk.folder / "out").glob("*.xlsx")
        book = load_workbook(path)
        sheet = book.worksheets[0]
        assert [sheet.cell(row, 2).value for row in (4, 5, 6)] == [one.name for one in people]
        for row in (4, 5, 6):
            sheet.cell(row, 5, f"{9000 + row}").number_format = "@"
        book.save(path)
        desk.deliver("填好的.xlsx", path.read_bytes())
        desk.keys("<f7>1\r")
        desk.see("收件文件夹")
        desk.keys("1\r")
        desk.see("上传成功")
        desk.keys("<f7>2\r")
        desk.see("总人数 3")
        desk.keys("<f10>y")
        desk.serial()

        def verified() -> bool:
            mine = select(unit.c.verified_year).where(unit.c.unit_account == agent.unit)
            return bool(site._read(mine)[0].verified_year == 2026)

        desk.terminal.wait(verified, 25, "核定")
    assert bases(site, agent) == [900_400, 900_500, 900_600]
