from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from center.auth.certificates import RegistrationError, revoke_certificate
from center.auth.passwords import hash_password, initial_password, needs_rehash, verify_password
from center.auth.sessions import token_hash
from center.store.tables import audit, challenge, operator, operator_unit, session
from domain.profile import load_profile
from tests.center.conftest import MakeCenter
from tests.support.center import PASSWORD, CenterUnderTest, Login, SoftKey

KEY_PROFILES = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]
NEW = "Lisi-2027"


def code_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"] and body["detail"].endswith("。")
    return str(body["code"])


# ---- logging in --------------------------------------------------------------------------------------


@pytest.mark.feature("L-04", profile="all")
@pytest.mark.parametrize("profile", KEY_PROFILES)
def test_login_with_the_key_gives_a_session(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    key = center.ready_agent()
    login = center.login(key)
    assert login.reply["unit_account"] == "100001"
    assert login.reply["operator"] == "zhangsan"
    assert login.reply["operator_name"] == "张三"
    assert login.reply["certificate_expires"].startswith("2028-11-2")
    assert center.context(login).name == "示例一中"


@pytest.mark.feature("L-04", profile="all")
@pytest.mark.parametrize("profile", KEY_PROFILES)
def test_login_without_a_signature_is_refused(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    center.ready_agent()
    challenge_ = center.challenge()
    body = {"unit_account": "100001", "login_name": "zhangsan", "password": PASSWORD}
    answer = center.post("/v1/login", {**body, "challenge_id": challenge_["challenge_id"]})
    assert answer.status_code == 401
    assert code_of(answer) == "signature.missing"


@pytest.mark.feature("L-05", profile="hangzhou")
def test_hangzhou_logs_in_with_the_unit_account_and_the_transaction_password(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    center.add_unit("200001")
    center.add_operator("", ("200001",))
    key = center.new_key()
    center.register(key, "200001")
    login = center.login(key, "200001", "")
    assert login.reply["operator"] == "-"
    assert center.context(login).unit_account == "200001"
    assert code_of(center.try_login(key, "200001", "", "wrong")) == "auth.bad_credentials"


@pytest.mark.feature("L-05", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_account_login_name_and_password_must_all_fit(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    key = center.ready_agent()
    assert [field.key for field in center.settings.profile.auth.fields] == [
        "unit_account",
        "login_name",
        "password",
    ]
    center.login(key)
    assert code_of(center.try_login(key, login_name="lisi")) == "auth.bad_credentials"
    assert code_of(center.try_login(key, password=PASSWORD.lower())) == "auth.bad_credentials"
    assert code_of(center.try_login(key, unit="100002")) == "certificate.not_unit"


def test_rsa_keys_serve_as_well(center: CenterUnderTest) -> None:
    center.add_unit()
    center.add_operator("zhangsan", ("100001",))
    key = center.new_key("rsa-v1_5-sha256")
    center.register(key, "100001")
    assert center.login(key).reply["role"] == "agent"


def test_a_clerk_logs_in_by_name_and_password(center: CenterUnderTest) -> None:
    center.add_operator("guiyuan", name="王柜员")
    answer = center.clerk_login()
    assert answer.status_code == 200
    reply = answer.json()
    assert (reply["role"], reply["unit_account"], reply["units"]) == ("clerk", "", [])
    assert code_of(center.clerk_login("zhangsan")) == "auth.bad_credentials"


def test_an_agent_is_no_clerk_and_a_clerk_no_agent(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    center.add_operator("guiyuan")
    assert code_of(center.clerk_login("zhangsan")) == "auth.bad_credentials"
    assert code_of(center.try_login(key, login_name="guiyuan")) == "auth.bad_credentials"
    clerk = Login(center.clerk_login().json(), None)
    answer = center.get("/v1/units/100001/context", clerk)
    assert (answer.status_code, code_of(answer)) == (403, "permission.denied")
    answer = center.get("/v1/cases", center.login(key))
    assert (answer.status_code, code_of(answer)) == (403, "permission.denied")


# ---- wrong passwords ---------------------------------------------------------------------------------


def test_five_wrong_passwords_lock_for_fifteen_minutes(any_center: CenterUnderTest) -> None:
    key = any_center.ready_agent()
    left = [any_center.try_login(key, password="x").json()["tries_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    locked = any_center.try_login(key)
    assert (locked.status_code, code_of(locked)) == (423, "auth.locked")
    assert locked.json()["retry_after"] == 900
    assert locked.headers["retry-after"] == "900"
    any_center.clock.advance(minutes=14, seconds=59)
    assert code_of(any_center.try_login(key)) == "auth.locked"
    any_center.clock.advance(seconds=2)
    any_center.login(key)


def test_after_the_lock_there_are_five_new_tries(center: CenterUnderTest) -> None:
    center.add_operator("guiyuan")
    for _ in range(5):
        center.clerk_login(password="x")
    center.clock.advance(minutes=16)
    assert center.clerk_login(password="x").json()["tries_left"] == 4


def test_a_right_password_forgets_the_wrong_ones(center: CenterUnderTest) -> None:
    center.add_operator("guiyuan")
    for _ in range(4):
        center.clerk_login(password="x")
    assert center.clerk_login().status_code == 200
    assert center.clerk_login(password="x").json()["tries_left"] == 4


def test_a_locked_account_does_not_lock_another(center: CenterUnderTest) -> None:
    center.add_operator("guiyuan")
    center.add_operator("zuzhang")
    for _ in range(5):
        center.clerk_login(password="x")
    assert center.clerk_login("zuzhang").status_code == 200


def test_the_lock_outlives_a_restart(make_center: MakeCenter) -> None:
    first = make_center("baishan")
    first.add_operator("guiyuan")
    for _ in range(5):
        first.clerk_login(password="x")
    again = make_center("baishan")
    assert code_of(again.clerk_login()) == "auth.locked"


def test_names_that_do_not_exist_answer_alike(center: CenterUnderTest) -> None:
    center.add_operator("guiyuan")
    known = [center.clerk_login(password="x") for _ in range(6)]
    unknown = [center.clerk_login("nobody", "x") for _ in range(6)]
    assert [answer.json() for answer in known] == [answer.json() for answer in unknown]
    assert [answer.status_code for answer in unknown] == [401] * 5 + [423]


def test_tries_at_the_same_moment_are_all_counted(any_center: CenterUnderTest) -> None:
    """Thirty wrong tries at once: five are looked at, all others find the account locked."""
    any_center.add_operator("guiyuan")
    codes: list[str] = []
    gate = threading.Barrier(30)

    def attempt() -> None:
        gate.wait(30)
        codes.append(any_center.clerk_login(password="x").json()["code"])

    threads = [threading.Thread(target=attempt) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert codes.count("auth.bad_credentials") == 5
    assert codes.count("auth.locked") == 25
    assert code_of(any_center.clerk_login()) == "auth.locked"


def test_a_dismissed_operator_cannot_log_in_and_loses_the_session(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    login = center.login(key)
    with center.store.write() as conn:
        conn.execute(update(operator).values(active=False))
    assert code_of(center.get("/v1/units/100001/context", login)) == "auth.required"
    assert code_of(center.try_login(key)) == "auth.bad_credentials"


# ---- challenges --------------------------------------------------------------------------------------


def test_a_challenge_answers_once(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    request = center.login_request(key)
    assert center.send(request).status_code == 200
    replay = center.send(request)
    assert (replay.status_code, code_of(replay)) == (401, "auth.challenge")


def test_a_challenge_is_used_up_by_a_failed_login(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    given = center.challenge()
    assert code_of(center.try_login(key, password="x", challenge=given)) == "auth.bad_credentials"
    assert code_of(center.try_login(key, challenge=given)) == "auth.challenge"


def test_a_challenge_grows_stale(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    given = center.challenge()
    center.clock.advance(seconds=center.settings.challenge_lifetime)
    assert code_of(center.try_login(key, challenge=given)) == "auth.challenge"


def test_a_challenge_belongs_to_its_unit(make_center: MakeCenter) -> None:
    center = make_center("shanxi")
    key = center.ready_agent()
    center.add_unit("100002")
    center.register(key, "100002")
    assert code_of(center.try_login(key, challenge=center.challenge("100002"))) == "auth.challenge"


def test_the_nonce_must_be_the_one_of_the_challenge(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    assert code_of(center.try_login(key, nonce="another-nonce")) == "auth.challenge"


def test_one_challenge_in_twenty_logins_opens_one_session(any_center: CenterUnderTest) -> None:
    key = any_center.ready_agent()
    request = any_center.login_request(key)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(any_center.send(request).status_code))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200] + [401] * 19


def test_a_challenge_says_nothing_about_the_account(center: CenterUnderTest) -> None:
    center.add_unit()
    known, unknown = center.challenge("100001"), center.challenge("999999")
    assert known.keys() == unknown.keys()
    assert [len(known[key]) for key in known] == [len(unknown[key]) for key in unknown]
    with center.store.read() as conn:
        assert len(conn.execute(select(challenge)).all()) == 2


# ---- certificates ------------------------------------------------------------------------------------


def registered_anyway(center: CenterUnderTest, key: SoftKey, monkeypatch: pytest.MonkeyPatch) -> SoftKey:
    """Register a certificate that registration would refuse, as if it had gone bad afterwards."""
    monkeypatch.setattr("center.auth.certificates._check_certificate", lambda *_: None)
    center.add_unit()
    center.add_operator("zhangsan", ("100001",))
    center.register(key, "100001")
    return key


def test_an_unregistered_certificate_is_refused(center: CenterUnderTest) -> None:
    center.ready_agent()
    answer = center.try_login(center.new_key())
    assert (answer.status_code, code_of(answer)) == (403, "certificate.unknown")


def test_an_expired_certificate_is_refused(center: CenterUnderTest) -> None:
    center.add_unit()
    center.add_operator("zhangsan", ("100001",))
    key = center.new_key(days=30)
    center.register(key, "100001")
    center.login(key)
    center.clock.advance(days=31)
    answer = center.try_login(key)
    assert (answer.status_code, code_of(answer)) == (403, "certificate.expired")


def test_a_certificate_of_a_foreign_issuer_is_refused(
    center: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.ca import make_authority

    foreign = make_authority("测试证书机构", center.clock.now())
    key = registered_anyway(center, center.new_key(issuer=foreign), monkeypatch)
    answer = center.try_login(key)
    assert (answer.status_code, code_of(answer)) == (403, "certificate.untrusted")


def test_an_encryption_certificate_is_refused(
    center: CenterUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = registered_anyway(center, center.new_key(signing=False), monkeypatch)
    answer = center.try_login(key)
    assert (answer.status_code, code_of(answer)) == (403, "certificate.usage")


def test_a_revoked_certificate_is_refused_and_ends_its_sessions(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    login = center.login(key)
    with center.store.write() as conn:
        revoke_certificate(conn, center.clock, key.fingerprint)
    answer = center.try_login(key)
    assert (answer.status_code, code_of(answer)) == (403, "certificate.revoked")
    assert code_of(center.get("/v1/units/100001/context", login)) == "certificate.revoked"


def test_the_key_of_another_unit_is_refused(center: CenterUnderTest) -> None:
    center.ready_agent("100001", "zhangsan")
    other = center.ready_agent("100002", "lisi")
    answer = center.try_login(other, unit="100001", login_name="zhangsan")
    assert (answer.status_code, code_of(answer)) == (403, "certificate.not_unit")


@pytest.mark.parametrize(
    ("issue", "part"),
    [({"signing": False}, "签名证书"), ({"days": -1}, "过期"), ({"foreign": True}, "不是中心认可")],
)
def test_registration_refuses_useless_certificates(
    center: CenterUnderTest, issue: dict[str, Any], part: str
) -> None:
    from center.ca import make_authority

    center.add_unit()
    if issue.pop("foreign", False):
        issue["issuer"] = make_authority("他人的机构", center.clock.now())
    if "days" in issue:
        issue = {"now": center.clock.now().replace(year=2020), "days": 30}
    with pytest.raises(RegistrationError, match=part):
        center.register(center.new_key(**issue), "100001")


@pytest.mark.feature("L-06", profile=["baishan", "lyszfgjj", "hangzhou"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "hangzhou"])
def test_one_unit_one_key(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    key = center.ready_agent("100001")
    center.add_unit("100002")
    with pytest.raises(RegistrationError, match="一个UKey只能登记1个单位"):
        center.register(key, "100002")
    second = center.new_key()
    with pytest.raises(RegistrationError, match="已登记1个UKey"):
        center.register(second, "100001")
    with center.store.write() as conn:
        revoke_certificate(conn, center.clock, key.fingerprint)
    center.register(second, "100001")
    center.login(second)


@pytest.mark.feature("L-06", profile=["shaanxi", "shanxi"])
@pytest.mark.parametrize("profile", ["shaanxi", "shanxi"])
def test_many_units_many_keys(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    for account in ("100001", "100002"):
        center.add_unit(account)
    keys = [center.new_key(), center.new_key()]
    for key in keys:
        center.register(key, "100001", "100002")
    with pytest.raises(RegistrationError, match="没有单位账号100003"):
        center.register(keys[0], "100003")


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


# ---- passwords ---------------------------------------------------------------------------------------


@pytest.mark.feature("L-11", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_changing_the_password(make_center: MakeCenter, profile: str) -> None:
    center = make_center(profile)
    key = center.ready_agent()
    login, elsewhere = center.login(key), center.login(key)
    assert center.post("/v1/password", {"old": PASSWORD, "new": NEW}, login).status_code == 200
    center.context(login)
    assert code_of(center.get("/v1/units/100001/context", elsewhere)) == "auth.required"
    assert code_of(center.try_login(key)) == "auth.bad_credentials"
    center.login(key, password=NEW)


@pytest.mark.feature("L-11", profile="hangzhou")
def test_the_bank_keeps_the_password_of_hangzhou(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    login = center.login(center.ready_agent())
    answer = center.post("/v1/password", {"old": PASSWORD, "new": NEW}, login)
    assert (answer.status_code, code_of(answer)) == (403, "module.off")
    assert "开户银行" in answer.json()["detail"]


def test_a_wrong_old_password_counts_as_a_try(center: CenterUnderTest) -> None:
    login = center.login(center.ready_agent())
    left = [
        center.post("/v1/password", {"old": "x", "new": NEW}, login).json()["tries_left"] for _ in range(5)
    ]
    assert left == [4, 3, 2, 1, 0]
    assert code_of(center.post("/v1/password", {"old": PASSWORD, "new": NEW}, login)) == "auth.locked"


@pytest.mark.parametrize(
    "new", [PASSWORD, "short1", "12345678", "abcdefgh", "中文密码一二三四", " Abcd1234", "Abc\u200b12345"]
)
def test_weak_new_passwords_are_refused(center: CenterUnderTest, new: str) -> None:
    login = center.login(center.ready_agent())
    answer = center.post("/v1/password", {"old": PASSWORD, "new": new}, login)
    assert (answer.status_code, code_of(answer)) == (400, "body.invalid")
    assert answer.json()["findings"][0]["field"] == "new"


@pytest.mark.feature("L-09", profile="shanxi")
def test_the_initial_password_must_be_changed_first(make_center: MakeCenter) -> None:
    center = make_center("shanxi")
    center.add_unit()
    initial = initial_password(center.settings.profile)
    assert initial == "111111"
    center.add_operator("100001", ("100001",), password=initial, must_change=True)
    key = center.new_key()
    center.register(key, "100001")
    login = center.login(key, login_name="100001", password=initial)
    assert login.reply["must_change_password"] is True
    for path in ("/v1/units/100001/context", "/v1/inbox"):
        assert code_of(center.get(path, login)) == "password.must_change"
    same = center.post("/v1/password", {"old": initial, "new": initial}, login)
    assert code_of(same) == "body.invalid"
    assert center.post("/v1/password", {"old": initial, "new": NEW}, login).status_code == 200
    center.context(login)
    assert center.login(key, login_name="100001", password=NEW).reply["must_change_password"] is False


@pytest.mark.feature("L-09", profile=["hangzhou", "shaanxi"])
@pytest.mark.parametrize("profile", ["hangzhou", "shaanxi"])
def test_other_initial_passwords_are_random(profile: str) -> None:
    first, second = (initial_password(load_profile(profile)) for _ in range(2))
    assert first != second
    assert len(first) == 12 and first.isalnum()


@pytest.mark.feature("L-10", profile=["hangzhou", "shanxi"])
@pytest.mark.parametrize(("profile", "where"), [("hangzhou", "开户银行"), ("shanxi", "单位重置密码申请书")])
def test_forgotten_passwords_are_reset_elsewhere(make_center: MakeCenter, profile: str, where: str) -> None:
    center = make_center(profile)
    body = {"unit_account": "100001", "mobile": "13800000000", "code": "123456", "new": NEW}
    answer = center.post("/v1/password/reset", body)
    assert (answer.status_code, code_of(answer)) == (403, "module.off")
    assert where in answer.json()["detail"]


def test_password_hashes() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$") and stored != hash_password(PASSWORD)
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, PASSWORD + " ")
    assert not verify_password(None, PASSWORD)
    assert not verify_password("no hash", PASSWORD)
    assert needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
    assert not needs_rehash(stored)


def test_logins_and_failures_are_audited_without_secrets(center: CenterUnderTest) -> None:
    key = center.ready_agent()
    center.try_login(key, password="Wrong-secret-9")
    login = center.login(key)
    center.post("/v1/logout", {}, login)
    with center.store.read() as conn:
        rows = conn.execute(select(audit).order_by(audit.c.seq)).all()
    assert [row.action for row in rows] == ["login.failed", "login", "logout"]
    for secret in ("Wrong-secret-9", PASSWORD, login.reply["token"]):
        assert secret not in str(rows)
