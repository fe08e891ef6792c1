"""Tokens on real SoftHSM2, and the shim that makes a key misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import CertificateAuthority
from tests.support.softhsm import KeySpec, Shim, SoftToken, for_encryption, make_token
from ukey.pkcs11_signer import Pkcs11Signer


@pytest.fixture(scope="session")
def authority() -> CertificateAuthority:
    return CertificateAuthority.make()


@pytest.fixture(scope="session")
def shared_token(authority: CertificateAuthority) -> SoftToken:
    """Key 1 RSA, key 2 EC, key 3 EC for encryption; no test spends its tries or changes its PIN."""
    keys = [KeySpec("rsa"), KeySpec("ec", usage="non_repudiation"), for_encryption()]
    return make_token("gjj-shared", keys=keys, ca=authority)


@pytest.fixture
def signer(shared_token: SoftToken) -> Iterator[Pkcs11Signer]:
    made = shared_token.signer()
    yield made
    made.close()


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    return Shim(tmp_path)


@pytest.fixture
def shim_token(shim: Shim) -> SoftToken:
    return shim.token()


@pytest.fixture
def shim_signer(shim_token: SoftToken) -> Iterator[Pkcs11Signer]:
    made = shim_token.signer()
    yield made
    made.close()
