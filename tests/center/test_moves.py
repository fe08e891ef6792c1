"""Transfer, merging and closing through the center: both units' books, copies and inboxes; races; money."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from center.demo.generator import Person
from center.jobs import settle_chunk
from center.people import person_facts
from center.store.tables import account, account_change, job, unit
from domain.business import AccountStatus
from domain.profile import load_profile
from tests.support.carry_out import carry_out
from tests.support.center import CenterUnderTest, running_center
from tests.support.filing import OTHER, UNIT, Office
from tests.support.money import give_money, money_on

MakeCenter = Callable[..., CenterUnderTest]
SEALED, NORMAL = AccountStatus.SEALED, AccountStatus.NORMAL
THIRD = "100003"


def give(office: Office, person: Person, status: AccountStatus = SEALED, balance: int = 0) -> str:
    """An account of a person with money on it."""
    number = office.give_account(person, status)
    if balance:
        give_money(office.center.store, number, balance)
    return number


def at(office: Office) -> list[tuple[str, str, bool, int]]:
    """Number, status, whether it has left, balance of the unit's accounts."""
    return [(one.account_no, one.status, one.gone, money(office, one)) for one in office.accounts()]


def money(office: Office, one: Any) -> int:
    """What an account holds in 分."""
    return money_on(office.center.store, one.account_no)


def history(office: Office) -> list[Any]:
    with office.center.store.read() as conn:
        mine = account_change.c.unit_account == office.unit
        return list(conn.execute(select(account_change).where(mine).order_by(account_change.c.rev)))


def copy_of(office: Office, since: int = 0) -> list[tuple[str, str, bool]]:
    """Number, status, whether it has left, as the unit's copy of its depositors learns them."""
    rows = office.unit_get("/depositors", since=since)["rows"]
    return [(row["account_no"], row["status"], row["gone"]) for row in rows]


def out_row(number: str, to_unit: str = OTHER) -> dict[str, str]:
    return {"account_no": number, "to_unit": to_unit}


def in_row(person: Person, **cells: str) -> dict[str, str]:
    return {"name": person.name, "id_number": person.id_number, "reason": "01"} | cells


def work_off(center: CenterUnderTest) -> None:
    """Do what the center's jobs would do."""
    with center.store.read() as conn:
        ids = list(conn.scalars(select(job.c.job_id).where(job.c.state != "done")))
    for job_id in ids:
        chunk = partial(settle_chunk, profile=center.settings.profile, clock=center.clock, job_id=job_id)
        while center.store.run(chunk)[0]:
            pass


def codes(answer: Any) -> list[str]:
    return [found["code"] for found in answer.json()["findings"]]


def pair(center: CenterUnderTest) -> tuple[Office, Office]:
    return Office(center), Office(center, OTHER)


# ---- transfer out ------------------------------------------------------------------------------------


@pytest.mark.feature("X-01", profile="lyszfgjj")
@pytest.mark.feature("X-04", profile="lyszfgjj")
def test_an_account_goes_out_at_once_and_both_units_know(make_center: MakeCenter) -> None:
    office, other = pair(make_center("lyszfgjj"))
    person = office.people(1)[0]
    number = give(office, person, balance=123_456)
    receipt = office.file([out_row(number)], business="transfer_out")
    assert (receipt["state"], receipt["ok"], receipt["amount"]) == ("done", 1, "0.00")
    assert receipt["message"] == f"尊敬的示例单位{UNIT}，您已完成办理缴存人单位调整！"
    new = "10000200000001"
    assert at(office) == [(number, "04", True, 0)]
    assert at(other) == [(new, "02", False, 123_456)]
    assert copy_of(office, since=1) == [(number, "04", True)]
    assert copy_of(other) == [(new, "02", False)]
    (row,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert (row["state"], row["account_no"]) == ("ok", new)
    assert (row["values"]["to_unit_name"], row["values"]["name"]) == (f"示例单位{OTHER}", person.name)


@pytest.mark.feature("X-04", profile="lyszfgjj")
def test_the_history_of_both_units_has_its_line(make_center: MakeCenter) -> None:
    office, other = pair(make_center("lyszfgjj"))
    number = give(office, office.people(1)[0])
    office.file([out_row(number)], business="transfer_out")
    (left,), (came,) = history(office)[1:], history(other)
    assert (left.account_no, left.status_from, left.status_to, left.month) == (number, "02", "04", 202611)
    assert (came.status_from, came.status_to, came.base_from, came.base_to) == ("", "02", 0, 800_000)
    assert (came.business, came.submission_id, came.rev) == ("transfer_out", left.submission_id, 1)
    (shown,) = other.unit_get("/changes", business="transfer_out")["rows"]
    assert (shown["title"], shown["status_from"], shown["status_to"]) == ("本市转移", "", "封存")
    (gone,) = office.unit_get("/changes", business="transfer_out")["rows"]
    assert (gone["status_to"], gone["account_no"]) == ("外部转出销户", number)


def test_both_units_get_a_message(make_center: MakeCenter) -> None:
    office, other = pair(make_center("lyszfgjj"))
    people = office.people(7)
    numbers = [give(office, person) for person in people]
    office.file([out_row(number) for number in numbers], business="transfer_out")
    (mine,) = office.inbox("messages")
    (theirs,) = other.inbox("messages")
    assert (mine["title"], theirs["title"]) == ("本市转移", "本市转移")
    assert mine["body"].startswith("尊敬的示例单位100001，您已完成办理")
    names = "、".join(person.name for person in people[:5])
    assert theirs["body"] == (
        f"示例单位{UNIT}已将7名职工（{names}等）的账户转入本单位，账户为封存状态，需要缴存的请办理启封。"
    )
    assert [entry["title"] for entry in other.inbox("started")] == []


@pytest.mark.feature("X-02", profile="lyszfgjj")
def test_the_center_refuses_what_the_client_cannot_know(make_center: MakeCenter) -> None:
    office, other = pair(make_center("lyszfgjj"))
    office.center.add_unit(THIRD, "销户的单位")
    with office.center.store.write() as conn:
        conn.execute(update(unit).where(unit.c.unit_account == THIRD).values(state="04"))
    number = give(office, office.people(1)[0])
    theirs = give(other, other.people(1)[0])
    wrong = [
        (out_row(number, "999999"), "unit.unknown"),
        (out_row(number, UNIT), "unit.own"),
        (out_row(number, THIRD), "unit.closed"),
        ({"account_no": number}, "required"),
        (out_row(theirs, OTHER), "account.unknown"),
    ]
    for row, code in wrong:
        answer = office.send(office.body([row], "transfer_out"))
        assert (answer.status_code, codes(answer)) == (422, [code])
    assert at(office) == [(number, "02", False, 0)] and at(other) == [(theirs, "02", False, 0)]
    assert other.inbox("messages") == []


def test_a_bad_row_stops_no_other(make_center: MakeCenter) -> None:
    office, other = pair(make_center("lyszfgjj"))
    good, bad = give(office, office.people(1)[0]), give(office, office.people(1)[0], NORMAL)
    receipt = office.file([out_row(bad), out_row(good)], business="transfer_out")
    assert (receipt["ok"], receipt["failed"]) == (1, 1)
    assert [(found["row"], found["code"]) for found in receipt["findings"]] == [(1, "transfer.not_sealed")]
    assert [one[1] for one in at(other)] == ["02"]
    assert "1名职工" in other.inbox("messages")[0]["body"]


def test_the_deposits_are_those_of_the_receiving_units_ratio(make_center: MakeCenter) -> None:
    center = make_center("lyszfgjj")
    office, other = Office(center), Office(center, OTHER, ratios="[[800, 500]]")
    office.file([out_row(give(office, office.people(1)[0]))], business="transfer_out")
    (came,) = other.accounts()
    assert (came.base, came.unit_ratio, came.person_ratio) == (800_000, 800, 500)
    assert (came.unit_amount, came.person_amount) == (64_000, 40_000)


def test_out_and_back_again(make_center: MakeCenter) -> None:
    office, other = pair(make_center("lyszfgjj"))
    person = office.people(1)[0]
    number = give(office, person, balance=77)
    office.file([out_row(number)], business="transfer_out")
    again = office.send(office.body([out_row(number)], "transfer_out"))
    assert codes(again) == ["account.unknown"], "a closed account never moves"
    (there,) = other.accounts()
    other.file([out_row(there.account_no, UNIT)], business="transfer_out")
    assert at(office) == [(number, "04", True, 0), ("10000100000002", "02", False, 77)]
    assert at(other) == [(there.account_no, "04", True, 0)]
    assert copy_of(office, since=1) == [(number, "04", True), ("10000100000002", "02", False)]
    with office.center.store.read() as conn:
        facts = person_facts(conn, [person.key])[person.key]
    assert [one.account_no for one in facts.accounts] == ["10000100000002"]


def test_a_transferred_person_is_reopened_at_the_new_unit(make_center: MakeCenter) -> None:
    office, other = pair(make_center("lyszfgjj"))
    office.file([out_row(give(office, office.people(1)[0], balance=5))], business="transfer_out")
    (came,) = other.accounts()
    other.file([other.account_row(came.account_no, "unseal")], business="unseal")
    assert at(other) == [(came.account_no, "01", False, 5)]


# ---- transfer in -------------------------------------------------------------------------------------


@pytest.mark.feature("X-01", profile="shaanxi")
@pytest.mark.feature("X-04", profile="shaanxi")
def test_an_account_comes_in_at_once_and_stands_in_the_progress(make_center: MakeCenter) -> None:
    office, other = pair(make_center("shaanxi"))
    person = other.people(1)[0]
    number = give(other, person, balance=4_200)
    receipt = office.file([in_row(person)], business="transfer_in")
    assert (receipt["state"], receipt["ok"]) == ("done", 1)
    assert at(other) == [(number, "04", True, 0)]
    assert at(office) == [("10000100000001", "02", False, 4_200)]
    (batch,) = office.unit_get("/submissions")["batches"]
    assert (batch["title"], batch["state"], batch["ok"]) == ("个人账户转入", "done", 1)
    (message,) = other.inbox("messages")
    assert message["body"] == f"示例单位{UNIT}已将1名职工（{person.name}）的封存账户转出本单位。"
    assert copy_of(other, since=1) == [(number, "04", True)]
    (row,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert (row["account_no"], number in str(row)) == ("10000100000001", False)


@pytest.mark.feature("X-03", profile="shaanxi")
def test_a_person_whose_business_is_under_way_stays(
    make_center: MakeCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)
    office, other = pair(make_center("shaanxi"))
    person = other.people(1)[0]
    number = give(other, person)
    other.file([other.account_row(number, "unseal")], business="unseal")
    answer = office.send(office.body([in_row(person)], "transfer_in"))
    assert codes(answer) == ["person.in_flight"]
    assert at(other) == [(number, "02", False, 0)] and at(office) == []


@pytest.mark.feature("X-08", profile="shaanxi")
def test_of_several_accounts_the_first_comes_in_and_the_next_at_the_next_time(
    make_center: MakeCenter,
) -> None:
    center = make_center("shaanxi")
    office, other, third = Office(center), Office(center, OTHER), Office(center, THIRD)
    person = office.people(1)[0]
    mine = give(office, person, NORMAL, 1)
    first, second = give(other, person, balance=20), give(third, person, balance=300)
    for count in (2, 3):
        office.file([in_row(person)], business="transfer_in")
        assert len([one for one in at(office) if not one[2]]) == count
    assert codes(office.send(office.body([in_row(person)], "transfer_in"))) == ["transfer.unknown"]
    assert (at(other), at(third)) == ([(first, "04", True, 0)], [(second, "04", True, 0)])
    for number in ("10000100000002", "10000100000003"):
        office.file([{"account_no": number, "to_account": mine}], business="merge")
    assert at(office) == [
        (mine, "01", False, 321),
        ("10000100000002", "03", True, 0),
        ("10000100000003", "03", True, 0),
    ]


@pytest.mark.feature("S-10", profile="shaanxi")
def test_the_month_of_sealing_counts_at_the_unit_that_sealed(
    make_center: MakeCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)
    office, other = pair(make_center("shaanxi"))
    person = other.people(1)[0]
    number = give(other, person, NORMAL)
    other.file([other.account_row(number)], business="seal")
    work_off(other.center)
    office.file([in_row(person)], business="transfer_in")
    (here,) = office.accounts()
    good = office.send(office.body([office.account_row(here.account_no, "unseal")], "unseal"))
    assert good.status_code == 201, "sealed at the other unit, not here"
    with office.center.store.write() as conn:
        conn.execute(update(account).where(account.c.account_no == here.account_no).values(status="02"))
    work_off(other.center)
    with office.center.store.write() as conn:
        conn.execute(update(account).where(account.c.account_no == here.account_no).values(status="02"))
    other.file([in_row(person)], business="transfer_in")
    back = [one for one in other.accounts() if not one.gone]
    answer = other.send(other.body([other.account_row(back[0].account_no, "unseal")], "unseal"))
    assert codes(answer) == ["unseal.same_month"], "out and back is no way around the rule"


# ---- merging and closing -----------------------------------------------------------------------------


@pytest.mark.feature("X-07", profile="shaanxi")
def test_the_account_merged_is_closed_and_its_money_moves(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    person = office.people(1)[0]
    old, kept = give(office, person, balance=150), give(office, person, NORMAL, 50)
    receipt = office.file([{"account_no": old, "to_account": kept}], business="merge")
    assert (receipt["state"], receipt["ok"]) == ("done", 1)
    assert at(office) == [(old, "03", True, 0), (kept, "01", False, 200)]
    assert copy_of(office, since=2) == [(old, "03", True), (kept, "01", False)]
    out, into = history(office)[-2:]
    assert (out.account_no, out.status_to, into.account_no, into.status_from, into.status_to) == (
        *(old, "03"),
        *(kept, "01", "01"),
    )
    (row,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert row["account_no"] == kept
    again = office.send(office.body([{"account_no": old, "to_account": kept}], "merge"))
    assert codes(again) == ["account.unknown"]
    back = office.send(office.body([{"account_no": kept, "to_account": old}], "merge"))
    assert codes(back) == ["merge.not_sealed", "merge.target"]


def test_accounts_of_two_people_or_two_units_are_not_merged(make_center: MakeCenter) -> None:
    office, other = pair(make_center("shaanxi"))
    first, second = office.people(2)
    mine, theirs = give(office, first), give(office, second)
    elsewhere = give(other, first)
    for into in (theirs, elsewhere, mine):
        answer = office.send(office.body([{"account_no": mine, "to_account": into}], "merge"))
        assert codes(answer) == ["merge.itself" if into == mine else "merge.target"], into


@pytest.mark.feature("X-10", profile="shanxi")
def test_an_account_is_closed_only_with_nothing_on_it(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"))
    empty, full = give(office, office.people(1)[0]), give(office, office.people(1)[0], balance=1)
    answer = office.send(office.body([{"account_no": full}], "zero_close"))
    assert answer.json()["findings"][0]["text"].startswith("该职工的账户还有余额0.01元")
    receipt = office.file([{"account_no": empty}], business="zero_close")
    assert (receipt["state"], receipt["ok"]) == ("done", 1)
    assert at(office) == [(empty, "05", True, 0), (full, "02", False, 1)]
    assert copy_of(office, since=2) == [(empty, "05", True)]
    assert history(office)[-1].status_to == "05"
    assert codes(office.send(office.body([{"account_no": empty}], "zero_close"))) == ["account.unknown"]


# ---- races -------------------------------------------------------------------------------------------


def test_of_two_units_that_ask_at_once_one_gets_the_account(tmp_path: Path, database_url: str) -> None:
    with running_center(tmp_path, "shaanxi", url=database_url) as center:
        office, other, third = Office(center), Office(center, OTHER), Office(center, THIRD)
        people = third.people(4)
        for person in people:
            give(third, person, balance=10)
        for person in people:
            asked = [office.request(office.body([in_row(person)], "transfer_in"))]
            asked.append(other.request(other.body([in_row(person)], "transfer_in")))
            with ThreadPoolExecutor(2) as pool:
                answers = sorted(answer.status_code for answer in pool.map(center.send, asked))
            won = [one for one in (*office.accounts(), *other.accounts()) if one.person_key == person.key]
            live = [one for one in won if not one.gone]
            assert len(live) == 1 and money(third, live[0]) == 10
            # The second may take the account on from the first, which is a transfer like any other.
            assert answers in ([201, 201], [201, 422])
        assert [one[1:] for one in at(third)] == [("04", True, 0)] * 4


def test_units_that_send_people_to_each_other_do_not_wait_for_ever(tmp_path: Path, database_url: str) -> None:
    with running_center(tmp_path, "lyszfgjj", url=database_url) as center:
        offices = [Office(center), Office(center, OTHER), Office(center, THIRD)]
        requests = []
        for place, office in enumerate(offices):
            for step in (1, 2):
                for _ in range(3):
                    number = give(office, office.people(1)[0], balance=1)
                    to_unit = offices[(place + step) % 3].unit
                    body = office.body([out_row(number, to_unit)], "transfer_out")
                    requests.append(office.request(body))
        with ThreadPoolExecutor(9) as pool:
            answers = list(pool.map(center.send, requests))
        assert [answer.status_code for answer in answers] == [201] * 18
        live = [one for office in offices for one in office.accounts() if not one.gone]
        assert sum(money(offices[0], one) for one in live) == 18
        assert [sum(one.unit_account == office.unit for one in live) for office in offices] == [6, 6, 6]
        revs = [[one.rev for one in office.accounts()] for office in offices]
        assert all(len(set(mine)) == len(mine) for mine in revs)


def test_locks_are_taken_in_one_order_before_the_serial(
    make_center: MakeCenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[list[str]] = []

    def seen(conn: Any, names: Any) -> None:
        taken.append(sorted(set(names)))

    monkeypatch.setattr("center.submissions.lock_units", seen)
    office, other = pair(make_center("lyszfgjj"))
    number = give(other, other.people(1)[0])
    other.file([out_row(number, UNIT)], business="transfer_out")
    assert taken == [[UNIT, OTHER]]


def test_no_account_of_another_unit_moves_by_a_forged_row(make_center: MakeCenter) -> None:
    center = make_center("lyszfgjj")
    office, other, third = Office(center), Office(center, OTHER), Office(center, THIRD)
    person = other.people(1)[0]
    number = give(other, person)
    row = {"account_no": number, "name": person.name, "id_number": person.id_number, "to_unit": UNIT}
    assert codes(office.send(office.body([row | {"to_unit": THIRD}], "transfer_out"))) == ["account.unknown"]
    assert at(third) == [] and at(other) == [(number, "02", False, 0)]


# ---- queries -----------------------------------------------------------------------------------------


def found(office: Office, business: str, **asked: str) -> list[str]:
    return [
        one["submission_id"] for one in office.unit_get("/submissions", business=business, **asked)["batches"]
    ]


@pytest.mark.feature("X-06", profile="shaanxi")
def test_transfers_are_found_by_days_name_and_id_number(make_center: MakeCenter) -> None:
    office, other = pair(make_center("shaanxi"))
    first, second = other.people(2)
    for person in (first, second):
        give(other, person)
    a, b = (
        office.file([in_row(person)], business="transfer_in")["submission_id"] for person in (first, second)
    )
    assert {*found(office, "transfer_in")} == {a, b}
    assert found(office, "transfer_in", name=first.name) == [a]
    assert found(office, "transfer_in", id_number=second.id_number) == [b]
    assert found(office, "transfer_in", id_number=second.id_number, name=first.name) == []
    span = {"from": "2026-11-23", "to": "2026-11-23"}
    assert found(office, "transfer_in", id_number=first.id_number, **span) == [a]
    assert found(office, "transfer_in", **{"from": "2026-11-24", "to": "2026-11-30"}) == []
    assert found(office, "transfer_in", name="%") == found(office, "transfer_in", name="_\\") == []
    assert found(other, "transfer_in") == []


@pytest.mark.feature("X-09", profile="shaanxi")
def test_merges_are_found_by_either_account(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    numbers = []
    for person in office.people(2):
        old, kept = give(office, person), give(office, person, NORMAL)
        number = office.file([{"account_no": old, "to_account": kept}], business="merge")["submission_id"]
        numbers.append((old, kept, number))
    (old, kept, first), (_, other_kept, second) = numbers
    assert found(office, "merge", account_no=old) == [first]
    assert found(office, "merge", to_account=other_kept) == [second]
    assert found(office, "merge", account_no=kept) == []
    assert load_profile("shaanxi").offered()["merge"].voucher == "个人账户合并凭证"


def test_a_text_asked_for_with_control_characters_is_refused(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    path = f"/v1/units/{office.unit}/submissions"
    for text in ("张\x00三", "a\n", "x" * 61):
        answer = office.center.client.get(path, headers=office.login.headers, params={"name": text})
        assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")


def test_an_account_with_an_unpaid_makeup_does_not_go(make_center: MakeCenter) -> None:
    office = Office(make_center("lyszfgjj"), paid_through=202611)
    other = Office(office.center, OTHER)
    number = give(office, office.people(1)[0], NORMAL)
    carry_out(office, [office.account_row(number, "makeup", month="202610", total_amount="100.00")], "makeup")
    carry_out(office, [office.account_row(number)], "seal")
    answer = office.send(office.body([{"account_no": number, "to_unit": other.unit}], "transfer_out"))
    assert codes(answer) == ["account.awaited"]
    assert at(office) == [(number, "02", False, 0)]
