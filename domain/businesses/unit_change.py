"""Change of what is registered of the unit (单位信息变更, 单位信息修改): U-01 to U-10, V-01."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.business import CheckContext, Column, RowCheck
from domain.businesses.base import RosterBusiness
from domain.businesses.fact_items import UNIT_ITEMS
from domain.businesses.facts import CHANGE_COLUMNS, ITEM, NEW, OLD, Changes
from domain.businesses.names import BusinessOff
from domain.businesses.plain_cells import check_cells
from domain.findings import Finding
from domain.text import clean_cell

if TYPE_CHECKING:
    from domain.businesses.fact_rules import UnitChangeRules
    from domain.profile import Profile


class UnitChange(RosterBusiness["UnitChangeRules"]):
    """Change of the unit's facts under one center's profile; one change under way per unit."""

    id = "unit_change"
    CATALOGUE = CHANGE_COLUMNS

    def __init__(self, profile: Profile, rules: UnitChangeRules) -> None:
        """Declare the business for `profile`."""
        self.changes = Changes.of(UNIT_ITEMS, rules)
        super().__init__(profile, rules)
        self._plain_columns = tuple(c for c in self._plain_columns if c.key not in (OLD, NEW))

    def _column(self, column: Column) -> Column:
        return self.changes.column(super()._column(column))

    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one changed item and its normal values."""
        kept = self._kept[context.source]
        typed = {key: clean_cell(text) for key, text in row.items() if key in kept}
        values = dict(typed)
        found = self._missing(typed, context)
        found += check_cells(self._plain_columns, typed, values, context)
        found += self.changes.check(typed, values, context.unit.details, context)
        if self.id in context.unit.unfinished:
            found.append(Finding("unit.in_flight", "", self.rules.pending_text))
        return RowCheck(values, self._ordered(found))

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """One row an item."""
        return values.get(ITEM, "")

    def duplicate(self, first: str) -> Finding:
        """The finding of a second change of an item."""
        text = f"存在相同的记录：与{first}是同一项目，请删除重复的一条。"
        return Finding("roster.duplicate", ITEM, text)


def declare(profile: Profile) -> UnitChange:
    """Changes of the unit's facts at a center. Raises BusinessOff."""
    rules = profile.business.unit_change
    if rules is None:
        raise BusinessOff("本中心没有开通网上单位信息变更，请到中心柜台办理。")
    return UnitChange(profile, rules)
