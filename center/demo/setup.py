"""Setting up a demo center: database, authority, certificate of the demo key, units, people, operators.

For demos only: the passwords below are known to everybody and stand on the demo's screen. A center whose
settings do not say `demo` is refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from center.audit import append_audit
from center.auth.certificates import register_certificate
from center.auth.passwords import hash_password
from center.ca import demo_authority
from center.clock import now_text, today
from center.demo import names
from center.demo.generator import Employee, Generator, Person
from center.ledger.opening import post_opening
from center.operators import NewOperator, add_operator
from center.serials import account_number
from center.settings import Settings
from center.store import migrate
from center.store.engine import Store
from center.store.tables import account, calendar_year, depositor, scope, unit
from center.year_table import publish_days
from domain.business import Limits, RatioPair
from domain.creditcode import check_character
from domain.national_calendar import CalendarDays, national_calendar
from domain.period import BusinessCalendar, add_months, fund_year, fund_year_months
from domain.profile import Profile

AGENT_PASSWORD = "Demo2026"
CLERK_PASSWORD = "Clerk2026"
RECONCILE_PASSWORD = "Check2026"
"""The small unit's separate password of 单位网上对账 where the profile knows one (L-13)."""
AGENT_LOGIN = "jbr001"
CLERK_LOGIN = "gy001"
CLERK_NAME = "柜员甲"
SIZES = (12, 800, 20_000)
"""People of the small, the middle and the large unit."""

ACCOUNTS = ("100000000012", "100000000800", "100000020000")
CHUNK = 5000
UNIT_DETAILS = {
    "postcode": "100000",
    "subordination": "40",
    "economy": "150",
    "industry": "C",
    "payday": "15",
    "legalname": "王小明",
    "legalidtype": "01",
    "bank": "示例银行营业部",
}
"""What is registered of every unit besides its name and address."""


class DemoError(RuntimeError):
    """A demo that cannot be set up; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class DemoUnit:
    """A unit of the demo. `ratios` in basis points, the first is the unit's own."""

    account: str
    name: str
    people: int
    unified: bool
    ratios: tuple[RatioPair, ...]


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """An agent who can log in to `unit`, with everything a login screen may ask for."""

    unit: DemoUnit
    login_name: str
    password: str
    person: Person


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    """Who can log in to a demo center. `agents[0]` is the one to show; its key is the demo key.

    `certificate` (DER) was issued for the demo key by `authority` (DER).
    """

    profile: str
    agents: tuple[DemoAgent, ...]
    clerk_login: str
    clerk_password: str
    certificate: bytes
    authority: bytes


def setup_demo(settings: Settings, profile: Profile, *, public_key_der: bytes, seed: int = 1) -> DemoAccounts:
    """Create the demo of a profile in an empty database and data folder.

    `public_key_der` is the demo key's SubjectPublicKeyInfo. The same seed makes the same people. Raises
    DemoError when the settings are not those of a demo or the database already has units.
    """
    if not settings.demo:
        raise DemoError("只有演示中心才能生成演示数据，请不要对正式的中心使用。")
    store = Store(replace(settings, profile=profile))
    try:
        migrate.upgrade(store, profile.name)
        with store.write() as conn:
            return _fill(conn, settings, profile, public_key_der, seed)
    finally:
        store.close()


def _fill(
    conn: Connection, settings: Settings, profile: Profile, public_key_der: bytes, seed: int
) -> DemoAccounts:
    if conn.execute(select(unit.c.unit_account).limit(1)).first() is not None:
        raise DemoError("该数据库里已有单位，请换一个空的数据文件夹再生成演示数据。")
    day = today(settings.clock)
    publish_calendar(conn, now_text(settings.clock))
    limits = current_limits(profile, day)
    generator = Generator(profile, day, seed)
    units = demo_units(profile)
    agents = []
    for made in units:
        add_unit(conn, profile, made, day)
    for made in units:
        agents.append(_add_agent(conn, profile, made, generator.person(plain=True), units))
        staff = list(generator.employees(made.people, made.ratios, limits))
        add_employees(conn, made, staff)
        book_holdings(conn, made, staff, day, now_text(settings.clock))
    add_operator(conn, NewOperator(CLERK_LOGIN, CLERK_NAME), CLERK_PASSWORD, must_change=False)
    authority = demo_authority(settings.data_dir, settings.clock.now())
    shown = agents[1]
    certificate = authority.issue(
        public_key_der,
        common_name=f"{shown.unit.name}（演示）",
        organization=shown.unit.name,
        now=settings.clock.now(),
    )
    held = [made.account for made in key_units(profile, units)]
    register_certificate(conn, settings.clock, profile, certificate, held, [authority.der])
    append_audit(conn, settings.clock, "demo", "demo.setup", detail=f"{profile.name} {seed}")
    ordered = (shown, agents[0], agents[2])
    return DemoAccounts(profile.name, ordered, CLERK_LOGIN, CLERK_PASSWORD, certificate, authority.der)


def demo_units(profile: Profile) -> tuple[DemoUnit, ...]:
    """The three units of a profile: small, middle, large.

    Where ratios are entered per person, the small unit has no unified ratio (parameter 72); where the ratio
    is chosen at import, every unit has several to choose from (O-03).
    """
    own = profile.unit_defaults
    common = RatioPair(own.unit_ratio, own.person_ratio)
    several = (common, RatioPair(1000, 1000), RatioPair(800, 800))
    made = []
    for place, (number, name, people) in enumerate(
        zip(ACCOUNTS, names.UNIT_NAMES[profile.name], SIZES, strict=True)
    ):
        choice = profile.business.open.ratio_choice if profile.business.open is not None else "none"
        free = choice == "per_row" and place == 0
        ratios = several if free or choice == "on_import" else (common,)
        made.append(DemoUnit(number, name, people, not free, ratios))
    return tuple(made)


def key_units(profile: Profile, units: tuple[DemoUnit, ...]) -> tuple[DemoUnit, ...]:
    """The units the demo key acts for: the middle one; the small one too where one has to choose (L-07)."""
    return (units[1], units[0]) if profile.auth.account_chooser else (units[1],)


def current_limits(profile: Profile, day: date) -> Limits:
    """The limits of the day's business month. Raises DemoError when the profile has none for it."""
    month = BusinessCalendar(kind=profile.calendar.business_month).business_month(day)
    limits = profile.limits_for(month)
    if limits is None:
        raise DemoError(f"该中心没有{month}所属年度的缴存基数上下限，请更新中心配置后再演示。")
    return limits


def _add_agent(
    conn: Connection, profile: Profile, made: DemoUnit, person: Person, units: tuple[DemoUnit, ...]
) -> DemoAgent:
    about = {"agentname": person.name, "agentid": person.id_number, "agentmobile": person.mobile}
    known = json.dumps({**UNIT_DETAILS, **about}, ensure_ascii=False, sort_keys=True)
    conn.execute(update(unit).where(unit.c.unit_account == made.account).values(details=known))
    login = made.account if profile.auth.account_chooser else AGENT_LOGIN
    served = [made.account]
    if profile.auth.account_chooser and made in key_units(profile, units):
        served += [other.account for other in key_units(profile, units) if other is not made]
    new = NewOperator(login, person.name, tuple(served), id_number=person.id_number, mobile=person.mobile)
    add_operator(conn, new, AGENT_PASSWORD, must_change=False)
    return DemoAgent(made, login, AGENT_PASSWORD, person)


def add_unit(conn: Connection, profile: Profile, made: DemoUnit, day: date) -> None:
    """Register a unit with its inbox; the small one of a center with 年度核定 has yet to verify the year.

    Where months are verified on line, the present one has yet to be.
    """
    month = day.year * 100 + day.month
    paid = month if profile.business.remit is None else add_months(month, -1)
    year = fund_year(month, profile.calendar.fund_year_start)
    yearly = profile.business.annual is not None
    behind = yearly and made.people == SIZES[0]
    separate = profile.auth.reconcile_password and made.people == SIZES[0]
    conn.execute(insert(scope).values(scope=made.account, inbox_rev=0))
    conn.execute(
        insert(unit).values(
            unit_account=made.account,
            name=made.name,
            credit_code=_credit_code(made.account),
            address=f"{names.ADDRESSES[profile.name]}{made.people}号",
            state="01",
            unified_ratio=made.unified,
            ratios=json.dumps([[pair.unit, pair.person] for pair in made.ratios]),
            fund_types=json.dumps(["general"]),
            paid_through=fund_year_months(year - 1, profile.calendar.fund_year_start)[1] if behind else paid,
            verified_year=None if not yearly else year - 1 if behind else year,
            depositor_rev=0,
            account_counter=0,
            reconcile_hash=hash_password(RECONCILE_PASSWORD) if separate else None,
            details=json.dumps(UNIT_DETAILS, ensure_ascii=False, sort_keys=True),
        )
    )


def _credit_code(account_no: str) -> str:
    """A credit code with a right check character."""
    first = f"91{names.AREAS[0]}{account_no[-9:]}"
    return first + check_character(first)


def add_employees(conn: Connection, made: DemoUnit, staff: list[Employee]) -> None:
    """Give a new unit its people, in bulk."""
    people: list[dict[str, Any]] = []
    accounts: list[dict[str, Any]] = []
    for number, one in enumerate(staff, 1):
        person = one.person
        people.append(
            {
                "person_key": person.key,
                "id_number": person.id_number,
                "name": person.name,
                "mobile": person.mobile,
                "details": "{}",
            }
        )
        accounts.append(
            {
                "account_no": account_number(made.account, number),
                "unit_account": made.account,
                "person_key": person.key,
                "status": one.status.value,
                "base": one.base,
                "unit_ratio": one.ratio.unit,
                "person_ratio": one.ratio.person,
                "unit_amount": one.unit_amount,
                "person_amount": one.person_amount,
                "fund_type": "general",
                "opened": one.opened.isoformat(),
                "rev": number,
                "gone": False,
            }
        )
    for start in range(0, len(people), CHUNK):
        conn.execute(insert(depositor), people[start : start + CHUNK])
        conn.execute(insert(account), accounts[start : start + CHUNK])
    mine = update(unit).where(unit.c.unit_account == made.account)
    conn.execute(mine.values(depositor_rev=len(staff), account_counter=len(staff)))


def book_holdings(conn: Connection, made: DemoUnit, staff: list[Employee], day: date, now: str) -> None:
    """Book what the people of a new unit have on their accounts."""
    held = {account_number(made.account, place): one.held for place, one in enumerate(staff, 1)}
    post_opening(conn, made.account, day, now, held)


def publish_calendar(conn: Connection, now: str) -> None:
    """Publish the national calendar that comes with the program, for years not published yet."""
    known = set(conn.scalars(select(calendar_year.c.year)))
    days = national_calendar()
    new = {year: off for year, off in days.holidays.items() if year not in known}
    publish_days(conn, CalendarDays(new, days.workdays), now)
