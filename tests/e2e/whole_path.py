"""The whole path of an agent: login, home, registration, receipt, result, message, query."""

from __future__ import annotations

from tests.e2e.desk import Desk
from tests.e2e.site import PASSWORD, PIN, WRONG_PIN


def whole_path(desk: Desk) -> None:
    """Walk it with two new people; the center's books hold them afterwards."""
    site, agent = desk.site, desk.agent
    assert agent is not None
    people = [site.person(), site.person()]
    refused_then_in(desk)
    home_shows(desk)
    desk.open()
    desk.register(people)
    desk.see("总人数 2", people[0].id_number, people[1].id_number)
    serial = desk.submit(2)
    [filed] = site.submissions(agent.unit)
    assert (filed.serial, filed.total, filed.amount) == (serial, 2, 384_000)
    result_follows(desk, serial)
    desk.home(2)
    message_is_here(desk)
    desk.open("query:open")
    query_shows(desk, serial, [someone.id_number for someone in people])


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


def result_follows(desk: Desk, serial: str) -> None:
    """What the receipt says in the end, as the center works (O-05)."""
    if desk.site.profile.offered()["open"].workflow == "staff_review":
        desk.see("待确认（等待中心审核）", "待确认 2")
        return
    desk.see("状态  办结", "成功 2  失败 0  待确认 0")


def message_is_here(desk: Desk) -> None:
    """The push message has come without a key (O-06); a review has not ended yet."""
    assert desk.agent is not None
    profile = desk.site.profile
    if profile.offered()["open"].workflow == "staff_review":
        return
    title = profile.inbox.tabs[0].title
    desk.see(f"{title}(1)")


def query_shows(desk: Desk, serial: str, numbers: list[str]) -> None:
    """The registration query has the new accounts (O-18, Q-11)."""
    if desk.site.profile.offered()["open"].workflow == "immediate":
        desk.see(*numbers, "共 2 户")
        return
    desk.see(serial, "[全部]")
    desk.keys("\r")
    desk.see(*numbers)
