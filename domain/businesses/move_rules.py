"""What a center decides about transfer, merging and closing of accounts (section 12, parameters 81 to 83)."""

from __future__ import annotations

from pydantic import Field

from domain.businesses.seal_rules import AccountRules


class TransferRules(AccountRules):
    """本市转移, 内部转移."""

    second_account: bool = Field(
        default=False,
        description="the person may have an account at the receiving unit already, to be merged later (X-08)",
    )
    told: str = Field(description="message to the other unit; may hold {unit}, {count}, {names}")


class MergeRules(AccountRules):
    """个人账户合并."""


class ZeroCloseRules(AccountRules):
    """零余额销户."""
