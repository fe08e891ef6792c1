"""hangzhou: an agent registers, a clerk of the center approves or refuses, both at their own terminals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk

pytestmark = at("hangzhou")


@contextmanager
def both(site_of: MakeSite, folder: Path) -> Iterator[tuple[Desk, Desk]]:
    """An agent and a clerk, logged in."""
    site = site_of("hangzhou")
    with Desk(site, folder / "agent", site.agent()) as agent, Desk(site, folder / "clerk") as clerk:
        clerk.log_in_clerk()
        agent.log_in()
        yield agent, clerk


def file_two(agent: Desk, clerk: Desk) -> tuple[str, list[str]]:
    """Two people submitted; the clerk's list shows them without a key. Gives serial and ID numbers."""
    people = [agent.site.person(), agent.site.person()]
    agent.open()
    agent.register(people)
    agent.see("总人数 2")
    serial = agent.submit(2)
    agent.see("待确认 2")
    clerk.see(serial, "待处理(")
    return serial, [someone.id_number for someone in people]


def open_case(clerk: Desk, serial: str) -> None:
    """Open a case among those that wait; other agents of the center have theirs."""
    listed = re.findall(r"^.*\* +(\d{16}) ", clerk.text, re.MULTILINE)
    clerk.keys("<down>" * listed.index(serial) + "\r")


@pytest.mark.feature("O-05", profile="hangzhou")
@pytest.mark.feature("O-09", profile="hangzhou")
@pytest.mark.feature("O-18", profile="hangzhou")
@pytest.mark.feature("Q-11", profile="hangzhou")
def test_one_is_approved_and_one_refused_and_the_agent_sees_it_at_once(
    site_of: MakeSite, tmp_path: Path
) -> None:
    with both(site_of, tmp_path) as (agent, clerk):
        serial, numbers = file_two(agent, clerk)
        agent.home(2)
        agent.open("query:open")
        agent.see(serial, "共 1 批  2 笔")
        open_case(clerk, serial)
        clerk.see(numbers[0], numbers[1], "F6受理")
        clerk.keys("<f6>")
        clerk.see("已受理")
        clerk.keys("<down><f7>")
        clerk.see("第 2 人不通过的原因")
        clerk.keys("姓名与证件不符\r")
        clerk.see("不通过 1人")
        clerk.keys("<f10>")
        clerk.see("通过 1 人，不通过 1 人")
        clerk.keys("y")
        clerk.see("审批意见")
        clerk.keys("已核对原件\r")
        clerk.see("已办结：通过 1 人，不通过 1 人。")
        agent.see("中心有新的处理结果")
        agent.keys("<f5>")
        agent.see(f"{serial}       2        1        1          0")
        agent.keys("\r")
        agent.see(f"{numbers[0]} 成功", f"{numbers[1]} 失败")
        agent.home()
        agent.see("消息(1)", "成功1人，失败1人")
        agent.open()
        agent.see(numbers[1], "! 姓名与证件不符")
        assert numbers[0] not in agent.text
        assert len(agent.site.accounts(agent.agent.unit)) == 1  # type: ignore[union-attr]


@pytest.mark.feature("O-09", profile="hangzhou")
def test_a_refusal_with_its_opinion_reaches_the_waiting_agent(site_of: MakeSite, tmp_path: Path) -> None:
    with both(site_of, tmp_path) as (agent, clerk):
        serial, numbers = file_two(agent, clerk)
        agent.home(2)
        open_case(clerk, serial)
        clerk.see("F6受理")
        clerk.keys("<f6>")
        clerk.see("已受理")
        clerk.keys("<f9>")
        clerk.see("整批不通过，请填写审批意见")
        clerk.keys("\r")
        clerk.see("不通过须填写审批意见")
        clerk.keys("材料不全，请补齐后重报\r")
        clerk.see("已不通过，意见已发给单位经办人。")
        agent.see("消息(1)", "成功0人，失败2人")
        agent.keys("<tab>\r")
        agent.see("消息内容", "材料不全，请补齐后重报", "办理状态")
        agent.home()
        agent.open()
        agent.see(*numbers)
        agent.keys("<f10>")
        agent.see("还有 2 条记录有错误")
        assert agent.site.accounts(agent.agent.unit) == []  # type: ignore[union-attr]
