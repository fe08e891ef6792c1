"""From a monthly amount back to a base, under all roundings."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business import Limits, RatioPair
from domain.businesses.adjust_money import Bases, Nearest, amount_range, base_of, bases_of, monthly
from domain.money import Rounding

LIMITS = Limits(2026, 195_000, 2_398_500)
ROUNDINGS = st.sampled_from(list(Rounding))
SIDES = st.integers(min_value=500, max_value=1200)


def limits(unit: Rounding, person: Rounding) -> Limits:
    return Limits(2026, 195_000, 2_398_500, unit_rounding=unit, person_rounding=person)


@given(ROUNDINGS, ROUNDINGS, SIDES, SIDES, st.integers(min_value=0, max_value=3_000_000))
def test_the_amount_of_a_base_leads_back_to_that_base(
    first: Rounding, second: Rounding, one: int, two: int, base: int
) -> None:
    where, ratio = limits(first, second), RatioPair(one, two)
    amount = monthly(base, ratio, where)
    bases = bases_of(amount, ratio, where)
    assert isinstance(bases, Bases) and bases.least <= base <= bases.most
    for edge in (bases.least, bases.most):
        assert monthly(edge, ratio, where) == amount
    assert monthly(bases.most + 1, ratio, where) > amount
    assert bases.least == 0 or monthly(bases.least - 1, ratio, where) < amount
    for now in (None, base, base + 5_000_000):
        chosen = base_of(amount, bases, ratio, where, now)
        assert monthly(chosen, ratio, where) == amount
        assert chosen == base if now == base else True


@given(ROUNDINGS, ROUNDINGS, SIDES, SIDES, st.integers(min_value=1, max_value=600_000))
def test_what_cannot_be_reached_names_its_neighbours(
    first: Rounding, second: Rounding, one: int, two: int, amount: int
) -> None:
    where, ratio = limits(first, second), RatioPair(one, two)
    found = bases_of(amount, ratio, where)
    if isinstance(found, Bases):
        assert monthly(found.least, ratio, where) == amount
        return
    assert found.above > amount and isinstance(bases_of(found.above, ratio, where), Bases)
    if found.below is not None:
        assert found.below < amount and isinstance(bases_of(found.below, ratio, where), Bases)


def test_equal_sides_reach_no_odd_fen() -> None:
    assert bases_of(200_001, RatioPair(1200, 1200), LIMITS) == Nearest(200_000, 200_002)


def test_the_exact_quotient_is_taken_where_nothing_speaks_against_it() -> None:
    ratio = RatioPair(1200, 1200)
    exact = (Decimal(200_000) / Decimal("0.24")).quantize(Decimal(1), ROUND_HALF_UP)
    bases = bases_of(200_000, ratio, LIMITS)
    assert isinstance(bases, Bases)
    assert base_of(200_000, bases, ratio, LIMITS, None) == int(exact) == 833_333


def test_a_base_just_outside_the_limits_is_moved_inside() -> None:
    yuan = limits(Rounding.TO_YUAN, Rounding.TO_YUAN)
    ratio = RatioPair(1200, 1200)
    least, most = amount_range(ratio, yuan)
    assert (least, most) == (46_800, 575_600)
    bases = bases_of(most, ratio, yuan)
    assert isinstance(bases, Bases) and bases.most > yuan.base_max
    assert yuan.base_min <= base_of(most, bases, ratio, yuan, None) <= yuan.base_max


def test_limits_of_the_amount_itself_count_too() -> None:
    own = Limits(2026, 195_000, 2_398_500, amount_min=60_000, amount_max=500_000)
    assert amount_range(RatioPair(1200, 1200), own) == (60_000, 500_000)


def test_without_a_ratio_there_is_no_base() -> None:
    with pytest.raises(ValueError, match="ratio"):
        bases_of(100, RatioPair(0, 0), LIMITS)
