"""A payroll workbook of whatever make: its titles found, its columns told apart, its lines read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from exports.payroll_file import PayrollFile, missing, missing_text, read_payroll
from exports.workbook_error import WorkbookError
from tests.support.workbooks import Cell, id_number, patch_part, write_table, write_xlsx

TODAY = date(2026, 11, 23)
TITLES = [
    "序号",
    "姓名",
    "身份证号",
    "基本工资",
    "应发工资",
    "上年月均工资（元）",
    "入职日期",
    "离职时间",
    "手机",
]
LINES: list[list[Cell]] = [
    [1, "张三", id_number(1), 3000, 9000, 8000, "2026-11-02", None, "13800000001"],
    [2, "李四", id_number(2), 3000, 9000.5, 8100.55, None, "2026-11-10", None],
]


def payroll(
    path: Path, *more: list[Cell], titles: list[Cell] | None = None, first_row: int = 1
) -> PayrollFile:
    write_table(path, [titles or TITLES, *LINES, *more], first_row=first_row)
    return read_payroll(path)


@pytest.mark.parametrize("name", ["工资.xlsx", "工资.xls"])
def test_titles_are_found_below_a_heading_and_the_average_wage_is_preferred(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    write_table(
        path, [["2026年11月工资表"], ["单位：示例一中"], TITLES, *LINES, [None, "合计", None, 1, 1, 1]]
    )
    file = read_payroll(path)
    mapping = file.mapping()
    assert (file.title_row, missing(mapping), missing_text(mapping)) == (3, [], "")
    assert mapping == {"name": 1, "id_number": 2, "wage": 5, "hired": 6, "left": 7, "mobile": 8}
    assert file.is_yearly(mapping) and not file.is_yearly({**mapping, "wage": 4})
    lines = file.lines(mapping, TODAY)
    assert [(row.line, row.name, row.wage) for row in lines.rows] == [
        (4, "张三", 800_000),
        (5, "李四", 810_055),
    ]
    assert (lines.rows[0].hired, lines.rows[1].left) == (date(2026, 11, 2), date(2026, 11, 10))
    assert lines.passed == (6,)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_text_table_is_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "工资.csv"
    rows = [TITLES, *LINES]
    text = "\r\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
    path.write_bytes(text.encode(encoding))
    file = read_payroll(path)
    assert [row.problem for row in file.lines(file.mapping(), TODAY).rows] == ["", ""]


def test_real_dates_and_numbers_of_a_workbook_are_read(tmp_path: Path) -> None:
    own = [3, "王五", int(id_number(3)[:15]), 1, 2, 8333.33, date(2026, 3, 2), None, 13800000003]
    file = payroll(tmp_path / "a.xlsx", own)
    row = file.lines(file.mapping(), TODAY).rows[2]
    assert (row.hired, row.wage, row.mobile) == (date(2026, 3, 2), 833_333, "13800000003")


def test_an_id_number_in_a_number_cell_has_lost_its_digits(tmp_path: Path) -> None:
    file = payroll(tmp_path / "a.xlsx", [3, "王五", 440301199001011234.0, 1, 2, 8000])
    row = file.lines(file.mapping(), TODAY).rows[2]
    assert (row.key, "被表格变成数字" in row.problem) == ("", True)


def test_titles_that_stand_there_again_and_lines_of_sums_are_passed_over(tmp_path: Path) -> None:
    more: list[list[Cell]] = [
        [None, "小计", None, None, None, 9],
        TITLES,
        [3, "王五", id_number(3), 1, 1, 8000],
    ]
    file = payroll(tmp_path / "a.xlsx", *more)
    lines = file.lines(file.mapping(), TODAY)
    assert ([row.name for row in lines.rows], lines.passed) == (["张三", "李四", "王五"], (4, 5))


def test_two_columns_that_may_be_meant_are_left_to_the_person(tmp_path: Path) -> None:
    titles = [*TITLES[:5], "应发工资", *TITLES[6:]]
    file = payroll(tmp_path / "a.xlsx", titles=titles)
    assert [one.key for one in missing(file.mapping())] == ["wage"]
    assert missing_text(file.mapping()) == "没有认出“工资”列，请指定是哪一列。"
    choices = file.choices()
    assert choices[4] == "E列 应发工资（9000、9000.5）" and choices[5].startswith("F列 应发工资（8000")


def test_a_file_without_known_titles_keeps_all_its_lines_for_a_mapping_by_hand(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["甲", "乙", "丙"], ["张三", id_number(1), 8000]])
    file = read_payroll(path)
    assert (file.title_row, file.mapping()) == (0, {})
    assert "姓名" in missing_text({}) and "证件号码" in missing_text({}) and "工资" in missing_text({})
    rows = file.lines({"name": 0, "id_number": 1, "wage": 2}, TODAY).rows
    assert [(row.name, bool(row.problem)) for row in rows] == [("甲", True), ("张三", False)]
    assert file.remembered({"name": 0, "id_number": 1, "wage": 2}) == {}


def test_a_chosen_mapping_is_remembered_by_titles_and_counts_for_the_same_titles_only(tmp_path: Path) -> None:
    file = payroll(tmp_path / "a.xlsx")
    kept = file.remembered({"name": 1, "id_number": 2, "wage": 4})
    moved = payroll(tmp_path / "b.xlsx", titles=[TITLES[0], TITLES[2], TITLES[1], *TITLES[3:]])
    assert moved.mapping(kept) == {"name": 2, "id_number": 1, "wage": 4}
    other = payroll(tmp_path / "c.xlsx", titles=[*TITLES[:4], "实发", *TITLES[5:]])
    assert other.mapping(kept)["wage"] == 5


def test_the_sheet_with_the_titles_is_taken(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["说明"])
    page = book.create_sheet("工资")
    for row in [TITLES, *LINES]:
        page.append(row)
    book.save(tmp_path / "a.xlsx")
    file = read_payroll(tmp_path / "a.xlsx")
    assert (file.sheet.name, len(file.lines(file.mapping(), TODAY).rows)) == ("工资", 2)


@pytest.mark.parametrize("rows", [[TITLES], [["工资表"], TITLES], [TITLES, [None, "合计", None, 1, 1, 1]]])
def test_a_payroll_without_a_line_is_refused_in_one_sentence(tmp_path: Path, rows: list[list[Cell]]) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", rows)
    with pytest.raises(WorkbookError) as caught:
        file = read_payroll(path)
        file.lines(file.mapping(), TODAY)
    assert caught.value.code == "payroll.empty" and caught.value.text.count("。") == 1


def test_a_formula_that_was_never_calculated_is_no_blank_wage(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["姓名", "身份证号", "月均工资"], ["张三", id_number(1), None]])
    patch_part(
        path,
        "xl/worksheets/sheet1.xml",
        b"</row></sheetData>",
        b'<c r="C2"><f>A9*2</f></c></row></sheetData>',
    )
    file = read_payroll(path)
    (row,) = file.lines(file.mapping(), TODAY).rows
    assert "公式没有计算结果" in row.wage_problem


def test_what_looks_like_an_id_number_is_covered_where_that_is_wanted(tmp_path: Path) -> None:
    file = payroll(tmp_path / "a.xlsx")
    assert id_number(1) in file.choices()[2]
    masked = file.choices(masked=True)[2]
    assert id_number(1) not in masked and "********" in masked
