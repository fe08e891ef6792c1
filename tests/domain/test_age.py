from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.age import AgeBoundary, AgeLimits, Gender, age_on, age_problem, birthday_in, retirement_month

LIMITS = AgeLimits(minimum=16, max_female=55, max_male=60)
DAY = timedelta(days=1)


def test_an_age_is_reached_on_the_birthday() -> None:
    birth = date(1990, 5, 20)
    assert age_on(birth, date(2026, 5, 19)) == 35
    assert age_on(birth, date(2026, 5, 20)) == 36
    assert age_on(birth, date(2026, 5, 21)) == 36
    assert age_on(birth, birth) == 0
    assert age_on(birth, birth - DAY) == -1


def test_the_day_after_counts_where_the_center_says_so() -> None:
    birth = date(1990, 5, 20)
    assert age_on(birth, date(2026, 5, 20), AgeBoundary.DAY_AFTER) == 35
    assert age_on(birth, date(2026, 5, 21), AgeBoundary.DAY_AFTER) == 36


def test_born_on_the_29th_of_february() -> None:
    birth = date(2008, 2, 29)
    assert birthday_in(birth, 2026) == date(2026, 2, 28)
    assert age_on(birth, date(2026, 2, 27)) == 17
    assert age_on(birth, date(2026, 2, 28)) == 18
    assert age_on(birth, date(2028, 2, 28)) == 19
    assert age_on(birth, date(2028, 2, 29)) == 20


@pytest.mark.parametrize(
    ("gender", "edge", "before", "after"),
    [
        ("男", 16, "age.under", None),
        ("女", 16, "age.under", None),
        ("女", 56, None, "age.over"),
        ("男", 61, None, "age.over"),
    ],
)
def test_the_limits_on_the_day_before_on_and_after(
    gender: Gender, edge: int, before: str | None, after: str | None
) -> None:
    birth = date(1964, 11, 20)
    birthday = birthday_in(birth, birth.year + edge)
    assert age_problem(birth, gender, birthday - DAY, LIMITS) == before
    assert age_problem(birth, gender, birthday, LIMITS) == after
    assert age_problem(birth, gender, birthday + DAY, LIMITS) == after
    assert age_problem(birth, gender, birthday, LIMITS, AgeBoundary.DAY_AFTER) == before
    assert age_problem(birth, gender, birthday + DAY, LIMITS, AgeBoundary.DAY_AFTER) == after


@pytest.mark.parametrize("gender", ["男", "女"])
def test_55_and_60_themselves_are_within_the_limits(gender: Gender) -> None:
    oldest = 55 if gender == "女" else 60
    birth = date(1960, 3, 1)
    assert age_problem(birth, gender, date(1960 + oldest, 3, 1), LIMITS) is None
    assert age_problem(birth, gender, date(1960 + oldest, 12, 31), LIMITS) is None


def test_a_limit_that_is_off_is_not_checked() -> None:
    off = AgeLimits(None, None, None)
    assert age_problem(date(1920, 1, 1), "男", date(2026, 1, 1), off) is None
    assert age_problem(date(2020, 1, 1), "女", date(2026, 1, 1), off) is None


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 40_000))
def test_an_age_grows_by_at_most_one_a_day(birth: date, days: int) -> None:
    day = birth + timedelta(days=days)
    assert age_on(birth, day + DAY) - age_on(birth, day) in (0, 1)
    assert age_on(birth, day) >= 0


@pytest.mark.parametrize(
    ("birth", "original", "month"),
    [
        (date(1964, 12, 31), 60, 202412),
        (date(1965, 1, 1), 60, 202502),
        (date(1966, 11, 5), 60, 202705),
        (date(1976, 12, 1), 60, 203912),
        (date(1990, 6, 1), 60, 205306),
        (date(1970, 5, 9), 55, 202507),
        (date(1975, 2, 9), 50, 202503),
        (date(1990, 1, 1), 50, 204501),
    ],
)
def test_gradual_retirement(birth: date, original: int, month: int) -> None:
    assert retirement_month(birth, original) == month  # type: ignore[arg-type]
