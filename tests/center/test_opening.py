from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from center.effects import opening as opening_effect
from center.effects.apply import Results, Row, Work, apply_rows
from center.people import person_facts
from center.serials import account_number, next_serial
from center.store.tables import account, depositor, unit
from domain.business import AccountStatus
from domain.idnumber import same_person_key
from tests.support.carry_out import carry_out
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, Office

MakeCenter = Callable[..., CenterUnderTest]
DAY = date(2026, 11, 23)


def test_account_numbers_follow_the_unit() -> None:
    assert account_number("100001", 7) == "10000100000007"
    for wrong in (0, -1, 10**8):
        with pytest.raises(ValueError):
            account_number("100001", wrong)
    with pytest.raises(ValueError):
        account_number("1234567890123", 1)


@given(
    first=st.tuples(st.from_regex(r"[0-9]{1,12}", fullmatch=True), st.integers(1, 10**8 - 1)),
    second=st.tuples(st.from_regex(r"[0-9]{1,12}", fullmatch=True), st.integers(1, 10**8 - 1)),
)
def test_no_two_accounts_share_a_number(first: tuple[str, int], second: tuple[str, int]) -> None:
    assert (account_number(*first) == account_number(*second)) == (first == second)


def test_serials_count_by_day_and_a_cut_uses_none_up(any_center: CenterUnderTest) -> None:
    store = any_center.store
    assert store.run(lambda conn: next_serial(conn, DAY)) == "2026112300000001"
    with pytest.raises(RuntimeError), store.write() as conn:
        assert next_serial(conn, DAY) == "2026112300000002"
        raise RuntimeError
    assert store.run(lambda conn: next_serial(conn, DAY)) == "2026112300000002"
    assert store.run(lambda conn: next_serial(conn, date(2026, 11, 24))) == "2026112400000001"


def test_depositor_and_account_hold_what_was_declared(make_center: MakeCenter) -> None:
    center = make_center("lyszfgjj")
    office = Office(center)
    row = office.rows(1)[0]
    office.file([row])
    with center.store.read() as conn:
        person = conn.execute(select(depositor)).one()
        made = conn.execute(select(account)).one()
        owner = conn.execute(select(unit)).one()
    assert (person.name, person.id_number, person.mobile) == (row["name"], row["id_number"], row["mobile"])
    assert json.loads(person.details) == {
        key: row[key] for key in ("marriage", "occupation", "title", "duty", "education")
    }
    assert (made.unit_ratio, made.person_ratio, made.unit_amount, made.person_amount) == (
        1200,
        1200,
        96_000,
        96_000,
    )
    assert (made.opened, made.rev, made.account_no) == ("2026-11-23", 1, "10000100000001")
    assert (owner.depositor_rev, owner.account_counter) == (1, 1)


def test_revisions_have_no_gap(center: CenterUnderTest) -> None:
    office = Office(center)
    for count in (3, 1, 5):
        office.file(office.rows(count))
    assert [one.rev for one in office.accounts()] == list(range(1, 10))


def test_fifteen_and_eighteen_digits_are_one_person(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center), Office(center, OTHER)
    person = next(
        one for one in (office.generator.person() for _ in range(500)) if one.id_number[6:8] == "19"
    )
    other.give_account(person)
    short = person.id_number[:6] + person.id_number[8:17]
    answer = office.send(office.body([office.row(person) | {"id_number": short}]))
    assert answer.status_code == 422
    assert answer.json()["findings"][0]["code"] == "open.active_elsewhere"


@pytest.mark.feature("X-01", profile="hangzhou")
def test_in_hangzhou_people_change_units_by_reduction_and_registration(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    number = other.give_account(person)
    refused = office.send(office.body([office.row(person)]))
    assert "存在正常缴存账户" in refused.json()["findings"][0]["text"]
    assert carry_out(other, [other.account_row(number)], "seal")["ok"] == 1
    assert carry_out(office, [office.row(person)], "open")["ok"] == 1
    assert [(one.status, one.gone) for one in office.accounts()] == [("01", False)]
    assert all(one.status != "01" for one in other.accounts())


# ---- reopening -------------------------------------------------------------------------------------------


def apply(conn: Connection, office: Office, rows: list[Row]) -> Results:
    return apply_rows(Work(conn, office.profile, office.unit, "open", DAY, 202611), rows)


def reopen(office: Office, row: dict[str, str]) -> str:
    """Apply a row as the center does after approval; gives the account number."""
    with office.center.store.write() as conn:
        key = same_person_key(row["id_number"])
        opening = Row(1, key, row, person_facts(conn, [key])[key])
        return apply(conn, office, [opening]).accounts[1]


def test_a_sealed_account_of_the_unit_is_reopened_with_the_new_base(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    person = office.people(1)[0]
    number = office.give_account(person, AccountStatus.SEALED)
    assert reopen(office, office.row(person, base="9000.00")) == number
    made = office.accounts()
    assert [(one.account_no, one.status, one.base, one.rev) for one in made] == [(number, "01", 900_000, 2)]
    assert made[0].unit_amount == 108_000


def test_a_sealed_account_elsewhere_is_closed_there_and_lives_on_here(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    old = other.give_account(person, AccountStatus.SEALED)
    new = reopen(office, office.row(person))
    assert new != old
    assert [(one.status, one.gone, one.rev) for one in other.accounts()] == [("04", True, 2)]
    assert [(one.account_no, one.status, one.gone) for one in office.accounts()] == [(new, "01", False)]
    tombstone = other.unit_get("/depositors", since=1)
    assert [(row["account_no"], row["gone"]) for row in tombstone["rows"]] == [(old, True)]
    assert tombstone["revision"] == 2
    with center.store.read() as conn:
        facts = person_facts(conn, [person.key])[person.key]
    assert [(known.unit_account, known.status) for known in facts.accounts] == [
        (office.unit, AccountStatus.NORMAL)
    ]


@pytest.mark.parametrize("profile", ["baishan", "shanxi", "shaanxi", "lyszfgjj"])
def test_elsewhere_a_sealed_account_is_not_reopened_by_registration(
    make_center: MakeCenter, profile: str
) -> None:
    office = Office(make_center(profile))
    person = office.people(1)[0]
    office.give_account(person, AccountStatus.SEALED)
    answer = office.send(office.body([office.row(person)]))
    assert answer.status_code == 422
    assert answer.json()["findings"][0]["code"] == "open.sealed_account"
    assert [one.status for one in office.accounts()] == ["02"]


def test_details_of_a_known_person_are_added_and_the_name_stays(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office = Office(center)
    person = office.people(1)[0]
    office.give_account(person, AccountStatus.SEALED)
    reopen(office, office.row(person, name="改名者") | {"education": "20", "mobile": "13900000000"})
    with center.store.read() as conn:
        row = conn.execute(select(depositor)).one()
    assert (row.name, row.mobile) == (person.name, "13900000000")
    assert json.loads(row.details)["education"] == "20"


# ---- a row the database refuses --------------------------------------------------------------------------


def test_a_row_the_database_refuses_harms_no_other(
    any_center: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(any_center)
    rows = [Row(place, row["id_number"], row) for place, row in enumerate(office.rows(5), 1)]
    good = opening_effect._write_people

    def refuse(conn: object, chunk: list[Row]) -> None:
        good(conn, chunk)  # type: ignore[arg-type]
        if any(row.row_no == 3 for row in chunk):
            raise IntegrityError("", {}, Exception())

    monkeypatch.setattr(opening_effect, "_write_people", refuse)
    with any_center.store.write() as conn:
        opened = apply(conn, office, rows)
    assert sorted(opened.accounts) == [1, 2, 4, 5]
    assert [(row, code) for row, (code, _) in opened.failed.items()] == [(3, "open.conflict")]
    assert [one.rev for one in office.accounts()] == [1, 2, 3, 4]
    with any_center.store.read() as conn:
        assert len(conn.execute(select(depositor)).all()) == 4
