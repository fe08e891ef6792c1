from __future__ import annotations

from pathlib import Path

import pytest

from cli.main import main
from domain.profile import PROFILE_NAMES
from exports.template import HEADER_ROW


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_template_is_written_and_has_only_its_emptiness_against_it(
    profile: str, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"模板{suffix}"
    assert main(["template", "open", "--profile", profile, str(file)]) == 0
    assert str(file) in capsys.readouterr().out
    assert main(["check", "open", str(file), "--profile", profile, "--json"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 and "roster.empty" in lines[0] and f'"row": {HEADER_ROW + 1}' in lines[0]


def test_a_file_is_overwritten_only_when_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.xlsx"
    file.write_text("mine")
    given = ["template", "open", "--profile", "baishan", str(file)]
    assert main(given) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("。") == 1 and "--force" in said.err
    assert file.read_text() == "mine"
    assert main([*given, "--force"]) == 0
    assert file.read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("name", ["roster.pdf", "roster", "none/roster.xlsx"])
def test_what_cannot_be_written_is_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["template", "open", "--profile", "baishan", str(tmp_path / name)]) == 1
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1 and said.err.endswith("。\n")
    assert list(tmp_path.iterdir()) == []
