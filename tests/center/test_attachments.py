from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import func, select

from center.store.tables import attachment
from tests.support.center import CenterUnderTest
from tests.support.filing import OTHER, PDF, Office

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 20
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def kept(center: CenterUnderTest) -> int:
    with center.store.read() as conn:
        return conn.execute(select(func.count()).select_from(attachment)).scalar_one()


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, "application/pdf"), (JPEG, "image/jpeg"), (PNG, "image/png")],
    ids=["pdf", "jpeg", "png"],
)
def test_a_file_is_kept_under_its_digest(any_center: CenterUnderTest, content: bytes, kind: str) -> None:
    office = Office(any_center)
    answer = office.attach(content, "开户申请表 一.扫描", kind)
    assert answer.status_code == 200, answer.text
    digest = hashlib.sha256(content).hexdigest()
    assert answer.json() == {"sha256": digest, "name": "开户申请表 一.扫描", "size": len(content)}
    with any_center.store.read() as conn:
        row = conn.execute(select(attachment)).one()
    assert (row.content, row.media_type, row.unit_account) == (content, kind, office.unit)


def test_the_same_file_again_changes_nothing(center: CenterUnderTest) -> None:
    office = Office(center)
    first = office.attach(PDF, "一.pdf").json()
    assert office.attach(PDF, "二.pdf").json() == first
    assert kept(center) == 1


def test_units_keep_their_files_apart(center: CenterUnderTest) -> None:
    Office(center).attach(PDF)
    Office(center, OTHER).attach(PDF)
    assert kept(center) == 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"MZ\x90\x00", "application/pdf"),
        (PNG, "image/jpeg"),
        (b"<html>", "text/html"),
        (b"GIF89a", "image/gif"),
        (b"", "application/pdf"),
        (b"PK\x03\x04", "application/vnd.ms-excel"),
    ],
)
def test_what_is_no_pdf_jpeg_or_png_is_refused(center: CenterUnderTest, content: bytes, kind: str) -> None:
    answer = Office(center).attach(content, "名册.pdf", kind)
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment.bad")
    assert kept(center) == 0


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "C:\\x.pdf",
        "a\x00.pdf",
        "a\x1b]0;x.pdf",
        "a\u202efdp.exe",
        "..",
        " x.pdf",
        "CON:",
        "a?b",
    ],
)
def test_names_that_are_no_plain_file_names_are_refused(center: CenterUnderTest, name: str) -> None:
    answer = Office(center).attach(PDF, name)
    assert answer.status_code in (400, 422), answer.text
    assert kept(center) == 0


@pytest.mark.parametrize("name", ["", "x" * 121])
def test_names_too_short_or_long_are_refused(center: CenterUnderTest, name: str) -> None:
    assert Office(center).attach(PDF, name).status_code == 400
    assert kept(center) == 0


def test_content_other_than_the_digests_is_refused(center: CenterUnderTest) -> None:
    office = Office(center)
    wrong = office.attach(PDF, **{"content-digest": "sha-256=:AAAA:"})
    assert wrong.json()["code"] == "digest.mismatch"
    path = f"/v1/units/{office.unit}/attachments/{'0' * 64}?name=x.pdf"
    good = office.attach(PDF).request.headers
    answer = center.client.put(path, content=PDF, headers={key: good[key] for key in good if key != "host"})
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment.bad")
    assert kept(center) == 1


def test_a_file_too_large_is_refused(center: CenterUnderTest) -> None:
    answer = Office(center).attach(PDF + b"0" * (20 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert kept(center) == 0
