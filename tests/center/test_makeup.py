"""Making up through the center: workflows, orders, refusals, what is known of months, queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from center import makeups
from center.effects.apply import lock_units
from center.people import people_of
from center.store.tables import account, account_change, makeup_order, unit
from domain.business import AccountStatus
from domain.businesses.registry import declare
from domain.profile import PROFILE_NAMES
from tests.support.carry_out import approve, carry_out, work_off
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, Office, clerk
from tests.support.money import give_unallocated

MakeCenter = Callable[..., CenterUnderTest]
OFFERING = ["baishan", "lyszfgjj", "shaanxi", "shanxi"]
AT_ONCE = ["baishan", "shanxi"]
"""Centers that pay a makeup from 单位未分配 when it takes effect (M-06)."""
RANGES = ["makeup_missed", "makeup_short"]
RANGE = {"first_month": "202608", "last_month": "202610", "due_base": "9000.00", "due_ratio": "12"}
PAID = {"paid_base": "8000.00", "paid_ratio": "12"}


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are worked off by hand."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


def filed(office: Office, number: str, month: str = "202610", amount: str = "500.00") -> dict[str, str]:
    return office.account_row(number, "makeup", month=month, total_amount=amount)


def ranged(office: Office, number: str, business: str = "makeup_missed", **changes: str) -> dict[str, str]:
    """A row as a client sends it, its amounts computed."""
    typed = {"account_no": number, **RANGE, **(PAID if business == "makeup_short" else {}), **changes}
    check = declare(business, office.profile).check_row(typed, office.context())
    return {key: text for key, text in check.values.items() if text}


def orders(office: Office, state: str | None = None) -> list[Any]:
    with office.center.store.read() as conn:
        mine = select(makeup_order).where(makeup_order.c.unit_account == office.unit)
        found = mine if state is None else mine.where(makeup_order.c.state == state)
        return list(conn.execute(found.order_by(makeup_order.c.account_no, makeup_order.c.month)))


def office_of(make_center: MakeCenter, name: str, **values: Any) -> Office:
    office = Office(make_center(name), paid_through=202610, **values)
    if name in AT_ONCE:
        give_unallocated(office.center.store, office.unit)
    return office


# ---- what is done --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OFFERING)
def test_an_order_is_declared_and_paid_as_the_center_has_it(make_center: MakeCenter, name: str) -> None:
    office = office_of(make_center, name)
    person = office.people(1)[0]
    number = office.give_account(person)
    (before,) = office.accounts()
    receipt = carry_out(office, [filed(office, number), filed(office, number, "202609", "0.01")], "makeup")
    assert (receipt["state"], receipt["ok"], receipt["amount"]) == ("done", 2, "500.01")
    first, second = orders(office)
    assert (first.month, first.unit_amount + first.person_amount) == (202609, 1)
    assert (second.month, second.unit_amount, second.person_amount) == (202610, 25_000, 25_000)
    funding = {"baishan": "suspense", "lyszfgjj": "notice", "shaanxi": "notice", "shanxi": "unallocated"}
    state = "settled" if name in AT_ONCE else "declared"
    assert (second.state, second.funding, second.business) == (state, funding[name], "makeup")
    assert (second.person_key, second.account_no, second.reason) == (person.key, number, "01")
    (after,) = office.accounts()
    assert after == before, "the account itself is not touched"
    with office.center.store.read() as conn:
        made = select(account_change).where(account_change.c.business == "makeup")
        lines = conn.execute(made).all()
    assert [(line.account_no, line.base_from == line.base_to) for line in lines] == [(number, True)] * 2


@pytest.mark.feature("M-07", profile="hangzhou")
@pytest.mark.parametrize("business", RANGES)
def test_a_range_becomes_an_order_a_month(make_center: MakeCenter, business: str) -> None:
    office = Office(make_center("hangzhou"))
    number = office.give_account(office.people(1)[0])
    row = ranged(office, number, business)
    receipt = office.file([row], business=business)
    monthly = 216_000 if business == "makeup_missed" else 24_000
    assert (receipt["state"], receipt["amount"]) == ("done", f"{monthly * 3 / 100:.2f}")
    made = orders(office)
    assert [one.month for one in made] == [202608, 202609, 202610]
    assert {(one.unit_amount, one.person_amount) for one in made} == {(monthly // 2, monthly // 2)}
    assert {(one.state, one.funding, one.fund_type) for one in made} == {("declared", "bank", "general")}


@pytest.mark.feature("M-07", profile="hangzhou")
@pytest.mark.feature("M-14", profile="hangzhou")
@pytest.mark.feature("Q-12", profile="hangzhou")
@pytest.mark.parametrize("business", RANGES)
def test_a_file_is_processed_later_row_by_row(make_center: MakeCenter, business: str) -> None:
    office = Office(make_center("hangzhou"))
    numbers = [office.give_account(person) for person in office.people(3)]
    rows = [ranged(office, number, business) for number in numbers]
    receipt = office.file(rows, business=business, source="file")
    assert (receipt["state"], receipt["pending"]) == ("processing", 3) and orders(office) == []
    with office.center.store.write() as conn:
        conn.execute(update(account).where(account.c.account_no == numbers[1]).values(status="06"))
    work_off(office.center)
    (batch,) = office.unit_get("/submissions", business=business, month=202612)["batches"]
    assert (batch["title"], batch["total"], batch["ok"], batch["failed"]) == (
        {"makeup_missed": "漏缴补缴", "makeup_short": "少缴补缴"}[business], 3, 2, 1,
    )  # fmt: skip
    (failed,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows", state="failed")["rows"]
    assert (failed["row"], failed["code"]) == (2, "makeup.frozen") and failed["reason"].endswith("。")
    assert len(orders(office)) == 6


@pytest.mark.feature("M-07", profile="shaanxi")
@pytest.mark.feature("M-14", profile="shaanxi")
@pytest.mark.feature("Q-12", profile="shaanxi")
def test_shaanxi_processes_later_and_bad_rows_stop_no_other(make_center: MakeCenter) -> None:
    office = office_of(make_center, "shaanxi")
    good, bad = (office.give_account(person) for person in office.people(2))
    with office.center.store.write() as conn:
        conn.execute(update(account).where(account.c.account_no == bad).values(status="06"))
    receipt = office.file([filed(office, good), filed(office, bad)], business="makeup")
    assert (receipt["state"], receipt["pending"], receipt["failed"]) == ("processing", 1, 1)
    work_off(office.center)
    (batch,) = office.unit_get("/submissions", business="makeup", **{"from": "2026-11-01"})["batches"]
    assert (batch["title"], batch["ok"], batch["failed"], batch["state"]) == ("补缴核定", 1, 1, "done")
    assert [one.account_no for one in orders(office)] == [good]


@pytest.mark.feature("M-07", profile=["baishan", "lyszfgjj"])
@pytest.mark.parametrize("name", ["baishan", "lyszfgjj"])
def test_approval_declares_and_a_refusal_does_not(make_center: MakeCenter, name: str) -> None:
    office = office_of(make_center, name)
    first, second = (office.give_account(person) for person in office.people(2))
    receipt = office.file([filed(office, first)], business="makeup")
    lead = {"baishan": "已提交至中心审核", "lyszfgjj": "提交审批完成"}[name]
    assert receipt["state"] == "review" and receipt["message"].startswith(lead) and orders(office) == []
    again = office.send(office.body([filed(office, first, "202609")], "makeup"))
    assert again.json()["findings"][0]["code"] == "person.in_flight"
    approve(office.center)
    assert [one.account_no for one in orders(office)] == [first]
    (message,) = office.inbox("messages")
    assert message["title"] == "补缴" and message["body"].endswith("您已完成办理补缴！")
    office.file([filed(office, second)], business="makeup")
    login = clerk(office.center, "fuhe", "复核")
    cases = office.center.get("/v1/cases", login).json()["cases"]
    (case,) = [one for one in cases if one["state"] == "pending"]
    where = f"/v1/cases/{case['case_id']}/actions"
    office.center.post(where, {"action": "take", "version": 1}, login)
    refused = office.center.post(where, {"action": "refuse", "version": 2, "opinion": "金额有误"}, login)
    assert refused.status_code == 200, refused.text
    assert [one.account_no for one in orders(office)] == [first]


@pytest.mark.feature("A-01", profile="baishan")
def test_baishan_wants_attachments(make_center: MakeCenter) -> None:
    office = office_of(make_center, "baishan")
    number = office.give_account(office.people(1)[0])
    answer = office.send(office.body([filed(office, number)], "makeup", attachments=[]))
    assert answer.json()["code"] == "attachment.missing"


@pytest.mark.feature("E-04", profile="hangzhou")
def test_making_up_leaves_nothing_to_synchronise(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    number = office.give_account(office.people(1)[0])
    known = office.unit_get("/depositors", since=0)["revision"]
    office.file([ranged(office, number)], business="makeup_missed")
    assert office.unit_get("/depositors", since=known)["rows"] == []


# ---- once a month --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OFFERING)
def test_a_month_is_never_declared_twice(make_center: MakeCenter, name: str) -> None:
    office = office_of(make_center, name)
    number = office.give_account(office.people(1)[0])
    carry_out(office, [filed(office, number)], "makeup")
    answer = office.send(office.body([filed(office, number)], "makeup"))
    assert answer.json()["findings"][0]["text"].startswith("存在重复补缴的年月：202610")
    with office.center.store.write() as conn:
        lock_units(conn, [office.unit])
        (one,) = orders(office)
        keys = [(one.submission_id, one.row_no, one.month)]
        moved = makeups.move(conn, office.unit, keys, "cancelled", date(2026, 11, 25))
        assert moved == (name not in AT_ONCE), "what is paid stays"
        assert makeups.move(conn, office.unit, keys, "settled", date(2026, 11, 25)) == 0
    if name in AT_ONCE:
        return
    carry_out(office, [filed(office, number)], "makeup")
    assert sorted(one.state for one in orders(office)) == ["cancelled", "declared"]


def test_two_that_meet_at_the_database_make_one_order(make_center: MakeCenter) -> None:
    """Where the checks of both saw nothing of the other, the claim of the month lets one through."""
    office = office_of(make_center, "shanxi")
    number = office.give_account(office.people(1)[0])
    carry_out(office, [filed(office, number)], "makeup")
    with office.center.store.write() as conn:
        conn.execute(update(makeup_order).values(person_key="somebody else"))
    receipt = office.file([filed(office, number), filed(office, number, "202609")], business="makeup")
    assert (receipt["ok"], receipt["failed"]) == (1, 1)
    rows = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert [(row["state"], row["code"]) for row in rows] == [("failed", "makeup.conflict"), ("ok", "")]
    assert [one.month for one in orders(office)] == [202609, 202610]


@pytest.mark.feature("M-12", profile="hangzhou")
@pytest.mark.feature("V-21", profile="hangzhou")
def test_the_system_stops_missed_months_but_not_short_ones(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    number = office.give_account(office.people(1)[0])
    office.file([ranged(office, number)], business="makeup_missed")
    overlap = ranged(office, number, first_month="202607", last_month="202608")
    answer = office.send(office.body([overlap], "makeup_missed"))
    (found,) = answer.json()["findings"]
    assert found["text"].startswith("存在重复补缴的年月：202608")
    short = ranged(office, number, "makeup_short")
    assert office.file([short], business="makeup_short")["ok"] == 1
    assert office.file([short], business="makeup_short")["ok"] == 1
    doubled = [short, ranged(office, number, "makeup_short", first_month="202610", last_month="202611")]
    answer = office.send(office.body(doubled, "makeup_short"))
    assert [one["code"] for one in answer.json()["findings"]] == ["roster.duplicate"]


# ---- what the center knows -----------------------------------------------------------------------


def test_what_an_account_paid_follows_its_history(make_center: MakeCenter) -> None:
    office = office_of(make_center, "shaanxi")
    person, rested, moved_in = office.people(3)
    number, sealed, old = (office.give_account(one) for one in (person, rested, moved_in))
    with office.center.store.write() as conn:
        conn.execute(update(account).values(opened="2024-03-01"))
        lines = update(account_change)
        conn.execute(lines.where(account_change.c.account_no == old).values(account_no="gone"))
        conn.execute(
            update(account).where(account.c.account_no == old).values(status="02", sealed_month=202605)
        )
    carry_out(office, [office.account_row(sealed)], "seal")
    business = declare("makeup", office.profile)
    rows = [{"account_no": one} for one in (number, sealed, old)]
    with office.center.store.read() as conn:
        people = people_of(conn, business, rows)
    known = {one.account_no: one for person in people.people.values() for one in person.accounts}
    paid = {
        name: [known[name].deposit_in(month) for month in (202402, 202403, 202604, 202605, 202610, 202611)]
        for name in (number, sealed, old)
    }
    assert paid == {
        number: [0, 192_000, 192_000, 192_000, 192_000, 192_000],
        sealed: [0, 192_000, 192_000, 192_000, 192_000, 0],
        old: [0, 192_000, 192_000, 0, 0, 0],
    }


@pytest.mark.feature("M-11", profile="shaanxi")
def test_the_center_counts_what_was_paid(make_center: MakeCenter) -> None:
    office = office_of(make_center, "shaanxi")
    number = office.give_account(office.people(1)[0])
    with office.center.store.write() as conn:
        conn.execute(update(account).values(opened="2020-01-01"))
    most = 2 * 344_592  # 28716.00 x 12%
    over, right = (f"{(most - 192_000 + more) / 100:.2f}" for more in (1, 0))
    answer = office.send(office.body([filed(office, number, amount=over)], "makeup"))
    assert [one["code"] for one in answer.json()["findings"]] == ["makeup.over_cap"]
    assert carry_out(office, [filed(office, number, amount=right)], "makeup")["ok"] == 1


@pytest.mark.feature("M-11", profile="shaanxi")
def test_two_accounts_of_a_person_have_one_cap_and_each_month_once(make_center: MakeCenter) -> None:
    office = office_of(make_center, "shaanxi")
    person = office.people(1)[0]
    one, two = office.give_account(person), office.give_account(person)
    with office.center.store.write() as conn:
        conn.execute(update(account).values(opened="2020-01-01"))
    most = 2 * 344_592
    over, right = (f"{(most - 2 * 192_000 + more) / 100:.2f}" for more in (1, 0))
    row = filed(office, one, "202609", over)
    answer = office.send(office.body([row], "makeup"))
    assert [found["code"] for found in answer.json()["findings"]] == ["makeup.over_cap"], (
        "paid on the other one"
    )
    carry_out(office, [row | {"total_amount": right}], "makeup")
    answer = office.send(office.body([filed(office, two, "202609", "1.00")], "makeup"))
    assert [found["code"] for found in answer.json()["findings"]] == ["makeup.repeated"], (
        "of the other account"
    )


@pytest.mark.feature("M-11", profile="shaanxi")
def test_what_an_account_paid_before_it_ended_counts(make_center: MakeCenter) -> None:
    """Merged since: the month was paid all the same."""
    office = office_of(make_center, "shaanxi")
    person, other = office.people(2)
    kept, merged, moved = (office.give_account(one) for one in (person, person, other))
    with office.center.store.write() as conn:
        conn.execute(update(account).values(opened="2020-01-01"))
    assert carry_out(office, [office.account_row(merged)], "seal")["ok"] == 1
    assert office.file([{"account_no": merged, "to_account": kept}], business="merge")["ok"] == 1
    business = declare("makeup", office.profile)
    with office.center.store.read() as conn:
        rows = [{"account_no": number} for number in (kept, moved)]
        people = people_of(conn, business, rows).people
    assert [one.account_no for one in people[person.id_number].ended] == [merged]
    assert people[person.id_number].deposit_in(202610) == 2 * 192_000
    assert people[person.id_number].deposit_in(202611) == 192_000
    assert people[other.id_number].deposit_in(202610) == 192_000
    most = 2 * 344_592
    over, right = (f"{(most - 2 * 192_000 + more) / 100:.2f}" for more in (1, 0))
    answer = office.send(office.body([filed(office, kept, "202610", over)], "makeup"))
    assert [found["code"] for found in answer.json()["findings"]] == ["makeup.over_cap"]
    assert carry_out(office, [filed(office, kept, "202610", right)], "makeup")["ok"] == 1


def test_what_was_right_when_filed_is_judged_by_its_own_month(make_center: MakeCenter) -> None:
    """A file waits; what its months may be was decided on the day it was filed."""
    office = office_of(make_center, "shaanxi")
    number = office.give_account(office.people(1)[0])
    office.file([filed(office, number)], business="makeup")
    with office.center.store.write() as conn:
        conn.execute(update(unit).values(paid_through=202609))
    work_off(office.center)
    assert orders(office) == []


# ---- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_what_a_center_lacks_it_refuses(make_center: MakeCenter, name: str) -> None:
    office = Office(make_center(name))
    lacking = ["makeup"] if name == "hangzhou" else RANGES
    for business in lacking:
        row = {"account_no": "10000100000001", "month": "202610", "total_amount": "1.00"}
        answer = office.send(office.body([row], business))
        assert (answer.status_code, answer.json()["code"]) == (403, "module.off")
    assert orders(office) == []


@pytest.mark.feature("W-06", profile="hangzhou")
def test_nobody_of_another_unit_is_made_up(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center), Office(center, OTHER)
    theirs = other.give_account(other.people(1)[0])
    answer = office.send(office.body([ranged(office, theirs)], "makeup_missed"))
    (found,) = answer.json()["findings"]
    assert "不存在缴存关系或不属于此单位" in found["text"] and orders(other) == []


def test_amounts_that_do_not_follow_are_refused(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    number = office.give_account(office.people(1)[0])
    row = ranged(office, number) | {"total_amount": "1.00"}
    answer = office.send(office.body([row], "makeup_missed"))
    assert [one["code"] for one in answer.json()["findings"]] == ["amount.mismatch"]


def test_frozen_between_check_and_effect_fails_alone(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    number = office.give_account(office.people(1)[0], AccountStatus.SEALED, 202601)
    assert office.file([ranged(office, number)], business="makeup_missed")["ok"] == 1


# ---- changed and taken back before the money -------------------------------------------------------


def settle(office: Office) -> None:
    """The money of every order has come."""
    with office.center.store.write() as conn:
        keys = [(one.submission_id, one.row_no, one.month) for one in orders(office)]
        makeups.move(conn, office.unit, keys, "settled", date(2026, 11, 25))


@pytest.mark.feature("M-08", profile="shaanxi")
def test_shaanxi_changes_an_order_before_its_money(make_center: MakeCenter) -> None:
    office = office_of(make_center, "shaanxi")
    number = office.give_account(office.people(1)[0])
    carry_out(office, [filed(office, number), filed(office, number, "202609")], "makeup")
    changed = office.account_row(number, "makeup_change", month="202610", total_amount="600.10")
    receipt = office.file([changed], business="makeup_change")
    assert (receipt["state"], receipt["ok"], receipt["amount"]) == ("done", 1, "600.10")
    now = {(one.month, one.state): one for one in orders(office)}
    assert sorted(now) == [(202609, "declared"), (202610, "cancelled"), (202610, "declared")]
    new, old = now[202610, "declared"], now[202610, "cancelled"]
    assert (new.unit_amount, new.person_amount, new.business) == (30_005, 30_005, "makeup")
    assert old.unit_amount + old.person_amount == 50_000, "what was filed stays as it was filed"
    over = office.account_row(number, "makeup_change", month="202610", total_amount="99999.00")
    answer = office.send(office.body([over], "makeup_change"))
    assert [one["code"] for one in answer.json()["findings"]] == ["makeup.over_cap"]


@pytest.mark.feature("M-08", profile="shaanxi")
def test_shaanxi_takes_an_order_back_before_its_money(make_center: MakeCenter) -> None:
    office = office_of(make_center, "shaanxi")
    number = office.give_account(office.people(1)[0])
    carry_out(office, [filed(office, number), filed(office, number, "202609")], "makeup")
    gone = {"account_no": number, "month": "202610"}
    assert office.file([gone], business="makeup_cancel")["ok"] == 1
    assert [(one.month, one.state) for one in orders(office)] == [(202609, "declared"), (202610, "cancelled")]
    again = office.send(office.body([gone], "makeup_cancel"))
    assert again.json()["findings"][0]["text"] == "该职工没有申报过202610的补缴，请核对补缴月份。"
    assert carry_out(office, [filed(office, number)], "makeup")["ok"] == 1


@pytest.mark.feature("M-08", profile="shaanxi")
@pytest.mark.parametrize("business", ["makeup_change", "makeup_cancel"])
def test_what_is_paid_or_under_way_stays(make_center: MakeCenter, business: str) -> None:
    office = office_of(make_center, "shaanxi")
    number, other = (office.give_account(person) for person in office.people(2))
    office.file([filed(office, other)], business="makeup")
    more = {"month": "202610"} | ({"total_amount": "1.00"} if business == "makeup_change" else {})
    row = office.account_row(other, business, **more)
    answer = office.send(office.body([row], business))
    assert "person.in_flight" in [one["code"] for one in answer.json()["findings"]]
    work_off(office.center)
    carry_out(office, [filed(office, number)], "makeup")
    settle(office)
    answer = office.send(office.body([office.account_row(number, business, **more)], business))
    assert [one["code"] for one in answer.json()["findings"]] == ["makeup.settled"]
    assert {one.state for one in orders(office)} == {"settled"}


def test_an_order_settled_between_check_and_effect_is_left(make_center: MakeCenter) -> None:
    """The check saw it wait; the effect looks again under the lock and fails that row alone."""
    from center.effects.apply import Row, Work, apply_rows

    office = office_of(make_center, "shaanxi")
    number, other = (office.give_account(person) for person in office.people(2))
    carry_out(office, [filed(office, number), filed(office, other)], "makeup")
    business = declare("makeup_cancel", office.profile)
    rows = [{"account_no": one, "month": "202610"} for one in (number, other)]
    with office.center.store.write() as conn:
        people = people_of(conn, business, rows)
        (one,) = makeups.waiting(conn, office.unit, "makeup", number, 202610)
        makeups.move(
            conn, office.unit, [(one.submission_id, one.row_no, 202610)], "settled", date(2026, 11, 25)
        )
        work = Work(conn, office.profile, office.unit, "makeup_cancel", date(2026, 11, 25), 202611, "x")
        facts = [people.people[people.by_account[row["account_no"]]] for row in rows]
        found = apply_rows(
            work,
            [Row(at, "k", row, known) for at, (row, known) in enumerate(zip(rows, facts, strict=True), 1)],
        )
    assert found.accounts == {2: other}
    assert found.failed[1][0] == "makeup.gone"
    assert sorted(one.state for one in orders(office)) == ["cancelled", "settled"]


@pytest.mark.parametrize("name", [name for name in PROFILE_NAMES if name != "shaanxi"])
@pytest.mark.parametrize("business", ["makeup_change", "makeup_cancel"])
def test_other_centers_take_nothing_back_on_line(make_center: MakeCenter, name: str, business: str) -> None:
    office = Office(make_center(name))
    answer = office.send(office.body([{"account_no": "1", "month": "202610"}], business))
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")


def test_a_registration_takes_no_account_with_an_unpaid_makeup(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center, paid_through=202610), Office(center, OTHER)
    person = office.people(1)[0]
    number = office.give_account(person, AccountStatus.SEALED, 202609)
    carry_out(office, [ranged(office, number)], "makeup_missed")
    answer = other.send(other.body([other.row(person)]))
    assert [found["code"] for found in answer.json()["findings"]] == ["account.awaited"], answer.text
    with center.store.write() as conn:
        conn.execute(update(makeup_order).values(state=makeups.SETTLED))
    assert carry_out(other, [other.row(person)], "open")["ok"] == 1
    assert [one.gone for one in office.accounts()] == [True]
