"""The demo key (演示密钥): a key in a file behind the same protocol, for machines without a UKey.

It holds an EC key on P-256. The number of attempts left is on disk before an attempt is made, so that ending
the program wins none back. It is refused where the configuration is not a demo (`ukey.factory`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ukey import demo_vault as vault
from ukey.certificates import read_certificate
from ukey.pin import check_length, wipe
from ukey.private_files import check_folder, folder_lock, make_folder, read_private, write_private
from ukey.signer import (
    ALGORITHM_EC,
    KeyAbsent,
    KeyCertificate,
    KeyState,
    ModuleUnusable,
    NoSigningCertificate,
    NotUnlocked,
    PinIncorrect,
    PinLength,
    PinLocked,
    PinStatus,
    Signature,
    SignerError,
)
from ukey.token_session import clock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

NAME = "演示密钥"
TRIES = 6
MIN_PIN, MAX_PIN = 6, 16
KEY_ID = b"\x01"
_KEY_FILE, _RECORD_FILE, _CERTIFICATE_FILE = "key.p8", "key.json", "certificate.der"
_LOCKED_TEXT = "演示密钥的 PIN 已锁死，请重新生成演示密钥。"


@dataclass(frozen=True, slots=True)
class _Record:
    """What is kept beside the sealed key; `seals` are the SHA-256 of the key files that are genuine."""

    serial: str
    tries_left: int
    seals: list[str]
    public_key: str
    request: str


class DemoKey:
    """A demo key in a folder of its own; see `create_demo_key`. Any thread may call."""

    is_demo = True
    name = NAME

    def __init__(self, folder: Path, *, idle_seconds: float = 600) -> None:
        self._folder = Path(folder)
        self._idle_seconds = idle_seconds
        self._guard = threading.RLock()
        self._key: EllipticCurvePrivateKey | None = None
        self._used_at = 0.0

    def __repr__(self) -> str:
        return f"<DemoKey {self._folder}>"

    def state(self) -> KeyState:
        """Tell where the key stands. Raises ModuleUnusable when its files are damaged or not ours."""
        with self._guard:
            try:
                record = self._record()
            except KeyAbsent:
                self._key = None
                return KeyState.ABSENT
            if self._unlocked() is not None:
                return KeyState.READY
            return KeyState.PRESENT if record.tries_left > 0 else KeyState.BLOCKED

    def token_label(self) -> str:
        """Return 演示密钥, or "" while there is no key."""
        return "" if self.state() is KeyState.ABSENT else NAME

    def token_serial(self) -> str:
        """Return the serial number given at creation, or ""."""
        return "" if self.state() is KeyState.ABSENT else self._record().serial

    def certificates(self) -> list[KeyCertificate]:
        """Return the installed certificate, if there is one yet."""
        with self._guard:
            self._record()
            try:
                found = read_certificate(KEY_ID, read_private(self._folder / _CERTIFICATE_FILE))
            except FileNotFoundError:
                return []
        if found is None:
            raise _damaged()
        return [found]

    def pin_status(self) -> PinStatus:
        """Tell the exact number of tries left."""
        left = self._record().tries_left
        return PinStatus(left, left < TRIES, left == 1, left <= 0, MIN_PIN, MAX_PIN, False)

    def unlock(self, pin: bytearray | None) -> None:
        """Open the key with the PIN, which is wiped. Raises PinIncorrect, PinLocked, PinLength, KeyAbsent."""
        try:
            if pin is None:
                raise PinLength("请输入演示密钥的 PIN。")
            with self._guard:
                key = self._opened(pin)
                self._key, self._used_at = key, clock()
        finally:
            wipe(pin)

    def sign(self, key_id: bytes, message: bytes) -> Signature:
        """Sign with ECDSA P-256 over SHA-256. Raises NotUnlocked, NoSigningCertificate, KeyAbsent."""
        with self._guard:
            if not (self._folder / _KEY_FILE).exists():
                self._key = None
                raise _absent()
            key = self._unlocked()
            if key is None:
                raise NotUnlocked("演示密钥尚未解锁，请先输入 PIN。")
            if key_id != KEY_ID:
                raise NoSigningCertificate
            self._used_at = clock()
            return Signature(ALGORITHM_EC, vault.sign_sha256(key, message))

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        """Replace the PIN; both are wiped, the key is locked afterwards. Raises what `unlock` raises."""
        try:
            if old == new:
                raise SignerError("新 PIN 不能与原 PIN 相同，请另选一个。")
            check_length(new, MIN_PIN, MAX_PIN, what="新 PIN")
            with self._guard:
                sealed = vault.seal(self._opened(old), new)
                record = self._record()
                now, then = _digest(read_private(self._folder / _KEY_FILE)), _digest(sealed)
                self._save(replace(record, seals=[now, then]))
                write_private(self._folder / _KEY_FILE, sealed)
                self._save(replace(record, seals=[then]))
        finally:
            wipe(old)
            wipe(new)
            self.lock()

    def lock(self) -> None:
        """Forget the opened key."""
        with self._guard:
            self._key = None

    def close(self) -> None:
        """Lock."""
        self.lock()

    def public_key_der(self) -> bytes:
        """Return the public key (SubjectPublicKeyInfo, DER); needs no PIN."""
        return _decoded(self._record().public_key)

    def certificate_request(self) -> bytes:
        """Return the PKCS#10 request (DER) made with the key; needs no PIN."""
        return _decoded(self._record().request)

    def install_certificate(self, der: bytes) -> None:
        """Take the certificate issued for this key. Raises SignerError when it is for another one."""
        from asn1crypto import x509

        if read_certificate(KEY_ID, der) is None:
            raise SignerError("这不是可用的证书文件，请核对后再安装。")
        body = x509.Certificate.load(der)["tbs_certificate"]
        if body["subject_public_key_info"].dump() != self.public_key_der():
            raise SignerError("证书与演示密钥不符，请核对证书是否为这把密钥签发。")
        write_private(self._folder / _CERTIFICATE_FILE, der)

    def _unlocked(self) -> EllipticCurvePrivateKey | None:
        if self._key is not None and clock() - self._used_at >= self._idle_seconds:
            self._key = None
        return self._key

    def _opened(self, pin: bytearray) -> EllipticCurvePrivateKey:
        """Spend one try, then look whether the PIN opens the key; a right one gives all tries back."""
        vault.require_cryptography()
        self._record()
        with folder_lock(self._folder):
            record = self._record()
            if record.tries_left <= 0:
                raise PinLocked(_LOCKED_TEXT)
            check_length(pin, MIN_PIN, MAX_PIN)
            self._key = None
            sealed = self._sealed(record)
            spent = replace(record, tries_left=record.tries_left - 1)
            self._save(spent)
            try:
                key = vault.unseal(sealed, pin)
            except vault.WrongPin:
                if spent.tries_left <= 0:
                    raise PinLocked(f"PIN 不正确，{_LOCKED_TEXT}") from None
                raise PinIncorrect(spent.tries_left, TRIES - spent.tries_left, key=NAME) from None
            self._save(replace(record, tries_left=TRIES))
            return key

    def _sealed(self, record: _Record) -> bytes:
        try:
            sealed = read_private(self._folder / _KEY_FILE)
        except FileNotFoundError:
            raise _damaged() from None
        if _digest(sealed) not in record.seals:
            raise _damaged()
        return sealed

    def _record(self) -> _Record:
        if not (self._folder / _KEY_FILE).exists():
            raise _absent()
        check_folder(self._folder)
        try:
            record = _Record(**json.loads(read_private(self._folder / _RECORD_FILE)))
        except (FileNotFoundError, ValueError, TypeError):
            raise _damaged() from None
        if type(record.tries_left) is not int or record.tries_left > TRIES or type(record.seals) is not list:
            raise _damaged()
        return record

    def _save(self, record: _Record) -> None:
        try:
            write_private(self._folder / _RECORD_FILE, json.dumps(asdict(record)).encode())
        except OSError as error:
            raise ModuleUnusable(f"演示密钥文件夹 {self._folder} 无法写入，请检查磁盘空间和权限。") from error


def create_demo_key(
    folder: Path,
    pin: bytearray,
    *,
    common_name: str,
    organization: str = "",
    replace_existing: bool = False,
    idle_seconds: float = 600,
) -> DemoKey:
    """Make a demo key and its certificate request in a folder (0700) of its own; the PIN (6 to 16) is wiped.

    The certificate comes later (`DemoKey.install_certificate`): the demo center's authority issues it for
    `certificate_request()` or `public_key_der()`. Raises SignerError when there is a key already.
    """
    folder = Path(folder)
    try:
        check_length(pin, MIN_PIN, MAX_PIN)
        vault.require_cryptography()
        make_folder(folder)
        if (folder / _KEY_FILE).exists() and not replace_existing:
            raise SignerError(f"{folder} 中已有演示密钥，请换一个文件夹或先删除旧密钥。")
        key = vault.new_private_key()
        sealed = vault.seal(key, pin)
    finally:
        wipe(pin)
    record = _Record(
        serial=secrets.token_hex(8).upper(),
        tries_left=TRIES,
        seals=[_digest(sealed)],
        public_key=base64.b64encode(vault.public_der(key)).decode(),
        request=base64.b64encode(vault.certificate_request(key, common_name, organization)).decode(),
    )
    for old in (_KEY_FILE, _RECORD_FILE, _CERTIFICATE_FILE):
        (folder / old).unlink(missing_ok=True)
    write_private(folder / _RECORD_FILE, json.dumps(asdict(record)).encode())
    write_private(folder / _KEY_FILE, sealed)
    return DemoKey(folder, idle_seconds=idle_seconds)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise _damaged() from None


def _absent() -> KeyAbsent:
    return KeyAbsent("没有找到演示密钥，请先生成演示密钥。")


def _damaged() -> ModuleUnusable:
    return ModuleUnusable("演示密钥文件缺失、损坏或被改动，请重新生成演示密钥。")
