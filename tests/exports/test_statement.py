"""Bank statements of any bank: titles, ways money went, faulty cells, repeated numbers, the error file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.receipt_wire import LineResult
from exports.error_file import write_error_file
from exports.reader import read_workbook
from exports.statement import Statement, read_statement, refusals
from tests.support.workbooks import write_table

TODAY = date(2026, 11, 23)
HEAD = ["交易流水号", "交易日期", "贷方发生额", "借方发生额", "对方户名", "对方账号", "附言"]
GOOD = ["B1", "20261120", "1,000.00", "", "示例一中", "6222000000000001", "2026110100000001"]


def read(path: Path, *rows: list[Any], head: list[str] | None = None) -> Statement:
    return read_statement(write_table(path / "对账单.xlsx", [head or HEAD, *rows]), TODAY)


def codes(statement: Statement) -> dict[int, list[tuple[str, str]]]:
    """Row -> (field, code) of what is wrong."""
    found = {one.row_number: [(f.field, f.code) for f in one.findings] for one in statement.lines}
    return {row: told for row, told in found.items() if told}


def test_a_line_is_read_whatever_the_bank_calls_its_columns(tmp_path: Path) -> None:
    statement = read(tmp_path, GOOD)
    [one] = statement.good
    assert one.line is not None and one.line.texts() == {
        "bank_no": "B1",
        "day": "2026-11-20",
        "amount": "1000.00",
        "payer": "示例一中",
        "payer_account": "6222000000000001",
        "remark": "2026110100000001",
        "unit_account": "",
    }
    for place, head in enumerate(
        (
            ["流水号", "记账日期", "收入金额", "支出金额", "付款人", "付款账号", "摘要"],
            ["银行流水号：", "交易时间", "贷方 金额", "借方金额", "对方名称", "对方账户", "用途"],
        )
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        again = read(folder, GOOD, head=head)
        assert [found.line for found in again.good] == [one.line]


def test_lines_of_the_bank_above_the_titles_and_sums_below_are_passed_over(tmp_path: Path) -> None:
    rows = [["某银行账户明细"], ["账号", "123"], [], HEAD, GOOD, [], ["合计", "", "1,000.00", "0.00"]]
    statement = read_statement(write_table(tmp_path / "a.xlsx", rows), TODAY)
    assert [one.row_number for one in statement.lines] == [5] and statement.structure_ok


def test_money_that_went_out_is_counted_and_not_taken(tmp_path: Path) -> None:
    out = ["B2", "20261120", "0.00", "250.00", "某公司", "", ""]
    statement = read(tmp_path, GOOD, out)
    assert (len(statement.good), statement.debits, statement.debit_amount) == (1, 1, 25_000)
    marked = ["交易流水号", "交易日期", "金额", "借贷标志", "付款人"]
    (tmp_path / "2").mkdir()
    rows = [["B1", "20261120", "10", mark, "甲"] for mark in ("贷", "借", "D", "c", "X")]
    for number, row in enumerate(rows):
        row[0] = f"B{number}"
    statement = read(tmp_path / "2", *rows, head=marked)
    assert (len(statement.good), statement.debits, statement.debit_amount) == (2, 2, 2_000)
    assert codes(statement) == {6: [("mark", "statement.mark")]}
    (tmp_path / "3").mkdir()
    signed = ["交易流水号", "交易日期", "金额", "付款人"]
    statement = read(tmp_path / "3", ["B1", "20261120", "-5.00", "甲"], head=signed)
    assert (statement.lines, statement.debits, statement.debit_amount) == ([], 1, 500)


def test_every_faulty_cell_is_told(tmp_path: Path) -> None:
    rows = [
        ["", "20261120", "1", "", "甲", "", ""],
        ["B2", "20261124", "1", "", "甲", "", ""],
        ["B3", "20261120", "1.005", "", "甲", "", ""],
        ["B4", "20261120", "-1", "", "甲", "", ""],
        ["B5", "20261120", "0", "", "甲", "", ""],
        ["B6", "20261120", "9223372036854775808", "", "甲", "", ""],
        ["B7", "x", "", "", "甲\x07", "", ""],
        ["B8", "20261120", "1", "2", "甲", "", ""],
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(",".join(row) for row in [HEAD, *rows]), "utf-8")
    statement = read_statement(path, TODAY)
    assert not statement.good and codes(statement) == {
        2: [("bank_no", "required")],
        3: [("day", "receipt.future")],
        4: [("amount", "money.decimals")],
        5: [("amount", "money.not_positive")],
        6: [("amount", "money.not_positive")],
        7: [("amount", "money.too_large")],
        8: [("day", "receipt.day"), ("amount", "required"), ("payer", "receipt.sign")],
        9: [("amount", "statement.both")],
    }


def test_numbers_of_a_spreadsheet_are_read_and_lost_digits_told(tmp_path: Path) -> None:
    rows = [
        [20261120001, date(2026, 11, 20), 1234.5, None, "甲"],
        [12345678901234567890, date(2026, 11, 20), 1],
    ]
    statement = read(tmp_path, *rows)
    first, second = statement.lines
    assert first.line is not None
    assert (first.line.bank_no, first.line.day, first.line.amount) == (
        *("20261120001", date(2026, 11, 20)),
        123_450,
    )
    assert [one.code for one in second.findings] == ["id.number_cell"]


def test_a_number_told_twice_is_taken_once(tmp_path: Path) -> None:
    statement = read(tmp_path, GOOD, GOOD, [*GOOD[:2], "2.00", *GOOD[3:]])
    first, again, other = statement.lines
    assert (first.good, again.good, again.repeats, statement.amount) == (True, False, 2, 100_000)
    assert [one.code for one in other.findings] == ["receipt.conflict"]


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (["姓名", "证件号码", "基数"], "statement.foreign"),
        (["交易流水号", "付款人", "附言"], "column.missing"),
        (["交易流水号", "交易日期", "金额", "贷方发生额"], "column.duplicate"),
    ],
)
def test_another_table_is_refused_as_a_whole(tmp_path: Path, head: list[str], code: str) -> None:
    statement = read(tmp_path, ["1", "2", "3", "4"], head=head)
    assert not statement.structure_ok and not statement.lines
    assert code in [one.code for one in statement.imported.findings]


def test_an_empty_statement_says_so(tmp_path: Path) -> None:
    assert [one.code for one in read(tmp_path).imported.findings] == ["roster.empty"]


def test_the_error_workbook_shows_the_lines_and_what_the_center_refuses(tmp_path: Path) -> None:
    statement = read(tmp_path, GOOD, ["B2", "20261120", "0", "", "=1+1", "", ""], ["B3", *GOOD[1:]])
    said = LineResult(line=4, outcome="refused", message="交易流水号B3已登记。")
    check = statement.check(refusals({4: said}))
    assert (check.ok, check.totals.count, check.totals.amount, check.count) == (False, 1, 100_000, 3)
    path = write_error_file(tmp_path / "错误.xlsx", check)
    found = read_workbook(path, sheet="错误清单")
    assert [row.texts[6] for row in found.rows[1:]] == [
        "金额不能为零或负数，请改成正数。",
        "交易流水号B3已登记。",
    ]
    data = read_workbook(path)
    assert data.rows[2].texts[4] == "=1+1" and data.rows[3].texts[-1] == "交易流水号B3已登记。"
    assert len(read_statement(path, TODAY).good) == 2
