"""Accounts that go from one unit to another: closed at the one, going on under a new number at the other.

A person has one account (条例 article 13), so whatever moves an account goes through here: transfers, and a
registration that takes a sealed account over. The money goes with it in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from center.batches import batches
from center.effects.apply import Row, Work, entry_of
from center.effects.changes import NOTHING, facts_of, record, take_revisions, write_history
from center.facts import unit_facts, year_rules
from center.ledger.moving import Moved, move_money
from center.serials import account_number
from center.store.tables import account, account_change, unit
from domain.business import AccountStatus, KnownAccount, RatioPair, UnitFacts
from domain.money import deposit
from domain.period import fund_year


@dataclass(frozen=True, slots=True)
class Move:
    """One row's account and the unit it goes to."""

    row: Row
    old: KnownAccount
    to_unit: str


def move_accounts(work: Work, moves: Sequence[Move]) -> dict[int, str]:
    """Move sealed accounts; gives the new numbers by row. The caller holds the locks of all units."""
    numbers: dict[int, str] = {}
    for receiving in sorted({move.to_unit for move in moves}):
        numbers |= _arrive(work, receiving, [move for move in moves if move.to_unit == receiving])
    moved = [
        Moved(move.row.row_no, move.old.account_no, move.old.unit_account, number, move.to_unit)
        for move in moves
        if (number := numbers[move.row.row_no])
    ]
    move_money(work.conn, entry_of(work, "transfer_out"), moved)
    write_history(work, leave_accounts(work, [(move.row, move.old) for move in moves]))
    return numbers


def leave_accounts(work: Work, leaving: Sequence[tuple[Row, KnownAccount]]) -> list[dict[str, Any]]:
    """Close accounts that go on elsewhere, whichever units they are of; gives the lines of their history.

    Their money has gone before. The units' copies of their depositors get a tombstone each.
    """
    counts = Counter(old.unit_account for _, old in leaving)
    revs = {name: take_revisions(work, count, name) for name, count in sorted(counts.items())}
    closed = {"status": AccountStatus.TRANSFERRED.value}
    values, lines = [], []
    for row, old in leaving:
        revs[old.unit_account] += 1
        rev = revs[old.unit_account]
        values.append({"key": old.account_no, "at": rev})
        lines.append(
            record(work, row, old.account_no, rev, facts_of(old), closed, unit_account=old.unit_account)
        )
    if values:
        one = update(account).where(account.c.account_no == bindparam("key"))
        work.conn.execute(one.values(**closed, gone=True, rev=bindparam("at")), values)
    return lines


def _arrive(work: Work, receiving: str, moves: Sequence[Move]) -> dict[int, str]:
    """Open the accounts at the unit they go to, sealed as they were."""
    rev = take_revisions(work, len(moves), receiving)
    counter = _take_numbers(work, receiving, len(moves))
    facts = unit_facts(work.conn, receiving)
    sealed_here = _sealed_here(work, receiving, [move.row.person_key for move in moves])
    values, lines, numbers = [], [], {}
    for place, move in enumerate(moves, 1):
        number = account_number(receiving, counter + place)
        deposits = _deposits(work, facts, move.old)
        known = {"status": AccountStatus.SEALED.value, **deposits}
        values.append(
            {
                **known,
                "account_no": number,
                "unit_account": receiving,
                "person_key": move.row.person_key,
                "fund_type": move.old.fund_type,
                "opened": work.day.isoformat(),
                "rev": rev + place,
                "gone": False,
                "sealed_month": work.month if move.row.person_key in sealed_here else None,
                "sealed_reason": move.old.sealed_reason,
            }
        )
        line = record(work, move.row, number, rev + place, NOTHING, known, unit_account=receiving)
        lines.append(line)
        numbers[move.row.row_no] = number
    work.conn.execute(insert(account), values)
    write_history(work, lines)
    return numbers


def _take_numbers(work: Work, unit_account: str, count: int) -> int:
    """Take `count` running numbers of a unit's accounts under its lock; gives the one before the first."""
    one = unit.c.unit_account == unit_account
    before = work.conn.execute(select(unit.c.account_counter).where(one)).scalar_one()
    work.conn.execute(update(unit).where(one).values(account_counter=before + count))
    return int(before)


def _sealed_here(work: Work, unit_account: str, people: Sequence[str]) -> set[str]:
    """Who was sealed at the unit in this very business month: who comes back is still that (S-10)."""
    found: set[str] = set()
    line = account_change.c
    this_month = (line.unit_account == unit_account) & (line.month == work.month)
    sealing = this_month & (line.business == "seal")
    for batch in batches(people):
        found |= set(work.conn.scalars(select(line.person_key).where(sealing, line.person_key.in_(batch))))
    return found


def _deposits(work: Work, receiving: UnitFacts, old: KnownAccount) -> Mapping[str, int]:
    """The base stays; where everybody has the unit's ratio, the deposits are those of the new unit."""
    ratio = receiving.ratio if receiving.unified_ratio else old.ratio
    if ratio == old.ratio:
        return _columns(old.base, ratio, old.unit_amount, old.person_amount)
    start = work.profile.calendar.fund_year_start
    limits = year_rules(work.conn).get(fund_year(work.month, start))
    if limits is not None:
        return _columns(old.base, ratio, *limits.deposits(old.base, ratio))
    money = work.profile.money
    unit_amount = deposit(old.base, ratio.unit, money.unit_rounding)
    return _columns(old.base, ratio, unit_amount, deposit(old.base, ratio.person, money.person_rounding))


def _columns(base: int, ratio: RatioPair, unit_amount: int, person_amount: int) -> Mapping[str, int]:
    return {
        "base": base,
        "unit_ratio": ratio.unit,
        "person_ratio": ratio.person,
        "unit_amount": unit_amount,
        "person_amount": person_amount,
    }
