"""Changes of registered facts: a row is one changed item, with what it was and what it shall be (U-04, P-05).

That the row states the old value is what protects against changes meanwhile: where the center has registered
another one since, the row fails and says what stands there now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

from domain.business import CheckContext, Column, Kind
from domain.businesses.fact_items import Item
from domain.codes import CodeTable
from domain.findings import Finding

if TYPE_CHECKING:
    from domain.businesses.fact_rules import FactRules

ITEM, OLD, NEW = "item", "old", "new"
EMPTY = "空"
"""What is said of an item that is not registered."""

CHANGE_COLUMNS = (
    Column(ITEM, "变更项目", Kind.CODE, 14),
    Column(OLD, "变更前", Kind.TEXT, 24),
    Column(NEW, "变更后", Kind.TEXT, 24),
)


class FactBusiness(Protocol):
    """A business that changes registered items."""

    @property
    def changes(self) -> Changes:
        """The items and their checks."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The items of one business at one center, in the order of its form."""

    items: tuple[Item, ...]
    editable: frozenset[str]
    filled: frozenset[str]

    @classmethod
    def of(cls, catalogue: Sequence[Item], rules: FactRules) -> Changes:
        """The items of `catalogue` that a center has, under its own titles."""
        known = {item.key: item for item in catalogue}
        items = tuple(
            replace(known[key], title=rules.titles.get(key, known[key].title)) for key in rules.items
        )
        return cls(items, frozenset(rules.editable), frozenset(rules.filled))

    def item(self, key: str) -> Item | None:
        """An item by key."""
        return next((item for item in self.items if item.key == key), None)

    def table(self) -> CodeTable:
        """The items as the code table of the column 变更项目."""
        return CodeTable(ITEM, "变更项目", tuple((item.key, item.title) for item in self.items))

    def column(self, column: Column) -> Column:
        """A declared column with the center's items."""
        return replace(column, own_codes=self.table()) if column.key == ITEM else column

    def check(
        self,
        typed: Mapping[str, str],
        values: dict[str, str],
        present: Mapping[str, str] | None,
        context: CheckContext,
    ) -> list[Finding]:
        """Findings of one change; puts normal texts into `values`. `present` is what is registered now."""
        item = self.item(values.get(ITEM, ""))
        if item is None:
            return []
        if item.key not in self.editable:
            return [Finding("fact.counter", ITEM, f"“{item.title}”只能到中心柜台变更，请删除这一项。")]
        values[OLD], _ = item.read(typed.get(OLD, ""), context.today)
        values[NEW], wrong = item.read(typed.get(NEW, ""), context.today)
        found = [Finding("fact.format", NEW, wrong)] if wrong else []
        if values[OLD] and not values[NEW] and item.key in self.filled:
            found.append(Finding("fact.empty", NEW, f"“{item.title}”不能为空，请填写。"))
        if not wrong and values[NEW] == values[OLD]:
            found.append(Finding("fact.same", NEW, f"“{item.title}”变更前后相同，请删除这一项。"))
        if present is not None:
            now = present.get(item.key, "")
            if told := overtaken(item, values[OLD], now, context.today):
                found.append(Finding("fact.changed", OLD, told))
        return found


def overtaken(item: Item, old: str, present: str, today: date) -> str:
    """What is said when the registered value is no longer the one a change starts from; "" when it is."""
    now, _ = item.read(item.display(present), today)
    if now == old:
        return ""
    return f"“{item.title}”现登记为“{now or EMPTY}”，不再是“{old or EMPTY}”，请核对后重新录入。"
