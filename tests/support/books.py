"""Books with money over the years: units, accounts, deposits, moves, straight through the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import insert, update

from center.effects.apply import lock_units
from center.ledger import codes
from center.ledger.moving import Moved, move_money
from center.ledger.post import Entry, Move, post
from center.serials import account_number
from center.store.engine import Store
from center.store.tables import account, depositor, scope, unit

NOW = "2026-07-10T02:00:00.000000Z"


def add_unit(store: Store, unit_account: str, people: int) -> list[str]:
    """A unit and the numbers of its accounts, which hold nothing."""
    numbers = [account_number(unit_account, place + 1) for place in range(people)]
    facts = {"base": 1, "unit_ratio": 500, "person_ratio": 500, "unit_amount": 1, "person_amount": 1}
    with store.write() as conn:
        conn.execute(insert(scope).values(scope=unit_account))
        values = {"name": f"单位{unit_account}", "unified_ratio": True, "ratios": "[]", "fund_types": "[]"}
        conn.execute(insert(unit).values(unit_account=unit_account, **values))
        for place, number in enumerate(numbers):
            key = f"{unit_account}{place:06d}"[-18:]
            conn.execute(insert(depositor).values(person_key=key, id_number=key, name=f"职工{place}"))
            about = {"account_no": number, "unit_account": unit_account, "person_key": key, "rev": place}
            conn.execute(insert(account).values(**about, **facts, status="01", opened="2020-01-01"))
    return numbers


def deposit(
    store: Store, unit_account: str, day: date, amounts: Mapping[str, tuple[int, int]], source: str = ""
) -> int:
    """汇缴 of a day: unit's and person's amounts in 分 by account; gives the number of the entry."""
    source = source or f"deposit:{unit_account}:{day.isoformat()}"
    sides: tuple[codes.Part, codes.Part] = (codes.UNIT_CURRENT, codes.PERSON_CURRENT)
    waiting, total = codes.unallocated(unit_account), sum(map(sum, amounts.values()))
    moves = [
        Move(waiting, codes.person(number, part), amount, f"{number}:{part}")
        for number, both in amounts.items()
        for part, amount in zip(sides, both, strict=True)
        if amount
    ]
    with store.write() as conn:
        receipt = Entry("receipt", f"r-{source}", unit_account, day, NOW)
        post(conn, receipt, [Move(codes.BANK, waiting, total, "0")])
        month = day.year * 100 + day.month
        entry = Entry("allocate", source, unit_account, day, NOW, month, serial=f"{day:%Y%m%d}00000001")
        return post(conn, entry, moves)


def move(store: Store, day: date, old: tuple[str, str], new: tuple[str, str], row_no: int = 1) -> None:
    """All money of an account (unit, number) goes to another; the old one is closed."""
    with store.write() as conn:
        lock_units(conn, [old[0], new[0]])
        about = Entry("", f"move:{old[1]}", "", day, NOW)
        move_money(conn, about, [Moved(row_no, old[1], old[0], new[1], new[0])])
        conn.execute(update(account).where(account.c.account_no == old[1]).values(gone=True))
