"""What an .xlsx holds, found out without parsing it: kind, macros, extent, bombs, entities, formulas.

A legal workbook of 5 KB with one value in the last cell makes a parser ask for 512 GB; so the cells' places
are read from the raw text first. Everything here works on a stream, in bounded memory.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from exports.places import column_number
from exports.workbook_error import sentence, wrong_format

MAX_ENTRIES = 2000
MAX_UNZIPPED = 300 * 1024 * 1024
MAX_RATIO = 120
RATIO_FROM = 20 * 1024 * 1024
"""Small workbooks may be packed as tightly as they like."""
MAX_COLUMNS = 300
ROWS_BESIDE_DATA = 1000
"""Rows a sheet may reach beyond the allowed number of data rows: titles, blanks at the end."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
_CHUNK = 1 << 20
_OVERLAP = 64
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*\bhidden=["'](?:1|true)["']""")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")


@dataclass(frozen=True, slots=True)
class ZipFacts:
    """What the look at the raw parts found."""

    formulas_or_errors: bool
    """Some cell is a formula or an error value: a blank may be one that was never calculated."""
    hidden_rows: bool


def check_zip(file: BinaryIO, limit_rows: int) -> ZipFacts:
    """Look through a zip file that claims to be a workbook.

    Raises WorkbookError: not_workbook, wrong_format, macro, encrypted, unzipped, extent, rows, damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _check(archive, limit_rows)
    except _BROKEN as error:
        raise sentence("file.damaged") from error


def _check(archive: zipfile.ZipFile, limit_rows: int) -> ZipFacts:
    entries = archive.infolist()
    names = {entry.filename.lower() for entry in entries}
    if len(entries) > MAX_ENTRIES:
        raise sentence("file.unzipped")
    if any(entry.flag_bits & 1 for entry in entries):
        raise sentence("file.encrypted")
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise wrong_format(("xlsx", "xls"))
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise sentence("file.not_workbook")
    if any("vbaproject" in name or name.startswith("xl/macrosheets/") for name in names):
        raise sentence("file.macro")
    parts = [entry for entry in entries if entry.filename.lower().endswith((".xml", ".rels"))]
    total = sum(entry.file_size for entry in parts)
    packed = sum(entry.compress_size for entry in parts)
    if total > MAX_UNZIPPED or (total > RATIO_FROM and total > MAX_RATIO * max(packed, 1)):
        raise sentence("file.unzipped")
    formulas = hidden = False
    for entry in parts:
        facts = _scan(archive, entry, limit_rows, macro_types=entry.filename.lower() == "[content_types].xml")
        formulas = formulas or facts.formulas_or_errors
        hidden = hidden or facts.hidden_rows
    return ZipFacts(formulas, hidden)


def _scan(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit_rows: int, *, macro_types: bool
) -> ZipFacts:
    """One XML part, chunk by chunk."""
    formulas = hidden = False
    rows = 0
    far: tuple[str, int] | None = None
    tail = b""
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            data = tail + chunk
            if not tail and (data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:64]):
                raise sentence("file.damaged")
            if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
                raise sentence("file.damaged")
            if macro_types and b"macroEnabled" in data:
                raise sentence("file.macro")
            rows += chunk.count(b"<row ")
            far = far or _far_cell(data, limit_rows)
            formulas = formulas or b't="e"' in data or _FORMULA.search(data) is not None
            hidden = hidden or (b"hidden=" in data and _HIDDEN_ROW.search(data) is not None)
            tail = data[-_OVERLAP:]
    if rows > limit_rows + ROWS_BESIDE_DATA:
        raise sentence("file.rows", limit=limit_rows)
    if far is not None:
        raise sentence("file.extent", cell=f"{far[0]}{far[1]}")
    return ZipFacts(formulas, hidden)


@cache
def _far(digits: int) -> re.Pattern[bytes]:
    """Cells that may be too far: two letters, or a row number of so many digits."""
    return re.compile(rb"""\sr=["'](?:([A-Z]{2,3})([0-9]+)|([A-Z])([0-9]{%d,}))["']""" % digits)


def _far_cell(data: bytes, limit_rows: int) -> tuple[str, int] | None:
    """The first cell that lies outside what may be imported."""
    last_row = limit_rows + ROWS_BESIDE_DATA
    for match in _far(len(str(last_row))).finditer(data):
        letters, row = (match[1] or match[3]).decode(), int(match[2] or match[4])
        if row > last_row or column_number(letters) > MAX_COLUMNS:
            return letters, row
    return None
