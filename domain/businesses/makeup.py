"""Making up a month by its amount (补缴): M-01, M-02, M-05 to M-11, V-33.

A row is one month of one person; a month is made up once, until the order is cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from domain.business import AccountStatus, CheckContext, Column, Kind, MadeUp, RowCheck, Source
from domain.businesses.accounts import AccountBusiness, Match, account_columns
from domain.businesses.makeup_money import most_a_month, read_amount, sides, too_little
from domain.businesses.makeup_months import month_findings, read_month
from domain.businesses.makeup_rules import AT_ONCE, MakeupRules
from domain.businesses.names import BusinessOff
from domain.findings import Finding
from domain.money import MoneyError, format_yuan, parse_yuan
from domain.overlap import month_key
from domain.period import PeriodError, format_month, parse_month

if TYPE_CHECKING:
    from domain.profile import Profile

CATALOGUE = account_columns(
    Column("reason", "补缴原因", Kind.CODE, 14, aliases=("原因",)),
    Column("month", "补缴年月", Kind.MONTH, 9, aliases=("补缴月份", "年月", "月份")),
    Column("total_amount", "补缴金额", Kind.MONEY, 13, aliases=("金额", "补缴金额（元）")),
)
SIDES = ("unit_amount", "person_amount")


class Makeup(AccountBusiness[MakeupRules]):
    """Making up under one center's profile."""

    id = "makeup"
    CATALOGUE = CATALOGUE
    needs_history = True

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Accounts paid into and sealed ones can be made up; frozen ones only at the counter."""
        return frozen_finding(match, self._person_column)

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """The month, the amount, and what both come to together."""
        titles = {key: self.by_key[key].title for key in ("month", "total_amount")}
        month, found = read_month(typed.get("month", ""), "month", titles["month"])
        amount, wrong = read_amount(typed.get("total_amount", ""), "total_amount", titles["total_amount"])
        found += wrong
        if month is not None:
            values["month"] = format_month(month)
            start = self.profile.calendar.fund_year_start
            found += month_findings(month, "month", titles["month"], self.rules, context, start)
            if match is not None:
                found += self.check_made_up(month, match)
        if amount is None:
            return found
        values["total_amount"] = format_yuan(amount)
        if month is None:
            return found
        if match is not None:
            self._sides(values, amount, month, match, context)
        if self.rules.cap_check:
            found += self._cap(amount, month, match, context)
        return found

    def check_made_up(self, month: int, match: Match) -> list[Finding]:
        """A month is made up once."""
        return repeated(match.person.made_up, "month", (month, month))

    def _sides(
        self, values: dict[str, str], amount: int, month: int, match: Match, context: CheckContext
    ) -> None:
        """The sides of the amount, rounded as in the year of the month; nothing anybody states."""
        limits = context.limits_for(month, self.profile.calendar.fund_year_start)
        rounding = self.profile.money.unit_rounding if limits is None else limits.unit_rounding
        for key, side in zip(SIDES, sides(amount, match.account.ratio, rounding), strict=True):
            values[key] = format_yuan(side)

    def _cap(self, amount: int, month: int, match: Match | None, context: CheckContext) -> list[Finding]:
        """With what was paid for the person's month it stays below the most of that year (M-11)."""
        limits = context.limits_for(month, self.profile.calendar.fund_year_start)
        if limits is None:
            text = f"中心还没有公布{month}所属年度的月缴存额上限，请联系中心。"
            return [Finding("base.limits_unknown", "month", text)]
        paid = match.person.deposit_in(month) if match is not None else 0
        most = most_a_month(limits)
        if amount + paid <= most:
            return []
        text = (
            f"补缴金额与{month}已汇缴额 {format_yuan(paid)} 元合计 {format_yuan(amount + paid)} 元，"
            f"超过{limits.fund_year}年度月缴存额上限 {format_yuan(most)} 元，请改正。"
        )
        return [Finding("makeup.over_cap", "total_amount", text)]

    def check_roster(self, rows: Sequence[Mapping[str, str]], context: CheckContext) -> list[RowCheck]:
        """Every row, and that the money for all of them is there when it must be (M-06)."""
        checks = super().check_roster(rows, context)
        there = context.unit.unallocated
        if there is None or not self._pays_now(context):
            return checks
        needed = sum(check.amount for check in checks if check.ok)
        if needed <= there:
            return checks
        told = Finding("makeup.short", "total_amount", too_little(needed, there))
        return [replace(check, findings=(*check.findings, told)) if check.ok else check for check in checks]

    def _pays_now(self, context: CheckContext) -> bool:
        """Whether rows that pass are paid from 单位未分配 at once: not those that wait for a clerk."""
        if self.rules.funding not in AT_ONCE or context.source is not Source.CENTER:
            return False
        return context.settling or self.rules.workflow == "immediate"

    def amount(self, values: Mapping[str, str], match: Match | None) -> int:
        """The amount made up."""
        return amount_of(values)

    def duplicate_key(self, values: Mapping[str, str]) -> str:
        """A person's month."""
        return key_of_months(self.person_key(values), values.get("month", ""), values.get("month", ""))

    def duplicate(self, first: str) -> Finding:
        """A month of a person that stands in the roster already."""
        return months_repeat(first, "month")


def frozen_finding(match: Match, field: str) -> list[Finding]:
    """A frozen account is the counter's."""
    if match.account.status is not AccountStatus.FROZEN:
        return []
    return [Finding("makeup.frozen", field, "该职工的账户已冻结，请到中心柜台办理。")]


def repeated(
    made_up: tuple[MadeUp, ...] | None,
    field: str,
    months: tuple[int, int],
    fund_type: str = "",
) -> list[Finding]:
    """Months that were made up for the person already, on whichever account (M-12, V-21)."""
    known = sorted(
        one.month
        for one in made_up or ()
        if months[0] <= one.month <= months[1] and (not fund_type or one.fund_type == fund_type)
    )
    if not known:
        return []
    more = f"等{len(known)}个月" if len(known) > 1 else ""
    text = f"存在重复补缴的年月：{known[0]}{more}已经申报过补缴，请核对后改正。"
    return [Finding("makeup.repeated", field, text)]


def not_waiting(made_up: tuple[MadeUp, ...] | None, account_no: str, month: int) -> list[Finding]:
    """Why no order for a month of an account waits for its money (M-08)."""
    if made_up is None:
        return []
    orders = [one for one in made_up if one.account_no == account_no and one.month == month]
    if not orders:
        text = f"该职工没有申报过{month}的补缴，请核对补缴月份。"
        return [Finding("makeup.not_declared", "month", text)]
    if all(one.settled for one in orders):
        return [Finding("makeup.settled", "month", f"{month}的补缴已经入账，不能再修改或取消，请联系中心。")]
    return []


def months_repeat(first: str, field: str) -> Finding:
    """Months that another row of the roster makes up for the same person (M-12, V-21)."""
    text = f"存在重复补缴的年月：与{first}是同一人，年月重复，请核对后改正。"
    return Finding("roster.duplicate", field, text)


def key_of_months(subject: str, first: str, last: str) -> str:
    """The duplicate key of a subject for months given as texts, "" where they are none."""
    try:
        months = parse_month(first), parse_month(last)
    except PeriodError:
        return ""
    return month_key(subject, *months) if subject and months[0] <= months[1] else ""


def amount_of(values: Mapping[str, str]) -> int:
    """The amount of a row in 分, 0 where it states none."""
    try:
        return max(0, parse_yuan(values.get("total_amount", "")))
    except MoneyError:
        return 0


def declare(profile: Profile) -> Makeup:
    """Making up at a center. Raises BusinessOff."""
    rules = profile.business.makeup
    if rules is None:
        raise BusinessOff("本中心没有开通网上补缴，请到中心柜台办理。")
    return Makeup(profile, rules)
