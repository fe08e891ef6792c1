"""The unit's money as the center tells it: equal to the books, page by page, of nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from center.auth.passwords import hash_password
from center.interest.settle import settle_year
from center.ledger import codes
from center.ledger.post import Entry, reverse
from center.settings import sqlite_url
from center.statements import unit_statement
from center.store.engine import Store
from center.store.money_tables import journal, transfer
from center.store.tables import account, session, unit
from domain.money import parse_yuan
from domain.profile import PROFILE_NAMES, load_profile
from tests.support.books import add_unit, deposit, move
from tests.support.center import CenterUnderTest, code_of, make_settings, running_center
from tests.support.databases import migrated_sqlite
from tests.support.filing import OTHER, Office

MakeCenter = Callable[..., CenterUnderTest]
AFTER = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
YEAR = {"from": "2025-07-01", "to": "2026-06-30"}
ALL = {"from": "2020-01-01", "to": "2026-12-31"}
PATHS = {
    "unit_account": "/statement",
    "unit_flow": "/flow",
    "flow_detail": "/flow/1",
    "unit_interest": "/interest",
    "person_ledger": "/people/1/ledger",
    "annual_statement": "/annual",
}
ASKED = {**ALL, "year": "2025"}


def ask(office: Office, path: str, **params: Any) -> httpx.Response:
    return office.center.client.get(
        f"/v1/units/{office.unit}{path}", headers=office.login.headers, params=params
    )


def pages(office: Office, path: str, limit: int, **params: Any) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        page = office.unit_get(path, **params, limit=limit, after=after)
        yield page
        if page["next"] is None:
            return
        after = page["next"]


class Books:
    """A unit with three people, two deposits in the year, one after it, one taken back, and its interest."""

    def __init__(self, office: Office, *, settle: bool = True) -> None:
        self.office = office
        store, unit = office.center.store, office.unit
        self.people = office.people(3)
        self.a, self.b, self.c = (office.give_account(person) for person in self.people)
        deposit(store, unit, date(2025, 6, 10), {self.a: (100_000, 100_000)})
        self.july = deposit(store, unit, date(2025, 7, 15), {n: (30_000, 30_000) for n in (self.a, self.b)})
        wrong = deposit(store, unit, date(2026, 1, 15), {self.b: (7_000, 7_000)}, f"w:{unit}")
        with store.write() as conn:
            reverse(conn, wrong, Entry("allocate", "", unit, date(2026, 1, 20), "2026", serial="R1"))
        if settle:
            settle_all(office.center)
        deposit(store, unit, date(2026, 8, 15), {self.c: (1, 2)})


def settle_all(center: CenterUnderTest, *years: int) -> None:
    for year in years or (2024, 2025):
        settle_year(center.store, center.settings.profile, center.clock, year, "os:test")


# ---- Q-02 ------------------------------------------------------------------------------------------


@pytest.mark.feature("Q-02", profile=["baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_the_units_account_over_a_span_of_days(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    Books(office)
    told = office.unit_get("/statement", **YEAR)
    amounts = {key: parse_yuan(told[key]) for key in ("opening", "increase", "decrease", "closing")}
    interest = parse_yuan(told["interest"])
    assert told["opening"] == "2001.75", "with 1.75 of the year before"
    assert (amounts["increase"], amounts["decrease"]) == (134_000 + interest, 14_000) and interest > 3_000
    assert amounts["opening"] + amounts["increase"] - amounts["decrease"] == amounts["closing"]
    assert told["unallocated"] == "140.00", "what the wrong deposit left"
    on_a_day = office.unit_get("/statement", **{"from": "2026-01-15", "to": "2026-01-15"})
    assert (on_a_day["increase"], on_a_day["decrease"], on_a_day["unallocated"]) == ("140.00", "0.00", "0.00")
    nothing = office.unit_get("/statement", **{"from": "1991-01-01", "to": "1995-01-01"})
    assert set(nothing.values()) == {"1991-01-01", "1995-01-01", "0.00"}


UNITS = ("100001", "100002")
DAYS = st.dates(date(2025, 5, 1), date(2026, 8, 1))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["deposit", "reverse", "move"]), DAYS, st.integers(0, 3), st.integers(1, 10**6)
    ),
    max_size=10,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, DAYS, DAYS)
def test_a_statement_equals_the_transfers(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any], one: date, other: date
) -> None:
    folder = tmp_path_factory.mktemp("books")
    migrated_sqlite(sqlite_url(folder))
    store = Store(make_settings(folder))
    owners = {number: unit for unit in UNITS for number in add_unit(store, unit, 2)}
    open_, booked = list(owners), []
    for place, (act, day, which, amount) in enumerate(sorted(steps, key=lambda step: step[1])):
        number = open_[which % len(open_)]
        if act == "deposit":
            booked.append(
                (number, deposit(store, owners[number], day, {number: (amount, 2 * amount)}, f"d{place}"))
            )
        elif act == "move" and len(open_) > 1:
            target = open_[(which + 1) % len(open_)]
            move(store, day, (owners[number], number), (owners[target], target))
            open_.remove(number)
            booked = [pair for pair in booked if pair[0] != number]
        elif booked:
            mine, entry = booked.pop()
            with store.write() as conn:
                reverse(conn, entry, Entry("allocate", "", owners[mine], day, ""))
    first, last = sorted((one, other))
    for whose in UNITS:
        with store.read() as conn:
            told = unit_statement(conn, whose, first, last)
        wanted = recomputed(store, whose, first, last)
        assert {key: parse_yuan(getattr(told, key)) for key in wanted} == wanted
    store.close()


def recomputed(store: Store, unit: str, first: date, last: date) -> dict[str, int]:
    """The same from single transfers: balances by account on both days, nothing of the entries' own sums."""

    def worth(until: str) -> int:
        return sum(change for day, change in changes if day < until)

    with store.read() as conn:
        own = set(conn.scalars(select(account.c.account_no).where(account.c.unit_account == unit)))
        rows = conn.execute(
            select(journal.c.day, transfer.c.debit, transfer.c.credit, transfer.c.amount).join(
                journal, journal.c.journal_no == transfer.c.journal_no
            )
        ).all()
    changes = [
        (row.day, sign * row.amount)
        for row in rows
        for code, sign in ((row.credit, 1), (row.debit, -1))
        if codes.account_of(code) in own
    ]
    waiting = codes.unallocated(unit)
    opening, end = worth(first.isoformat()), last.isoformat() + "z"
    unallocated = sum(row.amount for row in rows if row.credit == waiting and row.day < end)
    unallocated -= sum(row.amount for row in rows if row.debit == waiting and row.day < end)
    return {"opening": opening, "closing": worth(end), "unallocated": unallocated}


# ---- Q-03, Q-04 ------------------------------------------------------------------------------------


@pytest.mark.feature("Q-03", profile=["baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_the_units_flow_in_pages(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    Books(office)
    whole = office.unit_get("/flow", **ALL)
    lines = [(row["day"], row["kind_title"], row["summary"], row["amount"]) for row in whole["rows"]]
    assert lines[:2] == [
        ("2025-06-10", "其他", "来款", "0.00"),
        ("2025-06-10", "汇缴", "汇缴分配", "2000.00"),
    ]
    assert ("2026-01-20", "汇缴", "冲销：汇缴分配", "-140.00") in lines
    paid = next(row for row in whole["rows"] if row["summary"] == "年终结息" and row["day"] == "2026-06-30")
    assert paid["kind_title"] == "年终结息" and paid["interest"] == paid["amount"] and paid["people"] == 2
    assert [row["day"] for row in whole["rows"]] == sorted(row["day"] for row in whole["rows"])
    for limit in (1, 2, 3):
        told = list(pages(office, "/flow", limit, **ALL))
        assert [row for page in told for row in page["rows"]] == whole["rows"]
        assert told[0]["sums"] == whole["sums"] and all(page["sums"] is None for page in told[1:])
    assert whole["sums"]["count"] == len(whole["rows"])
    assert parse_yuan(whole["sums"]["amount"]) == sum(parse_yuan(row["amount"]) for row in whole["rows"])
    closing = office.unit_get("/statement", **ALL)
    assert whole["sums"]["amount"] == closing["closing"], "everything booked is what is there"
    assert whole["sums"]["unallocated"] == closing["unallocated"]
    only = office.unit_get("/flow", **ALL, kind="01")
    assert {row["kind"] for row in only["rows"]} == {"01"} and only["sums"]["count"] == len(only["rows"]) == 5
    assert office.unit_get("/flow", **ALL, kind="77")["rows"] == []


@pytest.mark.feature("Q-04", profile=["baishan", "lyszfgjj", "shaanxi", "shanxi"])
@pytest.mark.feature("Q-09", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
def test_the_details_of_a_line(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    books = Books(office)
    told = office.unit_get(f"/flow/{books.july}")
    assert [(row["account_no"], row["name"], row["amount"], row["interest"]) for row in told["rows"]] == [
        (number, person.name, "600.00", "0.00")
        for number, person in sorted(zip((books.a, books.b), books.people, strict=False))
    ]
    assert told["sums"] == {"count": 2, "amount": "1200.00", "interest": "0.00"}
    assert {(row["day"], row["kind_title"]) for row in told["rows"]} == {("2025-07-15", "汇缴")}
    each = [page["rows"] for page in pages(office, f"/flow/{books.july}", 1)]
    assert [row for rows in each for row in rows] == told["rows"] and len(each) == 2
    flow = office.unit_get("/flow", **YEAR)["rows"]
    for line in flow:
        found = office.unit_get(f"/flow/{line['number']}")
        assert sum(parse_yuan(row["amount"]) for row in found["rows"]) == parse_yuan(line["amount"])
        assert sum(parse_yuan(row["interest"]) for row in found["rows"]) == parse_yuan(line["interest"])
        assert len(found["rows"]) == line["people"]


# ---- Q-09 ------------------------------------------------------------------------------------------


@pytest.mark.feature("Q-09", profile="shaanxi")
def test_a_personal_ledger_with_its_balance(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    books = Books(office)
    told = office.unit_get(f"/people/{books.b}/ledger", **ALL)
    assert (told["account_no"], told["name"]) == (books.b, books.people[1].name)
    lines = [(row["day"], row["amount"], row["balance"]) for row in told["rows"]]
    assert lines[:3] == [
        ("2025-07-15", "600.00", "600.00"),
        ("2026-01-15", "140.00", "740.00"),
        ("2026-01-20", "-140.00", "600.00"),
    ]
    assert told["rows"][-1]["balance"] == told["closing"] and told["opening"] == "0.00"
    assert {row["day"] for row in told["rows"][3:]} == {"2026-06-30"}
    assert told["rows"][-1]["interest"] == told["rows"][-1]["amount"] != "0.00"
    each = list(pages(office, f"/people/{books.b}/ledger", 2, **ALL))
    assert [row for page in each for row in page["rows"]] == told["rows"] and len(each) == 3
    later = office.unit_get(f"/people/{books.b}/ledger", **{"from": "2026-01-16", "to": "2026-01-31"})
    assert (later["opening"], later["increase"], later["decrease"], later["closing"]) == (
        "740.00", "0.00", "140.00", "600.00",
    )  # fmt: skip


# ---- Q-10, V-35, Q-05 ------------------------------------------------------------------------------


@pytest.mark.feature("Q-10", profile=["hangzhou", "shaanxi"])
@pytest.mark.parametrize("profile", ["hangzhou", "shaanxi"])
def test_a_closed_year_by_person(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    books = Books(office, settle=False)
    before = office.unit_get("/annual", year=2025)
    assert not before["settled"] and before["sums"]["interest"] == "0.00"
    settle_all(office.center)
    told = office.unit_get("/annual", year=2025)
    assert told["settled"] and [row["account_no"] for row in told["rows"]] == [books.a, books.b], (
        "C came later"
    )
    for row in [*told["rows"], told["sums"]]:
        fen = {key: parse_yuan(text) for key, text in row.items() if "." in str(text)}
        assert fen["opening"] + fen["increase"] - fen["decrease"] + fen["interest"] == fen["closing"]
    b = told["rows"][1]
    assert (b["opening"], b["increase"], b["decrease"]) == ("0.00", "740.00", "140.00") and b[
        "interest"
    ] != "0.00"
    assert told["sums"]["count"] == 2
    unit = office.unit_get("/statement", **YEAR)
    assert told["sums"]["closing"] == unit["closing"] and told["sums"]["opening"] == unit["opening"]
    assert [row for page in pages(office, "/annual", 1, year=2025) for row in page["rows"]] == told["rows"]
    who = books.people[1]
    for asked in ({"name": who.name}, {"id_number": who.id_number}, {"id_number": who.id_number.lower()}):
        found = office.unit_get("/annual", year=2025, **asked)
        assert [row["account_no"] for row in found["rows"]] == [books.b]
        assert found["sums"]["closing"] == b["closing"]
    for nobody in ("%", "_", "%%", "\\", "'", who.name[0] + "%"):
        found = office.unit_get("/annual", year=2025, name=nobody)
        assert found["rows"] == [] and found["sums"]["count"] == 0 and found["sums"]["closing"] == "0.00"


@pytest.mark.feature("V-35", profile="shaanxi")
@pytest.mark.feature("Q-10", profile=["hangzhou", "shaanxi", "shanxi"])
@pytest.mark.parametrize(
    ("profile", "path"), [("shaanxi", "/annual"), ("hangzhou", "/annual"), ("shanxi", "/interest"),
                          ("shanxi", "/interest/people")],
)  # fmt: skip
def test_only_years_that_are_over(make_center: MakeCenter, profile: str, path: str) -> None:
    office = Office(make_center(profile))
    Books(office)
    for year in (2026, 9998):
        answer = ask(office, path, year=year)
        assert code_of(answer) == "body.invalid"
        assert answer.json()["detail"] == f"{year}年度到{year + 1}-06-30才结束，只能查询已经结束的年度。"
    for odd in ("0", "9999", "99999", "-1", "1e3", "abc", "", "99999999999999999999"):
        assert code_of(ask(office, path, year=odd)) == "body.invalid", odd
    assert ask(office, path, year=1995).status_code == 200


@pytest.mark.feature("Q-05", profile="shanxi")
@pytest.mark.feature("Q-10", profile="shanxi")
def test_the_interest_of_a_unit(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"))
    books = Books(office, settle=False)
    before = office.unit_get("/interest", year=2025)
    assert (before["day"], before["people"], before["amount"], before["serials"]) == ("", 0, "0.00", [])
    settle_all(office.center)
    told = office.unit_get("/interest", year=2025)
    assert (told["day"], told["people"]) == ("2026-06-30", 2)
    assert (
        parse_yuan(told["unit_amount"]) + parse_yuan(told["person_amount"]) == parse_yuan(told["amount"]) > 0
    )
    assert told["statement"] == office.unit_get("/statement", **YEAR)
    assert told["statement"]["interest"] == told["amount"] and len(told["serials"]) == 1
    rows = office.unit_get("/interest/people", year=2025)["rows"]
    assert [row["account_no"] for row in rows] == [books.a, books.b]
    for key in ("product", "unit_amount", "person_amount", "amount"):
        assert sum(parse_yuan(row[key]) for row in rows) == parse_yuan(told[key])
    assert [one for page in pages(office, "/interest/people", 1, year=2025) for one in page["rows"]] == rows


@pytest.mark.feature("Q-05", profile="shanxi")
def test_a_unit_is_told_of_its_own_accounts_alone(make_center: MakeCenter) -> None:
    """A's money came to D of another unit in the year: what A earned is told there under D."""
    office = Office(make_center("shanxi"))
    other = Office(office.center, OTHER)
    books = Books(office, settle=False)
    d, e = (other.give_account(person) for person in other.people(2))
    deposit(other.center.store, OTHER, date(2025, 8, 15), {n: (20_000, 20_000) for n in (d, e)})
    move(office.center.store, date(2026, 3, 1), (office.unit, books.a), (OTHER, d))
    settle_all(office.center)
    told = other.unit_get("/interest", year=2025)
    rows = other.unit_get("/interest/people", year=2025)["rows"]
    assert [row["account_no"] for row in rows] == sorted((d, e)) and told["people"] == 2
    for key in ("product", "unit_amount", "person_amount", "amount"):
        assert sum(parse_yuan(row[key]) for row in rows) == parse_yuan(told[key])
    by_number = {row["account_no"]: parse_yuan(row["amount"]) for row in rows}
    assert by_number[d] > by_number[e] > 0
    assert [one for page in pages(other, "/interest/people", 1, year=2025) for one in page["rows"]] == rows
    mine = office.unit_get("/interest/people", year=2025)["rows"]
    assert [row["account_no"] for row in mine] == [books.b]


# ---- who may not -----------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_what_the_center_does_not_offer_is_refused(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    offered = load_profile(profile).statements
    for kind, path in PATHS.items():
        answer = ask(office, path, **ASKED)
        if kind in offered:
            assert answer.status_code in (200, 404), kind
        else:
            assert (answer.status_code, code_of(answer)) == (403, "module.off"), kind
    assert ("unit_interest" in offered) is (profile == "shanxi")


def test_nothing_of_another_unit(make_center: MakeCenter) -> None:
    center = make_center("shaanxi")
    office, other = Office(center), Office(center, OTHER)
    mine, theirs = Books(office, settle=False), Books(other, settle=False)
    nobody = ask(office, "/flow/999999")
    for path in (f"/flow/{theirs.july}", f"/people/{theirs.a}/ledger", "/people/nobody/ledger"):
        answer = ask(office, path, **ALL)
        assert (answer.status_code, answer.json()) == (404, nobody.json()), path
    assert ask(office, f"/people/{mine.a}/ledger", **ALL).status_code == 200
    numbers = {row["account_no"] for row in office.unit_get("/annual", year=2025)["rows"]}
    assert numbers == {mine.a, mine.b}
    for path in PATHS.values():
        stranger = center.client.get(
            f"/v1/units/{other.unit}{path}", headers=office.login.headers, params=ASKED
        )
        assert stranger.status_code == 404
    id_number = theirs.people[0].id_number
    assert office.unit_get("/annual", year=2025, id_number=id_number)["rows"] == []


def test_a_place_belongs_to_its_unit_and_question(make_center: MakeCenter) -> None:
    center = make_center("shaanxi")
    office, other = Office(center), Office(center, OTHER)
    books, theirs = Books(office, settle=False), Books(other, settle=False)
    place = office.unit_get("/flow", **ALL, limit=1)["next"]
    foreign = other.unit_get("/flow", **ALL, limit=1)["next"]
    assert ask(office, "/flow", **ALL, after=place).status_code == 200
    bad = [
        ("/flow", {**ALL, "after": foreign}),
        ("/flow", {**YEAR, "after": place}),
        ("/flow", {**ALL, "kind": "01", "after": place}),
        (f"/flow/{books.july}", {"after": place}),
        (f"/people/{books.a}/ledger", {**ALL, "after": place}),
        ("/annual", {"year": 2025, "after": place}),
        ("/flow", {**ALL, "after": place[:-1]}),
        ("/flow", {**ALL, "after": place[:-2] + "AA"}),
        ("/flow", {**ALL, "after": "A"}),
        ("/flow", {**ALL, "after": "x" * 120}),
        ("/flow", {**ALL, "after": "x" * 121}),
        ("/flow", {**ALL, "after": "../../etc"}),
    ]
    for path, params in bad:
        assert code_of(ask(office, path, **params)) == "body.invalid", (path, params)
    july = office.unit_get(f"/flow/{books.july}", limit=1)["next"]
    again = other.unit_get(f"/flow/{theirs.july}", limit=1)["next"]
    assert ask(office, f"/flow/{books.july}", after=july).status_code == 200
    assert code_of(ask(office, f"/flow/{books.july}", after=again)) == "body.invalid"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-02-01", "2026-01-31"),
        ("1990-12-31", "1991-12-31"),
        ("2099-01-01", "2101-01-01"),
        ("0001-01-01", "9999-12-31"),
        ("2000-01-01", "2026-01-01"),
        ("2026-02-30", "2026-03-01"),
        ("", ""),
        ("2026-02-01", ""),
        ("gestern", "heute"),
    ],
)
def test_spans_that_cannot_be_asked_for(center: CenterUnderTest, first: str, last: str) -> None:
    office = Office(center)
    for path in ("/statement", "/flow"):
        params = {key: text for key, text in (("from", first), ("to", last)) if text}
        assert code_of(ask(office, path, **params)) == "body.invalid"


@pytest.mark.feature("L-13", profile="hangzhou")
@pytest.mark.feature("Q-17", profile="hangzhou")
def test_a_separate_password_stands_before_the_books(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office = Office(center)
    Books(office)
    with center.store.write() as conn:
        mine = unit.c.unit_account == office.unit
        conn.execute(unit.update().where(mine).values(reconcile_hash=hash_password("Check-2026")))
    for path in ("/statement", "/flow", "/annual"):
        assert code_of(ask(office, path, **ASKED)) == "permission.denied"
    wrong = {"unit_account": office.unit, "password": "Falsch-2026"}
    assert center.post(f"/v1/units/{office.unit}/reconcile", wrong, office.login).status_code == 401
    assert code_of(ask(office, "/statement", **ASKED)) == "permission.denied"
    right = wrong | {"password": "Check-2026"}
    assert center.post(f"/v1/units/{office.unit}/reconcile", right, office.login).status_code == 200
    for path in ("/statement", "/flow", "/annual"):
        assert ask(office, path, **ASKED).status_code == 200
    with center.store.write() as conn:
        conn.execute(session.update().values(reconciled=False))
    assert code_of(ask(office, "/flow", **ASKED)) == "permission.denied", "each session enters by itself"


def test_the_same_on_postgresql(tmp_path: Path, database_url: str) -> None:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        office = Office(center)
        books = Books(office)
        year = office.unit_get("/annual", year=2025)
        unit = office.unit_get("/statement", **YEAR)
        assert year["sums"]["closing"] == unit["closing"]
        assert office.unit_get("/flow", **YEAR)["sums"]["interest"] == unit["interest"]
        assert office.unit_get(f"/flow/{books.july}")["sums"]["amount"] == "1200.00"
        assert office.unit_get(f"/people/{books.a}/ledger", **ALL)["count"] > 3
