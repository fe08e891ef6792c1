"""The shape of a business declaration: columns, context, row check, roster check, totals.

A business is declared once; the grid and form, the workbook template and import, the submission,
the center's validation and its queries all read the same declaration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from domain.codes import CodeTable, table
from domain.findings import Finding, errors
from domain.money import Rounding, deposit
from domain.period import add_months, fund_year

if TYPE_CHECKING:
    from domain.profile import Profile
    from domain.remittance import RemitFacts
    from domain.rules import BusinessRules


class Kind(StrEnum):
    """What a column holds; decides editing, alignment, Excel format and normal form."""

    NAME = "name"
    ID = "id"
    MONEY = "money"
    """Text in 元 with two decimals, e.g. "8000.00"."""
    RATIO = "ratio"
    """Text in percent, e.g. "12" or "12.5"."""
    MONTH = "month"
    """Text YYYYMM."""
    CODE = "code"
    """Code of a code table (`Column.codes`)."""
    MOBILE = "mobile"
    TEXT = "text"
    SERIAL = "serial"
    """Running number of a worksheet; never checked, never sent."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a column is entered: the row's `column` holds one of `values`, normal texts such as codes."""

    column: str
    values: tuple[str, ...]

    def holds(self, row: Mapping[str, str]) -> bool:
        """Whether it holds in a row; a code may stand with its name behind it."""
        text = row.get(self.column, "").strip()
        return text in self.values or text.split(" ", 1)[0] in self.values


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a roster.

    `width` is in terminal cells. `when` is the condition under which the column is entered (None: always),
    `required` holds where it is entered. `computed` columns are never typed in
    the form; one that stands in the template as well is compared with the computed value.
    """

    key: str
    title: str
    kind: Kind
    width: int
    required: bool = False
    computed: bool = False
    in_form: bool = True
    in_template: bool = True
    in_roster: bool = True
    aliases: tuple[str, ...] = ()
    codes: str = ""
    """Name of the code table in `domain.codes`, for `Kind.CODE`."""
    help: str = ""
    when: Condition | None = None
    own_codes: CodeTable | None = None
    """A table of the center itself, such as its reasons, in place of `codes`."""

    def applies(self, row: Mapping[str, str]) -> bool:
        """Whether the column is entered in a row; elsewhere it is skipped, and checks do not ask for it."""
        return self.when is None or self.when.holds(row)

    @property
    def table(self) -> CodeTable:
        """The code table of a `Kind.CODE` column."""
        return self.own_codes if self.own_codes is not None else table(self.codes)


class Source(StrEnum):
    """Where a row comes from; some centers judge a typed row and a file row differently (O-13, O-14)."""

    SINGLE = "single"
    FILE = "file"
    CENTER = "center"


@dataclass(frozen=True, slots=True)
class RatioPair:
    """Deposit ratios of the unit's and the person's side in basis points (12% = 1200)."""

    unit: int
    person: int


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a check must know of the unit."""

    account: str
    name: str = ""
    unified_ratio: bool = True
    """统一比例: everyone has the unit's ratio (profile parameter 72)."""
    ratios: tuple[RatioPair, ...] = (RatioPair(1200, 1200),)
    """Ratio pairs the unit may use; the first is its current one."""
    fund_types: tuple[str, ...] = ("general",)
    paid_through: int | None = None
    """缴至月份 YYYYMM, None before the first remittance."""
    verified_through: int | None = None
    """Month YYYYMM verified last (汇缴核定), paid or not; None where none is or nothing is known of it."""
    verified_year: int | None = None
    """Fund year of the last 年度核定, None where there has been none (S-08, B-15)."""
    details: Mapping[str, str] | None = None
    """Registered items of `fact_items.UNIT_ITEMS` that are not empty, None where they are not known."""
    unfinished: frozenset[str] = frozenset()
    """Ids of businesses the unit has under way (V-01)."""
    unallocated: int | None = None
    """单位未分配金额 in 分, None where only the center knows."""

    @property
    def ratio(self) -> RatioPair:
        """The unit's current ratio pair."""
        return self.ratios[0]

    @property
    def open_month(self) -> int | None:
        """The first month that is neither paid nor verified, so that it can still change; None before any."""
        known = [month for month in (self.paid_through, self.verified_through) if month is not None]
        return add_months(max(known), 1) if known else None


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one fund year at a center, both ends included; the target month decides which year.

    Bases and monthly amounts (both sides together) in 分, `amount_max` None for no limit; ratios of one side
    in basis points; the rounding of each side (domain.md 2.2).
    """

    fund_year: int
    base_min: int
    base_max: int
    amount_min: int = 0
    amount_max: int | None = None
    ratio_min: int = 500
    ratio_max: int = 1200
    unit_rounding: Rounding = Rounding.TO_FEN
    person_rounding: Rounding = Rounding.TO_FEN

    def deposits(self, base: int, ratio: RatioPair) -> tuple[int, int]:
        """Monthly deposit of the unit's and the person's side in 分, each rounded by itself."""
        return (
            deposit(base, ratio.unit, self.unit_rounding),
            deposit(base, ratio.person, self.person_rounding),
        )


class AccountStatus(StrEnum):
    """Status of a personal account (standard table A.6)."""

    NORMAL = "01"
    SEALED = "02"
    MERGED = "03"
    TRANSFERRED = "04"
    WITHDRAWN = "05"
    FROZEN = "06"
    OTHER = "99"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account the center already has for a person: money in 分, ratios in basis points.

    `opened` is an ISO date; `sealed_month` the business month YYYYMM of the last sealing and `sealed_reason`
    its code, while the account is sealed.
    """

    unit_account: str
    account_no: str
    status: AccountStatus
    base: int = 0
    ratio: RatioPair = RatioPair(0, 0)
    unit_amount: int = 0
    person_amount: int = 0
    fund_type: str = "general"
    opened: str = ""
    sealed_month: int | None = None
    sealed_reason: str = ""
    balance: int | None = None
    """Money on the account in 分, None where only the center knows."""
    awaited: tuple[int, ...] = ()
    """Months that were verified and wait for their money; empty while not known."""
    owed: int | None = None
    """The first month that a sealed account has to be paid for and that is not verified yet, YYYYMM."""
    deposits: tuple[tuple[int, int], ...] = ()
    """What was paid a month: (month YYYYMM from which it holds, 分), oldest first; empty while not known."""

    @property
    def amount(self) -> int:
        """Monthly deposit of both sides in 分."""
        return self.unit_amount + self.person_amount

    def deposit_in(self, month: int) -> int:
        """What was paid for a month in 分, 0 while that is not known."""
        return next((amount for first, amount in reversed(self.deposits) if first <= month), 0)


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A month that was made up for an account, `amount` in 分: waiting for the money, or settled."""

    account_no: str
    month: int
    fund_type: str = "general"
    settled: bool = False
    amount: int = 0


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """Another unit of the center; `active` unless it is closed."""

    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known of a person.

    `unfinished` are the ids of businesses that are under way for the person, whichever unit filed them
    (导则: one of a kind at a time); `name` and `id_number` are the registered ones, "" for a new person.
    `details` are registered items of `fact_items.PERSON_ITEMS`, None where nobody asked for them.
    """

    accounts: tuple[KnownAccount, ...] = ()
    unfinished: frozenset[str] = frozenset()
    name: str = ""
    id_number: str = ""
    made_up: tuple[MadeUp, ...] | None = None
    """Months made up and not cancelled, None while that is not known: the center alone knows (M-12)."""
    details: Mapping[str, str] | None = None

    ended: tuple[KnownAccount, ...] = ()
    """Accounts that are merged, transferred or closed, where the history was asked for: what they paid
    counts for its months."""

    def deposit_in(self, month: int) -> int:
        """What was paid for a month on all accounts the person has or had, in 分 (M-11)."""
        return sum(one.deposit_in(month) for one in (*self.accounts, *self.ended))

    def at(self, unit_account: str) -> tuple[KnownAccount, ...]:
        """The person's accounts at a unit."""
        return tuple([known for known in self.accounts if known.unit_account == unit_account])


@dataclass(frozen=True, slots=True)
class CheckContext:
    """Everything a check may look at; a check does no I/O.

    `today` is the center's date, `month` the business month YYYYMM, `limits` those of that month's
    fund year (None: not published, which is a finding), `years` those of every published year for businesses
    about other months. `chosen_ratio` is the ratio pair chosen for
    the whole roster (O-03), `chosen_fund_type` the 资金性质 chosen on the screen for a file ("": none, I-07).
    `people` maps `same_person_key` to what is known, `by_account` account numbers to the same keys.
    Both hold the people of the rows only. With `people_known` who is missing there does not exist; without
    it (offline) nothing follows, and what only the center can tell is left to it. `units` are the other
    units that rows name, by account, None where they are not known. `on_screen` holds what was typed on the
    screen for a whole file, by column key (X-02).
    """

    today: date
    month: int
    unit: UnitFacts
    limits: Limits | None
    source: Source = Source.SINGLE
    chosen_ratio: RatioPair | None = None
    chosen_fund_type: str = ""
    people: Mapping[str, PersonFacts] = field(default_factory=dict)
    by_account: Mapping[str, str] = field(default_factory=dict)
    people_known: bool = False
    years: Mapping[int, Limits] = field(default_factory=dict)
    units: Mapping[str, KnownUnit] | None = None
    remit: RemitFacts | None = None
    """How the unit's remittances stand, None where only the center knows."""
    settling: bool = False
    """Whether rows that were filed earlier are being carried out now."""
    on_screen: Mapping[str, str] = field(default_factory=dict)

    def limits_for(self, month: int, start_month: int = 7) -> Limits | None:
        """What holds in a month YYYYMM, None while that fund year is not published."""
        year = fund_year(month, start_month)
        if self.limits is not None and self.limits.fund_year == year:
            return self.limits
        return self.years.get(year)

    def for_source(self, source: Source) -> CheckContext:
        """The same context judging rows of another source."""
        return self if source is self.source else replace(self, source=source)


@dataclass(frozen=True, slots=True)
class RowCheck:
    """Result of checking one row.

    `values` are the normal texts of all columns, computed ones included; a column that could not be
    read keeps its typed text. `amount` is the row's contribution to the roster total in 分; `duplicate_of`
    is the place, among the rows checked together, of the first row of the same person.
    """

    values: Mapping[str, str]
    findings: tuple[Finding, ...]
    amount: int = 0
    duplicate_of: int | None = None

    @property
    def ok(self) -> bool:
        """True when nothing stops the row."""
        return not self.findings or not errors(self.findings)

    def of(self, key: str) -> tuple[Finding, ...]:
        """The findings of one column."""
        return tuple(finding for finding in self.findings if finding.field == key)


@dataclass(frozen=True, slots=True)
class Totals:
    """Number of people and sum of monthly deposits in 分 (O-08)."""

    count: int
    amount: int


class Business(Protocol):
    """A declared business under one center's rules."""

    @property
    def id(self) -> str:
        """Stable id, e.g. "open"."""

    @property
    def profile(self) -> Profile:
        """The center's profile."""

    @property
    def rules(self) -> BusinessRules:
        """The center's rules and words for this business."""

    @property
    def title(self) -> str:
        """What this center calls it, e.g. 缴存人登记."""

    @property
    def columns(self) -> Sequence[Column]:
        """All columns in roster order."""

    @property
    def form_order(self) -> Sequence[str]:
        """Column keys of the entry form, in order."""

    @property
    def template_order(self) -> Sequence[str]:
        """Column keys of the workbook template, in order."""

    @property
    def needs_details(self) -> bool:
        """Whether its checks look at `PersonFacts.details`."""

    @property
    def CHOSEN(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the class
        """Computed keys that a stored row keeps: the choice it was entered under."""

    @property
    def amount_of_account(self) -> bool:
        """True where a row's amount is what its account pays: who does not know the account states none."""

    @property
    def template_id(self) -> str:
        """What the mark of a template names, e.g. "open"."""

    @property
    def first_error_only(self) -> bool:
        """True where the center's import shows only the first finding of a row (I-04)."""

    @property
    def needs_history(self) -> bool:
        """True when checks want `PersonFacts.made_up` and `KnownAccount.deposits`."""

    @property
    def needs_remittance(self) -> bool:
        """True when checks want `CheckContext.remit`."""

    def person_key(self, values: Mapping[str, str]) -> str:
        """`same_person_key` of the person a row is about, "@" and the account number without an ID, or ""."""

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """What two rows of one roster may not share, "" for nothing (O-16, V-18); see `domain.overlap`."""

    def unit_named(self, values: Mapping[str, str]) -> str:
        """The account of another unit that a row names, "" for none (X-02)."""

    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one row, and its normal values."""

    def preview(self, row: Mapping[str, str], context: CheckContext) -> Mapping[str, str]:
        """Computed columns of a row that is still being typed; unknown ones are ""."""

    def check_roster(self, rows: Sequence[Mapping[str, str]], context: CheckContext) -> list[RowCheck]:
        """Check every row and the roster as a whole (duplicates)."""

    def duplicate(self, first: str) -> Finding:
        """The finding of a second row of one person; `first` says where the first one is, e.g. 第3条."""


def form_columns(business: Business, unit: UnitFacts) -> list[Column]:
    """The columns a person types or sees in the entry form, in order."""
    hidden = {"ratio"} if unit.unified_ratio else set()
    by_key = {column.key: column for column in business.columns}
    return [by_key[key] for key in business.form_order if key not in hidden]


def template_columns(business: Business) -> list[Column]:
    """The columns of the workbook template, in order."""
    by_key = {column.key: column for column in business.columns}
    more = business.rules.required_in_file
    columns = [by_key[key] for key in business.template_order]
    return [replace(column, required=True) if column.key in more else column for column in columns]


def roster_columns(business: Business) -> list[Column]:
    """The columns of the pending roster and of its query, in order."""
    return [column for column in business.columns if column.in_roster]


def typed_values(business: Business, row: Mapping[str, str], source: Source) -> dict[str, str]:
    """The part of a row that people entered: computed columns only where the file states them."""
    keep = {
        column.key
        for column in business.columns
        if not column.computed or (source is not Source.SINGLE and column.in_template)
    }
    return {key: text for key, text in row.items() if key in keep}


def entered_values(business: Business, row: Mapping[str, str]) -> dict[str, str]:
    """A row without the texts of columns that do not apply to it."""
    left_out = {column.key for column in business.columns if not column.applies(row)}
    return {key: text for key, text in row.items() if key not in left_out}


def totals(checks: Sequence[RowCheck]) -> Totals:
    """Totals over the rows that nothing stops."""
    good = [check for check in checks if check.ok]
    return Totals(len(good), sum(check.amount for check in good))
