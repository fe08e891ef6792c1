"""A table as CSV, for programs: UTF-8 with a byte order mark, or gb18030 for old ones.

A spreadsheet that opens a CSV takes a text that begins with = + - @ for a formula; such a text gets an
apostrophe in front (OWASP, CSV injection). Amounts and counts are numbers and stay what they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.money import format_yuan
from exports.files import writing

if TYPE_CHECKING:
    from exports.table_export import ExportColumn, Value

ENCODINGS: Final = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
"""What a person calls an encoding -> what the file is written in."""
LIVE: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of a text that a spreadsheet may run."""


def plain(text: str) -> str:
    """A text that no spreadsheet runs; without NUL, which ends a line for some readers."""
    text = text.replace("\0", "")
    return f"'{text}" if text.startswith(LIVE) else text


def write_csv(
    path: Path | str,
    *,
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Value]],
    encoding: str = "utf-8",
    overwrite: bool = False,
) -> int:
    """Write titles and rows, amounts in 元 with two decimals; the number of rows.

    `rows` may be an iterator: memory stays flat. `encoding` is a key of ENCODINGS. Raises WorkbookError:
    file.exists, file.disk_full, file.not_written.
    """
    money = [column.kind == "money" for column in columns]
    written = 0
    codec = ENCODINGS[encoding]
    with (
        writing(path, overwrite=overwrite) as temporary,
        open(temporary, "w", encoding=codec, errors="replace", newline="") as file,
    ):
        out = csv.writer(file, lineterminator="\r\n")
        out.writerow([plain(column.title) for column in columns])
        for row in rows:
            out.writerow([_cell(value, yuan) for value, yuan in zip(row, money, strict=True)])
            written += 1
    return written


def _cell(value: Value, yuan: bool) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int):
        return format_yuan(value) if yuan else str(value)
    return plain(value)
