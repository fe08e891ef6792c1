"""The wire contract of what a unit's deadlines follow from; the general part stands in `domain.wire`."""

from __future__ import annotations

from domain.wire import Month, UnitAccount, Wire


class CalendarYear(Wire):
    """Days off and worked weekend days of a published year, ISO days."""

    year: int
    off: list[str] = []
    work: list[str] = []


class DeadlineBasis(Wire):
    """What the center knows for the deadlines of a unit; `domain.deadlines` makes them of it.

    `today` is the center's date, `time` when this was told (UTC, "Z"), `month` the business month,
    `paid_through` the month paid up to, `payday` the registered day of the month (0: none), `verified_year`
    the fund year of the last 年度核定, `base_adjusted` whether 基数调整 has been carried out in the fund year
    of `month`. `calendar` holds the published years from the one before today's on.
    """

    unit_account: UnitAccount
    name: str
    today: str
    time: str
    month: Month
    paid_through: int | None = None
    payday: int = 0
    verified_year: int | None = None
    base_adjusted: bool = False
    calendar: list[CalendarYear] = []
