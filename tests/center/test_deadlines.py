"""What a center tells for a unit's deadlines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import insert

from center.store.tables import account_change, calendar_year, workday
from domain.deadlines import State, deadlines, facts_of
from domain.deadlines_wire import DeadlineBasis
from tests.support.center import CenterUnderTest
from tests.support.filing import Office, moved

MakeCenter = Callable[..., CenterUnderTest]


def told(office: Office) -> DeadlineBasis:
    return DeadlineBasis.model_validate(office.unit_get("/deadlines"))


def change(center: CenterUnderTest, business: str, month: int, rev: int) -> None:
    with center.store.write() as conn:
        conn.execute(
            insert(account_change).values(
                unit_account="100001", rev=rev, account_no="1", person_key="k", business=business,
                day="2026-07-20", month=month, status_to="01", base_to=1, unit_ratio_to=1, person_ratio_to=1,
                unit_amount_to=1, person_amount_to=1,
            )
        )  # fmt: skip


@pytest.mark.parametrize("profile", ["baishan", "hangzhou", "shaanxi"])
def test_a_unit_is_told_what_its_deadlines_follow_from(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    office = Office(center, paid_through=202610, verified_year=2026, details='{"payday": "15"}')
    with center.store.write() as conn:
        for year in (2024, 2025, 2026):
            conn.execute(insert(calendar_year).values(year=year, published="x"))
        conn.execute(insert(workday).values(day="2026-10-01", working=False))
        conn.execute(insert(workday).values(day="2026-10-10", working=True))
    found = told(office)
    assert (found.unit_account, found.name, found.today) == ("100001", "示例单位100001", "2026-11-23")
    assert found.month == (202612 if profile == "hangzhou" else 202611)
    assert (found.paid_through, found.payday, found.verified_year) == (202610, 15, 2026)
    assert [one.year for one in found.calendar] == [2025, 2026]
    assert (found.calendar[1].off, found.calendar[1].work) == (["2026-10-01"], ["2026-10-10"])


def test_a_unit_far_behind_is_told_the_calendar_of_all_the_months_it_owes(make_center: MakeCenter) -> None:
    center = make_center("baishan")
    office = Office(center, paid_through=202408, details='{"payday": "15"}')
    with center.store.write() as conn:
        for year in (2023, 2024, 2025, 2026):
            conn.execute(insert(calendar_year).values(year=year, published="x"))
    found = told(office)
    assert [one.year for one in found.calendar] == [2024, 2025, 2026]
    first = deadlines(facts_of(found, office.profile))[0]
    assert (first.title, first.state, first.due) == ("补齐2024年9月汇缴", State.OVERDUE, date(2024, 9, 20))


def test_a_unit_without_a_pay_day_or_a_calendar_is_told_nothing_in_its_place(make_center: MakeCenter) -> None:
    found = told(Office(make_center("baishan"), details='{"payday": "三十"}'))
    assert (found.payday, found.paid_through, found.verified_year, found.calendar) == (0, None, None, [])


def test_bases_count_as_adjusted_in_the_fund_year_in_which_they_were(make_center: MakeCenter) -> None:
    center = make_center("baishan")
    office = Office(center)
    change(center, "base_adjust", 202606, 1)
    change(center, "open", 202611, 2)
    assert not told(office).base_adjusted
    change(center, "base_adjust", 202607, 3)
    assert told(office).base_adjusted
    moved(center, date(2027, 7, 1))
    office = Office(center, "100002")
    assert not told(office).base_adjusted


def test_another_units_deadlines_are_nobodys_business(make_center: MakeCenter) -> None:
    center = make_center("baishan")
    office = Office(center)
    center.add_unit("100002", "别的单位")
    answer = center.client.get("/v1/units/100002/deadlines", headers=office.login.headers)
    assert answer.status_code == 404
    assert center.client.get("/v1/units/100001/deadlines").status_code == 401
