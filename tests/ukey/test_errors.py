"""Every error of a key is one sentence in Chinese with a code of its own."""

from __future__ import annotations

import pytest

from tests.ukey.checks import is_one_sentence
from ukey import signer
from ukey.cryptoki import (
    CKR_DEVICE_REMOVED,
    CKR_FUNCTION_CANCELED,
    CKR_PIN_EXPIRED,
    CKR_PIN_LEN_RANGE,
    CKR_PIN_LOCKED,
)
from ukey.pkcs11_module import refused
from ukey.signer import PinIncorrect, SignerError

KINDS: list[type[SignerError]] = [
    value
    for value in vars(signer).values()
    if isinstance(value, type) and issubclass(value, SignerError) and value.__name__ != "PinIncorrect"
]


def test_codes_differ() -> None:
    codes = [kind.code for kind in KINDS]
    assert len({*codes, PinIncorrect.code}) == len(codes) + 1 == 11


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_sentences(kind: type[SignerError]) -> None:
    is_one_sentence(kind())


@pytest.mark.parametrize("left", [None, 1, 2, 5])
def test_sentences_of_the_count(left: int | None) -> None:
    error = PinIncorrect(left, 3)
    is_one_sentence(error)
    assert error.tries_left == left


@pytest.mark.parametrize("value", [0x5, 0x80000123, "DeviceMemory"])
def test_answers_with_no_meaning_for_people(value: int | str) -> None:
    error = refused(value)
    is_one_sentence(error)
    shown = value if isinstance(value, str) else f"0x{value:X}"
    assert shown in error.text


def test_numbers_are_those_of_the_standard() -> None:
    """PKCS#11 v2.40, section 11.1."""
    numbers = [
        CKR_DEVICE_REMOVED,
        CKR_FUNCTION_CANCELED,
        CKR_PIN_LEN_RANGE,
        CKR_PIN_EXPIRED,
        CKR_PIN_LOCKED,
    ]
    assert numbers == [0x32, 0x50, 0xA2, 0xA3, 0xA4]
