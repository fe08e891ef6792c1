"""Signatures of a real PKCS#11 module, verified by another library."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.exceptions import InvalidSignature

from tests.support.softhsm import SoftToken, make_token
from tests.ukey.checks import PIN, is_one_sentence, pin, verify
from ukey.certificates import normal_ec_signature
from ukey.pkcs11_signer import Pkcs11Signer
from ukey.signer import (
    KeyState,
    NoSigningCertificate,
    NotUnlocked,
    PinIncorrect,
    PinLength,
    Signer,
    SignerError,
    TokenChooser,
)

MESSAGE = "职工登记：张三，8000.00 元".encode()


def test_it_is_a_signer(signer: Pkcs11Signer) -> None:
    as_signer: Signer = signer
    as_chooser: TokenChooser = signer
    assert isinstance(as_signer, Signer)
    assert isinstance(as_chooser, TokenChooser)
    assert (signer.is_demo, signer.name) == (False, "UKey")


@pytest.mark.parametrize("index", [0, 1], ids=["rsa", "ec"])
def test_a_signature_verifies(signer: Pkcs11Signer, shared_token: SoftToken, index: int) -> None:
    signer.unlock(pin())
    signature = signer.sign(bytes([index + 1]), MESSAGE)
    verify(shared_token.certificates[index], MESSAGE, signature)
    with pytest.raises(InvalidSignature):
        verify(shared_token.certificates[index], MESSAGE + b" ", signature)


@pytest.mark.parametrize("size", [0, 1, 2048, 5_000_000])
def test_messages_of_any_size(signer: Pkcs11Signer, shared_token: SoftToken, size: int) -> None:
    signer.unlock(pin())
    message = b"\xff" * size
    verify(shared_token.certificates[1], message, signer.sign(b"\x02", message))


def test_state_follows_unlock_and_lock(signer: Pkcs11Signer) -> None:
    assert signer.state() is KeyState.PRESENT
    signer.unlock(pin())
    assert signer.state() is KeyState.READY
    signer.lock()
    assert signer.state() is KeyState.PRESENT
    with pytest.raises(NotUnlocked) as caught:
        signer.sign(b"\x01", MESSAGE)
    is_one_sentence(caught.value)


def test_a_closed_signer_is_locked_and_may_be_used_again(signer: Pkcs11Signer) -> None:
    signer.unlock(pin())
    signer.close()
    signer.close()
    assert signer.state() is KeyState.PRESENT
    signer.unlock(pin())
    assert len(signer.sign(b"\x02", MESSAGE).value) == 64


def test_an_unknown_key_is_refused(signer: Pkcs11Signer) -> None:
    signer.unlock(pin())
    with pytest.raises(NoSigningCertificate) as caught:
        signer.sign(b"\x09", MESSAGE)
    is_one_sentence(caught.value)


def test_many_threads_at_once() -> None:
    token = make_token("gjj-threads")
    signer = token.signer()
    signer.unlock(pin())
    start = threading.Barrier(16)

    def work(number: int) -> None:
        start.wait()
        for turn in range(10):
            message = f"{number}/{turn}".encode()
            verify(token.certificates[0], message, signer.sign(b"\x01", message))
            assert signer.state() is KeyState.READY
            assert len(signer.certificates()) == 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    signer.close()


def test_two_signers_on_one_token_do_not_lend_each_other_a_login() -> None:
    token = make_token("gjj-two")
    first, second = token.signer(), token.signer()
    first.unlock(pin())
    assert second.state() is KeyState.PRESENT
    with pytest.raises(NotUnlocked):
        second.sign(b"\x01", MESSAGE)
    with pytest.raises(PinIncorrect):  # not accepted because somebody is logged in already
        second.unlock(pin("654321"))
    assert first.state() is KeyState.PRESENT
    first.unlock(pin())
    second.unlock(pin())
    verify(token.certificates[0], MESSAGE, second.sign(b"\x01", MESSAGE))
    first.close()
    second.close()


def test_unlocking_again_looks_at_the_pin_again() -> None:
    signer = make_token("gjj-again").signer()
    signer.unlock(pin())
    with pytest.raises(PinIncorrect):
        signer.unlock(pin("000000"))
    assert signer.state() is KeyState.PRESENT
    signer.close()


def test_a_new_pin_replaces_the_old_one() -> None:
    token = make_token("gjj-change")
    signer = token.signer()
    signer.unlock(pin())
    old, new = pin(), pin("abcd1234")
    signer.change_pin(old, new)
    assert (old, new) == (bytearray(6), bytearray(8))
    assert signer.state() is KeyState.PRESENT
    with pytest.raises(PinIncorrect):
        signer.unlock(pin())
    signer.unlock(pin("abcd1234"))
    verify(token.certificates[0], MESSAGE, signer.sign(b"\x01", MESSAGE))
    signer.close()


def test_a_refused_pin_change_says_why_and_changes_nothing() -> None:
    signer = make_token("gjj-nochange").signer()
    cases: list[tuple[str, str, type[SignerError]]] = [
        ("654321", "abcd1234", PinIncorrect),
        (PIN, "1", PinLength),
        (PIN, "", PinLength),
        ("", "abcd1234", PinLength),
        (PIN, PIN, SignerError),
    ]
    for old_text, new_text, expected in cases:
        old, new = pin(old_text), pin(new_text)
        with pytest.raises(expected) as caught:
            signer.change_pin(old, new)
        is_one_sentence(caught.value)
        assert not any(old) and not any(new)
    signer.unlock(pin())
    signer.close()


def test_an_ec_signature_in_der_becomes_raw() -> None:
    der = bytes.fromhex("3007020101020200ff")
    assert normal_ec_signature(der) == bytes(31) + b"\x01" + bytes(31) + b"\xff"
    assert normal_ec_signature(bytes(range(64))) == bytes(range(64))
    negative, too_long = "3006020101020181", "302a0225" + "7f" * 37 + "020101"
    for nonsense in (b"", b"nonsense", bytes.fromhex(negative), bytes.fromhex(too_long)):
        with pytest.raises(ValueError):
            normal_ec_signature(nonsense)
