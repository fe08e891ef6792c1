"""Who pays how much in a month, read from the accounts and their history (R-08).

A change counts in the month of its line in `account_change`: the business month in which it was filed, of a
new base the month from which it was declared, which may lie before that of lines filed earlier. What is filed
for a month that is verified already stands in the next one, because a verified month is kept as it was and
the next is compared with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from center.batches import batches
from center.store.bulk import among
from center.store.money_tables import remittance, remittance_row
from center.store.tables import account, account_change
from domain import remittance as rules
from domain.period import add_months
from domain.remittance import Facts, Held, Line, Share, Sheet

CANCELLED = "cancelled"
MANY = 10_000
Shares = Mapping[str, Share]
_FACTS = Facts._fields
_HELD = (account.c.account_no, account.c.person_key, account.c.opened, account.c.sealed_month)
_OWN = tuple(account.c[name] for name in _FACTS)
_WAS = tuple(account_change.c[f"{name}_from"] for name in _FACTS)
_IS = tuple(account_change.c[f"{name}_to"] for name in _FACTS)
_LINE = tuple(account_change.c[name] for name in ("account_no", "person_key", "business", "month"))
_SHARE = tuple(remittance_row.c[name] for name in Share._fields)


class UnitHistory:
    """A unit's accounts and what changed them after the month `since` (YYYYMM)."""

    def __init__(self, conn: Connection, unit_account: str, since: int) -> None:
        """Read what is needed to tell who pays in `since` and in every later month."""
        self._conn = conn
        self._unit = unit_account
        self._lines = [_line(row) for row in conn.execute(_lines_behind(unit_account, since))]
        mine = select(*_HELD, *_OWN).where(account.c.unit_account == unit_account)
        rows = conn.execute(mine).all()
        late = [row[0] for row in rows if _month(row[2]) > since]
        told = self._told(late)
        self._accounts = {
            row[0]: Held(row[0], row[1], Facts(*row[4:]), _month(row[2]), row[3] or 0, row[0] in told)
            if _month(row[2]) > since
            else Held(row[0], row[1], Facts(*row[4:]), _month(row[2]), row[3] or 0)
            for row in rows
        }

    def _told(self, numbers: Sequence[str]) -> set[str]:
        """Which of some accounts have a history at all."""
        found: set[str] = set()
        for batch in batches(numbers, MANY):
            named = select(account_change.c.account_no).where(
                account_change.c.unit_account == self._unit,
                among(self._conn, account_change.c.account_no, batch),
            )
            found |= set(self._conn.scalars(named.distinct()))
        return found

    def shares(self, month: int) -> dict[str, Share]:
        """Who pays in a month."""
        return rules.who_pays(self._accounts.values(), self._lines, month)

    def causes(self, last: Shares, now: Shares, month: int) -> dict[str, str]:
        """The businesses behind the differences of a month from the one before."""
        lines: dict[str, list[Line]] = defaultdict(list)
        named = rules.differing(last, now)
        for batch in batches(named, MANY):
            mine = _lines(self._unit).where(among(self._conn, account_change.c.account_no, batch))
            for row in self._conn.execute(mine):
                lines[row[0]].append(_line(row))
        return {
            number: self._cause(number, lines[number], month, (number in last) != (number in now))
            for number in named
        }

    def _cause(self, number: str, lines: Sequence[Line], month: int, joined: bool) -> str:
        if lines:
            return rules.cause(lines, month, joined=joined)
        held = self._accounts[number]
        return "open" if held.opened == month else "seal" if held.sealed == month else ""


def sheets(conn: Connection, unit_account: str, first: int, count: int) -> list[Sheet]:
    """The sheets of `count` months from `first` on, each compared with the one before.

    The month before the first is as it was verified; what was paid before the program counted follows from
    the history. Where nothing was ever paid there is no month before.
    """
    before = add_months(first, -1)
    history = UnitHistory(conn, unit_account, before)
    last = verified_shares(conn, unit_account, before)
    if last is None:
        last = history.shares(before) if earliest(conn, unit_account) < first else {}
    made = []
    for step in range(count):
        month = add_months(first, step)
        now = history.shares(month)
        causes = history.causes(last, now, month)
        made.append(rules.sheet(month, last, now, causes))
        last = now
    return made


def verified_shares(conn: Connection, unit_account: str, month: int) -> dict[str, Share] | None:
    """Who pays in a month that was verified, None where it was not."""
    live = select(remittance.c.submission_id).where(
        remittance.c.unit_account == unit_account,
        remittance.c.month == month,
        remittance.c.state != CANCELLED,
    )
    submission_id = conn.scalar(live)
    if submission_id is None:
        return None
    mine = (
        select(*_SHARE)
        .where(
            remittance_row.c.unit_account == unit_account,
            remittance_row.c.submission_id == submission_id,
            remittance_row.c.month == month,
        )
        .order_by(remittance_row.c.account_no)
    )
    return {row[0]: Share(*row) for row in conn.execute(mine)}


def earliest(conn: Connection, unit_account: str) -> int:
    """The first month in which anything is known of the unit's accounts, 999912 where nothing is."""
    opened = conn.scalar(select(func.min(account.c.opened)).where(account.c.unit_account == unit_account))
    changed = conn.scalar(
        select(func.min(account_change.c.month)).where(account_change.c.unit_account == unit_account)
    )
    return min(_month(opened) if opened else NEVER, changed or NEVER)


NEVER = 999_912


def stored(sheet: Sheet) -> Mapping[str, Any]:
    """The columns of `remittance` that a sheet fills."""
    return {
        "month": sheet.month,
        "last_people": sheet.last.people,
        "last_amount": sheet.last.amount,
        "more_people": sheet.more.people,
        "more_amount": sheet.more.amount,
        "less_people": sheet.less.people,
        "less_amount": sheet.less.amount,
        "people": sheet.now.people,
        "amount": sheet.now.amount,
        "unit_amount": sheet.unit_amount,
        "person_amount": sheet.person_amount,
    }


def _lines(unit_account: str) -> Any:
    mine = account_change.c
    found = select(*_LINE, *_WAS, *_IS).where(mine.unit_account == unit_account)
    return found.order_by(mine.rev)


def _lines_behind(unit_account: str, since: int) -> Any:
    """The lines from the first one on that counts behind the month `since`."""
    mine = account_change.c
    later = select(func.min(mine.rev)).where(mine.unit_account == unit_account, mine.month > since)
    return _lines(unit_account).where(mine.rev >= later.scalar_subquery())


def _line(row: Row[Any]) -> Line:
    values = tuple(row)
    number, key, business, month = values[:4]
    return Line(number, key, business, month, Facts(*values[4:10]), Facts(*values[10:]))


def _month(day: str) -> int:
    return int(day[:4]) * 100 + int(day[5:7])
