"""Yearly verification of all bases (年度核定): B-15, B-16, V-31; manual of shaanxi 11.1.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from domain.business import AccountStatus, CheckContext, KnownAccount
from domain.businesses.accounts import Match
from domain.businesses.adjust import Adjusting, After
from domain.businesses.names import BusinessOff
from domain.codes import table
from domain.findings import Finding, Severity
from domain.money import MoneyError, format_yuan, parse_yuan
from domain.period import add_months, fund_year, fund_year_months, last_day

if TYPE_CHECKING:
    from domain.businesses.adjust_rules import AnnualRules  # noqa: F401 - named in a base class
    from domain.profile import Profile

YEAR = "fund_year"
"""Key of the fund year a row is about; it travels with the row."""
WHO = "参与年度核定的人员为缴至当年6月所有正常汇缴职工"


class Annual(Adjusting["AnnualRules"]):
    """年度核定 under one center's profile."""

    id = "annual"
    WIRE_KEYS: ClassVar[tuple[str, ...]] = (*Adjusting.WIRE_KEYS, YEAR)

    # ---- the year ------------------------------------------------------------------------------------

    def year(self, context: CheckContext) -> int:
        """The fund year that is verified: that of the business month, or of the next month to be paid."""
        start = self.profile.calendar.fund_year_start
        now, paid = fund_year(context.month, start), context.unit.paid_through
        return now if paid is None else max(now, fund_year(add_months(paid, 1), start))

    def target_month(self, context: CheckContext) -> int:
        """The first month of the fund year."""
        return fund_year_months(self.year(context), self.profile.calendar.fund_year_start)[0]

    def june(self, context: CheckContext) -> int:
        """The last month of the fund year before, which everybody must be paid to."""
        return add_months(self.target_month(context), -1)

    def check_month(self, context: CheckContext) -> list[Finding]:
        """Once a year, after June, before July, no year left out; a unit nobody knows is not judged."""
        unit, year, june = context.unit, self.year(context), self.june(context)
        if not unit.account:
            return []
        done, paid = unit.verified_year, unit.paid_through
        if done is not None and done >= year:
            text = f"每个公积金年度只允许办理一次年度核定，{year}年度的已经办理，不用再办。"
            return [Finding("annual.done", "", text)]
        if paid is None or paid < june:
            now = f"缴至{paid}" if paid is not None else "尚未缴存"
            text = f"每年6月份汇缴完成后方可办理下年度的年度核定，本单位{now}，请先汇缴至{june}。"
            return [Finding("annual.june", "", text)]
        if done is not None and done < year - 1:
            text = f"年度核定须按年份连续办理，不可跨年度办理，{done + 1}年度的还没有办理，请联系中心。"
            return [Finding("annual.skipped", "", text)]
        if paid > june:
            text = f"年度核定应在汇缴7月份公积金前办理，本单位已缴至{paid}，请联系中心。"
            return [Finding("annual.july", "", text)]
        if unit.verified_through is not None and unit.verified_through > june:
            text = f"年度核定应在汇缴7月份公积金前办理，本单位已核定至{unit.verified_through}，请联系中心。"
            return [Finding("annual.july", "", text)]
        return []

    # ---- the person ----------------------------------------------------------------------------------

    def takes_part(self, status: str, opened: str, context: CheckContext) -> bool:
        """Whether an account is verified: paid for, and opened (ISO day) in time to be paid to June."""
        return status == AccountStatus.NORMAL and opened <= last_day(self.june(context)).isoformat()

    def check_account(self, match: Match, values: dict[str, str], context: CheckContext) -> list[Finding]:
        """Those paid to June and no others (V-31)."""
        account, june = match.account, self.june(context)
        if self.takes_part(account.status, account.opened, context):
            return []
        what = f"该职工{account.opened}开户，没有缴至{june}"
        if account.status is not AccountStatus.NORMAL:
            what = f"该职工的账户状态是{table('account_status').label(account.status.value)}"
        return [Finding("annual.person", self._person_column, f"{WHO}，{what}，请从清册中删除。")]

    def check_more(
        self, typed: Mapping[str, str], values: dict[str, str], match: Match | None, context: CheckContext
    ) -> list[Finding]:
        """The new base; the old one of the file is only there to be read."""
        found = super().check_more(typed, values, match, context)
        values[YEAR] = str(self.year(context))
        if match is not None and (stated := typed.get("base", "")):
            found += self._old_base(stated, match.account)
        return found

    def _old_base(self, stated: str, known: KnownAccount) -> list[Finding]:
        try:
            if parse_yuan(stated) == known.base:
                return []
        except MoneyError:
            pass
        title = self.by_key["base"].title
        text = f"{title}与中心登记的 {format_yuan(known.base)} 元不一致，以中心数据为准。"
        return [Finding("annual.old_base", "base", text, Severity.WARNING)]

    def unchanged(self, after: After, known: KnownAccount) -> list[Finding]:
        """A base may well stay what it was."""
        return []


def declare(profile: Profile) -> Annual:
    """年度核定 at a center. Raises BusinessOff."""
    rules = profile.business.annual
    if rules is None:
        raise BusinessOff("本中心没有开通网上年度核定，请到中心柜台办理。")
    return Annual(profile, rules)
