"""Sealing, reduction and reopening of accounts (S-01 to S-13)."""

from __future__ import annotations

from typing import Any

from center.effects.apply import OVERTAKEN, Effect, Row, RowFailed, Work
from center.effects.changes import OneAccountEffect
from domain.business import AccountStatus
from domain.money import parse_yuan


def effect(business: str) -> Effect:
    """The effect of `seal` or `unseal`."""
    return SealEffect() if business == "seal" else UnsealEffect()


class SealEffect(OneAccountEffect):
    """The account rests from the business month on."""

    def change(self, work: Work, row: Row) -> dict[str, Any]:
        """The new columns of the row's account."""
        if row.account(work.unit_account).status is not AccountStatus.NORMAL:
            raise RowFailed("account.changed", OVERTAKEN)
        return {
            "status": AccountStatus.SEALED.value,
            "sealed_month": work.month,
            "sealed_reason": row.values.get("reason", ""),
        }


class UnsealEffect(OneAccountEffect):
    """The account is paid into again, with a new base where the row states one (S-04)."""

    def change(self, work: Work, row: Row) -> dict[str, Any]:
        """The new columns of the row's account."""
        known = row.account(work.unit_account)
        if known.status is not AccountStatus.SEALED:
            raise RowFailed("account.changed", OVERTAKEN)
        change: dict[str, Any] = {
            "status": AccountStatus.NORMAL.value,
            "sealed_month": None,
            "sealed_reason": "",
            "base": known.base,
            "unit_amount": known.unit_amount,
            "person_amount": known.person_amount,
        }
        if row.values.get("base"):
            change["base"] = parse_yuan(row.values["base"])
            change["unit_amount"] = parse_yuan(row.values["unit_amount"])
            change["person_amount"] = parse_yuan(row.values["person_amount"])
        return change
