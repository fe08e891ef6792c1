"""Changes of what is registered of units and people, as the center takes, approves and tells them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from center.store.tables import depositor, unit
from domain.business import AccountStatus
from domain.businesses.registry import declare
from tests.center.conftest import MakeCenter
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, PDF, Office, clerk

APPROVED = ("baishan", "lyszfgjj", "shanxi")
"""Profiles where a change of the unit is approved."""
SAID = {"baishan": "已提交至中心审核", "lyszfgjj": "提交成功", "shanxi": "已提交至中心审核"}


def change(item: str, old: str, new: str, **who: str) -> dict[str, str]:
    return {**who, "item": item, "old": old, "new": new}


def body(office: Office, business: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    rules = office.profile.rules(business)
    assert rules is not None
    attached = [office.attach(PDF).json()] if rules.attachments else []
    return office.body(rows, business=business, attachments=attached)


def file(office: Office, business: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    answer = office.send(body(office, business, rows))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def refused(office: Office, business: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    answer = office.send(body(office, business, rows))
    assert answer.status_code >= 400, answer.text
    problem: dict[str, Any] = answer.json()
    return problem


def decide(center: CenterUnderTest, action: str = "approve", **more: Any) -> list[dict[str, Any]]:
    """Have a clerk take and decide the oldest open case; gives its rows as the clerk saw them."""
    login = clerk(center, f"gy{center.clock.now().timestamp()}{action}")
    case = center.get("/v1/cases?state=pending", login).json()["cases"][0]
    path = f"/v1/cases/{case['case_id']}"
    taken = center.post(f"{path}/actions", {"action": "take", "version": case["version"]}, login)
    assert taken.status_code == 200, taken.text
    version = taken.json()["case"]["version"]
    rows: list[dict[str, Any]] = center.get(f"{path}/rows", login).json()["rows"]
    answer = center.post(f"{path}/actions", {"action": action, "version": version, **more}, login)
    assert answer.status_code == 200, answer.text
    return rows


def results(office: Office, receipt: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = office.unit_get(f"/submissions/{receipt['submission_id']}/rows")["rows"]
    return rows


# ---- the unit --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile", [pytest.param(name, marks=pytest.mark.feature("U-06", profile=name)) for name in APPROVED]
)
def test_a_change_of_the_unit_is_approved_and_told(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    office = Office(center, address="甲路1号", details='{"postcode": "100000"}')
    assert office.unit_get("/facts")["values"]["postcode"] == "100000"
    receipt = file(
        office, "unit_change", [change("address", "甲路1号", "乙路2号"), change("economy", "", "150")]
    )
    assert (receipt["state"], receipt["pending"]) == ("review", 2)
    assert receipt["message"].startswith(SAID[profile])
    assert office.unit_get("/facts")["unfinished"] == ["unit_change"]
    seen = decide(center)
    assert [(row["values"]["item"], row["values"].get("old", ""), row["values"]["new"]) for row in seen] == [
        ("address", "甲路1号", "乙路2号"),
        ("economy", "", "150 有限责任(公司)"),
    ]
    facts = office.unit_get("/facts")
    assert facts["unfinished"] == []
    assert (facts["values"]["address"], facts["values"]["economy"]) == ("乙路2号", "150")
    assert facts["values"]["postcode"] == "100000"
    message = office.inbox("messages")[0]
    assert "您已完成办理单位信息变更" in message["body"]
    asked = office.unit_get("/fact-changes", business="unit_change")["rows"]
    assert [(row["item"], row["value_from"], row["value_to"]) for row in asked] == [
        ("单位地址", "甲路1号", "乙路2号"),
        ("经济类型", "", "150 有限责任(公司)"),
    ]
    assert {(row["operator"], row["approver"], row["serial"]) for row in asked} == {
        ("经办人", "柜员", receipt["serial"])
    }


@pytest.mark.feature("U-07", profile="baishan")
@pytest.mark.feature("V-01", profile="baishan")
def test_a_unit_has_one_change_under_way(make_center: MakeCenter) -> None:
    center = make_center("baishan")
    office, other = Office(center, address="甲路1号"), Office(center, OTHER, address="丙路3号")
    file(office, "unit_change", [change("address", "甲路1号", "乙路2号")])
    problem = refused(office, "unit_change", [change("postcode", "", "310000")])
    found = problem["findings"][0]
    assert found["code"] == "unit.in_flight"
    assert found["text"].startswith("存在未审批完成的单位信息变更业务")
    assert "其中1项不能办理" in problem["detail"]
    decide(center, "refuse", opinion="材料不全")
    file(other, "unit_change", [change("address", "丙路3号", "丁路4号")])
    assert unit_row(center, office.unit).address == "甲路1号"
    again = file(office, "unit_change", [change("postcode", "", "310000")])
    assert again["state"] == "review"


@pytest.mark.feature("V-01", profile="shanxi")
@pytest.mark.feature("U-07", profile="shanxi")
def test_shanxi_says_the_same_of_a_change_under_way(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"), address="甲路1号")
    file(office, "unit_change", [change("address", "甲路1号", "乙路2号")])
    found = refused(office, "unit_change", [change("postcode", "", "310000")])["findings"][0]
    assert found["text"].startswith("存在未审批完成的单位信息变更业务")


def unit_row(center: CenterUnderTest, account: str) -> Any:
    with center.store.read() as conn:
        return conn.execute(select(unit).where(unit.c.unit_account == account)).one()


@pytest.mark.feature("U-02", profile="shaanxi")
@pytest.mark.feature("U-06", profile="shaanxi")
def test_shaanxi_registers_its_own_items_at_once(make_center: MakeCenter) -> None:
    center = make_center("shaanxi")
    office = Office(center, address="甲路1号")
    rows = [
        change("address", "甲路1号", "乙路2号"),
        change("postcode", "", "710000"),
        change("bank", "", "示例银行西安支行"),
        change("legalname", "", "王小明"),
        change("legalidtype", "", "身份证"),
    ]
    receipt = file(office, "unit_change", rows)
    assert (receipt["state"], receipt["ok"]) == ("done", 5)
    values = office.unit_get("/facts")["values"]
    assert (values["bank"], values["legalname"], values["legalidtype"]) == (
        "示例银行西安支行",
        "王小明",
        "01",
    )


VALUES = {
    "creditcode": ("91350100M000100Y43", "91350100M000100Y43"),
    "address": ("乙路2号", "乙路2号"),
    "postcode": ("310000", "310000"),
    "email": ("gjj@example.com", "gjj@example.com"),
    "payday": ("08", "8"),
    "legalname": ("王小明", "王小明"),
    "legalid": ("11010519491231002x", "11010519491231002X"),
    "bank": ("示例银行城东支行", "示例银行城东支行"),
    "agentmobile": ("13800138000", "13800138000"),
    "agentphone": ("0571-87654321", "0571-87654321"),
}
"""What is typed for an item, and what is registered; codes are the first of their table."""


@pytest.mark.parametrize(
    "profile",
    [pytest.param(name, marks=pytest.mark.feature("U-02", profile=name)) for name in APPROVED],
)
def test_every_item_that_is_not_grey_can_be_changed(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    office = Office(center, address="甲路1号")
    rules = office.profile.business.unit_change
    assert rules is not None
    free = [key for key in rules.items if key not in rules.counter]
    declared: Any = declare("unit_change", office.profile)
    tables = {item.key: item.table for item in declared.changes.items if item.codes}
    typed = {key: VALUES[key][0] if key in VALUES else tables[key].entries[0][0] for key in free}
    before = office.unit_get("/facts")["values"]
    rows = [change(key, before.get(key, ""), text) for key, text in typed.items()]
    receipt = file(office, "unit_change", rows)
    assert (receipt["pending"], receipt["findings"]) == (len(free), [])
    decide(center)
    after = office.unit_get("/facts")["values"]
    assert {key: after[key] for key in free} == {
        key: VALUES[key][1] if key in VALUES else typed[key] for key in free
    }
    assert {key: after.get(key) for key in rules.counter} == {key: before.get(key) for key in rules.counter}


@pytest.mark.feature("U-03", profile="shaanxi")
def test_what_only_the_counter_changes_is_refused(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    for item in ("name", "agentname", "agentmobile", "creditcode"):
        problem = refused(office, "unit_change", [change(item, "", "甲")])
        assert [found["code"] for found in problem["findings"]] == ["fact.counter"]
        assert "只能到中心柜台变更" in problem["findings"][0]["text"]
    problem = refused(office, "unit_change", [change("economy", "", "150")])
    assert problem["findings"][0]["code"] == "code.unknown"


def test_the_slower_one_sees_what_stands_there_now(any_shanxi: CenterUnderTest) -> None:
    center = any_shanxi
    office = Office(center, address="甲路1号")
    receipt = file(
        office, "unit_change", [change("address", "甲路1号", "乙路2号"), change("postcode", "", "030000")]
    )
    with center.store.write() as conn:
        conn.execute(unit.update().where(unit.c.unit_account == office.unit).values(address="丙路3号"))
    decide(center)
    failed, ok = results(office, receipt)
    assert (failed["state"], failed["code"]) == ("failed", "fact.changed")
    assert failed["reason"] == "“单位地址”现登记为“丙路3号”，不再是“甲路1号”，请核对后重新录入。"
    assert ok["state"] == "ok"
    assert office.unit_get("/facts")["values"]["address"] == "丙路3号"
    assert office.unit_get("/facts")["values"]["postcode"] == "030000"


@pytest.mark.feature("P-03", profile="hangzhou")
def test_hangzhou_has_neither_business(make_center: MakeCenter) -> None:
    office = Office(make_center("hangzhou"))
    person = office.people(1)[0]
    number = office.give_account(person)
    for business, row in (
        ("unit_change", change("address", "", "乙路2号")),
        ("person_change", change("address", "", "乙路2号", account_no=number)),
    ):
        answer = office.send(office.body([row], business=business))
        assert (answer.status_code, answer.json()["code"]) == (403, "module.off")
    for path in ("/facts", f"/people/{number}/facts", "/fact-changes?business=unit_change"):
        url = f"/v1/units/{office.unit}{path}"
        answer = office.center.client.get(url, headers=office.login.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "module.off")


def test_two_units_change_one_person_and_the_slower_one_is_told(any_shanxi: CenterUnderTest) -> None:
    center = any_shanxi
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    sealed = other.give_account(person, AccountStatus.SEALED)
    number = office.give_account(person)
    rows = [
        change("address", "", "甲路1号", account_no=number),
        change("income", "", "9000", account_no=number),
    ]
    receipt = file(office, "person_change", rows)
    assert receipt["pending"] == 2
    told = refused(other, "person_change", [change("address", "", "乙路2号", account_no=sealed)])
    assert told["findings"][0]["code"] in ("person.in_flight", "account.unknown")
    with center.store.write() as conn:
        conn.execute(depositor.update().values(details='{"income": "7000.00"}'))
    decide(center)
    assert [row["state"] for row in results(office, receipt)] == ["ok", "failed"]
    [failed] = [row for row in results(office, receipt) if row["state"] == "failed"]
    assert failed["reason"] == "“家庭收入”现登记为“7000.00”，不再是“空”，请核对后重新录入。"
    values = office.unit_get(f"/people/{number}/facts")["values"]
    assert (values["address"], values["income"]) == ("甲路1号", "7000.00")


# ---- people ----------------------------------------------------------------------------------------


@pytest.mark.feature("P-06", profile="lyszfgjj")
@pytest.mark.feature("P-01", profile="lyszfgjj")
def test_a_change_of_a_person_is_done_at_once(make_center: MakeCenter) -> None:
    center = make_center("lyszfgjj")
    office = Office(center)
    person = office.people(1)[0]
    number = office.give_account(person)
    before = office.unit_get(f"/people/{number}/facts")
    assert before["name"] == person.name and before["values"]["education"] == "20"
    rows = [
        change("education", "20 大学本科教育", "11", account_no=number),
        change("income", "", "5000", account_no=number),
        change("phone", "", "0539-8765432", account_no=number),
    ]
    receipt = file(office, "person_change", rows)
    assert (receipt["state"], receipt["ok"]) == ("done", 3)
    assert "您已完成办理缴存人信息变更" in receipt["message"]
    values = office.unit_get(f"/people/{number}/facts")["values"]
    assert (values["education"], values["income"], values["phone"]) == ("11", "5000.00", "0539-8765432")
    assert (values["marriage"], values["gender"]) == ("20", before["values"]["gender"])
    asked = office.unit_get("/fact-changes", business="person_change", account_no=number)["rows"]
    assert [(row["name"], row["item"], row["value_to"]) for row in asked] == [
        (person.name, "学历", "11 博士研究生毕业"),
        (person.name, "家庭收入", "5000.00"),
        (person.name, "固定电话", "0539-8765432"),
    ]
    assert office.unit_get("/fact-changes", business="unit_change")["rows"] == []


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(one, marks=[pytest.mark.feature(row, profile=one) for row in ("V-09", "P-07", "P-06")])
        for one in ("baishan", "shanxi")
    ],
)
def test_a_person_has_one_change_under_way(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    office = Office(center)
    first, second = (office.give_account(person) for person in office.people(2))
    receipt = file(office, "person_change", [change("address", "", "乙路2号", account_no=first)])
    assert receipt["state"] == "review"
    assert office.unit_get(f"/people/{first}/facts")["unfinished"] == ["person_change"]
    problem = refused(office, "person_change", [change("postcode", "", "310000", account_no=first)])
    told = problem["findings"][0]["text"]
    assert told.startswith("缴存人存在未审批完成的变更业务时，不允许重复提交审批")
    decide(center)
    assert office.unit_get(f"/people/{first}/facts")["values"]["address"] == "乙路2号"
    for number in (first, second):
        again = file(office, "person_change", [change("postcode", "", "310000", account_no=number)])
        assert again["pending"] == 1


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(one, marks=pytest.mark.feature("P-03", profile=one))
        for one in ("baishan", "lyszfgjj", "shaanxi", "shanxi")
    ],
)
def test_name_and_number_change_at_the_counter_only(make_center: MakeCenter, profile: str) -> None:
    office = Office(make_center(profile))
    person = office.people(1)[0]
    number = office.give_account(person)
    for item, old in (("name", person.name), ("idnumber", person.id_number), ("idtype", "01")):
        problem = refused(office, "person_change", [change(item, old, "甲乙", account_no=number)])
        assert "fact.counter" in [found["code"] for found in problem["findings"]]


def test_somebody_elses_people_are_not_told(make_center: MakeCenter) -> None:
    center = make_center("baishan")
    office, other = Office(center), Office(center, OTHER)
    number = other.give_account(other.people(1)[0], AccountStatus.SEALED)
    for account in (number, "999"):
        url = f"/v1/units/{office.unit}/people/{account}/facts"
        assert center.client.get(url, headers=office.login.headers).status_code == 404
    url = f"/v1/units/{OTHER}/people/{number}/facts"
    assert center.client.get(url, headers=office.login.headers).status_code == 404
    problem = refused(office, "person_change", [change("address", "", "乙路", account_no=number)])
    assert problem["findings"][0]["code"] == "account.unknown"


def test_an_agent_without_the_permission_sees_no_details(make_center: MakeCenter) -> None:
    office = Office(make_center("shanxi"), permissions=("open",))
    number = office.give_account(office.people(1)[0])
    for path in ("/facts", f"/people/{number}/facts"):
        answer = office.center.client.get(f"/v1/units/{office.unit}{path}", headers=office.login.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission.denied")


@pytest.mark.feature("P-01", profile="shaanxi")
def test_a_new_mobile_reaches_every_unit_of_the_person(make_center: MakeCenter) -> None:
    center = make_center("shaanxi")
    office, other = Office(center), Office(center, OTHER)
    person = office.people(1)[0]
    sealed = other.give_account(person, AccountStatus.SEALED)
    number = office.give_account(person)
    with center.store.write() as conn:
        conn.execute(depositor.update().values(mobile="13800000000"))
    seen = other.unit_get("/depositors")["revision"]
    rows = [
        change("mobile", "13800000000", "13912345678", account_no=number),
        change("household", "", "西安市", account_no=number),
    ]
    receipt = file(office, "person_change", rows)
    assert receipt["ok"] == 2 and receipt["message"] == "个人信息修改完成：成功2项，失败0项。"
    told = [row for one in (office, other) for row in one.unit_get("/depositors", since=seen)["rows"]]
    assert {row["account_no"]: row["mobile"] for row in told if not row["gone"]}[number] == "13912345678"
    assert sealed is not None


def test_an_item_twice_is_one_too_many(make_center: MakeCenter) -> None:
    office = Office(make_center("shaanxi"))
    number = office.give_account(office.people(1)[0])
    rows = [change("address", "", text, account_no=number) for text in ("甲路", "乙路")]
    receipt = file(office, "person_change", rows)
    assert [row["state"] for row in results(office, receipt)] == ["ok", "failed"]
