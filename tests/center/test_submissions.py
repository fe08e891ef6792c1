from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from center.audit import verify_audit
from center.store.tables import audit, submission, submission_row
from domain.canonical import canonical_json, sha256_hex
from tests.support.center import CenterUnderTest, running_center
from tests.support.filing import OTHER, PDF, Office

MakeCenter = Callable[..., CenterUnderTest]
ALL = ("baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi")


def stored(center: CenterUnderTest) -> int:
    with center.store.read() as conn:
        return conn.execute(select(func.count()).select_from(submission)).scalar_one()


@pytest.mark.feature("O-05", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.feature("O-06", profile="all")
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_immediate_registration_opens_accounts_and_pushes_the_message(
    make_center: MakeCenter, profile: str
) -> None:
    office = Office(make_center(profile))
    rows = office.rows(3)
    receipt = office.file(rows)
    assert (receipt["state"], receipt["ok"], receipt["failed"], receipt["pending"]) == ("done", 3, 0, 0)
    made = office.accounts()
    assert [one.status for one in made] == ["01"] * 3
    assert [one.base for one in made] == [800_000] * 3
    assert [one.unit_amount for one in made] == [96_000] * 3
    message = office.inbox("messages")[0]
    assert "已完成办理缴存人登记" in message["body"]
    assert message["title"] == "缴存人登记"
    assert message["submission_id"] == receipt["submission_id"]
    assert office.inbox("started")[0]["state"] == "办结"
    assert office.inbox("done")[0]["body"] == message["body"]


@pytest.mark.feature("Q-18", profile="all")
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "hangzhou", "shanxi"])
def test_each_submission_has_one_serial_of_its_own(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    serials = [
        office.file(office.rows(count), source=source)["serial"]
        for count, source in ((1, "single"), (3, "file"))
    ]
    assert serials == ["2026112300000001", "2026112300000002"]


def test_receipt_says_what_was_taken(center: CenterUnderTest) -> None:
    office = Office(center)
    body = office.body(office.rows(2))
    answer = office.send(body, "0191d0a0-0000-4000-8000-000000000001")
    receipt = answer.json()
    assert answer.status_code == 201
    assert receipt["submission_id"] == "0191d0a0-0000-4000-8000-000000000001"
    assert receipt["digest"] == sha256_hex(canonical_json(body))
    assert receipt["received"] == "2026-11-23T02:00:00.000000Z"
    assert (receipt["count"], receipt["amount"]) == (2, "3840.00")
    assert receipt["replayed"] is False
    assert office.unit_get("/submissions/0191d0a0-0000-4000-8000-000000000001")["state"] == "done"


def test_the_evidence_is_kept_with_the_submission(center: CenterUnderTest) -> None:
    office = Office(center)
    request = office.request(office.body(office.rows(1)))
    assert center.send(request).status_code == 201
    with center.store.read() as conn:
        row = conn.execute(select(submission)).one()
        assert verify_audit(conn) is None
        actions = list(conn.scalars(select(audit.c.action)))
    assert row.body == request.body
    assert '"@path": ' + request.path in row.signature_base
    assert office.login.key is not None
    assert row.fingerprint == office.login.key.fingerprint
    assert len(row.signature) == 64
    assert "submission.taken" in actions


# ---- once for ever -----------------------------------------------------------------------------------


def test_the_same_bytes_again_get_the_same_receipt(center: CenterUnderTest) -> None:
    office = Office(center)
    body, number = office.body(office.rows(2)), str(uuid.uuid4())
    first = office.send(body, number)
    center.clock.advance(days=400)
    again = center.send(office.request(body, number))
    assert again.status_code == 401, "the session has ended; the submission itself is remembered"
    center.clock.advance(days=-400)
    again = office.send(body, number)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True}
    assert again.headers["idempotency-replayed"] == "true"
    assert stored(center) == 1
    assert len(office.accounts()) == 2


def test_another_body_under_the_same_id_is_refused(center: CenterUnderTest) -> None:
    office = Office(center)
    number = str(uuid.uuid4())
    assert office.send(office.body(office.rows(1)), number).status_code == 201
    answer = office.send(office.body(office.rows(1)), number)
    assert (answer.status_code, answer.json()["code"]) == (422, "submission.conflict")
    assert len(office.accounts()) == 1


def test_twenty_identical_submissions_at_once_are_one(tmp_path: Any, database_url: str) -> None:
    with running_center(tmp_path, "baishan", url=database_url) as center:
        office = Office(center)
        request = office.request(office.body(office.rows(30)))
        barrier = threading.Barrier(20)

        def send(_: int) -> httpx.Response:
            barrier.wait()
            return center.send(request)

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(send, range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
        receipts = [answer.json() | {"replayed": False} for answer in answers]
        assert all(receipt == receipts[0] for receipt in receipts)
        assert stored(center) == 1
        assert len(office.accounts()) == 30


def test_many_units_register_the_same_people_at_once_and_each_person_gets_one_account(
    tmp_path: Any, database_url: str
) -> None:
    with running_center(tmp_path, "baishan", url=database_url) as center:
        offices = [Office(center, str(100001 + place)) for place in range(6)]
        people = offices[0].people(10)
        requests = [office.request(office.body(office.rows_of(people))) for office in offices]
        barrier = threading.Barrier(len(requests))

        def send(place: int) -> int:
            barrier.wait()
            return center.send(requests[place]).status_code

        with ThreadPoolExecutor(len(requests)) as pool:
            statuses = sorted(pool.map(send, range(len(requests))))
        assert statuses == [201] + [422] * 5
        assert sum(len(office.accounts()) for office in offices) == 10
        with center.store.read() as conn:
            serials = list(conn.scalars(select(submission.c.serial)))
            assert verify_audit(conn) is None
        assert len(set(serials)) == 6


def test_a_refusal_is_final_for_its_id(center: CenterUnderTest) -> None:
    office = Office(center)
    people = office.people(1)
    office.file([office.row(people[0])])
    body, number = office.body([office.row(people[0])]), str(uuid.uuid4())
    first = office.send(body, number)
    assert (first.status_code, first.json()["code"]) == (422, "submission.rejected")
    assert first.json()["findings"][0]["code"] == "open.active_here"
    again = office.send(body, number)
    assert again.json() == first.json()
    assert again.status_code == 422
    standing = office.unit_get(f"/submissions/{number}")
    assert (standing["state"], standing["failed"]) == ("refused", 1)
    assert standing["findings"] == first.json()["findings"]
    assert office.unit_get("/submissions")["batches"][0]["total"] == 1
    assert len(office.unit_get("/submissions")["batches"]) == 1


def test_a_bad_signature_does_not_use_the_id_up(center: CenterUnderTest) -> None:
    office = Office(center)
    body, number = office.body(office.rows(1)), str(uuid.uuid4())
    request = office.request(body, number)
    request.headers["Signature"] = request.headers["Signature"][:-9] + "AAAAAAA=:"
    answer = center.send(request)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature.invalid")
    assert stored(center) == 0
    assert office.send(body, number).status_code == 201


def test_an_altered_body_is_refused_before_anything_is_looked_at(center: CenterUnderTest) -> None:
    office = Office(center)
    request = office.request(office.body(office.rows(1)))
    request.body = request.body.replace(b"8000.00", b"9000.00")
    assert center.send(request).json()["code"] == "digest.mismatch"
    assert stored(center) == 0


def test_the_id_of_the_header_must_be_that_of_the_address(center: CenterUnderTest) -> None:
    office = Office(center)
    request = office.request(office.body(office.rows(1)), headers={"idempotency-key": str(uuid.uuid4())})
    answer = center.send(request)
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")
    assert stored(center) == 0


# ---- what is refused as a whole, what in part ---------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"count": 3}, {"amount": "3840.01"}])
def test_totals_must_be_those_of_the_center(center: CenterUnderTest, wrong: dict[str, Any]) -> None:
    office = Office(center)
    body = office.body(office.rows(2))
    body["totals"] |= wrong
    answer = office.send(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "totals.mismatch")
    assert "2人、3840.00元" in answer.json()["detail"]
    assert office.accounts() == []


def test_an_attachment_is_required_where_the_profile_says_so(center: CenterUnderTest) -> None:
    office = Office(center)
    answer = office.send(office.body(office.rows(1), attachments=[]))
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment.missing")
    ghost = {"sha256": "0" * 64, "name": "名册.pdf", "size": 3}
    answer = office.send(office.body(office.rows(1), attachments=[ghost]))
    assert "名册.pdf" in answer.json()["detail"]
    assert office.accounts() == []


def test_an_attachment_of_another_unit_does_not_count(center: CenterUnderTest) -> None:
    office, other = Office(center), Office(center, OTHER)
    theirs = [other.attach(PDF + b"theirs").json()]
    answer = office.send(office.body(office.rows(1), attachments=theirs))
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment.missing")


@pytest.mark.feature("V-10", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_bad_rows_fail_with_their_reason_and_the_others_go_on(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    old = office.people(1)[0]
    office.file([office.row(old)])
    rows = [*office.rows(2), office.row(old)]
    receipt = office.file(rows)
    assert (receipt["ok"], receipt["failed"]) == (2, 1)
    assert [(found["row"], found["code"]) for found in receipt["findings"]] == [(3, "open.active_here")]
    failed = office.unit_get(f"/submissions/{receipt['submission_id']}/rows", state="failed")["rows"]
    assert [row["row"] for row in failed] == [3]
    assert failed[0]["reason"].startswith("存在正常缴存账户")
    assert "失败1人" in receipt["message"]
    assert len(office.accounts()) == 3


@pytest.mark.feature("I-03", profile="hangzhou")
def test_one_bad_row_refuses_the_whole_submission_where_import_is_atomic(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    rows = office.rows(3)
    rows[1]["id_number"] = rows[0]["id_number"]
    answer = office.send(office.body(rows, source="file"))
    assert (answer.status_code, answer.json()["code"]) == (422, "submission.rejected")
    found = answer.json()["findings"]
    assert [(one["row"], one["code"]) for one in found] == [(2, "roster.duplicate")]
    with office.center.store.read() as conn:
        assert conn.execute(select(func.count()).select_from(submission_row)).scalar_one() == 0


@pytest.mark.feature("V-17", profile="all")
@pytest.mark.feature("O-15", profile="hangzhou")
def test_hangzhou_refuses_people_with_a_normal_account_elsewhere(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    other.give_account(person)
    answer = office.send(office.body([office.row(person)]))
    assert answer.status_code == 422
    assert answer.json()["findings"][0]["code"] == "open.active_elsewhere"
    assert answer.json()["findings"][0]["text"].startswith("存在正常缴存账户")


@pytest.mark.feature("O-15", profile="shaanxi")
def test_shaanxi_sends_people_with_a_normal_account_elsewhere_to_the_transfer(
    make_center: MakeCenter,
) -> None:
    center = make_center("shaanxi")
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    other.give_account(person)
    answer = office.send(office.body([office.row(person)]))
    assert answer.status_code == 422
    assert "请办理内部转移" in answer.json()["findings"][0]["text"]


@pytest.mark.feature("O-16", profile="all")
@pytest.mark.feature("V-18", profile="all")
@pytest.mark.parametrize("profile", ["hangzhou", "shaanxi"])
def test_the_same_person_twice_in_one_submission(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    row = office.rows(1)[0]
    found = office.center.client.post(
        f"/v1/units/{office.unit}/checks",
        json={"business": "open", "source": "single", "rows": [row, row]},
        headers=office.login.headers,
    ).json()["findings"]
    assert [(one["row"], one["text"][:7]) for one in found] == [(2, "存在相同的记录")]


def test_one_unfinished_registration_per_person(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    office.file([office.row(person)])
    for unit in (office, other):
        answer = unit.send(unit.body([unit.row(person)]))
        assert answer.status_code == 422
        assert answer.json()["findings"][0]["code"] == "person.in_flight"


# ---- permission, module, hours -------------------------------------------------------------------------


def test_outside_the_hours_nothing_is_stored(make_center: MakeCenter) -> None:
    center = make_center("hangzhou", enforce_hours=True, session_idle=86400)
    office = Office(center)
    body, number = office.body(office.rows(1)), str(uuid.uuid4())
    center.clock.advance(hours=6.5)
    answer = office.send(body, number)
    assert (answer.status_code, answer.json()["code"]) == (403, "outside_hours")
    assert stored(center) == 0


@pytest.mark.feature("L-08", profile="shanxi")
def test_an_agent_files_only_what_the_account_permits(make_center: MakeCenter) -> None:
    center = make_center("shanxi")
    office, other = Office(center, permissions=("seal",)), Office(center, OTHER, permissions=("seal", "open"))
    body, number = office.body(office.rows(1)), str(uuid.uuid4())
    answer = office.send(body, number)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")
    assert stored(center) == 0
    assert other.file(other.rows(1))["ok"] == 1


def test_a_center_without_the_module_refuses_it(
    center: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(center)
    request = office.request(office.body(office.rows(1)))
    without = center.settings.profile.business.model_copy(update={"open": None})
    changed = center.settings.profile.model_copy(update={"business": without})
    monkeypatch.setattr("center.deps.Center.profile", property(lambda _: changed))
    answer = center.send(request)
    assert (answer.status_code, answer.json()["code"]) == (403, "module.off")
    assert stored(center) == 0


def test_another_centers_profile_is_refused(center: CenterUnderTest) -> None:
    office = Office(center)
    answer = office.send(office.body(office.rows(1), profile="shanxi"))
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")
    assert answer.json()["findings"][0]["code"] == "profile.mismatch"
    assert stored(center) == 0


# ---- the dry run --------------------------------------------------------------------------------------


def test_a_dry_run_stores_nothing(center: CenterUnderTest) -> None:
    office = Office(center)
    people = office.people(2)
    office.file([office.row(people[0])])
    before = stored(center)
    answer = center.client.post(
        f"/v1/units/{office.unit}/checks",
        json={"business": "open", "source": "single", "rows": office.rows_of(people)},
        headers=office.login.headers,
    )
    assert answer.status_code == 200, answer.text
    assert [(one["row"], one["code"]) for one in answer.json()["findings"]] == [(1, "open.active_here")]
    assert (answer.json()["totals_count"], answer.json()["totals_amount"]) == (1, "1920.00")
    assert stored(center) == before
