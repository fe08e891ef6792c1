"""One PKCS#11 module of the process: loaded once, used by one thread, shared by the signers that need it."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from ukey.cryptoki import CKF_TOKEN_INITIALIZED, GONE, Cryptoki, CryptokiError, TokenFacts
from ukey.serial_thread import SerialThread
from ukey.signer import ModuleUnusable, NotUnlocked, SignerError

if TYPE_CHECKING:
    from pkcs11.types import Slot

T = TypeVar("T")
_REVIVE_EVERY = 2.0  # seconds between attempts to find a key again by initialising the module anew

_HEXADECIMAL = re.compile(r"0x[0-9A-Fa-f]+")
_GONE_NAMES = frozenset(
    {
        "CryptokiNotInitialized",
        "DeviceError",
        "DeviceRemoved",
        "KeyHandleInvalid",
        "ObjectHandleInvalid",
        "SessionClosed",
        "SessionHandleInvalid",
        "SlotIDInvalid",
        "TokenNotPresent",
        "TokenNotRecognised",
    }
)


class Gone(Exception):
    """The token is no longer there, or what we hold of it is no longer valid."""


@dataclass(frozen=True, slots=True)
class InsertedToken:
    """A token that is in its slot now, with what it told of itself."""

    slot: Slot
    facts: TokenFacts


class Module:
    """The loaded module. All methods run on the thread that owns it."""

    def __init__(self, path: str) -> None:
        try:
            import pkcs11
        except ImportError as error:
            raise ModuleUnusable("缺少 python-pkcs11，无法使用 UKey，请重新安装本程序。") from error

        self._pkcs11 = pkcs11
        try:
            self.library = pkcs11.lib(path)
            self.raw = Cryptoki(path)
        except (pkcs11.PKCS11Error, CryptokiError, OSError, AttributeError) as error:
            raise ModuleUnusable(f"UKey 驱动 {path} 无法加载，请核对配置或重新安装驱动。") from error
        # Never unload: a driver thread that hangs in the module would lose its code at exit.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.library))
        self.generation = 0
        self.failures: dict[str, int] = {}
        """Wrong PINs in a row by token serial, for keys that report nothing."""
        self.unlocked: set[int] = set()
        """Identities of the signers that hold an unlocked session."""
        self._revived_at = time.monotonic()

    def tokens(self) -> list[InsertedToken]:
        """List the initialised tokens that are inserted. Raises SignerError when the module refuses."""
        found: list[InsertedToken] = []
        with contextlib.suppress(Gone), self.translated():
            for slot in self._slots():
                with contextlib.suppress(Gone, SignerError):  # one broken slot hides no other
                    token = self.look(slot)
                    if token.facts.flags & CKF_TOKEN_INITIALIZED:
                        found.append(token)
        return found

    def look(self, slot: Slot) -> InsertedToken:
        """Ask a slot anew what is in it. Raises Gone when it is empty."""
        try:
            return InsertedToken(slot, self.raw.token_facts(slot.slot_id))
        except CryptokiError as error:
            if error.value in GONE:
                raise Gone from error
            raise refused(error.value) from error

    def revive(self, signer: int, *, at_once: bool = False) -> bool:
        """Initialise the module anew, without which many drivers never see a key again.

        Done only while no other signer holds an unlocked session, and not more often than every two seconds
        unless `at_once`. Returns whether it was done.
        """
        now = time.monotonic()
        if self.unlocked - {signer} or (not at_once and now - self._revived_at < _REVIVE_EVERY):
            return False
        self._revived_at = now
        self.generation += 1
        with contextlib.suppress(self._pkcs11.PKCS11Error):
            self.library.reinitialize()
        return True

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turn python-pkcs11's exceptions into Gone, NotUnlocked or another SignerError."""
        try:
            yield
        except self._pkcs11.PKCS11Error as error:
            name = type(error).__name__
            if name in _GONE_NAMES:
                raise Gone from error
            if name == "UserNotLoggedIn":
                raise NotUnlocked from error
            unmapped = _HEXADECIMAL.search(str(error))
            raise refused(unmapped.group() if unmapped else name) from error

    def shut_down(self) -> None:
        """Finish with the module at the end of the process."""
        with contextlib.suppress(self._pkcs11.PKCS11Error):
            self.library.finalize()

    def _slots(self) -> list[Slot]:
        if not self.library.initialized:
            self.library.initialize()
        return self.library.get_slots(token_present=True)


def refused(value: int | str) -> SignerError:
    """Make the error for an answer that has no meaning of its own for a person."""
    shown = f"0x{value:X}" if isinstance(value, int) else value
    return SignerError(f"UKey 操作失败（{shown}），请重新插好 UKey 后再试，仍不行请联系发证机构。")


class ModuleOwner:
    """The module of one path and the thread that owns it; one per process and path (`ModuleOwner.of`)."""

    _all: ClassVar[dict[str, ModuleOwner]] = {}
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, path: str) -> None:
        self.path = path
        self._module: Module | None = None
        self._clocks: dict[int, Callable[[Module], float | None]] = {}
        self._thread = SerialThread("ukey", self._tick)
        atexit.register(self._at_exit)

    @classmethod
    def of(cls, path: str) -> ModuleOwner:
        """Return the owner of the module at this path, made at first use. Raises ModuleUnusable."""
        real = os.path.realpath(path)
        if not os.path.isfile(real):
            raise ModuleUnusable(f"找不到 UKey 驱动文件 {path}，请核对配置中的驱动路径或重新安装驱动。")
        with cls._guard:
            if real not in cls._all:
                cls._all[real] = cls(real)
            return cls._all[real]

    def call(
        self,
        work: Callable[[Module], T],
        *,
        limit: float,
        secrets: tuple[bytearray, ...] = (),
        undo: Callable[[Module], None] | None = None,
        patience: float | None = None,
    ) -> T:
        """Run `work` with the module on its thread; see `SerialThread.call`. Raises ModuleUnusable too."""
        return self._thread.call(
            lambda: work(self._loaded()),
            limit=limit,
            secrets=secrets,
            undo=None if undo is None else lambda: undo(self._loaded()),
            patience=patience,
        )

    def post(self, work: Callable[[Module], None], *, limit: float, wait: float) -> bool:
        """Have `work` done if the module is loaded; wait at most `wait` seconds."""
        return self._thread.post(lambda: self._if_loaded(work), limit=limit, wait=wait)

    def watch(self, signer: int, clock: Callable[[Module], float | None]) -> None:
        """Call `clock` between jobs; it returns the seconds until it wants to be called again, or None."""
        self._clocks[signer] = clock

    def unwatch(self, signer: int) -> None:
        """Stop calling the clock of this signer."""
        self._clocks.pop(signer, None)

    def _loaded(self) -> Module:
        if self._module is None:
            self._module = Module(self.path)
        return self._module

    def _if_loaded(self, work: Callable[[Module], None]) -> None:
        if self._module is not None:
            work(self._module)

    def _tick(self) -> float | None:
        if self._module is None:
            return None
        module = self._module
        waits = [clock(module) for clock in list(self._clocks.values())]
        return min((wait for wait in waits if wait is not None), default=None)

    def _at_exit(self) -> None:
        self.post(Module.shut_down, limit=2.0, wait=2.0)
