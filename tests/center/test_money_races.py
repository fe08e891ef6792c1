"""Many at once on PostgreSQL, where races show: exactly once, conserved, never below zero."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select

from center.effects.apply import lock_units
from center.ledger import codes
from center.ledger.audit import audit_store
from center.ledger.post import LedgerError, Move, balance, holdings, post, reverse
from center.store.engine import Store
from center.store.money_tables import journal
from domain.business import AccountStatus
from tests.support.center import CenterUnderTest, running_center
from tests.support.filing import OTHER, UNIT, Office
from tests.support.ledger_acts import allocate, entry, receive
from tests.support.money import give_money, money_on

T = TypeVar("T")
MANY = 32

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def at_once(work: Callable[[int], T], count: int = 0) -> list[T]:
    """The results of `work(place)` in `count` threads, or `MANY`, which all start at the same moment."""
    count = count or MANY
    ready = threading.Barrier(count)

    def started(place: int) -> T:
        ready.wait(60)
        return work(place)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(started, range(count)))


def tried(store: Store, work: Callable[[Any], object]) -> str:
    """What came of a transaction: "done", or the code of the refusal."""
    try:
        store.run(work)
    except LedgerError as error:
        return error.code
    return "done"


def sound(store: Store) -> None:
    assert {one.invariant.number: one.broken for one in audit_store(store) if one.broken} == {}


@pytest.fixture
def center(tmp_path: Path, database_url: str) -> Iterator[CenterUnderTest]:
    with running_center(tmp_path, "lyszfgjj", url=database_url) as made:
        yield made


def test_one_submission_sent_by_many_at_once_moves_money_once(center: CenterUnderTest) -> None:
    office, other = Office(center), Office(center, OTHER)
    number = office.give_account(office.people(1)[0], AccountStatus.SEALED)
    give_money(center.store, number, 123_456)
    body = office.body([{"account_no": number, "to_unit": OTHER}], "transfer_out")
    same = str(uuid.uuid4())
    requests = [office.request(body, same) for _ in range(MANY)]  # each signed anew, as by a retry
    answers = at_once(lambda place: center.send(requests[place]))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: MANY - 1}
    assert len({answer.json()["serial"] for answer in answers}) == 1
    (new,) = other.accounts()
    assert (money_on(center.store, number), money_on(center.store, new.account_no)) == (0, 123_456)
    with center.store.read() as conn:
        assert conn.scalar(select(func.count()).where(journal.c.act == "transfer_out")) == 1
    sound(center.store)


def test_many_submissions_about_one_account_move_it_once(center: CenterUnderTest) -> None:
    office, _ = Office(center), Office(center, OTHER)
    number = office.give_account(office.people(1)[0], AccountStatus.SEALED)
    give_money(center.store, number, 99)
    body = office.body([{"account_no": number, "to_unit": OTHER}], "transfer_out")
    requests = [office.request(body) for _ in range(MANY)]
    answers = at_once(lambda place: center.send(requests[place]))
    taken = [answer.json() for answer in answers if answer.status_code == 201]
    assert sum(receipt["ok"] for receipt in taken) == 1
    assert {answer.status_code for answer in answers} <= {201, 422}
    sound(center.store)


def test_many_draining_a_unit_take_what_there_is_and_no_more(center: CenterUnderTest) -> None:
    office = Office(center)
    numbers = [office.give_account(person) for person in office.people(4)]
    each, enough = 1_000, 20
    center.store.run(lambda conn: receive(conn, UNIT, enough * each + 999))

    def take(place: int) -> str:
        month = 202601 + place % 12 + 100 * (place // 12)
        parts = {numbers[place % 4]: (600, 400)}
        return tried(center.store, lambda conn: allocate(conn, UNIT, month, parts))

    came = Counter(at_once(take))
    assert came == {"done": enough, "ledger.short": MANY - enough}
    with center.store.read() as conn:
        assert balance(conn, codes.unallocated(UNIT)) == 999
        assert sum(map(sum, holdings(conn, numbers).values())) == enough * each
    sound(center.store)


def test_without_the_lock_of_the_unit_the_books_alone_hold(center: CenterUnderTest) -> None:
    """Whoever forgets to lock the unit stands in the line of the head all the same."""
    office = Office(center)
    number = office.give_account(office.people(1)[0])
    center.store.run(lambda conn: receive(conn, UNIT, 10_000))
    moves = [Move(codes.unallocated(UNIT), codes.person(number, "uc"), 1_000, "0")]

    def take(place: int) -> str:
        about = entry("makeup", f"drain{place}", UNIT)
        return tried(center.store, lambda conn: post(conn, about, moves))

    assert Counter(at_once(take)) == {"done": 10, "ledger.short": MANY - 10}
    assert money_on(center.store, number) == 10_000


def test_one_source_posted_by_many_at_once_is_posted_once(center: CenterUnderTest) -> None:
    Office(center)
    about = entry("receipt", "one", UNIT)
    moves = [Move(codes.BANK, codes.unallocated(UNIT), 5, "in")]
    came = Counter(at_once(lambda _: tried(center.store, lambda conn: post(conn, about, moves))))
    assert came == {"done": 1, "ledger.twice": MANY - 1}


def test_one_entry_is_reversed_by_one_of_many(center: CenterUnderTest) -> None:
    Office(center)
    number = center.store.run(lambda conn: receive(conn, UNIT, 500))
    about = entry("receipt", "", UNIT)
    came = Counter(at_once(lambda _: tried(center.store, lambda conn: reverse(conn, number, about))))
    assert came == {"done": 1, "ledger.reversed": MANY - 1}
    with center.store.read() as conn:
        assert balance(conn, codes.unallocated(UNIT)) == 0


def test_units_that_pay_each_other_do_not_stand_in_each_others_way(center: CenterUnderTest) -> None:
    """Both directions at once: the locks come in one order, so nobody waits for ever and nothing is lost."""
    offices = [Office(center), Office(center, OTHER)]
    numbers = []
    for place in range(16):
        office = offices[place % 2]
        numbers.append(office.give_account(office.people(1)[0], AccountStatus.SEALED))
        give_money(center.store, numbers[-1], 1_000 + place)

    def go(place: int) -> int:
        office, to_unit = offices[place % 2], (OTHER, UNIT)[place % 2]
        rows = [{"account_no": numbers[place], "to_unit": to_unit}]
        return center.send(office.request(office.body(rows, "transfer_out"))).status_code

    assert at_once(go, 16) == [201] * 16
    with center.store.read() as conn:
        lock_units(conn, [UNIT, OTHER])
        held = {one.account_no for office in offices for one in office.accounts()}
        assert sum(map(sum, holdings(conn, held).values())) == sum(range(1_000, 1_016))
    sound(center.store)
