from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from exports.csv_table import write_csv
from exports.table_export import ExportColumn, Value
from exports.workbook_error import WorkbookError
from tests.support.poison import HOSTILE

COLUMNS = [
    ExportColumn("姓名"),
    ExportColumn("证件号码"),
    ExportColumn("金额", "money"),
    ExportColumn("人数", "count"),
]


def written(path: Path, rows: list[list[Value]], encoding: str = "utf-8") -> list[list[str]]:
    assert write_csv(path, columns=COLUMNS, rows=iter(rows), encoding=encoding) == len(rows)
    codec = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}[encoding]
    return list(csv.reader(io.StringIO(path.read_bytes().decode(codec), newline="")))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_ids_and_rare_characters_stay_and_amounts_are_numbers(tmp_path: Path, encoding: str) -> None:
    rows: list[list[Value]] = [['张𠮷, "乙"', "11010119900307001X", -1250, 3], ["李", "", None, 0]]
    assert written(tmp_path / "a.csv", rows, encoding)[1:] == [
        ['张𠮷, "乙"', "11010119900307001X", "-12.50", "3"],
        ["李", "", "", "0"],
    ]


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_text_is_never_a_formula(tmp_path: Path, lead: str) -> None:
    [_, row] = written(tmp_path / "a.csv", [[f"{lead}1+1", "1", 0, 0]])
    assert row[0] == f"'{lead}1+1"


def test_hostile_texts_stay_in_their_cell(tmp_path: Path) -> None:
    rows: list[list[Value]] = [[text, "1", 0, 0] for text in HOSTILE]
    read = written(tmp_path / "a.csv", rows)
    assert [row[1:] for row in read[1:]] == [["1", "0.00", "0"]] * len(HOSTILE)


def test_a_file_that_exists_is_kept_and_nothing_half_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("旧")
    with pytest.raises(WorkbookError) as refused:
        write_csv(path, columns=COLUMNS, rows=[])
    assert refused.value.code == "file.exists" and path.read_text() == "旧"

    def broken() -> object:
        yield ["张", "1", 0, 0]
        raise ValueError

    with pytest.raises(ValueError):
        write_csv(tmp_path / "b.csv", columns=COLUMNS, rows=broken())  # type: ignore[arg-type]
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]
