"""An agent's whole path at every center, in a real terminal, with a real key, before a real center."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.login_form import PROFILE_NAMES
from tests.e2e.conftest import MakeSite
from tests.e2e.desk import Desk
from tests.e2e.site import PASSWORD, PIN, WRONG_PIN

pytestmark = pytest.mark.xdist_group("e2e-agent")
ALL = list(PROFILE_NAMES)
KEYED = [name for name in ALL if name != "shaanxi"]


def refused_then_in(desk: Desk) -> None:
    """A wrong PIN and a wrong password are told; the right ones lead home."""
    desk.fill_login("Falsch-2026")
    if not desk.by_code:
        desk.see("UKey PIN: [", "PIN 还可以试 6 次")
        desk.keys(f"{WRONG_PIN}\r")
        desk.see("! PIN 不正确，还可以再试 5 次")
        desk.keys(f"{PIN}\r")
    desk.see("还可以试4次")
    assert WRONG_PIN not in desk.text and "Falsch" not in desk.text
    desk.keys(PASSWORD)
    if desk.by_code:
        assert desk.agent is not None
        desk.keys(f"\r{desk.site.code(desk.agent.person.mobile)}\r")
    else:
        desk.keys("<f10>")
    desk.enter_home()


def home_shows(desk: Desk) -> None:
    """Banner, modules, inbox (H-01, H-03, H-08)."""
    assert desk.agent is not None
    profile, agent = desk.site.profile, desk.agent
    assert agent.unit_name in desk.text and agent.unit in desk.text and agent.person.name in desk.text
    assert all(module.title in desk.text for module in profile.home.modules)
    assert all(tab.title in desk.text for tab in profile.inbox.tabs)


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
@pytest.mark.parametrize("profile", ALL)
def test_from_the_login_to_the_new_account(site_of: MakeSite, tmp_path: Path, profile: str) -> None:
    site = site_of(profile)
    agent = site.agent(more_units=1 if profile == "shanxi" else 0)
    people = [site.person(), site.person()]
    with Desk(site, tmp_path, agent) as desk:
        refused_then_in(desk)
        home_shows(desk)
        desk.open()
        desk.register(people)
        desk.see("总人数 2", people[0].id_number, people[1].id_number)
        serial = desk.submit(2)
        [filed] = site.submissions(agent.unit)
        assert (filed.serial, filed.total, filed.amount) == (serial, 2, 384_000)
        result_follows(desk, serial)
        desk.home()
        message_is_here(desk)
        desk.open("opening_query")
        query_shows(desk, serial, [someone.id_number for someone in people])


def result_follows(desk: Desk, serial: str) -> None:
    """What the receipt says in the end, as the center works (O-05)."""
    if desk.site.profile.opening.workflow == "staff_review":
        desk.see("待确认（等待中心审核）", "待确认 2")
        return
    desk.see("状态  办结", "成功 2  失败 0  待确认 0")


def message_is_here(desk: Desk) -> None:
    """The push message has come without a key (O-06); a review has not ended yet."""
    assert desk.agent is not None
    profile = desk.site.profile
    if profile.opening.workflow == "staff_review":
        return
    title = profile.inbox.tabs[0].title
    desk.see(f"{title}(1)")


def query_shows(desk: Desk, serial: str, numbers: list[str]) -> None:
    """The registration query has the new accounts (O-18, Q-11)."""
    if desk.site.profile.opening.workflow == "immediate":
        desk.see(*numbers, "共 2 户")
        return
    desk.see(serial, "[全部]")
    desk.keys("\r")
    desk.see(*numbers)
