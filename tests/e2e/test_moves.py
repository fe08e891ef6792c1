"""Accounts moved, merged and closed with the keyboard alone, typed ahead of the screen in a real terminal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, insert, literal, select, update

from center.demo.generator import Employee, Person
from center.demo.setup import DemoUnit, add_employees, book_holdings
from center.ledger.codes import COLUMNS
from center.serials import account_number
from center.store.engine import Store
from center.store.money_tables import holding
from center.store.tables import account, unit
from domain.business import AccountStatus, RatioPair
from tests.e2e.center_child import site_settings
from tests.e2e.conftest import MakeSite, at
from tests.e2e.desk import Desk
from tests.e2e.site import Agent, Site
from tests.support.money import BEGAN, NOON, give_money

OWN = RatioPair(1200, 1200)


def sealed(site: Site, agent: Agent, count: int, balance: int = 0) -> list[Person]:
    """People with sealed accounts at the agent's unit."""
    people = [site.person() for _ in range(count)]
    day = date(2020, 3, 1)
    held = (0, 0, 0, balance)
    staff = [Employee(one, 800_000, OWN, 96_000, 96_000, AccountStatus.SEALED, day, held) for one in people]
    made = DemoUnit(agent.unit, agent.unit_name, count, True, (OWN,))
    store = Store(site_settings(site.folder, site.profile.name, site.url))
    try:
        with store.write() as conn:
            add_employees(conn, made, staff)
            book_holdings(conn, made, staff, BEGAN, NOON)
    finally:
        store.close()
    return people


def second(site: Site, agent: Agent, person: Person) -> None:
    """Another sealed account of a person at the unit, as one that was transferred in, with 2 分 on it."""
    values = {
        "account_no": account_number(agent.unit, 2),
        "unit_account": agent.unit,
        "person_key": person.key,
        "status": "02",
        "base": 800_000,
        "unit_ratio": 1200,
        "person_ratio": 1200,
        "unit_amount": 96_000,
        "person_amount": 96_000,
        "opened": "2026-11-01",
        "rev": 2,
    }
    store = Store(site_settings(site.folder, site.profile.name, site.url))
    try:
        with store.write() as conn:
            conn.execute(insert(account).values(values))
            mine = update(unit).where(unit.c.unit_account == agent.unit)
            conn.execute(mine.values(depositor_rev=2, account_counter=2))
        give_money(store, account_number(agent.unit, 2), 2)
    finally:
        store.close()


def standing(site: Site, agent: Agent) -> list[tuple[str, int]]:
    """Status and balance of the unit's accounts in order of number."""
    held = func.coalesce(sum((holding.c[name] for name in COLUMNS), literal(0)), 0).label("held")
    mine = select(account.c.status, held).outerjoin(holding, holding.c.account_no == account.c.account_no)
    mine = mine.where(account.c.unit_account == agent.unit)
    return [(row.status, row.held) for row in site._read(mine.order_by(account.c.account_no))]


@at("lyszfgjj")
@pytest.mark.feature("X-04", profile="lyszfgjj")
def test_people_are_given_away_in_one_burst(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("lyszfgjj")
    agent, other = site.agent(), site.agent()
    sealed(site, agent, 3, 100)
    numbers = [account_number(agent.unit, at) for at in (1, 2, 3)]
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:transfer_out")
        desk.see("转移清册")
        desk.keys(f"{other.unit}\r" + "".join(f"{number}\r" for number in numbers))
        desk.see("总人数 3")
        desk.keys("<f10>yy")
        desk.serial()
    assert standing(site, agent) == [("04", 0)] * 3
    assert standing(site, other) == [("02", 100)] * 3


@at("shaanxi")
@pytest.mark.feature("X-04", profile="shaanxi")
def test_people_are_taken_in_in_one_burst(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("shaanxi")
    agent, other = site.agent(), site.agent()
    people = sealed(site, other, 2, 7)
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:transfer_in")
        desk.see("待转入清册")
        desk.keys("".join(f"{one.name}\r{one.id_number}\r01\r" for one in people))
        desk.see("总人数 2")
        desk.keys("<f10>y")
        desk.serial()
    assert standing(site, agent) == [("02", 7)] * 2
    assert standing(site, other) == [("04", 0)] * 2


@at("shanxi")
@pytest.mark.feature("X-10", profile="shanxi")
def test_empty_accounts_are_closed_in_one_burst(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("shanxi")
    agent = site.agent()
    sealed(site, agent, 2)
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:zero_close")
        desk.see("销户清册")
        desk.keys("".join(f"{account_number(agent.unit, at)}\r" for at in (1, 2)))
        desk.see("总人数 2")
        desk.keys("<f10>yy")
        desk.serial()
    assert standing(site, agent) == [("05", 0)] * 2


@at("shaanxi")
@pytest.mark.feature("X-07", profile="shaanxi")
def test_two_accounts_are_merged_in_one_burst(site_of: MakeSite, tmp_path: Path) -> None:
    site = site_of("shaanxi")
    agent = site.agent()
    (person,) = sealed(site, agent, 1, 40)
    second(site, agent, person)
    with Desk(site, tmp_path, agent) as desk:
        desk.log_in()
        desk.open("business:merge")
        desk.see("待合并清册")
        desk.keys("".join(f"{account_number(agent.unit, at)}\r" for at in (2, 1)))
        desk.see("总人数 1")
        desk.keys("<f10>y")
        desk.serial()
    assert standing(site, agent) == [("02", 42), ("03", 0)]
