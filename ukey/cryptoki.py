"""The few PKCS#11 calls python-pkcs11 does not offer, made on the module it has already loaded (ctypes).

Login on a session that is already open (so that a wrong PIN leaks no session) with a buffer that can be
wiped, fresh token information with PIN lengths and the label's raw bytes, PIN change, the session's state.
PKCS#11 v2.40, sections 3.2 (structures), 4.x of the C header (order of the function list).
"""

from __future__ import annotations

import ctypes
import sys
import unicodedata
from dataclasses import dataclass
from typing import Any

_ULONG = ctypes.c_ulong
_UNAVAILABLE = _ULONG(-1).value
_PACK = 1 if sys.platform == "win32" else 0

CKR_OK = 0x000
CKR_CANCEL = 0x001
CKR_SLOT_ID_INVALID = 0x003
CKR_DEVICE_ERROR = 0x030
CKR_DEVICE_REMOVED = 0x032
CKR_FUNCTION_CANCELED = 0x050
CKR_KEY_HANDLE_INVALID = 0x060
CKR_OBJECT_HANDLE_INVALID = 0x082
CKR_PIN_INCORRECT = 0x0A0
CKR_PIN_INVALID = 0x0A1
CKR_PIN_LEN_RANGE = 0x0A2
CKR_PIN_EXPIRED = 0x0A3
CKR_PIN_LOCKED = 0x0A4
CKR_SESSION_CLOSED = 0x0B0
CKR_SESSION_HANDLE_INVALID = 0x0B3
CKR_TOKEN_NOT_PRESENT = 0x0E0
CKR_TOKEN_NOT_RECOGNIZED = 0x0E1
CKR_USER_ALREADY_LOGGED_IN = 0x100
CKR_USER_NOT_LOGGED_IN = 0x101
CKR_USER_PIN_NOT_INITIALIZED = 0x102
CKR_CRYPTOKI_NOT_INITIALIZED = 0x190
CKR_FUNCTION_REJECTED = 0x200

CKF_PROTECTED_AUTHENTICATION_PATH = 0x100
CKF_TOKEN_INITIALIZED = 0x400
CKF_USER_PIN_COUNT_LOW = 0x10000
CKF_USER_PIN_FINAL_TRY = 0x20000
CKF_USER_PIN_LOCKED = 0x40000

CKU_USER = 1
_CKS_USER_FUNCTIONS = (1, 3)  # read-only and read-write user sessions

GONE = frozenset(
    {
        CKR_SLOT_ID_INVALID,
        CKR_DEVICE_ERROR,
        CKR_DEVICE_REMOVED,
        CKR_KEY_HANDLE_INVALID,
        CKR_OBJECT_HANDLE_INVALID,
        CKR_SESSION_CLOSED,
        CKR_SESSION_HANDLE_INVALID,
        CKR_TOKEN_NOT_PRESENT,
        CKR_TOKEN_NOT_RECOGNIZED,
        CKR_CRYPTOKI_NOT_INITIALIZED,
    }
)
"""Return values after which the key, or what we hold of it, is no longer there."""

_FUNCTIONS = {
    "C_GetTokenInfo": 6,
    "C_InitToken": 9,
    "C_SetPIN": 11,
    "C_GetSessionInfo": 15,
    "C_Login": 18,
    "C_Logout": 19,
}


class _Version(ctypes.Structure):
    _fields_ = [("major", ctypes.c_ubyte), ("minor", ctypes.c_ubyte)]


class _FunctionList(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("version", _Version), ("functions", ctypes.c_void_p * 68)]


class _TokenInfo(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [
        ("label", ctypes.c_ubyte * 32),
        ("manufacturer", ctypes.c_ubyte * 32),
        ("model", ctypes.c_ubyte * 16),
        ("serial", ctypes.c_ubyte * 16),
        ("flags", _ULONG),
        ("max_sessions", _ULONG),
        ("sessions", _ULONG),
        ("max_rw_sessions", _ULONG),
        ("rw_sessions", _ULONG),
        ("max_pin", _ULONG),
        ("min_pin", _ULONG),
        ("total_public", _ULONG),
        ("free_public", _ULONG),
        ("total_private", _ULONG),
        ("free_private", _ULONG),
        ("hardware", _Version),
        ("firmware", _Version),
        ("utc_time", ctypes.c_ubyte * 16),
    ]


class _SessionInfo(ctypes.Structure):
    _pack_ = _PACK
    _fields_ = [("slot", _ULONG), ("state", _ULONG), ("flags", _ULONG), ("device_error", _ULONG)]


class CryptokiError(Exception):
    """A PKCS#11 call answered something else than CKR_OK; `value` is that answer."""

    def __init__(self, value: int) -> None:
        self.value = value
        super().__init__(f"0x{value:X}")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a token says of itself at this moment; PIN lengths in bytes, `max_pin` 0 when it names none."""

    label: str
    serial: str
    flags: int
    min_pin: int
    max_pin: int


def decode_text(raw: bytes) -> str:
    """Decode a fixed-width PKCS#11 text: UTF-8, else GBK (Chinese keys), without its padding."""
    trimmed = raw.split(b"\0", 1)[0].rstrip()
    for encoding in ("utf-8", "gb18030"):
        try:
            text = trimmed.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = trimmed.decode("latin-1")
    return visible(text)


def visible(text: str) -> str:
    """Drop control, format (bidi, zero width), surrogate and line-break characters."""
    return "".join(ch for ch in text if unicodedata.category(ch) not in _HIDDEN).strip()


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Cryptoki:
    """Direct calls into one module; used only on the thread that owns it."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)
        table = ctypes.POINTER(_FunctionList)()
        get_list = self._library.C_GetFunctionList
        get_list.restype = _ULONG
        self._check(get_list(ctypes.byref(table)))
        self._functions = table.contents.functions

    def call(self, name: str, *arguments: Any) -> int:
        """Call a function of the list with ctypes values and return its CK_RV."""
        prototype = ctypes.CFUNCTYPE(_ULONG, *(type(argument) for argument in arguments))
        return int(prototype(self._functions[_FUNCTIONS[name]])(*arguments))

    def token_facts(self, slot_id: int) -> TokenFacts:
        """Read a token's information anew (python-pkcs11 keeps stale flags). Raises CryptokiError."""
        info = _TokenInfo()
        self._check(self.call("C_GetTokenInfo", _ULONG(slot_id), _address(info)))
        minimum, maximum = int(info.min_pin), int(info.max_pin)
        if maximum == _UNAVAILABLE:
            maximum = 0
        if minimum == _UNAVAILABLE or (maximum and minimum > maximum):
            minimum = 0
        return TokenFacts(
            label=decode_text(bytes(info.label)),
            serial=decode_text(bytes(info.serial)),
            flags=int(info.flags),
            min_pin=minimum,
            max_pin=maximum,
        )

    def login(self, session: int, pin: bytearray | None) -> int:
        """Log the user in on an open session; return the CK_RV. With None the key itself asks for the PIN."""
        data, length = _buffer(pin)
        return self.call("C_Login", _ULONG(session), _ULONG(CKU_USER), data, _ULONG(length))

    def logout(self, session: int) -> int:
        """Log out: for all sessions of this process on the token."""
        return self.call("C_Logout", _ULONG(session))

    def set_pin(self, session: int, old: bytearray, new: bytearray) -> int:
        """Change the user PIN on a read-write session and return the CK_RV."""
        old_data, old_length = _buffer(old)
        new_data, new_length = _buffer(new)
        return self.call(
            "C_SetPIN", _ULONG(session), old_data, _ULONG(old_length), new_data, _ULONG(new_length)
        )

    def user_session(self, session: int) -> bool:
        """Tell whether the session is alive and logged in. A module that does not answer is believed."""
        info = _SessionInfo()
        value = self.call("C_GetSessionInfo", _ULONG(session), _address(info))
        if value in GONE:
            return False
        return value != CKR_OK or info.state in _CKS_USER_FUNCTIONS

    @staticmethod
    def _check(value: int) -> None:
        if value != CKR_OK:
            raise CryptokiError(value)


def _address(structure: ctypes.Structure) -> ctypes.c_void_p:
    return ctypes.c_void_p(ctypes.addressof(structure))


def _buffer(data: bytearray | None) -> tuple[ctypes.c_void_p, int]:
    """Point at the bytes of a buffer without copying them."""
    if data is None:
        return ctypes.c_void_p(None), 0
    array = (ctypes.c_ubyte * len(data)).from_buffer(data)
    return ctypes.c_void_p(ctypes.addressof(array)), len(data)
