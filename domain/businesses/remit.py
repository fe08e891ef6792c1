"""汇缴核定: a month's people and amount are verified, month after month (R-01 to R-08, V-02, V-32)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.business import CheckContext
from domain.businesses.names import BusinessOff
from domain.businesses.remit_rows import MonthBusiness
from domain.businesses.remit_rules import RemitRules
from domain.findings import Finding
from domain.period import add_months, fund_year
from domain.remittance import Figures, RemitFacts

if TYPE_CHECKING:
    from domain.profile import Profile


class Remit(MonthBusiness[RemitRules]):
    """Verification under one center's profile."""

    id = "remit"

    def check_month(
        self, month: int, before: Sequence[int], facts: RemitFacts, context: CheckContext
    ) -> list[Finding]:
        """In order, not ahead of time, and nothing under way that would change it."""
        if before and not self.rules.multi_month:
            return [Finding("remit.one", "month", "一次只能核定一个月度，请逐月核定。")]
        done = before[-1] if before else facts.last
        return self._order(month, done, facts, context) or self._july(month, context) or self._blocked(facts)

    def _order(self, month: int, done: int | None, facts: RemitFacts, context: CheckContext) -> list[Finding]:
        """Strictly the month behind the one verified last, and never a month to come."""
        if facts.paid is not None and month <= facts.paid:
            text = f"汇缴月份不能小于等于缴至月份，本单位已缴至{facts.paid}，请重新选择。"
            return [Finding("remit.paid", "month", text)]
        if done is not None and month <= done:
            return [Finding("remit.done", "month", f"{month}已经核定，不能重复核定，请重新选择。")]
        if month > context.month:
            text = f"还没有到{month}，现在最多核定到{context.month}，请重新选择。"
            return [Finding("remit.future", "month", text)]
        first = next(iter(facts.due or {}), None)
        expected = add_months(done, 1) if done is not None else first
        if expected is not None and month != expected:
            text = f"单位缴存月份必须按月连续汇缴，请先核定{expected}。"
            return [Finding("remit.gap", "month", text)]
        return []

    def _july(self, month: int, context: CheckContext) -> list[Finding]:
        """The first month of a fund year comes after its 年度核定 (R-07, V-32)."""
        start = self.profile.calendar.fund_year_start
        if not self.rules.july_needs_annual or month % 100 != start:
            return []
        year, done = fund_year(month, start), context.unit.verified_year
        if done is not None and done >= year:
            return []
        text = f"每年{start}月的汇缴核定应在年度核定完成后办理，请先办理{year}年度核定。"
        return [Finding("remit.july", "month", text)]

    def _blocked(self, facts: RemitFacts) -> list[Finding]:
        """Businesses under way that would change who pays (R-05, V-02)."""
        if not facts.blocking:
            return []
        kinds = "、".join(f"{self.profile.business_title(name)}{count}笔" for name, count in facts.blocking)
        text = f"本单位有未办结的{kinds}，不允许进行汇缴核定，请等办结后再核定。"
        return [Finding("remit.blocked", "month", text)]

    def known(self, month: int, facts: RemitFacts) -> Figures | None:
        """What the center counts."""
        return (facts.due or {}).get(month)


def declare(profile: Profile) -> Remit:
    """Verification at a center. Raises BusinessOff."""
    rules = profile.business.remit
    if rules is None:
        raise BusinessOff("本中心没有开通网上汇缴核定，请到中心柜台办理。")
    return Remit(profile, rules)
