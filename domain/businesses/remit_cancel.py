"""核定删除, 取消核定: the latest month is taken back while it is not paid (R-11 to R-13, V-03, V-04)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from domain.business import CheckContext
from domain.businesses.names import BusinessOff
from domain.businesses.remit_rows import MonthBusiness
from domain.businesses.remit_rules import RemitCancelRules
from domain.findings import Finding
from domain.remittance import Figures, RemitFacts

if TYPE_CHECKING:
    from domain.profile import Profile


class RemitCancel(MonthBusiness[RemitCancelRules]):
    """Taking back under one center's profile."""

    id = "remit_cancel"

    def check_month(
        self, month: int, before: Sequence[int], facts: RemitFacts, context: CheckContext
    ) -> list[Finding]:
        """From the latest month backward, and only what is not paid."""
        unpaid = [one for one in facts.unpaid or () if one not in before]
        if month in unpaid:
            if month == unpaid[-1]:
                return []
            text = f"只能从最近的核定月度开始删除，不允许任意删除，请先删除{unpaid[-1]}。"
            return [Finding("remit.not_latest", "month", text)]
        if facts.paid is not None and month <= facts.paid:
            return [Finding("remit.paid", "month", f"已缴款的汇缴核定不允许删除：{month}已经缴款。")]
        return [Finding("remit.not_done", "month", f"{month}没有核定，不用删除，请刷新后核对。")]

    def known(self, month: int, facts: RemitFacts) -> Figures | None:
        """What was verified."""
        return (facts.unpaid or {}).get(month)


def declare(profile: Profile) -> RemitCancel:
    """Taking back at a center. Raises BusinessOff."""
    rules = profile.business.remit_cancel
    if rules is None:
        raise BusinessOff("本中心没有开通网上取消汇缴核定，请到中心柜台办理。")
    return RemitCancel(profile, rules)
