"""The entry form of any declared business: fields from the declaration, checked as they are left.

What was typed is kept as typed; what stands in a field may be its normal form or the value a center's rule
adjusted it to (O-13), and computed fields follow while typing (W-09).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from client.local_people import with_person
from domain.business import (
    Business,
    CheckContext,
    Column,
    Kind,
    RowCheck,
    UnitFacts,
    entered_values,
    form_columns,
)
from domain.findings import Finding, Severity, errors
from domain.money import format_yuan
from tui.form_model import FormField
from tui.grid_model import CellResult

if TYPE_CHECKING:
    from client.store.depositors import Depositor

FIELD_KINDS: Final[dict[Kind, str]] = {
    Kind.NAME: "text",
    Kind.ID: "id",
    Kind.MONEY: "money",
    Kind.RATIO: "ratio",
    Kind.MONTH: "month",
    Kind.CODE: "code",
    Kind.MOBILE: "mobile",
    Kind.TEXT: "text",
    Kind.SERIAL: "text",
}
CODE_WIDTH: Final = 16
"""Cells for a chosen code with its name."""
MOST_WIDTH: Final = 20
"""Cells of the widest value in a narrow pane."""
FUND_TYPE: Final = "fund_type"
"""Column of 资金性质: a unit with one kind has it filled in and locked (W-05)."""
PERSON: Final = "account_no"
"""Column of the account by which one of the unit's people is meant; the form lets one be picked."""
INTO: Final = "to_account"
"""Column of another account of the same person (X-07); it is picked from what that person has."""
FOLLOWERS: Final = ("name", "id_number")
"""Columns that the person picked fills in."""
SHOWN_NORMAL: Final = (Kind.MONEY, Kind.ID, Kind.RATIO)
"""Kinds whose field shows the normal form once it is accepted."""


def choices_of(column: Column, unit: UnitFacts) -> tuple[tuple[str, str], ...]:
    """Return the (code, label) pairs of a code column; fund types only those of the unit."""
    if column.kind is not Kind.CODE:
        return ()
    entries = column.table.items()
    if column.key == FUND_TYPE:
        return tuple(pair for pair in entries if pair[0] in unit.fund_types)
    return entries


def entry_columns(business: Business, unit: UnitFacts) -> list[Column]:
    """Return the columns of the entry form; 资金性质 stands in front where the roster has it (W-05)."""
    columns = form_columns(business, unit)
    fund = next((column for column in business.columns if column.key == FUND_TYPE and column.in_roster), None)
    if fund is not None and fund not in columns:
        columns.insert(0, fund)
    return columns


class EntryModel:
    """Values of the form of one business in one unit; implements `tui.form_model.FormModel`."""

    def __init__(self, business: Business, context: CheckContext, *, narrow: bool = False) -> None:
        """Start with an empty form; `narrow` is for a pane of some 36 cells."""
        self._narrow = narrow
        self.told: Callable[[str, str], None] = lambda key, text: None
        """Called with a field and what there is to say of its value, "" for nothing."""
        self._person: Depositor | None = None
        self._offered: Depositor | None = None
        self._typed: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self.reset(business, context)

    def use(self, context: CheckContext) -> None:
        """Judge by another context (a new month, other limits); what was typed stays."""
        self.context = context

    def reset(self, business: Business, context: CheckContext) -> None:
        """Begin anew for another unit or business; the form must be rebuilt afterwards."""
        self.business, self.context = business, context
        self._columns = entry_columns(business, context.unit)
        self._by_key = {column.key: column for column in self._columns}
        self.clear()

    @property
    def typed(self) -> dict[str, str]:
        """What was entered, as typed, by column key; computed columns are not in it."""
        return {key: text for key, text in self._row().items() if text}

    def _row(self) -> dict[str, str]:
        """What was entered, without what does not apply."""
        return entered_values(self.business, self._typed)

    @property
    def blank(self) -> bool:
        """Whether nothing was entered."""
        return not any(text for key, text in self._typed.items() if key not in self._fixed())

    def check(self) -> RowCheck:
        """Return all findings of what was entered."""
        return self.business.check_row(self._row(), with_person(self.context, self._person))

    # ---- the person ------------------------------------------------------------------------------

    @property
    def picks(self) -> bool:
        """Whether the form begins with one of the unit's people, named by account, ID or name."""
        return PERSON in self._by_key

    def take(self, person: Depositor | None, text: str) -> str:
        """Make a person known before the field's value is committed; see `screens.person_pick.Take`."""
        self._offered = person
        if person is None:
            return ""
        typed = {**self._typed, PERSON: person.account_no} | dict.fromkeys(FOLLOWERS, "")
        check = self.business.check_row(typed, with_person(self.context, person))
        wrong = [one for one in errors(check.findings) if one.field in (PERSON, *FOLLOWERS, "")]
        return wrong[0].text if wrong else ""

    def take_into(self, person: Depositor | None) -> str:
        """Why the person's money cannot go to an account, "" as far as is known here."""
        if person is None:
            return ""
        row = {**self._row(), INTO: person.account_no}
        wrong = errors(self.business.check_row(row, with_person(self.context, self._person)).of(INTO))
        other = self._person is not None and self._person.id_number != person.id_number
        if not wrong and other:
            return f"{person.account_no}不是该职工的账户，只能合并同一职工的账户，请核对后改正。"
        return wrong[0].text if wrong else ""

    def asked(self, key: str) -> str:
        """Whom an empty field asks for: another account is one of the same person's."""
        return self._person.id_number if key == INTO and self._person is not None else ""

    def _follow(self) -> None:
        """Show name and ID number of the person taken, or nothing."""
        for key in FOLLOWERS:
            if key in self._by_key:
                text = getattr(self._person, key) if self._person is not None else ""
                self._typed[key] = self._shown[key] = text

    # ---- FormModel -------------------------------------------------------------------------------

    def fields(self) -> Sequence[FormField]:
        """Return the fields in entry order."""
        return [self._field(column) for column in self._columns]

    def _field(self, column: Column) -> FormField:
        fixed = column.key in self._fixed()
        return FormField(
            key=column.key,
            title=column.title,
            kind="person" if column.key in (PERSON, INTO) else FIELD_KINDS[column.kind],
            width=self._width(column),
            required=column.required and not column.computed,
            choices=choices_of(column, self.context.unit),
            readonly=column.computed or fixed or self._follows(column.key) or not column.applies(self._typed),
            help=column.help or self._hint(column),
        )

    def _follows(self, key: str) -> bool:
        return self.picks and key in FOLLOWERS

    def _width(self, column: Column) -> int:
        if column.kind is Kind.CODE:
            return MOST_WIDTH if column.key == FUND_TYPE else CODE_WIDTH
        return min(column.width, MOST_WIDTH) if self._narrow else column.width

    def _hint(self, column: Column) -> str:
        limits = self.context.limits
        if column.key == "base" and limits is not None:
            low, high = format_yuan(limits.base_min), format_yuan(limits.base_max)
            return f"{limits.fund_year}年度上下限：{low} 至 {high} 元。"
        return "自动计算，不用录入。" if column.computed else ""

    def values(self) -> Mapping[str, str]:
        """Return what stands in the fields, computed ones too."""
        return {**self._shown, **self._computed(self._typed, self._person)}

    def commit(self, key: str, text: str) -> CellResult:
        """Take a value; one that its own column refuses stays under the cursor (V-11, V-12, V-15, V-16)."""
        if text == self._shown.get(key):
            text = self._typed[key]
        before, person = {**self._typed}, self._person
        self._typed[key] = text
        if key == PERSON:
            offered = self._offered
            self._person = offered if offered is not None and offered.account_no == text.strip() else None
            self._follow()
        check = self.check()
        found = [] if not text.strip() else list(check.of(key))
        wrong = errors(found)
        self.told(key, (wrong or tuple(found))[0].text if found else "")
        if wrong:
            self._typed, self._person = before, person
            if key == PERSON:
                self._follow()
            return CellResult(False, wrong[0].text)
        self._shown[key] = self._as_shown(key, text, check)
        told = found[0] if found else None
        adjusted = told is not None and told.severity is Severity.ADJUSTED
        shown = self._shown[key]
        return CellResult(True, told.text if told else "", adjusted, None if shown == text else shown)

    def _as_shown(self, key: str, text: str, check: RowCheck) -> str:
        if not text.strip() or self._by_key[key].kind not in SHOWN_NORMAL:
            return text
        return check.values.get(key, text)

    def preview(self, key: str, text: str) -> Mapping[str, str]:
        """Return the computed fields as they would be (W-09); another person is nobody yet."""
        nobody = key == PERSON and text.strip() != self._shown.get(PERSON)
        empty: dict[str, str] = {one: "" for one in FOLLOWERS if nobody and one in self._by_key}
        person = None if nobody else self._person
        return {**self._computed({**self._typed, key: text}, person), **empty}

    def _computed(self, typed: Mapping[str, str], person: Depositor | None) -> dict[str, str]:
        known = self.business.preview(typed, with_person(self.context, person))
        return {c.key: known.get(c.key, "") for c in self._columns if c.computed}

    def note(self, key: str) -> str:
        """Return nothing: limits and ratios stand in the screen's header line."""
        return ""

    def clear(self) -> None:
        """Forget everything entered (W-02)."""
        self._typed = {column.key: "" for column in self._columns if not column.computed}
        self._typed |= self._fixed()
        self._shown = dict(self._typed)
        self._person = self._offered = None

    def _fixed(self) -> dict[str, str]:
        """Values the unit has no choice about (W-05)."""
        kinds = self.context.unit.fund_types
        return {FUND_TYPE: kinds[0]} if FUND_TYPE in self._by_key and len(kinds) == 1 else {}

    def first_faulty(self, findings: Sequence[Finding]) -> str:
        """Return the first field, in form order, that an error names; else the first field entered."""
        named = {finding.field for finding in errors(findings)}
        skipped = {*self._fixed(), *(FOLLOWERS if self.picks else ())}
        entered = [c.key for c in self._columns if not c.computed and c.key not in skipped]
        return next((key for key in entered if key in named), entered[0])
