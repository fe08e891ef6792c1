"""A month paid with the keyboard alone: verified, the money comes, allocated to the people."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from center.store.money_tables import holding, remittance
from center.store.tables import account, unit
from tests.e2e.conftest import MakeSite
from tests.e2e.desk import Desk
from tests.e2e.people import employ

pytestmark = pytest.mark.xdist_group("e2e-remit")


@pytest.mark.feature("R-03", profile="baishan")
@pytest.mark.feature("R-09", profile="baishan")
def test_a_month_is_verified_and_allocated(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("baishan")
    agent = site.agent(paid_through=202610)
    employ(site, agent, 3)
    mine = remittance.c.unit_account == agent.unit
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:remit")
        desk.see("202611", "下一个核定月度")
        desk.keys("<f10>y")
        first = desk.serial()
        [month] = site._read(select(remittance).where(mine))
        assert (month.month, month.state, month.people) == (202611, "declared", 3)
        desk.keys("<f12>")
        desk.see("核定成功")
        desk.keys("<f12>")
        site.pay_in(agent.unit, month.amount)
        desk.open("business:allocate")
        desk.see("单位未分配金额")
        desk.keys("<f10>y")
        assert desk.serial() != first
    [paid] = site._read(select(remittance.c.state).where(mine))
    assert paid.state == "paid"
    [facts] = site._read(select(unit.c.paid_through).where(unit.c.unit_account == agent.unit))
    assert facts.paid_through == 202611
    held = site._read(
        select(account.c.unit_amount, account.c.person_amount, holding)
        .join(holding, holding.c.account_no == account.c.account_no)
        .where(account.c.unit_account == agent.unit)
    )
    assert len(held) == 3
    for one in held:
        assert (one.unit_current, one.person_current) == (one.unit_amount, one.person_amount)
