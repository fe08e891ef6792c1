"""Templates: what they hold, that they refuse to overwrite, and that filling one gives a clean roster."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from domain.business import Kind, template_columns
from domain.codes import table
from domain.profile import PROFILE_NAMES
from exports.importer import check_file
from exports.reader import read_workbook
from exports.template import HEADER_ROW, heading, template_mark, title_line, write_template
from exports.workbook_error import WorkbookError
from tests.support import workbooks

SUFFIXES = (".xlsx", ".xls")


def _write(profile: str, path: Path, **options: Any) -> Path:
    business = workbooks.opening(profile)
    return write_template(path, business, business.profile, **options)


@pytest.mark.feature("I-01", profile="all")
@pytest.mark.feature("I-05", profile="all")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_filled_template_is_clean(profile: str, suffix: str, tmp_path: Path) -> None:
    business, facts = workbooks.opening(profile), workbooks.context(profile)
    path = _write(profile, tmp_path / f"模板{suffix}")
    people = workbooks.people(4, business, facts)
    rows = workbooks.table_of(business, people)[1:]
    fill = workbooks.fill_xlsx if suffix == ".xlsx" else workbooks.fill_xls
    fill(path, rows, first_row=HEADER_ROW + 1)
    check = check_file(path, business, facts)
    assert check.findings == []
    assert [row.values for row in check.rows] == people
    assert check.rows[0].row_number == HEADER_ROW + 1
    assert check.imported.header_row == HEADER_ROW
    assert str(check.imported.layout.mark) == f"GJJ-open-{profile}-{business.profile.version}"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_an_empty_template_has_no_rows(profile: str, suffix: str, tmp_path: Path) -> None:
    path = _write(profile, tmp_path / f"模板{suffix}")
    check = check_file(path, workbooks.opening(profile), workbooks.context(profile))
    assert [finding.code for finding in check.findings] == ["roster.empty"]


@pytest.mark.feature("I-06", profile=["shaanxi", "shanxi", "hangzhou"])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_title_version_notes_and_columns_are_visible(profile: str, suffix: str, tmp_path: Path) -> None:
    business = workbooks.opening(profile)
    path = _write(profile, tmp_path / f"模板{suffix}")
    rows = read_workbook(path).rows
    assert rows[0].texts == [title_line(business, business.profile)]
    assert str(template_mark(business, business.profile)) in rows[0].texts[0]
    for note in business.profile.offered()["open"].template_notes[:2]:
        assert note in rows[1].texts[0]
    assert rows[2].texts == [heading(column) for column in template_columns(business)]
    notes = read_workbook(path, sheet="填写说明")
    text = "".join(text for row in notes.rows for text in row.texts)
    for note in business.profile.offered()["open"].template_notes:
        assert note in text


@pytest.mark.feature("I-06", profile=["hangzhou", "shaanxi"])
@pytest.mark.parametrize("profile", ["hangzhou", "shaanxi"])
def test_the_formats_of_the_columns_are_those_of_the_center(profile: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    page = load_workbook(_write(profile, tmp_path / "a.xlsx")).worksheets[0]
    formats = {}
    for index, column in enumerate(template_columns(workbooks.opening(profile))):
        formats[column.key] = page.column_dimensions["ABCDEFGHIJKL"[index]].number_format
    if profile == "shaanxi":
        assert set(formats.values()) == {"@"}
    else:
        assert {formats[key] for key in ("name", "id_number")} == {"@"}
        assert {formats[key] for key in ("base", "ratio", "total_amount", "fund_type")} == {"General"}


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_pick_lists_stand_on_a_sheet_nobody_sees(profile: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    business = workbooks.opening(profile)
    book = load_workbook(_write(profile, tmp_path / "a.xlsx"))
    coded = [column for column in template_columns(business) if column.kind is Kind.CODE]
    rules = {rule.formula1: rule for rule in book.worksheets[0].data_validations.dataValidation}
    for column in coded:
        name = f"_码_{column.key}"
        assert rules[name].type == "list"
        sheet, place = next(iter(book.defined_names[name].destinations))
        assert book[sheet].sheet_state == "veryHidden"
        items = [cell.value for (cell,) in book[sheet][place]]
        assert len(items) == len(table(column.codes).items())
        assert [table(column.codes).parse(item) for item in items] == [
            code for code, _ in table(column.codes).items()
        ]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_number_in_the_id_column_turns_red(profile: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    page = load_workbook(_write(profile, tmp_path / "a.xlsx")).worksheets[0]
    formulas = [rule.formula[0] for area in page.conditional_formatting for rule in area.rules]
    assert len(formulas) == 1
    assert "ISNUMBER" in formulas[0] and "<>18" in formulas[0]
    assert ("<>15" in formulas[0]) is workbooks.opening(profile).profile.offered()["open"].id15_allowed


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_required_titles_are_red_and_notes_are_large(profile: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    page = load_workbook(_write(profile, tmp_path / "a.xlsx")).worksheets[0]
    for index, column in enumerate(template_columns(workbooks.opening(profile)), start=1):
        cell = page.cell(HEADER_ROW, index)
        assert (cell.font.color.rgb == "FFC00000") is column.required
        assert ("*" in cell.value) is column.required
        assert cell.comment is not None and cell.comment.text.startswith(
            "必填" if column.required else "选填"
        )
    assert page.freeze_panes == f"A{HEADER_ROW + 1}"
    assert page.max_row == HEADER_ROW


def test_the_version_is_a_property_too(tmp_path: Path) -> None:
    path = _write("baishan", tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert b"GJJ-open-baishan-1" in archive.read("docProps/custom.xml")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_existing_file_is_kept_until_overwriting_is_confirmed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"模板{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(WorkbookError) as caught:
        _write("hangzhou", path)
    assert caught.value.code == "file.exists" and path.read_bytes() == b"old"
    _write("hangzhou", path, overwrite=True)
    assert len(path.read_bytes()) > 1000
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "code"),
    [("a.txt", "template.format"), ("a", "template.format"), ("no/a.xlsx", "file.not_written")],
)
def test_places_that_cannot_be_written(name: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError) as caught:
        _write("baishan", tmp_path / name)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []
