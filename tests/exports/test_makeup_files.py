"""Files of made-up months: templates filled in, faults marked and corrected, months as Excel has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from domain.business import Business, CheckContext, UnitFacts, template_columns
from domain.businesses.registry import declare
from domain.profile import load_profile
from exports.error_file import write_error_file
from exports.importer import FileCheck, check_file
from exports.template import HEADER_ROW, write_template
from tests.cli.rosters import identity
from tests.support.workbooks import fill_xls, write_table

ALL = [("makeup", name) for name in ("baishan", "lyszfgjj", "shaanxi", "shanxi")] + [
    ("makeup_missed", "hangzhou"),
    ("makeup_short", "hangzhou"),
]
EVERYWHERE = pytest.mark.parametrize(("business", "name"), ALL)
M05 = pytest.mark.feature("M-05", profile=["baishan", "lyszfgjj", "hangzhou", "shaanxi", "shanxi"])


def context(business: Business) -> CheckContext:
    """November 2026 at a unit that has paid up to October."""
    profile = business.profile
    month = 202612 if profile.name == "hangzhou" else 202611
    unit = UnitFacts("100001", paid_through=202610)
    return CheckContext(date(2026, 11, 23), month, unit, profile.limits_for(month), years=profile.yearly())


def line(number: int, business: Business, **changes: str) -> dict[str, str]:
    """A faultless line about the person with a number."""
    row = {"serial": str(number), "account_no": f"1000010000{number:04d}", "name": "张三"}
    row |= {"id_number": identity(number), "reason": "漏缴", "month": "202609", "total_amount": "500.00"}
    if business.id != "makeup":
        row |= {"first_month": "202608", "last_month": "202610", "due_base": "9000", "due_ratio": "12"}
        row |= {"month_amount": "2160.00", "total_amount": "6480.00"}
    if business.id == "makeup_short":
        row |= {"paid_base": "8000", "paid_ratio": "12", "month_amount": "240", "total_amount": "720"}
    return row | changes


def cells(business: Business, lines: Sequence[Mapping[str, str]]) -> list[list[Any]]:
    columns = template_columns(business)
    return [[row.get(column.key, "") for column in columns] for row in lines]


def filled(path: Path, business: Business, lines: Sequence[Mapping[str, str]]) -> Path:
    """The center's own template with lines filled in."""
    write_template(path, business, business.profile)
    if path.suffix == ".xls":
        fill_xls(path, cells(business, lines), first_row=HEADER_ROW + 1)
        return path
    book = openpyxl.load_workbook(path)
    for number, row in enumerate(cells(business, lines), start=HEADER_ROW + 1):
        for column, value in enumerate(row, start=1):
            book.active.cell(number, column).value = value
            book.active.cell(number, column).number_format = "@"
    book.save(path)
    return path


def suffix_of(business: Business) -> str:
    return f".{business.profile.imports.template_format}"


def checked(path: Path, business: Business) -> FileCheck:
    return check_file(path, business, context(business))


@M05
@EVERYWHERE
def test_the_template_filled_in_is_clean(business: str, name: str, tmp_path: Path) -> None:
    kind = declare(business, load_profile(name))
    path = filled(tmp_path / f"t{suffix_of(kind)}", kind, [line(1, kind), line(2, kind)])
    check = checked(path, kind)
    assert [found.text for found in check.findings] == []
    amount = {"makeup": 100_000, "makeup_missed": 1_296_000, "makeup_short": 144_000}[business]
    assert (check.totals.count, check.totals.amount) == (2, amount)


@pytest.mark.feature("V-10", profile="all")
@EVERYWHERE
def test_faults_are_marked_corrected_and_read_again(business: str, name: str, tmp_path: Path) -> None:
    kind = declare(business, load_profile(name))
    months = ("month",) if business == "makeup" else ("first_month", "last_month")
    good = [line(1, kind), line(2, kind), line(3, kind), line(4, kind)]
    bad = [
        good[0],
        good[1] | dict.fromkeys(months, "202613"),
        good[2] | {"total_amount": "0"},
        good[0] | {"serial": "4"},
    ]
    path = filled(tmp_path / f"t{suffix_of(kind)}", kind, bad)
    check = checked(path, kind)
    told = {found.row_number - HEADER_ROW: found.code for found in check.findings}
    amount = "amount.not_positive" if business == "makeup" else "amount.mismatch"
    assert told == {2: "month.format", 3: amount, 4: "roster.duplicate"}
    texts = [found.text for found in check.findings]
    assert f"与第{HEADER_ROW + 1}行是同一人" in texts[-1] and texts[-1].startswith("存在重复补缴")
    out = write_error_file(tmp_path / "错误.xlsx", check)
    book = openpyxl.load_workbook(out)
    page = book.worksheets[-1]
    assert any(texts[0] in str(cell.value) for row in page.iter_rows() for cell in row)
    assert [found.code for found in checked(out, kind).findings] == list(told.values())
    for number, row in enumerate(cells(kind, good), start=HEADER_ROW + 1):
        for column, value in enumerate(row, start=1):
            page.cell(number, column).value = value
    book.save(out)
    again = checked(out, kind)
    assert again.findings == [] and again.totals.count == 4


@pytest.mark.feature("V-22", profile="hangzhou")
@pytest.mark.feature("V-14", profile="hangzhou")
@pytest.mark.feature("V-24", profile="hangzhou")
@pytest.mark.parametrize("business", ["makeup_missed", "makeup_short"])
def test_hangzhou_tells_the_first_fault_of_a_row_in_its_words(business: str, tmp_path: Path) -> None:
    kind = declare(business, load_profile("hangzhou"))
    wage = kind.by_key["due_base"].title  # type: ignore[attr-defined]
    faults = [
        ({"account_no": "12", "name": ""}, "个人客户号长度不正确"),
        ({"name": ""}, "姓名为空"),
        ({"first_month": "2026.8"}, "起始年月格式错误"),
        ({"last_month": "20268"}, "截止年月长度错误"),
        ({"first_month": "202611"}, "起始年月大于截止年月"),
        ({"month_amount": "1"}, "月缴存额与计算的月缴存额不一致"),
        ({"due_base": "九千"}, f"{wage}错误"),
        ({"due_base": "-9000"}, f"{wage}不能为零或负数"),
        ({"due_ratio": "7"}, "应在8%至12%之间"),
        ({"due_base": "99999"}, "月缴存额与计算的月缴存额不一致"),
    ]
    lines = [line(number, kind, **changes) for number, (changes, _) in enumerate(faults, 1)]
    check = checked(filled(tmp_path / "t.xls", kind, lines), kind)
    by_row = {found.row_number - HEADER_ROW: found.text for found in check.row_findings}
    assert len(check.row_findings) == len(faults)
    for number, (_, text) in enumerate(faults, 1):
        assert text in by_row[number], (number, by_row[number])


@pytest.mark.feature("V-34", profile="shaanxi")
def test_shaanxi_wants_text_cells(tmp_path: Path) -> None:
    kind = declare("makeup", load_profile("shaanxi"))
    path = filled(tmp_path / "t.xlsx", kind, [line(1, kind)])
    book = openpyxl.load_workbook(path)
    place = [column.key for column in template_columns(kind)].index("month") + 1
    book.active.cell(HEADER_ROW + 1, place).value = 202609
    book.active.cell(HEADER_ROW + 1, place).number_format = "General"
    book.save(path)
    assert [found.code for found in checked(path, kind).findings] == ["cell.not_text"]


@pytest.mark.parametrize("value", [202609, date(2026, 9, 1), "202609 "])
def test_months_as_numbers_and_dates_are_read(value: Any, tmp_path: Path) -> None:
    kind = declare("makeup", load_profile("shanxi"))
    columns = template_columns(kind)
    rows = [[column.title for column in columns], *cells(kind, [line(1, kind)])]
    rows[1][[column.key for column in columns].index("month")] = value
    path = write_table(tmp_path / "t.xlsx", rows)
    check = checked(path, kind)
    assert [found.code for found in check.findings] == []
    assert check.rows[0].check.values["month"] == "202609"
