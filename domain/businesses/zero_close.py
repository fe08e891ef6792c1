"""零余额销户: a sealed account with nothing on it is closed (X-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.business import AccountStatus, CheckContext, KnownAccount
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.leaving import money_awaited
from domain.businesses.names import BusinessOff
from domain.findings import Finding
from domain.money import format_yuan

if TYPE_CHECKING:
    from domain.businesses.move_rules import ZeroCloseRules  # noqa: F401 - named in a base class
    from domain.profile import Profile


class ZeroClose(AccountBusiness["ZeroCloseRules"]):
    """Closing under one center's profile."""

    id = "zero_close"
    CATALOGUE = account_columns()
    needs_history = True

    def choose(self, accounts: list[KnownAccount]) -> KnownAccount:
        """The sealed account where a person has several."""
        return next((one for one in accounts if one.status is AccountStatus.SEALED), accounts[0])

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Sealed, and without a balance where that is known."""
        account, field = match.account, self._person_column
        if account.status is AccountStatus.FROZEN:
            return [Finding("zero_close.frozen", field, "该职工的账户已冻结，请到中心柜台办理。")]
        if account.status is not AccountStatus.SEALED:
            return [Finding("zero_close.not_sealed", field, "该职工的账户没有封存，不能销户，请先办理封存。")]
        if account.balance:
            text = f"该职工的账户还有余额{format_yuan(account.balance)}元，不能零余额销户，请先办理提取。"
            return [Finding("zero_close.balance", field, text)]
        return money_awaited(match, field)


def declare(profile: Profile) -> ZeroClose:
    """Closing at a center. Raises BusinessOff."""
    rules = profile.business.zero_close
    if rules is None:
        raise BusinessOff("本中心没有开通网上零余额销户，请到中心柜台办理。")
    return ZeroClose(profile, rules)
