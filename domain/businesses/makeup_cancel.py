"""Taking back a month that was filed and not paid yet (取消补缴): M-08."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import CheckContext
from domain.businesses.accounts import AccountBusiness, Match
from domain.businesses.makeup import CATALOGUE, key_of_months, months_repeat, not_waiting
from domain.businesses.makeup_months import read_month
from domain.businesses.makeup_rules import MakeupRules
from domain.businesses.names import BusinessOff
from domain.findings import Finding
from domain.period import format_month

if TYPE_CHECKING:
    from domain.profile import Profile


class MakeupCancel(AccountBusiness[MakeupRules]):
    """Under one center's profile."""

    id = "makeup_cancel"
    CATALOGUE = CATALOGUE
    needs_history = True

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Whatever has become of the account, an order that waits can be taken back."""
        return []

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """The month, and that its order waits for its money."""
        month, found = read_month(typed.get("month", ""), "month", self.by_key["month"].title)
        if month is None:
            return found
        values["month"] = format_month(month)
        if match is not None:
            found += not_waiting(match.person.made_up, match.account.account_no, month)
        return found

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """A person's month."""
        return key_of_months(self.person_key(values), values.get("month", ""), values.get("month", ""))

    def duplicate(self, first: str) -> Finding:
        """A month of a person that stands in the roster already."""
        return months_repeat(first, "month")


def declare(profile: Profile) -> MakeupCancel:
    """Taking back make-ups at a center. Raises BusinessOff."""
    rules = profile.business.makeup_cancel
    if rules is None:
        raise BusinessOff("本中心没有开通网上补缴取消，请到中心柜台办理。")
    return MakeupCancel(profile, rules)
