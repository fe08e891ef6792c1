"""CSV and tab-separated files as a sheet of text cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import BinaryIO

from exports.sheet import RawRow, Sheet, shown_instead
from exports.workbook_error import sentence

ENCODINGS = ("utf-8-sig", "gb18030")
MAX_COLUMNS = 300


def read_text_table(file: BinaryIO, path: Path, limit_rows: int) -> Sheet:
    """UTF-8 (with or without mark), else GB 18030. Raises WorkbookError: not_workbook, rows, extent."""
    file.seek(0)
    text = _decoded(file.read())
    rows: list[RawRow] = []
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=_separator(text, path))
    try:
        for number, cells in enumerate(reader, start=1):
            if len(cells) > MAX_COLUMNS:
                raise sentence("file.not_workbook")
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                texts = [cell.rstrip("\t") for cell in cells]
                damaged = ((at, shown_instead(text.strip())) for at, text in enumerate(texts))
                rows.append(RawRow(number, texts, {at: kind for at, kind in damaged if kind is not None}))
            if len(rows) > limit_rows + 100:
                raise sentence("file.rows", limit=limit_rows)
    except csv.Error as error:
        raise sentence("file.not_workbook") from error
    return Sheet(path.stem, rows, "csv", visible_sheets=(path.stem,))


def _decoded(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise sentence("file.not_workbook")


def _separator(text: str, path: Path) -> str:
    first = text[:4096].splitlines()[:12]
    counts = {sign: max((line.count(sign) for line in first), default=0) for sign in "\t,;"}
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max(counts, key=lambda sign: counts[sign])
