"""本市转移: the unit that gives a sealed person up names the one that takes the account (X-02, D-06)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import AccountStatus, CheckContext, Column, Kind, KnownAccount
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.leaving import money_awaited
from domain.businesses.names import BusinessOff
from domain.businesses.transfers import movable, second_account
from domain.findings import Finding
from domain.text import safe_text

if TYPE_CHECKING:
    from domain.businesses.move_rules import TransferRules  # noqa: F401 - named in a base class
    from domain.profile import Profile

TO_UNIT = "to_unit"
"""Column 转入单位账号."""
TO_UNIT_NAME = "to_unit_name"
LONGEST = 20
"""Digits of the longest unit account."""
CATALOGUE = account_columns(
    Column(TO_UNIT, "转入单位账号", Kind.TEXT, 14, aliases=("新单位账号", "转入单位")),
    Column(TO_UNIT_NAME, "转入单位名称", Kind.TEXT, 24, computed=True),
)


class TransferOut(AccountBusiness["TransferRules"]):
    """本市转移 under one center's profile."""

    id = "transfer_out"
    CATALOGUE = CATALOGUE
    WIRE_KEYS = (TO_UNIT_NAME,)
    CHOSEN = (TO_UNIT,)
    needs_history = True

    def unit_named(self, values: Mapping[str, str]) -> str:
        """The receiving unit."""
        return values.get(TO_UNIT, "")

    def choose(self, accounts: list[KnownAccount]) -> KnownAccount:
        """The sealed account where a person has several."""
        return next((one for one in accounts if one.status is AccountStatus.SEALED), accounts[0])

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Only a sealed account moves (X-03), and to a unit where the person has none (article 13)."""
        field, receiving = self._person_column, values.get(TO_UNIT, "")
        found = movable(match.account, field, "该职工的账户没有封存，不能转移，请先办理封存。")
        found += money_awaited(match, field)
        if found or self.rules.second_account or receiving == context.unit.account:
            return found
        return second_account(match.person, receiving, field, "转入单位")

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """The receiving unit is another one, and the center knows it (X-02)."""
        account = typed.get(TO_UNIT, "")
        values[TO_UNIT_NAME] = ""
        found = self._wrong_unit(account, context) if account else None
        if found is None and context.units is not None and account in context.units:
            values[TO_UNIT_NAME] = context.units[account].name
        return [] if found is None else [found]

    def _wrong_unit(self, account: str, context: CheckContext) -> Finding | None:
        title, shown = self.by_key[TO_UNIT].title, safe_text(account, limit=LONGEST)
        if not (account.isascii() and account.isalnum()) or len(account) > LONGEST:
            return Finding("unit.format", TO_UNIT, f"{title}“{shown}”应为半角数字，请核对后改正。")
        if account == context.unit.account:
            return Finding("unit.own", TO_UNIT, f"{title}不能是本单位的账号，请核对后改正。")
        if context.units is None:
            return None
        known = context.units.get(account)
        if known is None:
            return Finding("unit.unknown", TO_UNIT, f"本中心没有账号为{shown}的单位，请核对{title}。")
        if not known.active:
            text = f"账号为{shown}的单位已不能办理缴存，不能转入，请核对{title}。"
            return Finding("unit.closed", TO_UNIT, text)
        return None


def declare(profile: Profile) -> TransferOut:
    """本市转移 at a center. Raises BusinessOff."""
    rules = profile.business.transfer_out
    if rules is None:
        raise BusinessOff("本中心没有开通网上本市转移，请到中心柜台办理。")
    return TransferOut(profile, rules)
