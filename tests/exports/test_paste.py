"""What spreadsheet programs put on the clipboard and terminals make of it, read into rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business import Source, template_columns
from domain.login_form import PROFILE_NAMES
from domain.text import clean_cell
from exports.importer import check_rows, read_roster
from exports.paste import PastedTable, read_paste
from exports.paste_check import PastedRows, check_column, check_paste, without_title
from exports.workbook_error import WorkbookError
from tests.support import workbooks

ENDS = ("\r\n", "\n", "\r", "\r\r\n")
CELL = st.text(st.sampled_from("张三李四abcX0129 .,￥-·８\u00a0\u3000\"'#\t\n"), min_size=0, max_size=8)


def as_copied(rows: list[list[str]], end: str = "\r\n") -> str:
    """Rows as Excel copies them: a cell is quoted when it holds a TAB, a line break or a quote."""

    def cell(text: str) -> str:
        quoted = any(sign in text for sign in '\t\n"')
        return '"' + text.replace('"', '""') + '"' if quoted else text

    return "".join("\t".join(map(cell, row)) + end for row in rows)


def cells(table: PastedTable) -> list[list[str]]:
    return [[*row, *[""] * (table.width - len(row))] for row in table.rows]


def values(profile: str, count: int = 3) -> list[dict[str, str]]:
    business, facts = workbooks.opening(profile), workbooks.context(profile)
    return workbooks.people(count, business, facts)


def table_of(profile: str, rows: list[dict[str, str]]) -> list[list[str]]:
    """Titles and rows of the center's template."""
    return workbooks.table_of(workbooks.opening(profile), rows)


def check(profile: str, text: str, source: Source = Source.FILE, *, may_lack: bool = False) -> PastedRows:
    context = workbooks.context(profile).for_source(source)
    return check_paste(read_paste(text), workbooks.opening(profile), context, may_lack=may_lack)


def told(pasted: PastedRows) -> list[tuple[int, str, str]]:
    """(row number, column, code) of every finding about a row."""
    return [
        (pasted.number(index), finding.field, finding.code)
        for index, found in sorted(pasted.findings.items())
        for finding in found
    ]


# ---- the text ---------------------------------------------------------------------------------------


@given(st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=8), st.sampled_from(ENDS))
def test_what_is_copied_comes_back(rows: list[list[str]], end: str) -> None:
    width = max(map(len, rows))
    wanted = [[clean_cell(text) for text in [*row, *[""] * (width - len(row))]] for row in rows]
    blank = [not any(row) for row in wanted]
    text = as_copied(rows, end)
    if all(blank):
        with pytest.raises(WorkbookError, match="是空的"):
            read_paste(text)
        return
    while not any(wanted[-1]):
        wanted.pop()
    if len(wanted) > 1 and all(blank[1 : len(wanted) : 2]) and not any(blank[0 : len(wanted) : 2]):
        wanted = wanted[0::2]
    table = read_paste(text)
    last = max(at for row in wanted for at, cell in enumerate(row) if cell) + 1
    assert cells(table) == [row[:last] for row in wanted]
    assert all(kind != "quote" for kinds in table.damaged.values() for kind in kinds.values())


@pytest.mark.parametrize("end", [*ENDS, "\r\r", "\n\n"])
def test_every_end_of_a_row(end: str) -> None:
    table = read_paste(end.join(["张三\t1", "李四\t2", "王五\t3", ""]))
    assert cells(table) == [["张三", "1"], ["李四", "2"], ["王五", "3"]]
    assert list(table.numbers) == [1, 2, 3]


def test_quoted_cells_hold_breaks_tabs_and_quotes() -> None:
    table = read_paste('"张\r三"\t"a\tb"\t"他说""好"""\r\n李四\t5"管\t""\r\n')
    assert cells(table) == [["张\n三", "a\tb", '他说"好"'], ["李四", '5"管', ""]]
    assert not table.damaged


def test_blanks_at_the_edges_go_and_texts_stay() -> None:
    table = read_paste("\u00a0张三\u3000\t 007 \t8,000.00\t￥8,000\t８０００\r\n\r\n\t\t\r\n")
    assert cells(table) == [["张三", "007", "8,000.00", "￥8,000", "８０００"]]


@pytest.mark.parametrize("tail", ["", '\r赵六\t"ok"\t4', '\r"赵六"\t4', '\r赵"六\t4'])
def test_a_quote_without_its_pair_swallows_nothing(tail: str) -> None:
    table = read_paste('张三\t1\r"李四\t2\r王五\t3' + tail)
    assert [row[0] for row in cells(table)][:3] == ["张三", '"李四', "王五"]
    assert table.damaged == {1: {0: "quote"}}
    assert len(table) == 3 + bool(tail)


def test_a_blank_row_inside_keeps_the_numbers() -> None:
    table = read_paste("甲\t1\r\r乙\t2\r丙\t3\r")
    assert table.rows == [("甲", "1"), (), ("乙", "2"), ("丙", "3")] and list(table.numbers) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "limit", "code"),
    [
        ("", 10, "paste.empty"),
        ("\t\t\r\n \r\n", 10, "paste.empty"),
        ("a\tb\r" * 30, 10, "paste.rows"),
        ("a\t" * 400, 10, "paste.columns"),
    ],
)
def test_what_is_no_roster_is_one_sentence(text: str, limit: int, code: str) -> None:
    with pytest.raises(WorkbookError) as caught:
        read_paste(text, limit_rows=limit)
    assert caught.value.code == code and caught.value.text.endswith("。") and "请" in caught.value.text


def test_too_long_a_text_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exports.paste.MAX_CHARS", 10)
    with pytest.raises(WorkbookError, match="请分几次复制"):
        read_paste("张三\t8000\r李四\t8000")


def test_one_row_too_many_is_refused() -> None:
    rows = table_of("baishan", values("baishan", 4))
    business, context = workbooks.opening("baishan"), workbooks.context("baishan").for_source(Source.FILE)
    assert len(check_paste(read_paste(as_copied(rows)), business, context, limit_rows=4)) == 4
    with pytest.raises(WorkbookError, match="超过 3 行"):
        check_paste(read_paste(as_copied(rows)), business, context, limit_rows=3)


# ---- columns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("profile", PROFILE_NAMES)
def test_a_paste_reads_as_the_file_it_was_copied_from(profile: str, header: bool, tmp_path: object) -> None:
    rows = values(profile)
    rows[1]["name"], rows[2]["base"] = "张3", "0"
    table = table_of(profile, rows)
    path = workbooks.write_xlsx(tmp_path / "a.xlsx", table)  # type: ignore[operator]
    business, context = workbooks.opening(profile), workbooks.context(profile)
    filed = check_rows(read_roster(path, business), business, context)
    pasted = check(profile, as_copied(table if header else table[1:]))
    assert not pasted.problems
    assert [pasted.typed(at) for at in range(3)] == [row.values for row in filed.rows]
    assert [pasted.check(at).findings for at in range(3)] == [row.check.findings for row in filed.rows]
    assert pasted.totals == filed.totals and pasted.faulty == [1, 2]
    assert [number - (0 if header else -1) for number, *_ in pasted.addable()] == [2, 3, 4]


@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shaanxi", "shanxi"])
def test_titles_find_their_columns_in_any_order(profile: str) -> None:
    rows = values(profile)
    table = [list(reversed(row)) for row in table_of(profile, rows)]
    pasted = check(profile, as_copied(table))
    assert not pasted.problems and not pasted.findings
    assert [pasted.typed(at) for at in range(3)] == rows


def test_other_names_of_a_column_are_known_where_files_must_have_the_exact_ones() -> None:
    pasted = check(
        "shaanxi", "身份证号\t姓名\t工资基数\t手机号\r220602198001010001\t张三\t8000\t13900000000\r"
    )
    assert not pasted.problems and pasted.check(0).ok
    assert pasted.typed(0)["base"] == "8000"


def test_where_the_order_is_fixed_titles_do_not_change_it() -> None:
    table = [list(reversed(row)) for row in table_of("hangzhou", values("hangzhou"))]
    [problem] = check("hangzhou", as_copied(table)).problems
    assert problem.code == "column.order" and "请按模板次序" in problem.text
    assert not check("hangzhou", as_copied(table), Source.SINGLE).problems


@pytest.mark.parametrize("profile", ["baishan", "lyszfgjj", "shanxi"])
def test_the_running_number_may_be_left_out(profile: str) -> None:
    rows = values(profile)
    table = [row[1:] for row in table_of(profile, rows)]
    for text in (as_copied(table), as_copied(table[1:])):
        pasted = check(profile, text)
        assert not pasted.problems and not pasted.faulty
        assert [pasted.typed(at) for at in range(3)] == rows


def test_a_blank_column_of_running_numbers_is_one() -> None:
    rows = table_of("baishan", values("baishan"))
    pasted = check("baishan", as_copied([["", *row[1:]] for row in rows[1:]]))
    assert not pasted.faulty and pasted.typed(2)["serial"] == "3"


def test_too_many_columns_are_told() -> None:
    rows = table_of("baishan", values("baishan"))[1:]
    [problem] = check("baishan", as_copied([[*row, "备注"] for row in rows])).problems
    assert problem.text.startswith("粘贴了 6 列，模板只有 5 列（序号、姓名、") and "连同列名" in problem.text


def test_an_unknown_title_is_passed_over_and_told() -> None:
    rows = table_of("baishan", values("baishan"))
    extra = [[*rows[0], "部门"], *([*row, "财务"] for row in rows[1:])]
    pasted = check("baishan", as_copied(extra))
    assert not pasted.problems and not pasted.faulty
    assert ["部门" in warning.text for warning in pasted.warnings] == [True]


@pytest.mark.parametrize("header", [True, False])
def test_too_few_columns_are_told(header: bool) -> None:
    rows = [row[:3] for row in table_of("baishan", values("baishan"))]
    text = as_copied(rows if header else rows[1:])
    [problem] = check("baishan", text).problems
    assert problem.code == "column.missing" and "缺少必填的“个人缴存基数”" in problem.text
    pasted = check("baishan", text, may_lack=True)
    assert not pasted.problems and len(pasted.faulty) == 3 and "补填" in pasted.warnings[0].text
    assert {code for _, field, code in told(pasted) if field == "base"} == {"required"}


def test_typed_rows_need_no_computed_columns() -> None:
    rows = [[row["name"], row["id_number"], row["base"]] for row in values("hangzhou")]
    assert [finding.code for finding in check("hangzhou", as_copied(rows)).problems] == ["column.missing"]
    pasted = check("hangzhou", as_copied(rows), Source.SINGLE)
    assert not pasted.problems and not pasted.faulty and pasted.totals.count == 3


# ---- cells ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "shown", "code", "cure"),
    [
        ("id_number", "1.10105E+17", "id.number_cell", "请把该列设为文本、核对后重新复制"),
        ("id_number", "4.4E+17", "id.number_cell", "末位已丢失"),
        ("mobile", "1.39E+10", "cell.exponent", "请把该列设为文本、核对后重新复制"),
        ("base", "####", "cell.narrow", "请加宽该列后重新复制"),
        ("name", "########", "cell.narrow", "请加宽该列"),
        ("base", "#REF!", "cell.error", "公式错误值 #REF!，请改成实际内容后重新复制"),
        ("mobile", "#N/A", "cell.error", "#N/A"),
        ("name", "#NAME?", "cell.error", "#NAME?"),
    ],
)
def test_what_is_shown_instead_of_a_value_is_refused(key: str, shown: str, code: str, cure: str) -> None:
    rows = values("baishan")
    rows[1][key] = shown
    pasted = check("baishan", as_copied(table_of("baishan", rows)))
    assert told(pasted) == [(3, key, code)]
    assert cure in pasted.findings[1][0].text
    assert pasted.faulty == [1] and pasted.unreadable == {1} and pasted.count() == 2
    assert [number for number, *_ in pasted.addable()] == [2, 4]


def test_a_stray_quote_refuses_its_row_only() -> None:
    rows = table_of("baishan", values("baishan"))
    rows[2][1] = '"' + rows[2][1]
    text = "".join("\t".join(row) + "\r" for row in rows)
    pasted = check("baishan", text)
    assert len(pasted) == 3 and told(pasted) == [(3, "name", "cell.quote")]


@pytest.mark.parametrize("amount", ["8,000.00", "￥8,000", "¥8000", " 8000 \u00a0", "8000.0"])
def test_amounts_are_read_as_in_a_file(amount: str) -> None:
    rows = values("baishan", 1)
    rows[0]["base"] = amount
    pasted = check("baishan", as_copied(table_of("baishan", rows)))
    assert not pasted.findings and pasted.check(0).values["base"] == "8000.00"


def test_full_width_digits_are_reported_as_in_a_file() -> None:
    rows = values("baishan", 1)
    rows[0]["base"] = "８０００"
    pasted = check("baishan", as_copied(table_of("baishan", rows)))
    assert told(pasted) == [(2, "base", "base.full_width")] and not pasted.unreadable


def test_a_row_pasted_twice_names_the_first_by_its_row() -> None:
    rows = values("baishan", 2)
    pasted = check("baishan", as_copied(table_of("baishan", [rows[0], rows[1], rows[0]])))
    assert told(pasted) == [(4, "id_number", "roster.duplicate")]
    assert "与第2行是同一人" in pasted.findings[2][0].text
    assert all(not found.findings for _, _, found in pasted.addable())
    assert [number for number, *_ in pasted.addable(good_only=True)] == [2, 3]


def test_only_the_first_error_of_a_row_where_the_center_says_so() -> None:
    rows = values("hangzhou", 1)
    rows[0] |= {"name": "张3", "base": "0"}
    text = as_copied(table_of("hangzhou", rows))
    assert len(check("hangzhou", text).findings[0]) == 1
    assert len(check("hangzhou", text, Source.SINGLE).findings[0]) > 1


def test_progress_counts_and_may_stop() -> None:
    text = as_copied(table_of("baishan", values("baishan", 1200)))
    seen: list[int] = []
    table = read_paste(text, progress=seen.append)
    assert seen == [500, 1000]
    business, context = workbooks.opening("baishan"), workbooks.context("baishan").for_source(Source.FILE)
    steps: list[tuple[int, int]] = []
    check_paste(table, business, context, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 1200), (500, 1200), (1000, 1200)]

    def stop(*_: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        read_paste(text, progress=stop)
    with pytest.raises(InterruptedError):
        check_paste(table, business, context, progress=stop)


# ---- one column -------------------------------------------------------------------------------------


class Stored:
    """A row of the roster."""

    def __init__(self, index: int, typed: dict[str, str]) -> None:
        self.row_id, self.index, self.typed = 100 + index, index, typed


def test_one_column_goes_down_the_rows_of_the_roster() -> None:
    business, context = workbooks.opening("shaanxi"), workbooks.context("shaanxi").for_source(Source.FILE)
    column = next(one for one in template_columns(business) if one.key == "base")
    rows = [Stored(4 + at, typed) for at, typed in enumerate(values("shaanxi"))]
    table = without_title(read_paste(f"{column.title}\r9000\r4.4E+17\r-1\r"), column)
    assert cells(table) == [["9000"], ["4.4E+17"], ["-1"]]
    pasted = check_column(table, column, rows, business, context)
    assert pasted.faulty == [1, 2] and pasted.unreadable == {1}
    assert (
        pasted.check(0).values["base"] == "9000.00"
        and pasted.check(0).values["name"] == rows[0].typed["name"]
    )
    assert told(pasted)[0] == (6, "base", "cell.exponent")
    assert list(pasted.cells()) == [(104, "9000"), (106, "-1")]
    assert list(pasted.cells(good_only=True)) == [(104, "9000")]


def test_a_blank_cell_in_a_column_keeps_its_row() -> None:
    business, context = workbooks.opening("shaanxi"), workbooks.context("shaanxi").for_source(Source.FILE)
    column = next(one for one in template_columns(business) if one.key == "address")
    rows = [Stored(at, typed) for at, typed in enumerate(values("shaanxi", 4))]
    pasted = check_column(read_paste("东街\r西街\r\r南街\r"), column, rows, business, context)
    assert [text for _, text in pasted.cells()] == ["东街", "西街", "", "南街"]
