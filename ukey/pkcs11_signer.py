"""A UKey behind any PKCS#11 module, as a `Signer`: any thread may call, one thread uses the module."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

from ukey.pin import wipe
from ukey.pkcs11_module import Module, ModuleOwner
from ukey.serial_thread import Busy
from ukey.signer import (
    KeyCertificate,
    KeyState,
    PinStatus,
    Signature,
    SignerError,
    TokenChoice,
)
from ukey.token_session import TokenSession

T = TypeVar("T")
_STATE_PATIENCE = 1.0
_CLOSE_WAIT = 2.0
_PIN_PAD_SECONDS = 120.0


class Pkcs11Signer:
    """A UKey. Nothing is loaded before the first call.

    `token_label` names the key by its label or its serial number; without it the only inserted key is used,
    and several inserted keys raise SeveralKeys until `select_token` is called. The key locks itself after
    `idle_seconds` without a signature. A call that takes longer than `timeout` seconds raises
    KeyNotResponding; what it was doing is undone should the driver come back.
    """

    is_demo = False
    name = "UKey"

    def __init__(
        self,
        module_path: str,
        *,
        token_label: str | None = None,
        idle_seconds: float = 600,
        timeout: float = 30,
    ) -> None:
        self._path = str(module_path)
        self._timeout = timeout
        self._on_token = TokenSession(token_label, idle_seconds)
        self._owner: ModuleOwner | None = None
        self._last_state: KeyState | None = None
        self._label = ""
        self._serial = ""

    def __repr__(self) -> str:
        return f"<Pkcs11Signer {self._path}>"

    def state(self) -> KeyState:
        """Tell where the key stands; the last known state while the key is at work on something else."""
        if self._last_state is None:
            return self._call(self._look)
        with contextlib.suppress(Busy):
            return self._call(self._look, patience=_STATE_PATIENCE)
        return self._last_state

    def token_label(self) -> str:
        """Return the label of the key, or ""."""
        self.state()
        return self._label

    def token_serial(self) -> str:
        """Return the serial number of the key, or ""."""
        self.state()
        return self._serial

    def tokens(self) -> list[TokenChoice]:
        """List the inserted keys (W-10)."""
        return self._call(self._on_token.choices)

    def select_token(self, serial: str) -> None:
        """Use the key with this serial number. Raises KeyAbsent."""
        self._call(lambda module: self._on_token.select(module, serial))

    def certificates(self) -> list[KeyCertificate]:
        """List the certificates; needs no PIN. Raises KeyAbsent, SeveralKeys, KeyRemoved."""
        return self._call(self._on_token.certificates)

    def pin_status(self) -> PinStatus:
        """Tell what the key says of its PIN now. Raises KeyAbsent, SeveralKeys."""
        return self._call(self._on_token.pin_status)

    def unlock(self, pin: bytearray | None) -> None:
        """Give the PIN once; it is wiped. A key that was unlocked is locked first.

        Raises PinIncorrect, PinLocked, PinLength, KeyAbsent, SeveralKeys, KeyRemoved, KeyNotResponding.
        """
        if pin is None:
            self._call(lambda module: self._on_token.unlock(module, None), limit=_PIN_PAD_SECONDS, undo=True)
        else:
            own = bytearray(pin)
            wipe(pin)
            self._call(lambda module: self._on_token.unlock(module, own), secrets=(own,), undo=True)
        self._last_state = KeyState.READY

    def sign(self, key_id: bytes, message: bytes) -> Signature:
        """Sign a message with RSA PKCS#1 v1.5 or ECDSA P-256 over SHA-256.

        Raises NotUnlocked, KeyAbsent, KeyRemoved, NoSigningCertificate, KeyNotResponding.
        """
        return self._call(lambda module: self._on_token.sign(module, key_id, message))

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        """Replace the PIN; both are wiped. Raises what `unlock` raises."""
        own_old, own_new = bytearray(old), bytearray(new)
        same = own_old == own_new
        wipe(old)
        wipe(new)
        if same:
            wipe(own_old)
            wipe(own_new)
            raise SignerError("新 PIN 不能与原 PIN 相同，请另选一个。")
        self._call(
            lambda module: self._on_token.change_pin(module, own_old, own_new), secrets=(own_old, own_new)
        )

    def lock(self) -> None:
        """Log out; when the key does not answer, as soon as it does."""
        if self._owner is not None:
            self._owner.post(self._on_token.release, limit=self._timeout, wait=_CLOSE_WAIT)

    def close(self) -> None:
        """Lock, and let go of the module's thread."""
        self.lock()
        if self._owner is not None:
            self._owner.unwatch(id(self._on_token))

    def _look(self, module: Module) -> KeyState:
        state = self._last_state = self._on_token.state(module)
        facts = self._on_token.facts
        self._label = facts.label if facts else ""
        self._serial = facts.serial if facts else ""
        return state

    def _call(
        self,
        work: Callable[[Module], T],
        *,
        limit: float | None = None,
        secrets: tuple[bytearray, ...] = (),
        undo: bool = False,
        patience: float | None = None,
    ) -> T:
        try:
            owner = self._owner = self._owner or ModuleOwner.of(self._path)
        except SignerError:
            for secret in secrets:
                wipe(secret)
            raise
        owner.watch(id(self._on_token), self._on_token.tick)
        return owner.call(
            work,
            limit=self._timeout if limit is None else limit,
            secrets=secrets,
            undo=self._on_token.release if undo else None,
            patience=patience,
        )
