"""Exports of query results and the opening voucher."""

from __future__ import annotations

import errno
import gc
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exports.files import Sink, writing
from exports.form import write_form
from exports.table_export import CountedRows, ExportColumn, Value, export_name, write_table
from exports.template import write_template
from exports.voucher import Voucher, voucher_form
from exports.workbook_error import WorkbookError
from tests.support import workbooks

COLUMNS = (
    ExportColumn("个人账号"),
    ExportColumn("姓名"),
    ExportColumn("证件号码", width=19),
    ExportColumn("月缴存额", "money", total=True),
    ExportColumn("笔数", "count", total=True),
)
ROWS: list[list[Value]] = [
    ["000123456789", "=1+1", "220602198001010000", 192005, 1],
    ["000123456780", "@赵\x1b伟", "220602198001010019", -5, 2],
    ["000123456781", "", None, None, None],
]


def _cells(path: Path) -> list[list[Any]]:
    from openpyxl import load_workbook

    return [[cell.value for cell in row] for row in load_workbook(path).worksheets[0].iter_rows()]


@pytest.mark.parametrize("rows", [ROWS, CountedRows(3, lambda: iter(ROWS)), None])
def test_texts_stay_texts_and_money_is_a_number(tmp_path: Path, rows: Any) -> None:
    """By either writer: what has a length goes to the fast one, an iterator to the other."""
    from openpyxl import load_workbook

    path = tmp_path / "a.xlsx"
    assert write_table(path, title="登记查询", columns=COLUMNS, rows=rows or iter(ROWS)) == 3
    cells = _cells(path)
    assert cells[0][0] == "登记查询"
    assert cells[1] == [column.title for column in COLUMNS]
    assert cells[2] == ["000123456789", "=1+1", "220602198001010000", 1920.05, 1]
    assert cells[3][3] == -0.05
    assert cells[5] == ["合计（3条）", None, None, 1920.0, 3]
    page = load_workbook(path).worksheets[0]
    assert page["B3"].data_type == "s" and page["A3"].number_format == "@"
    assert page["D3"].number_format == "#,##0.00"


def test_an_export_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(path, title="x", columns=COLUMNS, rows=ROWS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.feature("O-18", profile="shaanxi")
def test_the_voucher_has_head_list_totals_and_digest(tmp_path: Path) -> None:
    voucher = Voucher(
        center="陕西省住房资金管理中心",
        unit_account="100231234567",
        unit_name="甲公司",
        serial_number="2026112100000001",
        day=date(2026, 11, 21),
        count=2,
        amount=192000,
        digest="ab" * 32,
    )
    path = tmp_path / "a.xlsx"
    write_form(path, voucher_form(voucher, COLUMNS, ROWS[:2]))
    cells = _cells(path)
    assert cells[0][0] == "开户清册凭证"
    lines = {row[0]: row[1] for row in cells[1:8]}
    assert lines == {
        "中心": "陕西省住房资金管理中心",
        "单位": "100231234567 甲公司",
        "业务流水号": "2026112100000001",
        "日期": "2026-11-21",
        "总人数": "2",
        "总月缴存额": "1,920.00 元",
        "大写": "壹仟玖佰贰拾元整",
    }
    assert cells[-1][:2] == ["SHA-256", "ab" * 32]
    assert cells[-2][0] == "合计（2条）" and cells[-2][3] == 1920.0


def test_rows_beyond_one_sheet_go_on_in_a_further_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openpyxl import load_workbook

    monkeypatch.setattr("exports.table_export.MAX_ROWS", 30)
    path = tmp_path / "a.xlsx"
    rows: Iterator[list[Value]] = ([str(n), "", "", 100, 1] for n in range(20))
    assert write_table(path, title="登记查询", columns=COLUMNS, rows=rows) == 20
    book = load_workbook(path)
    assert book.sheetnames == ["登记查询", "登记查询2", "登记查询3"]
    last = list(book.worksheets[-1].values)[-1]
    assert last[0] == "合计（20条）" and last[3:] == (20.0, 20)


def test_names() -> None:
    day = date(2026, 11, 21)
    assert export_name("开户查询", day, "100231234567") == "开户查询_20261121_100231234567.xlsx"
    assert export_name("开户查询", day, "1", ascii_title="KH") == "KH_20261121_1.xlsx"
    assert "/" not in export_name("a/b c", day, "..") and " " not in export_name("a/b c", day, "..")


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(WorkbookError) as caught:
        write_table(path, title="x", columns=COLUMNS, rows=ROWS)
    assert caught.value.code == "file.exists" and path.read_bytes() == b"old"


@pytest.mark.parametrize("fast", [False, True])
def test_a_failure_among_the_rows_leaves_nothing(tmp_path: Path, fast: bool) -> None:
    def rows() -> Iterator[list[Value]]:
        yield ROWS[0]
        raise KeyError("gone")

    with pytest.raises(KeyError):
        given = CountedRows(2, rows) if fast else rows()
        write_table(tmp_path / "a.xlsx", title="x", columns=COLUMNS, rows=given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "file.disk_full"), (errno.EROFS, "file.not_written")]
)
def test_a_full_disk_is_one_sentence(
    number: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, "x")

    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    monkeypatch.setattr("exports.files.os.fsync", fail)
    with pytest.raises(WorkbookError) as caught:
        write_table(path, title="x", columns=COLUMNS, rows=ROWS, overwrite=True)
    assert caught.value.code == code
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def _write_some(kind: str, path: Path) -> None:
    business = workbooks.opening("lyszfgjj")
    if kind == "table":
        write_table(path, title="x", columns=COLUMNS, rows=ROWS, overwrite=True)
    else:
        write_template(path, business, business.profile, overwrite=True)


@pytest.mark.parametrize(
    ("kind", "name"), [("table", "a.xlsx"), ("template", "a.xlsx"), ("template", "a.xls")]
)
def test_a_real_full_disk(kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/dev/full takes no byte, whatever library writes; no archive left open complains later."""
    real = Sink.__init__

    def full(self: Sink, path: Path, mode: str) -> None:
        real(self, "/dev/full" if path.suffix == ".part" else path, mode)

    path = tmp_path / name
    path.write_bytes(b"old")
    monkeypatch.setattr(Sink, "__init__", full)
    with pytest.raises(WorkbookError) as caught:
        _write_some(kind, path)
    assert caught.value.code == "file.disk_full"
    assert "磁盘空间不足" in caught.value.text
    gc.collect()
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with pytest.raises(WorkbookError) as caught:
        with writing(path) as temporary:
            temporary.write_bytes(b"second")
            path.write_bytes(b"first")
    assert caught.value.code == "file.exists" and path.read_bytes() == b"first"


def test_both_writers_say_the_same(tmp_path: Path) -> None:
    foot = [("SHA-256", "ab" * 32)]
    for name, rows in (("fast.xlsx", ROWS), ("slow.xlsx", iter(ROWS))):
        write_table(tmp_path / name, title="登记查询", columns=COLUMNS, rows=rows, foot=foot)
    assert _cells(tmp_path / "fast.xlsx") == _cells(tmp_path / "slow.xlsx")


def test_the_fast_writer_says_nothing_of_its_own_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from exports.files import Sink

    def full(sink: Sink, data: Any) -> int:
        sink.error = sink.error or OSError(errno.ENOSPC, "x")
        return len(data)

    monkeypatch.setattr(Sink, "write", full)
    with pytest.raises(WorkbookError) as caught:
        write_table(tmp_path / "a.xlsx", title="x", columns=COLUMNS, rows=ROWS)
    assert caught.value.code == "file.disk_full"
    assert list(tmp_path.iterdir()) == [] and capfd.readouterr().err == ""
