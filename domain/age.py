"""Ages in full years and the age limits of a business: pure rules on two dates.

A person reaches an age on the birthday; born on 29 February, on 28 February of a common year (民法典 article
202: without a corresponding day the period ends on the last day of the month).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

Gender = Literal["男", "女"]


class AgeBoundary(StrEnum):
    """Whether the birthday itself counts as reached (parameter `age.boundary`)."""

    BIRTHDAY = "birthday"
    DAY_AFTER = "day_after"


def birthday_in(birth: date, year: int) -> date:
    """The birthday in a year; 29 February falls on 28 February of a common year."""
    last = calendar.monthrange(year, birth.month)[1]
    return date(year, birth.month, min(birth.day, last))


def age_on(birth: date, day: date, boundary: AgeBoundary = AgeBoundary.BIRTHDAY) -> int:
    """Full years on `day`; negative when `day` lies before the birth."""
    reached = birthday_in(birth, day.year)
    if boundary is AgeBoundary.DAY_AFTER:
        reached += timedelta(days=1)
    return day.year - birth.year - (day < reached)


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """Full years within which a business may be done on line (O-12: 16, 55 for women, 60 for men).

    None switches one limit off. "超过55周岁" means more than 55 full years: refused from the 56th birthday.
    """

    minimum: int | None
    max_female: int | None
    max_male: int | None


def age_problem(
    birth: date,
    gender: Gender,
    day: date,
    limits: AgeLimits,
    boundary: AgeBoundary = AgeBoundary.BIRTHDAY,
) -> Literal["age.under", "age.over"] | None:
    """Which limit the person breaks on `day` (O-12, V-28, S-09), or None."""
    age = age_on(birth, day, boundary)
    if limits.minimum is not None and age < limits.minimum:
        return "age.under"
    oldest = limits.max_female if gender == "女" else limits.max_male
    if oldest is not None and age > oldest:
        return "age.over"
    return None


def retirement_month(birth: date, original_age: Literal[50, 55, 60]) -> int:
    """YYYYMM of statutory retirement under the gradual scheme in force from 2025-01-01 (国发〔2024〕18号).

    `original_age` is 60 for men, 55 or 50 for women. Every 4 months (2 for women of 50) after the scheme
    began add one month, up to 36 (60) months.
    """
    start_year = 2025
    late = (birth.year + original_age - start_year) * 12 + birth.month
    step, most = (2, 60) if original_age == 50 else (4, 36)
    delay = min(-(-late // step), most) if late > 0 else 0
    index = (birth.year + original_age) * 12 + birth.month - 1 + delay
    return index // 12 * 100 + index % 12 + 1
