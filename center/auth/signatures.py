"""Verifying signed requests (RFC 9421 and RFC 9530) against the registered certificates.

A signature counts when its form is ours, it covers every component of `COVERED`, it was made for this
address, this moment, this unit and this body, and the certificate behind it may act for the unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from center.auth.certificates import (
    Registered,
    algorithm_of,
    find_certificate,
    require_usable,
    unit_has_certificate,
)
from center.clock import utc_text
from center.deps import UnitScope
from center.errors import ProblemError
from center.settings import Settings
from center.store.tables import nonce
from domain.canonical import sha256_hex
from domain.httpsig import (
    ALG_EC,
    COVERED,
    TAG_SUBMIT,
    ParsedSignature,
    RequestParts,
    SignatureFormatError,
    check_times,
    digest_matches,
    missing_components,
    parse_signature_headers,
    signature_base,
)
from domain.profile import Profile

SKEW = 60
"""Seconds by which a workstation's clock may be off."""

EC_BYTES = 32
MAX_NONCE = 64
"""Longest nonce in characters; it is kept until the signature can no longer be used."""


@dataclass(frozen=True)
class SignatureEvidence:
    """What was verified, kept for later proof. `base` is the signed text, `fingerprint` the certificate's."""

    base: str
    signature: bytes
    fingerprint: str
    nonce: str
    expires: datetime


def signature_required(conn: Connection, profile: Profile, unit_account: str) -> bool:
    """Whether a unit's submissions must be signed: always, or (shaanxi) once it has registered a key."""
    return profile.auth.submission_signature == "required" or unit_has_certificate(conn, unit_account)


def verify_submission_signature(
    conn: Connection, parts: RequestParts, body: bytes, scope: UnitScope
) -> SignatureEvidence | None:
    """Verify a signed submission in the caller's write transaction, and use up its nonce.

    The very same request sent again (same signature base) passes, because a submission is idempotent; the
    nonce with anything else is a replay. None only where the profile asks for a signature "if_registered"
    and the unit has no certificate. Raises digest.mismatch, signature.* and certificate.* problems.
    """
    profile = scope.profile
    if "signature-input" not in parts.headers and not signature_required(conn, profile, scope.unit_account):
        require_digest(parts, body)
        return None
    headers = {"x-unit-account": scope.unit_account, "x-operator": scope.operator_login}
    evidence = verify_signature(
        conn, scope.settings, parts, body, tag=TAG_SUBMIT, unit_account=scope.unit_account, headers=headers
    )
    if scope.session_fingerprint and evidence.fingerprint != scope.session_fingerprint:
        raise ProblemError("certificate.not_unit", "签名所用的UKey与登录时的不同，请插入登录时的UKey。")
    claim_nonce(conn, evidence)
    return evidence


def verify_signature(
    conn: Connection,
    settings: Settings,
    parts: RequestParts,
    body: bytes,
    *,
    tag: str,
    unit_account: str,
    headers: dict[str, str],
    expected_nonce: str | None = None,
) -> SignatureEvidence:
    """Verify everything about a signed request but that its nonce is new.

    `headers` are covered headers and the values they must have. Raises the problems named above.
    """
    now = settings.clock.now()
    parsed = _parse(parts, now)
    _require_form(parsed, parts, settings.authorities, tag, expected_nonce)
    require_digest(parts, body)
    for name, value in headers.items():
        if parts.headers.get(name) != value:
            raise ProblemError("signature.invalid", "签名的单位或经办人与请求不符，请重新登录后再试。")
    found = find_certificate(conn, parsed.params.keyid)
    if found is None:
        raise ProblemError("certificate.unknown", "该UKey没有在中心登记，请持UKey到中心办理登记。")
    base = _base(parts, parsed)
    if not signature_fits(found, parsed, base):
        raise ProblemError("signature.invalid", "UKey签名验证不通过，内容可能被改动，请重新签名提交。")
    require_usable(found, unit_account, settings.trusted_ca, now)
    expires = now + timedelta(seconds=max(0, parsed.params.expires - int(now.timestamp())) + 2 * SKEW)
    return SignatureEvidence(
        base.decode("ascii"), parsed.signature, found.fingerprint, parsed.params.nonce, expires
    )


def require_digest(parts: RequestParts, body: bytes) -> None:
    """Raise digest.mismatch unless Content-Digest is the body's SHA-256 (RFC 9530)."""
    if not digest_matches(parts.headers.get("content-digest", ""), body):
        raise ProblemError("digest.mismatch", "收到的内容与摘要不符，传输中可能被改动，请重新提交。")


def claim_nonce(conn: Connection, evidence: SignatureEvidence) -> None:
    """Use up a nonce in the caller's transaction. Raises signature.replayed when anything else used it."""
    base_hash = sha256_hex(evidence.base.encode("ascii"))
    try:
        with conn.begin_nested():
            conn.execute(
                insert(nonce).values(
                    nonce=evidence.nonce, base_hash=base_hash, expires=utc_text(evidence.expires)
                )
            )
    except IntegrityError:
        seen = conn.scalar(select(nonce.c.base_hash).where(nonce.c.nonce == evidence.nonce))
        if seen != base_hash:
            raise ProblemError("signature.replayed", "该签名已经用过，请重新签名提交。") from None


def signature_fits(found: Registered, parsed: ParsedSignature, base: bytes) -> bool:
    """True when the certificate's key made the signature over `base`, with the algorithm of that key."""
    if algorithm_of(found.certificate) != parsed.params.alg:
        return False
    key = found.certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and parsed.params.alg == ALG_EC:
            if len(parsed.signature) != 2 * EC_BYTES:
                return False
            r, s = (
                int.from_bytes(part) for part in (parsed.signature[:EC_BYTES], parsed.signature[EC_BYTES:])
            )
            key.verify(encode_dss_signature(r, s), base, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(parsed.signature, base, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _parse(parts: RequestParts, now: datetime) -> ParsedSignature:
    try:
        parsed = parse_signature_headers(parts.headers)
        check_times(parsed.params, int(now.timestamp()), skew=SKEW)
    except SignatureFormatError as error:
        code = {"sig.missing": "signature.missing", "sig.time": "signature.expired"}.get(error.code)
        raise ProblemError(code or "signature.invalid", error.text) from None
    return parsed


def _require_form(
    parsed: ParsedSignature, parts: RequestParts, authorities: Sequence[str], tag: str, nonce_: str | None
) -> None:
    if missing_components(parsed.params, COVERED):
        raise ProblemError("signature.coverage", "签名没有覆盖全部必要内容，请升级客户端后重试。")
    if len(parsed.params.nonce) > MAX_NONCE:
        raise ProblemError("signature.invalid", f"签名的随机数超过{MAX_NONCE}个字符，请升级客户端后重试。")
    if parsed.params.tag != tag:
        raise ProblemError("signature.invalid", "签名的用途不符，请重新签名。")
    if parts.authority not in authorities:
        raise ProblemError("signature.invalid", "签名所对的中心地址与本中心不符，请核对中心地址的设置。")
    if nonce_ is not None and parsed.params.nonce != nonce_:
        raise ProblemError("auth.challenge", "登录凭证与签名不符，请重新登录。")


def _base(parts: RequestParts, parsed: ParsedSignature) -> bytes:
    try:
        return signature_base(parts, parsed.params)
    except SignatureFormatError as error:
        raise ProblemError("signature.invalid", error.text) from None
