"""Registration of staff (缴存人登记, 职工登记, 个人开户): columns, checks, calculations.

Rules: O-02, O-07, O-09 to O-16, V-06, V-11 to V-18, V-24, V-28, V-36, W-09 of the feature matrix.
What the center alone knows (accounts elsewhere, unfinished registrations) comes in through
`CheckContext.people`; everything else is the same on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from domain.age import AgeLimits, age_problem
from domain.business import (
    AccountStatus,
    CheckContext,
    Column,
    Kind,
    RatioPair,
    RowCheck,
    Source,
    UnitFacts,
    typed_values,
)
from domain.businesses.opening_cells import check_cells
from domain.businesses.opening_columns import CATALOGUE
from domain.businesses.opening_people import check_people
from domain.findings import Finding, Severity, errors
from domain.idnumber import IdNumber, IdNumberError, area_warning, parse_id_number, same_person_key
from domain.money import MoneyError, RatioError, deposit, format_ratio, format_yuan, parse_ratio, parse_yuan
from domain.text import clean_cell, han_count, name_problem

if TYPE_CHECKING:
    from domain.profile import Profile

__all__ = ["AccountStatus", "Opening", "declare"]

RATIO_KEYS = ("unit_ratio", "person_ratio")
AMOUNT_KEYS = ("unit_amount", "person_amount", "total_amount")


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


class Opening:
    """Registration under one center's profile; implements `domain.business.Business`."""

    id = "open"

    def __init__(self, profile: Profile) -> None:
        """Declare the business for `profile`."""
        rules = profile.opening
        self.profile = profile
        self.rules = rules
        self.title = rules.title
        self.first_error_only = profile.imports.errors_per_row == "first"
        self.form_order: tuple[str, ...] = tuple(rules.form)
        self.template_order: tuple[str, ...] = tuple(rules.template)
        by_key = {column.key: column for column in CATALOGUE}
        ordered = list(dict.fromkeys([*rules.columns, *rules.template, *rules.form]))
        self.columns: tuple[Column, ...] = tuple(self._column(by_key[key]) for key in ordered)
        self.by_key = {column.key: column for column in self.columns}
        self._place = {column.key: place for place, column in enumerate(self.columns)}
        self._plain_columns = tuple(
            column
            for column in self.columns
            if column.kind in (Kind.CODE, Kind.MOBILE, Kind.TEXT) and not column.computed
        )
        self._kept = {source: self._keys_of(source) for source in Source}

    def _column(self, column: Column) -> Column:
        rules = self.rules
        title = rules.titles.get(column.key, column.title)
        return replace(
            column,
            title=title,
            required=column.key in rules.required,
            in_form=column.key in rules.form,
            in_template=column.key in rules.template,
            in_roster=column.key in rules.columns,
            aliases=tuple(dict.fromkeys(a for a in (column.title, *column.aliases) if a != title)),
        )

    def _keys_of(self, source: Source) -> frozenset[str]:
        """The columns that people or the wire may state, by source of the row."""
        if source is Source.CENTER:
            return frozenset((*self.by_key, *RATIO_KEYS, *AMOUNT_KEYS))
        return frozenset(typed_values(self, dict.fromkeys(self.by_key, ""), source))

    # ---- the row -------------------------------------------------------------------------------

    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one row and its normal values; `row` maps column keys to texts as typed."""
        kept = self._kept[context.source]
        typed = {key: clean_cell(text) for key, text in row.items() if key in kept}
        values = dict(typed)
        found = self._missing(typed, context)
        found += self._name(typed, values)
        found += self._person(typed, values, context)
        found += check_cells(self._plain_columns, typed, values, context)
        money, money_findings = self._money(typed, values, context)
        found += money_findings
        found += self._stated(typed, money)
        values |= self._computed(money)
        if not errors(found):
            found += check_people(self.rules, values.get("name", ""), values.get("id_number", ""), context)
        if len(found) > 1:
            found.sort(key=lambda finding: self._place.get(finding.field, len(self._place)))
        return RowCheck(values, tuple(found), money.total or 0)

    def preview(self, row: Mapping[str, str], context: CheckContext) -> Mapping[str, str]:
        """Computed columns while typing (W-09); unknown ones are ""."""
        typed = typed_values(self, {key: clean_cell(text) for key, text in row.items()}, Source.SINGLE)
        money, _ = self._money(typed, {}, context)
        known = self._computed(money)
        return {key: known.get(key, "") for key in (*RATIO_KEYS, *AMOUNT_KEYS)}

    def check_roster(self, rows: Sequence[Mapping[str, str]], context: CheckContext) -> list[RowCheck]:
        """Check all rows; the second and later rows of one person get “存在相同的记录” (O-16, V-18)."""
        first_seen: dict[str, int] = {}
        checks: list[RowCheck] = []
        for place, row in enumerate(rows):
            check = self.check_row(row, context)
            person = same_person_key(check.values.get("id_number", ""))
            if person and person in first_seen:
                duplicate = self.duplicate(f"第{first_seen[person] + 1}条")
                check = replace(check, findings=(*check.findings, duplicate), duplicate_of=first_seen[person])
            elif person:
                first_seen[person] = place
            checks.append(check)
        return checks

    def duplicate(self, first: str) -> Finding:
        """The finding of a second row of one person (O-16, V-18); `first` says where the first one is."""
        text = f"存在相同的记录：与{first}是同一人，请删除重复的一条。"
        return Finding("roster.duplicate", "id_number", text)

    # ---- the parts of the check ------------------------------------------------------------------

    def _missing(self, typed: Mapping[str, str], context: CheckContext) -> list[Finding]:
        missing = [column for column in self.columns if column.required and not typed.get(column.key)]
        return [
            Finding("required", column.key, f"“{column.title}”不能为空，请填写。")
            for column in missing
            if column.applies(typed) and not self._optional(column, context)
        ]

    @staticmethod
    def _optional(column: Column, context: CheckContext) -> bool:
        """Whether a required column may be empty in rows of this source."""
        if context.source is Source.FILE:
            return False
        if column.kind is Kind.SERIAL:
            return True
        if column.computed and context.source is Source.SINGLE:
            return True
        return column.key == "ratio" and (context.source is Source.CENTER or context.unit.unified_ratio)

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
        found = self._age(person, context)
        warning = area_warning(person.area)
        if warning is not None:
            found.append(Finding("id.area", "id_number", warning, Severity.WARNING))
        return found

    def _age(self, person: IdNumber, context: CheckContext) -> list[Finding]:
        rule = self.rules.age
        if rule is None:
            return []
        limits = AgeLimits(rule.min, rule.max_female, rule.max_male)
        problem = age_problem(person.birth, person.gender, context.today, limits)
        if problem is None:
            return []
        oldest = rule.max_male if person.gender == "男" else rule.max_female
        where = f"未满{rule.min}周岁" if problem == "age.under" else f"超过{oldest}周岁（{person.gender}）"
        text = f"职工{where}，须联系中心，携带补充资料至中心柜台办理个人开户业务。"
        return [Finding("age.counter", "id_number", text)]

    # ---- money -----------------------------------------------------------------------------------

    def _money(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[_Money, list[Finding]]:
        base, found = self._base(typed, values, context)
        ratio, ratio_findings = self._ratio(typed, values, context)
        found += ratio_findings
        if base is None or ratio is None:
            return _Money(base, ratio), found
        rounding = self.profile.money
        unit = deposit(base, ratio.unit, rounding.unit_rounding)
        person = deposit(base, ratio.person, rounding.person_rounding)
        return _Money(base, ratio, unit, person), found

    def _base(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[int | None, list[Finding]]:
        text, title = typed.get("base", ""), self.by_key["base"].title
        if not text:
            return None, []
        try:
            base = parse_yuan(text)
        except MoneyError as error:
            if error.code == "money.full_width":
                return None, [Finding("base.full_width", "base", f"输入的{title}格式错误：请改成半角数字。")]
            return None, [
                Finding(f"base.{error.code.removeprefix('money.')}", "base", f"{title}：{error.text}")
            ]
        if base <= 0:
            return None, [Finding("base.not_positive", "base", f"{title}不能为零或负数，请改成正数。")]
        values["base"] = format_yuan(base)
        limits = context.limits
        if limits is None:
            text = f"中心还没有公布{context.month}所属年度的缴存基数上下限，请联系中心。"
            return base, [Finding("base.limits_unknown", "base", text)]
        if limits.base_min <= base <= limits.base_max:
            return base, []
        return self._out_of_range(base, title, values, context)

    def _out_of_range(
        self, base: int, title: str, values: dict[str, str], context: CheckContext
    ) -> tuple[int | None, list[Finding]]:
        limits = context.limits
        assert limits is not None
        low, high = format_yuan(limits.base_min), format_yuan(limits.base_max)
        if self.rules.base_out_of_range == "reject" or context.source is Source.CENTER:
            text = f"缴存基数和月缴存额不得超过上下限：{title}应在 {low} 至 {high} 元之间，请改正。"
            return base, [Finding("base.out_of_range", "base", text)]
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
        rule = self.profile.ratio
        if rule.min <= entered <= rule.max:
            return RatioPair(entered, entered), []
        low, high = format_ratio(rule.min), format_ratio(rule.max)
        if rule.single_out_of_range == "clamp" and context.source is Source.SINGLE:
            nearest = min(max(entered, rule.min), rule.max)
            values["ratio"] = format_ratio(nearest)
            text = f"缴存比例范围为{low}%至{high}%，已调整为{format_ratio(nearest)}%。"
            return RatioPair(nearest, nearest), [Finding("ratio.clamped", "ratio", text, Severity.ADJUSTED)]
        text = f"缴存比例应在{low}%至{high}%之间，请改正。"
        return None, [Finding("ratio.out_of_range", "ratio", text)]

    def _ratio_at_center(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[RatioPair | None, list[Finding]]:
        try:
            pair = RatioPair(
                parse_ratio(typed.get("unit_ratio", "")), parse_ratio(typed.get("person_ratio", ""))
            )
        except RatioError as error:
            return None, [Finding(error.code, "unit_ratio", error.text)]
        if self._may_use(pair, context.unit):
            return self._agrees(pair, typed, values)
        return None, [
            Finding(
                "ratio.not_unit", "unit_ratio", "缴存比例不是本单位可用的比例，请刷新单位信息后重新录入。"
            )
        ]

    def _may_use(self, pair: RatioPair, unit: UnitFacts) -> bool:
        """Whether the unit may file this pair: a chosen one of its pairs, any in range, or only its own."""
        if self.rules.ratio_choice == "on_import":
            return pair in unit.ratios
        if self.rules.ratio_choice == "per_row" and not unit.unified_ratio:
            return pair.unit == pair.person and self.profile.ratio.min <= pair.unit <= self.profile.ratio.max
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

    def _stated(self, typed: Mapping[str, str], money: _Money) -> list[Finding]:
        """Amounts that the file or the submission states must equal the computed ones (V-14, V-22)."""
        found: list[Finding] = []
        computed = {"unit_amount": money.unit, "person_amount": money.person, "total_amount": money.total}
        for key, amount in computed.items():
            text = typed.get(key, "")
            if not text or amount is None:
                continue
            title = self.by_key[key].title if key in self.by_key else "月缴存额"
            try:
                stated = parse_yuan(text)
            except MoneyError as error:
                found.append(
                    Finding(f"amount.{error.code.removeprefix('money.')}", key, f"{title}：{error.text}")
                )
                continue
            if stated != amount:
                text = f"月缴存额与计算的月缴存额不一致：{title}应为 {format_yuan(amount)} 元，请改正。"
                found.append(Finding("amount.mismatch", key, text))
        return found

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
    """The registration business of a center."""
    return Opening(profile)
