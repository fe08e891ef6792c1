"""Fields for months, years and spans of days in query forms: typed short or long, checked on leaving."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from domain.period import PeriodError, parse_month
from tui.form_model import FormField

MONTH: Final = FormField("month", "业务年月", "month", 6, required=True, help="六位数字，例如 202611。")

YEAR: Final = FormField(
    "year",
    "公积金年度",
    "text",
    4,
    required=True,
    help="2025 为2025年7月至2026年6月；只能查询已经结束的年度。",
)


def span_fields(title: str) -> list[FormField]:
    """Return the two fields of a span of days."""
    wanted = "例如 20261121 或 2026-11-21。"
    return [
        FormField("first", f"{title}从", "text", 10, required=True, help=wanted),
        FormField("last", "至", "text", 10, required=True, help=wanted),
    ]


def is_year(text: str) -> bool:
    """Whether a text is a fund year: four half-width digits."""
    return len(text) == 4 and text.isascii() and text.isdigit()


def parse_day(text: str) -> date | None:
    """Return a day typed as 20261121 or 2026-11-21 (also with dots or slashes), None for anything else."""
    parts = text.strip().replace(".", "-").replace("/", "-").split("-")
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    try:
        return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return None


def check_period(key: str, text: str, values: Mapping[str, str]) -> str:
    """Return what is wrong with a month, year or day as a sentence, "" when nothing is (W-07)."""
    if key == "month":
        try:
            parse_month(text)
        except PeriodError as error:
            return error.text
        return ""
    if key == "year":
        return "" if is_year(text) else "年度应为四位数字，例如 2025，请改正。"
    if key not in ("first", "last"):
        return ""
    day = parse_day(text)
    if day is None:
        return "日期应写成 20261121 或 2026-11-21，请改正。"
    first = parse_day(values.get("first", "")) if key == "last" else None
    return "截止日期早于起始日期，请改正。" if first is not None and day < first else ""
