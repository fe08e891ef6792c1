"""The months of a make-up: how they are written and which may be made up (M-09, M-10, V-22, V-23, V-33)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.business import CheckContext
from domain.findings import Finding
from domain.period import FIRST_YEAR, LAST_YEAR, PeriodError, fund_year, parse_month

if TYPE_CHECKING:
    from domain.businesses.makeup_rules import MakeupRules

_WRONG = {
    "month.full_width": "格式错误：含全角字符，请改成半角的六位数字，如 201008。",
    "month.format": "格式错误：请填写六位数字的年月，如 201008。",
    "month.length": "长度错误：请填写六位数字的年月，如 201008。",
    "month.range": f"格式错误：年份应在{FIRST_YEAR}至{LAST_YEAR}之间，请改正。",
}


def read_month(text: str, key: str, title: str) -> tuple[int | None, list[Finding]]:
    """A month YYYYMM, or what is wrong with it; an empty text is neither (W-07)."""
    if not text:
        return None, []
    try:
        return parse_month(text), []
    except PeriodError as error:
        return None, [Finding(error.code, key, f"{title}{_WRONG[error.code]}")]


def month_findings(
    month: int, key: str, title: str, rules: MakeupRules, context: CheckContext, year_start: int
) -> list[Finding]:
    """Whether a month may be made up: not too late, and of this fund year where older ones are closed."""
    late = _too_late(month, key, title, rules, context)
    if late or rules.years == "any" or fund_year(month, year_start) >= fund_year(context.month, year_start):
        return late
    text = f"{title}{month}属于往年，网上只能补缴本年度，补缴往年的须至中心柜台办理。"
    return [Finding("makeup.old_year", key, text)]


def _too_late(month: int, key: str, title: str, rules: MakeupRules, context: CheckContext) -> list[Finding]:
    if rules.month_max == "business_month":
        if month < context.month:
            return []
        text = f"{title}不得大于或等于当前业务年月 {context.month}，请改正。"
        return [Finding("makeup.month_not_past", key, text)]
    paid = context.unit.paid_through
    if paid is None:
        if not context.unit.account:
            return []
        return [Finding("makeup.nothing_paid", key, "单位还没有汇缴过，没有可以补缴的月份，请先办理汇缴。")]
    if month <= paid:
        return []
    return [Finding("makeup.month_after_paid", key, f"{title}不得超过单位的缴至月份 {paid}，请改正。")]
