"""The center's dated interest rates: what it starts with, and how the operator keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, cast

from sqlalchemy import Connection, func, insert, select, update

from center.store.money_tables import interest, interest_rate
from domain.interest import DAY_COUNTS, KIND_TITLES, KINDS, Kind, Rate, year_span
from domain.money import RatioError, format_ratio, parse_ratio

ONE_YEAR: Final = "银发〔2016〕43号：自2016-02-21起按一年期定期存款基准利率1.50%"
BEFORE: Final = "银发〔2016〕43号所述调整前利率：当年归集活期0.35%，上年结转三个月定期1.10%"
DAY_COUNT: Final = 360
"""日利率 is the annual rate divided by 360 (银发〔2005〕129号)."""

START: Final = (
    ("current", "2015-10-24", 35, BEFORE),
    ("carried", "2015-10-24", 110, BEFORE),
    ("current", "2016-02-21", 150, ONE_YEAR),
    ("carried", "2016-02-21", 150, ONE_YEAR),
)
"""Kind, first day, basis points, source: what a new center knows."""

SOURCE_LENGTH: Final = 120
KEYS: Final = (*KINDS, "day_count", "source")


class RateError(ValueError):
    """A rate that cannot be; `text` is one Chinese sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def seed_rates(conn: Connection) -> None:
    """Put the first rates into a table that has none."""
    if conn.execute(select(interest_rate.c.kind).limit(1)).first() is None:
        rows = [
            {"kind": kind, "first_day": day, "rate": rate, "day_count": DAY_COUNT, "source": source}
            for kind, day, rate, source in START
        ]
        conn.execute(insert(interest_rate), rows)


def all_rates(conn: Connection) -> list[Rate]:
    """Every rate, oldest first."""
    found = select(interest_rate).order_by(interest_rate.c.first_day, interest_rate.c.kind)
    return [
        Rate(cast("Kind", row.kind), date.fromisoformat(row.first_day), row.rate, row.day_count)
        for row in conn.execute(found)
    ]


def change_rates(conn: Connection, day: str, changes: Sequence[str], start_month: int = 7) -> str:
    """Set rates from a day on from "key=value" texts: current, carried (percent), day_count, source.

    What is not given stays as it was before that day. Rates of a year that was settled stay as they are.
    Returns what was set. Raises RateError.
    """
    first = _day(day)
    given = dict(_read(text) for text in changes)
    named = [kind for kind in KINDS if kind in given]
    if not named:
        raise RateError("请说明要登记的利率，如 --set current=1.50 --set carried=1.50。")
    settled = conn.scalar(select(func.max(interest.c.fund_year)))
    if settled is not None and first <= year_span(settled, start_month)[1]:
        raise RateError(f"{settled}年度已经结息，该年度及以前的利率不能再改。")
    for kind in named:
        _put(conn, kind, first, given)
    return f"{first.isoformat()} {' '.join(changes)}"


def _put(conn: Connection, kind: str, first: date, given: dict[str, Any]) -> None:
    mine = (interest_rate.c.kind == kind) & (interest_rate.c.first_day <= first.isoformat())
    before = conn.execute(
        select(interest_rate).where(mine).order_by(interest_rate.c.first_day.desc())
    ).first()
    values = {
        "rate": given[kind],
        "day_count": given.get("day_count", before.day_count if before is not None else DAY_COUNT),
        "source": given.get("source", ""),
    }
    if before is not None and before.first_day == first.isoformat():
        same = (interest_rate.c.kind == kind) & (interest_rate.c.first_day == before.first_day)
        conn.execute(update(interest_rate).where(same).values(values))
    else:
        conn.execute(insert(interest_rate).values(kind=kind, first_day=first.isoformat(), **values))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RateError(f"“{text}”不是日期，请写成 2026-07-01 的样子。") from None
    if not date(1991, 1, 1) <= day <= date(2100, 12, 31):
        raise RateError("利率的起始日期应在1991年至2100年之间，请改正。")
    return day


def _read(text: str) -> tuple[str, Any]:
    key, found, value = text.partition("=")
    if found and key in KINDS:
        try:
            return key, parse_ratio(value)
        except RatioError:
            raise RateError(f"{key}：“{value}”不是利率，请写成 1.50 这样的年利率百分数。") from None
    if found and key == "day_count":
        if value not in [str(one) for one in DAY_COUNTS]:
            raise RateError("day_count 只能是 360 或 365，请改正。")
        return key, int(value)
    if found and key == "source" and len(value) <= SOURCE_LENGTH:
        return key, value
    raise RateError(f"没有“{key}”这一项，请写成 项=值，可用的项有：{'、'.join(KEYS)}。")


def shown_rates(conn: Connection) -> Iterator[str]:
    """A line a rate, oldest first."""
    found = select(interest_rate).order_by(interest_rate.c.first_day, interest_rate.c.kind.desc())
    for row in conn.execute(found):
        yield (
            f"{row.first_day} 起  {KIND_TITLES[row.kind]} {format_ratio(row.rate)}%"
            f"  按{row.day_count}天计  {row.source}".rstrip()
        )
