"""Reopening of sealed accounts (启封): S-01 to S-06, S-09, S-10, V-29."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import AccountStatus, CheckContext, Column, Kind, KnownAccount, RatioPair
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.base import age_finding
from domain.businesses.names import BusinessOff
from domain.businesses.seal_rules import UnsealRules
from domain.businesses.wages import base_findings, stated_amounts
from domain.findings import Finding
from domain.idnumber import IdNumber
from domain.money import format_ratio, format_yuan
from domain.text import clean_cell

if TYPE_CHECKING:
    from domain.businesses.seal_rules import UnsealRules  # noqa: F401 - named in a base class
    from domain.profile import Profile

COMPUTED = ("unit_ratio", "person_ratio", "unit_amount", "person_amount", "total_amount")
CATALOGUE = account_columns(
    Column("reason", "启封原因", Kind.CODE, 14, aliases=("变更原因", "原因")),
    Column("base", "个人缴存基数", Kind.MONEY, 13, aliases=("缴存基数", "新基数", "个人缴存基数（元）")),
    Column("unit_ratio", "单位比例", Kind.RATIO, 9, computed=True),
    Column("person_ratio", "个人比例", Kind.RATIO, 9, computed=True),
    Column("unit_amount", "单位月缴存额", Kind.MONEY, 13, computed=True),
    Column("person_amount", "个人月缴存额", Kind.MONEY, 13, computed=True),
    Column("total_amount", "合计月缴存额", Kind.MONEY, 13, computed=True),
)
AGE_COUNTER = "须联系中心，携带补充资料至中心柜台办理启封业务。"
SECOND = "存在正常缴存账户：该职工的另一个账户正在缴存，不能再启封，请先封存另一个账户或到中心柜台办理。"
SAME_MONTH = "该职工当月在本单位封存，当月不能启封，需至中心柜台办理。"


class Unseal(AccountBusiness[UnsealRules]):
    """Reopening under one center's profile."""

    id = "unseal"
    CATALOGUE = CATALOGUE
    WIRE_KEYS = COMPUTED

    def choose(self, accounts: list[KnownAccount]) -> KnownAccount:
        """The sealed account where a person has several."""
        sealed = [one for one in accounts if one.status is AccountStatus.SEALED]
        return (sealed or accounts)[0]

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Only a sealed account is reopened, where the center wants it not in the month of sealing (S-10).

        Nobody is paid for on two accounts, at whatever units they are (条例 article 13).
        """
        account, field = match.account, self._person_column
        if account.status is AccountStatus.FROZEN:
            return [Finding("unseal.frozen", field, "该职工的账户已冻结，请到中心柜台办理。")]
        if account.status is not AccountStatus.SEALED:
            return [Finding("unseal.not_sealed", field, "该职工的账户没有封存，不用启封，请核对后删除。")]
        if self.rules.same_month_block and account.sealed_month == context.month:
            return [Finding("unseal.same_month", field, SAME_MONTH)]
        others = (one for one in match.person.accounts if one.account_no != account.account_no)
        if any(one.status is AccountStatus.NORMAL for one in others):
            return [Finding("unseal.second", field, SECOND)]
        return []

    def check_person(self, person: IdNumber, context: CheckContext) -> list[Finding]:
        """Beyond the ages the counter does it (S-09, V-29)."""
        return age_finding(self.rules.age, person, context, AGE_COUNTER)

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """The new base within the limits of the month, and the amounts it comes to (S-04)."""
        if "base" not in self.by_key:
            return []
        base, found = base_findings(typed.get("base", ""), self.by_key["base"].title, context)
        if base is None:
            return found
        values["base"] = format_yuan(base)
        computed = self._amounts(base, self._ratio(match, context), context)
        found += stated_amounts({key: typed.get(key, "") for key in COMPUTED}, computed, self.by_key)
        values |= computed
        return found

    def preview(self, row: Mapping[str, str], context: CheckContext) -> Mapping[str, str]:
        """Amounts while typing (W-09)."""
        if "base" not in self.by_key:
            return {}
        base, _ = base_findings(row.get("base", ""), "", context)
        match = None if context.unit.unified_ratio else self._meant(row, context)
        known = {} if base is None else self._amounts(base, self._ratio(match, context), context)
        return {key: known.get(key, "") for key in COMPUTED}

    def _meant(self, row: Mapping[str, str], context: CheckContext) -> Match | None:
        """The account of a row that is still being typed."""
        typed = {key: clean_cell(row.get(key, "")) for key in ("account_no", "id_number")}
        match, _ = self._find(typed, context)
        return match

    @staticmethod
    def _ratio(match: Match | None, context: CheckContext) -> RatioPair | None:
        """The unit's ratio, or the person's own where everyone has one; None while that is not known."""
        if context.unit.unified_ratio:
            return context.unit.ratio
        return match.account.ratio if match is not None else None

    @staticmethod
    def _amounts(base: int, ratio: RatioPair | None, context: CheckContext) -> dict[str, str]:
        if ratio is None or context.limits is None:
            return {}
        unit, person = context.limits.deposits(base, ratio)
        return {
            "unit_ratio": format_ratio(ratio.unit),
            "person_ratio": format_ratio(ratio.person),
            "unit_amount": format_yuan(unit),
            "person_amount": format_yuan(person),
            "total_amount": format_yuan(unit + person),
        }


def declare(profile: Profile) -> Unseal:
    """Reopening at a center. Raises BusinessOff."""
    rules = profile.business.unseal
    if rules is None:
        raise BusinessOff("本中心没有开通网上启封，请到中心柜台办理。")
    return Unseal(profile, rules)
