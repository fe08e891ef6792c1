"""Roster files made from the program's own templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl

from domain.business import template_columns
from domain.businesses.opening import declare
from domain.idnumber import check_digit
from domain.profile import load_profile
from exports.template import HEADER_ROW, write_template

FIRST_ROW = HEADER_ROW + 1


def identity(sequence: int = 1, birth: str = "19900307") -> str:
    first = f"110101{birth}{sequence:03d}"
    return first + check_digit(first)


def person(number: int = 1, **changes: str) -> dict[str, str]:
    """A row that every center takes at 12 % from each side; only its template's columns are written."""
    good = {
        "serial": str(number),
        "name": "张三",
        "id_number": identity(number),
        "mobile": "13800138000",
        "base": "8000.00",
        "ratio": "12",
        "unit_amount": "960.00",
        "person_amount": "960.00",
        "total_amount": "1920.00",
        "marriage": "20",
        "occupation": "17",
        "title": "080",
        "duty": "其他",
        "education": "21",
    }
    return good | changes


def write_roster(path: Path, profile_name: str, rows: Sequence[Mapping[str, str]]) -> Path:
    profile = load_profile(profile_name)
    business = declare(profile)
    write_template(path, business, profile, overwrite=True)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for number, row in enumerate(rows, FIRST_ROW):
        for place, column in enumerate(template_columns(business), 1):
            text = row.get(column.key, "")
            if text:
                sheet.cell(number, place).value = text
                sheet.cell(number, place).number_format = "@"
    book.save(path)
    return path


def title(profile_name: str, key: str) -> str:
    return next(c.title for c in declare(load_profile(profile_name)).columns if c.key == key)
