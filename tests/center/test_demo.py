from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from center.auth.certificates import fingerprint_of, units_of
from center.auth.passwords import verify_password
from center.ca import trusted_certificates
from center.demo import names, setup
from center.demo.generator import Generator
from center.demo.setup import (
    AGENT_PASSWORD,
    CLERK_PASSWORD,
    RECONCILE_PASSWORD,
    SIZES,
    DemoAccounts,
    DemoError,
    current_limits,
    demo_units,
    setup_demo,
)
from center.facts import business_calendar, unit_facts
from center.settings import Settings, sqlite_url
from center.store.engine import Store
from center.store.tables import account, depositor, operator, unit
from domain.business import CheckContext, Source
from domain.businesses.opening import declare
from domain.idnumber import parse_id_number, same_person_key
from domain.money import format_ratio, format_yuan
from domain.profile import PROFILE_NAMES, load_profile
from domain.text import name_problem
from tests.support.center import START, SoftKey, make_settings

pytestmark = pytest.mark.xdist_group("center-demo")  # the demos are made once
DAY = date(2026, 11, 23)
WHOLE = "hangzhou"
"""The profile whose demo is made as large as it comes; the large unit of the others has fewer people."""
FEWER = (*SIZES[:2], 3_000)


class Demo:
    def __init__(self, folder: Path, profile: str, seed: int = 1) -> None:
        self.settings: Settings = make_settings(folder, profile, demo=True)
        self.profile = self.settings.profile
        self.key = SoftKey.make()
        self.made: DemoAccounts = setup_demo(
            self.settings, self.profile, public_key_der=self.key.public_der, seed=seed
        )
        self.store = Store(self.settings)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Demo]:
    made = {}
    for name in PROFILE_NAMES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(setup, "SIZES", sizes_of(name))
            made[name] = Demo(tmp_path_factory.mktemp(name), name)
    return made


def sizes_of(profile: str) -> tuple[int, ...]:
    return SIZES if profile == WHOLE else FEWER


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_units_of_three_sizes(demos: dict[str, Demo], name: str) -> None:
    demo = demos[name]
    with demo.store.read() as conn:
        counted = select(func.count()).select_from(account).group_by(account.c.unit_account)
        counts = list(conn.scalars(counted))
        revisions = set(conn.execute(select(unit.c.depositor_rev, unit.c.account_counter)).all())
    assert sorted(counts) == sorted(sizes_of(name))
    assert revisions == {(size, size) for size in sizes_of(name)}


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_everyone_could_have_been_registered_under_the_centers_rules(
    demos: dict[str, Demo], name: str
) -> None:
    """Every account of the small and middle units goes through the declared check without a finding."""
    demo = demos[name]
    business = declare(demo.profile)
    limits = current_limits(demo.profile, DAY)
    for made in demo_units(demo.profile)[:2]:
        with demo.store.read() as conn:
            facts = unit_facts(conn, made.account)
            found = select(account, depositor.c.name, depositor.c.id_number, depositor.c.mobile).join(
                depositor
            )
            people = conn.execute(found.where(account.c.unit_account == made.account)).all()
        context = CheckContext(DAY, 202611, facts, limits, Source.CENTER)
        for person in people:
            row = {
                "name": person.name,
                "id_number": person.id_number,
                "mobile": person.mobile,
                "base": format_yuan(person.base),
                "unit_ratio": format_ratio(person.unit_ratio),
                "person_ratio": format_ratio(person.person_ratio),
                "ratio": format_ratio(person.unit_ratio),
                "unit_amount": format_yuan(person.unit_amount),
                "person_amount": format_yuan(person.person_amount),
                "total_amount": format_yuan(person.unit_amount + person.person_amount),
                "marriage": "10", "occupation": "17", "title": "012", "duty": "001A", "education": "20",
            }  # fmt: skip
            check = business.check_row(row, context)
            assert check.findings == (), (row, check.findings)


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_people_are_real_in_form(demos: dict[str, Demo], name: str) -> None:
    with demos[name].store.read() as conn:
        people = conn.execute(select(depositor)).all()
    parsed = [parse_id_number(person.id_number, DAY) for person in people]
    assert all(same_person_key(person.id_number) == person.person_key for person in people)
    assert all(name_problem(person.name) is None for person in people)
    genders = Counter(number.gender for number in parsed)
    assert min(genders.values()) > 0.4 * len(people)
    assert len({number.area for number in parsed}) >= len(names.AREAS)
    ages = [(DAY - number.birth).days // 365.2425 for number in parsed]
    assert (min(ages) >= 18, max(ages) < 60) == (True, True)
    permits = sum(number.is_residence_permit for number in parsed)
    assert (permits > 0) is not demos[name].profile.model_dump()["business"]["open"]["residents_only"]
    everything = "".join(person.name for person in people)
    assert any(ord(char) > 0xFFFF for char in everything)
    assert "㐱" in everything and "䶮" in everything
    assert any("·" in person.name for person in people)


def test_the_same_seed_makes_the_same_people() -> None:
    profile = load_profile("baishan")
    limits = current_limits(profile, DAY)
    ratios = demo_units(profile)[0].ratios

    def people(seed: int) -> list[object]:
        return list(Generator(profile, DAY, seed).employees(200, ratios, limits))

    assert people(1) == people(1)
    assert people(1) != people(2)


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_agents_and_clerk_have_the_passwords_shown(demos: dict[str, Demo], name: str) -> None:
    demo = demos[name]
    with demo.store.read() as conn:
        hashes = dict(conn.execute(select(operator.c.role, operator.c.password_hash)).all())
        agents = conn.execute(select(operator.c.login_name).where(operator.c.role == "agent")).all()
    assert verify_password(hashes["clerk"], CLERK_PASSWORD)
    assert verify_password(hashes["agent"], AGENT_PASSWORD)
    assert len(agents) == len(demo.made.agents) == 3
    assert all(agent.person.name.isalpha() and len(agent.person.name) == 2 for agent in demo.made.agents)


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_the_demo_key_acts_for_the_units_of_the_profile(demos: dict[str, Demo], name: str) -> None:
    demo = demos[name]
    with demo.store.read() as conn:
        held = units_of(conn, fingerprint_of(demo.made.certificate))
    shown = demo.made.agents[0].unit.account
    assert len(held) == (2 if name == "shanxi" else 1)
    assert shown in held
    assert demo.made.authority in trusted_certificates(demo.settings.data_dir, demo=True)


def test_ratios_of_the_units() -> None:
    hangzhou = demo_units(load_profile("hangzhou"))
    assert [made.unified for made in hangzhou] == [False, True, True]
    assert len(hangzhou[0].ratios) > 1
    assert all(len(made.ratios) > 1 for made in demo_units(load_profile("shanxi"))), "chosen at import"
    assert all(len(made.ratios) == 1 for made in demo_units(load_profile("shaanxi")))


def test_the_calendar_is_published(demos: dict[str, Demo]) -> None:
    demo = demos["hangzhou"]
    with demo.store.read() as conn:
        calendar = business_calendar(conn, demo.profile)
    assert calendar.is_published(2026)
    assert calendar.is_workday(date(2026, 10, 1)) is False


def test_no_demo_data_in_a_real_center(tmp_path: Path) -> None:
    settings = Settings(sqlite_url(tmp_path), load_profile("baishan"), tmp_path)
    with pytest.raises(DemoError):
        setup_demo(settings, settings.profile, public_key_der=SoftKey.make().public_der)
    assert list(tmp_path.iterdir()) == []


def test_a_database_with_units_is_left_alone(demos: dict[str, Demo]) -> None:
    demo = demos["baishan"]
    with pytest.raises(DemoError):
        setup_demo(demo.settings, demo.profile, public_key_der=demo.key.public_der)


def test_a_center_without_limits_for_the_day_says_so(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="上下限"):
        current_limits(load_profile("baishan"), date(2031, 1, 5))


def test_the_demo_day_is_the_tests_day() -> None:
    assert START.date() == DAY


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_the_small_unit_of_hangzhou_alone_reconciles_by_a_separate_password(
    demos: dict[str, Demo], name: str
) -> None:
    small, *others = demo_units(demos[name].profile)
    with demos[name].store.read() as conn:
        known = {row.unit_account: row.reconcile_hash for row in conn.execute(select(unit))}
    assert [known[made.account] for made in others] == [None, None]
    if name == "hangzhou":
        assert verify_password(known[small.account], RECONCILE_PASSWORD)
    else:
        assert known[small.account] is None


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("shaanxi", [(202606, 2025), (202610, 2026), (202610, 2026)]),
        ("baishan", [(202610, None)] * 3),
        ("hangzhou", [(202611, None)] * 3),
    ],
)
def test_one_unit_has_its_year_to_verify_where_that_is_done(
    demos: dict[str, Demo], name: str, units: list[tuple[int, int | None]]
) -> None:
    with demos[name].store.read() as conn:
        found = conn.execute(select(unit.c.paid_through, unit.c.verified_year).order_by(unit.c.unit_account))
        assert [tuple(row) for row in found] == units
