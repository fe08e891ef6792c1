"""What is done with a token on the thread that owns its module: finding it, its PIN, its keys, signing."""

from __future__ import annotations

import contextlib
import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any

from ukey import cryptoki as ck
from ukey.certificates import in_order, normal_ec_signature, read_certificate
from ukey.pin import check_length
from ukey.pkcs11_module import Gone, InsertedToken, Module, refused
from ukey.signer import (
    ALGORITHM_EC,
    ALGORITHM_RSA,
    KeyAbsent,
    KeyCertificate,
    KeyRemoved,
    KeyState,
    NoSigningCertificate,
    NotUnlocked,
    PinIncorrect,
    PinLength,
    PinLocked,
    PinStatus,
    SeveralKeys,
    Signature,
    SignerError,
    TokenChoice,
)

_DIGEST_INFO_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017, section 9.2, note 1
_P256 = bytes.fromhex("06082a8648ce3d030107")
_CANCELLED = frozenset({ck.CKR_CANCEL, ck.CKR_FUNCTION_CANCELED, ck.CKR_FUNCTION_REJECTED})


def clock() -> float:
    """Seconds that also pass while the machine sleeps, so that a key does not stay unlocked over night."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(frozen=True, slots=True)
class _Key:
    algorithm: str
    handle: Any


class TokenSession:
    """The state of one signer on its token. All methods run on the thread that owns the module."""

    def __init__(self, wanted: str | None, idle_seconds: float) -> None:
        self.wanted = wanted
        self._idle_seconds = idle_seconds
        self._token: InsertedToken | None = None
        self._session: Any = None
        self._keys: dict[bytes, _Key] = {}
        self._generation = 0
        self._used_at = 0.0
        self._lost = False

    @property
    def facts(self) -> ck.TokenFacts | None:
        """What the token told of itself when it was last looked at; None while there is none."""
        return None if self._token is None else self._token.facts

    # -- finding the token

    def find(self, module: Module) -> InsertedToken:
        """Return the token with fresh facts. Raises KeyAbsent or SeveralKeys."""
        if self._token is not None:
            with contextlib.suppress(Gone):
                fresh = module.look(self._token.slot)
                if fresh.facts.serial == self._token.facts.serial and self._is_wanted(fresh):
                    self._token = fresh
                    return fresh
            self.lose(module)
        self._token = self._choose(module)
        return self._token

    def choices(self, module: Module) -> list[TokenChoice]:
        """List every inserted token."""
        if not module.tokens():
            module.revive(id(self))
        return [TokenChoice(token.facts.label, token.facts.serial) for token in module.tokens()]

    def select(self, module: Module, serial: str) -> None:
        """Lock the token used so far and use this one."""
        if all(token.facts.serial != serial for token in module.tokens()):
            raise KeyAbsent(f"没有找到序列号为 {serial} 的 UKey，请插好后再试。")
        self.release(module)
        self.wanted, self._token = serial, None
        self.find(module)

    def state(self, module: Module) -> KeyState:
        """Tell where the key stands; an unlocked session that has died is noticed here."""
        try:
            facts = self.find(module).facts
        except KeyAbsent:
            return KeyState.ABSENT
        except SeveralKeys:
            return KeyState.PRESENT
        if self._alive(module):
            return KeyState.READY
        self.release(module)
        return KeyState.BLOCKED if facts.flags & ck.CKF_USER_PIN_LOCKED else KeyState.PRESENT

    def _choose(self, module: Module) -> InsertedToken:
        found = [token for token in module.tokens() if self._is_wanted(token)]
        back_again = bool(found) and self._lost  # many drivers need a new start before they serve it
        if (back_again or not found) and module.revive(id(self), at_once=back_again):
            found = [token for token in module.tokens() if self._is_wanted(token)]
        if not found:
            raise KeyAbsent(f"没有找到配置的 UKey（{self.wanted}），请插好后再试。" if self.wanted else "")
        if len(found) > 1:
            raise SeveralKeys
        self._lost = False
        return found[0]

    def _is_wanted(self, token: InsertedToken) -> bool:
        return not self.wanted or self.wanted in (token.facts.serial, token.facts.label)

    # -- certificates

    def certificates(self, module: Module) -> list[KeyCertificate]:
        """Read the certificates over a public session, which needs no PIN."""
        token = self.find(module)
        try:
            with module.translated():
                if self._alive(module):
                    pairs = self._read_certificates(self._session)
                else:
                    session = token.slot.get_token().open()
                    try:
                        pairs = self._read_certificates(session)
                    finally:
                        self._close(module, session)
        except Gone:
            self.lose(module)
            raise KeyRemoved from None
        found = (read_certificate(key_id, der) for key_id, der in pairs)
        return in_order(self._with_key(one) for one in found if one is not None)

    @staticmethod
    def _read_certificates(session: Any) -> list[tuple[bytes, bytes]]:
        from pkcs11 import Attribute, ObjectClass

        return [
            (bytes(_attribute(found, Attribute.ID, b"")), bytes(_attribute(found, Attribute.VALUE, b"")))
            for found in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        ]

    def _with_key(self, certificate: KeyCertificate) -> KeyCertificate:
        """Once unlocked, a certificate without its private key cannot sign after all."""
        if self._session is None or not certificate.can_sign:
            return certificate
        key = self._keys.get(certificate.key_id)
        if key is not None and key.algorithm == certificate.algorithm:
            return certificate
        return replace(certificate, can_sign=False)

    # -- PIN

    def pin_status(self, module: Module) -> PinStatus:
        """Read the PIN flags anew; PKCS#11 tells a number only for the last try."""
        facts = self.find(module).facts
        locked = bool(facts.flags & ck.CKF_USER_PIN_LOCKED)
        final = bool(facts.flags & ck.CKF_USER_PIN_FINAL_TRY) and not locked
        return PinStatus(
            tries_left=0 if locked else 1 if final else None,
            low=bool(facts.flags & ck.CKF_USER_PIN_COUNT_LOW) or final or locked,
            final_try=final,
            locked=locked,
            min_length=facts.min_pin,
            max_length=facts.max_pin,
            pin_pad=bool(facts.flags & ck.CKF_PROTECTED_AUTHENTICATION_PATH),
        )

    def unlock(self, module: Module, pin: bytearray | None) -> None:
        """Log in once with this PIN and keep handles of the private keys."""
        token = self._before_pin(module, pin)
        session = self._open(module, token, rw=False)
        value = module.raw.login(session.handle, pin)
        if value == ck.CKR_USER_ALREADY_LOGGED_IN:  # another session's login: this PIN has not been looked at
            module.raw.logout(session.handle)
            value = module.raw.login(session.handle, pin)
        if value != ck.CKR_OK:
            self._close(module, session)
            raise self._pin_error(module, token, value)
        module.failures.pop(token.facts.serial, None)
        self._session, self._generation, self._used_at = session, module.generation, clock()
        module.unlocked.add(id(self))
        try:
            with module.translated():
                self._keys = _signing_keys(session)
        except Gone:
            self.lose(module)
            raise KeyRemoved from None
        except SignerError:
            self.release(module)
            raise

    def change_pin(self, module: Module, old: bytearray, new: bytearray) -> None:
        """Replace the PIN on a read-write session; the token is locked before and after."""
        token = self._before_pin(module, old)
        check_length(new, token.facts.min_pin, token.facts.max_pin, what="新 PIN")
        session = self._open(module, token, rw=True)
        try:
            value = module.raw.set_pin(session.handle, old, new)
            if value == ck.CKR_USER_NOT_LOGGED_IN:  # the old PIN has not been looked at yet
                value = module.raw.login(session.handle, old)
                if value == ck.CKR_OK:
                    value = module.raw.set_pin(session.handle, old, new)
                    module.raw.logout(session.handle)
            if value != ck.CKR_OK:
                raise self._pin_error(module, token, value)
        finally:
            self._close(module, session)
        module.failures.pop(token.facts.serial, None)

    def _before_pin(self, module: Module, pin: bytearray | None) -> InsertedToken:
        """Refuse what would burn a try for nothing, then lock what is open."""
        token = self.find(module)
        flags = token.facts.flags
        if flags & ck.CKF_USER_PIN_LOCKED:
            raise PinLocked
        if pin is not None:
            check_length(pin, token.facts.min_pin, token.facts.max_pin)
        elif not flags & ck.CKF_PROTECTED_AUTHENTICATION_PATH:
            raise PinLength
        self.release(module)
        return token

    def _pin_error(self, module: Module, token: InsertedToken, value: int) -> SignerError:
        """Say what a refused PIN means, with the flags as they are after it."""
        serial = token.facts.serial
        if value in ck.GONE:
            self.lose(module)
            return KeyRemoved()
        if value == ck.CKR_PIN_LOCKED:
            return PinLocked()
        if value == ck.CKR_PIN_INCORRECT:
            module.failures[serial] = failures = module.failures.get(serial, 0) + 1
            flags = 0
            with contextlib.suppress(Gone, SignerError):
                flags = module.look(token.slot).facts.flags
            if flags & ck.CKF_USER_PIN_LOCKED:
                return PinLocked(f"PIN 不正确，{PinLocked.default_text}")
            return PinIncorrect(1 if flags & ck.CKF_USER_PIN_FINAL_TRY else None, failures)
        if value in (ck.CKR_PIN_LEN_RANGE, ck.CKR_PIN_INVALID):
            return PinLength("UKey 不接受这样的 PIN，请按发证机构说明的长度和字符重新输入。")
        if value == ck.CKR_PIN_EXPIRED:
            return SignerError("UKey 的 PIN 已过期，请先修改 PIN 再使用。")
        if value == ck.CKR_USER_PIN_NOT_INITIALIZED:
            return SignerError("UKey 的 PIN 尚未设置，请联系发证机构初始化。")
        if value in _CANCELLED:
            return NotUnlocked("已在 UKey 上取消输入 PIN，需要时请重新操作。")
        return refused(value)

    # -- signing

    def sign(self, module: Module, key_id: bytes, message: bytes) -> Signature:
        """Sign the SHA-256 of the message, prehashed: the form every key and every tunnel lets through."""
        if self._session is not None and self._generation != module.generation:
            self._forget(module)
        if self._session is None:
            self._refuse_locked(module)
        if self.idle_for() >= self._idle_seconds:
            self.release(module)
            raise NotUnlocked("UKey 因长时间未用已自动锁定，请重新输入 PIN。")
        key = self._keys.get(key_id)
        if key is None:
            raise NoSigningCertificate
        try:
            with module.translated():
                value = _signature(key, hashlib.sha256(message).digest())
        except Gone:
            self.lose(module)
            raise KeyRemoved from None
        except NotUnlocked:
            self.release(module)
            raise
        self._used_at = clock()
        return Signature(key.algorithm, value)

    def _refuse_locked(self, module: Module) -> None:
        if self.find(module).facts.flags & ck.CKF_USER_PIN_LOCKED:
            raise PinLocked
        raise NotUnlocked

    # -- the session

    def idle_for(self) -> float:
        """Seconds since the key was last used."""
        return clock() - self._used_at

    def tick(self, module: Module) -> float | None:
        """Lock the token when it has been idle; return the seconds until that must be looked at again."""
        if self._session is None:
            return None
        left = self._idle_seconds - self.idle_for()
        if left > 0:
            return left
        self.release(module)
        return None

    def release(self, module: Module) -> None:
        """Log out and close; a key that is no longer there needs neither."""
        session, live = self._session, self._generation == module.generation
        self._forget(module)
        if session is not None and live:
            module.raw.logout(session.handle)
            self._close(module, session)

    def lose(self, module: Module) -> None:
        """Forget a token that is gone and let the module look for keys anew."""
        session = self._session
        self._forget(module)
        self._token, self._lost = None, True
        if not module.revive(id(self), at_once=True) and session is not None:
            self._close(module, session)

    def _forget(self, module: Module) -> None:
        self._session = None
        self._keys = {}
        module.unlocked.discard(id(self))

    def _alive(self, module: Module) -> bool:
        return (
            self._session is not None
            and self._generation == module.generation
            and module.raw.user_session(self._session.handle)
        )

    def _open(self, module: Module, token: InsertedToken, *, rw: bool) -> Any:
        try:
            with module.translated():
                return token.slot.get_token().open(rw=rw)
        except Gone:
            self.lose(module)
            raise KeyRemoved from None

    @staticmethod
    def _close(module: Module, session: Any) -> None:
        with contextlib.suppress(Gone, SignerError), module.translated():
            session.close()


def _signing_keys(session: Any) -> dict[bytes, _Key]:
    """Find the private keys that may sign, by CKA_ID. Keys of vendor types are passed over."""
    from pkcs11 import Attribute, KeyType, ObjectClass

    keys: dict[bytes, _Key] = {}
    for kind in (KeyType.RSA, KeyType.EC):
        wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: kind}
        for found in session.get_objects(wanted):
            if _attribute(found, Attribute.SIGN, True) is False:
                continue
            if kind is KeyType.RSA:
                algorithm = ALGORITHM_RSA
            elif bytes(_attribute(found, Attribute.EC_PARAMS, _P256)) == _P256:
                algorithm = ALGORITHM_EC
            else:
                continue
            keys[bytes(_attribute(found, Attribute.ID, b""))] = _Key(algorithm, found)
    return keys


def _attribute(found: Any, name: Any, default: Any) -> Any:
    """Read an attribute, or the default when this key does not tell it."""
    from pkcs11.exceptions import AttributeSensitive, AttributeTypeInvalid

    try:
        return found[name]
    except (AttributeTypeInvalid, AttributeSensitive):
        return default


def _signature(key: _Key, digest: bytes) -> bytes:
    from pkcs11 import Mechanism

    if key.algorithm == ALGORITHM_RSA:
        return bytes(key.handle.sign(_DIGEST_INFO_SHA256 + digest, mechanism=Mechanism.RSA_PKCS))
    value = bytes(key.handle.sign(digest, mechanism=Mechanism.ECDSA))
    try:
        return normal_ec_signature(value)
    except ValueError:
        raise SignerError("UKey 给出的签名格式不对，请联系发证机构更换驱动。") from None
