"""The center's own dated tables: what holds in a fund year, and the days off of a calendar year.

Changes hold from the next request on; what was filed before is settled by the year of its own month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from center.facts import year_rules
from center.store.tables import calendar_year, workday
from center.store.tables import year_rules as year_table
from domain.business import Limits
from domain.money import MoneyError, RatioError, Rounding, format_ratio, format_yuan, parse_ratio, parse_yuan
from domain.national_calendar import CalendarDays
from domain.profile import Profile

MONEY = ("base_min", "base_max", "amount_min", "amount_max")
RATIOS = ("ratio_min", "ratio_max")
ROUNDINGS = ("unit_rounding", "person_rounding")
FIRST_YEAR, LAST_YEAR = 1991, 2100


class YearError(ValueError):
    """Rules of a year that cannot be; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def change_year(conn: Connection, profile: Profile, year: int, changes: Sequence[str]) -> str:
    """Set rules of a fund year from "key=value" texts (元, percent, rounding names); returns what was set.

    A new year needs base_min and base_max; the rest starts as in the year before. Raises YearError.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR or not changes:
        raise YearError(f"请给出{FIRST_YEAR}至{LAST_YEAR}之间的年度，并用 --set 项=值 说明要改的内容。")
    known = year_rules(conn)
    given = dict(_read(text) for text in changes)
    if year not in known and not {"base_min", "base_max"} <= given.keys():
        raise YearError(f"{year}年度还没有公布，请同时给出 base_min 和 base_max。")
    before = known.get(year) or known.get(year - 1) or _first(profile, year)
    rules = replace(before, fund_year=year, **given)
    _judge(rules)
    if year in known:
        conn.execute(update(year_table).where(year_table.c.fund_year == year).values(**asdict(rules)))
    else:
        conn.execute(insert(year_table).values(**asdict(rules), source=""))
    return " ".join(changes)


def _first(profile: Profile, year: int) -> Limits:
    ratio, money = profile.ratio, profile.money
    return Limits(year, 0, 0, 0, None, ratio.min, ratio.max, money.unit_rounding, money.person_rounding)


def _read(text: str) -> tuple[str, Any]:
    key, found, value = text.partition("=")
    try:
        if found and key == "amount_max" and not value:
            return key, None
        if found and key in MONEY:
            return key, parse_yuan(value)
        if found and key in RATIOS:
            return key, parse_ratio(value)
        if found and key in ROUNDINGS:
            return key, Rounding(value)
    except (MoneyError, RatioError) as error:
        raise YearError(f"{key}：{error.text}") from None
    except ValueError:
        names = "、".join(one.value for one in Rounding)
        raise YearError(f"{key} 没有“{value}”这种舍入，可用的有：{names}。") from None
    names = "、".join((*MONEY, *RATIOS, *ROUNDINGS))
    raise YearError(f"没有“{key}”这一项，请写成 项=值，可用的项有：{names}。")


def _judge(rules: Limits) -> None:
    if not 0 < rules.base_min <= rules.base_max:
        raise YearError("基数下限应大于零，且不高于上限，请改正。")
    if rules.amount_max is not None and not 0 <= rules.amount_min <= rules.amount_max:
        raise YearError("月缴存额下限不应高于上限，请改正。")
    if not 0 < rules.ratio_min <= rules.ratio_max:
        raise YearError("缴存比例下限应大于零，且不高于上限，请改正。")


def shown_years(conn: Connection) -> Iterator[str]:
    """A line a fund year, oldest first."""
    for year, one in sorted(year_rules(conn).items()):
        most = "不限" if one.amount_max is None else format_yuan(one.amount_max)
        yield (
            f"{year}年度  基数 {format_yuan(one.base_min)} 至 {format_yuan(one.base_max)}"
            f"  月缴存额 {format_yuan(one.amount_min)} 至 {most}"
            f"  比例 {format_ratio(one.ratio_min)}% 至 {format_ratio(one.ratio_max)}%"
            f"  舍入 {one.unit_rounding.value}/{one.person_rounding.value}"
        )


def publish_days(conn: Connection, days: CalendarDays, now: str) -> list[int]:
    """Publish the calendar of whole years, in place of what was published of them; returns the years."""
    years = sorted(days.holidays)
    for year in years:
        conn.execute(delete(workday).where(workday.c.day.like(f"{year:04d}-%")))
        conn.execute(delete(calendar_year).where(calendar_year.c.year == year))
        conn.execute(insert(calendar_year).values(year=year, published=now))
        exceptions = [(day, False) for day in days.holidays[year]]
        exceptions += [(day, True) for day in days.workdays.get(year, frozenset())]
        records = [{"day": day.isoformat(), "working": working} for day, working in sorted(exceptions)]
        if records:
            conn.execute(insert(workday), records)
    return years


def shown_calendar(conn: Connection) -> Iterator[str]:
    """A line a published year; a year without one is 年历未发布."""
    for row in conn.execute(select(calendar_year).order_by(calendar_year.c.year)):
        own = workday.c.day.like(f"{row.year:04d}-%")
        kinds = list(conn.scalars(select(workday.c.working).where(own)))
        yield f"{row.year}年  休 {kinds.count(False)} 天，补班 {kinds.count(True)} 天，发布于 {row.published}"
