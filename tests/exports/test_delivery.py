"""The folders files travel through."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from exports.delivery import Folder, open_delivery
from exports.workbook_error import WorkbookError


def test_folders_are_made_for_the_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        both = open_delivery(tmp_path / "data")
    finally:
        os.umask(before)
    for folder, name in ((both.incoming, "in"), (both.outgoing, "out")):
        assert folder.path == tmp_path / "data" / name
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_configured_folders_are_left_as_they_are(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o750)
    assert open_delivery(tmp_path, in_dir=shared).incoming.path == shared
    assert stat.S_IMODE(shared.stat().st_mode) == 0o750


def test_newest_first_without_links_folders_and_hidden_files(tmp_path: Path) -> None:
    for age, name in ((300, "旧.xls"), (100, "新.xlsx"), (200, "中.csv")):
        path = tmp_path / name
        path.write_bytes(b"x" * age)
        os.utime(path, (time.time() - age,) * 2)
    (tmp_path / ".hidden").write_bytes(b"")
    (tmp_path / "~$新.xlsx").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.xls").symlink_to(tmp_path / "旧.xls")
    os.mkfifo(tmp_path / "pipe")
    found = Folder(tmp_path).files()
    assert [(file.name, file.size) for file in found] == [("新.xlsx", 100), ("中.csv", 200), ("旧.xls", 300)]
    assert all(file.stable for file in found)


def test_a_file_is_stable_when_it_has_rested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path)
    path = tmp_path / "a.xls"
    path.write_bytes(b"1")
    ahead = time.time() + 3600
    os.utime(path, (ahead, ahead))
    clock = [100.0]
    monkeypatch.setattr("exports.delivery.time.monotonic", lambda: clock[0])
    assert not folder.files()[0].stable
    clock[0] += 1
    assert not folder.files()[0].stable
    path.write_bytes(b"12")
    os.utime(path, (ahead, ahead))
    clock[0] += 1.5
    assert not folder.files()[0].stable
    clock[0] += 2
    assert folder.files()[0].stable


def test_a_part_file_is_never_stable(tmp_path: Path) -> None:
    path = tmp_path / "a.xls.filepart"
    path.write_bytes(b"1")
    os.utime(path, (1, 1))
    assert not Folder(tmp_path).files()[0].stable


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a.xls", "/etc/passwd", "a/b.xls", "a\\b.xls", "a\0.xls", ".a", "长" * 100]
)
def test_only_plain_names_are_taken(name: str, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError) as caught:
        Folder(tmp_path).existing(name)
    assert caught.value.code == "file.name"
    with pytest.raises(WorkbookError):
        Folder(tmp_path).new(name)


def test_only_regular_files_are_taken(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "link.xls").symlink_to(tmp_path / "secret")
    (tmp_path / "dir.xls").mkdir()
    for name, code in (
        ("link.xls", "file.not_file"),
        ("dir.xls", "file.not_file"),
        ("no.xls", "file.not_found"),
    ):
        with pytest.raises(WorkbookError) as caught:
            folder.existing(name)
        assert caught.value.code == code
    assert folder.existing("secret") == tmp_path / "secret"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkbookError) as caught:
        Folder(tmp_path / "file" / "in")
    assert caught.value.code == "file.not_written"
