"""Money that goes from one personal account to another: transfers, takeovers, merging (X-01 to X-10).

Each side gets an entry of its own, over 内部往来, so that a unit's books tell what left and what came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from center.ledger import codes
from center.ledger.post import NOTHING, Entry, Move, holdings, post


@dataclass(frozen=True, slots=True)
class Moved:
    """All the money of an account goes to another one, because of a row of a submission."""

    row_no: int
    old: str
    old_unit: str
    new: str
    new_unit: str


def move_money(conn: Connection, about: Entry, moved: Sequence[Moved]) -> None:
    """Move the money of accounts, part by part, before the old ones are closed.

    `about` says day, time, serial and source; its unit and act are set here: "merge" within a unit, else
    "transfer_out" and "transfer_in". Accounts without money need no entry. Raises LedgerError.
    """
    held = holdings(conn, [one.old for one in moved])
    leaving: dict[str, list[Move]] = defaultdict(list)
    coming: dict[str, list[Move]] = defaultdict(list)
    merging: dict[str, list[Move]] = defaultdict(list)
    for one in moved:
        within = one.old_unit == one.new_unit
        for part, amount in zip(codes.PARTS, held.get(one.old, NOTHING), strict=True):
            if not amount:
                continue
            old, new = codes.person(one.old, part), codes.person(one.new, part)
            key = f"{one.row_no}:{part}"
            out = Move(old, codes.TRANSIT, amount, f"{key}:out", one.row_no)
            into = Move(codes.TRANSIT, new, amount, f"{key}:in", one.row_no)
            if within:
                merging[one.old_unit] += [out, into]
            else:
                leaving[one.old_unit].append(out)
                coming[one.new_unit].append(into)
    for act, by_unit in (("merge", merging), ("transfer_out", leaving), ("transfer_in", coming)):
        for unit_account, moves in sorted(by_unit.items()):
            post(conn, _entry(about, act, unit_account), moves)


def _entry(about: Entry, act: str, unit_account: str) -> Entry:
    return Entry(
        act=act,
        source=about.source,
        unit_account=unit_account,
        day=about.day,
        time=about.time,
        month=about.month,
        serial=about.serial,
        operator_id=about.operator_id,
    )
