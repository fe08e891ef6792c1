"""What a center decides about changes of registered facts (sections 5 and 10, parameters 85 and 86)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from domain.businesses.fact_items import PERSON_COUNTER, PERSON_ITEMS, UNIT_COUNTER, UNIT_ITEMS
from domain.businesses.seal_rules import AccountRules
from domain.rules import BusinessRules

CHANGE = ["item", "old", "new"]


class FactRules(BusinessRules):
    """A business that changes registered items; `titles` may name items as well as columns."""

    KNOWN: ClassVar[frozenset[str]] = frozenset()
    FIXED: ClassVar[frozenset[str]] = frozenset()

    columns: list[str] = CHANGE
    required: list[str] = ["item"]
    template: list[str] = []
    form: list[str] = []
    counted: str = "项"
    items: list[str] = Field(description="items the form shows, in order (U-01, P-02)")
    counter: list[str] = Field(
        default=[], description="items of them that only the counter changes: grey (U-03)"
    )
    filled: list[str] = Field(default=[], description="items that may not be emptied")
    pending_text: str = Field(default="", description="said while a change is under way (V-01, V-09)")

    @model_validator(mode="after")
    def _items_are_known(self) -> FactRules:
        """Every item is one of the catalogue, and what no center lets be changed is grey."""
        unknown = {*self.items, *self.counter, *self.filled} - self.KNOWN
        if unknown:
            raise ValueError(f"no such item: {', '.join(sorted(unknown))}")
        open_ones = self.FIXED.intersection(self.items) - set(self.counter)
        if open_ones:
            raise ValueError(f"changed at the counter only: {', '.join(sorted(open_ones))}")
        return self

    @property
    def editable(self) -> tuple[str, ...]:
        """The items an agent may change, in order."""
        return tuple(key for key in self.items if key not in self.counter)


class UnitChangeRules(FactRules):
    """单位信息变更."""

    KNOWN = frozenset(item.key for item in UNIT_ITEMS)
    FIXED = UNIT_COUNTER

    pending_text: str = "存在未审批完成的单位信息变更业务，请等审批完成后再变更。"


class PersonChangeRules(FactRules, AccountRules):
    """缴存人信息变更."""

    KNOWN = frozenset(item.key for item in PERSON_ITEMS)
    FIXED = PERSON_COUNTER

    columns: list[str] = ["name", *CHANGE, "account_no", "id_number"]
    pending_text: str = "缴存人存在未审批完成的变更业务时，不允许重复提交审批，请等审批完成后再变更。"
