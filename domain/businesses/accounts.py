"""Businesses about people who have an account at the unit: who is meant, and that everything agrees.

A row names a person by account number, by ID number or by both; what is known fills in the rest. Where
nothing is known (offline) the row stands as stated, and the center decides.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from domain.business import AccountStatus, CheckContext, Column, KnownAccount, PersonFacts, RowCheck, Source
from domain.businesses.base import ACCOUNT_CELLS, RosterBusiness, account_number_problem
from domain.businesses.plain_cells import check_cells
from domain.findings import Finding, Severity, errors
from domain.idnumber import IdNumber, IdNumberError, parse_id_number, same_person_key
from domain.text import ENDS, clean_cell, name_problem

if TYPE_CHECKING:
    from domain.businesses.seal_rules import AccountRules

A = TypeVar("A", bound="AccountRules")

LIVE = (AccountStatus.NORMAL, AccountStatus.SEALED, AccountStatus.FROZEN)
"""An account that is still the person's; others are closed."""

OVERRULED = "person.overruled"
"""Code of a difference that the center's data decides."""

VERDICT = "verdict"
"""Column 核对结果: where a file differs from the center (S-13, V-26)."""


@dataclass(frozen=True, slots=True)
class Match:
    """The person a row is about, and the account at the unit."""

    person: PersonFacts
    account: KnownAccount


class AccountBusiness(RosterBusiness[A]):
    """A business about people of the unit; a subclass judges the account in `check_account`."""

    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one row and its normal values; `row` maps column keys to texts as typed."""
        kept = self._kept[context.source]
        typed = {key: text.strip(ENDS) for key, text in row.items() if key in kept}
        if context.on_screen:
            for key, text in context.on_screen.items():
                typed[key] = typed.get(key) or clean_cell(text)
        values = dict(typed)
        found = self._missing(typed, context)
        identity: IdNumber | None = None
        match = self._as_registered(typed, context)
        if match is not None:
            found += check_cells(self._other_columns, typed, values, context)
            found += self.check_month(context)
        else:
            found += self._who(typed, context)
            found += self._name(typed)
            identity, id_findings = self._id_number(typed, values, context)
            found += id_findings
            found += check_cells(self._plain_columns, typed, values, context)
            found += self.check_month(context)
            named_by = "account_no" if typed.get("account_no") else "id_number"
            if not found or not any(finding.field == named_by for finding in errors(found)):
                match, unknown = self._find(typed, context)
                found += unknown
        if match is not None:
            found += self._agrees(typed, values, match)
            if match.person.unfinished:
                found += self._under_way(match.person.unfinished)
            found += self.check_account(match, values, context)
            registered = match.person.id_number
            if self._judges_people and (identity is None or identity.text != registered):
                identity = _identity(registered, context) or identity
        if identity is not None:
            found += self.check_person(identity, context)
        found += self.check_more(typed, values, match, context)
        return RowCheck(values, self._ordered(found), self.amount(values, match))

    # ---- for the business ----------------------------------------------------------------------------

    @abstractmethod
    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Findings about the person's account."""

    def check_month(self, context: CheckContext) -> list[Finding]:
        """Findings that hold for every row of a month."""
        return []

    def check_person(self, person: IdNumber, context: CheckContext) -> list[Finding]:
        """Findings about the person whose ID number is known."""
        return []

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """Findings about the other columns; puts normal and computed texts into `values`."""
        return []

    def amount(self, values: Mapping[str, str], match: Match | None) -> int:
        """The row's part of the roster's sum in 分."""
        return 0

    # ---- who is meant --------------------------------------------------------------------------------

    @cached_property
    def _judges_people(self) -> bool:
        """Whether the business has something to say of a person's age and the like."""
        return type(self).check_person is not AccountBusiness.check_person

    @cached_property
    def _other_columns(self) -> tuple[Column, ...]:
        """The plain columns that do not name the person."""
        return tuple(column for column in self._plain_columns if column.key != "account_no")

    def _as_registered(self, typed: Mapping[str, str], context: CheckContext) -> Match | None:
        """The account of a row that states number, name and ID exactly as they are registered.

        What the center has registered needs no look at how it is written; None for every other row.
        """
        number = typed.get("account_no", "")
        person = context.people.get(context.by_account.get(number, "")) if number else None
        if person is None or not person.id_number or typed.get("id_number") != person.id_number:
            return None
        if typed.get("name") != person.name:
            return None
        own = context.unit.account
        for one in person.accounts:
            if one.account_no == number:
                return Match(person, one) if one.unit_account == own and one.status in LIVE else None
        return None

    def _title(self, key: str) -> str:
        column = self.by_key.get(key)
        return self.profile.term("account_no") if column is None else column.title

    def _who(self, typed: Mapping[str, str], context: CheckContext) -> list[Finding]:
        """A row must name a person; an account number must look like one (V-22)."""
        number = typed.get("account_no", "")
        if not number:
            if typed.get("id_number") or any(c.key in ("account_no", "id_number") for c in self._required):
                return []
            title = self._title(self._person_column)
            return [Finding("required", self._person_column, f"“{title}”不能为空，请填写。")]
        problem = account_number_problem(number, context.unit.account)
        if not problem:
            return []
        return [Finding("account.length", "account_no", f"{self._title('account_no')}{problem}")]

    def _name(self, typed: Mapping[str, str]) -> list[Finding]:
        name = typed.get("name", "")
        problem = name_problem(name) if name else None
        return [Finding(problem[0], "name", problem[1])] if problem is not None else []

    def _id_number(
        self, typed: Mapping[str, str], values: dict[str, str], context: CheckContext
    ) -> tuple[IdNumber | None, list[Finding]]:
        text = typed.get("id_number", "")
        if not text:
            return None, []
        try:
            person = parse_id_number(text, context.today)
        except IdNumberError as error:
            return None, [Finding(error.code, "id_number", error.text)]
        values["id_number"] = person.text
        return person, []

    def _find(self, typed: Mapping[str, str], context: CheckContext) -> tuple[Match | None, list[Finding]]:
        """The person's account at the unit, or why there is none (V-20, W-06, E-06)."""
        own, number = context.unit.account, typed.get("account_no", "")
        key = context.by_account.get(number, "") if number else same_person_key(typed.get("id_number", ""))
        person = context.people.get(key)
        if person is not None:
            mine = [one for one in person.accounts if one.unit_account == own and one.status in LIVE]
            if number:
                mine = [one for one in mine if one.account_no == number]
            if mine:
                return Match(person, self.choose(mine)), []
        if not (number or typed.get("id_number")) or not context.people_known:
            return None, []
        subject = "" if context.source is Source.FILE else "该职工"
        what = self._title("account_no" if number else "id_number")
        local = "，或先做职工信息同步" if self.profile.local_database else ""
        text = f"{subject}不存在缴存关系或不属于此单位，请核对{what}{local}。"
        field = "account_no" if number and "account_no" in self.by_key else self._person_column
        return None, [Finding("account.unknown", field, text)]

    def choose(self, accounts: list[KnownAccount]) -> KnownAccount:
        """The account that is meant where a person has several at the unit: the one that is paid into."""
        return next((one for one in accounts if one.status is AccountStatus.NORMAL), accounts[0])

    def _agrees(self, typed: Mapping[str, str], values: dict[str, str], match: Match) -> list[Finding]:
        """Name and ID of the row against the registered ones (S-13, V-26); the registered ones go on."""
        person = match.person
        values["account_no"] = match.account.account_no
        differs = []
        name, number = typed.get("name", ""), typed.get("id_number", "")
        if name == person.name and number == person.id_number:
            if VERDICT in self.by_key:
                values[VERDICT] = ""
            return []
        if name and person.name and name.casefold() != person.name.casefold():
            differs.append(("name", f"姓名与中心登记的“{person.name}”不一致"))
        same = number == person.id_number or same_person_key(number) == same_person_key(person.id_number)
        if number and not same:
            differs.append(("id_number", f"{self._title('id_number')}与中心登记的不一致"))
        if self.rules.mismatch == "center_wins" or not differs:
            values["name"], values["id_number"] = person.name or name, person.id_number or number
        if VERDICT in self.by_key:
            values[VERDICT] = "；".join(text for _, text in differs)
        if self.rules.mismatch == "center_wins":
            return [
                Finding("person.overruled", key, f"{text}，提交后以中心数据为准。", Severity.WARNING)
                for key, text in differs
            ]
        return [Finding("person.differs", key, f"{text}，请核对后改正。") for key, text in differs]


def _identity(text: str, context: CheckContext) -> IdNumber | None:
    """The registered ID number taken apart; None for one that the rules do not know."""
    try:
        return parse_id_number(text, context.today)
    except IdNumberError:
        return None


ACCOUNT_ALIASES = ("个人客户号", "账号", "职工账号")


def account_columns(*more: Column) -> tuple[Column, ...]:
    """The columns that name a person, in front of a business's own."""
    from domain.business import Kind

    return (
        Column("serial", "序号", Kind.SERIAL, 5, in_roster=False),
        # One more for the caret behind the last digit.
        Column("account_no", "个人账号", Kind.TEXT, ACCOUNT_CELLS + 1, aliases=ACCOUNT_ALIASES),
        Column("name", "姓名", Kind.NAME, 12, aliases=("个人姓名", "职工姓名", "缴存人姓名")),
        Column("id_number", "证件号码", Kind.ID, 19, aliases=("身份证号", "身份证号码", "证件号")),
        *more,
        Column("fund_type", "资金性质", Kind.CODE, 14, codes="fund_type"),
        Column(VERDICT, "核对结果", Kind.TEXT, 24, computed=True),
    )
