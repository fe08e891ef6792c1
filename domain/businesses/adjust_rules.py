"""What a center decides about bases, monthly amounts and ratios (section 6, parameters 47 to 49)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.businesses.seal_rules import AccountRules

ChangeKind = Literal["base", "amount", "ratio"]


class AdjustRules(AccountRules):
    """基数调整. `form` and `template` name the columns in front; those of the change follow by themselves."""

    kinds: list[ChangeKind] = Field(min_length=1, description="变更类别, the first is the usual one (B-02)")
    grid: bool = Field(default=False, description="批量录入: cells of the people edited in place (B-06)")


class AnnualRules(AccountRules):
    """年度核定 (B-15, B-16)."""
