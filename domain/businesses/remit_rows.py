"""What the businesses about whole months share: a row is a month with its people and its amount.

The figures are the center's; a row repeats what was shown, so that nobody confirms what has changed since.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from domain.business import CheckContext, Column, Kind, RowCheck
from domain.businesses.base import RosterBusiness
from domain.findings import Finding
from domain.money import MoneyError, format_yuan, parse_yuan
from domain.period import PeriodError, format_month, parse_month
from domain.remittance import Figures, RemitFacts
from domain.text import clean_cell

if TYPE_CHECKING:
    from domain.rules import BusinessRules  # noqa: F401 - named in a bound

R = TypeVar("R", bound="BusinessRules")

CATALOGUE = (
    Column("month", "汇缴年月", Kind.MONTH, 9),
    Column("people", "汇缴人数", Kind.TEXT, 9),
    Column("total_amount", "汇缴金额", Kind.MONEY, 17),
)
MOST_PEOPLE = 9


class MonthBusiness(RosterBusiness[R]):
    """A business of which each row is a month of the unit; a subclass judges the month."""

    CATALOGUE = CATALOGUE
    needs_remittance = True

    def person_key(self, values: Mapping[str, str]) -> str:
        """Nobody: a row is about the unit."""
        return ""

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """A month."""
        return values.get("month", "")

    def duplicate(self, first: str) -> Finding:
        """A month that stands in the submission already."""
        return Finding("roster.duplicate", "month", f"与{first}是同一月度，请删除重复的一条。")

    def check_row(self, row: Mapping[str, str], context: CheckContext) -> RowCheck:
        """All findings of one month taken by itself."""
        return self._check(row, context, ())

    def check_roster(self, rows: Sequence[Mapping[str, str]], context: CheckContext) -> list[RowCheck]:
        """The months in their order; behind one that cannot go nothing goes."""
        before: list[int] = []
        checks: list[RowCheck] = []
        for row in rows:
            check = self._check(row, context, before)
            if check.ok and checks and not checks[-1].ok:
                text = "前面的月度不能办理，这一月度也不能办理，请先处理前面的月度。"
                check = replace(check, findings=(*check.findings, Finding("remit.behind", "month", text)))
            checks.append(check)
            if month := check.values.get("month", ""):
                before.append(int(month) if month.isdigit() else 0)
        return self.together(checks, context)

    def together(self, checks: list[RowCheck], context: CheckContext) -> list[RowCheck]:
        """What is to be said of all months as a whole."""
        return checks

    def _check(self, row: Mapping[str, str], context: CheckContext, before: Sequence[int]) -> RowCheck:
        kept = self._kept[context.source]
        values = {key: clean_cell(text) for key, text in row.items() if key in kept}
        found = self._missing(values, context)
        month, wrong = _month(values.get("month", ""), self.by_key["month"].title)
        stated, bad = _figures(values)
        found += [*wrong, *bad]
        if month is not None:
            values["month"] = format_month(month)
        facts = context.remit
        if month is not None and facts is not None and not found:
            found += self.check_month(month, before, facts, context)
            if not found and stated is not None:
                found += _changed(month, stated, self.known(month, facts))
        return RowCheck(values, self._ordered(found), stated.amount if stated is not None else 0)

    @abstractmethod
    def check_month(
        self, month: int, before: Sequence[int], facts: RemitFacts, context: CheckContext
    ) -> list[Finding]:
        """Why a month cannot go; `before` are the months in front of it in the submission."""

    @abstractmethod
    def known(self, month: int, facts: RemitFacts) -> Figures | None:
        """The center's figures of a month that can go."""


def _month(text: str, title: str) -> tuple[int | None, list[Finding]]:
    if not text:
        return None, []
    try:
        return parse_month(text), []
    except PeriodError as error:
        return None, [Finding(error.code, "month", f"{title}：{error.text}")]


def _figures(values: dict[str, str]) -> tuple[Figures | None, list[Finding]]:
    """The stated people and amount; nothing where they are not stated."""
    people, amount = values.get("people", ""), values.get("total_amount", "")
    if not people or not amount:
        return None, []
    found = []
    if not (people.isascii() and people.isdigit() and len(people) <= MOST_PEOPLE):
        found.append(Finding("remit.people", "people", "汇缴人数应为整数，请刷新后重试。"))
    fen = 0
    try:
        fen = parse_yuan(amount)
    except MoneyError as error:
        found.append(
            Finding(f"amount.{error.code.removeprefix('money.')}", "total_amount", f"汇缴金额：{error.text}")
        )
    if fen < 0:
        found.append(Finding("amount.not_positive", "total_amount", "汇缴金额不能为负数，请刷新后重试。"))
    if found:
        return None, found
    values |= {"people": str(int(people)), "total_amount": format_yuan(fen)}
    return Figures(int(people), fen), []


def _changed(month: int, stated: Figures, known: Figures | None) -> list[Finding]:
    """Figures that are no longer those that were shown."""
    if known is None or stated == known:
        return []
    text = (
        f"{month}的汇缴人数、金额现为{known.people}人、{format_yuan(known.amount)}元，"
        f"与所报的{stated.people}人、{format_yuan(stated.amount)}元不同，请刷新核对后重新提交。"
    )
    return [Finding("remit.changed", "total_amount", text)]
