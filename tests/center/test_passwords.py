from __future__ import annotations

import pytest
from sqlalchemy import select

from center.auth.passwords import hash_password, initial_password, needs_rehash, verify_password
from center.store.tables import audit
from domain.profile import load_profile
from tests.center.conftest import MakeCenter
from tests.support.center import PASSWORD, CenterUnderTest, code_of

NEW = "Lisi-2027"


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


@pytest.mark.usefixtures("product_passwords")
def test_password_hashes() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") and stored != hash_password(PASSWORD)
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
