"""CSV: what a spreadsheet program makes of it, and what it must not run."""

from __future__ import annotations

import csv
import errno
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.csv_table import LIVE, Charset, write_csv
from exports.table_export import ExportColumn, Value
from exports.workbook_error import WorkbookError

COLUMNS = (ExportColumn("姓名"), ExportColumn("证件号码"), ExportColumn("发生额", "money"))


@pytest.mark.parametrize("charset", ["gb18030", "utf-8-sig"])
def test_it_reads_back_with_its_characters(tmp_path: Path, charset: Charset) -> None:
    path = tmp_path / "a.csv"
    rows: list[list[Value]] = [["𬱖·艾力", "220602198001010000", -1250], ["a\"b\nc,d", "", None]]
    assert write_csv(path, COLUMNS, rows, charset=charset) == 2
    with path.open(encoding=charset, newline="") as file:
        assert list(csv.reader(file)) == [
            ["姓名", "证件号码", "发生额"],
            ["𬱖·艾力", "220602198001010000", "-12.50"],
            ["a\"b\nc,d", "", ""],
        ]


@given(st.text(min_size=1, max_size=20))
def test_no_text_begins_like_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "made.csv"
    write_csv(path, COLUMNS[:1], [[text]], charset="utf-8-sig", overwrite=True)
    cell = path.read_text("utf-8-sig").split("\n", 1)[1]
    assert not cell.lstrip('"').startswith(LIVE)


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from exports.files import Sink

    def full(sink: Sink, data: Any) -> int:
        sink.error = sink.error or OSError(errno.ENOSPC, "x")
        return len(data)

    monkeypatch.setattr(Sink, "write", full)
    with pytest.raises(WorkbookError) as caught:
        write_csv(tmp_path / "a.csv", COLUMNS, [["张", "", 1]])
    assert caught.value.code == "file.disk_full" and list(tmp_path.iterdir()) == []
