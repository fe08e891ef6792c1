"""Change of what is registered of a person (缴存人信息变更, 个人信息修改): P-01 to P-08, V-09."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import CheckContext, Column
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.fact_items import PERSON_ITEMS
from domain.businesses.facts import CHANGE_COLUMNS, ITEM, NEW, OLD, Changes
from domain.businesses.names import BusinessOff
from domain.findings import Finding

if TYPE_CHECKING:
    from domain.businesses.fact_rules import PersonChangeRules
    from domain.profile import Profile


class PersonChange(AccountBusiness["PersonChangeRules"]):
    """Change of people's facts under one center's profile; one change under way per person."""

    id = "person_change"
    CATALOGUE = account_columns(*CHANGE_COLUMNS)
    needs_details = True

    def __init__(self, profile: Profile, rules: PersonChangeRules) -> None:
        """Declare the business for `profile`."""
        self.changes = Changes.of(PERSON_ITEMS, rules)
        super().__init__(profile, rules)
        self._plain_columns = tuple(c for c in self._plain_columns if c.key not in (OLD, NEW))

    def _column(self, column: Column) -> Column:
        return self.changes.column(super()._column(column))

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Whatever the state of the account, the person's facts may change."""
        return []

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """Findings about the changed item."""
        return self.changes.check(typed, values, None if match is None else match.person.details, context)

    def _under_way(self, unfinished: frozenset[str]) -> list[Finding]:
        if self.id in unfinished:
            return [Finding("person.in_flight", self._person_column, self.rules.pending_text)]
        return super()._under_way(unfinished)

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """One row an item of a person."""
        person = self.person_key(values)
        return f"{person} {values.get(ITEM, '')}" if person else ""

    def duplicate(self, first: str) -> Finding:
        """The finding of a second change of an item."""
        text = f"存在相同的记录：与{first}是同一人的同一项目，请删除重复的一条。"
        return Finding("roster.duplicate", ITEM, text)


def declare(profile: Profile) -> PersonChange:
    """Changes of people's facts at a center. Raises BusinessOff."""
    rules = profile.business.person_change
    if rules is None:
        raise BusinessOff("本中心没有开通网上缴存人信息变更，请到中心柜台办理。")
    return PersonChange(profile, rules)
