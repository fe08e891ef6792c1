"""The .xlsx template: text columns, pick lists, red warnings for numbers in ID columns, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.business import Business, Column, Kind
from exports.files import filling
from exports.places import column_letters
from exports.template import (
    AMOUNT,
    HEADER_ROW,
    MARK_PROPERTY,
    NOTES_ROW,
    TEXT,
    TITLE_ROW,
    code_items,
    column_help,
    heading,
    notes,
    sheet_name,
    template_layout,
    template_mark,
    text_format,
    title_line,
    width_of,
)

if TYPE_CHECKING:
    from domain.profile import Profile

CODE_SHEET = "_代码"
NOTES_SHEET = "填写说明"
LAST_ROW = 1_048_576
RED, PALE_RED, GREY = "FFC00000", "FFFFC7CE", "FFF2F2F2"


def write_xlsx(
    path: Path, business: Business, profile: Profile, rows: Sequence[Mapping[str, str]] = ()
) -> None:
    """Write the template to `path`."""
    from openpyxl import Workbook
    from openpyxl.packaging.custom import StringProperty

    book = Workbook()
    sheet = book.active
    sheet.title = sheet_name(business)
    columns = template_layout(business)
    _head(sheet, business, profile, columns)
    lists = _code_sheet(book, columns)
    for index, column in enumerate(columns):
        _column(sheet, index, column, business, lists)
    for number, row in enumerate(rows, HEADER_ROW + 1):
        for index, column in enumerate(columns, 1):
            if text := row.get(column.key, ""):
                cell = sheet.cell(number, index, text)
                cell.number_format, cell.data_type = text_format(column, business), "s"
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    _notes_sheet(book, business, columns)
    mark = str(template_mark(business, profile))
    book.custom_doc_props.append(StringProperty(name=MARK_PROPERTY, value=mark))
    with filling(path) as sink:
        book.save(sink)


def _head(sheet: Any, business: Business, profile: Profile, columns: list[Column]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    sheet.cell(TITLE_ROW, 1, title_line(business, profile)).font = Font(bold=True, size=12)
    sheet.cell(NOTES_ROW, 1, " ".join(notes(business)[:2])).font = Font(size=9, color="FF666666")
    thin = Side(style="thin", color="FF999999")
    for index, column in enumerate(columns, start=1):
        cell = sheet.cell(HEADER_ROW, index, heading(column))
        cell.font = Font(bold=True, color=RED if column.required else "FF000000")
        cell.fill = PatternFill("solid", fgColor=GREY)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(left=thin, right=thin, top=thin, bottom=thin)
        cell.number_format = TEXT
        note = Comment(column_help(column, business), profile.center)
        note.width, note.height = 260, 90
        cell.comment = note
    sheet.row_dimensions[HEADER_ROW].height = 24


def _code_sheet(book: Any, columns: list[Column]) -> dict[str, str]:
    """The pick lists on a sheet nobody sees; key of the column -> defined name."""
    from openpyxl.workbook.defined_name import DefinedName

    coded = [column for column in columns if column.kind is Kind.CODE]
    if not coded:
        return {}
    sheet = book.create_sheet(CODE_SHEET)
    sheet.sheet_state = "veryHidden"
    names: dict[str, str] = {}
    for index, column in enumerate(coded):
        letters = column_letters(index)
        items = code_items(column)
        sheet.cell(1, index + 1, column.title)
        for row, item in enumerate(items, start=2):
            sheet.cell(row, index + 1, item).number_format = TEXT
        name = f"_码_{column.key}"
        place = f"'{CODE_SHEET}'!${letters}$2:${letters}${len(items) + 1}"
        book.defined_names[name] = DefinedName(name, attr_text=place)
        names[column.key] = name
    return names


def _column(sheet: Any, index: int, column: Column, business: Business, lists: dict[str, str]) -> None:
    """Format of the whole column, its pick list and its warning; no cell is written."""
    letters = column_letters(index)
    dimension = sheet.column_dimensions[letters]
    dimension.width = width_of(column)
    dimension.number_format = text_format(column, business)
    span = f"{letters}{HEADER_ROW + 1}:{letters}{LAST_ROW}"
    if column.key in lists:
        _pick_list(sheet, span, lists[column.key], column)
    elif column.kind is Kind.MONEY and dimension.number_format == AMOUNT:
        _amounts_only(sheet, span, column)
    if column.kind is Kind.ID:
        _warn_of_numbers(sheet, span, f"{letters}{HEADER_ROW + 1}", business)


def _pick_list(sheet: Any, span: str, name: str, column: Column) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="list", formula1=name, allow_blank=True, errorStyle="warning")
    rule.errorTitle, rule.error = column.title, f"请从列表中选择{column.title}。"
    rule.showErrorMessage = True
    rule.add(span)
    sheet.add_data_validation(rule)


def _amounts_only(sheet: Any, span: str, column: Column) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="decimal", operator="greaterThan", formula1="0", allow_blank=True)
    rule.errorTitle, rule.error = column.title, f"{column.title}应为大于零的数，单位为元，最多两位小数。"
    rule.showErrorMessage = True
    rule.errorStyle = "warning"
    rule.add(span)
    sheet.add_data_validation(rule)


def _warn_of_numbers(sheet: Any, span: str, first: str, business: Business) -> None:
    """A number or a wrong length turns red at once: the digits are still in the person's hand then."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill

    lengths = (15, 18) if business.rules.id15_allowed else (18,)
    wrong = ",".join(f"LEN({first})<>{length}" for length in lengths)
    wrong = f"AND({wrong})" if len(lengths) > 1 else wrong
    formula = f'AND({first}<>"",OR(ISNUMBER({first}),{wrong}))'
    fill = PatternFill("solid", bgColor=PALE_RED)
    sheet.conditional_formatting.add(span, FormulaRule(formula=[formula], fill=fill))


def _notes_sheet(book: Any, business: Business, columns: list[Column]) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(NOTES_SHEET)
    sheet.column_dimensions["A"].width = 18
    sheet.column_dimensions["B"].width = 70
    sheet.append([NOTES_SHEET])
    sheet["A1"].font = Font(bold=True, size=12)
    for number, note in enumerate(notes(business), start=1):
        sheet.append([str(number), note])
    sheet.append([])
    sheet.append(["列名", "说明"])
    for column in columns:
        sheet.append([heading(column), column_help(column, business)])
    for row in sheet.iter_rows(min_col=2, max_col=2):
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
