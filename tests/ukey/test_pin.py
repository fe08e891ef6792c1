"""Wrong PINs, tries, locking, the PIN pad, and where a PIN may be found afterwards (nowhere)."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.support.softhsm import Shim, SoftToken, make_token
from tests.ukey.checks import is_one_sentence, pin, verify
from ukey.pkcs11_signer import Pkcs11Signer
from ukey.signer import (
    KeyState,
    ModuleUnusable,
    NotUnlocked,
    PinIncorrect,
    PinLength,
    PinLocked,
    SignerError,
)

WRONG = "864209"
NEW = "7531abcd"


def refused(signer: Pkcs11Signer, text: str, expected: type[SignerError]) -> SignerError:
    secret = pin(text)
    with pytest.raises(expected) as caught:
        signer.unlock(secret)
    assert not any(secret)
    is_one_sentence(caught.value)
    return caught.value


def test_a_token_that_tells_no_number() -> None:
    signer = make_token("gjj-unknown").signer()
    for failures in (1, 2, 3):
        error = refused(signer, WRONG, PinIncorrect)
        assert isinstance(error, PinIncorrect)
        assert (error.tries_left, error.failures) == (None, failures)
        assert "UKey 未报告剩余次数" in error.text
        assert str(failures) in error.text
    assert signer.pin_status().low
    signer.unlock(pin())
    status = signer.pin_status()
    assert (status.tries_left, status.low, status.locked) == (None, False, False)
    error = refused(signer, WRONG, PinIncorrect)
    assert isinstance(error, PinIncorrect)
    assert error.failures == 1
    signer.close()


def test_failures_are_counted_by_serial_number_not_by_signer() -> None:
    token, other = make_token("gjj-count"), make_token("gjj-count-other")
    refused(token.signer(), WRONG, PinIncorrect)
    second = refused(token.signer(), WRONG, PinIncorrect)
    first_of_other = refused(other.signer(), WRONG, PinIncorrect)
    assert isinstance(second, PinIncorrect) and isinstance(first_of_other, PinIncorrect)
    assert (second.failures, first_of_other.failures) == (2, 1)


def test_down_to_the_last_try_and_locked(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    seen = []
    for _ in range(4):
        refused(shim_signer, WRONG, PinIncorrect)
        status = shim_signer.pin_status()
        seen.append((status.tries_left, status.low, status.final_try, status.locked))
    assert seen == [(None, True, False, False)] * 3 + [(1, True, True, False)]
    error = refused(shim_signer, WRONG, PinLocked)
    assert "锁死" in error.text
    status = shim_signer.pin_status()
    assert (status.tries_left, status.low, status.final_try, status.locked) == (0, True, False, True)
    assert shim_signer.state() is KeyState.BLOCKED
    logins = shim.log().count("login")
    refused(shim_signer, "123456", PinLocked)
    with pytest.raises(PinLocked):
        shim_signer.sign(b"\x01", b"x")
    with pytest.raises(PinLocked):
        shim_signer.change_pin(pin(), pin(NEW))
    assert shim.log().count("login") == logins == 5


def test_the_last_try_is_named(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    shim.set("tries", 2)
    error = refused(shim_signer, WRONG, PinIncorrect)
    assert isinstance(error, PinIncorrect)
    assert error.tries_left == 1
    assert "最后 1 次" in error.text
    shim_signer.unlock(pin())
    assert shim.tries() == 5


def test_a_wrong_pin_is_given_once(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    refused(shim_signer, WRONG, PinIncorrect)
    assert shim.tries() == 4
    assert shim.log().count("login") == 1
    shim_signer.state()
    shim_signer.certificates()
    assert shim.log().count("login") == 1


def test_a_wrong_old_pin_costs_one_try(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    with pytest.raises(PinIncorrect):
        shim_signer.change_pin(pin(WRONG), pin(NEW))
    assert shim.tries() == 4


def test_no_session_is_left_open(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    for _ in range(4):
        refused(shim_signer, WRONG, PinIncorrect)
    shim_signer.unlock(pin())
    shim_signer.certificates()
    shim_signer.sign(b"\x01", b"x")
    with pytest.raises(PinIncorrect):
        shim_signer.change_pin(pin(WRONG), pin(NEW))
    shim_signer.change_pin(pin(), pin(NEW))
    shim_signer.certificates()
    shim_signer.unlock(pin(NEW))
    shim_signer.lock()
    log = shim.log()
    assert log.count("open") == log.count("close") == 9
    assert log.count("logout") == 2


@pytest.mark.parametrize("text", ["", "1", "12345", "1" * 17, "1" * 300])
def test_a_length_the_key_cannot_have_costs_no_try(shim: Shim, shim_signer: Pkcs11Signer, text: str) -> None:
    refused(shim_signer, text, PinLength)
    assert shim.tries() == 5
    assert "login" not in shim.log()


def test_the_lengths_are_the_keys_own(shim_signer: Pkcs11Signer, signer: Pkcs11Signer) -> None:
    status = shim_signer.pin_status()
    assert (status.min_length, status.max_length, status.pin_pad) == (6, 16, False)
    assert signer.pin_status().min_length == 4
    assert "6 至 16 位" in refused(shim_signer, "1", PinLength).text


def test_a_wrong_length_leaves_an_unlocked_key_unlocked(shim_signer: Pkcs11Signer) -> None:
    shim_signer.unlock(pin())
    refused(shim_signer, "1", PinLength)
    assert shim_signer.state() is KeyState.READY


def test_a_pin_typed_on_the_key(shim: Shim, shim_token: SoftToken, shim_signer: Pkcs11Signer) -> None:
    with pytest.raises(PinLength):  # this key has no pad yet
        shim_signer.unlock(None)
    shim.set("pad", "123456")
    assert shim_signer.pin_status().pin_pad
    shim_signer.unlock(None)
    verify(shim_token.certificates[0], b"x", shim_signer.sign(b"\x01", b"x"))
    assert shim.log().count("pad") == 1
    shim.set("pad", WRONG)
    with pytest.raises(PinIncorrect):
        shim_signer.unlock(None)
    assert shim.tries() == 4


def test_a_key_that_hides_its_flags_still_locks(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    shim.set("silent")
    shim.set("tries", 1)
    error = refused(shim_signer, WRONG, PinIncorrect)
    assert isinstance(error, PinIncorrect)
    assert error.tries_left is None
    refused(shim_signer, "123456", PinLocked)


def test_the_pin_is_in_no_message_log_or_repr(
    shim: Shim, shim_token: SoftToken, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    signer = shim_token.signer()
    said: list[str] = []

    def collect(action: Callable[[], object]) -> None:
        try:
            action()
        except SignerError as error:
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
            said.extend([str(error), repr(error), repr(error.args), "".join(shown.format())])
            is_one_sentence(error)

    for _ in range(6):
        collect(lambda: signer.unlock(pin(WRONG)))
    collect(lambda: signer.change_pin(pin(WRONG), pin(NEW)))
    shim.set("tries", 5)
    collect(lambda: signer.change_pin(pin(WRONG), pin(NEW)))
    shim.set("removed")
    collect(lambda: signer.unlock(pin(WRONG)))
    assert len(said) == 9 * 4
    said.extend([repr(signer), caplog.text, *capfd.readouterr()])
    assert not [text for text in said if WRONG in text or NEW in text]
    signer.close()


def test_the_pin_is_wiped_when_no_driver_is_there() -> None:
    signer = Pkcs11Signer("/nonexistent/libukey.so")
    secret, old, new = pin(), pin(), pin(NEW)
    with pytest.raises(ModuleUnusable) as caught:
        signer.unlock(secret)
    is_one_sentence(caught.value)
    with pytest.raises(ModuleUnusable):
        signer.change_pin(old, new)
    assert not any(secret) and not any(old) and not any(new)
    signer.lock()
    signer.close()


def test_an_idle_key_locks_itself(shim: Shim, shim_token: SoftToken) -> None:
    import time

    signer = shim_token.signer(idle_seconds=0.6)
    signer.unlock(pin())
    for _ in range(3):  # using it keeps it open, looking at it does not
        time.sleep(0.3)
        signer.sign(b"\x01", b"x")
    assert "logout" not in shim.log()
    for _ in range(5):
        time.sleep(0.2)
        signer.state()
    assert shim.log().count("logout") == 1
    assert signer.state() is KeyState.PRESENT
    with pytest.raises(NotUnlocked):
        signer.sign(b"\x01", b"x")
    signer.close()


def test_an_idle_key_locks_itself_with_nobody_asking(shim: Shim, shim_token: SoftToken) -> None:
    import time

    signer = shim_token.signer(idle_seconds=0.3)
    signer.unlock(pin())
    deadline = time.monotonic() + 5
    while "logout" not in shim.log() and time.monotonic() < deadline:
        time.sleep(0.05)
    log = shim.log()
    assert log[-2:] == ["logout", "close"]
    assert log.count("open") == log.count("close")
    signer.close()


def test_the_sentences_of_the_count_differ() -> None:
    texts = [PinIncorrect(left).text for left in (None, 1, 2, 5)]
    assert all(a != b for a, b in pairwise(texts))
    assert "2 次" in texts[2]
