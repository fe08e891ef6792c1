"""年度结息: vectors, segments, day counts, rounding, the parts and their sum."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.interest import (
    DAY_COUNTS,
    InterestError,
    Kind,
    Product,
    Rate,
    Segment,
    interest,
    product,
    segments,
    year_span,
)

OLD = (Rate("current", date(2015, 10, 24), 35, 360), Rate("carried", date(2015, 10, 24), 110, 360))
BOTH: tuple[Kind, Kind] = ("current", "carried")


def rates(day_count: int, *steps: tuple[date, int]) -> list[Rate]:
    return [Rate(kind, day, rate, day_count) for kind in BOTH for day, rate in steps]


def earned(
    known: list[Rate], year: int, changes: list[tuple[date, int]], side: str = "person_carried"
) -> int:
    first, last = year_span(year)
    parts = [
        (one, Product(**{side: product(changes, one.first, one.end)})) for one in segments(known, first, last)
    ]
    return interest(parts).amount


BEFORE = date(2016, 2, 21)
MONTHLY = [(date(2025 + month // 13, month % 13 + month // 13, 15), 100_000) for month in range(7, 19)]
"""1,000 元 on the 15th of each month of the year."""


@pytest.mark.parametrize(
    ("day_count", "year", "changes", "fen"),
    [
        (365, 2025, [(date(2025, 6, 30), 1_000_000)], 15_000),
        (360, 2025, [(date(2025, 6, 30), 1_000_000)], 15_208),
        (365, 2025, [(date(2025, 7, 1), 1_000_000)], 15_000),
        (365, 2025, [(date(2026, 6, 30), 1_000_000)], 41),  # one day: 41.0958...
        (360, 2025, [(date(2026, 6, 30), 1_000_000)], 42),  # one day: 41.6666...
        (365, 2025, [(date(2026, 7, 1), 1_000_000)], 0),
        (365, 2023, [(date(2023, 6, 30), 1_000_000)], 15_041),  # 366 days: 150.4109...
        (360, 2023, [(date(2023, 6, 30), 1_000_000)], 15_250),
        (365, 2025, [(date(2025, 6, 30), 1_000_000), (date(2025, 12, 31), -1_000_000)], 7_521),  # 183 days
        (360, 2025, [(date(2025, 7, 1), 1)], 0),
        (360, 2025, [(date(2026, 6, 30), 12_000)], 1),  # exactly half a 分 is one
        (360, 2025, [(date(2026, 6, 30), 11_999)], 0),
        (365, 2025, MONTHLY, 9_025),  # 2,196 days of 1,000 元: 90.2465...
    ],
)  # fmt: skip
def test_vectors(day_count: int, year: int, changes: list[tuple[date, int]], fen: int) -> None:
    assert earned(rates(day_count, (BEFORE, 150)), year, changes) == fen


def test_a_rate_that_changes_within_the_year_cuts_it() -> None:
    """10,000 元: 184 days at 1.50% and 181 at 1.80%, over 365: 75.6164... + 89.2602... = 164.88."""
    known = rates(365, (BEFORE, 150), (date(2026, 1, 1), 180))
    cut = segments(known, *year_span(2025))
    assert [(one.first, one.days) for one in cut] == [(date(2025, 7, 1), 184), (date(2026, 1, 1), 181)]
    assert earned(known, 2025, [(date(2025, 1, 1), 1_000_000)]) == 16_488


def test_before_2016_each_kind_of_money_had_its_own_rate() -> None:
    """10,000 元 from 1 November 2015 on: 112 days at the old rate, 131 at 1.50%, over 360."""
    known = [*OLD, *rates(360, (BEFORE, 150))]
    cut = segments(known, date(2015, 11, 1), date(2016, 6, 30))
    assert [one.days for one in cut] == [112, 131], "2016 has a 29 February"
    money = [(date(2015, 7, 1), 1_000_000)]

    def of(side: str) -> int:
        parts = [(one, Product(**{side: product(money, one.first, one.end)})) for one in cut]
        return interest(parts).amount

    assert of("unit_current") == round(Fraction(1_000_000 * (112 * 35 + 131 * 150), 360 * 10_000)) == 6_547
    assert of("unit_carried") == round(Fraction(1_000_000 * (112 * 110 + 131 * 150), 360 * 10_000)) == 8_881


def test_a_day_without_a_rate_is_named() -> None:
    with pytest.raises(InterestError) as caught:
        segments(list(OLD), *year_span(2015))
    assert caught.value.code == "interest.no_rate"
    assert caught.value.text == "2015年07月01日没有当年归集的利率，请先用 gjj center rates 登记。"


def test_the_last_fen_falls_to_the_person() -> None:
    """Both sides earn 0.5 分: each alone would be 1, together they are 1."""
    cut = segments(rates(360, (BEFORE, 150)), date(2026, 6, 30), date(2026, 6, 30))
    found = interest([(cut[0], Product(unit_current=12_000, person_current=12_000))])
    assert (found.amount, found.unit, found.person, found.product) == (1, 1, 0, 24_000)


def test_a_kind_below_nothing_is_taken_off_the_other() -> None:
    """10,000 元 carried over as of 30 June that came on 3 July: carried for the days it was there, 9 - 2."""
    cut = segments([Rate("current", BEFORE, 500, 360), Rate("carried", BEFORE, 35, 360)], *year_span(2025))
    for side in ("unit", "person"):
        odd = Product(**{f"{side}_current": -2_000_000, f"{side}_carried": 9_000_000})
        found, plain = (
            interest([(cut[0], odd)]),
            interest([(cut[0], Product(**{f"{side}_carried": 7_000_000}))]),
        )
        assert found == plain and found.amount == round(Fraction(7_000_000 * 35, 360 * 10_000)) == 68
        turned = Product(**{f"{side}_current": 9_000_000, f"{side}_carried": -2_000_000})
        assert interest([(cut[0], turned)]).amount == round(Fraction(7_000_000 * 500, 360 * 10_000)) == 972


def test_a_side_below_nothing_gets_none_and_leaves_the_other_alone() -> None:
    cut = segments(rates(360, (BEFORE, 150)), *year_span(2025))
    found = interest([(cut[0], Product(unit_current=-24_000_000, person_carried=24_000_000))])
    assert (found.amount, found.unit, found.person, found.product, found.short) == (1_000, 0, 1_000, 0, True)
    assert not interest([(cut[0], Product(person_carried=24_000_000))]).short


@pytest.mark.parametrize("year", [0, -1, 9999, 10_000, 10**9])
def test_years_that_no_calendar_has(year: int) -> None:
    with pytest.raises(InterestError) as caught:
        year_span(year)
    assert caught.value.code == "interest.year" and caught.value.text.endswith("。")


def test_a_year_runs_from_july_to_june() -> None:
    assert year_span(2025) == (date(2025, 7, 1), date(2026, 6, 30))
    assert year_span(2025, 1) == (date(2025, 1, 1), date(2025, 12, 31))


AMOUNTS = st.integers(0, 2**53)
DAYS = st.dates(date(2024, 1, 1), date(2026, 6, 30))


@given(st.lists(st.tuples(DAYS, AMOUNTS), max_size=8))
def test_the_product_is_the_sum_of_the_days_balances(changes: list[tuple[date, int]]) -> None:
    first, last = year_span(2025)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    slow = sum(sum(amount for booked, amount in changes if booked <= day) for day in days)
    assert product(changes, first, last + timedelta(days=1)) == slow


@given(
    st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    st.sampled_from(DAY_COUNTS),
    st.integers(0, 1000),
    st.dates(date(2025, 7, 2), date(2026, 6, 30)),
)
def test_the_parts_add_up_and_stay_within_a_fen_of_the_exact_value(
    balances: tuple[int, int, int, int], day_count: int, other: int, change: date
) -> None:
    known = rates(day_count, (BEFORE, 150), (change, other))
    parts: list[tuple[Segment, Product]] = []
    exact_unit = exact_person = Fraction(0)
    for one in segments(known, *year_span(2025)):
        uc, pc, uo, po = (amount * one.days for amount in balances)
        parts.append((one, Product(uc, pc, uo, po)))
        share = Fraction(one.rates["current"].rate, 10_000 * day_count)
        exact_unit, exact_person = exact_unit + (uc + uo) * share, exact_person + (pc + po) * share
    found = interest(parts)
    assert found.unit + found.person == found.amount and min(found.unit, found.person) >= 0
    assert abs(found.amount - exact_unit - exact_person) <= Fraction(1, 2)
    assert abs(found.unit - exact_unit) <= Fraction(1, 2)
    assert abs(found.person - exact_person) <= 1
