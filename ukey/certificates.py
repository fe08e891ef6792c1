"""Reading a certificate found on a key (asn1crypto, imported at first use)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from ukey.cryptoki import visible
from ukey.signer import ALGORITHM_EC, ALGORITHM_RSA, KeyCertificate

_SHORT_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "GN",
    "1.2.840.113549.1.9.1": "E",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
}
_BMP_STRING, _UNIVERSAL_STRING = 30, 28
_SIGNING_USAGES = frozenset({"digital_signature", "non_repudiation"})


def read_certificate(key_id: bytes, der: bytes) -> KeyCertificate | None:
    """Describe an X.509 certificate for the person and for signing; None when it cannot be read at all.

    `can_sign` follows the key usage (digitalSignature or nonRepudiation named, not an authority) and the kind
    of public key: RSA, or EC on P-256.
    """
    from asn1crypto import x509

    try:
        certificate = x509.Certificate.load(der)
        body = certificate["tbs_certificate"]
        validity = body["validity"]
        subject, issuer = _pairs(body["subject"]), _pairs(body["issuer"])
        algorithm = _algorithm(body["subject_public_key_info"])
        return KeyCertificate(
            key_id=key_id,
            der=der,
            subject=_readable(subject),
            common_name=next((value for name, value in subject if name == "CN"), ""),
            issuer=_readable(issuer),
            serial=f"{body['serial_number'].native:X}",
            not_before=validity["not_before"].native,
            not_after=validity["not_after"].native,
            algorithm=algorithm,
            fingerprint=hashlib.sha256(der).hexdigest(),
            can_sign=bool(algorithm) and not certificate.ca and _usage_signs(certificate),
        )
    except (ValueError, TypeError, KeyError, IndexError):
        return None


def in_order(certificates: Iterable[KeyCertificate]) -> list[KeyCertificate]:
    """Order for a list on screen: those that can sign first, the one valid longest before the others."""
    return sorted(certificates, key=lambda c: (not c.can_sign, -c.not_after.timestamp(), c.fingerprint))


def normal_ec_signature(value: bytes) -> bytes:
    """Return raw r||s of 64 bytes; some keys answer with the DER form although PKCS#11 asks for the raw one.

    Raises ValueError when it is neither.
    """
    if len(value) == 64:
        return value
    from asn1crypto import algos

    pair = algos.DSASignature.load(value)
    try:
        return b"".join(int(pair[part].native).to_bytes(32, "big") for part in ("r", "s"))
    except (OverflowError, TypeError) as error:
        raise ValueError("neither r||s nor DER") from error


def _usage_signs(certificate: Any) -> bool:
    usage = certificate.key_usage_value
    return usage is not None and bool(usage.native & _SIGNING_USAGES)


def _algorithm(public_key: Any) -> str:
    kind = public_key["algorithm"]["algorithm"].dotted
    if kind == "1.2.840.113549.1.1.1":
        return ALGORITHM_RSA
    if kind == "1.2.840.10045.2.1":
        curve = public_key["algorithm"]["parameters"]
        if curve.name == "named" and curve.chosen.dotted == "1.2.840.10045.3.1.7":
            return ALGORITHM_EC
    return ""


def _pairs(name: Any) -> list[tuple[str, str]]:
    """List (short name, text) from the most particular attribute to the least, as RFC 4514 prints it."""
    found: list[tuple[str, str]] = []
    for relative in reversed(list(name.chosen)):
        for attribute in relative:
            kind = attribute["type"].dotted
            found.append((_SHORT_NAMES.get(kind, kind), _text(attribute["value"])))
    return found


def _text(value: Any) -> str:
    """Decode an attribute value by its tag; GBK bytes in a UTF-8 or printable string are met in old keys."""
    string = value.chosen if hasattr(value, "chosen") else value
    raw: bytes = string.contents
    if string.tag == _BMP_STRING:
        return visible(raw.decode("utf-16-be", "replace"))
    if string.tag == _UNIVERSAL_STRING:
        return visible(raw.decode("utf-32-be", "replace"))
    for encoding in ("utf-8", "gb18030"):
        try:
            return visible(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return visible(raw.decode("latin-1"))


def _readable(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name}={_escaped(text)}" for name, text in pairs if text)


def _escaped(text: str) -> str:
    """Escape what would let one value look like two (RFC 4514, section 2.4)."""
    return "".join(f"\\{ch}" if ch in ',+"\\<>;' else ch for ch in text)
