"""The workbook template of a business, .xlsx with pick lists or .xls for Excel 97-2003 (I-01, I-05).

Row 1 carries the title and the version mark, row 2 the notes, row 3 the titles of the columns; data begins
in row 4. No cell below is created, for a styled blank row would come back as data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.business import Business, Column, Kind, template_columns
from domain.text import cell_width
from exports.files import writing
from exports.layout import REASON_TITLE, TemplateMark
from exports.workbook_error import sentence

if TYPE_CHECKING:
    from domain.profile import Profile

__all__ = ["HEADER_ROW", "REASON_TITLE", "heading", "template_mark", "text_format", "write_template"]

TITLE_ROW, NOTES_ROW, HEADER_ROW = 1, 2, 3
MARK_PROPERTY = "gjj_template"
GENERAL, TEXT = "General", "@"
AMOUNT = "0.00"
_NOT_IN_SHEET_NAMES: Final = re.compile(r"[\[\]:\\/?*']")


def template_mark(business: Business, profile: Profile) -> TemplateMark:
    """The version mark of a center's template."""
    return TemplateMark(business.template_id, profile.name, profile.version)


def heading(column: Column) -> str:
    """The title as the template shows it: a star for a required column."""
    return f"{column.title}*" if column.required else column.title


def text_format(column: Column, business: Business) -> str:
    """Number format of a column: text unless the center wants figures there (I-06, V-34)."""
    profile = business.profile
    if business.rules.text_cells_only:
        return TEXT
    if column.kind in (Kind.MONEY, Kind.RATIO, Kind.SERIAL):
        figures = AMOUNT if column.kind is Kind.MONEY and not profile.imports.atomic else GENERAL
        return figures
    if column.key == "fund_type" and profile.imports.atomic:
        return GENERAL
    return TEXT


def title_line(business: Business, profile: Profile) -> str:
    """Title and version mark, visible so that they survive a program that drops properties."""
    title = business.rules.template_title or f"{business.title}批量导入模板"
    return f"{profile.center} {title}　模板版本：{template_mark(business, profile)}"


def notes(business: Business) -> list[str]:
    """The filling notes of the center and those true everywhere."""
    return [
        *business.rules.template_notes,
        "从列名的下一行起填写，每人一行；不要合并单元格，不要填合计行。",
        "证件号码请先把单元格设为文本格式再填写，否则末几位会丢失。",
    ]


def width_of(column: Column) -> int:
    """Column width in characters."""
    return max(column.width, cell_width(heading(column))) + 2


def write_template(
    path: Path | str,
    business: Business,
    profile: Profile,
    *,
    overwrite: bool = False,
    rows: Sequence[Mapping[str, str]] = (),
) -> Path:
    """Write the template; the suffix chooses .xlsx or .xls.

    `rows` are filled in beforehand, texts by column key (B-16).

    Raises WorkbookError: template.format for another suffix, file.exists without `overwrite`, file.disk_full,
    file.not_written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".xls"):
        raise sentence("template.format")
    with writing(path, overwrite=overwrite) as temporary:
        if suffix == ".xlsx":
            from exports.template_xlsx import write_xlsx

            write_xlsx(temporary, business, profile, rows)
        else:
            from exports.template_xls import write_xls

            write_xls(temporary, business, profile, rows)
    return path


def code_items(column: Column) -> list[str]:
    """What a pick list offers: "10-未婚"; a code that is an English word is of no use to a person."""
    items = column.table.items()
    return [name if code.isalpha() else f"{code}-{name}" for code, name in items]


def column_help(column: Column, business: Business) -> str:
    """The note at a column's title."""
    parts = ["必填" if column.required else "选填"]
    match column.kind:
        case Kind.ID:
            lengths = "15位或18位" if business.rules.id15_allowed else "18位"
            parts.append(f"{lengths}，文本格式，末位X用半角")
        case Kind.MOBILE:
            parts.append("11位手机号，文本格式")
        case Kind.MONEY:
            parts.append("单位：元，最多两位小数")
        case Kind.RATIO:
            parts.append("百分数，12 表示 12%")
        case Kind.MONTH:
            parts.append("六位年月，如 202611")
        case Kind.CODE:
            parts.append("从列表中选，或填代码、名称")
        case _:
            pass
    if column.help:
        parts.append(column.help)
    return "；".join(parts) + "。"


def sheet_name(business: Business) -> str:
    """Name of the data sheet: the title, without the characters that a sheet's name may not have."""
    return _NOT_IN_SHEET_NAMES.sub("_", business.title)[:28]


def template_layout(business: Business) -> list[Column]:
    """The columns of the template in order."""
    return template_columns(business)
