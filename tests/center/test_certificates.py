from __future__ import annotations

from typing import Any

import pytest

from center.auth.certificates import RegistrationError, revoke_certificate
from tests.center.conftest import MakeCenter
from tests.support.center import CenterUnderTest, SoftKey, code_of


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
