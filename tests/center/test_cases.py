from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from center.audit import verify_audit
from center.case_flow import ACTION_TITLES, END, STAFF_REVIEW, STATE_TITLES, actions, step_for
from center.demo.generator import Person
from center.queries import row_page
from center.store.tables import audit, case, operator
from tests.support.center import CenterUnderTest, Login
from tests.support.filing import OTHER, Office, clerk, moved

MakeCenter = Callable[..., CenterUnderTest]


class Review:
    """A hangzhou center with a filed registration and a clerk."""

    def __init__(self, make_center: MakeCenter, count: int = 3) -> None:
        self.center = make_center("hangzhou")
        self.office = Office(self.center)
        self.clerk = clerk(self.center)
        self.rows = self.office.rows(count)
        self.receipt = self.office.file(self.rows, source="file")
        self.number: str = self.receipt["submission_id"]

    def get(self, path: str, login: Login | None = None) -> Any:
        answer = self.center.get(f"/v1{path}", login or self.clerk)
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def case_id(self) -> str:
        case_id: str = self.get("/cases")["cases"][0]["case_id"]
        return case_id

    def try_act(self, action: str, version: int, login: Login | None = None, **more: Any) -> httpx.Response:
        body = {"action": action, "version": version, **more}
        return self.center.post(f"/v1/cases/{self.case_id}/actions", body, login or self.clerk)

    def act(self, action: str, version: int, **more: Any) -> dict[str, Any]:
        answer = self.try_act(action, version, **more)
        assert answer.status_code == 200, answer.text
        detail: dict[str, Any] = answer.json()
        return detail

    def states(self) -> list[str]:
        rows = self.office.unit_get(f"/submissions/{self.number}/rows")["rows"]
        return [row["state"] for row in rows]


@pytest.fixture
def review(make_center: MakeCenter) -> Review:
    return Review(make_center)


# ---- the table as a graph --------------------------------------------------------------------------------


def paths(state: str, seen: tuple[str, ...] = ()) -> list[list[str]]:
    """All ways of acting from a state to the end."""
    if state == END:
        return [[]]
    assert state not in seen, "the flow goes in circles"
    return [
        [f"{step.role}:{step.action}", *rest]
        for step in STAFF_REVIEW
        if step.from_state == state
        for rest in paths(step.to_state, (*seen, state))
    ]


def test_no_way_to_the_end_without_agent_and_clerk() -> None:
    found = paths("")
    assert found == [
        ["agent:submit", "clerk:take", "clerk:approve"],
        ["agent:submit", "clerk:take", "clerk:refuse"],
    ]


def test_every_state_leads_on_and_has_a_title() -> None:
    states = {step.to_state for step in STAFF_REVIEW}
    assert states == set(STATE_TITLES)
    assert all(paths(state) for state in states)
    assert {step.action for step in STAFF_REVIEW} == set(ACTION_TITLES)
    assert actions(END, "clerk") == []
    assert step_for("pending", "approve", "clerk") is None
    assert step_for("pending", "take", "agent") is None


# ---- the way of a registration -------------------------------------------------------------------------


@pytest.mark.feature("O-05", profile="hangzhou")
@pytest.mark.feature("O-09", profile="hangzhou")
@pytest.mark.feature("I-09", profile="hangzhou")
def test_a_registration_waits_is_taken_and_approved(review: Review) -> None:
    assert (review.receipt["state"], review.receipt["pending"]) == ("review", 3)
    assert review.receipt["message"].startswith("批量发送成功")
    assert review.states() == ["pending"] * 3
    assert review.office.accounts() == []

    taken = review.act("take", 1)
    assert (taken["case"]["state"], taken["actions"]) == ("processing", ["approve", "refuse"])
    assert review.states() == ["processing"] * 3
    assert review.office.unit_get(f"/submissions/{review.number}")["pending"] == 3

    done = review.act("approve", 2, opinion="同意")
    assert (done["case"]["state"], done["actions"]) == ("done", [])
    assert review.states() == ["ok"] * 3
    assert [one.status for one in review.office.accounts()] == ["01"] * 3
    standing = review.office.unit_get(f"/submissions/{review.number}")
    assert (standing["state"], standing["ok"], standing["pending"]) == ("done", 3, 0)
    message = review.office.inbox("messages")[0]
    assert message["body"] == "职工登记已处理：成功3人，失败0人。审批意见：同意"
    assert [(event["action"], event["state"]) for event in done["events"]] == [
        ("submit", "pending"),
        ("take", "processing"),
        ("approve", "done"),
    ]
    assert done["events"][2]["opinion"] == "同意"
    assert done["events"][2]["actor"] == "柜员"


def test_the_case_tells_the_clerk_what_it_is_about(review: Review) -> None:
    summary = review.get("/cases")["cases"][0]
    assert summary["serial"] == review.receipt["serial"]
    assert (summary["declared"], summary["due"]) == ("2026-11-23", "2026-11-24")
    assert (summary["count"], summary["amount"]) == (3, review.receipt["amount"])
    assert (summary["unit_account"], summary["unit_name"]) == (review.office.unit, "示例单位100001")
    rows = review.get(f"/cases/{summary['case_id']}/rows")["rows"]
    assert [row["values"]["name"] for row in rows] == [row["name"] for row in review.rows]
    todo = review.get("/inbox/items?tab=todo")["items"]
    assert [(item["case_id"], item["state"]) for item in todo] == [(summary["case_id"], "待处理")]


def test_the_clerks_inbox_follows(review: Review) -> None:
    review.act("take", 1)
    assert review.get("/inbox/items?tab=todo")["items"][0]["state"] == "处理中"
    review.act("approve", 2, opinion="同意")
    assert review.get("/inbox/items?tab=todo")["items"] == []
    assert review.get("/inbox/items?tab=done")["items"][0]["state"] == "通过"


def test_refused_whole(review: Review) -> None:
    review.act("take", 1)
    review.act("refuse", 2, opinion="材料与人员不符，请核对。")
    rows = review.office.unit_get(f"/submissions/{review.number}/rows")["rows"]
    assert [(row["state"], row["reason"]) for row in rows] == [("failed", "材料与人员不符，请核对。")] * 3
    assert review.office.accounts() == []
    message = review.office.inbox("messages")[0]
    assert message["state"] == "未通过"
    assert message["body"].endswith("审批意见：材料与人员不符，请核对。")
    assert review.office.unit_get(f"/submissions/{review.number}")["failed"] == 3
    again = review.office.file(review.rows)
    assert again["state"] == "review", "who was refused may be registered again"


def test_one_person_refused_with_a_reason(review: Review) -> None:
    review.act("take", 1)
    review.act("approve", 2, opinion="", refused=[{"row": 2, "reason": "身份证号码须核实"}])
    rows = review.office.unit_get(f"/submissions/{review.number}/rows")["rows"]
    assert [row["state"] for row in rows] == ["ok", "failed", "ok"]
    assert (rows[1]["code"], rows[1]["reason"]) == ("case.refused", "身份证号码须核实")
    assert len(review.office.accounts()) == 2


def test_rows_are_checked_again_at_approval(review: Review) -> None:
    other = Office(review.center, OTHER)
    review.act("take", 1)
    person = review.rows[0]
    other.give_account(Person(person["name"], person["id_number"], ""))
    review.act("approve", 2, opinion="同意")
    rows = review.office.unit_get(f"/submissions/{review.number}/rows")["rows"]
    assert [row["state"] for row in rows] == ["failed", "ok", "ok"]
    assert rows[0]["reason"].startswith("存在正常缴存账户")


@pytest.mark.feature("O-19", profile="hangzhou")
def test_rows_processed_on_another_day_are_highlighted(review: Review) -> None:
    moved(review.center, date(2026, 11, 24))
    office = Office(review.center, OTHER)
    late = clerk(review.center, "guiyuan2")
    same_day = office.file(office.rows(1))
    review.clerk = late
    review.act("take", 1)
    review.act("approve", 2, opinion="同意")
    other_case = next(one["case_id"] for one in review.get("/cases")["cases"] if one["unit_account"] == OTHER)
    for action, version in (("take", 1), ("approve", 2)):
        body = {"action": action, "version": version, "opinion": "同意"}
        assert review.center.post(f"/v1/cases/{other_case}/actions", body, late).status_code == 200
    rows = review.get(f"/cases/{review.case_id}/rows")["rows"]
    assert [(row["declared"], row["processed"], row["highlight"]) for row in rows] == [
        ("2026-11-23", "2026-11-24", True)
    ] * 3
    fresh = office.unit_get(f"/submissions/{same_day['submission_id']}/rows")["rows"]
    assert [row["highlight"] for row in fresh] == [False]


def test_limits_of_the_month_of_declaration_hold_at_approval(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    moved(center, date(2027, 6, 18))
    office = Office(center)
    rows = [office.row(person, base="2700.00") for person in office.people(1)]
    number = office.file(rows)["submission_id"]
    moved(center, date(2027, 7, 22))
    login = clerk(center)
    case_id = center.get("/v1/cases", login).json()["cases"][0]["case_id"]
    for action, version in (("take", 1), ("approve", 2)):
        body = {"action": action, "version": version, "opinion": "同意"}
        assert center.post(f"/v1/cases/{case_id}/actions", body, login).status_code == 200
    with center.store.read() as conn:
        page = row_page(conn, office.profile, (office.unit, number), state=None, after=0, limit=10)
    assert page is not None
    assert [row.state for row in page.rows] == ["ok"]


# ---- who may, and who was faster -------------------------------------------------------------------------


def test_a_stale_version_is_a_conflict(review: Review) -> None:
    review.act("take", 1)
    second = clerk(review.center, "guiyuan2")
    for action, version in (("take", 1), ("take", 2), ("approve", 1), ("approve", 3)):
        answer = review.try_act(action, version, second, opinion="同意")
        assert (answer.status_code, answer.json()["code"]) == (409, "case.version"), (action, version)
    review.act("approve", 2, opinion="同意")
    answer = review.try_act("approve", 3, opinion="同意")
    assert (answer.status_code, answer.json()["code"]) == (409, "case.version")
    assert len(review.office.accounts()) == 3


def test_nothing_is_decided_before_it_is_taken(review: Review) -> None:
    assert review.try_act("approve", 1, opinion="同意").json()["code"] == "case.version"
    assert review.try_act("refuse", 1, opinion="不同意").json()["code"] == "case.version"
    assert review.office.accounts() == []


def test_the_maker_never_decides(review: Review) -> None:
    with review.center.store.write() as conn:
        conn.execute(update(case).values(maker=operator_of(review)))
    answer = review.try_act("take", 1)
    assert (answer.status_code, answer.json()["code"]) == (403, "case.maker")


def operator_of(review: Review) -> str:
    with review.center.store.read() as conn:
        found = select(operator.c.operator_id).where(operator.c.login_name == "guiyuan")
        return str(conn.execute(found).scalar_one())


def test_agents_see_no_cases(review: Review) -> None:
    case_id = review.case_id
    for path in ("/v1/cases", f"/v1/cases/{case_id}", f"/v1/cases/{case_id}/rows"):
        answer = review.center.get(path, review.office.login)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")
    body = {"action": "take", "version": 1}
    answer = review.center.post(f"/v1/cases/{case_id}/actions", body, review.office.login)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("refuse", {"opinion": "  "}),
        ("approve", {"opinion": "", "refused": [{"row": 9, "reason": "没有这条"}]}),
        ("approve", {"opinion": "", "refused": [{"row": 1, "reason": " "}]}),
        ("refuse", {"opinion": "不同意", "refused": [{"row": 1, "reason": "多余"}]}),
        ("approve", {"opinion": "x" * 501}),
        ("delete", {}),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    review: Review, action: str, more: dict[str, Any]
) -> None:
    review.act("take", 1)
    answer = review.try_act(action, 2, **more)
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")
    assert review.states() == ["processing"] * 3
    assert review.get(f"/cases/{review.case_id}")["case"]["version"] == 2


def test_an_unknown_case_is_not_found(review: Review) -> None:
    number = uuid.uuid4()
    assert review.center.get(f"/v1/cases/{number}", review.clerk).status_code == 404
    answer = review.center.post(f"/v1/cases/{number}/actions", {"action": "take", "version": 1}, review.clerk)
    assert answer.status_code == 404


def test_every_act_is_in_the_audit_log(review: Review) -> None:
    review.act("take", 1)
    review.act("approve", 2, opinion="同意")
    with review.center.store.read() as conn:
        acts = list(
            conn.scalars(select(audit.c.action).where(audit.c.action.like("case.%")).order_by(audit.c.seq))
        )
        assert verify_audit(conn) is None
    assert acts == ["case.take", "case.approve"]
