"""Making up what was paid too little (少缴补缴): the difference a month, M-04, M-12, M-13, V-21 to V-23.

A month may be put right again later, so only the roster is looked at for repeated months.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import Column, Kind
from domain.businesses.accounts import Match
from domain.businesses.makeup_range import RATIO_HELP, WAGE_HELP, Pay, RangeMakeup, range_columns
from domain.businesses.names import BusinessOff
from domain.findings import Finding

if TYPE_CHECKING:
    from domain.profile import Profile


class ShortMakeup(RangeMakeup):
    """Differences under one center's profile."""

    id = "makeup_short"
    PAYS = (Pay("due_base", "due_ratio", 1, banded=True), Pay("paid_base", "paid_ratio", -1, banded=False))
    CATALOGUE = range_columns(
        Column("paid_base", "已缴月均工资", Kind.MONEY, 12, help=WAGE_HELP),
        Column("paid_ratio", "已缴缴存比例", Kind.RATIO, 12),
        Column("due_base", "应缴月均工资", Kind.MONEY, 12, help=WAGE_HELP),
        Column("due_ratio", "应缴缴存比例", Kind.RATIO, 12, help=RATIO_HELP),
    )

    def check_made_up(
        self, months: tuple[int, int], match: Match, values: Mapping[str, str]
    ) -> list[Finding]:
        """Nothing: the system may have put the month right before."""
        return []


def declare(profile: Profile) -> ShortMakeup:
    """Making up differences at a center. Raises BusinessOff."""
    rules = profile.business.makeup_short
    if rules is None:
        raise BusinessOff("本中心没有开通网上少缴补缴，请到中心柜台办理。")
    return ShortMakeup(profile, rules)
