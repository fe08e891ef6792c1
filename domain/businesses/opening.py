"""Registration of staff (缴存人登记, 职工登记, 个人开户): columns, checks, calculations.

Rules: O-02, O-07, O-09 to O-16, V-06, V-11 to V-18, V-24, V-28, V-36, W-09 of the feature matrix.
What the center alone knows (accounts elsewhere, unfinished registrations) comes in through
`CheckContext.people`; everything else is the same on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.business import (
    AccountStatus,
    CheckContext,
    Column,
    Limits,
    RatioPair,
    RowCheck,
    Source,
    UnitFacts,
    typed_values,
)
from domain.businesses.base import RosterBusiness, age_finding
from domain.businesses.names import BusinessOff
from domain.businesses.open_rules import OpenRules
from domain.businesses.opening_columns import CATALOGUE
from domain.businesses.opening_people import check_people
from domain.businesses.plain_cells import check_cells
from domain.businesses.wages import limits_unknown, out_of_range, read_base, stated_amounts
from domain.findings import Finding, Severity, errors
from domain.idnumber import IdNumberError, area_warning, parse_id_number, same_person_key
from domain.money import RatioError, format_ratio, format_yuan, parse_ratio
from domain.text import ENDS, clean_cell, han_count, name_problem

if TYPE_CHECKING:
    from domain.businesses.open_rules import OpenRules  # noqa: F401 - named in a base class
    from domain.profile import Profile

__all__ = ["AccountStatus", "Opening", "declare"]

RATIO_KEYS = ("unit_ratio", "person_ratio")
AGE_COUNTER = "须联系中心，携带补充资料至中心柜台办理个人开户业务。"
AMOUNT_KEYS = ("unit_amount", "person_amount", "total_amount")
PAID = ("base", "ratio", *RATIO_KEYS, *AMOUNT_KEYS)
"""What is money in a row."""
MANY_PAID = 5_000
"""Different bases and ratios remembered."""


@dataclass(frozen=True, slots=True)
class _Money:
    """What the amounts of one row come to, in 分 and basis points; None where unknown."""

    base: int | None = None
    ratio: RatioPair | None = None
    unit: int | None = None
    person: int | None = None

    @property
    def total(self) -> int | None:
        return None if self.unit is None or self.person is None else self.unit + self.person


_Paid = tuple[Mapping[str, str], int, Sequence[Finding]]
"""Normal texts, monthly sum in 分, findings."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """What texts about money came to under one set of rules; contexts that differ in people share it."""

    source: Source | None = None
    unit: UnitFacts | None = None
    limits: Limits | None = None
    chosen_ratio: RatioPair | None = None
    month: int = 0
    paid: dict[tuple[str, ...], _Paid] = field(default_factory=dict)

    def holds(self, context: CheckContext) -> bool:
        """Whether what is remembered holds in a context."""
        return (
            self.source is context.source
            and self.unit is context.unit
            and self.limits is context.limits
            and self.chosen_ratio == context.chosen_ratio
            and self.month == context.month
        )


class Opening(RosterBusiness[OpenRules]):
    """Registration under one center's profile."""

    id = "open"
    CATALOGUE = CATALOGUE
    WIRE_KEYS = (*RATIO_KEYS, *AMOUNT_KEYS)
    needs_history = True
    _memory = _Memory()

    # ---- the row -------------------------------------------------------------------------------

    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one row and its normal values; `row` maps column keys to texts as typed."""
        kept = self._kept[context.source]
        typed = {key: text.strip(ENDS) for key, text in row.items() if key in kept}
        values = dict(typed)
        found = self._missing(typed, context)
        found += self._name(typed, values)
        found += self._person(typed, values, context)
        found += check_cells(self._plain_columns, typed, values, context)
        changed, amount, money_findings = self._paid(typed, context)
        found += money_findings
        values |= changed
        if not found or not errors(found):
            found += self._known_person(values, context)
        return RowCheck(values, self._ordered(found), amount)

    def _paid(self, typed: Mapping[str, str], context: CheckContext) -> _Paid:
        """What all that is money in a row comes to.

        They follow from its texts alone, and a roster has few different ones: they are worked out once.
        """
        memory = self._memory  # taken once: other threads may be at other rosters
        if not memory.holds(context):
            self._memory = memory = _Memory(
                context.source, context.unit, context.limits, context.chosen_ratio, context.month
            )
        texts = tuple([typed.get(key, "") for key in PAID])
        known = memory.paid.get(texts)
        if known is None:
            changed: dict[str, str] = {}
            money, found = self._money(typed, changed, context)
            computed = self._computed(money)
            found += stated_amounts(typed, computed, self.by_key)
            known = changed | computed, money.total or 0, found
            if len(memory.paid) < MANY_PAID:
                memory.paid[texts] = known
        return known

    def preview(self, row: Mapping[str, str], context: CheckContext) -> Mapping[str, str]:
        """Computed columns while typing (W-09); unknown ones are ""."""
        typed = typed_values(self, {key: clean_cell(text) for key, text in row.items()}, Source.SINGLE)
        money, _ = self._money(typed, {}, context)
        known = self._computed(money)
        return {key: known.get(key, "") for key in (*RATIO_KEYS, *AMOUNT_KEYS)}

    # ---- the parts of the check ------------------------------------------------------------------

    def _optional(self, column: Column, context: CheckContext) -> bool:
        """Whether a required column may be empty in rows of this source."""
        if column.key == "ratio" and context.source is not Source.FILE:
            return context.source is Source.CENTER or context.unit.unified_ratio
        return super()._optional(column, context)

    def _name(self, typed: Mapping[str, str], values: dict[str, str]) -> list[Finding]:
        name = typed.get("name", "")
        if not name:
            return []
        problem = name_problem(name)
        if problem is not None:
            return [Finding(problem[0], "name", problem[1])]
        if self.rules.name_max_han and han_count(name) > self.rules.name_max_han:
            limit = self.rules.name_max_han
            text = f"姓名超过{limit}个汉字，不能在网上录入，请到中心柜台办理。"
            return [Finding("name.too_long", "name", text)]
        if len(name) > self.rules.name_max:
            return [Finding("name.too_long", "name", f"姓名超过{self.rules.name_max}个字，请核对后改正。")]
        values["name"] = name
        return []

    def _person(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> list[Finding]:
        text = typed.get("id_number", "")
        if not text:
            return []
        try:
            person = parse_id_number(text, context.today)
        except IdNumberError as error:
            return [Finding(error.code, "id_number", error.text)]
        values["id_number"] = person.text
        if len(person.text) == 15 and not self.rules.id15_allowed:
            return [
                Finding("id.fifteen", "id_number", f"请填18位身份证号码，对应号码是 {person.full}，请核对。")
            ]
        if person.is_residence_permit and self.rules.residents_only:
            return [Finding("id.not_resident", "id_number", "使用非身份证件开户的，须至中心柜台办理。")]
        found = age_finding(self.rules.age, person, context, AGE_COUNTER)
        warning = area_warning(person.area)
        if warning is not None:
            found.append(Finding("id.area", "id_number", warning, Severity.WARNING))
        return found

    def _known_person(self, values: Mapping[str, str], context: CheckContext) -> list[Finding]:
        """Findings from what is known of the person; none where nothing is."""
        facts = context.people.get(same_person_key(values.get("id_number", "")))
        if facts is None:
            return []
        waiting = self._under_way(facts.unfinished)
        return waiting or check_people(self.rules, values.get("name", ""), facts, context)

    # ---- money -----------------------------------------------------------------------------------

    def _money(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[_Money, list[Finding]]:
        base, found = self._base(typed, values, context)
        ratio, ratio_findings = self._ratio(typed, values, context)
        found += ratio_findings
        if base is None or ratio is None:
            return _Money(base, ratio), found
        limits = context.limits
        if limits is None:
            return _Money(base, ratio), found
        return _Money(base, ratio, *limits.deposits(base, ratio)), found

    def _base(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[int | None, list[Finding]]:
        title = self.by_key["base"].title
        base, found = read_base(typed.get("base", ""), title)
        if base is None:
            return None, found
        values["base"] = format_yuan(base)
        limits = context.limits
        if limits is None:
            return base, [limits_unknown(context.month)]
        if limits.base_min <= base <= limits.base_max:
            return base, []
        return self._out_of_range(base, title, limits, values, context)

    def _out_of_range(
        self, base: int, title: str, limits: Limits, values: dict[str, str], context: CheckContext
    ) -> tuple[int | None, list[Finding]]:
        if self.rules.base_out_of_range == "reject" or context.source is Source.CENTER:
            return base, [out_of_range(title, limits.base_min, limits.base_max)]
        low, high = format_yuan(limits.base_min), format_yuan(limits.base_max)
        nearest = min(max(base, limits.base_min), limits.base_max)
        values["base"] = format_yuan(nearest)
        text = (
            f"当前最低缴存基数 {low} 元，最高缴存基数 {high} 元，{title}已调整为 {format_yuan(nearest)} 元。"
        )
        return nearest, [Finding("base.clamped", "base", text, Severity.ADJUSTED)]

    def _ratio(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[RatioPair | None, list[Finding]]:
        if context.source is Source.CENTER:
            return self._ratio_at_center(typed, values, context)
        if self.rules.ratio_choice != "per_row":
            return context.chosen_ratio or context.unit.ratio, []
        text = typed.get("ratio", "")
        if context.unit.unified_ratio and context.source is Source.SINGLE:
            return context.unit.ratio, []
        if not text:
            return None, []
        try:
            entered = parse_ratio(text)
        except RatioError as error:
            return None, [Finding(error.code, "ratio", error.text)]
        values["ratio"] = format_ratio(entered)
        if context.unit.unified_ratio:
            if entered == context.unit.ratio.unit:
                return context.unit.ratio, []
            now = format_ratio(context.unit.ratio.unit)
            message = f"缴存比例应为单位的当前缴存比例 {now}%，请改正。"
            return None, [Finding("ratio.not_unit", "ratio", message)]
        return self._ratio_in_range(entered, values, context)

    def _ratio_in_range(
        self, entered: int, values: dict[str, str], context: CheckContext
    ) -> tuple[RatioPair | None, list[Finding]]:
        least, most = self._ratio_range(context)
        if least <= entered <= most:
            return RatioPair(entered, entered), []
        low, high = format_ratio(least), format_ratio(most)
        if self.profile.ratio.single_out_of_range == "clamp" and context.source is Source.SINGLE:
            nearest = min(max(entered, least), most)
            values["ratio"] = format_ratio(nearest)
            text = f"缴存比例范围为{low}%至{high}%，已调整为{format_ratio(nearest)}%。"
            return RatioPair(nearest, nearest), [Finding("ratio.clamped", "ratio", text, Severity.ADJUSTED)]
        text = f"缴存比例应在{low}%至{high}%之间，请改正。"
        return None, [Finding("ratio.out_of_range", "ratio", text)]

    def _ratio_range(self, context: CheckContext) -> tuple[int, int]:
        limits = context.limits
        if limits is None:
            return self.profile.ratio.min, self.profile.ratio.max
        return limits.ratio_min, limits.ratio_max

    def _ratio_at_center(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[RatioPair | None, list[Finding]]:
        try:
            pair = RatioPair(
                parse_ratio(typed.get("unit_ratio", "")), parse_ratio(typed.get("person_ratio", ""))
            )
        except RatioError as error:
            return None, [Finding(error.code, "unit_ratio", error.text)]
        if self._may_use(pair, context):
            return self._agrees(pair, typed, values)
        return None, [
            Finding(
                "ratio.not_unit", "unit_ratio", "缴存比例不是本单位可用的比例，请刷新单位信息后重新录入。"
            )
        ]

    def _may_use(self, pair: RatioPair, context: CheckContext) -> bool:
        """Whether the unit may file this pair: a chosen one of its pairs, any in range, or only its own."""
        unit = context.unit
        if self.rules.ratio_choice == "on_import":
            return pair in unit.ratios
        if self.rules.ratio_choice == "per_row" and not unit.unified_ratio:
            least, most = self._ratio_range(context)
            return pair.unit == pair.person and least <= pair.unit <= most
        return pair == unit.ratio

    @staticmethod
    def _agrees(
        pair: RatioPair, typed: Mapping[str, str], values: dict[str, str]
    ) -> tuple[RatioPair | None, list[Finding]]:
        """A ratio that the row states besides the pair must be the same one."""
        text = typed.get("ratio", "")
        if not text:
            return pair, []
        try:
            stated = parse_ratio(text)
        except RatioError as error:
            return None, [Finding(error.code, "ratio", error.text)]
        if stated != pair.unit:
            text = f"缴存比例与计算所用的比例 {format_ratio(pair.unit)}% 不一致，请刷新清册后重新提交。"
            return None, [Finding("ratio.mismatch", "ratio", text)]
        values["ratio"] = format_ratio(stated)
        return pair, []

    @staticmethod
    def _computed(money: _Money) -> dict[str, str]:
        known: dict[str, str] = {}
        if money.ratio is not None:
            known["unit_ratio"] = format_ratio(money.ratio.unit)
            known["person_ratio"] = format_ratio(money.ratio.person)
        if money.unit is not None and money.person is not None and money.total is not None:
            known["unit_amount"] = format_yuan(money.unit)
            known["person_amount"] = format_yuan(money.person)
            known["total_amount"] = format_yuan(money.total)
        return known


def declare(profile: Profile) -> Opening:
    """The registration business of a center. Raises BusinessOff."""
    rules = profile.business.open
    if rules is None:
        raise BusinessOff("本中心没有开通网上登记，请到中心柜台办理。")
    return Opening(profile, rules)
