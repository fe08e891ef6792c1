from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain.business import AccountStatus
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, Office, moved

MakeCenter = Callable[..., CenterUnderTest]


@pytest.mark.feature("Q-11", profile="hangzhou")
@pytest.mark.feature("O-18", profile="hangzhou")
def test_batches_by_business_month_with_counts_of_each_state(make_center: MakeCenter) -> None:
    center = make_center("hangzhou", session_idle=10**7, session_absolute=10**7)
    moved(center, date(2026, 12, 18))
    office = Office(center)
    first = office.file(office.rows(2))
    moved(center, date(2026, 12, 21))
    second = office.file(office.rows(3), source="file")
    december = office.unit_get("/submissions", month=202612)["batches"]
    assert [(one["serial"], one["month"], one["total"], one["pending"]) for one in december] == [
        (first["serial"], 202612, 2, 2)
    ]
    january = office.unit_get("/submissions", month=202701)["batches"]
    assert [one["serial"] for one in january] == [second["serial"]], "the business month runs from the 21st"
    assert (january[0]["ok"], january[0]["failed"], january[0]["processing"]) == (0, 0, 0)
    assert (january[0]["declared"], january[0]["state"]) == ("2026-12-21", "review")
    assert january[0]["amount"] == second["amount"]
    everything = office.unit_get("/submissions")["batches"]
    assert [one["serial"] for one in everything] == [second["serial"], first["serial"]], "全部, newest first"


@pytest.mark.feature("O-18", profile=["baishan", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "shanxi"])
def test_batches_and_accounts_by_day(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile, session_idle=10**7, session_absolute=10**7)
    moved(center, date(2026, 12, 18))
    office = Office(center)
    first = office.file(office.rows(2))
    moved(center, date(2026, 12, 21))
    second = office.file(office.rows(1))

    def serials(**span: str) -> list[str]:
        return [one["serial"] for one in office.unit_get("/submissions", **span)["batches"]]

    assert serials(**{"from": "2026-12-18", "to": "2026-12-18"}) == [first["serial"]]
    assert serials(**{"from": "2026-12-19"}) == [second["serial"]]
    assert serials(**{"to": "2026-12-20"}) == [first["serial"]]
    assert serials(**{"from": "2026-12-18", "to": "2026-12-21"}) == [second["serial"], first["serial"]]
    assert serials(**{"from": "2026-12-22"}) == []
    opened = office.unit_get("/accounts", opened_from="2026-12-21", opened_to="2026-12-21")["rows"]
    assert [row["opened"] for row in opened] == ["2026-12-21"]
    assert len(office.unit_get("/accounts", opened_to="2026-12-18")["rows"]) == 2


@pytest.mark.feature("Q-11", profile="shaanxi")
def test_batches_of_an_asynchronous_center(make_center: MakeCenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("center.jobs.enqueue", lambda conn, job_id: None)
    office = Office(make_center("shaanxi"))
    receipt = office.file(office.rows(2))
    found = office.unit_get("/submissions", **{"from": "2026-11-23", "to": "2026-11-23"})["batches"]
    assert [(one["serial"], one["total"], one["pending"], one["state"]) for one in found] == [
        (receipt["serial"], 2, 2, "processing")
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"month": "202613"},
        {"month": "2026"},
        {"from": "2026-11-24", "to": "2026-11-23"},
        {"from": "gestern"},
        {"month": "1e6"},
    ],
)
def test_wrong_spans_are_refused(center: CenterUnderTest, params: dict[str, str]) -> None:
    office = Office(center)
    answer = center.client.get(
        f"/v1/units/{office.unit}/submissions", params=params, headers=office.login.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")


def test_rows_of_a_batch_by_state_and_page(center: CenterUnderTest) -> None:
    office = Office(center)
    known = office.people(2)
    office.file(office.rows_of(known))
    rows = [*office.rows(3), *office.rows_of(known), *office.rows(2)]
    number = office.file(rows)["submission_id"]

    def page(**params: Any) -> dict[str, Any]:
        found: dict[str, Any] = office.unit_get(f"/submissions/{number}/rows", **params)
        return found

    assert [row["row"] for row in page(state="failed")["rows"]] == [4, 5]
    good = page(state="ok", limit=3)
    assert ([row["row"] for row in good["rows"]], good["next"]) == ([1, 2, 3], 3)
    rest = page(state="ok", limit=3, after=good["next"])
    assert ([row["row"] for row in rest["rows"]], rest["next"]) == ([6, 7], None)
    assert page(state="pending") == {"rows": [], "next": None}
    first = good["rows"][0]
    assert first["values"]["name"] == rows[0]["name"]
    assert (first["account_no"], first["declared"], first["processed"]) == (
        "10000100000003",
        "2026-11-23",
        "2026-11-23",
    )


@pytest.mark.feature("Q-06", profile=["baishan", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "shanxi"])
def test_accounts_by_number_and_page(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    rows = office.rows(5)
    office.file(rows)
    one = office.unit_get("/accounts", account_no="10000100000004")["rows"]
    assert one == [
        {
            "account_no": "10000100000004",
            "name": rows[3]["name"],
            "id_number": rows[3]["id_number"],
            "base": "8000.00",
            "unit_amount": "960.00",
            "person_amount": "960.00",
            "state": "正常",
            "opened": "2026-11-23",
        }
    ]
    numbers: list[str] = []
    after = ""
    while True:
        found = office.unit_get("/accounts", limit=2, after=after)
        numbers += [row["account_no"] for row in found["rows"]]
        if found["next"] is None:
            break
        after = found["next"]
    assert numbers == [f"1000010000000{place}" for place in range(1, 6)]


def test_accounts_of_another_unit_are_nobodys(center: CenterUnderTest) -> None:
    office, other = Office(center), Office(center, OTHER)
    office.file(office.rows(1))
    assert other.unit_get("/accounts", account_no="10000100000001")["rows"] == []
    assert other.unit_get("/depositors")["rows"] == []


def sync(office: Office, since: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Everything after a revision, page by page."""
    rows: list[dict[str, Any]] = []
    while True:
        page = office.unit_get("/depositors", since=since, limit=limit)
        rows += page["rows"]
        since = page["revision"]
        if not page["more"]:
            return rows, since


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_depositors_come_once_each_and_then_only_changes(center: CenterUnderTest, limit: int) -> None:
    office = Office(center)
    office.file(office.rows(5))
    rows, reached = sync(office, 0, limit)
    assert (len(rows), reached) == (5, 5)
    assert rows[0]["unit_ratio"] == "12"
    assert (rows[0]["status"], rows[0]["gone"]) == ("01", False)
    assert sync(office, reached, limit) == ([], 5)
    office.give_account(office.people(1)[0], AccountStatus.SEALED)
    changed, reached = sync(office, reached, limit)
    assert ([row["status"] for row in changed], reached) == (["02"], 6)


def test_a_revision_that_never_was_starts_anew(center: CenterUnderTest) -> None:
    office = Office(center)
    office.file(office.rows(2))
    rows, reached = sync(office, 999, 10)
    assert (len(rows), reached) == (2, 2)


def test_the_context_counts_people_and_tells_the_revision(center: CenterUnderTest) -> None:
    office = Office(center)
    office.file(office.rows(2))
    found = office.unit_get("/context")
    assert (found["headcount"], found["sealed_count"], found["revision"]) == (2, 0, 2)
