"""One byte form for one JSON value: both sides digest and sign the same bytes (RFC 8785, RFC 9530)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any, NoReturn

MAX_DEPTH = 32
"""Deepest nesting of lists and objects."""

MAX_INT = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8785 section 3.2.2.3)."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_encode = _encoder.encode
_flat: Any = (
    c_make_encoder(None, _encoder.default, encode_basestring, None, ":", ",", True, False, False)
    if c_make_encoder is not None
    else None
)
"""The standard library's encoder made once, for objects of texts under ASCII keys: rows by the thousand."""


def _plain_key(key: object) -> bool:
    """A key whose order by characters is that of UTF-16."""
    return type(key) is str and key.isascii()


def _is_text(value: object) -> bool:
    return type(value) is str


class CanonicalError(ValueError):
    """JSON that has no single meaning; `code` is stable, `text` one Chinese sentence.

    Codes: json.utf8, json.syntax, json.duplicate_key, json.float, json.integer, json.depth, json.surrogate.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def canonical_json(value: object) -> bytes:
    """UTF-8 bytes of a value after RFC 8785: no blanks, keys in UTF-16 order, shortest escapes.

    Takes str, int, bool, None, list and dict with str keys, nested at most 32 deep. Raises TypeError for
    anything else, floats among them; CanonicalError for integers beyond 2^53-1, lone surrogates and depth.
    """
    parts: list[str] = []
    _write(value, parts, 1)
    return "".join(parts).encode("utf-8")


def _write(value: object, parts: list[str], depth: int) -> None:
    if isinstance(value, str):
        parts.append(_string(value))
    elif value is None or isinstance(value, bool):
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int):
        parts.append(_integer(int(value)))
    elif isinstance(value, list):
        _check_depth(depth)
        for index, item in enumerate(value):
            parts.append("," if index else "[")
            _write(item, parts, depth + 1)
        parts.append("]" if value else "[]")
    elif isinstance(value, dict):
        _write_object(value, parts, depth)
    else:
        raise TypeError(f"{type(value).__name__} has no canonical form")


def _write_object(value: dict[Any, Any], parts: list[str], depth: int) -> None:
    _check_depth(depth)
    if _flat is not None and all(map(_plain_key, value)) and all(map(_is_text, value.values())):
        text = "".join(_flat(value, 0))
        if not text.isascii() and _SURROGATE.search(text):
            _refuse_surrogate()
        parts.append(text)
        return
    if not all(isinstance(key, str) for key in value):
        raise TypeError("object keys must be str")
    for index, key in enumerate(sorted(value, key=_utf16)):
        parts.append("," if index else "{")
        parts.append(_string(key))
        parts.append(":")
        _write(value[key], parts, depth + 1)
    parts.append("}" if value else "{}")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _string(value: str) -> str:
    if not value.isascii() and _SURROGATE.search(value):
        _refuse_surrogate()
    return _encode(value)


def _integer(value: int) -> str:
    if abs(value) > MAX_INT:
        raise CanonicalError("json.integer", "报文中的整数超出可准确表示的范围，请检查发送方程序。")
    return str(value)


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CanonicalError("json.depth", f"报文嵌套超过{MAX_DEPTH}层，请检查发送方程序。")


def _refuse_surrogate() -> NoReturn:
    raise CanonicalError("json.surrogate", "报文中有残缺的字符（孤立代理项），请检查发送方程序。")


# ---- reading -------------------------------------------------------------------------------------


def strict_loads(data: bytes) -> object:
    """The value of a JSON text that every reader understands alike.

    Refuses, as CanonicalError: bytes that are not UTF-8 or begin with a BOM, duplicate keys, numbers with
    point or exponent, NaN and Infinity, integers beyond 2^53-1, lone surrogates, nesting deeper than 32.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise CanonicalError("json.utf8", "报文不是 UTF-8 编码，请检查发送方程序。") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_refuse_float,
            parse_constant=_refuse_float,
            parse_int=_read_int,
        )
    except CanonicalError:
        raise
    except RecursionError:
        raise CanonicalError("json.depth", f"报文嵌套超过{MAX_DEPTH}层，请检查发送方程序。") from None
    except ValueError:
        raise CanonicalError("json.syntax", "报文不是正确的 JSON，请检查发送方程序。") from None
    _inspect(value, surrogates="\\u" in text)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise CanonicalError("json.duplicate_key", "报文中有重复的字段名，请检查发送方程序。")
    return result


def _refuse_float(_text: str) -> NoReturn:
    raise CanonicalError("json.float", "报文中的数字只能是整数，请检查发送方程序。")


def _read_int(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INT:
        raise CanonicalError("json.integer", "报文中的整数超出可准确表示的范围，请检查发送方程序。")
    return int(text)


def _inspect(value: object, *, surrogates: bool) -> None:
    """Depth and surrogates of a whole value, level by level.

    UTF-8 cannot bring a lone surrogate, only an escape can: without any the texts need not be looked at.
    """
    depth, level = 1, [value]
    while level:
        deeper: list[object] = []
        for item in level:
            if isinstance(item, dict):
                _check_depth(depth)
                deeper += item.values()
                if surrogates:
                    deeper += item
            elif isinstance(item, list):
                _check_depth(depth)
                deeper += item
            elif surrogates and isinstance(item, str) and not item.isascii() and _SURROGATE.search(item):
                _refuse_surrogate()
        depth, level = depth + 1, deeper


# ---- digests -------------------------------------------------------------------------------------


def sha256_hex(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


def content_digest(body: bytes) -> str:
    """The Content-Digest field of a body: `sha-256=:...:` (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}:"
