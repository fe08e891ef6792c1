"""What is shown of the certificates on a key, and which of several keys is meant."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from tests.support.certificates import CertificateAuthority, distinguished_name
from tests.support.softhsm import (
    KeySpec,
    Shim,
    SoftToken,
    expired,
    for_encryption,
    foreign,
    make_token,
    not_yet_valid,
)
from tests.ukey.checks import is_one_sentence, pin
from ukey.certificates import in_order, read_certificate
from ukey.cryptoki import decode_text
from ukey.pkcs11_signer import Pkcs11Signer
from ukey.signer import KeyAbsent, KeyState, SeveralKeys, TokenChoice


def test_a_certificate_is_described_without_a_pin(signer: Pkcs11Signer, shared_token: SoftToken) -> None:
    assert signer.state() is KeyState.PRESENT
    found = {certificate.key_id: certificate for certificate in signer.certificates()}
    assert set(found) == {b"\x01", b"\x02", b"\x03"}
    for index, der in enumerate(shared_token.certificates, start=1):
        shown, real = found[bytes([index])], x509.load_der_x509_certificate(der)
        assert shown.der == der
        assert shown.subject == "CN=经办人甲, O=测试单位, C=CN"
        assert shown.common_name == "经办人甲"
        assert shown.issuer == "CN=测试根证书, O=测试发证机构, C=CN"
        assert int(shown.serial, 16) == real.serial_number
        assert shown.serial == shown.serial.upper()
        assert (shown.not_before, shown.not_after) == (real.not_valid_before_utc, real.not_valid_after_utc)
        assert shown.fingerprint == hashlib.sha256(der).hexdigest()
    algorithms = [found[bytes([index])].algorithm for index in (1, 2, 3)]
    assert algorithms == ["rsa-v1_5-sha256", "ecdsa-p256-sha256", "ecdsa-p256-sha256"]


def test_of_two_certificates_only_the_signing_one_signs(signer: Pkcs11Signer) -> None:
    for _ in ("locked", "unlocked"):
        found = signer.certificates()
        assert {certificate.key_id: certificate.can_sign for certificate in found} == {
            b"\x01": True,
            b"\x02": True,
            b"\x03": False,
        }
        assert found[-1].key_id == b"\x03"
        signer.unlock(pin())


def test_a_certificate_without_its_key_cannot_sign() -> None:
    signer = make_token("gjj-nokey", keys=[KeySpec(private=False), KeySpec()]).signer()
    signer.unlock(pin())
    found = [(one.key_id, one.can_sign) for one in signer.certificates()]
    assert found == [(b"\x02", True), (b"\x01", False)]
    signer.close()


def test_dates_are_shown_not_judged() -> None:
    keys = [expired(), not_yet_valid(), KeySpec(valid_to_days=30), foreign("rsa")]
    signer = make_token("gjj-dates", keys=keys).signer()
    found = signer.certificates()
    now = datetime.now(UTC)
    assert [one.can_sign for one in found] == [True] * 4
    assert [one.key_id for one in found][-1] == b"\x01"
    assert found[-1].not_after < now - timedelta(days=30)
    assert max(one.not_before for one in found) > now
    issuers = {one.key_id: one.issuer for one in found}
    assert issuers[b"\x04"].startswith("CN=外来根证书") and issuers[b"\x03"].startswith("CN=测试根证书")
    signer.close()


def test_a_key_with_no_certificate() -> None:
    signer = make_token("gjj-empty", keys=[]).signer()
    assert signer.certificates() == []
    signer.unlock(pin())
    assert signer.certificates() == []
    signer.close()


@pytest.mark.parametrize(
    ("usage", "can_sign"),
    [("sign", True), ("non_repudiation", True), ("encrypt", False), ("none", False)],
)
def test_key_usage_decides(authority: CertificateAuthority, usage: Any, can_sign: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    read = read_certificate(b"", authority.issue(key, "甲", usage=usage))
    assert read is not None
    assert read.can_sign is can_sign


def test_an_authority_does_not_sign_submissions(authority: CertificateAuthority) -> None:
    read = read_certificate(b"", authority.der)
    assert read is not None
    assert not read.can_sign


def test_keys_of_other_kinds_cannot_sign(authority: CertificateAuthority) -> None:
    other = authority.issue(ec.generate_private_key(ec.SECP384R1()).public_key(), "甲")
    read = read_certificate(b"", other)
    assert read is not None
    assert (read.algorithm, read.can_sign) == ("", False)
    big = authority.issue(rsa.generate_private_key(65537, 2048).public_key(), "甲")
    read = read_certificate(b"", big)
    assert read is not None
    assert read.can_sign


@pytest.mark.parametrize(
    "der", [b"", b"\x30", b"\x30\x80", b"not a certificate", b"\x30\x03\x02\x01\x01", bytes(2000)]
)
def test_what_is_no_certificate_is_passed_over(der: bytes) -> None:
    assert read_certificate(b"\x01", der) is None


def test_a_cut_certificate_is_passed_over(authority: CertificateAuthority) -> None:
    for length in range(0, len(authority.der), 7):
        read = read_certificate(b"\x01", authority.der[:length])
        assert read is None or not read.can_sign


def subject_of(authority: CertificateAuthority, name: x509.Name) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    read = read_certificate(b"", authority.issue(key, "", subject=name))
    assert read is not None
    return read.subject, read.common_name


def test_names_from_outside_cannot_pretend(authority: CertificateAuthority) -> None:
    name = distinguished_name("张三, O=别的单位\x1b[2J\u202e", "单位")
    subject, common_name = subject_of(authority, name)
    assert subject == "CN=张三\\, O=别的单位[2J, O=单位, C=CN"
    assert common_name == "张三, O=别的单位[2J"


def test_names_in_the_encodings_of_old_keys(authority: CertificateAuthority) -> None:
    cn, o = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME
    bmp = x509.Name([x509.NameAttribute(cn, "王\u4e00", _type=_ASN1Type.BMPString)])
    assert subject_of(authority, bmp) == ("CN=王一", "王一")
    rare = x509.Name([x509.NameAttribute(cn, "𠮷买买提·阿不都"), x509.NameAttribute(o, "单位")])
    assert subject_of(authority, rare)[1] == "𠮷买买提·阿不都"
    unknown = x509.NameAttribute(x509.ObjectIdentifier("1.2.3.4"), "值")
    odd = x509.Name([unknown, x509.NameAttribute(cn, "甲")])
    assert subject_of(authority, odd) == ("CN=甲, 1.2.3.4=值", "甲")


def test_a_gbk_name_in_a_utf8_string(authority: CertificateAuthority) -> None:
    placeholder, gbk = "张三丰啊", "张三丰啊".encode("gbk")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a" * len(gbk))])
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = authority.issue(key, "", subject=name).replace(b"a" * len(gbk), gbk)
    read = read_certificate(b"", der)
    assert read is not None
    assert read.common_name == placeholder


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"gjj-ukey".ljust(32), "gjj-ukey"),
        ("公积金".encode().ljust(32), "公积金"),
        ("公积金经办".encode("gbk").ljust(32), "公积金经办"),
        (b"key\0\0\0\0".ljust(32), "key"),
        ("公积金".encode("gbk") + bytes(20), "公积金"),
        (b"\x1b]0;x\x07name\x7f".ljust(32), "]0;xname"),
        (bytes(32), ""),
        (b"\xff\xfe\xff".ljust(32), "ÿþÿ"),
    ],
)
def test_labels(raw: bytes, text: str) -> None:
    assert decode_text(raw) == text


def test_a_gbk_label_on_a_real_token() -> None:
    signer = make_token("公积金经办".encode("gbk")).signer()
    assert signer.token_label() == "公积金经办"
    signer.close()


def test_several_keys_are_offered(shim: Shim) -> None:
    first, second = shim.token("甲公司"), shim.token("乙公司")
    signer = Pkcs11Signer(shim.module)
    assert sorted(signer.tokens(), key=lambda one: one.label) == [
        TokenChoice("乙公司", second.serial),
        TokenChoice("甲公司", first.serial),
    ]
    assert signer.state() is KeyState.PRESENT
    assert signer.token_label() == ""
    secret = pin()
    with pytest.raises(SeveralKeys) as caught:
        signer.unlock(secret)
    is_one_sentence(caught.value)
    assert not any(secret)
    with pytest.raises(SeveralKeys):
        signer.certificates()
    assert "login" not in shim.log()
    signer.select_token(second.serial)
    assert signer.token_label() == "乙公司"
    signer.unlock(pin())
    assert signer.certificates()[0].der == second.certificates[0]
    signer.select_token(first.serial)
    assert signer.state() is KeyState.PRESENT
    assert signer.certificates()[0].der == first.certificates[0]
    with pytest.raises(KeyAbsent) as absent:
        signer.select_token("no such serial")
    is_one_sentence(absent.value)
    assert signer.token_serial() == first.serial
    signer.close()


def test_a_key_is_named_by_label_or_serial(shim: Shim) -> None:
    first, second = shim.token("gjj-1"), shim.token("gjj-2")
    for wanted, expected in (("gjj-1", first), (second.serial, second)):
        signer = Pkcs11Signer(shim.module, token_label=wanted)
        assert signer.token_serial() == expected.serial
        signer.close()
    nobody = Pkcs11Signer(shim.module, token_label="gjj-3")
    assert nobody.state() is KeyState.ABSENT
    with pytest.raises(KeyAbsent) as caught:
        nobody.certificates()
    assert "gjj-3" in caught.value.text
    is_one_sentence(caught.value)
    nobody.close()


def test_order_is_for_choosing(authority: CertificateAuthority) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    ders = [
        authority.issue(key, "甲", usage="encrypt", valid_to_days=900),
        authority.issue(key, "甲", valid_to_days=10),
        authority.issue(key, "甲", valid_to_days=300),
    ]
    read = [one for one in (read_certificate(b"", der) for der in ders) if one is not None]
    assert [one.der for one in in_order(read)] == [ders[2], ders[1], ders[0]]


def test_an_encryption_key_alone_cannot_sign() -> None:
    signer = make_token("gjj-enc", keys=[for_encryption("rsa")]).signer()
    assert [one.can_sign for one in signer.certificates()] == [False]
    signer.close()
