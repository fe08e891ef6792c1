from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import (
    MAX_DEPTH,
    MAX_INT,
    CanonicalError,
    canonical_json,
    content_digest,
    sha256_hex,
    strict_loads,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int) -> Any:
    value: Any = "core"
    for level in range(depth):
        value = [value] if level % 2 else {"k": value}
    return value


def test_keys_are_ordered_by_utf_16_units() -> None:
    # RFC 8785 section 3.2.3: the euro sign, a carriage return, a Hebrew letter, a digit, an emoji, a control
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\u00f6"]
    assert canonical_json(dict.fromkeys(names, 0)).decode("utf-8") == (
        '{"\\r":0,"1":0,"\x80":0,"\u00f6":0,"\u20ac":0,"\U0001f600":0,"\ufb33":0}'
    )


def test_the_shortest_escapes_are_written() -> None:
    # RFC 8785 section 3.2.2.2
    text = '\u20ac$\x0f\nA\'B"\\"/\x7f\u2028\b\t\f\r\x00'
    assert canonical_json(text).decode("utf-8") == (
        '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/\x7f\u2028\\b\\t\\f\\r\\u0000"'
    )


class Kind(StrEnum):
    OPEN = "open"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ([[], {}, [1]], "[[],{},[1]]"),
        ({"b": [True, False, None], "a": -7}, '{"a":-7,"b":[true,false,null]}'),
        ({"姓名": "𠮷田", "基数": "8000.00"}, '{"基数":"8000.00","姓名":"𠮷田"}'),
        ({"kind": Kind.OPEN}, '{"kind":"open"}'),
        (MAX_INT, "9007199254740991"),
        ("", '""'),
    ],
)
def test_the_canonical_form(value: object, text: str) -> None:
    assert canonical_json(value) == text.encode("utf-8")


@given(JSON)
def test_the_form_is_json_of_the_same_value_and_stable(value: Any) -> None:
    data = canonical_json(value)
    assert json.loads(data) == value
    assert strict_loads(data) == value
    assert canonical_json(strict_loads(data)) == data


@given(st.dictionaries(st.text(), st.integers(0, 9), max_size=6))
def test_the_order_of_entry_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), [0.1], {"a": 1e3}, (1, 2), {1: 2}, {None: 1}, b"x", {1, 2}]
)
def test_other_types_have_no_form(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (MAX_INT + 1, "json.integer"),
        (-MAX_INT - 1, "json.integer"),
        ("\ud800", "json.surrogate"),
        ({"\udfff": 1}, "json.surrogate"),
        (nested(MAX_DEPTH + 1), "json.depth"),
        (nested(5000), "json.depth"),
    ],
)
def test_values_without_one_meaning_are_not_written(value: object, code: str) -> None:
    with pytest.raises(CanonicalError) as caught:
        canonical_json(value)
    assert caught.value.code == code


def test_the_deepest_allowed_value_goes_both_ways() -> None:
    value = nested(MAX_DEPTH)
    assert strict_loads(canonical_json(value)) == value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json.syntax"),
        (b"{", "json.syntax"),
        (b"{'a':1}", "json.syntax"),
        (b'{"a":1,}', "json.syntax"),
        (b'{"a":01}', "json.syntax"),
        (b'{"a":1}x', "json.syntax"),
        (b'"\x01"', "json.syntax"),
        (b"\xef\xbb\xbf{}", "json.syntax"),
        ('"张"'.encode("gbk"), "json.utf8"),
        (b'"\xed\xa0\x80"', "json.utf8"),
        (b'{"a":1,"a":1}', "json.duplicate_key"),
        (b'[{"a":{"b":1,"\\u0062":2}}]', "json.duplicate_key"),
        (b'{"a":1.0}', "json.float"),
        (b"1e400", "json.float"),
        (b"[1E2]", "json.float"),
        (b"NaN", "json.float"),
        (b"[-Infinity]", "json.float"),
        (b"9007199254740992", "json.integer"),
        (b"-" + b"9" * 100_000, "json.integer"),
        (b'"\\ud800"', "json.surrogate"),
        (b'{"\\udc00":1}', "json.surrogate"),
        (b"[" * 33 + b"]" * 33, "json.depth"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "json.depth"),
        (b"[" * 100_000, "json.depth"),
    ],
)
def test_json_without_one_meaning_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(CanonicalError) as caught:
        strict_loads(data)
    assert caught.value.code == code
    assert caught.value.text.endswith("。")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a" : [1, -0, "\\ud83d\\ude00"]} ', {"a": [1, 0, "\U0001f600"]}),
        (b"true", True),
        (b"[" * 32 + b"]" * 32, None),
    ],
)
def test_other_spellings_of_one_meaning_are_read(data: bytes, value: object) -> None:
    assert strict_loads(data) == value or value is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = strict_loads(data)
    except CanonicalError:
        return
    assert strict_loads(canonical_json(value)) == value


def test_digests() -> None:
    # RFC 9530 appendix D
    assert content_digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_hex(b"") == hashlib.sha256().hexdigest()
