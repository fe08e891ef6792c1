"""What the center's tables say about a unit and a day, in the terms of the domain."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import Connection, select

from center.clock import Clock, local_now, today
from center.deps import UnitScope
from center.errors import ProblemError, unit_not_found
from center.ledger import codes
from center.ledger.post import balance
from center.registered import open_businesses, unit_items
from center.remit.standing import last_verified
from center.settings import Settings
from center.store.tables import calendar_year, unit, workday
from center.store.tables import year_rules as year_table
from domain.business import CheckContext, Limits, RatioPair, Source, UnitFacts
from domain.money import Rounding
from domain.period import BusinessCalendar, fund_year, parse_hours
from domain.profile import Profile


def unit_facts(conn: Connection, unit_account: str, *, without: str = "") -> UnitFacts:
    """What checks must know of a unit; the submission `without` is not under way. Raises unit.not_found."""
    row = conn.execute(select(unit).where(unit.c.unit_account == unit_account)).one_or_none()
    if row is None:
        raise unit_not_found()
    return UnitFacts(
        account=row.unit_account,
        name=row.name,
        unified_ratio=row.unified_ratio,
        ratios=tuple(RatioPair(first, second) for first, second in json.loads(row.ratios)),
        fund_types=tuple(json.loads(row.fund_types)),
        paid_through=row.paid_through,
        verified_through=last_verified(conn, unit_account),
        verified_year=row.verified_year,
        details=unit_items(row),
        unfinished=open_businesses(conn, unit_account, without=without),
        unallocated=balance(conn, codes.unallocated(unit_account)),
    )


def year_rules(conn: Connection) -> dict[int, Limits]:
    """What holds in every fund year the center has published."""
    return {
        row.fund_year: Limits(
            fund_year=row.fund_year,
            base_min=row.base_min,
            base_max=row.base_max,
            amount_min=row.amount_min,
            amount_max=row.amount_max,
            ratio_min=row.ratio_min,
            ratio_max=row.ratio_max,
            unit_rounding=Rounding(row.unit_rounding),
            person_rounding=Rounding(row.person_rounding),
        )
        for row in conn.execute(select(year_table))
    }


def business_calendar(conn: Connection, profile: Profile) -> BusinessCalendar:
    """The center's calendar from its published years."""
    holidays: dict[int, set[date]] = {year: set() for year in conn.scalars(select(calendar_year.c.year))}
    working: dict[int, set[date]] = {year: set() for year in holidays}
    for row in conn.execute(select(workday.c.day, workday.c.working)):
        day = date.fromisoformat(row.day)
        (working if row.working else holidays).setdefault(day.year, set()).add(day)
    return BusinessCalendar(
        kind=profile.calendar.business_month,
        holidays={year: frozenset(days) for year, days in holidays.items()},
        workdays={year: frozenset(days) for year, days in working.items()},
        hours=parse_hours(profile.calendar.hours),
        cutoff_pull_forward=profile.calendar.cutoff_pull_forward,
    )


def check_context(conn: Connection, scope: UnitScope, source: Source, clock: Clock) -> CheckContext:
    """The context of a check at this moment, without `people`, which depends on the rows.

    `month` is the business month of the center's date and `limits` those of its fund year.
    """
    calendar = business_calendar(conn, scope.profile)
    day = today(clock)
    month = calendar.business_month(day)
    years = year_rules(conn)
    return CheckContext(
        today=day,
        month=month,
        unit=unit_facts(conn, scope.unit_account),
        limits=years.get(fund_year(month, scope.profile.calendar.fund_year_start)),
        source=source,
        years=years,
    )


def require_open(conn: Connection, settings: Settings) -> None:
    """Raise outside_hours when the center is closed now and its settings enforce that (N-01, N-02)."""
    if not settings.enforce_hours:
        return
    closed = business_calendar(conn, settings.profile).closed_text(local_now(settings.clock))
    if closed is not None:
        raise ProblemError("outside_hours", closed)
