"""What 漏缴补缴 and 少缴补缴 share: a range of months, wages and ratios, computed amounts (M-03, M-04, M-13).

Everything is judged by the fund years of the months made up. A range may touch several years as long as all
of them come to the same monthly amount; where their limits would set the wage to different values, the range
must be split or goes to the counter (parameter 59).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

from domain.business import CheckContext, Column, Kind, Limits, RatioPair, Source
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.makeup import SIDES, amount_of, frozen_finding, key_of_months, months_repeat
from domain.businesses.makeup_money import not_positive
from domain.businesses.makeup_months import month_findings, read_month
from domain.businesses.makeup_rules import MakeupRules
from domain.businesses.wages import limits_unknown, out_of_range, read_base, stated_amounts
from domain.findings import Finding, Severity, errors
from domain.money import RatioError, format_ratio, format_yuan, parse_ratio
from domain.period import format_month, fund_year, month_range, months_between

MONTHS = ("first_month", "last_month")
COMPUTED = ("month_amount", "total_amount")
HIGH_BAND = 800
"""From this ratio of a unified unit on, in basis points, its people make up at 8% to 12% (M-13, D-10)."""

WAGE_HELP = "超出补缴年月所属年度缴存基数上下限的，按上限或下限计算。"
RATIO_HELP = "统一比例单位从8%（单位比例低于8%的从单位比例）至12%，其他单位5%至12%。"


def range_columns(*more: Column) -> tuple[Column, ...]:
    """The catalogue of a business about a range of months; `more` are its wages and ratios."""
    return account_columns(
        Column("first_month", "起始年月", Kind.MONTH, 8, aliases=("补缴起始年月",)),
        Column("last_month", "截止年月", Kind.MONTH, 8, aliases=("补缴截止年月",)),
        *more,
        Column("month_amount", "月缴存额", Kind.MONEY, 12, computed=True),
        Column("total_amount", "补缴金额", Kind.MONEY, 13, computed=True),
    )


@dataclass(frozen=True, slots=True)
class Pay:
    """One wage with its ratio: the keys of its columns, and which way it counts."""

    base_key: str
    ratio_key: str
    sign: int
    banded: bool
    """Whether the ratio must be one that may be made up at (M-13); what was paid was paid."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A wage in 分 and a ratio in basis points as stated."""

    pay: Pay
    base: int
    ratio: int


class RangeMakeup(AccountBusiness[MakeupRules]):
    """Making up a range of months; a subclass says from which wages."""

    PAYS: ClassVar[tuple[Pay, ...]]

    @abstractmethod
    def check_made_up(
        self, months: tuple[int, int], match: Match, values: Mapping[str, str]
    ) -> list[Finding]:
        """Findings about months that the system has already (M-12)."""

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Accounts paid into and sealed ones can be made up; frozen ones only at the counter."""
        return frozen_finding(match, self._person_column)

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """The months, the wages and ratios, and the amounts they come to."""
        if "fund_type" in self.by_key and not values.get("fund_type"):
            if len(context.unit.fund_types) == 1:
                values["fund_type"] = context.unit.fund_types[0]
            elif match is not None:
                values["fund_type"] = match.account.fund_type
        months, found = self._months(typed, values, context)
        years, wrong = self._years(months, context)
        found += wrong
        reads, wrong = self._wages(typed, values, years, context)
        found += wrong
        if months is None:
            return found
        if match is not None:
            found += self.check_made_up(months, match, values)
        if len(reads) < len(self.PAYS):
            return found
        computed, wrong = self._computed(reads, months, years)
        shown = {key: computed[key] for key in COMPUTED if key in computed}
        found += wrong
        found += stated_amounts({key: typed.get(key, "") for key in COMPUTED}, shown, self.by_key)
        values |= computed
        return found

    def preview(self, row: Mapping[str, str], context: CheckContext) -> Mapping[str, str]:
        """月缴存额 and 补缴金额 while typing; unknown ones are ""."""
        values: dict[str, str] = {}
        months, _ = self._months(row, values, context)
        years, _ = self._years(months, context)
        reads, _ = self._wages(row, values, years, context)
        known: Mapping[str, str] = {}
        if months is not None and len(reads) == len(self.PAYS):
            known, _ = self._computed(reads, months, years)
        return {key: known.get(key, "") for key in COMPUTED}

    def amount(self, values: Mapping[str, str], match: Match | None) -> int:
        """The amount made up over all months."""
        return amount_of(values)

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """A person's months of one fund."""
        person = self.person_key(values)
        subject = f"{person}/{values.get('fund_type', '')}" if person else ""
        return key_of_months(subject, values.get("first_month", ""), values.get("last_month", ""))

    def duplicate(self, first: str) -> Finding:
        """Months of a person that stand in the roster already."""
        return months_repeat(first, "first_month")

    def _missing(self, typed: Mapping[str, str], context: CheckContext) -> list[Finding]:
        """As everywhere; files of this center say 姓名为空 (V-22)."""
        return [
            replace(one, text="姓名为空，请填写。") if one.field == "name" else one
            for one in super()._missing(typed, context)
        ]

    # ---- months ------------------------------------------------------------------------------------

    def _months(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[tuple[int, int] | None, list[Finding]]:
        """First and last month when both may be made up (V-22, V-23)."""
        found: list[Finding] = []
        read: list[int] = []
        start = self.profile.calendar.fund_year_start
        for key in MONTHS:
            title = self.by_key[key].title
            month, wrong = read_month(typed.get(key, "").strip(), key, title)
            found += wrong
            if month is not None:
                values[key] = format_month(month)
                found += month_findings(month, key, title, self.rules, context, start)
                read.append(month)
        if len(read) < len(MONTHS):
            return None, found
        first, last = read
        if first > last:
            text = "起始年月大于截止年月：截止年月不得小于起始年月，请改正。"
            found.append(Finding("makeup.months_reversed", "last_month", text))
        return (None if errors(found) else (first, last)), found

    def _years(
        self, months: tuple[int, int] | None, context: CheckContext
    ) -> tuple[list[Limits], list[Finding]]:
        """What holds in the fund years that a range touches; none where one of them is not published."""
        if months is None:
            return [], []
        start = self.profile.calendar.fund_year_start
        years: list[Limits] = []
        for month in _first_months(*months, start):
            limits = context.limits_for(month, start)
            if limits is None:
                return [], [replace(limits_unknown(month), field="first_month")]
            years.append(limits)
        return years, []

    # ---- wages and ratios --------------------------------------------------------------------------

    def _wages(
        self,
        typed: Mapping[str, str],
        values: dict[str, str],
        years: list[Limits],
        context: CheckContext,
    ) -> tuple[list[_Read], list[Finding]]:
        """The wages within the limits of the months, and the ratios; none while no year is known."""
        found: list[Finding] = []
        reads: list[_Read] = []
        for pay in self.PAYS:
            base, wrong = self._base(pay, typed, values, years, context)
            found += wrong
            ratio, wrong = self._ratio(pay, typed, values, years, context)
            found += wrong
            if base is not None and ratio is not None and years:
                reads.append(_Read(pay, base, ratio))
        return reads, found

    def _base(
        self,
        pay: Pay,
        typed: Mapping[str, str],
        values: dict[str, str],
        years: list[Limits],
        context: CheckContext,
    ) -> tuple[int | None, list[Finding]]:
        key, title = pay.base_key, self.by_key[pay.base_key].title
        base, found = read_base(typed.get(key, ""), title)
        if base is None:
            return None, [
                replace(one, field=key, text=one.text.replace(f"{title}：", f"{title}错误：", 1))
                for one in found
            ]
        values[key] = format_yuan(base)
        if not years:
            return base, []
        nearest = {min(max(base, one.base_min), one.base_max) for one in years}
        if len(nearest) > 1:
            return None, [years_differ(key, title)]
        (clamped,) = nearest
        if clamped == base:
            return base, []
        return self._clamped(base, clamped, key, title, years[0], values, context)

    def _clamped(
        self,
        base: int,
        clamped: int,
        key: str,
        title: str,
        year: Limits,
        values: dict[str, str],
        context: CheckContext,
    ) -> tuple[int, list[Finding]]:
        """Entry sets the wage to the limit, and amounts in files are counted from it (V-13, V-14)."""
        if context.source is Source.CENTER:
            return base, [replace(out_of_range(title, year.base_min, year.base_max), field=key)]
        values[key] = format_yuan(clamped)
        text = (
            f"{year.fund_year}年度最低缴存基数 {format_yuan(year.base_min)} 元，最高缴存基数 "
            f"{format_yuan(year.base_max)} 元，{title}已调整为 {format_yuan(clamped)} 元。"
        )
        return clamped, [Finding("base.clamped", key, text, Severity.ADJUSTED)]

    def _ratio(
        self,
        pay: Pay,
        typed: Mapping[str, str],
        values: dict[str, str],
        years: list[Limits],
        context: CheckContext,
    ) -> tuple[int | None, list[Finding]]:
        key, text = pay.ratio_key, typed.get(pay.ratio_key, "")
        if not text:
            return None, []
        try:
            ratio = parse_ratio(text)
        except RatioError as error:
            return None, [Finding(error.code, key, error.text)]
        values[key] = format_ratio(ratio)
        least, most = self.ratio_range(years, context, banded=pay.banded)
        if least <= ratio <= most:
            return ratio, []
        low, high = format_ratio(least), format_ratio(most)
        wrong = f"{self.by_key[key].title}应在{low}%至{high}%之间，请改正。"
        return None, [Finding("ratio.out_of_range", key, wrong)]

    def ratio_range(self, years: list[Limits], context: CheckContext, *, banded: bool) -> tuple[int, int]:
        """The ratios that may be stated, in basis points, both included (M-13, D-10)."""
        rule = self.profile.ratio
        least = max((one.ratio_min for one in years), default=rule.min)
        most = min((one.ratio_max for one in years), default=rule.max)
        if banded and self.rules.ratio_rule == "unified_band" and context.unit.unified_ratio:
            least = max(least, min(context.unit.ratio.unit, HIGH_BAND))
        return least, most

    # ---- amounts -----------------------------------------------------------------------------------

    def _computed(
        self, reads: list[_Read], months: tuple[int, int], years: list[Limits]
    ) -> tuple[dict[str, str], list[Finding]]:
        """The monthly amount, the whole, and its sides; each side is rounded by itself, month by month."""
        monthly = {_monthly(reads, limits) for limits in years}
        if len(monthly) != 1:
            return {}, [years_differ("first_month", "补缴年月")]
        (sides,) = monthly
        count = months_between(*months) + 1
        if min(sides) < 0 or sum(sides) <= 0:
            return {}, [not_positive("total_amount", self.by_key["total_amount"].title)]
        computed = {"month_amount": format_yuan(sum(sides)), "total_amount": format_yuan(sum(sides) * count)}
        return computed | {key: format_yuan(side * count) for key, side in zip(SIDES, sides, strict=True)}, []


@lru_cache(maxsize=2048)
def _first_months(first: int, last: int, start: int) -> tuple[int, ...]:
    """The first month of a range in each fund year that it touches."""
    firsts: dict[int, int] = {}
    for month in month_range(first, last):
        firsts.setdefault(fund_year(month, start), month)
    return tuple(firsts.values())


def _monthly(reads: list[_Read], limits: Limits) -> tuple[int, int]:
    """What a month comes to for unit and person in 分, what was paid taken off."""
    unit = person = 0
    for read in reads:
        own = limits.deposits(read.base, RatioPair(read.ratio, read.ratio))
        unit, person = unit + read.pay.sign * own[0], person + read.pay.sign * own[1]
    return unit, person


def years_differ(field: str, title: str) -> Finding:
    """A range whose fund years would come to different amounts (parameter 59)."""
    text = f"补缴年月跨年度，各年度的上下限不同，{title}不能统一计算，请按年度分开录入或到中心柜台办理。"
    return Finding("makeup.years_differ", field, text)
