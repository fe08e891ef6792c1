"""A center whose books have every kind of act in them, and posting without a route for tests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from center.effects.apply import lock_units
from center.ledger import codes
from center.ledger.post import Entry, Move, post, reverse
from center.store.engine import Store
from center.store.money_tables import bank_receipt, interest, ledger_head, remittance, remittance_row
from center.store.tables import account, makeup_order
from domain.business import AccountStatus
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, UNIT, Office
from tests.support.money import give_money

DAY, NOW = date(2026, 11, 23), "2026-11-23T02:00:00.000000Z"
CURRENT: tuple[codes.Part, codes.Part] = (codes.UNIT_CURRENT, codes.PERSON_CURRENT)
SEALED, NORMAL = AccountStatus.SEALED, AccountStatus.NORMAL


def entry(act: str, source: str, unit_account: str, month: int = 0) -> Entry:
    return Entry(act, source, unit_account, DAY, NOW, month, operator_id="test")


def receive(conn: Connection, unit_account: str, amount: int, receipt_id: str = "") -> int:
    """Money of a unit comes in and waits; gives the number of the entry."""
    receipt_id = receipt_id or str(uuid.uuid4())
    lock_units(conn, [unit_account] if unit_account else [])
    line = {"bank_no": receipt_id, "day": DAY.isoformat(), "amount": amount, "unit_account": unit_account}
    about = {"operator_id": "test", "recorded": NOW, "source": "typed"}
    state = "matched" if unit_account else "suspense"
    conn.execute(insert(bank_receipt).values(receipt_id=receipt_id, state=state, **line, **about))
    place = codes.unallocated(unit_account) if unit_account else codes.suspense()
    moves = [Move(codes.BANK, place, amount, "in")]
    return post(conn, entry("receipt", f"receipt:{receipt_id}:1", unit_account), moves)


def allocate(
    conn: Connection, unit_account: str, month: int, parts: Mapping[str, tuple[int, int]], source: str = ""
) -> int:
    """A verified month of a unit is paid: unit's and person's amount by account; gives the entry's number."""
    source = source or str(uuid.uuid4())
    lock_units(conn, [unit_account])
    waiting = codes.unallocated(unit_account)
    moves = [
        Move(waiting, codes.person(number, part), amount, f"{month}:{number}:{part}", 0)
        for number, both in parts.items()
        for part, amount in zip(CURRENT, both, strict=True)
    ]
    number = post(conn, entry("allocate", source, unit_account, month), moves)
    key = {"unit_account": unit_account, "submission_id": source, "month": month}
    sides = [sum(both[place] for both in parts.values()) for place in (0, 1)]
    people = {"last_people": 0, "more_people": len(parts), "less_people": 0, "people": len(parts)}
    money = {"last_amount": 0, "more_amount": sum(sides), "less_amount": 0, "amount": sum(sides)}
    about = {"checked": DAY.isoformat(), "business_month": 202611, "changed": DAY.isoformat()}
    conn.execute(
        insert(remittance).values(
            **key, **people, **money, **about, row_no=1, state="paid", unit_amount=sides[0],
            person_amount=sides[1], paid_by=source, journal_no=number, claim=f"{unit_account}/{month}",
        )
    )  # fmt: skip
    for account_no, both in parts.items():
        sums = {"base": 0, "unit_ratio": 500, "person_ratio": 500}
        row = {"account_no": account_no, "person_key": account_no[-18:], **sums}
        conn.execute(insert(remittance_row).values(**key, **row, unit_amount=both[0], person_amount=both[1]))
    return number


def pay_interest(conn: Connection, unit_account: str, year: int, amounts: Mapping[str, int]) -> int:
    """Interest of accounts, half of it accrued before; gives the number of the entry."""
    lock_units(conn, [unit_account])
    total = sum(amounts.values())
    accrual = Move(codes.INTEREST_EXPENSE, codes.INTEREST_PAYABLE, total, "0")
    post(conn, entry("accrue", f"accrue:{unit_account}:{year}", ""), [accrual])
    moves = [
        Move(codes.INTEREST_PAYABLE, codes.person(number, codes.PERSON_CARRIED), amount, f"{number}:po")
        for number, amount in amounts.items()
    ]
    paid = post(conn, entry("interest", f"interest:{year}", unit_account), moves)
    for number, amount in amounts.items():
        about = {"account_no": number, "fund_year": year, "unit_account": unit_account, "product": "0"}
        sides = {"payee": number, "amount": amount, "unit_amount": 0, "person_amount": amount}
        conn.execute(insert(interest).values(**about, **sides, day=DAY.isoformat(), journal_no=paid))
    return paid


def make_up(conn: Connection, unit_account: str, account_no: str, month: int, both: tuple[int, int]) -> int:
    """A month made up, declared and settled; gives the number of the entry."""
    source = str(uuid.uuid4())
    lock_units(conn, [unit_account])
    waiting = codes.unallocated(unit_account)
    moves = [
        Move(waiting, codes.person(account_no, part), amount, f"1:{month}:{part}", 0)
        for part, amount in zip(CURRENT, both, strict=True)
    ]
    number = post(conn, entry("makeup", source, unit_account), moves)
    order = {"unit_account": unit_account, "submission_id": source, "row_no": 1, "month": month}
    about = {"account_no": account_no, "person_key": "x", "fund_type": "general", "business": "makeup"}
    when = {"declared": DAY.isoformat(), "changed": DAY.isoformat(), "business_month": 202611}
    conn.execute(
        insert(makeup_order).values(
            **order, **about, **when, unit_amount=both[0], person_amount=both[1], funding="unallocated",
            state="settled",
        )
    )  # fmt: skip
    return number


def take_back_receipt(conn: Connection, journal_no: int, receipt_id: str) -> int:
    """Reverse a receipt that never came."""
    conn.execute(select(ledger_head).with_for_update())
    one = bank_receipt.c.receipt_id == receipt_id
    conn.execute(update(bank_receipt).where(one).values(state="reversed"))
    return reverse(conn, journal_no, entry("receipt", "", UNIT))


@dataclass(frozen=True, slots=True)
class Books:
    """Numbers of accounts and entries in `full_books`."""

    center: CenterUnderTest
    office: Office
    paid: str
    """An account that was allocated to, made up and got interest."""
    receipt: int
    allocation: int
    reversal: int
    refused: str
    """The id of a submission that was refused."""
    closed: str
    """An account that was merged into another one."""

    @property
    def store(self) -> Store:
        return self.center.store


def full_books(center: CenterUnderTest) -> Books:
    """Fill a shaanxi center: opening, receipt, suspense, allocation, makeup, transfer, merger, interest,
    carry, a reversal, a refused submission; everything in order."""
    office, other = Office(center), Office(center, OTHER)
    people = office.people(3)
    paid = office.give_account(people[0])
    give_money(center.store, paid, 10_003)
    store = center.store
    receipt = store.run(lambda conn: receive(conn, UNIT, 1_000_000))
    store.run(lambda conn: receive(conn, "", 77))
    never = str(uuid.uuid4())
    wrong = store.run(lambda conn: receive(conn, UNIT, 5_555, never))
    reversal = store.run(lambda conn: take_back_receipt(conn, wrong, never))
    allocation = store.run(lambda conn: allocate(conn, UNIT, 202611, {paid: (96_000, 96_001)}))
    store.run(lambda conn: make_up(conn, UNIT, paid, 202609, (1_200, 1_300)))
    # A person comes with money from the other unit; another one's two accounts become one.
    theirs = other.give_account(people[1], SEALED)
    store.run(lambda conn: receive(conn, OTHER, 500_000))
    store.run(lambda conn: allocate(conn, OTHER, 202611, {theirs: (40_000, 50_000)}))
    row = {"name": people[1].name, "id_number": people[1].id_number, "reason": "01"}
    office.file([row], business="transfer_in")
    closed, kept = office.give_account(people[2], SEALED), office.give_account(people[2])
    give_money(store, closed, 777, date(2026, 1, 2))
    office.file([{"account_no": closed, "to_account": kept}], business="merge")
    refused = str(uuid.uuid4())
    again = office.send(office.body([{"account_no": closed, "to_account": kept}], "merge"), refused)
    assert again.status_code == 422, again.text
    store.run(lambda conn: pay_interest(conn, UNIT, 2025, {paid: 151, kept: 3}))
    carry = Move(codes.person(paid, "uc"), codes.person(paid, "uo"), 500, f"{paid}:uc")
    store.run(lambda conn: post(conn, entry("carry", "carry:2025", UNIT), [carry]))
    with store.read() as conn:
        assert conn.scalar(select(account.c.gone).where(account.c.account_no == closed))
    return Books(center, office, paid, receipt, allocation, reversal, refused, closed)
