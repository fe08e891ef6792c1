"""Fresh SoftHSM2 tokens for tests, and the shim module that makes one misbehave.

SoftHSM reads SOFTHSM2_CONF when it is initialised, so each process (each xdist worker) has one token folder
with many tokens in it, told apart by label or serial number. Tokens are made on the thread that owns the
module, so one may be made while another is in use. A missing SoftHSM2 or compiler fails the test.

    token = make_token("gjj-agent", "123456", keys=[KeySpec("ec"), KeySpec("rsa", usage="encrypt")])
    signer = Pkcs11Signer(token.module, token_label=token.serial)
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.certificates import CertificateAuthority, PublicKey, Usage
from ukey.cryptoki import CKF_TOKEN_INITIALIZED
from ukey.pkcs11_module import InsertedToken, Module, ModuleOwner
from ukey.pkcs11_signer import Pkcs11Signer

SO_PIN = "87654321"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
_counter = itertools.count(1)


@dataclass(frozen=True)
class KeySpec:
    """One key pair to be made on a token, and its certificate.

    `ca` is the issuer (the token's own when None); `private` False leaves a certificate without its key.
    """

    kind: Literal["rsa", "ec"] = "ec"
    common_name: str = "经办人甲"
    organization: str = "测试单位"
    usage: Usage = "sign"
    valid_from_days: float = -1
    valid_to_days: float = 365
    ca: CertificateAuthority | None = None
    subject: x509.Name | None = None
    private: bool = True


def expired(kind: Literal["rsa", "ec"] = "ec") -> KeySpec:
    """A certificate that ended five weeks ago."""
    return KeySpec(kind, valid_from_days=-400, valid_to_days=-35)


def not_yet_valid(kind: Literal["rsa", "ec"] = "ec") -> KeySpec:
    """A certificate that begins next week."""
    return KeySpec(kind, valid_from_days=7)


def foreign(kind: Literal["rsa", "ec"] = "ec") -> KeySpec:
    """A certificate of an authority nobody here knows."""
    return KeySpec(kind, ca=CertificateAuthority.make("外来根证书"))


def for_encryption(kind: Literal["rsa", "ec"] = "ec") -> KeySpec:
    """The encryption half of a double-certificate key."""
    return KeySpec(kind, usage="encrypt")


@dataclass
class SoftToken:
    """A token that has been made; `certificates` are the DER bytes in the order of the key specs."""

    module: str
    label: str
    serial: str
    pin: str
    ca: CertificateAuthority
    certificates: list[bytes] = field(default_factory=list)

    def signer(self, **options: Any) -> Pkcs11Signer:
        """A signer on this token."""
        return Pkcs11Signer(self.module, token_label=self.serial, **options)

    def pin_bytes(self) -> bytearray:
        """A new wipeable copy of the PIN."""
        return bytearray(self.pin.encode())


def softhsm_module() -> str:
    """Path of libsofthsm2.so; fails the test when SoftHSM2 is not installed."""
    configured = os.environ.get("GJJ_TEST_PKCS11")
    for path in (configured, *_MODULES):
        if path and Path(path).is_file():
            return path
    pytest.fail("找不到 SoftHSM2：请安装 softhsm2 软件包，或用 GJJ_TEST_PKCS11 指明 libsofthsm2.so 的位置。")


@functools.cache
def softhsm_conf() -> Path:
    """The configuration of this process' token folder; set as SOFTHSM2_CONF, also for child processes."""
    folder = Path(tempfile.mkdtemp(prefix="gjj-softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    conf = write_conf(folder)
    os.environ["SOFTHSM2_CONF"] = str(conf)
    return conf


def write_conf(folder: Path) -> Path:
    """Write a SoftHSM configuration whose tokens lie in `folder`."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True, exist_ok=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    return conf


def make_token(
    label: str | bytes,
    pin: str = "123456",
    *,
    keys: Sequence[KeySpec] = (KeySpec("ec"),),
    ca: CertificateAuthority | None = None,
    module: str | None = None,
) -> SoftToken:
    """Make a token with keys generated on it and certificates issued by `ca` (a new one when None).

    A label in bytes is written as it is (GBK labels). `module` is a shim instead of SoftHSM itself.
    """
    if module is None:
        softhsm_conf()
        module = softhsm_module()
    authority = ca or CertificateAuthority.make()
    raw_label = label.encode() if isinstance(label, str) else label
    return ModuleOwner.of(module).call(
        lambda loaded: _Maker(loaded, authority).make(module, raw_label, pin, keys), limit=60
    )


class _Maker:
    """Makes one token; runs on the thread that owns the module."""

    def __init__(self, module: Module, ca: CertificateAuthority) -> None:
        self._module = module
        self._ca = ca

    def make(self, path: str, label: bytes, pin: str, keys: Sequence[KeySpec]) -> SoftToken:
        token = self._initialise(label)
        opened: Any = token.slot.get_token()
        with opened.open(rw=True, so_pin=SO_PIN) as session:
            session.init_pin(pin)
        with opened.open(rw=True, user_pin=pin) as session:
            certificates = [self._key(session, index, spec) for index, spec in enumerate(keys, start=1)]
        return SoftToken(path, token.facts.label, token.facts.serial, pin, self._ca, certificates)

    def _initialise(self, label: bytes) -> InsertedToken:
        before = {token.facts.serial for token in self._module.tokens()}
        slots = self._module.library.get_slots()
        free = next(s for s in slots if not self._module.look(s).facts.flags & CKF_TOKEN_INITIALIZED)
        so_pin, padded = SO_PIN.encode(), label[:32].ljust(32)
        value = self._module.raw.call(
            "C_InitToken",
            ctypes.c_ulong(free.slot_id),
            ctypes.c_char_p(so_pin),
            ctypes.c_ulong(len(so_pin)),
            ctypes.c_char_p(padded),
        )
        assert value == 0, hex(value)
        return next(token for token in self._module.tokens() if token.facts.serial not in before)

    def _key(self, session: Any, index: int, spec: KeySpec) -> bytes:
        key_id = bytes([index])
        public, private = self._pair(session, key_id, spec.kind)
        der = (spec.ca or self._ca).issue(
            public,
            spec.common_name,
            organization=spec.organization,
            usage=spec.usage,
            valid_from_days=spec.valid_from_days,
            valid_to_days=spec.valid_to_days,
            subject=spec.subject,
        )
        if not spec.private:
            private.destroy()
        store_certificate(session, key_id, der)
        return der

    @staticmethod
    def _pair(session: Any, key_id: bytes, kind: str) -> tuple[PublicKey, Any]:
        from pkcs11 import Attribute, KeyType
        from pkcs11.util.ec import encode_named_curve_parameters

        if kind == "rsa":
            public, private = session.generate_keypair(KeyType.RSA, 2048, store=True, id=key_id)
            exponent = int.from_bytes(public[Attribute.PUBLIC_EXPONENT], "big")
            modulus = int.from_bytes(public[Attribute.MODULUS], "big")
            return rsa.RSAPublicNumbers(exponent, modulus).public_key(), private
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
        public, private = parameters.generate_keypair(store=True, id=key_id)
        point = bytes(public[Attribute.EC_POINT])[2:]  # an OCTET STRING around the point
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point), private


def store_certificate(session: Any, key_id: bytes, der: bytes) -> None:
    """Put a certificate on the token of a read-write user session, readable without PIN."""
    from pkcs11 import Attribute, CertificateType, ObjectClass

    session.create_object(
        {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
            Attribute.TOKEN: True,
            Attribute.PRIVATE: False,
            Attribute.ID: key_id,
            Attribute.SUBJECT: x509.load_der_x509_certificate(der).subject.public_bytes(),
            Attribute.VALUE: der,
        }
    )


class Shim:
    """A module of its own around SoftHSM, in its own folder, that misbehaves when told (see shim.c)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / f"shim{next(_counter)}"
        self.folder.mkdir(parents=True)
        write_conf(self.folder)
        shutil.copy(softhsm_module(), self.folder / "real.so")
        shutil.copy(_compiled_shim(), self.folder / "shim.so")
        self.module = str(self.folder / "shim.so")

    def token(self, label: str | bytes = "gjj-shim", pin: str = "123456", **options: Any) -> SoftToken:
        """Make a token behind the shim and start with an empty log."""
        token = make_token(label, pin, module=self.module, **options)
        self.clear_log()
        return token

    def set(self, name: str, value: object = "") -> None:
        """Write one of the files the shim looks at."""
        (self.folder / name).write_text(str(value))

    def unset(self, name: str) -> None:
        """Remove one of the files."""
        (self.folder / name).unlink(missing_ok=True)

    def tries(self) -> int:
        """Tries left for the user PIN."""
        file = self.folder / "tries"
        return int(file.read_text()) if file.exists() else 5

    def log(self) -> list[str]:
        """The calls made since the log was cleared."""
        file = self.folder / "log"
        return file.read_text().split() if file.exists() else []

    def clear_log(self) -> None:
        """Forget the calls made so far."""
        self.unset("log")


@functools.cache
def _compiled_shim() -> Path:
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        pytest.fail("找不到 C 编译器：请安装 gcc（Debian：apt-get install gcc）后再运行测试。")
    folder = Path(tempfile.mkdtemp(prefix="gjj-shim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    options = ["-shared", "-fPIC", "-O1", "-o", str(target), str(source), "-ldl", "-lpthread"]
    subprocess.run([compiler, *options], check=True)
    return target
