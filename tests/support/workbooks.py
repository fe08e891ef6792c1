"""Workbooks made at test time: good rosters, and files meant to do harm."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from domain.business import Business, CheckContext, Kind, Source, UnitFacts, template_columns
from domain.businesses.opening import Opening, declare
from domain.codes import table
from domain.idnumber import check_digit
from domain.profile import load_profile

TODAY = date(2026, 11, 21)
MONTH = 202611
SHEET = "清册"
Cell = Any
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


def opening(profile: str) -> Opening:
    """The registration business of a profile."""
    return declare(load_profile(profile))


def context(profile: str) -> CheckContext:
    """An offline context on a fixed day."""
    return CheckContext(TODAY, MONTH, UnitFacts("100231234567"), load_profile(profile).limits_for(MONTH))


def id_number(number: int) -> str:
    """A valid 18-digit number of an adult of 30 to 49, different for every `number` below 2,000,000."""
    rest, order = divmod(number, 1000)
    rest, day = divmod(rest, 28)
    rest, month = divmod(rest, 12)
    year = 1980 + rest % 15
    first = f"220602{year}{month + 1:02d}{day + 1:02d}{order:03d}"
    return first + check_digit(first)


def person(number: int, business: Business, facts: CheckContext) -> dict[str, str]:
    """Values of one faultless row for the business's template, amounts included."""
    name = _SURNAMES[number % 16] + _GIVEN[number % 20] + _GIVEN[number // 20 % 20]
    values = {
        "serial": str(number + 1),
        "name": name,
        "id_number": id_number(number),
        "mobile": f"139{number % 10**8:08d}",
        "base": f"{5000 + number % 900}.00",
        "ratio": "12",
        "address": "",
    }
    keys = {column.key for column in template_columns(business)}
    row = {key: values.get(key, "") for key in keys}
    for column in template_columns(business):
        if column.kind is Kind.CODE:
            code, label = table(column.codes).items()[0]
            row[column.key] = f"{code}-{label}"
    amounts = business.check_row(
        {**row, "unit_amount": "", "person_amount": ""}, facts.for_source(Source.FILE)
    )
    for key in ("unit_amount", "person_amount", "total_amount"):
        if key in keys:
            row[key] = amounts.values[key]
    return row


def people(count: int, business: Business, facts: CheckContext) -> list[dict[str, str]]:
    """Faultless rows."""
    return [person(number, business, facts) for number in range(count)]


def table_of(business: Business, rows: Sequence[Mapping[str, str]]) -> list[list[Cell]]:
    """Header and rows as cells in template order."""
    columns = template_columns(business)
    return [[column.title for column in columns], *([row[c.key] for c in columns] for row in rows)]


def write_xlsx(
    path: Path, rows: Sequence[Sequence[Cell]], *, first_row: int = 1, sheet: str = "清册"
) -> Path:
    """Plain .xlsx; None leaves a cell out."""
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    page.title = sheet
    for number, row in enumerate(rows, start=first_row):
        for column, value in enumerate(row, start=1):
            if value is not None:
                cell = page.cell(number, column)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
    book.save(path)
    return path


def write_xls(path: Path, rows: Sequence[Sequence[Cell]], *, first_row: int = 1, sheet: str = SHEET) -> Path:
    """Plain Excel 97-2003 workbook; None leaves a cell out."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    for number, row in enumerate(rows, start=first_row - 1):
        for column, value in enumerate(row):
            if value is not None:
                page.write(number, column, value)
    book.save(str(path))
    return path


def write_table(path: Path, rows: Sequence[Sequence[Cell]], *, first_row: int = 1) -> Path:
    """.xls or .xlsx by the suffix of `path`."""
    writer = write_xls if path.suffix == ".xls" else write_xlsx
    return writer(path, rows, first_row=first_row)


def fill_xlsx(path: Path, rows: Sequence[Sequence[Cell]], *, first_row: int) -> None:
    """Fill a template in place, as a person does."""
    from openpyxl import load_workbook

    book = load_workbook(path)
    page = book.worksheets[0]
    for number, row in enumerate(rows, start=first_row):
        for column, value in enumerate(row, start=1):
            page.cell(number, column).value = value
    book.save(path)


def fill_xls(path: Path, rows: Sequence[Sequence[Cell]], *, first_row: int) -> None:
    """Fill an .xls template: the head is read back and written anew with the rows below it."""
    from exports.reader import read_workbook

    head: list[list[Cell]] = [[] for _ in range(first_row - 1)]
    for raw in read_workbook(path).rows:
        head[raw.row_number - 1] = list(raw.texts)
    write_xls(path, [*head, *rows])


# ---- files meant to do harm -------------------------------------------------------------------------


def patch_part(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """Replace bytes in one part of an .xlsx."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    return pack(path, parts)


def add_part(path: Path, part: str, data: bytes) -> Path:
    """Add a part to an .xlsx."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, data)
    return path


def pack(path: Path, parts: Mapping[str, bytes]) -> Path:
    """Write parts as a zip file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def far_cell(path: Path, place: str = "XFD1048576") -> Path:
    """A legal workbook of 5 KB with one value at the end of the sheet."""
    from openpyxl import Workbook

    book = Workbook()
    book.active["A1"] = "姓名"
    book.active[place] = 1
    book.save(path)
    return path


def zip_bomb(path: Path, megabytes: int = 400) -> Path:
    """A workbook whose sheet unpacks to blanks without end."""
    write_xlsx(path, [["姓名", "证件号码"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            if name != "xl/worksheets/sheet1.xml":
                archive.writestr(name, data)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream:
            for _ in range(megabytes):
                stream.write(b" " * (1 << 20))
    return path


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>"""


def with_entities(path: Path, declaration: bytes = LAUGHS) -> Path:
    """A workbook whose sheet declares entities of its own."""
    write_xlsx(path, [["姓名", "证件号码"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    body = parts[name]
    if body.startswith(b"<?xml"):
        body = body[body.index(b"?>") + 2 :]
    parts[name] = declaration + body
    return pack(path, parts)


def _entry(data: bytearray, name: str) -> int:
    """Place of a directory entry of an OLE file."""
    place = data.find(name.encode("utf-16-le") + b"\0\0")
    assert place >= 0
    return place


def renamed_stream(path: Path, new: str, *, old: str = "Workbook") -> Path:
    """Give a stream of an .xls another name, e.g. that of an encrypted package."""
    data = bytearray(path.read_bytes())
    place = _entry(data, old)
    name = new.encode("utf-16-le")
    data[place : place + 64] = name.ljust(64, b"\0")
    struct.pack_into("<H", data, place + 64, len(name) + 2)
    path.write_bytes(data)
    return path


def with_vba(path: Path) -> Path:
    """Add an entry of a macro project behind the streams of an .xls."""
    data = bytearray(path.read_bytes())
    place = _entry(data, "Workbook") + 128
    name = "_VBA_PROJECT_CUR".encode("utf-16-le")
    data[place : place + 64] = name.ljust(64, b"\0")
    struct.pack_into("<H", data, place + 64, len(name) + 2)
    data[place + 66] = 1
    path.write_bytes(data)
    return path


def with_password(path: Path) -> Path:
    """Make an .xls say that its records are encrypted: the record after BOF becomes FILEPASS."""
    data = bytearray(path.read_bytes())
    bof = data.find(b"\x09\x08\x10\x00")
    assert bof >= 0
    length = struct.unpack_from("<H", data, bof + 2)[0]
    struct.pack_into("<H", data, bof + 4 + length, 0x002F)
    path.write_bytes(data)
    return path
