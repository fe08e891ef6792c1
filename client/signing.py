"""Signing a request with the key: RFC 9421 over exactly the bytes that httpx will send (RFC 9530 digest)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from client.errors import Refused
from domain.canonical import content_digest
from domain.httpsig import (
    COVERED,
    LIFETIME,
    RequestParts,
    SignatureFormatError,
    SignatureParams,
    signature_base,
    signature_headers,
)
from ukey.signer import KeyCertificate, Signer

JSON_TYPE = "application/json"
NO_OPERATOR = "-"
"""X-Operator where the login form has no login name."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request frozen to the byte: it is sent, and sent again, exactly so.

    `expires` is the end of its signature in Unix seconds of the center's clock, 0 when it is not signed.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    expires: int = 0


def wire_url(url: str) -> str:
    """The URL as httpx puts it on the wire: host lower-case, default port dropped, path and query encoded."""
    import httpx

    return str(httpx.URL(url).copy_with(fragment=None))


def new_nonce() -> str:
    """A nonce no one can guess."""
    return secrets.token_hex(16)


def body_headers(body: bytes, *, unit_account: str, operator: str, key: str) -> dict[str, str]:
    """The header fields that a signed body carries; `key` is the Idempotency-Key."""
    return {
        "Content-Type": JSON_TYPE,
        "Content-Digest": content_digest(body),
        "X-Unit-Account": unit_account,
        "X-Operator": operator or NO_OPERATOR,
        "Idempotency-Key": key,
    }


def sign_request(
    signer: Signer,
    certificate: KeyCertificate,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tag: str,
    nonce: str,
    now: float,
) -> dict[str, str]:
    """The header fields of the request with its signature added.

    `headers` holds what `body_headers` gives, `now` is Unix time of the center's clock. Raises
    ukey.signer.SignerError when the key is locked or gone, Refused (input.invalid) for what cannot be signed.
    """
    lines = {**headers, "Content-Digest": content_digest(body)}
    params = SignatureParams(
        created=int(now),
        expires=int(now) + LIFETIME,
        nonce=nonce,
        keyid=certificate.fingerprint,
        alg=certificate.algorithm,
        tag=tag,
        covered=COVERED,
    )
    parts = RequestParts.of(method, wire_url(url), lines.items())
    try:
        base = signature_base(parts, params)
    except SignatureFormatError as error:
        raise Refused(error.text, code="input.invalid") from None
    signature = signer.sign(certificate.key_id, base)
    return {**lines, **signature_headers(params, signature.value)}


def prepare(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    signer: Signer | None,
    certificate: KeyCertificate | None,
    tag: str,
    now: float,
    nonce: str = "",
) -> Prepared:
    """Freeze a request; signed when there is a key, else with its digest alone."""
    url = wire_url(url)
    if signer is None or certificate is None:
        return Prepared(method, url, dict(headers), body)
    signed = sign_request(
        signer, certificate, method, url, headers, body, tag=tag, nonce=nonce or new_nonce(), now=now
    )
    return Prepared(method, url, signed, body, int(now) + LIFETIME)
