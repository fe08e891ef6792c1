"""What both directions of transfer between units of one center share (X-01 to X-06).

Who is transferred keeps one account (条例 article 13): it is closed at the unit left and goes on, still
sealed, under a number of the receiving unit.
"""

from __future__ import annotations

from domain.business import AccountStatus, KnownAccount, PersonFacts
from domain.businesses.accounts import LIVE
from domain.findings import Finding

FROZEN = "该职工的账户已冻结，不能转移，请到中心柜台办理。"


def sealed_elsewhere(person: PersonFacts, unit_account: str) -> KnownAccount | None:
    """The account that a transfer to `unit_account` takes: of several the one opened first (X-03, X-08)."""
    sealed = [one for one in person.accounts if one.status is AccountStatus.SEALED]
    others = [one for one in sealed if one.unit_account != unit_account]
    return min(others, key=lambda one: (one.opened, one.account_no), default=None)


def movable(account: KnownAccount, field: str, not_sealed: str) -> list[Finding]:
    """Only a sealed account moves (X-03); `not_sealed` says what is to be done about another one."""
    if account.status is AccountStatus.FROZEN:
        return [Finding("transfer.frozen", field, FROZEN)]
    if account.status is not AccountStatus.SEALED:
        return [Finding("transfer.not_sealed", field, not_sealed)]
    return []


def second_account(person: PersonFacts, receiving: str, field: str, where: str) -> list[Finding]:
    """A person has one account at the receiving unit, where the center cannot merge on line (article 13)."""
    if not any(one.status in LIVE for one in person.at(receiving)):
        return []
    text = f"该职工在{where}已有账户，不能再转入，请到中心柜台办理账户合并。"
    return [Finding("transfer.second", field, text)]
