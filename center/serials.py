"""Running numbers of the center: the 业务流水号 of a submission (Q-18) and personal account numbers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from center.store.tables import setting
from domain.businesses.base import ACCOUNT_DIGITS

SERIAL_DIGITS = 8
MAX_UNIT_ACCOUNT = 12
"""Longest unit account that still leaves room for the running number of its personal accounts."""


def next_serial(conn: Connection, day: date) -> str:
    """The next 业务流水号 of a day: YYYYMMDD and eight digits, unique for ever (Q-18).

    Allocated in the caller's transaction: a transaction that is rolled back uses no number up. The
    counter's row stays locked until the transaction ends, so call this late.
    """
    stamp = day.strftime("%Y%m%d")
    name = f"serial:{stamp}"
    if not _take(conn, name):
        try:
            with conn.begin_nested():
                conn.execute(insert(setting).values(name=name, value="0"))
        except IntegrityError:
            pass
        _take(conn, name)
    number = int(conn.execute(select(setting.c.value).where(setting.c.name == name)).scalar_one())
    conn.execute(update(setting).where(setting.c.name == name).values(value=str(number + 1)))
    return f"{stamp}{number + 1:0{SERIAL_DIGITS}d}"


def _take(conn: Connection, name: str) -> bool:
    """Lock the counter's row by an update that changes nothing; False when there is no such row."""
    locked = update(setting).where(setting.c.name == name).values(value=setting.c.value)
    return conn.execute(locked).rowcount == 1


def account_number(unit_account: str, number: int) -> str:
    """The account number of a unit's `number`-th account: the unit account and eight digits.

    Raises ValueError when the unit account is too long or the unit's numbers are used up.
    """
    if len(unit_account) > MAX_UNIT_ACCOUNT or not 0 < number < 10**ACCOUNT_DIGITS:
        raise ValueError(f"no account number for unit {unit_account!r} and running number {number}")
    return f"{unit_account}{number:0{ACCOUNT_DIGITS}d}"
