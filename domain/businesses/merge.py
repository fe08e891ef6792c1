"""个人账户合并: two accounts of one person at the unit become one (X-07 to X-09).

An account of another unit comes in by 内部转移 first (X-08). The account merged is closed for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.business import AccountStatus, CheckContext, Column, Kind, KnownAccount
from domain.businesses.accounts import LIVE, AccountBusiness, Match, account_columns
from domain.businesses.base import account_number_problem
from domain.businesses.leaving import money_awaited
from domain.businesses.names import BusinessOff
from domain.findings import Finding
from domain.text import safe_text

if TYPE_CHECKING:
    from domain.businesses.move_rules import MergeRules  # noqa: F401 - named in a base class
    from domain.profile import Profile

INTO = "to_account"
"""Column 合并转入个人账号."""
WIDTH = 20
"""Cells of an account number; a merge is about nothing else, so both are shown whole."""
CATALOGUE = tuple(
    replace(column, width=WIDTH) if column.key == "account_no" else column
    for column in account_columns(
        Column(INTO, "合并转入个人账号", Kind.TEXT, WIDTH, aliases=("转入个人账号", "转入账号")),
    )
)
NOT_SEALED = "合并转出的账户没有封存，不能合并，请先办理封存。"
FROZEN = "账户已冻结，不能合并，请到中心柜台办理。"


class Merge(AccountBusiness["MergeRules"]):
    """Merging under one center's profile."""

    id = "merge"
    CATALOGUE = CATALOGUE
    needs_history = True

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """The account that ends is sealed, the one that stays is the same person's at the unit (X-07)."""
        found = money_awaited(match, "account_no")
        if match.account.status is AccountStatus.FROZEN:
            found.append(Finding("merge.frozen", "account_no", f"合并转出的{FROZEN}"))
        elif match.account.status is not AccountStatus.SEALED:
            found.append(Finding("merge.not_sealed", "account_no", NOT_SEALED))
        into = values.get(INTO, "")
        if not into or into == match.account.account_no or account_number_problem(into, context.unit.account):
            return found
        mine = {one.account_no: one for one in match.person.at(context.unit.account) if one.status in LIVE}
        if into in mine and mine[into].status is AccountStatus.FROZEN:
            found.append(Finding("merge.frozen", INTO, f"合并转入的{FROZEN}"))
        elif into not in mine and context.people_known:
            found.append(self._no_target(match, into, context))
        return found

    def _no_target(self, match: Match, into: str, context: CheckContext) -> Finding:
        """Why the other account cannot take the money; the number alone tells whose it is (X-08)."""
        own, shown = context.unit.account, safe_text(into, limit=20)
        owner = context.people.get(context.by_account.get(into, ""))
        if owner is not None and owner is not match.person and _has(owner.at(own), into):
            text = f"{shown}不是该职工的账户，只能合并同一职工的账户，请核对后改正。"
        elif _has(match.person.accounts, into):
            text = f"{shown}是该职工在其他单位的账户，请先办理内部转移，再合并。"
        else:
            text = f"本单位没有{shown}这个账户，或账户已销户，请核对后改正。"
        return Finding("merge.target", INTO, text)

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """An account is not merged with itself; its number looks like one of the unit (V-22)."""
        into = typed.get(INTO, "")
        if not into:
            return []
        title = self.by_key[INTO].title
        if into in (typed.get("account_no", ""), values.get("account_no", "")):
            text = f"{title}与转出的账号相同，不能与自己合并，请核对后改正。"
            return [Finding("merge.itself", INTO, text)]
        problem = account_number_problem(into, context.unit.account)
        return [Finding("account.length", INTO, f"{title}{problem}")] if problem else []


def _has(accounts: Sequence[KnownAccount], number: str) -> bool:
    return any(one.account_no == number for one in accounts)


def declare(profile: Profile) -> Merge:
    """Merging at a center. Raises BusinessOff."""
    rules = profile.business.merge
    if rules is None:
        raise BusinessOff("本中心没有开通网上个人账户合并，请到中心柜台办理。")
    return Merge(profile, rules)
