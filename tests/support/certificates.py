"""A certificate authority made at test time, and what it issues; no key or certificate is kept in files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Usage = Literal["sign", "non_repudiation", "encrypt", "none"]
"""Key usage of a certificate; "none" leaves the extension out."""


def distinguished_name(common_name: str, organization: str) -> x509.Name:
    """C=CN, O=organization, CN=common_name."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def key_usage(
    *, sign: bool = False, non_repudiation: bool = False, encrypt: bool = False, ca: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=non_repudiation,
        key_encipherment=encrypt,
        data_encipherment=encrypt,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


_USAGES: dict[str, x509.KeyUsage] = {
    "sign": key_usage(sign=True),
    "non_repudiation": key_usage(non_repudiation=True),
    "encrypt": key_usage(encrypt=True),
}


@dataclass
class CertificateAuthority:
    """A root of its own; another instance is a foreign authority."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    revoked: list[int] = field(default_factory=list)

    @classmethod
    def make(cls, common_name: str = "测试根证书") -> CertificateAuthority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = distinguished_name(common_name, "测试发证机构")
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3650))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(key_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        public_key: PublicKey,
        common_name: str,
        *,
        organization: str = "测试单位",
        usage: Usage = "sign",
        valid_from_days: float = -1,
        valid_to_days: float = 365,
        subject: x509.Name | None = None,
    ) -> bytes:
        """Issue a certificate (DER); validity in days from now, so an expired one has -400 and -35."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject or distinguished_name(common_name, organization))
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=valid_from_days))
            .not_valid_after(now + timedelta(days=valid_to_days))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if usage != "none":
            builder = builder.add_extension(_USAGES[usage], critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def revoke(self, der: bytes) -> None:
        """Put a certificate on the list that `crl` prints."""
        self.revoked.append(x509.load_der_x509_certificate(der).serial_number)

    def crl(self) -> bytes:
        """The revocation list (DER) as of now."""
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - timedelta(minutes=1))
            .next_update(now + timedelta(days=7))
        )
        for serial in self.revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
