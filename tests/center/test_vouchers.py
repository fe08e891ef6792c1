"""Vouchers at the center: prints counted, files sealed, papers checked; who may see what."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from center.ledger.audit import audit_store
from cli.verify_cmd import run
from exports.sealed import with_seal
from tests.support.center import CenterUnderTest, code_of, served
from tests.support.filing import OTHER, Office

DOCUMENT = b"%PDF-1.4\nbody\nstartxref\n9\n%%EOF\n"
DIGEST = hashlib.sha256(DOCUMENT).hexdigest()


@pytest.fixture
def office(center: CenterUnderTest) -> Office:
    return Office(center)


def filed(office: Office) -> dict[str, Any]:
    return office.file([office.row(person) for person in office.people(2)])


def printed(office: Office, serial: str, title: str = "开户清册凭证") -> Any:
    return office.center.post(
        f"/v1/units/{office.unit}/vouchers/{serial}/prints", {"title": title}, office.login
    )


def sealed(office: Office, serial: str, number: int, digest: str = DIGEST) -> Any:
    path = f"/v1/units/{office.unit}/vouchers/{serial}/prints/{number}"
    return office.center.client.put(path, json={"digest": digest}, headers=office.login.headers)


def test_prints_are_counted_by_number(center: CenterUnderTest, office: Office) -> None:
    first, second = filed(office), filed(office)
    told = [printed(office, one["serial"]).json()["printed"] for one in (first, first, second, first)]
    assert told == [1, 2, 1, 3]
    assert printed(office, "2026000000000000").status_code == 404
    assert printed(Office(center, OTHER), first["serial"]).status_code == 404
    assert code_of(printed(office, first["serial"], "")) == "body.invalid"
    assert all(not one.broken for one in audit_store(center.store))


def test_a_print_is_sealed_once(office: Office) -> None:
    serial = filed(office)["serial"]
    assert sealed(office, serial, 1).status_code == 404, "nothing was printed"
    printed(office, serial)
    one = sealed(office, serial, 1).json()
    facts = json.loads(one["facts"])
    assert (facts["document"], facts["printed"], facts["about"]["serial"]) == (DIGEST, 1, serial)
    assert facts["about"]["count"] == 2
    assert sealed(office, serial, 1).status_code == 200
    assert code_of(sealed(office, serial, 1, "0" * 64)) == "voucher.sealed"
    assert sealed(office, serial, 1, "x").status_code == 400


def test_a_paper_is_checked_by_its_code_alone(center: CenterUnderTest, office: Office) -> None:
    receipt = filed(office)
    path = printed(office, receipt["serial"]).json()["path"]
    facts = center.client.get(path).json()
    assert (facts["serial"], facts["unit_account"], facts["count"]) == (receipt["serial"], office.unit, 2)
    wrong = path.replace(path[-4:], "0000" if path[-4:] != "0000" else "1111")
    assert center.client.get(wrong).status_code == 404
    assert center.client.get(path.split("?")[0]).status_code == 400
    assert center.client.get(f"/v1/vouchers/2026999999999999?code={'0' * 16}").status_code == 404


# ---- offline -----------------------------------------------------------------------------------------


def check(path: Path, certificate: Path) -> int:
    return run(argparse.Namespace(file=path, certificate=certificate, json=True, config=None))


@pytest.fixture
def paper(office: Office, tmp_path: Path) -> tuple[Path, Path]:
    """A sealed file and the center's certificate."""
    serial = filed(office)["serial"]
    printed(office, serial)
    seal = sealed(office, serial, 1).json()
    path, certificate = tmp_path / "凭证.pdf", tmp_path / "center.pem"
    path.write_bytes(with_seal(DOCUMENT, json.dumps(seal)))
    told = office.center.client.get("/v1/vouchers/certificate").json()["certificate"]
    der = base64.urlsafe_b64decode(told + "==")
    certificate.write_text(ssl.DER_cert_to_PEM_cert(der))
    return path, certificate


def test_a_sealed_file_is_checked_without_asking(
    paper: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(*paper) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"] and not told["asked_center"] and told["about"]["count"] == 2


def other_facts(content: bytes) -> bytes:
    return content.replace(b'\\"count\\": 2', b'\\"count\\": 9').replace(b'\\"count\\":2', b'\\"count\\":9')


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda content: content.replace(b"body", b"b0dy"), "改动"),
        (lambda content: b"x" + content, "改动"),
        (other_facts, "签章与内容不符"),
        (lambda content: content.split(b"\n%GJJ-SEAL")[0], "没有中心的签章"),
        (lambda content: content.replace(b"%GJJ-SEAL {", b"%GJJ-SEAL ["), "损坏"),
        (lambda content: b"", "没有中心的签章"),
    ],
)
def test_what_was_changed_is_told(
    paper: tuple[Path, Path],
    change: Callable[[bytes], bytes],
    why: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, certificate = paper
    changed = change(path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    assert check(path, certificate) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["valid"] and why in told["reason"]


def test_another_centers_seal_is_refused(
    paper: tuple[Path, Path], center: CenterUnderTest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from center.seal_key import seal_key

    stranger = tmp_path / "stranger.der"
    stranger.write_bytes(seal_key(tmp_path / "else", "别的中心", center.clock).certificate)
    assert check(paper[0], stranger) == 1
    assert "不是这个中心的" in capsys.readouterr().out
    stranger.write_bytes(b"-----BEGIN nothing")
    assert check(paper[0], stranger) == 2
    assert check(tmp_path / "absent.pdf", paper[1]) == 2


def test_a_file_is_checked_at_the_center_that_sealed_it(
    tmp_path: Path, paper: tuple[Path, Path], office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    with served(office.center.settings) as address:
        config.write_text(f'[center]\nurl = "{address}"\nprofile = "{office.profile.name}"\n')
        asked = argparse.Namespace(file=paper[0], certificate=None, json=True, config=config)
        assert run(asked) == 0
        assert json.loads(capsys.readouterr().out)["asked_center"]
    assert run(asked) == 2, "a center that does not answer tells nothing about a file"
