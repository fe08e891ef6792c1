"""From a payroll to a submission with the keyboard alone, typed ahead of the screen in a real terminal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from center.demo.generator import Employee, Person
from center.demo.setup import DemoUnit, add_employees
from center.store.engine import Store
from center.store.tables import account
from domain.business import AccountStatus, RatioPair
from tests.e2e.center_child import site_settings
from tests.e2e.conftest import MakeSite
from tests.e2e.desk import Desk
from tests.e2e.site import Agent, Site
from tests.support.workbooks import write_xlsx

pytestmark = pytest.mark.xdist_group("e2e-payroll")
OWN = RatioPair(1200, 1200)


def employed(site: Site, agent: Agent, count: int) -> list[Person]:
    """People paid for at the agent's unit, at a base of 8000."""
    people = [site.person() for _ in range(count)]
    day, normal = date(2020, 3, 1), AccountStatus.NORMAL
    staff = [Employee(one, 800_000, OWN, 96_000, 96_000, normal, day) for one in people]
    store = Store(site_settings(site.folder, site.profile.name, site.url))
    try:
        with store.write() as conn:
            add_employees(conn, DemoUnit(agent.unit, agent.unit_name, count, True, (OWN,)), staff)
    finally:
        store.close()
    return people


def test_who_is_not_on_the_payroll_is_sealed(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("hangzhou")
    agent = site.agent()
    stays, _ = employed(site, agent, 2)
    path = tmp_path / "gz.xlsx"
    write_xlsx(path, [["姓名", "身份证号", "月均工资"], [stays.name, stays.id_number, 8000]])
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.keys(f"<f2>9802\r<f7>1\r{path}\r")
        desk.see("比对完成")
        desk.see("工资表中没有此人，应封存")
        desk.keys("<f10>3\ry")
        desk.see("清册已生成，打开哪一张")
        desk.keys("1\r")
        desk.see("待确认记录中有 1 条记录")
        desk.keys("<f10>y")
        desk.serial()
    mine = select(account.c.status).where(account.c.unit_account == agent.unit)
    assert [row.status for row in site._read(mine.order_by(account.c.account_no))] == ["01", "02"]
