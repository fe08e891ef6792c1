from __future__ import annotations

import pytest
from sqlalchemy import select, update

from center.auth.sessions import token_hash
from center.store.tables import operator_unit, session
from tests.center.conftest import MakeCenter
from tests.support.center import CenterUnderTest, Login, SoftKey, code_of

KEY_PROFILES = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]


# ---- choosing a unit ---------------------------------------------------------------------------------


def two_units(make_center: MakeCenter) -> tuple[CenterUnderTest, SoftKey]:
    center = make_center("shanxi")
    for account, name in (("100001", "省直一处"), ("100002", "省直二处"), ("100003", "省直三处")):
        center.add_unit(account, name)
    center.add_operator("100001", ("100001", "100002"))
    with center.store.write() as conn:
        conn.execute(
            update(operator_unit)
            .where(operator_unit.c.unit_account == "100002")
            .values(permissions='["query"]')
        )
    key = center.new_key()
    center.register(key, "100001", "100002", "100003")
    return center, key


@pytest.mark.feature("L-07", profile="shanxi")
def test_a_key_of_several_units_asks_for_the_account(make_center: MakeCenter) -> None:
    center, key = two_units(make_center)
    login = center.login(key, login_name="100001")
    assert login.reply["unit_account"] == ""
    assert [unit["name"] for unit in login.reply["units"]] == ["省直一处", "省直二处"]
    assert code_of(center.get("/v1/units/100001/context", login)) == "unit.not_chosen"
    answer = center.post("/v1/login/unit", {"unit_account": "100002"}, login)
    assert answer.status_code == 200
    chosen = Login(answer.json(), key)
    assert chosen.reply["token"] == login.reply["token"]
    assert center.context(chosen).name == "省直二处"
    assert code_of(center.get("/v1/units/100001/context", chosen)) == "unit.not_found"


@pytest.mark.feature("L-07", profile="shanxi")
@pytest.mark.parametrize("account", ["100003", "999999"])
def test_only_the_operators_own_units_can_be_chosen(make_center: MakeCenter, account: str) -> None:
    center, key = two_units(make_center)
    login = center.login(key, login_name="100001")
    answer = center.post("/v1/login/unit", {"unit_account": account}, login)
    assert (answer.status_code, code_of(answer)) == (404, "unit.not_found")


@pytest.mark.feature("L-08", profile="shanxi")
def test_permissions_differ_by_account_and_hold_at_once(make_center: MakeCenter) -> None:
    center, key = two_units(make_center)
    login = center.login(key, login_name="100001")
    first = Login(center.post("/v1/login/unit", {"unit_account": "100001"}, login).json(), key)
    assert center.context(first).permissions == []
    body = {
        "business": "open",
        "profile": "shanxi",
        "source": "single",
        "rows": [{"name": "李四"}],
        "totals": {"count": 1, "amount": "1.00"},
    }
    allowed = center.send(center.submission(first, body))
    assert code_of(allowed) != "permission.denied"
    second = Login(center.post("/v1/login/unit", {"unit_account": "100002"}, login).json(), key)
    assert center.context(second).permissions == ["query"]
    denied = center.send(center.submission(second, body))
    assert (denied.status_code, code_of(denied)) == (403, "permission.denied")
    with center.store.write() as conn:
        conn.execute(operator_unit.delete().where(operator_unit.c.unit_account == "100002"))
    assert code_of(center.get("/v1/units/100002/context", second)) == "auth.required"


# ---- sessions ----------------------------------------------------------------------------------------


@pytest.mark.feature("L-14", profile=KEY_PROFILES)
@pytest.mark.parametrize("profile", KEY_PROFILES)
def test_logout_ends_the_session_at_once(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    key = center.ready_agent()
    login, other = center.login(key), center.login(key)
    answer = center.post("/v1/logout", {}, login)
    assert (answer.status_code, answer.json()) == (200, {"message": "已退出系统"})
    refused = center.get("/v1/units/100001/context", login)
    assert (refused.status_code, code_of(refused)) == (401, "auth.required")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    center.context(other)


def test_the_token_is_not_stored(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    with center.store.read() as conn:
        row = conn.execute(select(session)).one()
    assert row.token_hash == token_hash(login.reply["token"])
    assert login.reply["token"] not in str(row)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer " + "a" * 5000])
def test_a_bad_token_is_no_session(center: CenterUnderTest, header: str) -> None:
    answer = center.get("/v1/inbox", authorization=header)
    assert (answer.status_code, code_of(answer)) == (401, "auth.required")


def test_a_token_in_the_address_is_no_session(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    answer = center.get(f"/v1/units/100001/context?token={login.reply['token']}&access_token=x")
    assert code_of(answer) == "auth.required"


def test_a_session_ends_when_nobody_uses_it(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    for _ in range(4):
        center.clock.advance(minutes=29)
        center.context(login)
    center.clock.advance(minutes=30)
    assert code_of(center.get("/v1/units/100001/context", login)) == "auth.required"


def test_a_session_ends_after_twelve_hours(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    for _ in range(35):
        center.clock.advance(minutes=20)
        center.context(login)
    center.clock.advance(minutes=20)
    assert code_of(center.get("/v1/units/100001/context", login)) == "auth.required"


def test_polling_alone_keeps_no_session_alive(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    idle, busy = center.login(key), center.login(key)
    for _ in range(3):
        center.clock.advance(minutes=12)
        center.get("/v1/inbox?after=0&wait=0", idle)
        assert center.get("/v1/inbox?after=0&wait=0", busy, **{"x-user-active": "1"}).status_code == 200
    assert code_of(center.get("/v1/inbox?after=0&wait=0", idle)) == "auth.required"


# ---- units -------------------------------------------------------------------------------------------


def test_another_unit_looks_like_none(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    center.ready_agent("100002", "lisi")
    foreign = center.get("/v1/units/100002/context", login)
    absent = center.get("/v1/units/999999/context", login)
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json() == absent.json()
    assert dict(foreign.headers) == dict(absent.headers)


def test_the_unit_header_must_be_the_sessions(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    center.add_unit("100002")
    path = "/v1/units/100001/context"
    assert code_of(center.get(path, login, **{"x-unit-account": "100002"})) == "unit.not_found"
    assert code_of(center.get(path, authorization=login.headers["authorization"])) == "unit.not_found"


def test_the_operator_header_must_be_the_sessions(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    answer = center.get("/v1/units/100001/context", login, **{"x-operator": "lisi"})
    assert (answer.status_code, code_of(answer)) == (403, "permission.denied")
