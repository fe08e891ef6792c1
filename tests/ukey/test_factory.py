"""Which key a configuration means, and what is refused in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.softhsm import SoftToken, make_token, softhsm_module
from tests.ukey.checks import is_one_sentence, pin
from ukey import factory
from ukey.demo_key import DemoKey, create_demo_key
from ukey.factory import discover_modules, open_signer
from ukey.pkcs11_signer import Pkcs11Signer
from ukey.signer import KeyState, ModuleUnusable

ROOT = Path(__file__).parents[2]


def printed_by(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_module_is_a_ukey(shared_token: SoftToken, tmp_path: Path) -> None:
    for demo_allowed in (True, False):
        signer = open_signer(
            shared_token.module, tmp_path, token=shared_token.serial, demo_allowed=demo_allowed
        )
        assert isinstance(signer, Pkcs11Signer)
        assert not signer.is_demo
        assert signer.token_serial() == shared_token.serial
        signer.close()


def test_without_a_module_the_demo_key_in_a_demo(tmp_path: Path) -> None:
    create_demo_key(tmp_path / "key", pin(), common_name="甲")
    signer = open_signer(None, tmp_path / "key", demo_allowed=True)
    assert isinstance(signer, DemoKey)
    assert signer.is_demo
    assert signer.state() is KeyState.PRESENT


@pytest.mark.parametrize("module", [None, ""])
def test_a_demo_key_outside_a_demo_is_refused(tmp_path: Path, module: str | None) -> None:
    create_demo_key(tmp_path / "key", pin(), common_name="甲")
    with pytest.raises(ModuleUnusable) as caught:
        open_signer(module, tmp_path / "key", demo_allowed=False)
    is_one_sentence(caught.value)
    assert "演示密钥只能在演示环境中使用" in caught.value.text


def test_nothing_configured() -> None:
    with pytest.raises(ModuleUnusable) as caught:
        open_signer(None, None, demo_allowed=True)
    is_one_sentence(caught.value)


def test_a_pkcs11_uri_names_module_and_token() -> None:
    token = make_token("gjj 甲公司")
    by_uri = open_signer(
        f"pkcs11:token=gjj%20%E7%94%B2%E5%85%AC%E5%8F%B8?module-path={token.module}", None, demo_allowed=False
    )
    assert by_uri.token_serial() == token.serial
    by_token = open_signer(token.module, None, token=f"pkcs11:serial={token.serial}", demo_allowed=False)
    assert by_token.token_label() == "gjj 甲公司"
    by_uri.close()
    by_token.close()


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:token=a?pin-value=135790",
        "pkcs11:token=a?module-path=/x.so&pin-value=135790",
        "pkcs11:token=a?pin-source=file:/etc/pin135790",
        "PKCS11:token=a?pin-value=135790",
        "pkcs11:pin-value=135790",
    ],
)
@pytest.mark.parametrize("where", ["module", "token"])
def test_a_pin_in_a_uri_is_refused_and_not_repeated(uri: str, where: str) -> None:
    with pytest.raises(ModuleUnusable) as caught:
        if where == "module":
            open_signer(uri, None, demo_allowed=True)
        else:
            open_signer(softhsm_module(), None, token=uri, demo_allowed=True)
    is_one_sentence(caught.value)
    assert "135790" not in repr(caught.value)


def test_a_uri_without_a_module_is_refused() -> None:
    with pytest.raises(ModuleUnusable) as caught:
        open_signer("pkcs11:token=a", None, demo_allowed=False)
    is_one_sentence(caught.value)


def test_files_that_are_no_driver(tmp_path: Path) -> None:
    text = tmp_path / "driver.so"
    text.write_text("not a library")
    library = next(Path("/lib").glob("*/libm.so.6"), text)  # a library, but not a PKCS#11 one
    for path in (tmp_path / "none.so", tmp_path, text, library):
        signer = open_signer(str(path), None, demo_allowed=False)
        for _ in range(2):
            with pytest.raises(ModuleUnusable) as caught:
                signer.state()
            is_one_sentence(caught.value)
            assert str(path) in caught.value.text or str(path.resolve()) in caught.value.text
        signer.close()


def test_a_real_module_is_discovered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = str(Path(softhsm_module()).resolve())
    known = [found.path for found in discover_modules()]
    assert real in known or os.environ.get("GJJ_TEST_PKCS11")
    vendor = tmp_path / "watchdata" / "lib64"
    vendor.mkdir(parents=True)
    (vendor / "libwdpkcs.so").touch()
    (tmp_path / "libshuttle_p11v220.so.1.0.0").touch()
    (tmp_path / "libshuttle_p11v220.so").symlink_to(tmp_path / "libshuttle_p11v220.so.1.0.0")
    monkeypatch.setattr(factory, "_LIBRARY_FOLDERS", (str(tmp_path),))
    found = [(one.name, Path(one.path).name) for one in discover_modules()]
    assert ("飞天诚信 ePass3000/3003", "libshuttle_p11v220.so.1.0.0") in found
    assert ("握奇 WatchData", "libwdpkcs.so") in found
    assert len([one for one in found if "shuttle" in one[1]]) == 1


def test_importing_and_opening_loads_nothing_heavy() -> None:
    program = """
import json, sys
import ukey.signer
first = set(sys.modules)
import ukey.factory, ukey.pkcs11_signer, ukey.demo_key, ukey.hardening
ukey.factory.open_signer("/nowhere.so", None, demo_allowed=False)
heavy = {"pkcs11", "asn1crypto", "cryptography"}
print(json.dumps([sorted(heavy & set(sys.modules)), sorted(n for n in first if n.startswith("ukey"))]))
"""
    assert json.loads(printed_by(program)) == [[], ["ukey", "ukey.signer"]]


def test_a_hardened_process_leaves_no_core_and_is_not_read_by_others() -> None:
    program = """
import ctypes, resource
from ukey.hardening import harden_process
assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 1
print(harden_process(), resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    assert printed_by(program).strip() == "[] (0, 0) 0"
