"""The demo key: its PIN and tries on disk, its files, its certificate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from tests.support.certificates import CertificateAuthority
from tests.ukey.checks import PIN, is_one_sentence, pin, verify
from ukey import demo_key
from ukey.demo_key import KEY_ID, DemoKey, create_demo_key
from ukey.private_files import read_private
from ukey.signer import (
    KeyAbsent,
    KeyState,
    ModuleUnusable,
    NoSigningCertificate,
    NotUnlocked,
    PinIncorrect,
    PinLength,
    PinLocked,
    Signer,
    SignerError,
)

ROOT = Path(__file__).parents[2]
WRONG = "864209"
MESSAGE = "职工登记".encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo-key"


@pytest.fixture
def key(folder: Path) -> DemoKey:
    return create_demo_key(folder, pin(), common_name="经办人甲", organization="测试单位")


def issue(authority: CertificateAuthority, key: DemoKey) -> bytes:
    public = load_der_public_key(key.public_key_der())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return authority.issue(public, "经办人甲")


def refused(key: DemoKey, text: str, expected: type[SignerError]) -> SignerError:
    secret = pin(text)
    with pytest.raises(expected) as caught:
        key.unlock(secret)
    assert not any(secret)
    is_one_sentence(caught.value)
    assert text not in repr(caught.value) or not text
    return caught.value


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_it_is_a_signer_and_says_that_it_is_a_demo(key: DemoKey) -> None:
    as_signer: Signer = key
    assert isinstance(as_signer, Signer)
    assert (key.is_demo, key.name, key.token_label()) == (True, "演示密钥", "演示密钥")
    assert len(key.token_serial()) == 16


def test_from_request_to_signature(key: DemoKey, folder: Path, authority: CertificateAuthority) -> None:
    request = x509.load_der_x509_csr(key.certificate_request())
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=经办人甲,O=测试单位,C=CN"
    assert key.certificates() == []
    der = issue(authority, key)
    key.install_certificate(der)
    (certificate,) = DemoKey(folder).certificates()
    assert (certificate.der, certificate.key_id, certificate.can_sign) == (der, KEY_ID, True)
    assert key.state() is KeyState.PRESENT
    key.unlock(pin())
    assert key.state() is KeyState.READY
    signature = key.sign(certificate.key_id, MESSAGE)
    verify(der, MESSAGE, signature)
    with pytest.raises(InvalidSignature):
        verify(der, MESSAGE + b" ", signature)
    with pytest.raises(NoSigningCertificate):
        key.sign(b"\x02", MESSAGE)


def test_a_certificate_for_another_key_is_refused(
    key: DemoKey, tmp_path: Path, authority: CertificateAuthority
) -> None:
    other = create_demo_key(tmp_path / "other", pin(), common_name="乙")
    for der in (issue(authority, other), b"", b"nonsense"):
        with pytest.raises(SignerError) as caught:
            key.install_certificate(der)
        is_one_sentence(caught.value)
    assert key.certificates() == []


def test_locked_until_the_pin_and_after_lock(key: DemoKey) -> None:
    for _ in range(2):
        with pytest.raises(NotUnlocked) as caught:
            key.sign(KEY_ID, MESSAGE)
        is_one_sentence(caught.value)
        key.unlock(pin())
        key.lock()
    key.unlock(pin())
    key.close()
    assert key.state() is KeyState.PRESENT


def test_idle(folder: Path, key: DemoKey, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(demo_key, "clock", lambda: now)
    idle = DemoKey(folder, idle_seconds=60)
    idle.unlock(pin())
    now += 59
    idle.sign(KEY_ID, MESSAGE)
    now += 59
    assert idle.state() is KeyState.READY
    now += 1
    with pytest.raises(NotUnlocked):
        idle.sign(KEY_ID, MESSAGE)
    assert idle.state() is KeyState.PRESENT


def test_tries_are_counted_exactly_and_survive_a_restart(folder: Path, key: DemoKey) -> None:
    for left in (5, 4, 3):
        error = refused(DemoKey(folder), WRONG, PinIncorrect)
        assert isinstance(error, PinIncorrect)
        assert error.tries_left == left
        assert key.pin_status().tries_left == left
    key.unlock(pin())
    assert key.pin_status().tries_left == 6
    for _ in range(5):
        refused(key, WRONG, PinIncorrect)
    status = key.pin_status()
    assert (status.tries_left, status.final_try, status.low, status.locked) == (1, True, True, False)
    refused(DemoKey(folder), WRONG, PinLocked)
    status = key.pin_status()
    assert (status.tries_left, status.final_try, status.locked) == (0, False, True)
    assert key.state() is DemoKey(folder).state() is KeyState.BLOCKED
    refused(DemoKey(folder), PIN, PinLocked)


def test_a_try_is_spent_before_the_pin_is_looked_at(folder: Path, key: DemoKey) -> None:
    """Killing the program during an attempt does not give the try back."""
    program = f"""
        import os
        from pathlib import Path
        from ukey import demo_vault
        from ukey.demo_key import DemoKey
        demo_vault.unseal = lambda sealed, pin: os._exit(9)
        DemoKey(Path({str(folder)!r})).unlock(bytearray(b"{WRONG}"))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    for left in (5, 4):
        assert subprocess.run(command, cwd=ROOT, timeout=30).returncode == 9
        assert key.pin_status().tries_left == left


def test_attempts_at_once_win_no_tries(folder: Path, key: DemoKey) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def attempt(_: int) -> None:
        mine = DemoKey(folder)
        start.wait()
        try:
            mine.unlock(pin(WRONG))
        except SignerError as error:
            outcomes.append(type(error).__name__)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(8)))
    assert sorted(outcomes) == ["PinIncorrect"] * 5 + ["PinLocked"] * 3
    assert key.pin_status().tries_left == 0


@pytest.mark.parametrize("text", ["", "12345", "1" * 17])
def test_a_wrong_length_costs_no_try(key: DemoKey, text: str) -> None:
    refused(key, text, PinLength)
    assert key.pin_status().tries_left == 6
    with pytest.raises(PinLength):
        key.unlock(None)


def test_a_failed_attempt_locks_an_unlocked_key(key: DemoKey) -> None:
    key.unlock(pin())
    refused(key, WRONG, PinIncorrect)
    assert key.state() is KeyState.PRESENT


def test_change_pin(folder: Path, key: DemoKey) -> None:
    old, new = pin(), pin("7531abcd")
    public = key.public_key_der()
    key.change_pin(old, new)
    assert not any(old) and not any(new)
    assert key.state() is KeyState.PRESENT
    refused(key, PIN, PinIncorrect)
    DemoKey(folder).unlock(pin("7531abcd"))
    assert key.public_key_der() == public
    cases = [(WRONG, "abcdefgh", PinIncorrect), ("7531abcd", "1", PinLength), (PIN, PIN, SignerError)]
    for old_text, new_text, expected in cases:
        old, new = pin(old_text), pin(new_text)
        with pytest.raises(expected):
            key.change_pin(old, new)
        assert not any(old) and not any(new)
    key.unlock(pin("7531abcd"))


def test_the_key_file_is_encrypted_pkcs8(folder: Path, key: DemoKey) -> None:
    """PBES2 (1.2.840.113549.1.5.13) with scrypt (1.3.6.1.4.1.11591.4.11), read by a library."""
    sealed = (folder / "key.p8").read_bytes()
    for oid in ("06092a864886f70d01050d", "06092b06010401da47040b"):
        assert bytes.fromhex(oid) in sealed
    opened = load_der_private_key(sealed, PIN.encode())
    public = opened.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public == key.public_key_der()
    with pytest.raises(ValueError):
        load_der_private_key(sealed, WRONG.encode())


def test_the_files_are_the_owners_alone(folder: Path, key: DemoKey, authority: CertificateAuthority) -> None:
    key.install_certificate(issue(authority, key))
    refused(key, WRONG, PinIncorrect)
    assert mode(folder) == 0o700
    files = {path.name: mode(path) for path in folder.iterdir()}
    assert files == {name: 0o600 for name in ("key.p8", "key.json", "certificate.der", "lock")}


def test_neither_pin_nor_key_is_readable_in_the_files(folder: Path, key: DemoKey) -> None:
    refused(key, WRONG, PinIncorrect)
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    assert PIN.encode() not in everything and WRONG.encode() not in everything
    assert b"PRIVATE" not in everything
    assert bytes.fromhex("06082a8648ce3d030107") not in (folder / "key.p8").read_bytes()
    assert PIN not in repr(key)


def test_wide_permissions_are_narrowed(folder: Path, key: DemoKey) -> None:
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    key.unlock(pin())
    assert mode(folder) == 0o700
    assert {mode(folder / name) for name in ("key.p8", "key.json")} == {0o600}


def test_links_are_refused(folder: Path, key: DemoKey, tmp_path: Path) -> None:
    (folder / "key.json").rename(tmp_path / "elsewhere.json")
    (folder / "key.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ModuleUnusable) as caught:
        key.state()
    is_one_sentence(caught.value)
    linked = tmp_path / "linked"
    linked.symlink_to(folder)
    with pytest.raises(ModuleUnusable):
        DemoKey(linked).state()


def test_somebody_elses_files_are_refused(
    folder: Path, key: DemoKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = os.geteuid() + 1
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: other)
        refused(key, PIN, ModuleUnusable)
        with pytest.raises(ModuleUnusable):
            read_private(folder / "key.p8")
    key.unlock(pin())


def test_a_changed_key_file_is_noticed_and_costs_no_try(folder: Path, key: DemoKey) -> None:
    path = folder / "key.p8"
    genuine = path.read_bytes()
    for position in (0, len(genuine) // 2, len(genuine) - 1):
        broken = bytearray(genuine)
        broken[position] ^= 1
        path.write_bytes(broken)
        refused(key, PIN, ModuleUnusable)
    path.write_bytes(b"")
    refused(key, PIN, ModuleUnusable)
    path.write_bytes(genuine)
    assert key.pin_status().tries_left == 6
    key.unlock(pin())


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", "null", '{"tries_left": 6}', "\x00\xff"],
    ids=["empty", "cut", "list", "object", "null", "part", "binary"],
)
def test_a_damaged_record_is_refused(folder: Path, key: DemoKey, content: str) -> None:
    (folder / "key.json").write_text(content)
    refused(key, PIN, ModuleUnusable)
    with pytest.raises(ModuleUnusable):
        key.state()


@pytest.mark.parametrize("tries", [7, 999, "6", None, 6.0, True])
def test_a_counter_that_cannot_be_is_refused(folder: Path, key: DemoKey, tries: object) -> None:
    record = json.loads((folder / "key.json").read_text())
    (folder / "key.json").write_text(json.dumps({**record, "tries_left": tries}))
    refused(key, PIN, ModuleUnusable)


def test_removing_the_record_gives_no_tries(folder: Path, key: DemoKey) -> None:
    refused(key, WRONG, PinIncorrect)
    (folder / "key.json").unlink()
    refused(key, PIN, ModuleUnusable)


def test_a_damaged_certificate_is_said(folder: Path, key: DemoKey) -> None:
    (folder / "certificate.der").write_bytes(b"\x30\x03\x02\x01\x01")
    with pytest.raises(ModuleUnusable) as caught:
        key.certificates()
    is_one_sentence(caught.value)


def test_no_key_there(folder: Path) -> None:
    nothing = DemoKey(folder)
    assert nothing.state() is KeyState.ABSENT
    assert (nothing.token_label(), nothing.token_serial()) == ("", "")
    refused(nothing, PIN, KeyAbsent)
    with pytest.raises(KeyAbsent) as caught:
        nothing.sign(KEY_ID, MESSAGE)
    is_one_sentence(caught.value)
    assert not folder.exists()


def test_a_key_that_is_taken_away_is_locked(folder: Path, key: DemoKey) -> None:
    key.unlock(pin())
    (folder / "key.p8").unlink()
    with pytest.raises(KeyAbsent):
        key.sign(KEY_ID, MESSAGE)
    assert key.state() is KeyState.ABSENT


def test_a_key_is_not_overwritten_unless_asked(
    folder: Path, key: DemoKey, authority: CertificateAuthority
) -> None:
    key.install_certificate(issue(authority, key))
    before = key.public_key_der()
    secret = pin()
    with pytest.raises(SignerError) as caught:
        create_demo_key(folder, secret, common_name="乙")
    is_one_sentence(caught.value)
    assert not any(secret)
    assert key.public_key_der() == before
    replaced = create_demo_key(folder, pin(), common_name="乙", replace_existing=True)
    assert replaced.public_key_der() != before
    assert replaced.certificates() == []


def test_a_pin_of_the_wrong_length_makes_no_key(folder: Path) -> None:
    secret = pin("123")
    with pytest.raises(PinLength):
        create_demo_key(folder, secret, common_name="甲")
    assert not any(secret)
    assert not folder.exists()


def test_many_threads_sign(key: DemoKey, authority: CertificateAuthority) -> None:
    der = issue(authority, key)
    key.unlock(pin())

    def work(number: int) -> None:
        message = str(number).encode()
        verify(der, message, key.sign(KEY_ID, message))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(100)))


def test_a_disk_that_cannot_be_written_is_said_and_gives_no_attempt(
    folder: Path, key: DemoKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo_key, "write_private", full)
    refused(key, PIN, ModuleUnusable)
    assert key.state() is KeyState.PRESENT
