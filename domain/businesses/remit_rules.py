"""What a center decides about 汇缴 (features.md section 7, parameters 50 to 55)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.rules import BusinessRules

Allocation = Literal["manual", "notice", "on_receipt"]


class RemitRules(BusinessRules):
    """汇缴核定."""

    allocation: Allocation = Field(
        description="by the agent, off line with the 汇补缴书, or when the money arrives (parameter 52)"
    )
    multi_month: bool = Field(description="several months in one submission (parameter 51)")
    july_needs_annual: bool = Field(default=False, description="July only after 年度核定 (parameter 55)")


class RemitCancelRules(BusinessRules):
    """核定删除, 取消核定."""


class AllocateRules(BusinessRules):
    """汇缴分配."""
