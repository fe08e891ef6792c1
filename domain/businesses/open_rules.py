"""What a center decides about registration (features.md section 9, parameters 63 to 69)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.rules import AgeRule, BusinessRules


class OpenRules(BusinessRules):
    """Registration."""

    name_max_han: int = 0
    name_max: int = 50
    residents_only: bool = Field(
        default=False, description="only 身份证; residence permits go to the counter"
    )
    age: AgeRule | None = None
    base_out_of_range: Literal["reject", "clamp"] = "reject"
    active_elsewhere: Literal["reject", "transfer"] = "reject"
    sealed_elsewhere: Literal["reject", "reopen"] = "reject"
