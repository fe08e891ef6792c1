"""What the rest of the program knows of a signing key: the `Signer` protocol, its values and its errors.

Nothing but the standard library stands behind it, so that every room may name these types at no cost. Every
call blocks; it is made from a worker, never from the screen's own loop. Any thread may call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from domain.httpsig import ALG_EC, ALG_RSA

ALGORITHM_RSA = ALG_RSA
ALGORITHM_EC = ALG_EC


class KeyState(StrEnum):
    """Where a key stands.

    ABSENT: nothing inserted. PRESENT: inserted, PIN not given. READY: unlocked. BLOCKED: PIN locked.
    """

    ABSENT = "absent"
    PRESENT = "present"
    READY = "ready"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class KeyCertificate:
    """One certificate found on a key.

    `key_id` names the private key for `Signer.sign`; `subject` and `issuer` are readable ("CN=…, O=…");
    `serial` is upper-case hexadecimal; the two dates are aware UTC times; `algorithm` is "rsa-v1_5-sha256",
    "ecdsa-p256-sha256", or "" for a key this program cannot use; `fingerprint` is the SHA-256 of the DER in
    lower-case hexadecimal. `can_sign` says that the key usage names digitalSignature or nonRepudiation, the
    algorithm is known and, once unlocked, that the private key is there: of the two certificates of a
    double-certificate key only the signing one has it. It says nothing about the dates.
    """

    key_id: bytes
    der: bytes
    subject: str
    common_name: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    algorithm: str
    fingerprint: str
    can_sign: bool


@dataclass(frozen=True, slots=True)
class PinStatus:
    """What the key tells about its PIN; `tries_left` is None when the key reports no number.

    Lengths are in bytes. With `pin_pad` the PIN is typed on the key itself: call `unlock(None)`. With
    `final_try` ask the person to confirm before another attempt.
    """

    tries_left: int | None
    low: bool
    final_try: bool
    locked: bool
    min_length: int
    max_length: int
    pin_pad: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature; an EC `value` is raw r||s (64 bytes), as RFC 9421 wants it."""

    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """One inserted key, as offered when several are inserted at once (W-10)."""

    label: str
    serial: str


class SignerError(Exception):
    """A key could not do what was asked; `text` is one Chinese sentence for the person, `code` is stable."""

    code = "ukey.failed"
    default_text = "UKey 操作失败，请重新插好 UKey 后再试。"

    def __init__(self, text: str = "") -> None:
        self.text = text or self.default_text
        super().__init__(self.text)


class KeyAbsent(SignerError):
    """No key is inserted, or none that was asked for."""

    code = "ukey.absent"
    default_text = "没有找到 UKey，请插好 UKey 后再试。"


class SeveralKeys(SignerError):
    """Several keys are inserted and none was chosen (W-10)."""

    code = "ukey.several"
    default_text = "同时插着多个 UKey，请先选定其中一个，或只保留要用的那一个。"


class KeyRemoved(SignerError):
    """The key was pulled out, or its connection was cut, while it was in use."""

    code = "ukey.removed"
    default_text = "UKey 已被拔出或连接中断，请重新插好并输入 PIN 后再试。"


class PinIncorrect(SignerError):
    """The PIN was wrong. `tries_left` is None when the key does not report it; nothing is tried again."""

    code = "ukey.pin_incorrect"

    def __init__(self, tries_left: int | None = None, failures: int = 1, *, key: str = "UKey") -> None:
        self.tries_left = tries_left
        self.failures = failures
        if tries_left is None:
            text = f"PIN 不正确，{key} 未报告剩余次数，已连续输错 {failures} 次，请核对后再输。"
        elif tries_left == 1:
            text = f"PIN 不正确，仅剩最后 1 次机会，再输错 {key} 将被锁死，请务必核对后再输。"
        else:
            text = f"PIN 不正确，还可以再试 {tries_left} 次，请核对后再输。"
        super().__init__(text)


class PinLocked(SignerError):
    """The PIN is locked after too many wrong attempts; only the issuer can unlock it."""

    code = "ukey.pin_locked"
    default_text = "UKey 的 PIN 已锁死，请携带 UKey 到住房公积金中心或发证机构解锁。"


class PinLength(SignerError):
    """The PIN is too short, too long or missing; the key was not asked and no attempt is lost."""

    code = "ukey.pin_length"
    default_text = "PIN 不能为空，请输入后再试。"


class KeyNotResponding(SignerError):
    """The key or its driver does not answer in time; the driver may answer later, or never."""

    code = "ukey.not_responding"
    default_text = "UKey 无响应，请拔下重插后再试，仍不行请退出程序重新打开。"


class NotUnlocked(SignerError):
    """The PIN has not been given, or the key was locked again after being idle."""

    code = "ukey.not_unlocked"
    default_text = "UKey 尚未解锁，请先输入 PIN。"


class ModuleUnusable(SignerError):
    """The driver (PKCS#11 module) or the key's files cannot be used as configured."""

    code = "ukey.module"
    default_text = "UKey 驱动无法使用，请运行 gjj doctor 查看原因。"


class NoSigningCertificate(SignerError):
    """The key holds no certificate with which it may sign."""

    code = "ukey.no_certificate"
    default_text = "UKey 中没有可用于签名的证书，请更换 UKey 或联系发证机构。"


@runtime_checkable
class Signer(Protocol):
    """A key that signs: a UKey through its PKCS#11 module, or the demo key. Calls raise SignerError."""

    is_demo: bool
    name: str

    def state(self) -> KeyState:
        """Tell where the key stands now; cheap enough to be asked every second or two."""
        ...

    def token_label(self) -> str:
        """Return the key's label, or "" while none is inserted."""
        ...

    def token_serial(self) -> str:
        """Return the key's serial number, or "" while none is inserted."""
        ...

    def certificates(self) -> list[KeyCertificate]:
        """List the certificates, those that can sign first; needs no PIN."""
        ...

    def pin_status(self) -> PinStatus:
        """Tell what is known of the PIN before it is asked for."""
        ...

    def unlock(self, pin: bytearray | None) -> None:
        """Give the PIN, which is wiped in every case; None when it is typed on the key itself."""
        ...

    def sign(self, key_id: bytes, message: bytes) -> Signature:
        """Sign the whole `message` (not a digest of it) with the key of a certificate."""
        ...

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        """Replace the PIN; both buffers are wiped in every case and the key is locked afterwards."""
        ...

    def lock(self) -> None:
        """Forget the unlocked state; never raises."""
        ...

    def close(self) -> None:
        """Lock and let the key go; never raises. A closed signer may be used again."""
        ...


@runtime_checkable
class TokenChooser(Protocol):
    """A signer that can offer a choice among several inserted keys (W-10)."""

    def tokens(self) -> list[TokenChoice]:
        """List the keys inserted now."""
        ...

    def select_token(self, serial: str) -> None:
        """Use the key with this serial number from now on; the one used before is locked."""
        ...
