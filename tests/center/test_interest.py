"""年度结息 at the center: who gets what, once, whatever is repeated, killed, raced or moved."""

from __future__ import annotations

import argparse
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from center.audit import verify_audit
from center.clock import ManualClock
from center.interest import settle
from center.interest.accrue import accrue
from center.interest.rates import RateError, all_rates, change_rates, shown_rates
from center.interest.settle import Totals, is_settled, settle_year
from center.ledger import codes
from center.ledger.audit import audit_books
from center.ledger.post import Entry, LedgerError, balance, holdings, reverse
from center.settings import sqlite_url
from center.store import bulk
from center.store.engine import Store
from center.store.money_tables import interest, journal
from center.store.tables import audit, inbox_item
from cli import center_cmd
from domain.interest import InterestError, product
from domain.profile import load_profile
from tests.support.books import NOW, add_unit, deposit, move
from tests.support.center import make_settings
from tests.support.databases import migrated_sqlite

PROFILE = load_profile("shanxi")
FIRST_UNIT, SECOND_UNIT = "100001", "100002"
AFTER = datetime(2026, 7, 10, 2, 0, tzinfo=UTC)
YEAR, FIRST, LAST = 2025, date(2025, 7, 1), date(2026, 6, 30)
TEN_THOUSAND = 1_000_000


@pytest.fixture
def store(tmp_path: Path, database_url: str) -> Store:
    return Store(make_settings(tmp_path, url=database_url))


@pytest.fixture
def small(tmp_path: Path) -> Store:
    """A store on SQLite."""
    migrated_sqlite(sqlite_url(tmp_path))
    return Store(make_settings(tmp_path))


def run(store: Store, year: int = YEAR, when: datetime = AFTER, **more: Any) -> Totals:
    return settle_year(store, PROFILE, ManualClock(when), year, "os:test", **more)


def rows(store: Store, year: int = YEAR) -> dict[str, Any]:
    with store.read() as conn:
        found = conn.execute(select(interest).where(interest.c.fund_year == year)).all()
    return {row.account_no: row for row in found}


def held(store: Store, number: str) -> tuple[int, int, int, int]:
    with store.read() as conn:
        return holdings(conn, [number])[number]


def worth(store: Store, code: str) -> int:
    with store.read() as conn:
        return balance(conn, code)


def entries(store: Store, act: str) -> list[Any]:
    with store.read() as conn:
        return list(conn.execute(select(journal).where(journal.c.act == act)).all())


def refused(store: Store, year: int, when: datetime = AFTER) -> str:
    with pytest.raises(InterestError) as caught:
        run(store, year, when)
    assert rows(store, year) == {} and entries(store, "interest") == []
    return caught.value.text


def two_accounts(store: Store) -> tuple[str, str]:
    """A has 10,000 元 of each side all the year, B of the person's side for the last day alone."""
    a, b = add_unit(store, FIRST_UNIT, 2)
    deposit(store, FIRST_UNIT, FIRST, {a: (TEN_THOUSAND, TEN_THOUSAND)})
    deposit(store, FIRST_UNIT, LAST, {b: (0, TEN_THOUSAND)})
    return a, b


@pytest.mark.feature("Q-05", profile="shanxi")
def test_interest_is_credited_as_of_30_june_and_money_goes_over(store: Store) -> None:
    a, b = two_accounts(store)
    deposit(store, FIRST_UNIT, date(2026, 7, 5), {a: (500, 700)})
    tried = run(store, dry_run=True)
    assert rows(store) == {} and not entries(store, "carry")
    done = run(store)
    assert done == tried
    assert (done.accounts, done.amount, done.unit, done.person) == (2, 30_459, 15_208, 15_251)
    assert done.carried == 3 * TEN_THOUSAND
    assert held(store, a) == (500, 700, 1_015_208, 1_015_209), "the last 分 is the person's"
    assert held(store, b) == (0, 0, 0, 1_000_042)
    assert worth(store, codes.INTEREST_EXPENSE) == 30_459
    [over], [paid] = entries(store, "carry"), entries(store, "interest")
    assert (paid.day, paid.kind, paid.summary, paid.people) == ("2026-06-30", "09", "年终结息", 2)
    assert (paid.amount, paid.interest) == (30_459, 30_459)
    assert (over.day, over.amount, over.interest) == ("2026-06-30", 0, 0)
    found = rows(store)
    assert found[a].product == str(2 * TEN_THOUSAND * 365) and found[b].product == str(TEN_THOUSAND)
    assert (found[a].unit_amount, found[a].person_amount, found[a].amount) == (15_208, 15_209, 30_417)
    assert found[a].journal_no == paid.journal_no and found[a].day == "2026-06-30"
    with store.read() as conn:
        assert verify_audit(conn) is None and is_settled(conn, YEAR) and not is_settled(conn, YEAR + 1)
        told = conn.execute(select(inbox_item).where(inbox_item.c.scope == FIRST_UNIT)).one()
    assert (told.title, told.tab) == ("年度结息", "messages")
    assert told.body == "2025年度结息已办理：2人，利息合计304.59元，已记入个人账户。"


def test_the_next_year_begins_with_the_interest_of_the_last(store: Store) -> None:
    a, _ = two_accounts(store)
    run(store)
    run(store, 2026, datetime(2027, 7, 2, 2, 0, tzinfo=UTC))
    assert rows(store, 2026)[a].product == str((1_015_208 + 1_015_209) * 365)
    assert held(store, a)[:2] == (0, 0)


def test_run_again_nothing_happens(store: Store) -> None:
    a, b = two_accounts(store)
    run(store)
    before = held(store, a), held(store, b), len(entries(store, "interest"))
    again = run(store)
    assert (again.accounts, again.amount, again.carried) == (0, 0, 0)
    assert (held(store, a), held(store, b), len(entries(store, "interest"))) == before
    with store.read() as conn:
        assert conn.scalar(select(func.count()).select_from(inbox_item)) == 1, "told once"


def many(store: Store) -> list[str]:
    numbers = []
    for unit_account in (FIRST_UNIT, SECOND_UNIT):
        mine = add_unit(store, unit_account, 5)
        deposit(store, unit_account, date(2025, 8, 15), {number: (100_000, 100_001) for number in mine})
        numbers += mine
    return numbers


def expected(numbers: list[str]) -> dict[str, int]:
    """What each of `many` earns: 200,001 分 for 320 days at 1.50% over 360 days: 2,666.68 分."""
    return dict.fromkeys(numbers, 2_667)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_killed_half_way_and_run_again(store: Store, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """The program dies within a transaction, after `steps` chunks of two accounts."""
    numbers = many(store)
    monkeypatch.setattr(settle, "CHUNK", 2)
    left = [steps]

    def dying(*given: Any) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        bulk.insert_rows(*given)

    monkeypatch.setattr(settle, "insert_rows", dying)
    with pytest.raises(KeyboardInterrupt):
        run(store)
    done = rows(store)
    assert len(done) == min(2 * steps, 4 + steps // 3) and len(entries(store, "interest")) == steps
    with store.read() as conn:
        assert not is_settled(conn, YEAR)
    monkeypatch.setattr(settle, "insert_rows", bulk.insert_rows)
    run(store)
    assert {number: row.amount for number, row in rows(store).items()} == expected(numbers)
    assert worth(store, codes.INTEREST_EXPENSE) == 10 * 2_667
    assert all(sum(held(store, number)) == 200_001 + 2_667 for number in numbers)
    with store.read() as conn:
        told = list(conn.scalars(select(inbox_item.c.scope)))
    assert sorted(told) == [FIRST_UNIT, SECOND_UNIT], "each unit is told once"


def test_two_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = many(store)
    monkeypatch.setattr(settle, "CHUNK", 2)
    gate, failed = threading.Barrier(4), []

    def work() -> None:
        gate.wait(20)
        try:
            run(store)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert failed == []
    assert {number: row.amount for number, row in rows(store).items()} == expected(numbers)
    assert worth(store, codes.INTEREST_EXPENSE) == 10 * 2_667
    assert all(held(store, number)[:2] == (0, 0) for number in numbers)


def test_a_booked_interest_is_refused_by_the_books_as_well(small: Store) -> None:
    """Without its row an account would be settled again; the ids of the transfers forbid it."""
    a, _ = two_accounts(small)
    run(small)
    with small.write() as conn:
        conn.execute(interest.delete().where(interest.c.account_no == a))
    with pytest.raises(LedgerError) as caught:
        run(small)
    assert caught.value.code == "ledger.twice"
    assert held(small, a) == (0, 0, 1_015_208, 1_015_209)


# ---- accounts that move ----------------------------------------------------------------------------


@pytest.mark.parametrize("day", [date(2026, 3, 1), LAST, date(2026, 7, 3)])
def test_interest_follows_the_money_to_another_unit(store: Store, day: date) -> None:
    """A's 10,000 元 goes to B of another unit, in the year or before the run; nobody loses a day."""
    [a], [b] = add_unit(store, FIRST_UNIT, 1), add_unit(store, SECOND_UNIT, 1)
    deposit(store, FIRST_UNIT, FIRST, {a: (0, TEN_THOUSAND)})
    move(store, day, (FIRST_UNIT, a), (SECOND_UNIT, b))
    tried = run(store, dry_run=True)
    done = run(store)
    assert (tried.accounts, tried.amount, tried.left) == (done.accounts, done.amount, 0) and done.left == 0
    days = (min(day, date(2026, 7, 1)) - FIRST).days
    found = rows(store)
    products = {number: int(row.product) // TEN_THOUSAND for number, row in found.items()}
    assert products == {number: n for number, n in ((a, days), (b, 365 - days)) if n}
    assert {row.unit_account for row in found.values()} == {SECOND_UNIT}
    assert held(store, a) == (0, 0, 0, 0), "a closed account never moves"
    assert held(store, b)[:3] == (0, 0, 0) and held(store, b)[3] == TEN_THOUSAND + done.amount
    assert abs(done.amount - 15_208) <= 1
    assert [row.unit_account for row in entries(store, "interest")] == [SECOND_UNIT]


def test_a_chain_of_moves_ends_at_who_has_the_money(store: Store) -> None:
    a, b = add_unit(store, FIRST_UNIT, 2)
    [c] = add_unit(store, SECOND_UNIT, 1)
    deposit(store, FIRST_UNIT, FIRST, {a: (TEN_THOUSAND, 0)})
    move(store, date(2025, 10, 1), (FIRST_UNIT, a), (FIRST_UNIT, b))
    move(store, date(2026, 7, 2), (FIRST_UNIT, b), (SECOND_UNIT, c))
    assert run(store).left == 0
    assert {number: int(row.product) // TEN_THOUSAND for number, row in rows(store).items()} == {
        a: 92,
        b: 273,
    }
    assert held(store, c) == (0, 0, TEN_THOUSAND + 15_208, 0)


def test_money_that_passes_through_an_account_between_two_rates(store: Store) -> None:
    """B has A's money from 3 to 10 July; its 当年归集 goes over as of 30 June, before it came to B."""
    [a], [b, c] = add_unit(store, FIRST_UNIT, 1), add_unit(store, SECOND_UNIT, 2)
    deposit(store, FIRST_UNIT, FIRST, {a: (0, TEN_THOUSAND)})
    move(store, date(2026, 7, 3), (FIRST_UNIT, a), (SECOND_UNIT, b))
    assert run(store).amount == 15_208
    with store.write() as conn:
        change_rates(conn, "2026-07-01", ["current=5", "carried=0.35"])
    move(store, date(2026, 7, 10), (SECOND_UNIT, b), (SECOND_UNIT, c))
    done = run(store, 2026, datetime(2027, 7, 2, 2, 0, tzinfo=UTC))
    found = rows(store, 2026)
    products = {number: int(row.product) for number, row in found.items()}
    whole = TEN_THOUSAND + 15_208
    assert products == {a: 2 * TEN_THOUSAND, b: 7 * TEN_THOUSAND + 9 * 15_208, c: 356 * whole}
    assert found[b].amount == round(products[b] * 35 / 3_600_000) == 69, "at the rate of 上年结转"
    assert not done.short and held(store, c)[3] == whole + done.amount - held(store, c)[1]
    with store.read() as conn:
        details = list(conn.scalars(select(audit.c.detail).where(audit.c.action == "interest.settle")))
    assert not any("积数为负" in text for text in details)


def test_a_side_below_nothing_does_not_stop_the_run_and_is_written_down(small: Store) -> None:
    """Entries whose days contradict their order: taken back in May what was put in in June."""
    a, _ = two_accounts(small)
    [c] = add_unit(small, SECOND_UNIT, 1)
    wrong = deposit(small, SECOND_UNIT, date(2026, 6, 1), {c: (TEN_THOUSAND, 0)})
    with small.write() as conn:
        reverse(conn, wrong, Entry("allocate", "", SECOND_UNIT, date(2026, 5, 1), NOW, serial="R1"))
    done = run(small)
    assert done.short == [c] and rows(small)[c].amount == 0 and rows(small)[a].amount == 30_417
    with small.read() as conn:
        details = list(conn.scalars(select(audit.c.detail).where(audit.c.action == "interest.settle")))
    assert [text for text in details if "积数为负" in text] == [f"1 0.00 积数为负，按0计息：{c}"]


def test_money_that_moves_between_two_chunks_of_a_run_is_paid_once(
    small: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B is settled, the run dies, A of the unit that comes next moves to B, the run is started again."""
    [b], [a] = add_unit(small, FIRST_UNIT, 1), add_unit(small, SECOND_UNIT, 1)
    deposit(small, FIRST_UNIT, FIRST, {b: (TEN_THOUSAND, 0)})
    deposit(small, SECOND_UNIT, FIRST, {a: (TEN_THOUSAND, 0)})
    chunk = settle._chunk

    def only_the_first(conn: Any, **given: Any) -> Any:
        if given["unit_account"] == SECOND_UNIT:
            raise KeyboardInterrupt
        return chunk(conn, **given)

    monkeypatch.setattr(settle, "_chunk", only_the_first)
    with pytest.raises(KeyboardInterrupt):
        run(small)
    move(small, date(2026, 7, 10), (SECOND_UNIT, a), (FIRST_UNIT, b))
    monkeypatch.setattr(settle, "_chunk", chunk)
    run(small)
    assert {number: row.amount for number, row in rows(small).items()} == {a: 15_208, b: 15_208}
    assert held(small, b) == (0, 0, 2 * (TEN_THOUSAND + 15_208), 0)


def test_the_books_are_sound_after_all_of_it(small: Store) -> None:
    """Accrual, a move after the year, settlement; what has no submission or receipt here is no matter."""
    a, _ = two_accounts(small)
    [c] = add_unit(small, SECOND_UNIT, 1)
    accrue(small, PROFILE, ManualClock(AFTER), "202507", "os:test")
    move(small, date(2026, 7, 2), (FIRST_UNIT, a), (SECOND_UNIT, c))
    run(small)
    with small.read() as conn:
        found = {one.invariant.number: one.broken for one in audit_books(conn)}
    assert {number for number, broken in found.items() if broken} <= {20, 24, 25} and len(found) >= 27


# ---- refusals --------------------------------------------------------------------------------------


def test_years_that_cannot_be_settled(small: Store) -> None:
    assert "还没有账务" in refused(small, YEAR)
    two_accounts(small)
    assert refused(small, 2026) == "2026年度到2027-06-30才结束，请在结束之后再结息。"
    on_the_last_day = datetime(2026, 6, 30, 15, 59, tzinfo=UTC)
    assert "才结束" in refused(small, YEAR, on_the_last_day), "money may still come in that day"
    assert "还没有账务" in refused(small, 2024)
    for year in (0, -5, 9999, 10**6):
        assert "四位数字" in refused(small, year)
    later = datetime(2027, 8, 1, 2, 0, tzinfo=UTC)
    assert refused(small, 2026, later) == "2025年度还没有结息，请先办理2025年度的结息。"


# ---- accrual ---------------------------------------------------------------------------------------


def test_what_was_accrued_is_spent_first(store: Store) -> None:
    a, b = two_accounts(store)
    clock = ManualClock(AFTER)
    accrued = accrue(store, PROFILE, clock, "202507", "os:test")
    assert accrued == 2_583, "31 days of 20,000 元 at 1.50% over 360 days"
    assert accrue(store, PROFILE, clock, "202507", "os:test") == 0, "once a month"
    assert worth(store, codes.INTEREST_PAYABLE) == 2_583
    run(store)
    assert worth(store, codes.INTEREST_PAYABLE) == 0
    assert worth(store, codes.INTEREST_EXPENSE) == 30_459, "accrual and settlement together"
    assert sum(held(store, a)) == 2 * TEN_THOUSAND + 30_417
    [paid] = entries(store, "interest")
    assert (paid.amount, paid.interest, paid.people) == (30_459, 30_459, 2)
    for month in ("202607", "202606", "2026", "abcdef"):
        with pytest.raises(InterestError):
            accrue(store, PROFILE, clock, month, "os:test")


# ---- the books against days counted one by one -----------------------------------------------------


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.dates(date(2025, 7, 1), date(2026, 7, 9)), st.integers(0, 10**11), st.integers(0, 10**11)
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda one: one[0],
    )
)
def test_the_products_are_those_of_the_days(
    tmp_path_factory: pytest.TempPathFactory, deposits: list[tuple[date, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("books")
    migrated_sqlite(sqlite_url(folder))
    store = Store(make_settings(folder))
    [a] = add_unit(store, FIRST_UNIT, 1)
    for day, of_unit, of_person in sorted(deposits):
        if of_unit or of_person:
            deposit(store, FIRST_UNIT, day, {a: (of_unit, of_person)})
    days = [(day, of_unit + of_person) for day, of_unit, of_person in deposits]
    wanted = product(days, FIRST, date(2026, 7, 1))
    if not any(day <= LAST and amount for day, amount in days):
        store.close()
        return
    run(store)
    found = rows(store).get(a)
    store.close()
    assert (0 if found is None else int(found.product)) == wanted


def test_amounts_as_large_as_the_books_take(store: Store) -> None:
    [a] = add_unit(store, FIRST_UNIT, 1)
    huge = 2**51
    for month in (7, 8, 9):
        deposit(store, FIRST_UNIT, date(2025, month, 1), {a: (huge - 1, huge + 1)})
    run(store)
    assert int(rows(store)[a].product) == 2 * huge * (365 + 334 + 303)


# ---- rates -----------------------------------------------------------------------------------------


def test_a_new_center_knows_the_rates_and_their_source(small: Store) -> None:
    with small.read() as conn:
        lines = list(shown_rates(conn))
    assert len(lines) == 4 and all("银发〔2016〕43号" in line for line in lines)
    assert lines[2].startswith("2016-02-21 起  当年归集 1.5%  按360天计")
    assert any("当年归集 0.35%" in line for line in lines)


def test_rates_are_set_from_a_day_on(small: Store) -> None:
    with small.write() as conn:
        change_rates(conn, "2026-01-01", ["current=1.8", "carried=1.80", "day_count=365", "source=示例通知"])
        newest = all_rates(conn)[-2:]
    assert {(one.kind, one.first_day, one.rate, one.day_count) for one in newest} == {
        ("current", date(2026, 1, 1), 180, 365),
        ("carried", date(2026, 1, 1), 180, 365),
    }
    with small.write() as conn:
        change_rates(conn, "2026-01-01", ["carried=1.90"])
        assert [(one.rate, one.day_count) for one in all_rates(conn)[-2:]] == [(190, 365), (180, 365)]
    [a] = add_unit(small, FIRST_UNIT, 1)
    deposit(small, FIRST_UNIT, FIRST, {a: (TEN_THOUSAND, 0)})
    run(small)
    exact = TEN_THOUSAND * (184 * 150 / 360 + 181 * 180 / 365) / 10_000
    assert rows(small)[a].amount == round(exact)
    with small.write() as conn, pytest.raises(RateError, match="2025年度已经结息"):
        change_rates(conn, "2026-06-30", ["current=2"])
    with small.write() as conn:
        change_rates(conn, "2026-07-01", ["current=2"])


@pytest.mark.parametrize(
    ("day", "changes"),
    [
        ("2026-13-01", ["current=1"]),
        ("gestern", ["current=1"]),
        ("9999-01-01", ["current=1"]),
        ("2026-07-01", []),
        ("2026-07-01", ["day_count=360"]),
        ("2026-07-01", ["current=-1"]),
        ("2026-07-01", ["current=1.555"]),
        ("2026-07-01", ["current=101"]),
        ("2026-07-01", ["current=1", "day_count=366"]),
        ("2026-07-01", ["rate=1"]),
        ("2026-07-01", ["current"]),
        ("2026-07-01", ["current=1", "source=" + "长" * 121]),
    ],
)
def test_rates_that_cannot_be_are_refused(small: Store, day: str, changes: list[str]) -> None:
    with small.write() as conn:
        before = all_rates(conn)
        with pytest.raises(RateError) as caught:
            change_rates(conn, day, changes)
        assert caught.value.text.endswith("。") and all_rates(conn) == before


# ---- the commands ----------------------------------------------------------------------------------


def gjj(*words: str) -> int:
    parser = argparse.ArgumentParser()
    center_cmd.add_parser(parser.add_subparsers())
    args = parser.parse_args(["center", *words])
    done: int = args.run(args)
    return done


@pytest.fixture
def at_july(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("center.clock.SystemClock.now", lambda self: AFTER)


def test_the_commands(tmp_path: Path, at_july: None, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--data", str(tmp_path), "--profile", "shanxi")
    assert gjj("rates", "2026-07-01", "--set", "current=1.25", "--set", "carried=1.25", *where) == 0
    assert "2026-07-01 起  当年归集 1.25%" in capsys.readouterr().out
    assert gjj("rates", "--set", "current=1.25", *where) == 1
    assert gjj("interest", *where) == 1 and gjj("interest", "2025", "--accrue", "202507", *where) == 1
    capsys.readouterr()
    store = Store(make_settings(tmp_path))
    two_accounts(store)
    store.close()
    assert gjj("interest", "2026", *where) == 1
    assert capsys.readouterr().err == "2026年度到2027-06-30才结束，请在结束之后再结息。\n"
    assert gjj("interest", "2025", "--dry-run", *where) == 0
    assert capsys.readouterr().out.startswith("试算，没有入账：2025年度2户，利息304.59元（单位部分152.08，")
    assert gjj("interest", "--accrue", "202507", *where) == 0
    assert capsys.readouterr().out == "202507计提利息25.83元。\n"
    for accounts in ("2户，利息304.59元", "0户，利息0.00元"):
        assert gjj("interest", "2025", *where) == 0
        assert capsys.readouterr().out.startswith(f"2025年度结息完成，本次{accounts}")


def test_who_is_closed_with_nobody_to_pay_is_told_to_the_operator(small: Store) -> None:
    """A wrong deposit was taken back and its account closed: its interest is for the counter."""
    from sqlalchemy import update

    from center.ledger.post import Entry, reverse
    from center.store.tables import account

    a, b = add_unit(small, FIRST_UNIT, 2)
    deposit(small, FIRST_UNIT, FIRST, {b: (TEN_THOUSAND, 0)})
    number = deposit(small, FIRST_UNIT, date(2025, 8, 1), {a: (TEN_THOUSAND, 0)})
    with small.write() as conn:
        reverse(conn, number, Entry("allocate", "", FIRST_UNIT, date(2026, 8, 1), "", operator_id="gy"))
        conn.execute(update(account).where(account.c.account_no == a).values(gone=True))
    done = run(small)
    assert (done.accounts, done.left) == (1, 1) and set(rows(small)) == {b}
