"""The annotated error workbook: where, what, and correcting it leads back to a clean roster."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from domain.profile import PROFILE_NAMES
from exports.error_file import MAX_COMMENTS, error_file_name, write_error_file
from exports.importer import FileCheck, check_file
from exports.reader import read_workbook
from exports.workbook_error import WorkbookError
from tests.support import workbooks

EVIL = ["=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "http://x.example/"]


def _check(profile: str, path: Path) -> FileCheck:
    return check_file(path, workbooks.opening(profile), workbooks.context(profile))


def _rows(profile: str, count: int = 3) -> list[list[Any]]:
    business, facts = workbooks.opening(profile), workbooks.context(profile)
    return workbooks.table_of(business, workbooks.people(count, business, facts))


def _broken(profile: str, tmp_path: Path, suffix: str = ".xlsx") -> tuple[Path, list[list[Any]]]:
    """A file whose second person has no name and whose third has a cut ID number; and its good rows."""
    good = _rows(profile)
    rows = [list(row) for row in good]
    name, number = (good[0].index(title) for title in _titles(profile))
    rows[2][name] = ""
    rows[3][number] = rows[3][number][:17]
    return workbooks.write_table(tmp_path / f"清册{suffix}", rows), good


def _titles(profile: str) -> tuple[str, str]:
    by_key = workbooks.opening(profile).by_key
    return by_key["name"].title, by_key["id_number"].title


@pytest.mark.feature("I-03", profile=["shaanxi"])
@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_list_fills_comments_and_reasons(profile: str, suffix: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path, _ = _broken(profile, tmp_path, suffix)
    before = path.read_bytes()
    check = _check(profile, path)
    out = write_error_file(tmp_path / "错误.xlsx", check)
    assert path.read_bytes() == before
    book = load_workbook(out)
    assert book.sheetnames == ["错误清单", "清册"]
    listed = [[cell.value for cell in row] for row in book["错误清单"].iter_rows()]
    assert listed[0] == ["序号", "位置", "行号", "列名", "原值", "错误码", "说明"]
    assert [row[5] for row in listed[1:]] == [finding.code for finding in check.findings]
    assert [row[6] for row in listed[1:]] == [finding.text for finding in check.findings]
    first = check.row_findings[0]
    cell = book["清册"].cell(first.row_number, (first.column or 0) + 1)
    assert book["错误清单"]["B2"].hyperlink.location == f"'清册'!{cell.coordinate}"
    assert cell.fill.fgColor.rgb == "FFFFC7CE"
    assert cell.comment.text == first.text
    page = book["清册"]
    reason = page.max_column
    assert page.cell(1, reason).value == "错误原因"
    assert first.text in page.cell(first.row_number, reason).value
    assert page.cell(2, reason).value is None


@pytest.mark.feature("V-10", profile="all")
@pytest.mark.feature("I-03", profile=["baishan", "lyszfgjj", "shanxi"])
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_it_can_be_corrected_and_imported_again(profile: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path, good = _broken(profile, tmp_path)
    out = write_error_file(tmp_path / "错误.xlsx", _check(profile, path))
    again = _check(profile, out)
    assert [f.code for f in again.row_findings] == [f.code for f in _check(profile, path).row_findings]
    assert again.file_findings == []
    book = load_workbook(out)
    for number, row in enumerate(good, start=1):
        for column, value in enumerate(row, start=1):
            book["清册"].cell(number, column).value = value
    book.save(out)
    check = _check(profile, out)
    assert check.findings == [] and len(check.rows) == 3


def test_the_error_file_of_an_error_file_has_one_column_of_reasons(tmp_path: Path) -> None:
    path, _ = _broken("baishan", tmp_path)
    first = write_error_file(tmp_path / "一.xlsx", _check("baishan", path))
    second = write_error_file(tmp_path / "二.xlsx", _check("baishan", first))
    head = read_workbook(second).rows[0].texts
    assert head.count("错误原因") == 1


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_values_never_become_formulas_or_links(suffix: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    rows = _rows("baishan", len(EVIL))
    for row, value in zip(rows[1:], EVIL, strict=True):
        row[1] = row[2] = value
    path = workbooks.write_table(tmp_path / f"清册{suffix}", rows)
    out = write_error_file(tmp_path / "错误.xlsx", _check("baishan", path))
    book = load_workbook(out)
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in book["清册"]["B"][1:]] == EVIL
    links = [cell.hyperlink for cell in cells if cell.hyperlink is not None]
    assert links and all(link.target is None for link in links)


def test_file_findings_stand_first_and_numbers_stay_numbers(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    rows = _rows("baishan")
    rows[1][2], rows[1][4] = 440301199001011234, -5
    path = workbooks.write_xlsx(tmp_path / "a.xlsx", [[*row, row[1]] for row in rows], first_row=2)
    out = write_error_file(tmp_path / "错误.xlsx", _check("baishan", path))
    book = load_workbook(out)
    assert book["错误清单"]["F2"].value == "column.duplicate"
    page = book["清册"]
    assert page["C3"].value == "4.403E+17" and page["E3"].value == -5
    assert page["A1"].value is None and page["B2"].value == "姓名"


def test_comments_are_capped_and_the_list_is_not(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    rows = _rows("baishan", MAX_COMMENTS + 50)
    for row in rows[1:]:
        row[1] = ""
    path = workbooks.write_xlsx(tmp_path / "a.xlsx", rows)
    book = load_workbook(write_error_file(tmp_path / "错误.xlsx", _check("baishan", path)))
    assert book["错误清单"].max_row == MAX_COMMENTS + 51
    comments = [cell for row in book["清册"].iter_rows() for cell in row if cell.comment]
    assert len(comments) == MAX_COMMENTS


def test_a_text_table_and_a_foreign_sheet_give_a_list_too(tmp_path: Path) -> None:
    path = tmp_path / "甲[1].csv"
    path.write_text("部门,工号\n一部,1\n", "utf-8")
    out = write_error_file(tmp_path / "错误.xlsx", _check("baishan", path))
    assert read_workbook(out, skip=()).visible_sheets == ("错误清单", "甲_1_")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path, _ = _broken("baishan", tmp_path)
    check = _check("baishan", path)
    with pytest.raises(WorkbookError) as caught:
        write_error_file(path, check)
    assert caught.value.code == "file.exists"
    assert list(tmp_path.iterdir()) == [path]


def test_names() -> None:
    now = datetime(2026, 11, 21, 8, 5)
    assert error_file_name("/x/十一月.xls", now) == "十一月_校验结果_202611210805.xlsx"
    assert error_file_name("十一月.xls", now, ascii_only=True) == "roster_check_202611210805.xlsx"
    assert error_file_name("a-1月.xls", now, ascii_only=True) == "a-1_check_202611210805.xlsx"
    assert "\x1b" not in error_file_name("a\x1b[31m.xls", now)
