"""The Excel 97-2003 template. The format's writer knows no pick lists; the codes stand on the notes sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.business import Business, Kind
from exports.files import filling
from exports.template import (
    HEADER_ROW,
    NOTES_ROW,
    TITLE_ROW,
    code_items,
    column_help,
    heading,
    notes,
    sheet_name,
    template_layout,
    text_format,
    title_line,
    width_of,
)

if TYPE_CHECKING:
    from domain.profile import Profile

NOTES_SHEET = "填写说明"
HEADING = (
    "font: bold on, colour {colour}; align: horiz center, vert center; "
    "pattern: pattern solid, fore_colour gray25; "
    "borders: left thin, right thin, top thin, bottom thin"
)
CHARACTER = 256
"""Unit of a column's width: 1/256 of a character."""


def write_xls(
    path: Path, business: Business, profile: Profile, rows: Sequence[Mapping[str, str]] = ()
) -> None:
    """Write the template to `path`."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(sheet_name(business))
    columns = template_layout(business)
    sheet.write(TITLE_ROW - 1, 0, title_line(business, profile), xlwt.easyxf("font: bold on, height 240"))
    sheet.write(NOTES_ROW - 1, 0, " ".join(notes(business)[:2]), xlwt.easyxf("font: height 180"))
    for index, column in enumerate(columns):
        colour = "dark_red" if column.required else "black"
        style = xlwt.easyxf(HEADING.format(colour=colour), num_format_str="@")
        sheet.write(HEADER_ROW - 1, index, heading(column), style)
        whole = sheet.col(index)
        whole.width = width_of(column) * CHARACTER
        plain = xlwt.easyxf(num_format_str=text_format(column, business))
        whole.set_style(plain)
        for number, row in enumerate(rows, HEADER_ROW):
            if text := row.get(column.key, ""):
                sheet.write(number, index, text, plain)
    sheet.set_panes_frozen(True)
    sheet.set_horz_split_pos(HEADER_ROW)
    _notes_sheet(book, business)
    with filling(path) as sink:
        book.save(sink)


def _notes_sheet(book: Any, business: Business) -> None:
    sheet = book.add_sheet(NOTES_SHEET)
    sheet.col(0).width, sheet.col(1).width = 18 * CHARACTER, 90 * CHARACTER
    lines = [
        (NOTES_SHEET, ""),
        *((str(i), note) for i, note in enumerate(notes(business), start=1)),
        ("", ""),
    ]
    lines.append(("列名", "说明"))
    for column in template_layout(business):
        lines.append((heading(column), column_help(column, business)))
    for column in template_layout(business):
        if column.kind is Kind.CODE:
            lines += [("", ""), (column.title, "代码表")]
            lines += [("", item) for item in code_items(column)]
    for row, (left, right) in enumerate(lines):
        sheet.write(row, 0, left)
        sheet.write(row, 1, right)
