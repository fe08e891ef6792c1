"""What follows when money has become 单位未分配金额."""

from __future__ import annotations

from sqlalchemy import Connection

from center.moment import Moment


def money_arrived(conn: Connection, unit_account: str, moment: Moment, why: str) -> None:
    """Take notice, in the same transaction and under the unit's lock, that a unit has more unallocated money.

    `why` is the id of the receipt the money came with.
    """
