"""What all declared businesses share: columns made from the profile, required cells, duplicates.

A business names its catalogue of columns and says what is wrong with a row; everything else is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from domain.age import age_on, age_problem, retirement_month
from domain.business import CheckContext, Column, Kind, RowCheck, Source, typed_values
from domain.findings import Finding
from domain.idnumber import IdNumber, same_person_key
from domain.overlap import Repeats
from domain.period import month_of
from domain.text import safe_text

if TYPE_CHECKING:
    from domain.profile import Profile
    from domain.rules import AgeRule, BusinessRules

R = TypeVar("R", bound="BusinessRules")

ACCOUNT_DIGITS = 8
"""Digits of the running number behind the unit account in a personal account number."""

ACCOUNT_CELLS = 20
"""Cells of a personal account number: unit accounts have up to twelve digits. The last digits tell people
apart, so no column may cut them off."""

ANY = "*"
"""In `blocked_by`: every business under way."""

REASON = "reason"
"""Key of the column of reasons; its code table are the reasons of the profile."""


class RosterBusiness(ABC, Generic[R]):
    """A business under one center's profile; implements `domain.business.Business`."""

    id: ClassVar[str]
    CATALOGUE: ClassVar[tuple[Column, ...]]
    """All columns the business may have; a profile chooses, orders and titles them."""
    WIRE_KEYS: ClassVar[tuple[str, ...]] = ()
    """Computed keys that travel with a row whether the roster shows them or not."""
    needs_details: ClassVar[bool] = False
    """Whether checks look at the registered details of people."""
    CHOSEN: ClassVar[tuple[str, ...]] = ()
    """Keys that a stored row keeps: what was chosen or typed for all rows, whatever is chosen later."""
    amount_of_account: ClassVar[bool] = False
    """True where a row's amount is what its account pays, which not every sender knows."""
    needs_history: ClassVar[bool] = False
    """True when checks want to know which months were paid and made up."""
    needs_remittance: ClassVar[bool] = False
    """True when checks want to know how the unit's remittances stand."""

    def __init__(self, profile: Profile, rules: R) -> None:
        """Declare the business for `profile`."""
        self.profile = profile
        self.rules = rules
        self.title = rules.title
        self.first_error_only = profile.imports.errors_per_row == "first"
        self.form_order: tuple[str, ...] = tuple(rules.form)
        self.template_order: tuple[str, ...] = tuple(rules.template)
        catalogue = {column.key: column for column in self.CATALOGUE}
        ordered = list(dict.fromkeys([*rules.columns, *rules.template, *rules.form]))
        self.columns: tuple[Column, ...] = tuple(self._column(catalogue[key]) for key in ordered)
        self.by_key = {column.key: column for column in self.columns}
        self._place = {column.key: place for place, column in enumerate(self.columns)}
        self._required = tuple(column for column in self.columns if column.required)
        self._required_in_file = (
            *self._required,
            *(column for column in self.columns if column.key in rules.required_in_file),
        )
        self._required_keys = tuple(
            tuple(column.key for column in columns) for columns in (self._required, self._required_in_file)
        )
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
            own_codes=rules.reason_table if column.key == REASON else None,
        )

    def _keys_of(self, source: Source) -> frozenset[str]:
        """The columns that people or the wire may state, by source of the row."""
        if source is Source.CENTER:
            return frozenset((*self.by_key, *self.WIRE_KEYS))
        return frozenset(typed_values(self, dict.fromkeys(self.by_key, ""), source))

    @property
    def template_id(self) -> str:
        """What the mark of a template names; a business with several templates gives each its own."""
        return self.id

    # ---- rows ------------------------------------------------------------------------------------

    @abstractmethod
    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one row and its normal values; `row` maps column keys to texts as typed."""

    def preview(self, row: Mapping[str, str], context: CheckContext) -> Mapping[str, str]:
        """Computed columns while typing (W-09); a business without any has nothing to add."""
        return {}

    def person_key(self, values: Mapping[str, str]) -> str:
        """The person by ID number; by account number where a row states nothing else."""
        person = same_person_key(values.get("id_number", ""))
        number = values.get("account_no", "")
        return person or (f"@{number}" if number else "")

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """One row a person; a business with months and the like says more."""
        return self.person_key(values)

    def unit_named(self, values: Mapping[str, str]) -> str:
        """The account of another unit that a row names; a business that names none says ""."""
        return ""

    def check_roster(self, rows: Sequence[Mapping[str, str]], context: CheckContext) -> list[RowCheck]:
        """Check all rows; a second row of one person gets “存在相同的记录” (O-16, S-12, V-18)."""
        repeats = Repeats()
        checks: list[RowCheck] = []
        for row in rows:
            check = self.check_row(row, context)
            first = repeats.add(self.duplicate_key(check.values))
            if first is not None:
                duplicate = self.duplicate(f"第{first + 1}条")
                check = replace(check, findings=(*check.findings, duplicate), duplicate_of=first)
            checks.append(check)
        return checks

    def duplicate(self, first: str) -> Finding:
        """The finding of a row that repeats another; `first` says where that is, e.g. 第3条 (O-16, V-18)."""
        text = f"存在相同的记录：与{first}是同一人，请删除重复的一条。"
        return Finding("roster.duplicate", self._person_column, text)

    @property
    def _person_column(self) -> str:
        """The column that names the person, where findings about the person stand."""
        return next((key for key in ("account_no", "id_number") if key in self.by_key), "")

    def _ordered(self, found: list[Finding]) -> tuple[Finding, ...]:
        """Findings in column order."""
        if len(found) > 1:
            found.sort(key=lambda finding: self._place.get(finding.field, len(self._place)))
        return tuple(found)

    # ---- parts of checks ---------------------------------------------------------------------------

    def _missing(self, typed: Mapping[str, str], context: CheckContext) -> list[Finding]:
        columns = self._required_in_file if context.source is Source.FILE else self._required
        if all(map(typed.get, self._required_keys[context.source is Source.FILE])):
            return []
        empty = [column for column in columns if not typed.get(column.key)]
        return [
            Finding("required", column.key, f"“{column.title}”不能为空，请填写。")
            for column in empty
            if column.applies(typed) and not self._optional(column, context)
        ]

    def _optional(self, column: Column, context: CheckContext) -> bool:
        """Whether a required column may be empty in rows of this source."""
        if context.source is Source.FILE:
            return column.key in self.rules.on_screen
        return column.kind is Kind.SERIAL or (column.computed and context.source is Source.SINGLE)

    def _under_way(self, unfinished: frozenset[str]) -> list[Finding]:
        """The finding about a business of the person that is under way (V-08, V-09; 导则)."""
        named = sorted(unfinished) if ANY in self.rules.blocked_by else self.rules.blocked_by
        stopping = [name for name in (self.id, *named) if name in unfinished]
        if not stopping:
            return []
        title = self.profile.business_title(stopping[0])
        text = f"该职工有未处理完的{title}业务，请等处理结果出来后再办理。"
        return [Finding("person.in_flight", self._person_column, text)]


def age_finding(rule: AgeRule | None, person: IdNumber, context: CheckContext, tail: str) -> list[Finding]:
    """The finding of a person outside the ages of an on-line business (O-12, S-09); `tail`: what to do."""
    if rule is None:
        return []
    oldest = rule.max_male if person.gender == "男" else rule.max_female
    if rule.policy == "gradual" and oldest in (50, 55, 60):
        retired = retirement_month(person.birth, oldest)  # type: ignore[arg-type]
        young = rule.min is not None and age_on(person.birth, context.today, rule.boundary) < rule.min
        problem = "age.under" if young else "age.over" if month_of(context.today) > retired else None
        over = f"已过法定退休年月{retired // 100}年{retired % 100}月（{person.gender}）"
    else:
        problem = age_problem(person.birth, person.gender, context.today, rule.limits, rule.boundary)
        over = f"超过{oldest}周岁（{person.gender}）"
    if problem is None:
        return []
    where = f"未满{rule.min}周岁" if problem == "age.under" else over
    return [Finding("age.counter", "id_number", f"职工{where}，{tail}")]


def account_number_problem(text: str, unit_account: str) -> str:
    """Why a text is no account number of the unit's center, "" when it may be one (V-22, W-06)."""
    if not text.isascii() or not text.replace("-", "").isalnum():
        return f"“{safe_text(text, limit=20)}”应为半角数字，请核对后改正。"
    if unit_account and len(text) != len(unit_account) + ACCOUNT_DIGITS:
        return f"长度不正确，应为{len(unit_account) + ACCOUNT_DIGITS}位，请核对后改正。"
    return ""
