"""汇缴分配: the unit's unallocated money goes to the accounts of a verified month (R-09, V-05)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.business import CheckContext, RowCheck
from domain.businesses.names import BusinessOff
from domain.businesses.remit_rows import MonthBusiness
from domain.businesses.remit_rules import AllocateRules
from domain.findings import Finding
from domain.money import format_yuan
from domain.remittance import Figures, RemitFacts

if TYPE_CHECKING:
    from domain.profile import Profile


def unequal(unallocated: int, needed: int) -> str:
    """Return the sentence for amounts that differ, both in 分 (V-05); empty when they are equal."""
    if unallocated == needed:
        return ""
    return (
        f"单位未分配金额应等于本期汇缴金额：未分配{format_yuan(unallocated)}元，"
        f"本期汇缴{format_yuan(needed)}元，请核对来款后再分配。"
    )


class Allocate(MonthBusiness[AllocateRules]):
    """Allocation under one center's profile."""

    id = "allocate"

    def check_month(
        self, month: int, before: Sequence[int], facts: RemitFacts, context: CheckContext
    ) -> list[Finding]:
        """The oldest verified month first."""
        unpaid = [one for one in facts.unpaid or () if one not in before]
        if month in unpaid:
            if month == unpaid[0]:
                return []
            text = f"应从最早的核定月度开始分配，请先分配{unpaid[0]}。"
            return [Finding("allocate.not_first", "month", text)]
        if facts.paid is not None and month <= facts.paid:
            text = f"{month}已经分配，不能重复分配，请刷新后核对。"
            return [Finding("allocate.done", "month", text)]
        return [Finding("allocate.not_verified", "month", f"{month}还没有汇缴核定，请先核定。")]

    def together(self, checks: list[RowCheck], context: CheckContext) -> list[RowCheck]:
        """单位未分配金额 equals what is allocated; a part of it is never allocated (V-05)."""
        facts = context.remit
        if facts is None or not all(check.ok for check in checks):
            return self._none_alone(checks)
        needed = sum(check.amount for check in checks)
        if needed == facts.unallocated:
            return checks
        told = Finding("allocate.unequal", "total_amount", unequal(facts.unallocated, needed))
        return [replace(check, findings=(*check.findings, told)) for check in checks]

    @staticmethod
    def _none_alone(checks: list[RowCheck]) -> list[RowCheck]:
        """With one month that cannot go the sum is no longer right: none goes."""
        if all(not check.ok for check in checks) or all(check.ok for check in checks):
            return checks
        text = "有月度不能分配，各月度都没有分配，请核对后重新提交。"
        told = Finding("allocate.together", "month", text)
        return [check if not check.ok else replace(check, findings=(told,)) for check in checks]

    def known(self, month: int, facts: RemitFacts) -> Figures | None:
        """What was verified."""
        return (facts.unpaid or {}).get(month)


def declare(profile: Profile) -> Allocate:
    """Allocation at a center. Raises BusinessOff."""
    rules = profile.business.allocate
    if rules is None:
        raise BusinessOff("本中心没有开通网上汇缴分配，请到中心柜台办理。")
    return Allocate(profile, rules)
