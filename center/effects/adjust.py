"""Change of bases, amounts and ratios, and their yearly verification (B-01 to B-16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, exists, func, not_, select, update

from center.batches import batches
from center.effects.apply import OVERTAKEN, Effect, Row, RowFailed, Work
from center.effects.changes import OneAccountEffect
from center.store.tables import account, account_change, unit
from domain.business import AccountStatus
from domain.businesses.annual import YEAR
from domain.money import parse_ratio, parse_yuan
from domain.period import add_months, fund_year_months, last_day


def effect(business: str) -> Effect:
    """The effect of `base_adjust` or `annual`."""
    return AnnualEffect() if business == "annual" else AdjustEffect()


class AdjustEffect(OneAccountEffect):
    """The account has the new base, ratio and amounts from now on."""

    def change(self, work: Work, row: Row) -> dict[str, Any]:
        """The new columns of the row's account."""
        if row.account(work.unit_account).status is not AccountStatus.NORMAL:
            raise RowFailed("account.changed", OVERTAKEN)
        return {
            "base": parse_yuan(row.values["new_base"]),
            "unit_ratio": parse_ratio(row.values["new_unit_ratio"]),
            "person_ratio": parse_ratio(row.values["new_person_ratio"]),
            "unit_amount": parse_yuan(row.values["new_unit_amount"]),
            "person_amount": parse_yuan(row.values["new_person_amount"]),
        }


class AnnualEffect(AdjustEffect):
    """Besides, the unit's year is verified once everybody who takes part is.

    Until then those whose rows failed can be filed again; nobody is verified twice (B-15). The history
    names the fund year as the reason.
    """

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Change each row's account and see whether the unit is through."""
        if not rows:
            return {}
        year = int(rows[0].values[YEAR])
        numbers = [row.account(work.unit_account).account_no for row in rows]
        if self._verified(work, year, numbers):
            raise RowFailed("annual.done", f"该职工{year}年度的年度核定已经办理，不用再办，请从清册中删除。")
        told = [replace(row, values={**row.values, "reason": str(year)}) for row in rows]
        done = super().write(work, told)
        if not self._anybody_left(work, year):
            mine = unit.c.unit_account == work.unit_account
            work.conn.execute(update(unit).where(mine).values(verified_year=year))
        return done

    @staticmethod
    def _lines(work: Work, year: int) -> Any:
        lines = account_change.c
        return (
            (lines.unit_account == work.unit_account)
            & (lines.business == work.business)
            & (lines.reason == str(year))
        )

    def _verified(self, work: Work, year: int, numbers: Sequence[str]) -> bool:
        """Whether one of the accounts has been verified already."""
        found = select(account_change.c.account_no).where(self._lines(work, year))
        return any(
            work.conn.execute(found.where(account_change.c.account_no.in_(part)).limit(1)).first() is not None
            for part in batches(numbers)
        )

    def note(self, work: Work) -> str:
        """Whether the unit is through, or how many are missing."""
        mine = account_change.c.submission_id == work.submission_id
        found = select(account_change.c.reason).where(
            account_change.c.unit_account == work.unit_account, mine
        )
        year = work.conn.execute(found.limit(1)).scalar()
        if year is None:
            return ""
        count = select(func.count()).select_from(self._left(work, int(year)).subquery())
        left = work.conn.execute(count).scalar_one()
        if not left:
            return f"本单位{year}年度的年度核定已全部完成。"
        return f"还有{left}名职工没有核定，请补办后再汇缴7月份公积金。"

    def _anybody_left(self, work: Work, year: int) -> bool:
        """Whether somebody is not verified; the accounts changed longest ago come first."""
        left = self._left(work, year).order_by(account.c.rev).limit(1)
        return work.conn.execute(left).first() is not None

    def _left(self, work: Work, year: int) -> Select[tuple[str]]:
        """The accounts that take part and are not verified."""
        june = add_months(fund_year_months(year, work.profile.calendar.fund_year_start)[0], -1)
        own, lines = account.c, account_change.c
        done = exists().where(self._lines(work, year) & (lines.account_no == own.account_no))
        return (
            select(own.account_no)
            .where(own.unit_account == work.unit_account, own.status == AccountStatus.NORMAL.value)
            .where(not_(own.gone), own.opened <= last_day(june).isoformat(), not_(done))
        )
