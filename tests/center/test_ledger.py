"""The books: what is posted and what is refused, balances, reversal, the chain, rows that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from center.ledger import codes
from center.ledger.post import (
    DIGESTED,
    Entry,
    LedgerError,
    Move,
    balance,
    chain_hash,
    digest,
    holdings,
    post,
    reverse,
)
from center.store import migrate
from center.store.engine import Store
from center.store.money_tables import journal, ledger_head, pool, transfer
from center.store.tables import account, depositor, scope, unit
from tests.support.center import make_settings

UNIT, DAY, NOW = "100001", date(2026, 11, 25), "2026-11-25T02:00:00.000000Z"
WAITING, SUSPENSE = codes.unallocated(UNIT), codes.suspense(UNIT)
ENTRY = Entry("receipt", "receipt:1", UNIT, DAY, NOW, serial="2026112500000001", operator_id="gy")
ALLOCATE = Entry("allocate", "s1", UNIT, DAY, NOW, month=202611)
A, B = f"{UNIT}00000001", f"{UNIT}00000002"


@pytest.fixture
def store(tmp_path: Path, database_url: str) -> Store:
    return made_store(tmp_path, database_url)


def made_store(folder: Path, url: str) -> Store:
    """Empty books of a unit with two accounts."""
    made = Store(make_settings(folder, url=url))
    migrate.upgrade(made)
    facts = {"base": 1, "unit_ratio": 500, "person_ratio": 500, "unit_amount": 1, "person_amount": 1}
    with made.write() as conn:
        conn.execute(scope.insert().values(scope=UNIT))
        values = {"name": "示例", "unified_ratio": True, "ratios": "[]", "fund_types": "[]"}
        conn.execute(unit.insert().values(unit_account=UNIT, **values))
        for place, number in enumerate((A, B)):
            conn.execute(depositor.insert().values(person_key=str(place), id_number=str(place), name="某"))
            about = {"account_no": number, "unit_account": UNIT, "person_key": str(place), "rev": place}
            conn.execute(account.insert().values(**about, **facts, status="01", opened="2026-01-01"))
    return made


def book(store: Store, entry: Entry, moves: Sequence[Move]) -> int:
    return store.run(lambda conn: post(conn, entry, moves))


def refused(store: Store, entry: Entry, moves: Sequence[Move]) -> LedgerError:
    before = everything(store)
    with pytest.raises(LedgerError) as caught:
        book(store, entry, moves)
    assert everything(store) == before
    return caught.value


def everything(store: Store) -> list[Any]:
    with store.read() as conn:
        return [list(conn.execute(select(one))) for one in (ledger_head, journal, transfer, pool)]


def worth(store: Store, code: str) -> int:
    with store.read() as conn:
        return balance(conn, code)


def received(store: Store, amount: int = 10_000) -> int:
    return book(store, ENTRY, [Move(codes.BANK, WAITING, amount, "0")])


def spread() -> list[Move]:
    return [
        Move(WAITING, codes.person(A, "uc"), 3_000, "1:uc", 1),
        Move(WAITING, codes.person(A, "pc"), 2_000, "1:pc", 1),
        Move(WAITING, codes.person(B, "uc"), 1_000, "2:uc", 2),
    ]


def test_a_receipt_and_its_allocation(store: Store) -> None:
    assert received(store) == 1
    assert book(store, ALLOCATE, spread()) == 2
    assert worth(store, codes.BANK) == 10_000
    assert worth(store, WAITING) == 4_000
    assert worth(store, codes.person(A, "uc")) == 3_000
    with store.read() as conn:
        assert holdings(conn, [A, B]) == {A: (3_000, 2_000, 0, 0), B: (1_000, 0, 0, 0)}
        first, second = conn.execute(select(journal).order_by(journal.c.journal_no)).all()
        rows = conn.execute(select(transfer).order_by(transfer.c.seq)).all()
    assert (first.amount, first.unallocated, first.people) == (0, 10_000, 0)
    assert (second.amount, second.unallocated, second.people, second.kind) == (6_000, -6_000, 2, "01")
    assert [row.transfer_id for row in rows] == ["receipt:1:0", "s1:1:uc", "s1:1:pc", "s1:2:uc"]
    assert [row.account_no for row in rows] == ["", A, A, B]


def test_what_is_paid_again_is_added(store: Store) -> None:
    received(store)
    for source in ("first", "second"):
        moves = [
            Move(WAITING, codes.person(A, "uc"), 1_000, "1"),
            Move(WAITING, codes.person(A, "po"), 7, "2"),
        ]
        book(store, replace(ALLOCATE, source=source), moves)
    with store.read() as conn:
        assert holdings(conn, [A]) == {A: (2_000, 0, 0, 14)}


def test_the_chain_links_every_entry(store: Store) -> None:
    received(store)
    book(store, ALLOCATE, spread())
    with store.read() as conn:
        lines = [dict(row._mapping) for row in conn.execute(select(journal).order_by(journal.c.journal_no))]
        head = conn.execute(select(ledger_head)).one()
        for line in lines:
            mine = select(*DIGESTED).where(transfer.c.journal_no == line["journal_no"])
            assert digest(conn.execute(mine.order_by(transfer.c.seq)).all()) == line["digest"]
    assert lines[1]["previous"] == lines[0]["chain"]
    for line in lines:
        chain = line.pop("chain")
        assert chain_hash(line) == chain
    assert (head.journal_no, head.seq, head.chain) == (2, 4, chain)


def test_more_than_there_is_is_refused(store: Store) -> None:
    received(store, 5_999)
    short = refused(store, ALLOCATE, spread())
    assert short.code == "ledger.short"
    assert short.text == f"单位未分配{UNIT}余额不足：需要60.00元，现有59.99元。"
    out = refused(store, ENTRY, [Move(codes.person(A, "uc"), WAITING, 1, "x")])
    assert out.text == f"住房公积金{A}余额不足：需要0.01元，现有0.00元。"


def test_what_comes_in_may_go_out_within_an_entry(store: Store) -> None:
    moves = [
        Move(codes.BANK, WAITING, 5, "in"),
        Move(WAITING, codes.person(A, "uc"), 5, "a"),
        Move(codes.person(A, "uc"), codes.person(A, "uo"), 5, "b"),
    ]
    book(store, ENTRY, moves)
    with store.read() as conn:
        assert holdings(conn, [A]) == {A: (0, 0, 5, 0)}


@pytest.mark.parametrize("amount", [0, -1, 2**63, 2**53, True, 1.0], ids=str)
def test_what_is_no_amount_is_refused(store: Store, amount: Any) -> None:
    assert refused(store, ENTRY, [Move(codes.BANK, WAITING, amount, "0")]).code == "ledger.invalid"


def test_an_entry_must_be_one(store: Store) -> None:
    assert refused(store, ENTRY, []).code == "ledger.invalid"
    assert refused(store, ENTRY, [Move(WAITING, WAITING, 1, "0")]).code == "ledger.invalid"
    assert (
        refused(store, replace(ENTRY, act="gift"), [Move(codes.BANK, WAITING, 1, "0")]).code
        == "ledger.invalid"
    )
    both = Move(codes.person(A, "uc"), codes.person(B, "uc"), 1, "0")
    assert refused(store, ENTRY, [both]).code == "ledger.invalid"


def test_nothing_is_booked_twice(store: Store) -> None:
    received(store)
    again = refused(store, ENTRY, [Move(codes.BANK, WAITING, 10_000, "0")])
    assert (again.code, again.text) == ("ledger.twice", "这一笔已经入账，不会重复入账。")


def test_a_closed_account_never_moves(store: Store) -> None:
    received(store)
    with store.write() as conn:
        conn.execute(update(account).where(account.c.account_no == A).values(gone=True))
    closed = refused(store, ALLOCATE, spread())
    assert (closed.code, closed.text) == (
        "ledger.closed",
        f"个人账户{A}已销户，不能再入账，请核对后重新办理。",
    )


def test_an_account_of_another_unit_or_of_none_is_refused(store: Store) -> None:
    received(store)
    foreign = refused(store, replace(ALLOCATE, unit_account="100002"), spread())
    assert foreign.code == "ledger.foreign"
    assert foreign.text == f"个人账户{A}不属于单位100002，不能入账，请核对后重新办理。"
    nobody = [Move(WAITING, codes.person(f"{UNIT}00000009", "uc"), 1, "1", 1)]
    assert refused(store, ALLOCATE, nobody).code == "ledger.foreign"


def test_a_code_the_chart_does_not_know_is_refused(store: Store) -> None:
    assert refused(store, ENTRY, [Move(codes.BANK, "999", 1, "0")]).code == "ledger.invalid"


def test_a_reversal_is_the_mirror_and_happens_once(store: Store) -> None:
    number = received(store)
    about = Entry("receipt", "", UNIT, date(2026, 11, 26), NOW, operator_id="gy2")
    taken_back = store.run(lambda conn: reverse(conn, number, about))
    assert worth(store, WAITING) == worth(store, codes.BANK) == 0
    with store.read() as conn:
        line = conn.execute(select(journal).where(journal.c.journal_no == taken_back)).one()
        row = conn.execute(select(transfer).where(transfer.c.journal_no == taken_back)).one()
    assert (line.reverses, line.summary, line.unallocated) == (number, "冲销：来款", -10_000)
    assert (row.reverses, row.debit, row.credit) == ("receipt:1:0", WAITING, codes.BANK)
    for one in (number, taken_back):
        with pytest.raises(LedgerError) as caught:
            store.run(partial(reverse, journal_no=one, entry=about))
        assert caught.value.code == "ledger.reversed"


def test_what_was_spent_cannot_be_reversed(store: Store) -> None:
    number = received(store)
    book(store, ALLOCATE, spread())
    with pytest.raises(LedgerError) as caught:
        store.run(lambda conn: reverse(conn, number, ENTRY))
    assert caught.value.code == "ledger.short"
    assert worth(store, WAITING) == 4_000


@pytest.mark.parametrize("table", [journal, transfer], ids=lambda table: table.name)
def test_the_database_keeps_the_books_as_they_are(store: Store, table: Any) -> None:
    received(store)
    for change in (update(table).values(journal_no=9), delete(table)):
        with pytest.raises(DBAPIError, match="账目只增不改"), store.write() as conn:
            conn.execute(change)


def test_the_tables_refuse_less_than_nothing(store: Store) -> None:
    received(store)
    with pytest.raises(DBAPIError), store.write() as conn:
        conn.execute(update(pool).where(pool.c.code == WAITING).values(balance=-1))


def test_many_small_amounts_add_up(store: Store) -> None:
    received(store, 20_000)
    moves = [Move(WAITING, codes.person(A, "pc"), 1, str(place)) for place in range(20_000)]
    book(store, ALLOCATE, moves)
    assert worth(store, codes.person(A, "pc")) == 20_000 and worth(store, WAITING) == 0
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(transfer)) == 20_001
