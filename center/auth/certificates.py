"""Certificates of UKeys: registration for units, and whether one may sign now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import verification
from sqlalchemy import Connection, func, insert, select, update

from center.clock import Clock, now_text, utc_text
from center.errors import ProblemError
from center.store.tables import certificate, certificate_unit, unit
from domain.httpsig import ALG_EC, ALG_RSA
from domain.profile import Profile

MIN_RSA_BITS = 2048


class RegistrationError(ValueError):
    """A certificate that cannot be registered; `text` is one Chinese sentence for the center's staff."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered certificate and the units it may act for."""

    fingerprint: str
    certificate: x509.Certificate
    revoked: bool
    units: tuple[str, ...]

    @property
    def not_after(self) -> str:
        """End of validity, UTC text."""
        return utc_text(self.certificate.not_valid_after_utc)


def fingerprint_of(der: bytes) -> str:
    """SHA-256 of the DER form, hex."""
    return hashlib.sha256(der).hexdigest()


def algorithm_of(cert: x509.Certificate) -> str | None:
    """The signature algorithm that goes with a certificate's key; None for keys that are not accepted."""
    key = cert.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return ALG_EC
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return ALG_RSA
    return None


def find_certificate(conn: Connection, fingerprint: str) -> Registered | None:
    """The registered certificate with a fingerprint."""
    row = conn.execute(select(certificate).where(certificate.c.fingerprint == fingerprint)).one_or_none()
    if row is None:
        return None
    units = conn.scalars(
        select(certificate_unit.c.unit_account)
        .where(certificate_unit.c.fingerprint == fingerprint)
        .order_by(certificate_unit.c.unit_account)
    ).all()
    return Registered(
        fingerprint, x509.load_der_x509_certificate(row.der), row.revoked is not None, tuple(units)
    )


def units_of(conn: Connection, fingerprint: str) -> tuple[str, ...]:
    """The units a certificate may act for."""
    found = find_certificate(conn, fingerprint)
    return found.units if found else ()


def unit_has_certificate(conn: Connection, unit_account: str) -> bool:
    """True when a certificate has ever been registered for the unit.

    A revoked one counts: losing its only key does not free a unit from signing.
    """
    query = (
        select(func.count())
        .select_from(certificate_unit)
        .where(certificate_unit.c.unit_account == unit_account)
    )
    return bool(conn.scalar(query))


def certificate_end(conn: Connection, fingerprint: str) -> str:
    """End of a certificate's validity, UTC text; "" without a certificate."""
    if not fingerprint:
        return ""
    query = select(certificate.c.not_after).where(certificate.c.fingerprint == fingerprint)
    return conn.scalar(query) or ""


# ---- judging -----------------------------------------------------------------------------------------


def require_usable(found: Registered, unit_account: str, trusted: Sequence[bytes], now: datetime) -> None:
    """Raise the certificate.* problem that keeps a registered certificate from acting for a unit at `now`."""
    if found.revoked:
        raise ProblemError("certificate.revoked", "该UKey证书已被吊销，请联系中心更换UKey。")
    if unit_account not in found.units:
        raise ProblemError("certificate.not_unit", "该UKey没有登记在该单位名下，请插入本单位的UKey。")
    cert = found.certificate
    if now < cert.not_valid_before_utc:
        raise ProblemError("certificate.expired", "该UKey证书尚未生效，请核对证书的有效期。")
    if now > cert.not_valid_after_utc:
        raise ProblemError("certificate.expired", "该UKey证书已过期，请到中心更新证书。")
    if not may_sign(cert):
        raise ProblemError("certificate.usage", "该证书不是签名证书，请选择UKey中的签名证书。")
    if not is_trusted(cert, trusted, now):
        raise ProblemError("certificate.untrusted", "该UKey证书不是中心认可的机构签发的，请联系中心。")


def may_sign(cert: x509.Certificate) -> bool:
    """True when KeyUsage is there and allows digitalSignature or nonRepudiation."""
    try:
        usage = cert.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return usage.digital_signature or usage.content_commitment


def is_trusted(cert: x509.Certificate, trusted: Sequence[bytes], now: datetime) -> bool:
    """True when a chain leads from the certificate to a trusted issuer, all valid at `now`."""
    anchors = [x509.load_der_x509_certificate(der) for der in trusted]
    if not anchors:
        return False
    policies = verification.ExtensionPolicy
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(anchors))
        .time(now.replace(tzinfo=None))
        .extension_policies(ca_policy=policies.webpki_defaults_ca(), ee_policy=policies.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(cert, [])
    except verification.VerificationError:
        return False
    return True


# ---- registering -------------------------------------------------------------------------------------


def register_certificate(
    conn: Connection,
    clock: Clock,
    profile: Profile,
    der: bytes,
    units: Sequence[str],
    trusted: Sequence[bytes],
) -> str:
    """Register a certificate for units and return its fingerprint; registering it again adds units.

    The profile's `keys_per_unit` and `units_per_key` hold (L-06). Raises RegistrationError.
    """
    try:
        cert = x509.load_der_x509_certificate(der)
    except ValueError:
        raise RegistrationError("文件不是X.509证书，请导出DER或PEM格式的签名证书。") from None
    _check_certificate(cert, trusted, clock.now())
    fingerprint = fingerprint_of(der)
    found = find_certificate(conn, fingerprint)
    if found is not None and found.revoked:
        raise RegistrationError("该证书已被吊销，不能再登记，请换用新的UKey。")
    wanted = [account for account in units if found is None or account not in found.units]
    _check_counts(conn, profile, found, wanted)
    if found is None:
        conn.execute(insert(certificate).values(**_row(cert, der, clock)))
    for account in wanted:
        conn.execute(insert(certificate_unit).values(fingerprint=fingerprint, unit_account=account))
    return fingerprint


def revoke_certificate(conn: Connection, clock: Clock, fingerprint: str) -> None:
    """Revoke a registered certificate for ever. Raises RegistrationError when there is none."""
    change = (
        update(certificate)
        .where(certificate.c.fingerprint == fingerprint, certificate.c.revoked.is_(None))
        .values(revoked=now_text(clock))
    )
    if conn.execute(change).rowcount != 1:
        raise RegistrationError("没有登记这张证书，或它已被吊销，请核对证书指纹。")


def _row(cert: x509.Certificate, der: bytes, clock: Clock) -> dict[str, object]:
    return {
        "fingerprint": fingerprint_of(der),
        "der": der,
        "subject": cert.subject.rfc4514_string()[:300],
        "serial": f"{cert.serial_number:X}",
        "not_after": utc_text(cert.not_valid_after_utc),
        "registered": now_text(clock),
    }


def _check_certificate(cert: x509.Certificate, trusted: Sequence[bytes], now: datetime) -> None:
    if algorithm_of(cert) is None:
        raise RegistrationError("证书的密钥不受支持，请使用RSA（2048位以上）或ECDSA P-256的UKey。")
    if not may_sign(cert):
        raise RegistrationError("该证书不是签名证书，请登记UKey中的签名证书。")
    if now > cert.not_valid_after_utc:
        raise RegistrationError("该证书已过期，请先更新证书。")
    if not is_trusted(cert, trusted, max(now, cert.not_valid_before_utc)):
        raise RegistrationError("该证书不是中心认可的机构签发的，请先登记签发机构的证书。")


def _check_counts(
    conn: Connection, profile: Profile, found: Registered | None, wanted: Sequence[str]
) -> None:
    known = set(conn.scalars(select(unit.c.unit_account).where(unit.c.unit_account.in_(wanted))))
    if missing := [account for account in wanted if account not in known]:
        raise RegistrationError(f"没有单位账号{missing[0]}，请核对后重试。")
    total = len(wanted) + (len(found.units) if found else 0)
    if profile.auth.units_per_key and total > profile.auth.units_per_key:
        raise RegistrationError(f"一个UKey只能登记{profile.auth.units_per_key}个单位，请换用另一个UKey。")
    for account in wanted:
        query = (
            select(func.count())
            .select_from(certificate_unit.join(certificate))
            .where(certificate_unit.c.unit_account == account, certificate.c.revoked.is_(None))
        )
        if profile.auth.keys_per_unit and (conn.scalar(query) or 0) >= profile.auth.keys_per_unit:
            raise RegistrationError(
                f"单位{account}已登记{profile.auth.keys_per_unit}个UKey，请先吊销原来的UKey。"
            )
