"""What the center knows for a unit's deadlines: pay day, paid months, bases of the year, the calendar."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from center.clock import local_now, now_text
from center.deps import UnitScope
from center.errors import unit_not_found
from center.facts import business_calendar
from center.registered import unit_items
from center.store.tables import account_change, unit
from domain.deadlines_wire import CalendarYear, DeadlineBasis
from domain.period import BusinessCalendar, fund_year, fund_year_months


def deadline_basis(conn: Connection, scope: UnitScope) -> DeadlineBasis:
    """What the deadlines of a unit follow from, now. Raises unit.not_found."""
    row = conn.execute(select(unit).where(unit.c.unit_account == scope.unit_account)).one_or_none()
    if row is None:
        raise unit_not_found()
    calendar = business_calendar(conn, scope.profile)
    today = local_now(scope.clock).date()
    month = calendar.business_month(today)
    return DeadlineBasis(
        unit_account=row.unit_account,
        name=row.name,
        today=today.isoformat(),
        time=now_text(scope.clock),
        month=month,
        paid_through=row.paid_through,
        payday=_payday(unit_items(row)),
        verified_year=row.verified_year,
        base_adjusted=_base_adjusted(conn, scope, month),
        calendar=_years(calendar, min(today.year - 1, (row.paid_through or month) // 100)),
    )


def _payday(details: Mapping[str, str]) -> int:
    """The registered day of the month, 0 where there is none."""
    text = details.get("payday", "")
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= 31 else 0


def _years(calendar: BusinessCalendar, first: int) -> list[CalendarYear]:
    return [
        CalendarYear(
            year=year,
            off=sorted(day.isoformat() for day in days),
            work=sorted(day.isoformat() for day in calendar.workdays.get(year, ())),
        )
        for year, days in sorted(calendar.holidays.items())
        if year >= first
    ]


def _base_adjusted(conn: Connection, scope: UnitScope, month: int) -> bool:
    """Whether bases were changed in the fund year of `month`, where the center has 基数调整."""
    if scope.profile.business.base_adjust is None:
        return False
    start = scope.profile.calendar.fund_year_start
    first, _ = fund_year_months(fund_year(month, start), start)
    change = account_change.c
    query = (
        select(change.rev)
        .where(change.unit_account == scope.unit_account, change.month >= first)
        .where(change.business == "base_adjust")
        .limit(1)
    )
    return conn.scalar(query) is not None
