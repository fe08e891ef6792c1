"""What several tests look at: signatures, wiped PINs, and sentences for people."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from ukey.signer import Signature, SignerError

PIN = "123456"


def pin(text: str = PIN) -> bytearray:
    return bytearray(text.encode())


def verify(der: bytes, message: bytes, signature: Signature) -> None:
    """Verify with an independent library; raises InvalidSignature."""
    public = x509.load_der_x509_certificate(der).public_key()
    if isinstance(public, rsa.RSAPublicKey):
        assert signature.algorithm == "rsa-v1_5-sha256"
        public.verify(signature.value, message, padding.PKCS1v15(), hashes.SHA256())
        return
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert signature.algorithm == "ecdsa-p256-sha256"
    assert len(signature.value) == 64
    r, s = (int.from_bytes(half, "big") for half in (signature.value[:32], signature.value[32:]))
    public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


def is_one_sentence(error: SignerError) -> None:
    """One Chinese sentence: one full stop, at its end, and Chinese before it; a stable code beside it."""
    assert error.text == str(error)
    assert error.text.endswith("。")
    assert error.text.count("。") == 1
    assert "\n" not in error.text
    assert len(re.findall(r"[\u4e00-\u9fff]", error.text)) >= 4
    assert error.code.startswith("ukey.")
