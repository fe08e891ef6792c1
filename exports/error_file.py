"""The annotated error workbook: what is wrong, where, and the user's sheet to correct and import again.

It is always a fresh .xlsx made from the values read, whatever the upload was: nothing the upload may carry
(links, formulas, pictures) comes along, and the upload itself is never written to. The import passes over
the sheet 错误清单 and the column 错误原因.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.business import Kind
from domain.text import cell_width, safe_text
from exports.files import writing
from exports.layout import REASON_TITLE, fold
from exports.places import column_letters
from exports.plain_book import TEXT_FORMAT, cell_text, plain_book, sheet_title
from exports.roster import FileCheck, PlacedFinding
from exports.sheet import RawCell, RawRow

LIST_SHEET = "错误清单"
LIST_TITLES = (
    ("序号", 6),
    ("位置", 8),
    ("行号", 6),
    ("列名", 14),
    ("原值", 24),
    ("错误码", 20),
    ("说明", 70),
)
MAX_COMMENTS = 500
MAX_LINKS = 10_000
MAX_LISTED = 200_000
SHOWN_VALUE = 200
RED, YELLOW = "#FFC7CE", "#FFEB9C"
_OWN_FIGURES = ("number",)


def error_file_name(source: Path | str, now: datetime, *, ascii_only: bool = False) -> str:
    """The name 原名_校验结果_YYYYMMDDHHMM.xlsx; `ascii_only` for clients that garble Chinese names."""
    stem = safe_text(Path(source).stem, limit=60)
    stamp = f"{now:%Y%m%d%H%M}"
    if ascii_only:
        plain = "".join(c for c in stem if c.isascii() and (c.isalnum() or c in "-_")) or "roster"
        return f"{plain}_check_{stamp}.xlsx"
    return f"{stem}_校验结果_{stamp}.xlsx"


def write_error_file(path: Path | str, check: FileCheck, *, overwrite: bool = False) -> Path:
    """Write the annotated workbook. Raises WorkbookError: file.exists, file.disk_full, file.not_written."""
    path, check = Path(path), check.whole()
    with writing(path, overwrite=overwrite) as temporary, plain_book(temporary) as book:
        name = sheet_title(check.imported.sheet.name, (LIST_SHEET,))
        _write_list(book, check.findings, name)
        _write_sheet(book, check, name)
    return path


def _write_list(book: Any, findings: Sequence[PlacedFinding], data_sheet: str) -> None:
    sheet = book.add_worksheet(LIST_SHEET)
    bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#F2F2F2"})
    text = book.add_format({"num_format": TEXT_FORMAT, "valign": "top"})
    wrapped = book.add_format({"num_format": TEXT_FORMAT, "text_wrap": True, "valign": "top"})
    link = book.add_format({"font_color": "blue", "underline": 1, "valign": "top"})
    for index, (title, width) in enumerate(LIST_TITLES):
        sheet.set_column(index, index, width)
        sheet.write_string(0, index, title, bold)
    sheet.freeze_panes(1, 0)
    quoted = data_sheet.replace("'", "''")
    for number, finding in enumerate(findings[:MAX_LISTED], start=1):
        place = f"{column_letters(finding.column or 0)}{finding.row_number}"
        sheet.write_number(number, 0, number)
        if number <= MAX_LINKS:
            sheet.write_url(number, 1, f"internal:'{quoted}'!{place}", link, place)
        else:
            sheet.write_string(number, 1, place, text)
        sheet.write_number(number, 2, finding.row_number)
        sheet.write_string(number, 3, finding.title, text)
        sheet.write_string(number, 4, safe_text(finding.value, limit=SHOWN_VALUE), text)
        sheet.write_string(number, 5, finding.code, text)
        sheet.write_string(number, 6, cell_text(finding.text), wrapped)
    if len(findings) > MAX_LISTED:
        rest = f"其余{len(findings) - MAX_LISTED}条未列出，请先改正以上各条。"
        sheet.write_string(MAX_LISTED + 1, 6, rest, wrapped)


class _Annotated:
    """The user's sheet while it is written: formats, remarks by cell, the column for the reasons."""

    def __init__(self, book: Any, check: FileCheck, sheet: Any) -> None:
        self.sheet = sheet
        self.cells: dict[tuple[int, int], list[PlacedFinding]] = defaultdict(list)
        self.reasons: dict[int, list[str]] = defaultdict(list)
        for finding in check.findings:
            if finding.column is not None:
                self.cells[finding.row_number, finding.column].append(finding)
            self.reasons[finding.row_number].append(finding.text)
        self.columns: dict[int, list[int]] = defaultdict(list)
        for row, column in self.cells:
            self.columns[row].append(column)
        self.reason_column = _reason_column(check)
        self.comments = 0
        self.text, self.figure, self.head = (
            book.add_format(facts) for facts in ({"num_format": TEXT_FORMAT}, {}, {"bold": True, "bottom": 1})
        )
        self.filled: Mapping[tuple[str, bool], Any] = {
            (colour, text): book.add_format(
                {"bg_color": colour, **({"num_format": TEXT_FORMAT} if text else {})}
            )
            for colour in (RED, YELLOW)
            for text in (True, False)
        }

    def write_row(self, raw: RawRow, *, heading: bool) -> None:
        row = raw.row_number
        touched = range(max([len(raw.texts), *(column + 1 for column in self.columns.get(row, ()))]))
        for column in touched:
            if column != self.reason_column:
                self._write_cell(row, column, raw.cell(column), heading=heading)
        if heading:
            self.sheet.write_string(row - 1, self.reason_column, REASON_TITLE, self.head)
        elif row in self.reasons:
            text = cell_text("；".join(self.reasons[row]))
            self.sheet.write_string(row - 1, self.reason_column, text, self.text)

    def _write_cell(self, row: int, column: int, cell: RawCell, *, heading: bool) -> None:
        findings = self.cells.get((row, column), ())
        is_figure = cell.kind in _OWN_FIGURES and "E+" not in cell.text
        style = self.head if heading else self.figure if is_figure else self.text
        if findings:
            colour = RED if any(finding.is_error for finding in findings) else YELLOW
            style = self.filled[colour, not is_figure]
            self._comment(row, column, findings)
        if is_figure:
            self.sheet.write_number(row - 1, column, float(cell.text), style)
        elif cell.text:
            self.sheet.write_string(row - 1, column, cell_text(cell.text), style)
        elif findings:
            self.sheet.write_blank(row - 1, column, None, style)

    def _comment(self, row: int, column: int, findings: Iterable[PlacedFinding]) -> None:
        if self.comments < MAX_COMMENTS:
            self.comments += 1
            text = "\n".join(finding.text for finding in findings)
            self.sheet.write_comment(row - 1, column, text, {"width": 280, "height": 96})


def _reason_column(check: FileCheck) -> int:
    """The column of the reasons: the one an earlier error file added, else the first free one."""
    imported = check.imported
    width = 1
    for raw in imported.sheet.rows:
        if raw.row_number == imported.header_row:
            for index, text in enumerate(raw.texts):
                if fold(text) == REASON_TITLE:
                    return index
        if raw.row_number >= imported.header_row:
            width = max(width, len(raw.texts))
    return width


def _write_sheet(book: Any, check: FileCheck, name: str) -> None:
    imported = check.imported
    sheet = book.add_worksheet(name)
    annotated = _Annotated(book, check, sheet)
    for column, index in imported.layout.columns:
        is_text = column.kind not in (Kind.MONEY, Kind.RATIO, Kind.SERIAL)
        width = max(column.width, cell_width(column.title)) + 3
        sheet.set_column(index, index, width, annotated.text if is_text else None)
    sheet.set_column(annotated.reason_column, annotated.reason_column, 60)
    if imported.header_row:
        sheet.freeze_panes(imported.header_row, 0)
    rows = {raw.row_number: raw for raw in imported.sheet.rows}
    for number in sorted(rows.keys() | annotated.reasons.keys()):
        raw = rows.get(number) or RawRow(number, [])
        annotated.write_row(raw, heading=number == imported.header_row)
