"""What a center decides about making up months (features.md section 8, parameters 56 to 62)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.businesses.seal_rules import AccountRules

Funding = Literal["suspense", "notice", "bank", "unallocated"]

AT_ONCE: tuple[Funding, ...] = ("suspense", "unallocated")
"""Paid from 单位未分配 in the moment it takes effect; the others wait until money comes for them."""


class MakeupRules(AccountRules):
    """补缴, 漏缴补缴, 少缴补缴."""

    funding: Funding = Field(description="what pays an order (parameter 57)")
    month_max: Literal["remitted", "business_month"] = Field(
        default="remitted", description="up to 缴至月份, or before the business month (parameter 58)"
    )
    years: Literal["any", "current"] = Field(
        default="any", description="older fund years go to the counter (parameter 59)"
    )
    cap_check: bool = Field(
        default=False, description="with what was paid not above the month's most (parameter 60)"
    )
    ratio_rule: Literal["none", "unified_band"] = Field(
        default="none", description="ratios by the unit's own (parameter 61, M-13)"
    )
