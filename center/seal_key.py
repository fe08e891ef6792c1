"""The key a center seals vouchers with, kept in its data folder and made at first use.

A center that has a certificate of its own authority puts key and certificate into the folder `seal` instead.
"""

from __future__ import annotations

import base64
import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from center.clock import Clock

FOLDER: Final = "seal"
KEY_FILE: Final = "key.pem"
CERTIFICATE_FILE: Final = "certificate.pem"
DAYS: Final = 3650


def base64url(data: bytes) -> str:
    """RFC 7515 base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass(frozen=True)
class SealKey:
    """Key and certificate of the seal."""

    key: ec.EllipticCurvePrivateKey
    certificate: bytes
    """DER."""

    def sign(self, content: bytes) -> str:
        """ECDSA with SHA-256 over the content, base64url of the DER form."""
        return base64url(self.key.sign(content, ec.ECDSA(hashes.SHA256())))


def seal_key(data_dir: Path, center: str, clock: Clock) -> SealKey:
    """The center's seal key (folder 0700, key 0600). Raises ValueError for a key that is none for P-256."""
    folder = data_dir / FOLDER
    if not (folder / KEY_FILE).exists():
        _make(folder, center, clock)
    key = serialization.load_pem_private_key((folder / KEY_FILE).read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{folder / KEY_FILE} 不是P-256私钥，请换成EC私钥。")
    certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())
    return SealKey(key, certificate.public_bytes(serialization.Encoding.DER))


def _make(folder: Path, center: str, clock: Clock) -> None:
    """A key with a certificate it has signed itself; the folder appears whole or not at all."""
    made = folder.with_name(f".{folder.name}-{os.getpid()}")
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{center[:50]}凭证签章")])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (made / CERTIFICATE_FILE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    descriptor = os.open(made / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        os.rename(made, folder)
    except OSError:  # another process was first: its key is the center's
        if not (folder / KEY_FILE).exists():
            raise
        shutil.rmtree(made)
