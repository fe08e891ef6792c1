"""What a center decides about sealing, reduction and reopening (section 11, parameters 76 to 80)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.rules import AgeRule, BusinessRules


class AccountRules(BusinessRules):
    """A business about people who have an account: who is meant, and what if the file says otherwise."""

    mismatch: Literal["reject", "center_wins"] = Field(
        default="reject", description="a name or ID other than the registered one (S-13, V-26)"
    )


class SealRules(AccountRules):
    """封存, 职工减少."""

    july_needs_annual: bool = Field(default=False, description="July only after 年度核定 (S-08)")
    sealed_text: str = Field(description="said of an account that is sealed already; may hold {account_no}")


class UnsealRules(AccountRules):
    """启封."""

    needs_base: bool = Field(default=False, description="with a new base (S-04)")
    same_month_block: bool = Field(default=False, description="not in the month of sealing (S-10)")
    age: AgeRule | None = None
