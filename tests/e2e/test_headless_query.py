"""`gjj query` and `gjj export` at a running center: what a personnel system reads and takes away."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import openpyxl
import pytest

from cli.main import main
from tests.e2e.conftest import MakeSite, at
from tests.e2e.office import SECRETS, Office
from tests.e2e.people import employ

pytestmark = at("baishan")


def test_people_come_as_json_and_as_files_with_whole_ids(site_of: MakeSite, tmp_path: Path) -> None:
    office = Office(site_of("baishan"), tmp_path)
    people = employ(office.site, office.agent, 3)
    ids = {one.id_number for one in people}
    told = office.run("query", "depositors", *office.who, answers=SECRETS)
    assert {row["id_number"] for row in told} == ids and {row["base"] for row in told} == {"8000.00"}

    book, table = tmp_path / "people.xlsx", tmp_path / "people.csv"
    [said] = office.run("export", "depositors", str(book), *office.who, answers=SECRETS)
    assert said == {"file": str(book), "rows": 3}
    cells = [cell for row in openpyxl.load_workbook(book).active.iter_rows(values_only=True) for cell in row]
    assert ids <= set(cells) and cells.count(8000) == 3
    words = ["query", "depositors", "--csv", str(table), "--encoding", "gb18030"]
    office.run(*words, *office.who, answers=SECRETS)
    with open(table, encoding="gb18030", newline="") as file:
        assert {row[2] for row in list(csv.reader(file))[1:]} == ids
    assert os.stat(table).st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["query", "person_ledger"], "须用 --account 指明账号"),
        (["query", "depositors", "--from", "20260101"], "depositors 不用 --from"),
        (["query", "unit_flow", "--from", "2026-13-01"], "--from 应写成"),
        (["query", "annual", "--year", "2O25"], "--year 应为"),
        (["query", "annual", "--year", "9" * 5000], "--year 应为"),
        (["query", "remit_people", "--month", "202613"], "--month："),
        (["export", "unit_flow", "流水.docx"], "文件的后缀应为"),
        (["export", "unit_flow", "没有这个文件夹/流水.csv"], "没有文件夹"),
        (["query", "unit_flow", "--xlsx", "流水.csv"], "文件的后缀应为"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anybody_logs_in(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err and shown.out == ""


def test_a_file_that_exists_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("旧")
    assert main(["export", "unit_flow", str(path)]) == 2
    assert "--overwrite" in capsys.readouterr().err and path.read_text() == "旧"
