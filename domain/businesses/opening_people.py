"""Registration against what the center already knows of the person (O-15, V-17; 条例 article 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.business import AccountStatus, CheckContext, PersonFacts
from domain.businesses.accounts import Match
from domain.businesses.leaving import money_awaited
from domain.findings import Finding

if TYPE_CHECKING:
    from domain.businesses.open_rules import OpenRules

LIVE = (AccountStatus.NORMAL, AccountStatus.FROZEN)


def check_people(rules: OpenRules, name: str, facts: PersonFacts, context: CheckContext) -> list[Finding]:
    """Findings from accounts and the registered name.

    One person has one account (条例 article 13); one that is taken over from another unit ends there, so no
    money may be on its way to it. A name other than the registered one is not taken over in silence: names
    change at the counter only (P-03).
    """
    own = context.unit.account
    live = [account for account in facts.accounts if account.status in LIVE]
    if any(account.unit_account == own for account in live):
        return [
            Finding("open.active_here", "id_number", "存在正常缴存账户：该职工已在本单位缴存，无须再次登记。")
        ]
    if live and rules.active_elsewhere == "transfer":
        text = "存在正常缴存账户：该职工在其他单位有账户，请办理内部转移。"
        return [Finding("open.active_elsewhere", "id_number", text)]
    if live:
        text = "存在正常缴存账户：请先由原单位办理减少或封存，再登记。"
        return [Finding("open.active_elsewhere", "id_number", text)]
    sealed = [account for account in facts.accounts if account.status is AccountStatus.SEALED]
    if sealed and rules.sealed_elsewhere == "reject":
        here = any(account.unit_account == own for account in sealed)
        text = (
            "该职工在本单位有封存账户，请办理启封。"
            if here
            else "该职工在其他单位有封存账户，请办理转移或到中心柜台办理。"
        )
        return [Finding("open.sealed_account", "id_number", text)]
    if facts.name and facts.name.casefold() != name.casefold():
        text = "姓名与中心已登记的不一致，请核对姓名和证件号码；确实无误的，请到中心柜台办理。"
        return [Finding("open.name_differs", "name", text)]
    if sealed and not any(account.unit_account == own for account in sealed):
        taken = min(sealed, key=lambda account: account.account_no)
        return money_awaited(Match(facts, taken), "id_number")
    return []
