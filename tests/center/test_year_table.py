"""The center's dated tables: looked up for the target month, changed by the operator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from center.facts import business_calendar, year_rules
from center.year_table import YearError, change_year, publish_days, shown_calendar, shown_years
from domain.money import Rounding
from domain.national_calendar import read_calendar
from tests.support.center import CenterUnderTest
from tests.support.filing import Office

MakeCenter = Callable[..., CenterUnderTest]
NOW = "2026-11-23T02:00:00.000000Z"


def test_a_center_starts_with_the_years_of_its_profile(center: CenterUnderTest) -> None:
    with center.store.read() as conn:
        assert year_rules(conn) == center.settings.profile.yearly()
        assert [line[:6] for line in shown_years(conn)] == ["2025年度", "2026年度"]


def test_a_change_holds_for_the_next_request(center: CenterUnderTest) -> None:
    office = Office(center)
    with center.store.write() as conn:
        change_year(conn, office.profile, 2026, ["base_max=7000.00", "unit_rounding=to_yuan", "ratio_max=10"])
    assert office.unit_get("/context")["limits"]["base_max"] == "7000.00"
    answer = office.send(office.body([office.row(office.people(1)[0], base="6000.00") | {"base": "8000.00"}]))
    codes = {found["code"] for found in answer.json()["findings"]}
    assert "base.out_of_range" in codes
    with center.store.read() as conn:
        rules = year_rules(conn)[2026]
    assert (rules.unit_rounding, rules.person_rounding) == (Rounding.TO_YUAN, Rounding.TO_FEN)
    assert rules.ratio_max == 1000


def test_a_new_year_continues_the_one_before(center: CenterUnderTest) -> None:
    profile = center.settings.profile
    with center.store.write() as conn:
        with pytest.raises(YearError, match="同时给出"):
            change_year(conn, profile, 2027, ["base_min=2000.00"])
        change_year(conn, profile, 2027, ["base_min=2000.00", "base_max=30000.00"])
        rules = year_rules(conn)
    assert (rules[2027].base_max, rules[2027].ratio_max) == (3_000_000, rules[2026].ratio_max)


@pytest.mark.parametrize(
    "changes",
    [[], ["base_min"], ["rate=5"], ["base_min=x"], ["base_max=1.00"], ["ratio_min=13"], ["unit_rounding=up"],
     ["amount_min=9.00", "amount_max=8.00"], ["ratio_max=101"]],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused(center: CenterUnderTest, changes: list[str]) -> None:
    with center.store.write() as conn:
        with pytest.raises(YearError) as refused:
            change_year(conn, center.settings.profile, 2026, changes)
        assert refused.value.text.endswith("。")
        assert year_rules(conn) == center.settings.profile.yearly()


@pytest.mark.feature("N-01", profile="hangzhou")
def test_a_holiday_that_the_center_publishes_pulls_the_cutoff_forward(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    profile = center.settings.profile
    with center.store.write() as conn:
        publish_days(conn, read_calendar(["first\tlast\tkind\tname"]), NOW)
        before = business_calendar(conn, profile)
        assert before.cutoff_is_provisional(202701) and not before.is_published(2027)
        lines = [
            "first\tlast\tkind\tname",
            "2027-01-20\t2027-01-20\toff\t假",
            "2027-01-02\t2027-01-02\twork\t班",
        ]
        assert publish_days(conn, read_calendar(lines), NOW) == [2027]
        after = business_calendar(conn, profile)
        assert after.cutoff(202701) == date(2027, 1, 19) and not after.cutoff_is_provisional(202701)
        assert list(shown_calendar(conn))[-1].startswith("2027年  休 1 天，补班 1 天")
        publish_days(conn, read_calendar([lines[0], "2027-01-01\t2027-01-01\toff\t元旦"]), NOW)
        assert business_calendar(conn, profile).cutoff(202701) == date(2027, 1, 20)
