"""A key that is pulled out, put back, exchanged, or hangs."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from tests.support.softhsm import Shim, SoftToken, make_token
from tests.ukey.checks import is_one_sentence, pin, verify
from ukey.pkcs11_module import ModuleOwner
from ukey.pkcs11_signer import Pkcs11Signer
from ukey.signer import (
    KeyAbsent,
    KeyNotResponding,
    KeyRemoved,
    KeyState,
    NotUnlocked,
    SignerError,
)

ROOT = Path(__file__).parents[2]


def test_nothing_inserted(shim: Shim) -> None:
    signer = Pkcs11Signer(shim.module)
    assert signer.state() is KeyState.ABSENT
    assert (signer.token_label(), signer.token_serial(), signer.tokens()) == ("", "", [])
    for action in (signer.certificates, signer.pin_status, lambda: signer.sign(b"\x01", b"x")):
        with pytest.raises(KeyAbsent) as caught:
            action()
        is_one_sentence(caught.value)
    secret = pin()
    with pytest.raises(KeyAbsent):
        signer.unlock(secret)
    assert not any(secret)


def test_pulled_out_before_a_signature(shim: Shim, shim_token: SoftToken, shim_signer: Pkcs11Signer) -> None:
    shim_signer.unlock(pin())
    shim.set("removed")
    with pytest.raises(KeyRemoved) as caught:
        shim_signer.sign(b"\x01", b"x")
    is_one_sentence(caught.value)
    assert shim_signer.state() is KeyState.ABSENT
    with pytest.raises(KeyAbsent):
        shim_signer.sign(b"\x01", b"x")
    shim.unset("removed")
    assert shim_signer.state() is KeyState.PRESENT
    with pytest.raises(NotUnlocked):
        shim_signer.sign(b"\x01", b"x")
    shim_signer.unlock(pin())
    verify(shim_token.certificates[0], b"x", shim_signer.sign(b"\x01", b"x"))


def test_pulled_out_during_a_signature(shim: Shim, shim_token: SoftToken, shim_signer: Pkcs11Signer) -> None:
    shim_signer.unlock(pin())
    shim.set("delay_ms", 400)
    timer = threading.Timer(0.15, shim.set, ["removed"])
    timer.start()
    with pytest.raises(KeyRemoved):
        shim_signer.sign(b"\x01", b"x")
    timer.join()
    assert shim_signer.state() is KeyState.ABSENT
    shim.unset("removed")
    shim.unset("delay_ms")
    shim_signer.unlock(pin())
    verify(shim_token.certificates[0], b"y", shim_signer.sign(b"\x01", b"y"))


def test_pulled_out_during_login(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    shim.set("login_ms", 400)
    timer = threading.Timer(0.15, shim.set, ["removed"])
    timer.start()
    secret = pin()
    with pytest.raises(KeyRemoved):
        shim_signer.unlock(secret)
    timer.join()
    assert not any(secret)
    shim.unset("removed")
    shim.unset("login_ms")
    shim_signer.unlock(pin())
    assert shim_signer.state() is KeyState.READY


def test_out_and_in_again_with_nobody_looking(
    shim: Shim, shim_token: SoftToken, shim_signer: Pkcs11Signer
) -> None:
    shim_signer.unlock(pin())
    shim.set("dead")
    with pytest.raises(KeyRemoved):
        shim_signer.sign(b"\x01", b"x")
    assert shim_signer.state() is KeyState.PRESENT
    shim_signer.unlock(pin())
    verify(shim_token.certificates[0], b"x", shim_signer.sign(b"\x01", b"x"))


def test_a_look_finds_a_login_that_has_died(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    shim_signer.unlock(pin())
    shim.set("dead")
    assert shim_signer.state() is KeyState.PRESENT


def test_a_watched_key_goes_and_comes(shim: Shim, shim_signer: Pkcs11Signer, shim_token: SoftToken) -> None:
    for _ in range(3):
        shim_signer.unlock(pin())
        assert shim_signer.state() is KeyState.READY
        shim.set("removed")
        assert [shim_signer.state() for _ in range(3)] == [KeyState.ABSENT] * 3
        assert shim_signer.token_serial() == ""
        shim.unset("removed")
        assert shim_signer.state() is KeyState.PRESENT
        assert shim_signer.token_serial() == shim_token.serial
        assert len(shim_signer.certificates()) == 1


def test_locking_a_key_that_is_gone(shim: Shim, shim_signer: Pkcs11Signer) -> None:
    shim_signer.unlock(pin())
    shim.set("removed")
    shim_signer.lock()
    assert shim_signer.state() is KeyState.ABSENT


def test_another_key_in_the_slot_is_not_unlocked(shim: Shim, shim_token: SoftToken) -> None:
    tokens = shim.folder / "tokens"
    (first_files,) = tokens.iterdir()
    second = shim.token("another")
    (second_files,) = set(tokens.iterdir()) - {first_files}
    second_files.rename(shim.folder / "second")
    ModuleOwner.of(shim.module).call(lambda module: module.revive(0, at_once=True), limit=5)

    signer = Pkcs11Signer(shim.module)
    signer.unlock(pin())
    assert signer.token_serial() == shim_token.serial
    shim.set("removed")
    assert signer.state() is KeyState.ABSENT
    first_files.rename(shim.folder / "first")
    (shim.folder / "second").rename(second_files)
    shim.unset("removed")

    deadline = time.monotonic() + 10  # looked for every two seconds
    while not signer.token_serial() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert signer.token_serial() == second.serial != shim_token.serial
    assert signer.state() is KeyState.PRESENT
    with pytest.raises(NotUnlocked):
        signer.sign(b"\x01", b"x")
    signer.close()


def test_a_key_that_hangs_blocks_nobody(shim: Shim, shim_token: SoftToken) -> None:
    signer = shim_token.signer(timeout=0.5)
    signer.unlock(pin())
    shim.set("hang")
    caught: list[SignerError] = []
    ticks = 0

    def hang() -> None:
        try:
            signer.sign(b"\x01", b"x")
        except SignerError as error:
            caught.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    while thread.is_alive():
        time.sleep(0.005)
        ticks += 1
    assert ticks > 20
    assert isinstance(caught[0], KeyNotResponding)
    assert "UKey 无响应" in caught[0].text
    is_one_sentence(caught[0])
    secret = pin("000000")
    with pytest.raises(KeyNotResponding):
        signer.state()
    with pytest.raises(KeyNotResponding):
        signer.unlock(secret)
    signer.lock()
    assert not any(secret)
    shim.unset("hang")
    deadline = time.monotonic() + 10
    state = None
    while state is None and time.monotonic() < deadline:
        try:
            state = signer.state()
        except KeyNotResponding:
            time.sleep(0.1)
    assert state is KeyState.PRESENT  # the lock asked for meanwhile was done when the driver came back
    assert shim.tries() == 5  # and the PIN given up on was never tried
    signer.unlock(pin())
    verify(shim_token.certificates[0], b"x", signer.sign(b"\x01", b"x"))
    signer.close()


def test_a_login_that_comes_too_late_is_undone(shim: Shim, shim_token: SoftToken) -> None:
    signer = shim_token.signer(timeout=0.3)
    shim.set("login_ms", 1200)
    secret = pin()
    with pytest.raises(KeyNotResponding):
        signer.unlock(secret)
    assert not any(secret)
    time.sleep(1.2)
    shim.unset("login_ms")
    assert signer.state() is KeyState.PRESENT
    assert shim.tries() == 5
    assert shim.log().count("open") == shim.log().count("close")
    signer.close()


def test_a_working_key_is_waited_for(shim: Shim, shim_token: SoftToken) -> None:
    """Slow is not hung: jobs behind one another may together take longer than the limit of one."""
    signer = shim_token.signer(timeout=1.5)
    signer.unlock(pin())
    shim.set("delay_ms", 500)
    outcome: list[object] = []

    def one(number: int) -> None:
        try:
            outcome.append(signer.sign(b"\x01", bytes([number])))
        except SignerError as error:
            outcome.append(error)

    threads = [threading.Thread(target=one, args=[number]) for number in range(5)]
    for thread in threads:
        thread.start()
    assert signer.state() is KeyState.READY
    assert len(outcome) < 5  # from memory, as the key is at work
    for thread in threads:
        thread.join()
    assert not [one for one in outcome if isinstance(one, SignerError)]
    assert len(outcome) == 5
    signer.close()


def test_a_hanging_driver_does_not_keep_the_program_open(shim: Shim, shim_token: SoftToken) -> None:
    shim.set("hang")
    program = f"""
        from ukey.pkcs11_signer import Pkcs11Signer
        from ukey.signer import KeyNotResponding
        signer = Pkcs11Signer({shim.module!r}, timeout=3)
        signer.unlock(bytearray(b"123456"))
        try:
            signer.sign(b"\\x01", b"x")
        except KeyNotResponding:
            print("not responding")
        signer.close()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "not responding", "")


def test_a_program_that_ends_unlocked_ends_cleanly(shared_token: SoftToken) -> None:
    program = f"""
        from ukey.pkcs11_signer import Pkcs11Signer
        signer = Pkcs11Signer({shared_token.module!r}, token_label={shared_token.serial!r})
        signer.unlock(bytearray(b"123456"))
        print(len(signer.sign(b"\\x02", b"x").value))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "64", "")


def test_a_forked_child_cannot_use_the_login() -> None:
    """fork copies the login into the child (SoftHSM signs there without a PIN): the signer refuses."""
    token = make_token("gjj-fork")
    signer = token.signer()
    signer.unlock(pin())
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        verdict = b"signed"
        try:
            signer.sign(b"\x01", b"x")
        except KeyNotResponding:
            verdict = b"refused"
        os.write(writer, verdict)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    assert os.read(reader, 20) == b"refused"
    os.close(reader)
    verify(token.certificates[0], b"x", signer.sign(b"\x01", b"x"))
    signer.close()
