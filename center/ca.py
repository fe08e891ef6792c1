"""A small certificate authority for demos and tests: it signs the public keys of demo UKeys.

Real centers trust the authority of their UKeys instead (`trusted_ca` folder); nothing here is needed then.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from center.settings import CA_FOLDER, TRUSTED_FOLDER

CERTIFICATE_FILE = "ca.pem"
KEY_FILE = "ca-key.pem"
CA_DAYS = 3650
KEY_DAYS = 730


@dataclass(frozen=True)
class Authority:
    """An issuer of certificates."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The authority's own certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def issue(
        self,
        public_key: bytes,
        *,
        common_name: str,
        organization: str = "",
        now: datetime,
        days: int = KEY_DAYS,
        signing: bool = True,
    ) -> bytes:
        """A certificate (DER) for a public key (SubjectPublicKeyInfo DER), valid from `now` for `days`.

        With `signing` false its KeyUsage allows encryption only, as the second certificate of a UKey does.
        Raises ValueError for bytes that are no RSA or EC public key.
        """
        key = serialization.load_der_public_key(public_key)
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ValueError("only RSA and EC public keys are certified")
        builder = (
            _builder(common_name, organization, now, days)
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign=signing, encrypt=not signing, ca=False), critical=True)
            .add_extension(_key_id_of(self.certificate), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def make_authority(name: str, now: datetime) -> Authority:
    """A new authority, in memory."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name, "")
    certificate = (
        _builder(name, "", now, CA_DAYS)
        .issuer_name(subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=False, encrypt=False, ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def demo_authority(data_dir: Path, now: datetime) -> Authority:
    """The authority kept in a center's data folder, made at first use (folder 0700, key 0600)."""
    folder = data_dir / CA_FOLDER
    if (folder / CERTIFICATE_FILE).exists():
        return _load(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = make_authority("演示证书机构（仅供演示）", now)
    pem = made.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(folder / KEY_FILE, pem, 0o600)
    _write(folder / CERTIFICATE_FILE, made.certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return made


def trusted_certificates(data_dir: Path, *, demo: bool) -> tuple[bytes, ...]:
    """DER certificates of the issuers a center trusts: the folder `trusted_ca`, in a demo its own too.

    Raises ValueError naming a file that is no certificate.
    """
    paths = sorted((data_dir / TRUSTED_FOLDER).glob("*"))
    own = data_dir / CA_FOLDER / CERTIFICATE_FILE
    if demo and own.exists():
        paths.append(own)
    return tuple(read_certificate(path) for path in paths)


def read_certificate(path: Path) -> bytes:
    """A certificate file, PEM or DER, as DER. Raises ValueError with a Chinese sentence."""
    content = path.read_bytes()
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            content = ssl.PEM_cert_to_DER_cert(content.decode("ascii").strip())
        x509.load_der_x509_certificate(content)
    except ValueError:
        raise ValueError(f"{path} 不是X.509证书，请换成PEM或DER格式的证书。") from None
    return content


def _load(folder: Path) -> Authority:
    certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())
    key = serialization.load_pem_private_key((folder / KEY_FILE).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Authority(certificate, key)


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def _subject(common_name: str, organization: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(common_name: str, organization: str, now: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(common_name, organization))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, sign: bool, encrypt: bool, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=sign,
        key_encipherment=encrypt,
        data_encipherment=encrypt,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _key_id_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
