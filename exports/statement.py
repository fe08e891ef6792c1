"""A bank statement as a workbook: lines of money received, every one checked, whatever bank wrote the file.

Columns are found by the titles banks use. Money that went out is passed over and counted; what cannot be read
is told with its cell, so that the error workbook of the house can be written from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.business import Column, Kind, Totals
from domain.findings import Finding
from domain.money import MoneyError, parse_yuan
from domain.receipts import FIELDS, TITLES, BankLine, LineErrors, read_line
from domain.text import clean_cell, safe_text
from exports.importer import UNREADABLE, judge_kinds
from exports.layout import ImportRules, Layout, fold
from exports.places import column_letters
from exports.reader import LIMIT_ROWS, read_workbook
from exports.roster import FileCheck, ImportedRow, ImportedSheet, PlacedFinding
from exports.sheet import RawRow, Sheet
from exports.workbook_error import sentence

if TYPE_CHECKING:
    from domain.receipt_wire import LineResult

MAX_HEADER_ROW: Final = 30
"""Banks put their own lines above the titles."""
LEAST: Final = 3
"""Titles that make a row the header."""

COLUMNS: Final = (
    Column(
        "bank_no",
        TITLES["bank_no"],
        Kind.ID,
        24,
        required=True,
        aliases=("流水号", "银行流水号", "交易流水", "交易序号", "核心流水号"),
    ),
    Column(
        "day",
        TITLES["day"],
        Kind.TEXT,
        12,
        required=True,
        aliases=("日期", "记账日期", "入账日期", "交易时间"),
    ),
    Column(
        "amount",
        "贷方发生额",
        Kind.MONEY,
        16,
        required=True,
        aliases=("金额", "交易金额", "发生额", "贷方金额", "收入金额", "收入", "贷方", "转入金额"),
    ),
    Column(
        "debit",
        "借方发生额",
        Kind.MONEY,
        16,
        aliases=("借方金额", "支出金额", "支出", "借方", "转出金额"),
    ),
    Column("mark", "借贷标志", Kind.TEXT, 8, aliases=("借贷方向", "借/贷", "收支标志", "收支方向", "收/支")),
    Column(
        "payer",
        TITLES["payer"],
        Kind.TEXT,
        30,
        aliases=("对方户名", "对方名称", "付款人名称", "付款人户名", "付款方名称", "付款方"),
    ),
    Column(
        "payer_account",
        TITLES["payer_account"],
        Kind.ID,
        24,
        aliases=("对方账号", "对方账户", "付款人账号", "付款方账号"),
    ),
    Column("remark", TITLES["remark"], Kind.TEXT, 30, aliases=("备注", "用途", "摘要", "交易附言")),
    Column("unit_account", TITLES["unit_account"], Kind.ID, 16, aliases=("公积金账号", "单位公积金账号")),
)
"""What is read of a statement; `amount` is what came in, or whatever moved where `mark` tells the way."""

OUT: Final = frozenset({"借", "借方", "D", "DR", "DEBIT", "支", "支出", "付", "转出", "J"})
IN: Final = frozenset({"贷", "贷方", "C", "CR", "CREDIT", "收", "收入", "转入", ""})
SUMS: Final = ("合计", "总计", "小计", "本页")


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of money received: its worksheet row, the texts, and what they come to.

    `line` is None while something is wrong with it; `repeats` is the row of the same line further up, 0 for
    none.
    """

    row_number: int
    values: Mapping[str, str]
    line: BankLine | None
    findings: tuple[Finding, ...] = ()
    repeats: int = 0

    @property
    def good(self) -> bool:
        """Whether it is to be taken."""
        return self.line is not None and not self.repeats


@dataclass(slots=True)
class Statement:
    """A statement that was read. Amounts in 分; `debits` are lines of money that went out."""

    imported: ImportedSheet
    lines: list[StatementLine] = field(default_factory=list)
    debits: int = 0
    debit_amount: int = 0

    @property
    def good(self) -> list[StatementLine]:
        """The lines that nothing stops."""
        return [one for one in self.lines if one.good]

    @property
    def amount(self) -> int:
        """The sum of the good lines in 分."""
        return sum(one.line.amount for one in self.lines if one.good and one.line is not None)

    @property
    def structure_ok(self) -> bool:
        """Whether nothing is wrong with the file as a whole."""
        return not any(one.is_error for one in self.imported.findings)

    def check(self, refused: Mapping[int, Sequence[Finding]] | None = None) -> FileCheck:
        """Everything that is wrong, for the error workbook; `refused` adds by row what the center refuses."""
        places = {column.key: index for column, index in self.imported.layout.columns}
        titles = {column.key: column.title for column in COLUMNS}
        placed = []
        for one in self.lines:
            for finding in (*one.findings, *(refused or {}).get(one.row_number, ())):
                value = one.values.get(finding.field, "")
                where, title = places.get(finding.field), titles.get(finding.field, "")
                placed.append(PlacedFinding(one.row_number, where, title, value, finding))
        stopped = {one.row_number for one in placed if one.is_error}
        kept = [one for one in self.lines if one.row_number not in stopped and one.line is not None]
        totals = Totals(len(kept), sum(one.line.amount for one in kept if one.line is not None))
        return FileCheck(self.imported, [], self.imported.findings, placed, totals, len(self.lines))


def read_statement(path: Path | str, today: date, *, limit_rows: int = LIMIT_ROWS) -> Statement:
    """Read and check a statement. Raises WorkbookError when the file cannot be read.

    Of a file without the wanted titles only what is wrong with it is told.
    """
    sheet, layout = _find_sheet(path, limit_rows)
    found = [PlacedFinding(layout.header_row or 1, at, "", "", finding) for at, finding in layout.findings]
    statement = Statement(ImportedSheet(sheet, layout, [], found))
    if not layout.header_row or any(one.is_error for one in found):
        return statement
    if sheet.has_formulas:
        from exports.formulas import mark_unreadable

        mark_unreadable(path, sheet, {index for _, index in layout.columns})
    seen: dict[str, StatementLine] = {}
    for raw in sheet.rows:
        if raw.row_number > layout.header_row and not raw.blank and not _is_sum(raw):
            _take(statement, raw, layout, today, seen)
    if len(statement.lines) > limit_rows:
        raise sentence("file.rows", limit=limit_rows)
    if not statement.lines and not statement.debits:
        text = "表内没有交易，请从列名的下一行起填写。"
        empty = PlacedFinding(layout.header_row + 1, None, "", "", Finding("roster.empty", "", text))
        statement.imported.findings.append(empty)
    return statement


def refusals(results: Mapping[int, LineResult]) -> dict[int, list[Finding]]:
    """What the center refuses, by worksheet row, as findings of the file."""
    told: dict[int, list[Finding]] = {}
    for row, result in results.items():
        if result.outcome == "refused":
            own = [one.finding() for one in result.findings]
            told[row] = own or [Finding("receipt.refused", "", result.message)]
    return told


# ---- the titles ------------------------------------------------------------------------------------


def _find_sheet(path: Path | str, limit_rows: int) -> tuple[Sheet, Layout]:
    """The first visible sheet with the titles of a statement; else the first one, and that it has none."""
    first = read_workbook(path, limit_rows=limit_rows)
    for name in ("", *(name for name in first.visible_sheets if name != first.name)):
        sheet = read_workbook(path, sheet=name, limit_rows=limit_rows) if name else first
        layout = _layout(sheet)
        if layout.header_row:
            return sheet, layout
    layout = Layout()
    wanted = "、".join((TITLES["bank_no"], TITLES["day"], "金额或贷方发生额"))
    layout.say("statement.foreign", f"没有找到银行对账单的列名，应有{wanted}，请核对后重新选择文件。")
    return first, layout


def _layout(sheet: Sheet) -> Layout:
    titles = {fold(title): one for one in COLUMNS for title in (one.title, *one.aliases)}
    titles |= {fold("金额"): COLUMNS[2], fold(TITLES["payer_account"]): COLUMNS[6]}
    best: tuple[int, RawRow] | None = None
    for row in sheet.rows:
        if row.row_number > MAX_HEADER_ROW:
            break
        known = len({titles[folded].key for text in row.texts if (folded := fold(text)) in titles})
        if known >= LEAST and (best is None or known > best[0]):
            best = known, row
    layout = Layout()
    if best is None:
        return layout
    layout.header_row = best[1].row_number
    seen: dict[str, int] = {}
    for index, text in enumerate(best[1].texts):
        column = titles.get(fold(text))
        if column is None:
            continue
        if column.key in seen and column.key != "remark":
            where = f"{column_letters(seen[column.key])}列和{column_letters(index)}列"
            shown = safe_text(text.strip(), limit=20)
            layout.say("column.duplicate", f"“{shown}”有两列（{where}），请删除一列。", column.key, index)
            continue
        seen[column.key] = index
        layout.columns.append((column, index))
    for column in COLUMNS:
        if column.required and column.key not in seen:
            layout.say("column.missing", f"缺少“{column.title}”列，请补上后重新选择文件。", column.key)
    return layout


# ---- the lines -------------------------------------------------------------------------------------


def _is_sum(raw: RawRow) -> bool:
    """Whether a row sums up others: it begins with a word that says so."""
    first = next((text for text in raw.texts if text.strip()), "")
    return fold(first).startswith(SUMS)


def _take(
    statement: Statement, raw: RawRow, layout: Layout, today: date, seen: dict[str, StatementLine]
) -> None:
    """Judge a row: money that went out is counted, money that came in is read."""
    texts: dict[str, str] = {}
    for column, index in layout.columns:
        # Banks have several columns for words of the payer; the 业务流水号 may stand in any of them.
        said = [one for one in (texts.get(column.key, ""), raw.cell(index).text) if one.strip()]
        texts[column.key] = " ".join(dict.fromkeys(said))
    row = ImportedRow(raw.row_number, texts)
    judge_kinds(row, raw, layout.columns, ImportRules())
    out, findings = _went_out(texts, {column.key for column, _ in layout.columns})
    if out is not None:
        statement.debits += 1
        statement.debit_amount += out
        return
    findings = [*row.findings, *findings]
    values = {key: texts.get(key, "") for key in FIELDS}
    line = None
    try:
        line = read_line(values, today)
    except LineErrors as errors:
        told = {one.field for one in findings if one.code in (*UNREADABLE, "statement.mark")}
        findings += [one for one in errors.findings if one.field not in told]
    one = StatementLine(raw.row_number, values, None if findings else line, tuple(findings))
    statement.lines.append(_once(one, seen))


def _once(one: StatementLine, seen: dict[str, StatementLine]) -> StatementLine:
    """The line, marked where its number stands further up already."""
    if one.line is None:
        return one
    first = seen.setdefault(one.line.bank_no, one)
    if first is one or first.line is None:
        return one
    if first.line.same_facts(one.line):
        return StatementLine(one.row_number, one.values, one.line, one.findings, first.row_number)
    text = f"交易流水号与第{first.row_number}行相同而内容不同，请核对后改正。"
    return StatementLine(one.row_number, one.values, None, (Finding("receipt.conflict", "bank_no", text),))


def _went_out(texts: dict[str, str], columns: set[str]) -> tuple[int | None, list[Finding]]:
    """The amount in 分 of money that went out, None for money that came in; what is unclear about it.

    Without a column that tells the way, an amount below zero went out.
    """
    moved, spent = _amount(texts.get("amount", "")), _amount(texts.get("debit", ""))
    mark = clean_cell(texts.get("mark", "")).upper()
    if mark in OUT:
        return abs(spent or moved or 0), []
    if mark not in IN:
        text = f"借贷标志“{safe_text(mark, limit=10)}”不认识，应为“借”或“贷”，请改正。"
        return None, [Finding("statement.mark", "mark", text)]
    if spent and moved:
        text = "借方发生额与贷方发生额都有数，请核对后改正。"
        return None, [Finding("statement.both", "amount", text)]
    if spent:
        return abs(spent), []
    if moved is not None and moved < 0 and not columns & {"debit", "mark"}:
        return -moved, []
    return None, []


def _amount(text: str) -> int | None:
    """分 of a cell, None for one that is empty or no amount."""
    try:
        return parse_yuan(text)
    except MoneyError:
        return None
