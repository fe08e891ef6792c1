"""Receipts when several clerks or a killed center are at work: once, and never more than there is."""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from center import receipts
from center.audit import verify_audit
from center.errors import ProblemError
from center.ledger import codes
from center.ledger.post import balance
from center.receipt_acts import act
from center.receipts import record
from center.store.money_tables import bank_receipt, journal, receipt_event
from cli.center_receipts import Operator
from domain.receipt_wire import BankLineBody, ReceiptAction
from domain.receipts import BankLine
from tests.center.conftest import MakeCenter
from tests.support.center import CenterUnderTest, running_center
from tests.support.databases import migrated_postgres

UNIT, OTHER = "100001", "100002"
LINE = BankLine("B1", date(2026, 11, 20), 10_000, "某公司", unit_account=UNIT)
CLERKS = 8


@pytest.fixture
def raced(tmp_path: Path, postgres: str) -> Any:
    """A center with two units on PostgreSQL, which does not stand writers in one line."""
    with migrated_postgres(postgres) as url, running_center(tmp_path, "baishan", url=url) as center:
        center.add_unit(UNIT)
        center.add_unit(OTHER, "别的单位")
        yield center


def desk(center: CenterUnderTest, name: str = "gy") -> Operator:
    return Operator(center.store, center.clock, center.settings.profile, name)


def race(works: list[Callable[[], object]]) -> Tally[str]:
    """Run all at the same moment; how often each came to what: an outcome, or the code of a refusal."""
    told: list[str] = []
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        ready.wait(30)
        try:
            told.append(str(work()))
        except ProblemError as error:
            told.append(error.code)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(told) == len(works)
    return Tally(told)


def worth(center: CenterUnderTest, code: str) -> int:
    with center.store.read() as conn:
        assert verify_audit(conn) is None
        return balance(conn, code)


def counted(center: CenterUnderTest, table: Any) -> int:
    with center.store.read() as conn:
        return int(conn.scalar(select(func.count()).select_from(table)) or 0)


def test_a_line_recorded_by_all_at_once_is_booked_once(raced: CenterUnderTest) -> None:
    told = race([lambda: record(desk(raced), LINE).repeated for _ in range(CLERKS)])
    assert told == {"False": 1, "True": CLERKS - 1}
    assert worth(raced, codes.unallocated(UNIT)) == 10_000
    assert (counted(raced, journal), counted(raced, bank_receipt), counted(raced, receipt_event)) == (1, 1, 1)


def test_other_facts_under_one_number_lose_to_the_first(raced: CenterUnderTest) -> None:
    lines = [BankLine("B1", LINE.day, 100 + number, unit_account=UNIT) for number in range(CLERKS)]
    told = race([lambda line=line: record(desk(raced), line).repeated for line in lines])  # type: ignore[misc]
    assert told == {"False": 1, "receipt.conflict": CLERKS - 1}
    assert counted(raced, journal) == 1


def test_two_clerks_on_one_receipt_one_wins(raced: CenterUnderTest) -> None:
    receipt_id = record(desk(raced), BankLine("B1", LINE.day, 10_000, "某公司")).receipt_id
    actions = [
        ReceiptAction(action="match", reason="x", unit_account=UNIT),
        ReceiptAction(action="match", reason="x", unit_account=OTHER),
        ReceiptAction(action="refund", reason="x"),
        ReceiptAction(action="reverse", reason="x"),
        ReceiptAction(
            action="correct",
            reason="x",
            line=BankLineBody(bank_no="B1", day="2026-11-20", amount="100.00", unit_account=OTHER),
        ),
    ]
    told = race([lambda one=one: act(desk(raced), receipt_id, 1, one) for one in actions])  # type: ignore[misc]
    assert told == {"None": 1, "receipt.version": len(actions) - 1}
    pools = [codes.unallocated(UNIT), codes.unallocated(OTHER), codes.suspense()]
    assert sum(worth(raced, code) for code in pools) == worth(raced, codes.BANK)
    assert worth(raced, codes.TRANSIT) == 0 and counted(raced, receipt_event) == 2


def test_refunds_of_several_receipts_never_take_more_than_there_is(raced: CenterUnderTest) -> None:
    ids = [
        record(desk(raced), BankLine(f"B{number}", LINE.day, 1_000, unit_account=UNIT)).receipt_id
        for number in range(CLERKS)
    ]
    first = ReceiptAction(action="refund", reason="x", amount="4.00")
    for one in ids[:2]:
        act(desk(raced), one, 1, first)
    whole = ReceiptAction(action="refund", reason="x")
    told = race([lambda one=one: act(desk(raced), one, 1, whole) for one in ids])  # type: ignore[misc]
    assert told == {"None": CLERKS - 2, "receipt.version": 2}
    assert worth(raced, codes.unallocated(UNIT)) == worth(raced, codes.BANK) == 1_200


class Cut(Exception):
    """The center is killed here."""


@pytest.mark.parametrize("place", ["book", "tell", "note_act"])
def test_a_center_killed_while_recording_has_booked_nothing(
    make_center: MakeCenter, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    center = make_center("baishan")
    center.add_unit(UNIT)
    whole = getattr(receipts, place)

    def killed(*args: Any, **kwargs: Any) -> None:
        whole(*args, **kwargs)
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(receipts, place, killed)
        with pytest.raises(Cut):
            record(desk(center), LINE)
    assert (counted(center, journal), counted(center, bank_receipt), counted(center, receipt_event)) == (
        0,
        0,
        0,
    )
    assert record(desk(center), LINE).repeated is False
    assert worth(center, codes.unallocated(UNIT)) == 10_000


def test_money_that_arrives_is_announced_once_where_it_is_booked(
    make_center: MakeCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    center = make_center("baishan")
    center.add_unit(UNIT)
    heard: list[tuple[str, str, int]] = []

    def arrived(conn: Any, unit_account: str, moment: Any, why: str) -> None:
        heard.append((unit_account, why, balance(conn, codes.unallocated(unit_account))))

    monkeypatch.setattr("center.settling.money_arrived", arrived)
    first = record(desk(center), LINE).receipt_id
    record(desk(center), LINE)
    second = record(desk(center), BankLine("B2", LINE.day, 500)).receipt_id
    assert heard == [(UNIT, first, 10_000)]
    act(desk(center), second, 1, ReceiptAction(action="match", reason="x", unit_account=UNIT))
    assert heard[1:] == [(UNIT, second, 10_500)]
    act(desk(center), first, 1, ReceiptAction(action="reverse", reason="x"))
    assert len(heard) == 2
