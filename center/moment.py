"""One reading of the center's clock, in the forms the tables want."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from center.clock import Clock, today, utc_text
from center.facts import business_calendar
from domain.period import BusinessCalendar
from domain.profile import Profile


@dataclass(frozen=True, slots=True)
class Moment:
    """`now` UTC text, `day` the center's date, `month` its business month YYYYMM, `calendar` the center's."""

    now: str
    day: date
    month: int
    calendar: BusinessCalendar

    @classmethod
    def read(cls, conn: Connection, clock: Clock, profile: Profile) -> Moment:
        """The present moment."""
        calendar = business_calendar(conn, profile)
        day = today(clock)
        return cls(utc_text(clock.now()), day, calendar.business_month(day), calendar)

    def next_workday(self) -> date:
        """The next working day; without a published calendar the next Monday to Friday."""
        known = self.calendar.next_workday(self.day)
        if known is not None:
            return known
        step = 7 - self.day.weekday() if self.day.weekday() >= 4 else 1
        return date.fromordinal(self.day.toordinal() + step)
