"""Making up months that were not paid at all (漏缴补缴): M-03, M-12, M-13, V-21 to V-23."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import Column, Kind
from domain.businesses.accounts import Match
from domain.businesses.makeup import repeated
from domain.businesses.makeup_range import RATIO_HELP, WAGE_HELP, Pay, RangeMakeup, range_columns
from domain.businesses.names import BusinessOff
from domain.findings import Finding

if TYPE_CHECKING:
    from domain.profile import Profile


class MissedMakeup(RangeMakeup):
    """Whole months under one center's profile."""

    id = "makeup_missed"
    needs_history = True
    PAYS = (Pay("due_base", "due_ratio", 1, banded=True),)
    CATALOGUE = range_columns(
        Column("due_base", "月均工资", Kind.MONEY, 12, aliases=("缴存基数",), help=WAGE_HELP),
        Column("due_ratio", "缴存比例", Kind.RATIO, 8, help=RATIO_HELP),
    )

    def check_made_up(
        self, months: tuple[int, int], match: Match, values: Mapping[str, str]
    ) -> list[Finding]:
        """A month made up already was not missed."""
        return repeated(match.person.made_up, "first_month", months, values.get("fund_type", ""))


def declare(profile: Profile) -> MissedMakeup:
    """Making up missed months at a center. Raises BusinessOff."""
    rules = profile.business.makeup_missed
    if rules is None:
        raise BusinessOff("本中心没有开通网上漏缴补缴，请到中心柜台办理。")
    return MissedMakeup(profile, rules)
