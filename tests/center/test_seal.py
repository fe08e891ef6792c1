"""Sealing, reduction and reopening through the center: workflows, effects, history, refusals, queries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from center.people import unfinished
from center.store.tables import account, account_change, submission_row, unit
from domain.business import AccountStatus
from domain.profile import PROFILE_NAMES
from tests.support.carry_out import approve, carry_out, work_off
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, Office, moved

MakeCenter = Callable[..., CenterUnderTest]
REOPENING = [name for name in PROFILE_NAMES if name != "hangzhou"]
SEALED, NORMAL = AccountStatus.SEALED, AccountStatus.NORMAL


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are worked off by hand."""
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)


def history(office: Office) -> list[Any]:
    with office.center.store.read() as conn:
        mine = account_change.c.unit_account == office.unit
        return list(conn.execute(select(account_change).where(mine).order_by(account_change.c.rev)))


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_sealing_rests_the_account_from_the_business_month_on(make_center: MakeCenter, name: str) -> None:
    office = Office(make_center(name))
    numbers = [office.give_account(person) for person in office.people(2)]
    receipt = carry_out(office, [office.account_row(numbers[0])], "seal")
    paid = "1920.00" if name == "hangzhou" else "0.00"
    assert (receipt["state"], receipt["ok"], receipt["amount"]) == ("done", 1, paid)
    sealed, other = office.accounts()
    month = 202612 if name == "hangzhou" else 202611
    reason = office.account_row(numbers[0])["reason"]
    assert (sealed.status, sealed.sealed_month, sealed.sealed_reason) == ("02", month, reason)
    assert (other.status, other.sealed_month) == ("01", None)
    line = history(office)[-1]
    assert (line.account_no, line.business, line.month, line.rev) == (numbers[0], "seal", month, 3)
    assert (line.status_from, line.status_to, line.reason) == ("01", "02", reason)
    assert line.unit_amount_from == line.unit_amount_to == sealed.unit_amount
    (row,) = office.unit_get("/depositors", since=2)["rows"]
    assert (row["status"], row["sealed_month"], row["sealed_reason"]) == ("02", month, reason)


@pytest.mark.parametrize("name", REOPENING)
def test_reopening_undoes_it_in_a_later_month(make_center: MakeCenter, name: str) -> None:
    office = Office(make_center(name))
    number = office.give_account(office.people(1)[0], SEALED, 202609)
    receipt = carry_out(office, [office.account_row(number, "unseal")], "unseal")
    assert receipt["ok"] == 1
    (made,) = office.accounts()
    assert (made.status, made.sealed_month, made.sealed_reason) == ("01", None, "")
    assert [(line.status_from, line.status_to) for line in history(office)][-1] == ("02", "01")


@pytest.mark.feature("S-04", profile="shaanxi")
def test_the_new_base_of_shaanxi_counts_with_its_amounts(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    number = office.give_account(office.people(1)[0], SEALED, 202609)
    carry_out(office, [office.account_row(number, "unseal", base="9000.50")], "unseal")
    (made,) = office.accounts()
    assert (made.base, made.unit_amount, made.person_amount) == (900_050, 108_006, 108_006)
    line = history(office)[-1]
    assert (line.base_from, line.base_to, line.person_amount_from) == (800_000, 900_050, 96_000)


@pytest.mark.feature("S-01", profile="hangzhou")
def test_hangzhou_refuses_reopening(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    number = office.give_account(office.people(1)[0], SEALED, 202609)
    row = {"account_no": number, "reason": "01"}
    answer = office.send(office.body([row], "unseal"))
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")
    assert answer.json()["detail"] == "本中心没有开通网上启封，请到中心柜台办理。"
    asked = office.center.post(
        f"/v1/units/{office.unit}/checks",
        {"business": "unseal", "source": "single", "rows": [row]},
        office.login,
    )
    assert (asked.status_code, asked.json()["code"]) == (403, "module.off")
    assert [one.status for one in office.accounts()] == ["02"]


@pytest.mark.feature("L-08", profile="shanxi")
def test_an_agent_without_the_permission_seals_nobody(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"), permissions=("open", "unseal"))
    number = office.give_account(office.people(1)[0])
    answer = office.send(office.body([office.account_row(number)], "seal"))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")


# ---- workflows -----------------------------------------------------------------------------------------


@pytest.mark.feature("S-06", profile="baishan")
def test_baishan_approves_and_wants_attachments(make_center: MakeCenter) -> None:
    office = Office(make_center("baishan"))
    number = office.give_account(office.people(1)[0])
    row = office.account_row(number)
    answer = office.send(office.body([row], "seal", attachments=[]))
    assert answer.json()["code"] == "attachment.missing"
    receipt = office.file([row], business="seal")
    assert (receipt["state"], receipt["pending"]) == ("review", 1)
    assert receipt["message"].startswith("已提交至中心审核")
    assert [one.status for one in office.accounts()] == ["01"]
    with office.center.store.read() as conn:
        waiting = unfinished(conn, office.unit)
        assert [(one.business, one.row_no, one.state) for one in waiting] == [("seal", 1, "pending")]
        assert unfinished(conn, office.unit, ["unseal"]) == []
    again = office.send(office.body([row], "seal"))
    assert again.json()["findings"][0]["code"] == "person.in_flight"
    approve(office.center)
    assert [one.status for one in office.accounts()] == ["02"]
    with office.center.store.read() as conn:
        assert unfinished(conn, office.unit) == []
    (message,) = office.inbox("messages")
    assert message["title"] == "封存" and "您已完成办理缴存人封存！" in message["body"]


@pytest.mark.feature("S-06", profile="lyszfgjj")
@pytest.mark.parametrize("business", ["seal", "unseal"])
def test_lyszfgjj_is_done_at_once_after_the_upload(make_center: MakeCenter, business: str) -> None:
    office = Office(make_center("lyszfgjj"))
    status = NORMAL if business == "seal" else SEALED
    number = office.give_account(office.people(1)[0], status, None)
    row = office.account_row(number, business)
    refused = office.send(office.body([row], business, attachments=[]))
    assert refused.json()["code"] == "attachment.missing"
    assert office.file([row], business=business)["state"] == "done"


@pytest.mark.feature("S-06", profile="shanxi")
def test_shanxi_is_done_at_once(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"))
    number = office.give_account(office.people(1)[0])
    assert office.file([office.account_row(number)], business="seal")["state"] == "done"


@pytest.mark.feature("S-06", profile="hangzhou")
@pytest.mark.feature("Y-03", profile="hangzhou")
def test_hangzhou_does_single_ones_at_once_and_batches_later(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    first, second = (office.give_account(person) for person in office.people(2))
    assert office.file([office.account_row(first)], business="seal")["state"] == "done"
    receipt = office.file([office.account_row(second)], business="seal", source="file")
    assert receipt["state"] == "processing"
    assert [one.status for one in office.accounts()] == ["02", "01"]
    work_off(office.center)
    assert [one.status for one in office.accounts()] == ["02", "02"]


@pytest.mark.feature("S-06", profile="shaanxi")
@pytest.mark.feature("Y-03", profile="shaanxi")
@pytest.mark.parametrize("business", ["seal", "unseal"])
def test_shaanxi_processes_later_and_bad_rows_stop_no_other(make_center: MakeCenter, business: str) -> None:
    office = Office(make_center("shaanxi"))
    right, wrong = (NORMAL, SEALED) if business == "seal" else (SEALED, NORMAL)
    good = [office.give_account(person, right, None) for person in office.people(3)]
    bad = office.give_account(office.people(1)[0], wrong, None)
    rows = [office.account_row(number, business) for number in (*good[:2], bad, good[2])]
    receipt = office.file(rows, business=business)
    assert (receipt["state"], receipt["pending"], receipt["failed"]) == ("processing", 3, 1)
    work_off(office.center)
    standing = office.unit_get(f"/submissions/{receipt['submission_id']}")
    assert (standing["state"], standing["ok"], standing["failed"]) == ("done", 3, 1)
    told = office.unit_get(f"/submissions/{receipt['submission_id']}/rows", state="failed")["rows"]
    assert [row["row"] for row in told] == [3] and told[0]["reason"].endswith("。")


def test_what_was_overtaken_fails_with_its_reason(make_center: MakeCenter) -> None:
    """A row that was right when filed is judged again when it is processed."""
    office = Office(make_center("shaanxi"))
    number = office.give_account(office.people(1)[0])
    receipt = office.file([office.account_row(number)], business="seal")
    with office.center.store.write() as conn:
        conn.execute(update(account).values(status=SEALED.value))
    work_off(office.center)
    (row,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert (row["state"], row["code"]) == ("failed", "seal.sealed")


# ---- rules that only the center can hold -----------------------------------------------------------------


@pytest.mark.feature("S-11", profile="hangzhou")
@pytest.mark.feature("V-19", profile="hangzhou")
def test_the_numbers_already_reduced_are_listed(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    numbers = [office.give_account(person, SEALED, 202610) for person in office.people(2)]
    answer = office.send(office.body([office.account_row(number) for number in numbers], "seal"))
    assert answer.status_code == 422
    told = [found["text"] for found in answer.json()["findings"]]
    assert [number in text and "职工已减少" in text for number, text in zip(numbers, told, strict=True)] == [
        True,
        True,
    ]


@pytest.mark.feature("V-20", profile="hangzhou")
@pytest.mark.feature("W-06", profile="hangzhou")
def test_people_of_another_unit_cannot_be_sealed(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center), Office(center, OTHER)
    theirs = other.give_account(other.people(1)[0])
    answer = office.send(office.body([office.account_row(theirs)], "seal"))
    (found,) = answer.json()["findings"]
    assert "不存在缴存关系或不属于此单位" in found["text"]
    assert [one.status for one in other.accounts()] == ["01"]


@pytest.mark.feature("S-13", profile="hangzhou")
@pytest.mark.feature("V-26", profile="hangzhou")
def test_the_data_of_the_center_wins(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    person = office.people(1)[0]
    number = office.give_account(person)
    row = office.account_row(number, name="张冠李戴")
    asked = office.center.post(
        f"/v1/units/{office.unit}/checks", {"business": "seal", "source": "file", "rows": [row]}, office.login
    ).json()
    told = {found["code"]: found["severity"] for found in asked["findings"]}
    assert told["person.overruled"] == "warning"
    receipt = office.file([row], business="seal")
    (stored,) = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    assert (stored["values"]["name"], stored["state"]) == (person.name, "ok")


@pytest.mark.feature("S-10", profile="shaanxi")
def test_sealed_and_reopened_in_one_month_needs_the_counter(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    number = office.give_account(office.people(1)[0])
    carry_out(office, [office.account_row(number)], "seal")
    body = office.body([office.account_row(number, "unseal")], "unseal")
    answer = office.send(body)
    assert answer.json()["findings"][0]["code"] == "unseal.same_month"
    moved(office.center, date(2026, 12, 1))
    assert carry_out(again(office), [office.account_row(number, "unseal")], "unseal")["ok"] == 1


def again(office: Office) -> Office:
    """The office with a session as of now."""
    from center.auth.sessions import open_session
    from center.store.tables import operator

    mine = operator.c.login_name == f"agent{office.unit}"
    with office.center.store.write() as conn:
        operator_id = conn.execute(select(operator.c.operator_id).where(mine)).scalar_one()
        token, _ = open_session(conn, office.center.settings, operator_id, office.unit, "")
    office.login.reply["token"] = token
    return office


@pytest.mark.feature("S-08", profile="shaanxi")
def test_july_at_the_center(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    number = office.give_account(office.people(1)[0])
    moved(office.center, date(2026, 7, 6))
    again(office)
    answer = office.send(office.body([office.account_row(number)], "seal"))
    assert answer.json()["findings"][0]["code"] == "seal.july"
    with office.center.store.write() as conn:
        conn.execute(update(unit).values(verified_year=2026))
    assert office.unit_get("/context")["verified_year"] == 2026
    assert carry_out(office, [office.account_row(number)], "seal")["ok"] == 1


def test_a_kind_under_way_stops_the_opposite_one(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    number = office.give_account(office.people(1)[0])
    office.file([office.account_row(number)], business="seal")
    answer = office.send(office.body([office.account_row(number, "unseal")], "unseal"))
    told = [found["text"] for found in answer.json()["findings"]]
    assert "该职工有未处理完的封存业务，请等处理结果出来后再办理。" in told


# ---- queries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.feature(row, profile=name) for row in ("S-14", "Q-08")])
        for name in ("baishan", "lyszfgjj", "shanxi")
    ],
)
def test_changes_are_found_by_kind_account_and_day(make_center: MakeCenter, name: str) -> None:
    office = Office(make_center(name))
    first, second = (office.give_account(person) for person in office.people(2))
    receipt = carry_out(office, [office.account_row(first), office.account_row(second)], "seal")
    found = office.unit_get("/changes", business="seal")["rows"]
    assert [row["account_no"] for row in found] == [first, second]
    assert (found[0]["title"], found[0]["status_from"], found[0]["status_to"]) == ("封存", "正常", "封存")
    reason = office.profile.offered()["seal"].reasons[0].title
    assert (found[0]["serial"], found[0]["reason"]) == (receipt["serial"], reason)
    mine = office.unit_get("/changes", account_no=second)["rows"]
    assert [row["business"] for row in mine] == ["open", "seal"]
    span = {"from": "2026-11-24", "to": "2026-11-30"}
    assert office.unit_get("/changes", **span)["rows"] == []
    page = office.unit_get("/changes", limit=3)
    assert len(page["rows"]) == 3
    assert [row["business"] for row in office.unit_get("/changes", after=page["next"])["rows"]] == ["seal"]


@pytest.mark.feature("S-14", profile="hangzhou")
@pytest.mark.feature("Q-13", profile="hangzhou")
@pytest.mark.feature("Q-18", profile="hangzhou")
def test_reductions_are_listed_by_month_apart_from_registrations(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    number = office.give_account(office.people(1)[0])
    office.file(office.rows(1))
    office.file([office.account_row(number)], business="seal")
    (batch,) = office.unit_get("/submissions", business="seal", month=202612)["batches"]
    assert (batch["business"], batch["title"], batch["total"], batch["ok"]) == ("seal", "职工减少", 1, 1)
    assert len(office.unit_get("/submissions", month=202612)["batches"]) == 2


def test_a_row_keeps_who_it_was_about(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"))
    person = office.people(1)[0]
    number = office.give_account(person)
    office.file([office.account_row(number)], business="seal")
    with office.center.store.read() as conn:
        row = conn.execute(select(submission_row)).one()
    assert (row.person_key, row.account_no) == (person.key, number)
    assert json.loads(row.payload)["id_number"] == person.id_number


# ---- people with several accounts --------------------------------------------------------------------


@pytest.mark.parametrize("name", REOPENING)
def test_nobody_is_paid_for_on_two_accounts(make_center: MakeCenter, name: str) -> None:
    center = make_center(name)
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    here, there = office.give_account(person, SEALED, 202609), other.give_account(person, NORMAL)
    answer = office.send(office.body([office.account_row(here, "unseal")], "unseal"))
    assert [found["code"] for found in answer.json()["findings"]] == ["unseal.second"], answer.text
    with center.store.write() as conn:
        rests = update(account).where(account.c.account_no == there)
        conn.execute(rests.values(status=SEALED.value, sealed_month=202609))
    first = office.file([office.account_row(here, "unseal")], business="unseal")
    answer = other.send(other.body([other.account_row(there, "unseal")], "unseal"))
    wanted = "unseal.second" if first["state"] == "done" else "person.in_flight"
    assert [found["code"] for found in answer.json()["findings"]] == [wanted], answer.text


def test_who_is_named_by_id_is_sealed_where_payments_go(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    person = office.people(1)[0]
    rests, paid = office.give_account(person, SEALED, 202609), office.give_account(person, NORMAL)
    row = {"name": person.name, "id_number": person.id_number, "reason": "01"}
    carry_out(office, [row], "seal")
    assert [(one.account_no, one.status) for one in office.accounts()] == [(rests, "02"), (paid, "02")]
    assert history(office)[-1].account_no == paid


def test_what_failed_as_a_whole_is_not_told_as_done(make_center: MakeCenter) -> None:
    center = make_center("baishan")
    office = Office(center)
    number = office.give_account(office.people(1)[0])
    office.file([office.account_row(number)], business="seal")
    with center.store.write() as conn:
        conn.execute(update(account).values(status=SEALED.value))
    approve(center)
    body = office.inbox("messages")[0]["body"]
    assert body.startswith("封存没有办理成功：失败1人，请在查询中查看原因。"), body
    assert "完成办理" not in body


@pytest.mark.feature("W-03", profile="hangzhou")
def test_the_monthly_sum_of_a_reduction_agrees_or_is_not_stated(make_center: MakeCenter) -> None:
    """Who has a copy of the accounts states what they pay; a sum that differs is told with the right one."""
    office = Office(make_center("hangzhou"))
    rows = [office.account_row(office.give_account(person)) for person in office.people(2)]
    wrong = office.send(office.body(rows, "seal", totals={"count": 2, "amount": "1.00"}))
    assert (wrong.status_code, wrong.json()["code"]) == (422, "totals.mismatch")
    assert "2人、3840.00元" in wrong.json()["detail"]
    receipt = office.file(rows, business="seal", totals={"count": 2, "amount": "3840.00"})
    assert (receipt["amount"], receipt["ok"]) == ("3840.00", 2)
    silent = [office.account_row(office.give_account(office.people(3)[2]))]
    assert office.file(silent, business="seal")["amount"] == "1920.00"
