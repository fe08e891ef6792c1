from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update

from center.auth.passwords import hash_password
from center.store.tables import audit, challenge, operator
from tests.center.conftest import MakeCenter
from tests.support.center import PASSWORD, CenterUnderTest, Login, code_of

KEY_PROFILES = ["baishan", "lyszfgjj", "hangzhou", "shanxi"]


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


# ---- the separate password of 单位网上对账 --------------------------------------------------------------


def reconciling(center: CenterUnderTest, password: str) -> Login:
    stored = hash_password(password) if password else None
    center.add_unit("200001", reconcile_hash=stored)
    center.add_operator("zhangsan", ("200001",))
    key = center.new_key()
    center.register(key, "200001")
    return center.login(key, "200001")


@pytest.mark.feature("L-13", profile="hangzhou")
def test_the_separate_password_of_reconciling_is_checked_and_counted(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    login = reconciling(center, "Check-2026")
    path = "/v1/units/200001/reconcile"
    right = {"unit_account": "200001", "password": "Check-2026"}
    assert center.context(login).reconcile_password
    assert center.post(path, right, login).status_code == 200
    for wrong in ({**right, "password": PASSWORD}, {**right, "unit_account": "200002"}):
        answer = center.post(path, wrong, login)
        assert (answer.status_code, code_of(answer)) == (401, "auth.bad_credentials")
    assert answer.json()["tries_left"] == 3
    assert answer.json()["detail"] == "单位客户号或对账密码不正确，请核对后重试，还可以试3次。"
    assert center.post(path, right, login).status_code == 200
    for left in (4, 3, 2, 1, 0):
        assert center.post(path, {**right, "password": "no"}, login).json()["tries_left"] == left
    answer = center.post(path, right, login)
    assert (answer.status_code, code_of(answer)) == (423, "auth.locked")
    assert "单位网上对账已锁定" in answer.json()["detail"]
    assert center.get("/v1/units/200001/context", login).status_code == 200
    center.clock.advance(minutes=15)
    assert center.post(path, right, login).status_code == 200
    with center.store.read() as conn:
        actions = list(conn.scalars(select(audit.c.action)))
    assert (actions.count("reconcile"), actions.count("reconcile.failed")) == (3, 7)


@pytest.mark.feature("L-13", profile="hangzhou")
def test_a_unit_without_a_separate_password_reconciles_with_its_login(make_center: MakeCenter) -> None:
    center = make_center("hangzhou")
    login = reconciling(center, "")
    assert not center.context(login).reconcile_password
    body = {"unit_account": "200001", "password": ""}
    assert center.post("/v1/units/200001/reconcile", body, login).status_code == 200
    assert code_of(center.post("/v1/units/200001/reconcile", body)) == "auth.required"
    assert code_of(center.post("/v1/units/200002/reconcile", body, login)) == "unit.not_found"


def test_reconciling_has_no_password_of_its_own_elsewhere(make_center: MakeCenter) -> None:
    center = make_center("baishan")
    login = reconciling(center, "Check-2026")
    assert not center.context(login).reconcile_password
    body = {"unit_account": "200001", "password": "Check-2026"}
    answer = center.post("/v1/units/200001/reconcile", body, login)
    assert (answer.status_code, code_of(answer)) == (403, "module.off")
