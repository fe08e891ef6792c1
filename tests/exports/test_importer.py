"""From a roster file to checked rows: columns by title, cells by kind, findings at their place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.business import template_columns
from domain.findings import Severity
from domain.profile import PROFILE_NAMES
from exports.importer import FileCheck, check_file, read_roster
from exports.workbook_error import WorkbookError
from tests.support import workbooks

SUFFIXES = (".xlsx", ".xls")


def _check(profile: str, path: Path, **options: Any) -> FileCheck:
    return check_file(path, workbooks.opening(profile), workbooks.context(profile), **options)


def _table(profile: str, count: int = 3) -> list[list[Any]]:
    business, facts = workbooks.opening(profile), workbooks.context(profile)
    return workbooks.table_of(business, workbooks.people(count, business, facts))


def _column(profile: str, key: str) -> int:
    keys = [column.key for column in template_columns(workbooks.opening(profile))]
    return keys.index(key)


def _codes(check: FileCheck) -> list[tuple[int, str, str]]:
    return [(finding.row_number, finding.title, finding.code) for finding in check.findings]


def _write(tmp_path: Path, rows: Sequence[Sequence[Any]], suffix: str = ".xlsx", first_row: int = 1) -> Path:
    return workbooks.write_table(tmp_path / f"清册{suffix}", rows, first_row=first_row)


@pytest.mark.feature("O-07", profile="all")
@pytest.mark.feature("I-05", profile="all")
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_good_file_has_no_findings(profile: str, suffix: str, tmp_path: Path) -> None:
    business, facts = workbooks.opening(profile), workbooks.context(profile)
    people = workbooks.people(5, business, facts)
    check = _check(profile, _write(tmp_path, workbooks.table_of(business, people), suffix))
    assert check.findings == []
    assert check.ok and check.structure_ok
    assert [row.row_number for row in check.rows] == [2, 3, 4, 5, 6]
    assert [row.values for row in check.rows] == people
    assert check.totals.count == 5
    assert check.totals.amount == sum(row.check.amount for row in check.rows) > 0


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_titles_with_stars_breaks_and_rows_above(profile: str, tmp_path: Path) -> None:
    head, *rows = _table(profile)
    head = [f" {title[:1]}\n{title[1:]} ＊" for title in head]
    path = _write(tmp_path, [["开户清册"], ["单位：甲", "日期"], head, *rows], first_row=4)
    check = _check(profile, path)
    assert check.ok and check.imported.header_row == 6
    assert check.rows[0].row_number == 7


@pytest.mark.parametrize("profile", [name for name in PROFILE_NAMES if name != "hangzhou"])
def test_the_order_of_columns_is_free(profile: str, tmp_path: Path) -> None:
    rows = [row[::-1] for row in _table(profile)]
    assert _check(profile, _write(tmp_path, rows)).ok


@pytest.mark.feature("I-06", profile="hangzhou")
@pytest.mark.feature("V-27", profile="hangzhou")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_changed_order_of_columns_is_refused(suffix: str, tmp_path: Path) -> None:
    rows = [[row[1], row[0], *row[2:]] for row in _table("hangzhou")]
    check = _check("hangzhou", _write(tmp_path, rows, suffix))
    assert _codes(check) == [(1, "", "column.order")]
    assert not check.structure_ok
    assert "次序" in check.findings[0].text


@pytest.mark.feature("I-06", profile="hangzhou")
@pytest.mark.feature("V-27", profile="hangzhou")
@pytest.mark.parametrize("blank", [[], ["  ", "\u3000"]])
def test_a_blank_row_inside_is_refused_where_the_center_says_so(blank: list[str], tmp_path: Path) -> None:
    head, first, second, third = _table("hangzhou")
    check = _check("hangzhou", _write(tmp_path, [head, first, blank, blank, second, third]))
    assert _codes(check) == [(3, "", "row.blank")]
    assert "第3行是空行" in check.findings[0].text
    assert [row.row_number for row in check.rows] == [2, 5, 6]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_blank_rows_at_the_end_do_not_count(profile: str, tmp_path: Path) -> None:
    rows = [*_table(profile, 2), ["  "], ["\u3000", ""], []]
    check = _check(profile, _write(tmp_path, rows))
    assert check.ok and len(check.rows) == 2


def test_rows_with_a_running_number_only_are_blank(tmp_path: Path) -> None:
    rows = [*_table("lyszfgjj", 2), [3], [4]]
    check = _check("lyszfgjj", _write(tmp_path, rows))
    assert check.ok and len(check.rows) == 2


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_missing_required_column_is_said_once(profile: str, tmp_path: Path) -> None:
    base = _column(profile, "base")
    rows = [row[:base] + row[base + 1 :] for row in _table(profile)]
    check = _check(profile, _write(tmp_path, rows))
    title = template_columns(workbooks.opening(profile))[base].title
    assert [(f.title, f.text) for f in check.file_findings if f.code == "column.missing"] == [
        (title, f"缺少必填的“{title}”列，请用本中心的模板填写后再导入。")
    ]
    assert not any(f.code == "required" and f.title == title for f in check.row_findings)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("stored", "value"), [(0.12, "12%"), (0.125, "12.5%"), (0.07, "7%"), (12, "12"), (12.5, "12.5")]
)
def test_a_ratio_typed_as_percentage_is_the_percentage_shown(
    stored: float, value: str, suffix: str, tmp_path: Path
) -> None:
    rows = _table("hangzhou", 1)
    rows[1][_column("hangzhou", "ratio")] = stored
    check = _check("hangzhou", _write(tmp_path, rows, suffix))
    assert check.rows[0].values["ratio"] == value
    assert check.ok is (value in ("12%", "12"))


def test_a_column_that_stands_twice(tmp_path: Path) -> None:
    rows = [[*row, row[1]] for row in _table("baishan")]
    check = _check("baishan", _write(tmp_path, rows))
    assert [(f.code, f.column) for f in check.findings] == [("column.duplicate", 5)]
    assert "B列和F列" in check.findings[0].text


def test_an_unknown_column_is_a_warning(tmp_path: Path) -> None:
    rows = [[*row, "部门" if place == 0 else "一部"] for place, row in enumerate(_table("baishan"))]
    check = _check("baishan", _write(tmp_path, rows))
    assert check.ok
    assert [(f.code, f.finding.severity) for f in check.findings] == [("column.unknown", Severity.WARNING)]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_sheet_without_known_titles_is_refused(profile: str, suffix: str, tmp_path: Path) -> None:
    check = _check(profile, _write(tmp_path, [["甲", "乙", "丙"], ["1", "2", "3"]], suffix))
    assert [finding.code for finding in check.findings] == ["template.foreign"]
    assert check.rows == [] and not check.ok


@pytest.mark.feature("V-34", profile="shaanxi")
@pytest.mark.feature("I-05", profile="shaanxi")
@pytest.mark.feature("I-06", profile="shaanxi")
@pytest.mark.parametrize("other", [name for name in PROFILE_NAMES if name != "shaanxi"])
def test_another_centers_template_is_refused(other: str, tmp_path: Path) -> None:
    from exports.template import HEADER_ROW, write_template

    business = workbooks.opening(other)
    path = write_template(tmp_path / "a.xlsx", business, business.profile)
    rows = _table(other)[1:]
    workbooks.fill_xlsx(path, rows, first_row=HEADER_ROW + 1)
    check = _check("shaanxi", path)
    assert "template.foreign" in {finding.code for finding in check.file_findings}
    assert not check.ok


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_the_mark_of_another_center_is_refused(profile: str, tmp_path: Path) -> None:
    other = "shanxi" if profile != "shanxi" else "baishan"
    mark = [[f"模板 模板版本：GJJ-open-{other}-1"]]
    check = _check(profile, _write(tmp_path, [*mark, *_table(profile)]))
    assert [finding.code for finding in check.findings] == ["template.foreign"]
    assert f"GJJ-open-{other}-1" in check.findings[0].text


def test_an_old_template_is_a_warning(tmp_path: Path) -> None:
    path = _write(tmp_path, [["模板版本：GJJ-open-baishan-0"], *_table("baishan")])
    check = _check("baishan", path)
    assert check.ok and [finding.code for finding in check.findings] == ["template.old"]
    assert str(check.imported.layout.mark) == "GJJ-open-baishan-0"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_an_id_number_typed_as_a_number_is_a_hard_error(profile: str, suffix: str, tmp_path: Path) -> None:
    rows, at = _table(profile), _column(profile, "id_number")
    rows[2][at] = 440301199001011234
    check = _check(profile, _write(tmp_path, rows, suffix))
    title = template_columns(workbooks.opening(profile))[at].title
    assert _codes(check) == [(3, title, "id.number_cell")]
    finding = check.findings[0]
    assert finding.value == "4.403E+17"
    assert finding.text == f"“{title}”是数值格式，末位已丢失，请把该列设为文本格式后重新填写。"
    assert not check.rows[1].check.ok and check.totals.count == 2


def test_a_pasted_display_of_a_number_is_refused_too(tmp_path: Path) -> None:
    rows, at = _table("baishan"), _column("baishan", "id_number")
    rows[1][at] = "4.403E+17"
    assert [code for _, _, code in _codes(_check("baishan", _write(tmp_path, rows)))] == ["id.number_cell"]


@pytest.mark.feature("V-34", profile="shaanxi")
@pytest.mark.feature("I-06", profile="shaanxi")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cells_that_are_not_text_are_refused_where_the_center_says_so(suffix: str, tmp_path: Path) -> None:
    rows = _table("shaanxi")
    rows[1][_column("shaanxi", "base")] = 8000
    rows[2][_column("shaanxi", "mobile")] = 13800138000
    check = _check("shaanxi", _write(tmp_path, rows, suffix))
    assert _codes(check) == [(2, "缴存基数", "cell.not_text"), (3, "手机号码", "cell.not_text")]
    assert "文本格式" in check.findings[0].text


@pytest.mark.parametrize("profile", [name for name in PROFILE_NAMES if name != "shaanxi"])
def test_amounts_may_be_numbers_elsewhere(profile: str, tmp_path: Path) -> None:
    business = workbooks.opening(profile)
    rows = _table(profile)
    for place, column in enumerate(template_columns(business)):
        if column.kind in ("money", "ratio"):
            for row in rows[1:]:
                row[place] = float(row[place])
    assert _check(profile, _write(tmp_path, rows)).findings == []


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_full_width_digits_are_reported(profile: str, tmp_path: Path) -> None:
    rows = _table(profile)
    for key in ("id_number", "base"):
        at = _column(profile, key)
        rows[1][at] = rows[1][at].translate({ord(str(d)): 0xFF10 + d for d in range(10)})
    found = {code for _, _, code in _codes(_check(profile, _write(tmp_path, rows)))}
    if profile == "hangzhou":
        assert found == {"id.full_width"}
    else:
        assert {"id.full_width", "base.full_width"} <= found


@pytest.mark.feature("V-11", profile="hangzhou")
def test_a_full_width_base_has_the_printed_text(tmp_path: Path) -> None:
    rows, at = _table("hangzhou"), _column("hangzhou", "base")
    rows[1][at] = "８０００"
    check = _check("hangzhou", _write(tmp_path, rows))
    assert check.findings[0].text.startswith("输入的月均工资格式错误")


@pytest.mark.feature("I-04", profile="all")
@pytest.mark.feature("V-10", profile="all")
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_all_findings_of_all_rows_or_the_first_of_each(profile: str, tmp_path: Path) -> None:
    rows = _table(profile)
    name, number, base = (_column(profile, key) for key in ("name", "id_number", "base"))
    for row in rows[1:3]:
        row[name], row[number], row[base] = "", "123", "-1"
    check = _check(profile, _write(tmp_path, rows))
    codes = [(row, code) for row, _, code in _codes(check)]
    if profile == "hangzhou":
        assert codes == [(2, "required"), (3, "required")]
    else:
        expected = ["required", "id.length", "base.not_positive"]
        found = [code for row, code in codes if row == 2 and code in expected]
        assert found == expected
        assert [row for row, _ in codes] == sorted(row for row, _ in codes)
    assert [row.check.ok for row in check.rows] == [False, False, True]
    assert [row.row_number for row in check.good_rows] == [4]
    assert check.totals.count == 1


@pytest.mark.feature("V-14", profile="hangzhou")
@pytest.mark.parametrize("right", [False, True])
def test_a_clamped_base_asks_for_the_clamped_deposit(right: bool, tmp_path: Path) -> None:
    rows = _table("hangzhou")
    base, total = _column("hangzhou", "base"), _column("hangzhou", "total_amount")
    facts = workbooks.context("hangzhou")
    assert facts.limits is not None
    highest = facts.limits.base_max // 100
    rows[1][base] = str(highest * 2)
    rows[1][total] = f"{(highest if right else highest * 2) * 0.24:.2f}"
    check = _check("hangzhou", _write(tmp_path, rows))
    codes = [code for _, _, code in _codes(check)]
    assert codes == (["base.clamped"] if right else ["amount.mismatch"])
    assert check.ok is right


def test_the_same_person_twice_in_a_file(tmp_path: Path) -> None:
    rows, at = _table("baishan", 4), _column("baishan", "id_number")
    rows[4][at] = rows[1][at].lower()
    check = _check("baishan", _write(tmp_path, rows))
    assert _codes(check) == [(5, "证件号码", "roster.duplicate")]


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_merged_cells_among_the_data(profile: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = _write(tmp_path, [["开户清册"], *_table(profile)])
    book = load_workbook(path)
    book.active.merge_cells("A1:D1")
    book.active.merge_cells("A4:A5")
    book.save(path)
    check = _check(profile, path)
    merged = [finding for finding in check.file_findings if finding.code == "cell.merged"]
    assert [(finding.row_number, finding.column) for finding in merged] == [(4, 0)]
    assert "A4:A5" in merged[0].text
    assert not check.structure_ok


def test_a_header_merged_downwards(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    head, *rows = _table("baishan")
    path = _write(tmp_path, [head, ["", "", "", "", "（元）"], *rows])
    book = load_workbook(path)
    book.active.merge_cells("A1:A2")
    book.save(path)
    check = _check("baishan", path)
    assert check.ok and [row.row_number for row in check.rows] == [3, 4, 5]


def test_formulas_without_a_value_and_error_values(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = _write(tmp_path, _table("baishan"))
    book = load_workbook(path)
    page = book.active
    page["E2"] = "=8000+1"
    page["E3"].value, page["E3"].data_type = "#N/A", "e"
    book.save(path)
    check = _check("baishan", path)
    assert _codes(check) == [(2, "个人缴存基数", "cell.formula"), (3, "个人缴存基数", "cell.error")]
    assert check.findings[0].text == "“个人缴存基数”的公式未计算，请在 Excel 中打开并保存后再导入。"
    assert "#N/A" in check.findings[1].text


def test_formulas_with_a_value_are_values(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    rows = _table("baishan")
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    page.write_formula(1, 4, "=8000+1", None, 8001)
    book.close()
    check = _check("baishan", path)
    assert check.ok and check.rows[0].values["base"] == "8001"


def test_hidden_rows_and_further_sheets_are_told(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = _write(tmp_path, _table("baishan"))
    book = load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.create_sheet("另一张")["A1"] = "x"
    book.save(path)
    check = _check("baishan", path)
    assert check.ok and len(check.rows) == 3
    assert [finding.code for finding in check.findings] == ["row.hidden", "sheet.others"]


def test_the_sheet_with_the_titles_is_found(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = _write(tmp_path, _table("baishan"))
    book = load_workbook(path)
    book.create_sheet("说明", 0)["A1"] = "先看这里"
    book.save(path)
    check = _check("baishan", path)
    assert check.ok and check.imported.sheet.name == "清册"


@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_file_without_rows(profile: str, tmp_path: Path) -> None:
    check = _check(profile, _write(tmp_path, _table(profile, 0)))
    assert [finding.code for finding in check.findings] == ["roster.empty"]


def test_too_many_rows(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError) as caught:
        _check("baishan", _write(tmp_path, _table("baishan", 20)), limit_rows=10)
    assert caught.value.code == "file.rows"


def test_progress_is_told_and_may_stop(tmp_path: Path) -> None:
    path = _write(tmp_path, _table("baishan", 1200))
    told: list[tuple[int, int]] = []
    _check("baishan", path, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 1200), (500, 1200), (1000, 1200), (1200, 1200)]

    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        _check("baishan", path, progress=stop)


def test_codes_are_taken_as_code_name_or_both(tmp_path: Path) -> None:
    rows, at = _table("lyszfgjj"), _column("lyszfgjj", "marriage")
    rows[1][at], rows[2][at], rows[3][at] = "10", "未婚", "10-未婚"
    check = _check("lyszfgjj", _write(tmp_path, rows))
    assert check.ok
    assert {row.check.values["marriage"] for row in check.rows} == {"10"}


def test_text_tables_are_checked_alike(tmp_path: Path) -> None:
    path = tmp_path / "清册.csv"
    path.write_bytes("\r\n".join(",".join(row) for row in _table("baishan")).encode("gb18030"))
    assert _check("baishan", path).findings == []


def test_a_month_given_as_a_date(tmp_path: Path) -> None:
    from domain.business import Column, Kind
    from exports.importer import judge_kinds
    from exports.layout import ImportRules
    from exports.roster import ImportedRow
    from exports.sheet import RawRow

    day = date(2026, 11, 1).isoformat()
    row = ImportedRow(2, {"month": day})
    column = Column("month", "补缴年月", Kind.MONTH, 8)
    judge_kinds(row, RawRow(2, [day], {0: "date"}), [(column, 0)], ImportRules())
    assert row.values == {"month": "202611"} and row.findings == []


_ANY_TEXT = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc", "Cn"]), max_size=20)


@settings(max_examples=15)
@given(
    cells=st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.text(
                    st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc", "Cn"]), max_size=20
                ),
                st.integers(-(10**18), 10**18),
                st.floats(allow_nan=False, allow_infinity=False),
                st.booleans(),
                st.dates(date(1950, 1, 1), date(2050, 1, 1)),
            ),
            min_size=1,
            max_size=8,
        ),
        max_size=6,
    )
)
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_any_cells_at_all_only_give_findings(
    profile: str, cells: list[list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    head = _table(profile, 0)[0]
    path = workbooks.write_xlsx(tmp_path_factory.mktemp("any") / "a.xlsx", [head, *cells])
    check = _check(profile, path)
    places = [(finding.row_number, finding.code) for finding in check.row_findings]
    assert [row for row, _ in places] == sorted(row for row, _ in places)
    assert all(finding.text.strip() for finding in check.findings)
    assert check.totals.count == len(check.good_rows)


def test_read_roster_alone_judges_no_values(tmp_path: Path) -> None:
    rows = _table("baishan")
    rows[1][_column("baishan", "base")] = "不是数"
    imported = read_roster(_write(tmp_path, rows), workbooks.opening("baishan"))
    assert imported.findings == [] and imported.rows[0].values["base"] == "不是数"
