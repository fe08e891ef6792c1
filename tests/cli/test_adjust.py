"""基数调整 and 年度核定 without a center: templates by kind, and what a file shows of itself."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from cli.main import main
from domain.business import CheckContext, Source, UnitFacts
from domain.businesses.adjust import BaseAdjust
from domain.businesses.registry import declare
from domain.idnumber import check_digit
from domain.profile import load_profile
from exports.error_file import write_error_file
from exports.importer import check_file

KINDS = [
    ("baishan", "base", ["9000"]),
    ("baishan", "amount", ["2000"]),
    ("lyszfgjj", "base", ["9000"]),
    ("shanxi", "base", ["9000"]),
    ("shanxi", "amount", ["2000"]),
    ("shanxi", "ratio", ["12", "12"]),
]


def written(tmp_path: Path, *words: str) -> Path:
    file = tmp_path / "模板.xlsx"
    assert main(["template", *words, str(file), "--force"]) == 0
    return file


def append(file: Path, *rows: list[object]) -> None:
    book = load_workbook(file)
    for row in rows:
        book.worksheets[0].append(row)
    book.save(file)


def findings(capsys: pytest.CaptureFixture[str]) -> list[tuple[int, str]]:
    return [(one["row"], one["code"]) for one in map(json.loads, capsys.readouterr().out.splitlines())]


@pytest.mark.parametrize(("profile", "kind", "texts"), KINDS)
def test_a_template_of_a_kind_checks_clean(
    profile: str, kind: str, texts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("base_adjust", "--profile", profile, "--kind", kind)
    file = written(tmp_path, *words)
    append(file, [1, "10000100000001", "张三", None, *texts], [2, "10000100000002", "李四", None, *texts])
    capsys.readouterr()
    assert main(["check", *words, str(file), "--month", "202611", "--json"]) == 0
    assert findings(capsys) == []
    bad = ["1" for _ in texts]
    append(file, [3, "10000100000003", "王五", None, *bad], [4, "10000100000001", "张三", None, *texts])
    assert main(["check", *words, str(file), "--month", "202611", "--json"]) == 1
    code = "ratio.not_unit" if kind == "ratio" else "base.out_of_range"
    assert findings(capsys) == [(6, code), (7, "roster.duplicate")]


def test_the_sum_of_the_new_amounts_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("base_adjust", "--profile", "shanxi", "--kind", "amount")
    file = written(tmp_path, *words)
    append(file, [1, "10000100000001", "张三", None, 2000.5], [2, "10000100000002", "李四", None, "1999.98"])
    capsys.readouterr()
    assert main(["check", *words, str(file), "--month", "202611"]) == 0
    assert "4000.48" in capsys.readouterr().out
    assert main(["check", *words, str(file), "--month", "203011", "--json"]) == 1
    assert {code for _, code in findings(capsys)} == {"base.limits_unknown"}


def test_another_kinds_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "base_adjust", "--profile", "shanxi", "--kind", "amount")
    append(file, [1, "10000100000001", "张三", None, "2000"])
    capsys.readouterr()
    words = ("base_adjust", "--profile", "shanxi", "--kind", "base")
    assert main(["check", *words, str(file), "--json"]) == 1
    assert {"template.foreign", "column.missing"} <= {code for _, code in findings(capsys)}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["base_adjust", "--profile", "lyszfgjj", "--kind", "ratio"], "可用的是 base 个人缴存基数"),
        (["open", "--profile", "lyszfgjj", "--kind", "base"], "没有变更类别"),
        (["base_adjust", "--profile", "hangzhou"], "没有开通网上基数调整"),
        (["annual", "--profile", "baishan"], "没有开通网上年度核定"),
    ],
)
def test_what_a_center_does_not_have_is_one_sentence(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["template", *words, str(tmp_path / "模板.xlsx")]) == 1
    said = capsys.readouterr().err
    assert told in said and said.count("。") == 1


@pytest.mark.feature("B-16", profile="shaanxi")
def test_the_workbook_of_the_year_is_all_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("annual", "--profile", "shaanxi")
    file = written(tmp_path, *words)
    number = "61010219900307001" + check_digit("61010219900307001")
    append(file, ["10000100000001", "张三", number, "8000.00", "9000"])
    capsys.readouterr()
    assert main(["check", *words, str(file), "--month", "202607", "--json"]) == 0
    assert findings(capsys) == []
    append(file, ["10000100000002", "李四", number, "8000.00", 9000])
    main(["check", *words, str(file), "--month", "202607", "--json"])
    assert "cell.not_text" in {code for _, code in findings(capsys)}


@pytest.mark.feature("V-10", profile="baishan")
@pytest.mark.feature("V-10", profile="lyszfgjj")
@pytest.mark.feature("V-10", profile="shanxi")
@pytest.mark.parametrize(("profile", "kind", "texts"), KINDS)
def test_the_error_workbook_corrected_comes_back_clean(
    profile: str, kind: str, texts: list[str], tmp_path: Path
) -> None:
    business = declare("base_adjust", load_profile(profile))
    assert isinstance(business, BaseAdjust)
    business = business.of_kind(kind)
    where = CheckContext(
        date(2026, 11, 20), 202611, UnitFacts("100001"), business.profile.limits_for(202611), Source.FILE
    )
    file = written(tmp_path, "base_adjust", "--profile", profile, "--kind", kind)
    append(
        file,
        [1, "10000100000001", "张三", None, *texts],
        [2, "10000100000002", "李四", None, *(["1"] * 2)[: len(texts)]],
    )
    check = check_file(file, business, where)
    assert [found.row_number for found in check.row_findings] == [5]
    out = write_error_file(tmp_path / "错误.xlsx", check)
    book = load_workbook(out)
    sheet = next(one for one in book.worksheets if one.cell(3, 2).value == "个人账号*")
    for at, text in enumerate(texts):
        sheet.cell(5, 5 + at, text)
    book.save(out)
    again = check_file(out, business, where)
    assert again.ok and again.totals.count == 2
