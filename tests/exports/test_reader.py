"""Reading workbooks: every bad file gives one sentence and leaves this process alive."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports import reader
from exports.reader import read_workbook
from exports.sheet import CellRange
from exports.workbook_error import WorkbookError
from tests.support import workbooks

HEAD = ["姓名", "证件号码"]


def _plain(path: Path) -> Path:
    return workbooks.write_table(path, [HEAD, ["赵伟", "220602198001010000"]])


def _html(path: Path) -> Path:
    path.write_text("<html><body><table><tr><td>姓名</td></tr></table></body></html>", "utf-8")
    return path


def _xml(path: Path) -> Path:
    path.write_text('<?xml version="1.0"?><Workbook xmlns="urn:x"></Workbook>', "utf-8")
    return path


def _bytes(data: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return write


def _cut(path: Path) -> Path:
    _plain(path)
    path.write_bytes(path.read_bytes()[:-200])
    return path


def _noise(path: Path) -> Path:
    _plain(path)
    data = bytearray(path.read_bytes())
    data[600 : len(data) // 2] = os.urandom(len(data) // 2 - 600)
    path.write_bytes(data)
    return path


def _locked(path: Path) -> Path:
    _plain(path)
    path.with_name(f"~${path.name}").write_bytes(b"x")
    return path


def _macro_type(path: Path) -> Path:
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return workbooks.patch_part(
        _plain(path), "[Content_Types].xml", kind, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    )


def _no_sheet_shown(path: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"] = "x"
    book.create_sheet("图").sheet_state = "visible"
    book.active.sheet_state = "hidden"
    book.save(path)
    return workbooks.patch_part(path, "xl/workbook.xml", b'state="visible"', b'state="hidden"')


BAD = {
    "text": ("a.xlsx", _bytes("这不是工作簿".encode()), "file.not_workbook"),
    "text.xls": ("a.xls", _bytes("姓名,证件号码\r\n".encode("gbk")), "file.not_workbook"),
    "binary": ("a.xls", _bytes(bytes(range(256)) * 20), "file.not_workbook"),
    "empty": ("a.xlsx", _bytes(b""), "file.empty"),
    "html": ("a.xls", _html, "file.html"),
    "xml": ("a.xls", _xml, "file.html"),
    "empty zip": ("a.xlsx", lambda p: workbooks.pack(p, {}), "file.not_workbook"),
    "other zip": ("a.xlsx", lambda p: workbooks.pack(p, {"a.txt": b"x"}), "file.not_workbook"),
    "docx": (
        "a.xlsx",
        lambda p: workbooks.pack(p, {"[Content_Types].xml": b"<x/>", "word/a.xml": b"<x/>"}),
        "file.not_workbook",
    ),
    "xlsb": (
        "a.xlsx",
        lambda p: workbooks.pack(p, {"[Content_Types].xml": b"<x/>", "xl/workbook.bin": b""}),
        "file.wrong_format",
    ),
    "ods": ("a.xlsx", lambda p: workbooks.pack(p, {"content.xml": b"<x/>"}), "file.wrong_format"),
    "cut xlsx": ("a.xlsx", _cut, "file.damaged"),
    "noise xlsx": ("a.xlsx", _noise, "file.damaged"),
    "cut xls": ("a.xls", _cut, "file.damaged"),
    "locked": ("a.xlsx", _locked, "file.busy"),
    "macro part": (
        "a.xlsx",
        lambda p: workbooks.add_part(_plain(p), "xl/vbaProject.bin", b"x"),
        "file.macro",
    ),
    "macro type": ("a.xlsx", _macro_type, "file.macro"),
    "macro sheet": (
        "a.xlsx",
        lambda p: workbooks.add_part(_plain(p), "xl/macrosheets/sheet1.xml", b"<x/>"),
        "file.macro",
    ),
    "macro xls": ("a.xls", lambda p: workbooks.with_vba(_plain(p)), "file.macro"),
    "encrypted xlsx": (
        "a.xlsx",
        lambda p: workbooks.renamed_stream(workbooks.write_xls(p, [HEAD]), "EncryptedPackage"),
        "file.encrypted",
    ),
    "encrypted xls": ("a.xls", lambda p: workbooks.with_password(_plain(p)), "file.encrypted"),
    "doc": ("a.xls", lambda p: workbooks.renamed_stream(_plain(p), "WordDocument"), "file.not_workbook"),
    "far cell": ("a.xlsx", workbooks.far_cell, "file.extent"),
    "far column": ("a.xlsx", lambda p: workbooks.far_cell(p, "XFD1"), "file.extent"),
    "far row": ("a.xlsx", lambda p: workbooks.far_cell(p, "B1048576"), "file.extent"),
    "zip bomb": ("a.xlsx", workbooks.zip_bomb, "file.unzipped"),
    "laughs": ("a.xlsx", workbooks.with_entities, "file.damaged"),
    "outside": ("a.xlsx", lambda p: workbooks.with_entities(p, workbooks.OUTSIDE), "file.damaged"),
    "hidden": ("a.xlsx", _no_sheet_shown, "file.no_sheet"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_gets_one_sentence(case: str, tmp_path: Path) -> None:
    name, make, code = BAD[case]
    path = make(tmp_path / name)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    assert caught.value.code == code
    assert caught.value.text.endswith("。") and caught.value.text.count("。") == 1


def test_the_far_cell_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="XFD1048576"):
        read_workbook(workbooks.far_cell(tmp_path / "a.xlsx"))


@pytest.mark.parametrize("name", ["没有.xlsx", "a\0b.xlsx"])
def test_a_missing_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError) as caught:
        read_workbook(tmp_path / name)
    assert caught.value.code in ("file.not_found", "file.not_file")


def test_folders_pipes_and_big_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    for name in ("", "pipe.xlsx"):
        with pytest.raises(WorkbookError) as caught:
            read_workbook(tmp_path / name)
        assert caught.value.code == "file.not_file"
    monkeypatch.setattr(reader, "MAX_FILE", 100)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(_plain(tmp_path / "a.xlsx"))
    assert caught.value.code == "file.too_large"


@pytest.mark.feature("V-27", profile="hangzhou")
@pytest.mark.parametrize("lock", ["~$清册.xls", ".~lock.清册.xls#"])
def test_a_file_open_elsewhere_is_refused(lock: str, tmp_path: Path) -> None:
    path = _plain(tmp_path / "清册.xls")
    (tmp_path / lock).write_bytes(b"")
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    assert caught.value.code == "file.busy"
    assert "请关闭文件" in caught.value.text


@pytest.mark.feature("I-05", profile="hangzhou")
@pytest.mark.feature("V-27", profile="hangzhou")
def test_only_excel_97_where_the_center_says_so(tmp_path: Path) -> None:
    formats = workbooks.opening("hangzhou").profile.imports.formats
    with pytest.raises(WorkbookError) as caught:
        read_workbook(_plain(tmp_path / "a.xlsx"), formats=formats)
    assert caught.value.code == "file.wrong_format"
    assert "Excel 97-2003" in caught.value.text
    assert read_workbook(_plain(tmp_path / "a.xls"), formats=formats).format == "xls"


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.xlsx").rename(tmp_path / "b.xls")
    assert read_workbook(path).format == "xlsx"
    path = _plain(tmp_path / "c.xls").rename(tmp_path / "d.xlsx")
    assert read_workbook(path).format == "xls"


# ---- the child is bounded ---------------------------------------------------------------------------


def _child_with(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let another program stand in for the reading child."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "reader_child.py").write_text(body, "utf-8")
    monkeypatch.setattr(reader, "__file__", str(folder / "reader.py"))
    return _plain(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import os; os.abort()", "file.memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "file.memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "file.timeout"),
        ("import sys; sys.exit(3)", "file.damaged"),
        ("print('no json')", "file.damaged"),
        ('print(\'{"sheet":"a","sheets":["a"],"merged":[]}\')', "file.damaged"),
        ('print(\'{"error":"file.memory"}\')', "file.memory"),
    ],
)
def test_a_dying_child_is_a_sentence(
    body: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _child_with(body, tmp_path, monkeypatch)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    assert caught.value.code == code


def test_a_child_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _child_with("import time; time.sleep(600)", tmp_path, monkeypatch)
    monkeypatch.setattr(reader, "WALL_SECONDS", 0.3)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    assert caught.value.code == "file.timeout"


@pytest.mark.parametrize("place", ["K1048576", "XFD1048576"])
def test_the_memory_limit_holds_by_itself(place: str, tmp_path: Path) -> None:
    """Should the look at the parts miss a far cell, the child alone dies of it."""
    path = workbooks.far_cell(tmp_path / "a.xlsx", place)
    import python_calamine

    folder = str(Path(python_calamine.__file__).parent.parent)
    script = str(Path(reader.__file__).with_name("reader_child.py"))
    command = [sys.executable, "-I", "-S", script, folder, str(300 << 20), "20", ""]
    with open(path, "rb") as source:
        ended = subprocess.run(command, stdin=source, capture_output=True, timeout=60)
    assert ended.returncode != 0 or b'"error"' in ended.stdout


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _plain(tmp_path / "a.xlsx")
    real = reader._collect

    def grow(*args: object) -> object:
        sheet = real(*args)  # type: ignore[arg-type]
        with open(path, "ab") as file:
            file.write(b"more")
        return sheet

    monkeypatch.setattr(reader, "_collect", grow)
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    assert caught.value.code == "file.busy"


# ---- what is read -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_kinds_and_texts(suffix: str, tmp_path: Path) -> None:
    row = ["０１赵", 440301199001011234, 12.5, 8000, 0.1 + 0.2, True, "00123", 202611]
    sheet = read_workbook(workbooks.write_table(tmp_path / f"a{suffix}", [row], first_row=3))
    raw = sheet.rows[0]
    assert raw.row_number == 3
    assert raw.texts == ["０１赵", "4.403E+17", "12.5", "8000", "0.3", "TRUE", "00123", "202611"]
    assert [raw.cell(column).kind for column in range(9)] == [
        "text",
        "number",
        "number",
        "number",
        "number",
        "bool",
        "text",
        "number",
        "empty",
    ]


def test_dates_merged_cells_and_gaps(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    page["C2"], page["C5"], page["D5"] = "标题", date(2026, 11, 1), datetime(2026, 11, 1, 8, 30)
    page.merge_cells("C2:E3")
    book.save(tmp_path / "a.xlsx")
    sheet = read_workbook(tmp_path / "a.xlsx")
    assert [row.row_number for row in sheet.rows] == [2, 5]
    assert sheet.rows[1].texts == ["", "", "2026-11-01", "2026-11-01 08:30:00"]
    assert sheet.rows[1].cell(2).kind == "date"
    assert sheet.merged == [CellRange(2, 2, 3, 4)]
    assert str(sheet.merged[0]) == "C2:E3"


def test_hidden_sheets_and_our_own_lists_are_passed_over(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "错误清单"
    book.active["A1"] = "序号"
    hidden = book.create_sheet("旧")
    hidden["A1"], hidden.sheet_state = "旧", "hidden"
    book.create_sheet("清册")["A1"] = "姓名"
    book.save(tmp_path / "a.xlsx")
    sheet = read_workbook(tmp_path / "a.xlsx")
    assert sheet.name == "清册"
    assert sheet.visible_sheets == ("错误清单", "清册")


def test_the_locale_does_not_matter(tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "清册.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "错误清单"
    book.create_sheet("数据").append(HEAD)
    book.save(path)
    code = (
        "import sys; from exports.reader import read_workbook as read; "
        "print(ascii([read(sys.argv[1], sheet=name).name for name in ('', '\\u6570\\u636e')]))"
    )
    plain = path.rename(tmp_path / "plain.xlsx")
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code, str(plain)],
        env={"PYTHONPATH": str(Path(reader.__file__).parents[1]), "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == ascii(["数据", "数据"]), done.stderr


def test_a_sheet_with_an_impossible_name_is_refused_and_not_handed_on(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError) as refused:
        read_workbook(_plain(tmp_path / "a.xlsx"), sheet="数" * 300_000)
    assert refused.value.code == "file.damaged"
    with pytest.raises(WorkbookError) as refused:
        read_workbook(_plain(tmp_path / "b.xlsx"), sheet="a\0b")
    assert refused.value.code == "file.no_sheet"


def test_too_many_rows(tmp_path: Path) -> None:
    path = workbooks.write_xlsx(tmp_path / "a.xlsx", [[str(n)] for n in range(300)])
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path, limit_rows=100)
    assert caught.value.code == "file.rows"
    assert "100" in caught.value.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize(("suffix", "sign"), [(".csv", ","), (".tsv", "\t"), (".csv", ";")])
def test_text_tables(encoding: str, suffix: str, sign: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    text = f'姓名{sign}证件号码\r\n\r\n"赵{sign}伟"{sign}220602198001010000\t\r\n'
    path.write_bytes(text.encode(encoding))
    sheet = read_workbook(path)
    assert [(row.row_number, row.texts) for row in sheet.rows] == [
        (1, ["姓名", "证件号码"]),
        (3, [f"赵{sign}伟", "220602198001010000"]),
    ]


def test_text_that_is_no_chinese_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\r\n\xff\xff\xff\r\n")
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    assert caught.value.code == "file.not_workbook"


_TEXT = st.text(
    st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=12
).filter(lambda text: "_x" not in text and text == text.strip())
_CELL = st.one_of(_TEXT, st.integers(-(10**14), 10**14), st.booleans())


def _shown(value: object) -> str:
    return str(value).upper() if isinstance(value, bool) else str(value)


@settings(max_examples=25)
@given(rows=st.lists(st.lists(_CELL, min_size=1, max_size=6), min_size=1, max_size=8))
@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_what_is_written_is_read_back(
    suffix: str, rows: list[list[object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = workbooks.write_table(tmp_path_factory.mktemp("rows") / f"a{suffix}", rows)
    expected = []
    for number, row in enumerate(rows, start=1):
        texts = [_shown(value) for value in row]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            expected.append((number, texts))
    assert [(row.row_number, row.texts) for row in read_workbook(path).rows] == expected


def test_nothing_heavy_is_loaded_by_importing() -> None:
    code = (
        "import sys, exports.importer, exports.template, exports.error_file, exports.table_export, "
        "exports.delivery\n"
        "print([m for m in ('openpyxl','xlsxwriter','xlwt','python_calamine','pydantic','zipfile') "
        "if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.stdout.strip() == "[]", ended.stderr
