"""Balances that a center brings along when its books begin: of a demo, or of an older system."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection

from center.ledger import codes
from center.ledger.post import Entry, Move, post

Parts = tuple[int, int, int, int]
"""分 in the order of `codes.PARTS`."""


def post_opening(
    conn: Connection, unit_account: str, day: date, time: str, held: Mapping[str, Parts], unallocated: int = 0
) -> None:
    """Book what a unit's accounts hold, and its unallocated money, against the bank; once a unit and day."""
    moves = [
        Move(codes.BANK, codes.person(number, part), amount, f"{number}:{part}")
        for number, parts in held.items()
        for part, amount in zip(codes.PARTS, parts, strict=True)
        if amount
    ]
    if unallocated:
        moves.append(Move(codes.BANK, codes.unallocated(unit_account), unallocated, "unallocated"))
    if moves:
        source = f"opening:{unit_account}:{day.isoformat()}"
        post(conn, Entry("opening", source, unit_account, day, time), moves)
