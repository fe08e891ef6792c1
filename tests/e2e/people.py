"""People with accounts at an agent's unit, for businesses about people of the unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from center.demo.generator import Employee, Person
from center.demo.setup import DemoUnit, add_employees
from center.store.engine import Store
from domain.business import AccountStatus, RatioPair
from tests.e2e.center_child import site_settings
from tests.e2e.site import Agent, Site

OWN = RatioPair(1200, 1200)


def employ(site: Site, agent: Agent, count: int) -> list[Person]:
    """People with accounts at the agent's unit, whose ID numbers end differently."""
    people: list[Person] = []
    while len(people) < count:
        someone = site.person()
        if someone.id_number[-4:] not in {one.id_number[-4:] for one in people}:
            people.append(replace(someone, name=f"{someone.name[0]}{'甲乙丙丁戊己'[len(people)]}"))
    staff = [
        Employee(one, 800_000, OWN, 96_000, 96_000, AccountStatus.NORMAL, date(2020, 3, 1)) for one in people
    ]
    store = Store(site_settings(site.folder, site.profile.name, site.url))
    try:
        with store.write() as conn:
            add_employees(conn, DemoUnit(agent.unit, agent.unit_name, count, True, (OWN,)), staff)
    finally:
        store.close()
    return people
