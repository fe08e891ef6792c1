"""Every declared business from the command line: its template, a good file and a bad one."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from cli.main import main
from domain.business import template_columns
from domain.businesses.names import BUSINESSES
from domain.businesses.registry import declare
from domain.profile import PROFILE_NAMES, load_profile
from exports.template import HEADER_ROW
from tests.cli.rosters import identity

OFFERED = [
    (business, name, rules)
    for name in PROFILE_NAMES
    for business, rules in load_profile(name).offered().items()
]
EVERY = [(business, name) for business, name, rules in OFFERED if rules.template]
NO_FILES = [(business, name) for business, name, rules in OFFERED if not rules.template]
SEALS = [pair for pair in EVERY if pair[0] in ("seal", "unseal")]
DAY = ("--today", "2026-11-21")


def write(path: Path, business: str, name: str, row: dict[str, str]) -> Path:
    """The template with one row filled in."""
    assert main(["template", business, "--profile", name, str(path)]) == 0
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for place, column in enumerate(template_columns(declare(business, load_profile(name))), 1):
        if text := row.get(column.key, ""):
            sheet.cell(HEADER_ROW + 1, place).value = text
            sheet.cell(HEADER_ROW + 1, place).number_format = "@"
    book.save(path)
    return path


def good(business: str, name: str) -> dict[str, str]:
    reasons = load_profile(name).offered()[business].reasons
    return {
        "serial": "1",
        "account_no": "10000100000001",
        "name": "张三",
        "id_number": identity(),
        "reason": f"{reasons[0].code} {reasons[0].title}",
        "base": "8000.00",
    }


def findings(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [(line["field"], line["code"]) for line in lines]


@pytest.mark.parametrize(("business", "name"), EVERY)
def test_every_business_has_a_template_that_is_empty(business: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    assert main(["template", business, "--profile", name, str(file)]) == 0
    assert main(["check", business, str(file), "--profile", name, *DAY]) == 1


@pytest.mark.parametrize(("business", "name"), NO_FILES)
def test_a_business_without_files_says_so(
    business: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.xlsx"
    assert main(["template", business, "--profile", name, str(file)]) == 1
    assert "逐项录入，没有批量模板" in capsys.readouterr().err
    assert not file.exists()
    assert main(["check", business, str(file), "--profile", name, *DAY]) == 2
    assert "逐项录入，没有批量模板" in capsys.readouterr().err


@pytest.mark.parametrize(("business", "name"), SEALS)
def test_a_good_file_is_clean_and_says_what_only_the_center_knows(
    business: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "t.xlsx", business, name, good(business, name))
    assert main(["check", business, str(file), "--profile", name, *DAY]) == 0, capsys.readouterr().out
    assert "要由中心核对" in capsys.readouterr().out


@pytest.mark.parametrize(("business", "name"), SEALS)
def test_a_bad_file_has_its_findings(
    business: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = good(business, name) | {"reason": "没有", "id_number": identity()[:-1] + "Y"}
    file = write(tmp_path / "t.xlsx", business, name, row)
    capsys.readouterr()
    assert main(["check", business, str(file), "--profile", name, "--json", *DAY]) == 1
    codes = {code for _, code in findings(capsys)}
    assert codes and codes <= {"code.unknown", "id.characters", "id.check_digit"}
    assert len(codes) == (1 if name == "hangzhou" else 2)


@pytest.mark.parametrize("command", ["check", "template"])
def test_what_the_center_does_not_offer_is_said(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "unseal", "--profile", "hangzhou", str(tmp_path / "t.xlsx")]) != 0
    assert "本中心没有开通网上启封" in capsys.readouterr().err


def test_every_id_is_a_table_of_a_profile() -> None:
    from domain.profile import Businesses

    assert list(BUSINESSES) == list(Businesses.model_fields)
