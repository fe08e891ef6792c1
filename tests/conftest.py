"""Every test: a home of its own, no settings of the machine, no network beyond this machine."""

from __future__ import annotations

import ipaddress
import itertools
import os
import signal
import socket
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from center.auth import passwords
from tests.support.passwords import PRODUCT, QUICK
from tests.support.quick_files import keep_bytecode, use_memory

keep_bytecode()
use_memory()
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        # A shell has its background jobs ignore these, and so would every program the tests start.
        signal.signal(number, lambda *_: None)

FOLDERS = {
    "HOME": "",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "XDG_RUNTIME_DIR": "runtime",
}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def _unwanted() -> list[str]:
    own = [name for name in os.environ if name.startswith("GJJ_") and not name.startswith("GJJ_TEST_")]
    textual = [name for name in os.environ if name.startswith("TEXTUAL")]
    return own + textual + [name for name in os.environ if name.lower() in PROXIES]


def _settle(patch: pytest.MonkeyPatch, home: Path) -> None:
    for variable, folder in FOLDERS.items():
        path = home / folder
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        patch.setenv(variable, str(path))


@pytest.fixture(scope="session", autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What fixtures wider than one test see: no settings of the machine, and a home for the run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _unwanted():
            patch.delenv(name)
        _settle(patch, tmp_path_factory.mktemp("run-home"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """The center in this process hashes passwords cheaply; `product_passwords` undoes it for a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", QUICK)
        yield


@pytest.fixture
def product_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as the product does."""
    monkeypatch.setattr(passwords, "_HASHER", PRODUCT)
    monkeypatch.setattr(passwords, "_decoy", lru_cache(passwords._decoy.__wrapped__))


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Unused folders; counting them is quicker than `mktemp`, which looks through all there are."""
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own home folder; HOME and every XDG folder point into it."""
    folder = next(_homes)
    _settle(monkeypatch, folder)
    return folder


def _is_here(family: int, address: Any) -> bool:
    if family == socket.AF_UNIX or not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


class NetworkForbidden(AssertionError):
    """A test has tried to reach another machine."""


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Connections leave only for this machine, in every thread of the run."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(sock: socket.socket, address: Any) -> None:
        if not _is_here(sock.family, address):
            raise NetworkForbidden(f"a test may not connect to {address!r}")

    def guarded(sock: socket.socket, address: Any) -> None:
        checked(sock, address)
        connect(sock, address)

    def guarded_ex(sock: socket.socket, address: Any) -> int:
        checked(sock, address)
        return connect_ex(sock, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield
