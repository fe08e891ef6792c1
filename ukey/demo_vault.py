"""The demo key's secret at rest: PKCS#8 under the PIN (PBES2, scrypt, AES-256-CBC; RFC 8018, RFC 7914).

OpenSSL reads the same form (`openssl pkey -inform DER`). cryptography is imported at first use.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, cast

from ukey.signer import ModuleUnusable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_COST, _BLOCK, _PARALLEL = 2**14, 8, 1  # 16 MB and some 40 ms for one attempt
_OID_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_OID_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_OID_AES256_CBC = bytes.fromhex("060960864801650304012a")
_SEQUENCE, _OCTETS, _INTEGER = 0x30, 0x04, 0x02


class WrongPin(Exception):
    """The PIN does not open the key."""


def require_cryptography() -> None:
    """Refuse in one sentence when the library the demo key needs is not installed. Raises ModuleUnusable."""
    try:
        import cryptography.hazmat.primitives.serialization  # noqa: F401
    except ImportError as error:
        raise ModuleUnusable("演示密钥需要 cryptography 软件包，请先运行 make setup 安装。") from error


def new_private_key() -> EllipticCurvePrivateKey:
    """Make an EC key on P-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def seal(key: EllipticCurvePrivateKey, pin: bytearray) -> bytes:
    """Encrypt the key under the PIN; returns DER."""
    from cryptography.hazmat.primitives import padding, serialization
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    plain = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt, vector = secrets.token_bytes(16), secrets.token_bytes(16)
    secret = hashlib.scrypt(pin, salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, dklen=32, maxmem=2**26)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(vector)).encryptor()
    ciphertext = encryptor.update(padded) + encryptor.finalize()
    costs = b"".join(_integer(number) for number in (_COST, _BLOCK, _PARALLEL))
    derivation = _tlv(_SEQUENCE, _OID_SCRYPT + _tlv(_SEQUENCE, _tlv(_OCTETS, salt) + costs))
    scheme = _tlv(_SEQUENCE, _OID_AES256_CBC + _tlv(_OCTETS, vector))
    algorithm = _tlv(_SEQUENCE, _OID_PBES2 + _tlv(_SEQUENCE, derivation + scheme))
    return _tlv(_SEQUENCE, algorithm + _tlv(_OCTETS, ciphertext))


def unseal(sealed: bytes, pin: bytearray) -> EllipticCurvePrivateKey:
    """Decrypt the key. Raises WrongPin."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        key = load_der_private_key(sealed, cast("bytes", pin))  # any buffer will do, so no copy is made
    except ValueError:
        raise WrongPin from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise WrongPin
    return key


def public_der(key: EllipticCurvePrivateKey) -> bytes:
    """Return the SubjectPublicKeyInfo (DER)."""
    from cryptography.hazmat.primitives import serialization

    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def certificate_request(key: EllipticCurvePrivateKey, common_name: str, organization: str) -> bytes:
    """Make a PKCS#10 request (DER) for C=CN, O=organization, CN=common_name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    names = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organization:
        names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    names.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def sign_sha256(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    """Sign with ECDSA over SHA-256; returns raw r||s, 64 bytes (RFC 9421, section 3.3.4)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _integer(value: int) -> bytes:
    return _tlv(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
