"""Attacks on signed submissions; each changes one thing about a request that would be good."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from center.auth.certificates import find_certificate, revoke_certificate
from center.auth.sessions import open_session
from center.auth.signatures import SignatureEvidence, claim_nonce, signature_fits, signature_required
from center.clock import utc_text
from center.errors import ProblemError
from center.store.tables import nonce, submission
from center.sweep import sweep
from domain.canonical import content_digest
from domain.httpsig import ALG_EC, ALG_RSA, COVERED, TAG_LOGIN, parse_signature_headers
from tests.center.conftest import MakeCenter
from tests.support.center import CenterUnderTest, Login

ROW = {
    "name": "李四",
    "id_number": "110105199003070025",
    "mobile": "13800000001",
    "base": "8000.00",
    "unit_ratio": "12",
    "person_ratio": "12",
}
BODY = {
    "business": "open",
    "profile": "shanxi",
    "source": "single",
    "rows": [ROW],
    "totals": {"count": 1, "amount": "1920.00"},
}


@pytest.fixture
def center(make_center: MakeCenter) -> CenterUnderTest:
    """A center where a registration is done at once and a unit may have several keys."""
    return make_center("shanxi")


@pytest.fixture
def login(center: CenterUnderTest) -> Login:
    return center.login(center.ready_agent())


def refused(answer: httpx.Response) -> str:
    """The code of a refusal by the signature check."""
    code = str(answer.json()["code"])
    assert code.startswith(("signature.", "certificate.", "digest.")), answer.text
    assert answer.json()["detail"].endswith("。")
    return code


def nothing_stored(center: CenterUnderTest) -> bool:
    with center.store.read() as conn:
        return not conn.execute(select(submission)).all() and not conn.execute(select(nonce)).all()


def test_a_good_signature_gets_past_the_check(center: CenterUnderTest, login: Login) -> None:
    assert login.key is not None
    answer = center.send(center.submission(login, BODY))
    assert answer.status_code == 201
    with center.store.read() as conn:
        kept = conn.execute(select(submission)).one()
    assert kept.fingerprint == login.key.fingerprint
    assert kept.signature_base.splitlines()[0] == '"@method": PUT'
    assert len(kept.signature) == 64


def test_no_signature(center: CenterUnderTest, login: Login) -> None:
    request = center.submission(login, BODY)
    del request.headers["Signature-Input"], request.headers["Signature"]
    assert refused(center.send(request)) == "signature.missing"


def test_altered_body(center: CenterUnderTest, login: Login) -> None:
    request = center.submission(login, BODY)
    request.body = request.body.replace(b"1920.00", b"1.00")
    assert refused(center.send(request)) == "digest.mismatch"
    request.headers["content-digest"] = content_digest(request.body)
    assert refused(center.send(request)) == "signature.invalid"
    assert nothing_stored(center)


def test_altered_path(center: CenterUnderTest, login: Login) -> None:
    request = center.submission(login, BODY)
    request.path = request.path[:-12] + "0123456789ab"
    assert center.send(request).json()["code"] in ("signature.invalid", "body.invalid")
    request = center.submission(login, BODY)
    request.path += "?x=1"
    assert refused(center.send(request)) == "signature.invalid"
    assert nothing_stored(center)


@pytest.mark.parametrize("name", ["content-type", "idempotency-key"])
def test_altered_header(center: CenterUnderTest, login: Login, name: str) -> None:
    request = center.submission(login, BODY)
    request.headers[name] = {"content-type": "application/json;x=1"}.get(name, str(uuid.uuid4()))
    assert center.send(request).json()["code"] in ("signature.invalid", "body.invalid")
    assert nothing_stored(center)


def test_altered_unit_header(center: CenterUnderTest, login: Login) -> None:
    center.add_unit("100002")
    request = center.submission(login, BODY)
    request.headers["x-unit-account"] = "100002"
    assert center.send(request).json()["code"] == "unit.not_found"


def test_signature_for_another_unit_header(center: CenterUnderTest, login: Login) -> None:
    """Signed for unit 100002, sent with the headers of the session's own unit."""
    center.add_unit("100002")
    request = center.submission(login, BODY, headers={"x-unit-account": "100002"})
    request.headers["x-unit-account"] = "100001"
    assert refused(center.send(request)) == "signature.invalid"


def test_unit_header_twice(center: CenterUnderTest, login: Login) -> None:
    request = center.submission(login, BODY)
    lines = [*request.headers.items(), ("x-unit-account", "100001")]
    answer = center.client.put(request.path, content=request.body, headers=lines)
    assert answer.json()["code"] == "unit.not_found"


@pytest.mark.parametrize("left_out", COVERED)
def test_every_component_must_be_covered(center: CenterUnderTest, login: Login, left_out: str) -> None:
    covered = tuple(name for name in COVERED if name != left_out)
    assert refused(center.send(center.submission(login, BODY, covered=covered))) == "signature.coverage"


def test_signature_of_another_key(center: CenterUnderTest, login: Login) -> None:
    """The certificate of the unit is named, but another key signs."""
    thief = center.new_key()
    assert login.key is not None
    thief.certificate = login.key.certificate
    assert refused(center.send(center.submission(login, BODY, key=thief))) == "signature.invalid"


def test_signature_of_another_units_key(center: CenterUnderTest, login: Login) -> None:
    other = center.ready_agent("100002", "lisi")
    assert refused(center.send(center.submission(login, BODY, key=other))) == "certificate.not_unit"


def test_signature_of_another_key_of_the_same_unit(center: CenterUnderTest, login: Login) -> None:
    """Where a unit may have several keys, a session is bound to the one that opened it."""
    second = center.new_key()
    center.register(second, "100001")
    answer = center.send(center.submission(login, BODY, key=second))
    assert refused(answer) == "certificate.not_unit"


def test_unregistered_key(center: CenterUnderTest, login: Login) -> None:
    assert refused(center.send(center.submission(login, BODY, key=center.new_key()))) == "certificate.unknown"


@pytest.mark.parametrize("alg", ["none", "hmac-sha256", "rsa-v1_5-sha1", "ecdsa-p384-sha384"])
def test_algorithms_outside_the_list(center: CenterUnderTest, login: Login, alg: str) -> None:
    request = center.submission(login, BODY)
    request.headers["Signature-Input"] = request.headers["Signature-Input"].replace(ALG_EC, alg)
    assert refused(center.send(request)) == "signature.invalid"
    assert refused(center.send(center.submission(login, BODY, alg=alg))) == "signature.invalid"


def test_algorithm_of_another_kind_of_key(center: CenterUnderTest, login: Login) -> None:
    assert refused(center.send(center.submission(login, BODY, alg=ALG_RSA))) == "signature.invalid"


def test_login_signature_is_no_submission_signature(center: CenterUnderTest, login: Login) -> None:
    assert refused(center.send(center.submission(login, BODY, tag=TAG_LOGIN))) == "signature.invalid"


def test_signature_for_another_center(center: CenterUnderTest, login: Login) -> None:
    request = center.submission(login, BODY, authority="other.center")
    assert refused(center.send(request)) == "signature.invalid"
    request.headers["host"] = "other.center"
    assert refused(center.send(request)) == "signature.invalid"


def test_times(center: CenterUnderTest, login: Login) -> None:
    request = center.submission(login, BODY)
    center.clock.advance(seconds=361)
    assert refused(center.send(request)) == "signature.expired"
    early = int(center.clock.now().timestamp()) + 61
    future = center.submission(login, BODY, created=early, expires=early + 300)
    assert refused(center.send(future)) == "signature.expired"
    long = center.submission(login, BODY, expires=early + 3600)
    assert refused(center.send(long)) == "signature.expired"
    assert nothing_stored(center)


def test_a_clock_a_minute_off_is_borne(center: CenterUnderTest, login: Login) -> None:
    created = int(center.clock.now().timestamp()) + 60
    ahead = center.submission(login, BODY, created=created, expires=created + 300)
    assert center.send(ahead).status_code == 201
    other = {**BODY, "rows": [{**ROW, "name": "王五", "id_number": "110105199003070041"}]}
    behind = center.submission(login, other, created=created - 420, expires=created - 120)
    assert center.send(behind).status_code == 201


def test_the_same_request_again_is_the_same_submission(any_shanxi: CenterUnderTest) -> None:
    login = any_shanxi.login(any_shanxi.ready_agent())
    request = any_shanxi.submission(login, BODY)
    first, second = any_shanxi.send(request), any_shanxi.send(request)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == {**first.json(), "replayed": True}
    with any_shanxi.store.read() as conn:
        assert len(conn.execute(select(submission)).all()) == 1


def test_a_nonce_with_another_request_is_a_replay(any_shanxi: CenterUnderTest) -> None:
    login = any_shanxi.login(any_shanxi.ready_agent())
    used = uuid.uuid4().hex
    assert any_shanxi.send(any_shanxi.submission(login, BODY, nonce=used)).status_code == 201
    answer = any_shanxi.send(any_shanxi.submission(login, BODY, nonce=used))
    assert (answer.status_code, refused(answer)) == (401, "signature.replayed")
    with any_shanxi.store.read() as conn:
        assert len(conn.execute(select(submission)).all()) == 1


def test_a_key_revoked_or_expired_meanwhile(center: CenterUnderTest, login: Login) -> None:
    assert login.key is not None
    with center.store.write() as conn:
        revoke_certificate(conn, center.clock, login.key.fingerprint)
    assert refused(center.send(center.submission(login, BODY))) == "certificate.revoked"


@pytest.mark.parametrize(
    "damage",
    [
        lambda headers: {**headers, "Signature": "ukey=:AAAA:"},
        lambda headers: {**headers, "Signature": "ukey=AAAA"},
        lambda headers: {**headers, "Signature": headers["Signature"].replace("ukey", "sig1")},
        lambda headers: {**headers, "Signature-Input": headers["Signature-Input"] + ";x=1"},
        lambda headers: {**headers, "Signature-Input": "ukey=()"},
        lambda headers: {**headers, "Signature-Input": "x" * 5000},
        lambda headers: {
            **headers,
            "Signature-Input": headers["Signature-Input"].replace(";alg", ";alg=1;alg"),
        },
    ],
)
def test_damaged_signature_headers(center: CenterUnderTest, login: Login, damage: Any) -> None:
    request = center.submission(login, BODY)
    request.headers = damage(request.headers)
    assert refused(center.send(request)) in ("signature.invalid", "signature.missing")
    assert nothing_stored(center)


def test_optional_signature_counts_once_a_key_is_registered(make_center: MakeCenter) -> None:
    """Shaanxi: without a registered key no signature is asked for, with one it is."""
    center = make_center("shaanxi")
    center.add_unit("300001", "示例研究院")
    operator_id = center.add_operator("agent1", ("300001",))
    with center.store.write() as conn:
        token, _ = open_session(conn, center.settings, operator_id, "300001", "")
    key = center.new_key()
    reply = {"token": token, "unit_account": "300001", "operator": "agent1"}
    login = Login(reply, key)
    body = {**BODY, "profile": "shaanxi"}
    request = center.submission(login, body)
    del request.headers["Signature-Input"], request.headers["Signature"]
    unsigned = center.send(request).json().get("code", "")
    assert not unsigned.startswith(("signature.", "certificate.", "digest."))
    request = center.submission(login, body)
    del request.headers["Signature-Input"], request.headers["Signature"]
    damaged = replace(request, body=request.body + b" ")
    assert refused(center.send(damaged)) == "digest.mismatch"
    center.register(key, "300001")
    assert refused(center.send(request)) == "signature.missing"
    signed = center.send(center.submission(login, body)).json().get("code", "")
    assert not signed.startswith(("signature.", "certificate."))
    with center.store.write() as conn:
        revoke_certificate(conn, center.clock, key.fingerprint)
        assert signature_required(conn, center.settings.profile, "300001")
    assert refused(center.send(request)) == "signature.missing"


def test_nonces_are_swept_after_their_signature_has_expired(center: CenterUnderTest) -> None:
    now = center.clock.now()
    evidence = SignatureEvidence("base", b"s", "f", "n1", now)
    with center.store.write() as conn:
        claim_nonce(conn, evidence)
        claim_nonce(conn, evidence)
        with pytest.raises(ProblemError):
            claim_nonce(conn, replace(evidence, base="other"))
        sweep(conn, center.settings)
        assert conn.scalar(select(nonce.c.expires)) == utc_text(now)
    center.clock.advance(seconds=1)
    with center.store.write() as conn:
        sweep(conn, center.settings)
        assert conn.execute(select(nonce)).all() == []


def test_raw_ec_signatures_only(center: CenterUnderTest, login: Login) -> None:
    """A DER signature of the right key is not what RFC 9421 asks for."""
    assert login.key is not None and isinstance(login.key.key, ec.EllipticCurvePrivateKey)
    parsed = parse_signature_headers(center.submission(login, BODY).headers)
    der = login.key.key.sign(b"base", ec.ECDSA(hashes.SHA256()))
    with center.store.read() as conn:
        found = find_certificate(conn, login.key.fingerprint)
    assert found is not None
    assert not signature_fits(found, replace(parsed, signature=der), b"base")
    assert signature_fits(found, replace(parsed, signature=login.key.sign(b"base")), b"base")
    assert not signature_fits(found, replace(parsed, signature=bytes(64)), b"base")
