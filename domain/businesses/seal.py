"""Sealing of accounts (封存) and reduction of staff (职工减少): S-01 to S-08, S-11 to S-13, V-19, V-30."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import AccountStatus, CheckContext, Column, Kind
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.names import BusinessOff
from domain.businesses.seal_rules import SealRules
from domain.findings import Finding
from domain.period import fund_year

if TYPE_CHECKING:
    from domain.businesses.seal_rules import SealRules  # noqa: F401 - named in a base class
    from domain.profile import Profile

CATALOGUE = account_columns(
    Column("reason", "封存原因", Kind.CODE, 14, aliases=("变更原因", "减少原因", "原因")),
)
JULY = "须待年度核定完成后方可办理封存业务，请先办理年度核定。"


class Seal(AccountBusiness[SealRules]):
    """Sealing under one center's profile."""

    id = "seal"
    CATALOGUE = CATALOGUE
    amount_of_account = True

    def amount(self, values: Mapping[str, str], match: Match | None) -> int:
        """What the account pays a month, where the center sums that up (W-03)."""
        return match.account.amount if match is not None and self.rules.amount_title else 0

    def check_month(self, context: CheckContext) -> list[Finding]:
        """In July the fund year must have been verified first (S-08, V-30)."""
        start = self.profile.calendar.fund_year_start
        if not self.rules.july_needs_annual or context.month % 100 != start:
            return []
        if context.unit.verified_year == fund_year(context.month, start):
            return []
        return [Finding("seal.july", "", JULY)]

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Only an account that is paid into can be sealed (S-11, V-19)."""
        account, field = match.account, self._person_column
        if account.status is AccountStatus.SEALED:
            text = self.rules.sealed_text.format(account_no=account.account_no)
            return [Finding("seal.sealed", field, text)]
        if account.status is AccountStatus.FROZEN:
            return [Finding("seal.frozen", field, "该职工的账户已冻结，请到中心柜台办理。")]
        return []


def declare(profile: Profile) -> Seal:
    """Sealing at a center. Raises BusinessOff."""
    rules = profile.business.seal
    if rules is None:
        raise BusinessOff("本中心没有开通网上封存，请到中心柜台办理。")
    return Seal(profile, rules)
