"""Another amount for a month that was filed and not paid yet (修改): M-08."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.businesses.accounts import Match
from domain.businesses.makeup import Makeup, not_waiting
from domain.businesses.names import BusinessOff
from domain.findings import Finding

if TYPE_CHECKING:
    from domain.profile import Profile


class MakeupChange(Makeup):
    """Under one center's profile; everything but the month's being new is as in making up."""

    id = "makeup_change"

    def check_made_up(self, month: int, match: Match) -> list[Finding]:
        """The order must wait for its money."""
        return not_waiting(match.person.made_up, match.account.account_no, month)


def declare(profile: Profile) -> MakeupChange:
    """Changing make-ups at a center. Raises BusinessOff."""
    rules = profile.business.makeup_change
    if rules is None:
        raise BusinessOff("本中心没有开通网上补缴修改，请到中心柜台办理。")
    return MakeupChange(profile, rules)
