from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cli.main import main
from domain.profile import PROFILE_NAMES
from tests.cli.rosters import FIRST_ROW, identity, person, title, write_roster

ROOT = Path(__file__).parents[2]
DAY = ["--today", "2026-11-23"]


def check(
    capsys: pytest.CaptureFixture[str], file: Path, profile: str, *more: str
) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, findings, standard error."""
    code = main(["check", "open", str(file), "--profile", profile, "--json", *DAY, *more])
    said = capsys.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], said.err


def given_codes(findings: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    return [(found["row"], found["field"], found["code"]) for found in findings]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "清册.xlsx"


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_good_roster_is_clean(profile: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_roster(file, profile, [person(1), person(3)])
    assert check(capsys, file, profile) == (0, [], "")
    assert main(["check", "open", str(file), "--profile", profile, *DAY]) == 0
    assert "共 2 行，2 行可以导入，合计月缴存额 3840.00 元；0 个错误" in capsys.readouterr().out


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_every_finding_of_every_row_stands_with_its_row_and_title(
    profile: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = identity(5)[:17] + ("0" if identity(5)[17] != "0" else "1")
    rows = [person(1), person(3, name="", base="80,0x"), person(5, id_number=wrong), person(1)]
    write_roster(file, profile, rows)
    code, findings, error = check(capsys, file, profile)
    assert (code, error) == (1, "")
    assert all(found.keys() == {"row", "field", "code", "message", "severity"} for found in findings)
    assert all(found["message"].endswith("。") for found in findings)
    name, number, base = (title(profile, key) for key in ("name", "id_number", "base"))
    found = given_codes(findings)
    assert (FIRST_ROW + 1, name, "required") in found
    assert (FIRST_ROW + 2, number, "id.check_digit") in found
    assert (FIRST_ROW + 3, number, "roster.duplicate") in found
    assert ((FIRST_ROW + 1, base, "base.format") in found) is (profile != "hangzhou")
    assert FIRST_ROW not in [row for row, _, _ in found]


def test_hangzhou_shows_only_the_first_finding_of_a_row(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_roster(file, "hangzhou", [person(1, name="", base="x", id_number="1")])
    _, findings, _ = check(capsys, file, "hangzhou")
    assert given_codes(findings) == [(FIRST_ROW, title("hangzhou", "name"), "required")]


def test_an_id_stored_as_a_number_is_an_error(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_roster(file, "baishan", [person(1)])
    book = openpyxl.load_workbook(file)
    cell = next(c for c in book.active[FIRST_ROW] if c.value == identity(1))
    cell.value, cell.number_format = int(identity(1)[:17] + "0"), "0"
    book.save(file)
    code, findings, _ = check(capsys, file, "baishan")
    assert code == 1
    assert given_codes(findings) == [(FIRST_ROW, title("baishan", "id_number"), "id.number_cell")]


def test_full_width_digits_are_reported_not_repaired(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_roster(file, "baishan", [person(1, id_number="１" + identity(1)[1:], base="８０００")])
    code, findings, _ = check(capsys, file, "baishan")
    assert code == 1
    assert {found["code"] for found in findings} == {"id.full_width", "base.full_width"}


def test_a_warning_alone_keeps_the_exit_code_0(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_roster(file, "baishan", [person(1)])
    book = openpyxl.load_workbook(file)
    book.create_sheet("其它")
    book.save(file)
    code, findings, _ = check(capsys, file, "baishan")
    assert code == 0
    assert [(found["code"], found["severity"]) for found in findings] == [("sheet.others", "warning")]


def test_the_units_ratios_can_be_given(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_roster(file, "lyszfgjj", [person(1, unit_amount="800.00", person_amount="640.00")])
    assert check(capsys, file, "lyszfgjj", "--unit-ratio", "10", "--person-ratio", "8")[0] == 0
    code, findings, _ = check(capsys, file, "lyszfgjj")
    assert code == 1
    assert {found["code"] for found in findings} == {"amount.mismatch"}


@pytest.mark.feature("I-07", profile="hangzhou")
def test_the_fund_type_can_be_given(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [person(1, fund_type="住房公积金补贴"), person(3, fund_type="一般公积金")]
    write_roster(file, "hangzhou", rows)
    chosen = ["--fund-type", "住房公积金补贴"]
    code, findings, _ = check(capsys, file, "hangzhou", *chosen)
    found = (FIRST_ROW + 1, title("hangzhou", "fund_type"), "fund_type.not_chosen")
    assert (code, given_codes(findings)) == (1, [found])
    assert check(capsys, file, "hangzhou", "--fund-type", "补助")[0] == 2


def test_limits_are_those_of_the_month(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_roster(file, "shaanxi", [person(1, base="9999999.00")])
    code, findings, _ = check(capsys, file, "shaanxi", "--month", "202611")
    assert code == 1 and [found["field"] for found in findings] == [title("shaanxi", "base")]


def test_a_unit_without_a_unified_ratio(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_roster(file, "hangzhou", [person(1, ratio="8", total_amount="1280.00")])
    assert check(capsys, file, "hangzhou", "--not-unified")[0] == 0
    assert check(capsys, file, "hangzhou", "--unified")[0] == 1


@pytest.mark.parametrize("given", [["--unit-ratio", "x"], ["--month", "202613"], ["--today", "23.11.2026"]])
def test_arguments_without_sense_are_one_sentence(
    given: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_roster(file, "baishan", [person(1)])
    assert main(["check", "open", str(file), "--profile", "baishan", *given]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1 and given[1] in said.err + given[1]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "file.not_found"),
        (b"", "file.empty"),
        (b"%PDF-1.4 something", "file.not_workbook"),
        (b"<html><table></table></html>", "file.html"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_2(
    content: bytes | None, code: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        file.write_bytes(content)
    exit_code, findings, error = check(capsys, file, "baishan")
    assert exit_code == 2
    assert [(found["row"], found["field"], found["code"]) for found in findings] == [(0, "", code)]
    assert error == findings[0]["message"] + "\n"
    assert main(["check", "open", str(file), "--profile", "baishan"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err == error


def test_a_foreign_workbook_has_findings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.Workbook()
    book.active.append(["日期", "金额"])
    book.save(file)
    code, findings, _ = check(capsys, file, "baishan")
    assert (code, [found["code"] for found in findings]) == (1, ["template.foreign"])


def test_control_characters_never_reach_the_terminal(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "张\u009b2J\u202e三"
    write_roster(file, "baishan", [person(1, name=hostile)])
    for more in ([], ["--json"]):
        assert main(["check", "open", str(file), "--profile", "baishan", *DAY, *more]) == 1
        shown = capsys.readouterr().out
        assert "\u009b" not in shown and "\u202e" not in shown


def test_columns_of_the_table_line_up(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from domain.text import cell_width

    write_roster(file, "baishan", [person(1, name=""), person(3, base="x"), person(5, id_number="2")])
    assert main(["check", "open", str(file), "--profile", "baishan", *DAY]) == 1
    lines = capsys.readouterr().out.splitlines()[:-1]
    starts = {
        cell_width(line[: line.index(word)]) for line in lines for word in ("错误", "类别") if word in line
    }
    assert len(lines) == 4 and len(starts) == 1


def test_without_a_terminal_in_any_locale_json_is_utf8_and_nothing_else(file: Path) -> None:
    write_roster(file, "shanxi", [person(1, name="")])
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "check", "open", str(file), "--profile", "shanxi", "--json"],
        cwd=ROOT,
        env=environment | {"LC_ALL": "POSIX", "PYTHONIOENCODING": "gb18030", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout.decode("utf-8"))["field"] == title("shanxi", "name")
    assert done.stderr == b""


def test_check_loads_no_screens_network_or_keys(file: Path) -> None:
    write_roster(file, "baishan", [person(1)])
    source = (
        "import sys; from cli.main import main; "
        f"code = main(['check', 'open', {str(file)!r}, '--profile', 'baishan', '--json']); "
        "heavy = {'textual', 'httpx', 'sqlalchemy', 'pkcs11', 'fastapi', 'cryptography'} & set(sys.modules); "
        "print(code, sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "0 []\n"


def test_a_file_with_a_missing_column_names_it_and_offers_no_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "清册.csv"
    file.write_text(f"姓名,证件号码\n张三,{identity(1)}\n", "utf-8")
    code, findings, _ = check(capsys, file, "baishan")
    assert code == 1
    assert given_codes(findings) == [(1, "个人缴存基数", "column.missing")]
    assert main(["check", "open", str(file), "--profile", "baishan", *DAY]) == 1
    assert "表格本身有错误，改正前不能导入" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--unit-ratio", "--person-ratio"])
@pytest.mark.parametrize("ratio", ["99", "4.9", "12.01"])
def test_a_ratio_out_of_the_centers_limits_is_refused_with_them(
    option: str, ratio: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_roster(file, "baishan", [person(1)])
    code, findings, error = check(capsys, file, "baishan", option, ratio)
    assert (code, findings) == (2, [])
    assert option in error and ratio in error and "5 至 12" in error and error.strip().endswith("。")
