"""Change of bases, monthly amounts and ratios (基数调整): B-01 to B-14, V-06 to V-08.

One roster holds one kind of change (变更类别); each kind types other columns and computes the rest. The
limits are those of the month from which the change counts (变更月度), the first one that is neither paid nor
verified: a verified month is kept as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from domain.business import (
    AccountStatus,
    CheckContext,
    Column,
    Kind,
    KnownAccount,
    Limits,
    RatioPair,
    RowCheck,
    Source,
)
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.adjust_money import Nearest, amount_range, base_of, bases_of
from domain.businesses.names import BusinessOff
from domain.businesses.wages import limits_unknown, read_base
from domain.codes import CodeTable, table
from domain.findings import Finding, Severity
from domain.money import RatioError, format_ratio, format_yuan, parse_ratio, parse_yuan
from domain.text import clean_cell

if TYPE_CHECKING:
    from domain.businesses.adjust_rules import AdjustRules, ChangeKind
    from domain.businesses.seal_rules import AccountRules
    from domain.profile import Profile

R = TypeVar("R", bound="AccountRules")

KINDS: Mapping[str, str] = {"base": "个人缴存基数", "amount": "月缴存额", "ratio": "缴存比例"}
"""变更类别 in the field's words."""
TYPED: Mapping[str, tuple[str, ...]] = {
    "base": ("new_base",),
    "amount": ("new_amount",),
    "ratio": ("new_unit_ratio", "new_person_ratio"),
}
"""The columns that a kind of change types; the other new ones are computed."""
MONEY_AFTER = ("new_base", "new_amount", "new_unit_amount", "new_person_amount")
RATIO_AFTER = ("new_unit_ratio", "new_person_ratio")
AFTER = (*MONEY_AFTER, *RATIO_AFTER)
BEFORE = ("base", "total_amount", "unit_amount", "person_amount", "unit_ratio", "person_ratio")
KIND, MONTH = "change_kind", "change_month"

_KIND_TABLE = CodeTable(KIND, "变更类别", tuple(KINDS.items()))
CATALOGUE = account_columns(
    Column("base", "缴存基数", Kind.MONEY, 12, computed=True, aliases=("原基数", "个人缴存基数")),
    Column("total_amount", "月缴存额", Kind.MONEY, 12, computed=True),
    Column("unit_amount", "单位月缴存额", Kind.MONEY, 13, computed=True),
    Column("person_amount", "个人月缴存额", Kind.MONEY, 13, computed=True),
    Column("unit_ratio", "单位比例", Kind.RATIO, 9, computed=True),
    Column("person_ratio", "个人比例", Kind.RATIO, 9, computed=True),
    Column("new_base", "调整后缴存基数", Kind.MONEY, 12, aliases=("新基数", "调整后基数")),
    Column("new_amount", "调整后月缴存额", Kind.MONEY, 12, aliases=("新月缴存额",)),
    Column("new_unit_amount", "调整后单位月缴存额", Kind.MONEY, 12),
    Column("new_person_amount", "调整后个人月缴存额", Kind.MONEY, 12),
    Column("new_unit_ratio", "调整后单位比例", Kind.RATIO, 12, aliases=("单位缴存比例", "新单位比例")),
    Column("new_person_ratio", "调整后个人比例", Kind.RATIO, 12, aliases=("个人缴存比例", "新个人比例")),
    Column(MONTH, "变更月度", Kind.MONTH, 8, computed=True),
    Column(KIND, "变更类别", Kind.CODE, 12, computed=True),
)
BEYOND = "缴存基数和月缴存额不得超过上下限"
STATUS = "缴存人状态为正常的职工才允许办理基数调整业务，该职工的账户状态是{status}，请核对后删除。"
RESUBMITTED = "已提交审核但未审批的业务，不得重复提交：该职工的基数调整还在审批，请等结果出来后再办理。"


@dataclass(frozen=True, slots=True)
class After:
    """What an account becomes: base in 分, ratio, both sides in 分."""

    base: int
    ratio: RatioPair
    unit: int
    person: int

    @property
    def amount(self) -> int:
        """Monthly amount of both sides in 分."""
        return self.unit + self.person

    def same_as(self, known: KnownAccount) -> bool:
        """Whether nothing changes."""
        return (self.base, self.ratio, self.unit, self.person) == (
            known.base, known.ratio, known.unit_amount, known.person_amount,
        )  # fmt: skip

    @property
    def texts(self) -> dict[str, str]:
        """The columns behind the change."""
        return {
            "new_base": format_yuan(self.base),
            "new_amount": format_yuan(self.amount),
            "new_unit_amount": format_yuan(self.unit),
            "new_person_amount": format_yuan(self.person),
            "new_unit_ratio": format_ratio(self.ratio.unit),
            "new_person_ratio": format_ratio(self.ratio.person),
        }


class Adjusting(AccountBusiness[R], Generic[R]):
    """What 基数调整 and 年度核定 share: one typed change per row, everything else follows from it."""

    CATALOGUE = CATALOGUE
    WIRE_KEYS: ClassVar[tuple[str, ...]] = (*AFTER, MONTH, KIND)
    CHOSEN: ClassVar[tuple[str, ...]] = (KIND,)
    kind: ChangeKind = "base"

    def _column(self, column: Column) -> Column:
        made = super()._column(column)
        if column.key in AFTER:
            made = replace(made, computed=column.key not in TYPED[self.kind])
        return replace(made, own_codes=_KIND_TABLE) if column.key == KIND else made

    # ---- for the business ----------------------------------------------------------------------------

    def target_month(self, context: CheckContext) -> int:
        """The month YYYYMM from which the change counts (变更月度): the first not paid and not verified."""
        return context.unit.open_month or context.month

    def unchanged(self, after: After, known: KnownAccount) -> list[Finding]:
        """What is said of a row that changes nothing."""
        if not after.same_as(known):
            return []
        text = "调整后与调整前相同，没有变化，请核对，不用调整的请删除。"
        return [Finding("adjust.unchanged", TYPED[self.kind][0], text, Severity.WARNING)]

    # ---- the row -------------------------------------------------------------------------------------

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Only people who are paid for (B-13, V-07)."""
        status = match.account.status
        if status is AccountStatus.NORMAL:
            return []
        text = STATUS.format(status=table("account_status").label(status.value))
        return [Finding("adjust.status", self._person_column, text)]

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """The change, and what it comes to within the limits of its month (B-12, V-06)."""
        month = self.target_month(context)
        values |= {KIND: self.kind, MONTH: str(month)}
        known = match.account if match is not None else None
        if known is not None:
            values |= _before(known)
        limits = context.limits_for(month, self.profile.calendar.fund_year_start)
        after, found = self._after(typed, values, known, limits, context)
        if after is not None:
            values |= after.texts
            if known is not None:
                found += self.unchanged(after, known)
        return [*found, *self._stated(typed, values, after, month, context)]

    def amount(self, values: Mapping[str, str], match: Match | None) -> int:
        """The monthly amount after the change; 0 while it is not known."""
        text = values.get("new_amount", "")
        try:
            return parse_yuan(text) if text and values.get("new_unit_amount") else 0
        except ValueError:
            return 0

    def preview(self, row: Mapping[str, str], context: CheckContext) -> Mapping[str, str]:
        """What stands there now and what it becomes, while typing (B-03, W-09)."""
        typed = {key: clean_cell(text) for key, text in row.items()}
        match, _ = self._find(typed, context)
        known = match.account if match is not None else None
        month = self.target_month(context)
        limits = context.limits_for(month, self.profile.calendar.fund_year_start)
        after, _ = self._after(typed, {}, known, limits, context)
        told = {KIND: self.kind, MONTH: str(month)} | (_before(known) if known is not None else {})
        told |= after.texts if after is not None else {}
        return {one.key: told.get(one.key, "") for one in self.columns if one.computed}

    # ---- the change ----------------------------------------------------------------------------------

    def _after(
        self,
        typed: Mapping[str, str],
        values: dict[str, str],
        known: KnownAccount | None,
        limits: Limits | None,
        context: CheckContext,
    ) -> tuple[After | None, list[Finding]]:
        """What the account becomes, None while that cannot be told, and what is wrong with the change."""
        if self.kind == "ratio":
            return self._by_ratio(typed, values, known, limits, context)
        field = TYPED[self.kind][0]
        stated, found = read_base(typed.get(field, ""), self.by_key[field].title, field)
        if stated is None:
            return None, found
        values[field] = format_yuan(stated)
        if limits is None:
            return None, [limits_unknown(self.target_month(context), field)]
        ratio = (
            known.ratio if known is not None else context.unit.ratio if context.unit.unified_ratio else None
        )
        if self.kind == "base":
            return self._by_base(stated, ratio, limits)
        return self._by_amount(stated, ratio, known, limits)

    def _by_base(
        self, base: int, ratio: RatioPair | None, limits: Limits
    ) -> tuple[After | None, list[Finding]]:
        found = []
        if not limits.base_min <= base <= limits.base_max:
            found.append(_beyond(limits.base_min, limits.base_max, "new_base"))
        if ratio is None:
            return None, found
        after = After(base, ratio, *limits.deposits(base, ratio))
        return after, found or self._amount_within(after, limits, "new_base")

    def _by_amount(
        self, amount: int, ratio: RatioPair | None, known: KnownAccount | None, limits: Limits
    ) -> tuple[After | None, list[Finding]]:
        """Each side by its ratio; the base is one that comes to the amount (see `adjust_money`)."""
        if ratio is None:
            return None, []
        if ratio.unit + ratio.person <= 0:
            text = "该职工没有缴存比例，不能按月缴存额调整，请先调整缴存比例或到中心柜台办理。"
            return None, [Finding("ratio.none", "new_amount", text)]
        least, most = amount_range(ratio, limits)
        if not least <= amount <= most:
            return None, [_beyond(least, most, "new_amount")]
        bases = bases_of(amount, ratio, limits)
        if isinstance(bases, Nearest):
            return None, [_unreachable(amount, bases)]
        base = base_of(amount, bases, ratio, limits, known.base if known is not None else None)
        return After(base, ratio, *limits.deposits(base, ratio)), []

    def _by_ratio(
        self,
        typed: Mapping[str, str],
        values: dict[str, str],
        known: KnownAccount | None,
        limits: Limits | None,
        context: CheckContext,
    ) -> tuple[After | None, list[Finding]]:
        sides: list[int] = []
        found: list[Finding] = []
        for key in RATIO_AFTER:
            text = typed.get(key, "")
            try:
                if text:
                    sides.append(parse_ratio(text))
                    values[key] = format_ratio(sides[-1])
            except RatioError as error:
                found.append(Finding(error.code, key, error.text))
        if len(sides) < len(RATIO_AFTER):
            return None, found
        if limits is None:
            return None, [limits_unknown(self.target_month(context), RATIO_AFTER[0])]
        pair = RatioPair(*sides)
        found = self._ratio_allowed(pair, limits, context)
        if known is None:
            return None, found
        after = After(known.base, pair, *limits.deposits(known.base, pair))
        return after, found or self._amount_within(after, limits, RATIO_AFTER[0])

    @staticmethod
    def _ratio_allowed(pair: RatioPair, limits: Limits, context: CheckContext) -> list[Finding]:
        """One of the unit's pairs where it has one ratio for all, else any within the range of the year."""
        if context.unit.unified_ratio:
            if pair in context.unit.ratios:
                return []
            own = "、".join(
                f"单位{format_ratio(one.unit)}%个人{format_ratio(one.person)}%" for one in context.unit.ratios
            )
            return [Finding("ratio.not_unit", RATIO_AFTER[0], f"本单位可用的缴存比例是{own}，请改正。")]
        low, high = format_ratio(limits.ratio_min), format_ratio(limits.ratio_max)
        return [
            Finding("ratio.out_of_range", key, f"缴存比例应在{low}%至{high}%之间，请改正。")
            for key, side in zip(RATIO_AFTER, (pair.unit, pair.person), strict=True)
            if not limits.ratio_min <= side <= limits.ratio_max
        ]

    @staticmethod
    def _amount_within(after: After, limits: Limits, field: str) -> list[Finding]:
        most = limits.amount_max
        if limits.amount_min <= after.amount and (most is None or after.amount <= most):
            return []
        amount = format_yuan(after.amount)
        allowed = f"至少 {format_yuan(limits.amount_min)} 元"
        if most is not None:
            allowed = f"{format_yuan(limits.amount_min)} 至 {format_yuan(most)} 元"
        text = f"{BEYOND}：月缴存额 {amount} 元应为{allowed}，请改正。"
        return [Finding("base.out_of_range", field, text)]

    def _stated(
        self,
        typed: Mapping[str, str],
        values: Mapping[str, str],
        after: After | None,
        month: int,
        context: CheckContext,
    ) -> list[Finding]:
        """What was computed elsewhere must come out the same here."""
        if context.source is not Source.CENTER:
            return []
        found = []
        if typed.get(MONTH) and typed[MONTH] != str(month):
            text = f"变更月度应为{month}，请刷新清册后重新提交。"
            found.append(Finding("adjust.month", MONTH, text))
        for key, right in after.texts.items() if after is not None else ():
            if key not in TYPED[self.kind] and typed.get(key) and typed[key] != right:
                title = next(one.title for one in CATALOGUE if one.key == key)
                text = f"月缴存额与计算的月缴存额不一致：{title}应为 {right}，请刷新清册后重新提交。"
                found.append(Finding("amount.mismatch", key, text))
        return found


class BaseAdjust(Adjusting["AdjustRules"]):
    """基数调整 of one kind under one center's profile."""

    id = "base_adjust"

    def __init__(self, profile: Profile, rules: AdjustRules, kind: ChangeKind | None = None) -> None:
        """Declare the change of `kind`, by default the usual one of the center."""
        self.kind = kind or rules.kinds[0]
        self.own_rules = rules
        super().__init__(profile, _of_kind(rules, self.kind))
        self._variants: dict[str, BaseAdjust] = {self.kind: self}

    @property
    def kinds(self) -> Mapping[str, str]:
        """The kinds of this center with their words (B-02)."""
        return {kind: KINDS[kind] for kind in self.own_rules.kinds}

    @property
    def template_id(self) -> str:
        """Every kind has a template of its own (B-07)."""
        return f"{self.id}_{self.kind}"

    def of_kind(self, kind: str) -> BaseAdjust:
        """The declaration of another kind of this center. Raises KeyError for one it does not have."""
        if kind not in self._variants:
            allowed = {one: one for one in self.own_rules.kinds}
            self._variants[kind] = BaseAdjust(self.profile, self.own_rules, allowed[kind])  # type: ignore[index]
        return self._variants[kind]

    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one row; a row that says its kind is of that one, at the center it must."""
        kind = row.get(KIND, "" if context.source is Source.CENTER else self.kind)
        if kind != self.kind:
            if kind in self.kinds:
                return self.of_kind(kind).check_row(row, context)
            kept = self._kept[context.source]
            values = {key: clean_cell(text) for key, text in row.items() if key in kept}
            own = "、".join(self.kinds.values())
            text = f"没有这种变更类别，本中心可以办理的是{own}，请刷新清册后重新提交。"
            return RowCheck(values, (Finding("adjust.kind", KIND, text),))
        return super().check_row(row, context)

    def _under_way(self, unfinished: frozenset[str]) -> list[Finding]:
        """One change at a time (B-14, V-08)."""
        if self.id not in unfinished:
            return super()._under_way(unfinished)
        return [Finding("person.in_flight", self._person_column, RESUBMITTED)]


def _of_kind(rules: AdjustRules, kind: ChangeKind) -> AdjustRules:
    """The rules with the columns of one kind: what is typed behind what is shown."""
    typed = TYPED[kind]
    shown = [key for key in MONEY_AFTER if key not in typed]
    title = rules.template_title
    if len(rules.kinds) > 1:
        title = f"{title}（{KINDS[kind]}）"
    return rules.model_copy(
        update={
            "form": [*rules.form, *typed, *shown],
            "template": [*rules.template, *typed],
            "required": [*rules.required, *typed],
            "template_title": title,
        }
    )


def _before(known: KnownAccount) -> dict[str, str]:
    """What stands there now."""
    return {
        "base": format_yuan(known.base),
        "total_amount": format_yuan(known.amount),
        "unit_amount": format_yuan(known.unit_amount),
        "person_amount": format_yuan(known.person_amount),
        "unit_ratio": format_ratio(known.ratio.unit),
        "person_ratio": format_ratio(known.ratio.person),
    }


def _beyond(least: int, most: int, field: str) -> Finding:
    """A base or amount beyond its limits in 分 (V-06)."""
    text = f"{BEYOND}：请改为 {format_yuan(least)} 至 {format_yuan(most)} 元。"
    return Finding("base.out_of_range", field, text)


def _unreachable(amount: int, nearest: Nearest) -> Finding:
    """No base comes to the amount."""
    near = " 或 ".join(format_yuan(one) for one in (nearest.below, nearest.above) if one)
    text = f"月缴存额请改为 {near} 元，按比例和取整规则得不到 {format_yuan(amount)} 元。"
    return Finding("amount.unreachable", "new_amount", text)


def declare(profile: Profile) -> BaseAdjust:
    """基数调整 at a center, of its usual kind. Raises BusinessOff."""
    rules = profile.business.base_adjust
    if rules is None:
        raise BusinessOff("本中心没有开通网上基数调整，请到中心柜台办理。")
    return BaseAdjust(profile, rules)
