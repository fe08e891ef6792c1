"""Plain tables as CSV, for programs that read nothing else; a workbook keeps more and is offered first.

gb18030 is what Chinese spreadsheet programs expect without being told; UTF-8 carries a byte order mark.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from domain.money import format_yuan
from exports.files import filling, writing

if TYPE_CHECKING:
    from exports.table_export import ExportColumn, Value

Charset = Literal["gb18030", "utf-8-sig"]
LIVE: Final = tuple("=+-@\t\r＝＋－＠")
"""What a text must not begin with: spreadsheet programs would take it for a formula."""


def write_csv(
    path: Path,
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Value]],
    *,
    overwrite: bool = False,
    charset: Charset = "gb18030",
) -> int:
    """Write titles and rows; the number of rows. Money is 元 with two decimals, no separators.

    A text that begins like a formula gets a quote before it; amounts never do. Blocking; raises
    WorkbookError: file.exists, file.disk_full, file.not_written.
    """
    written = 0
    with writing(path, overwrite=overwrite) as temporary, filling(temporary) as sink:
        text = io.TextIOWrapper(io.BufferedWriter(sink), encoding=charset, errors="replace", newline="")
        book = csv.writer(text)
        book.writerow([column.title for column in columns])
        for row in rows:
            book.writerow([_cell(c.kind, value) for c, value in zip(columns, row, strict=True)])
            written += 1
        text.flush()
        text.detach()
        if sink.error is not None:
            raise sink.error
    return written


def _cell(kind: str, value: Value) -> str:
    if value is None or value == "":
        return ""
    if kind == "money":
        return format_yuan(int(value))
    text = str(value)
    return f"'{text}" if kind == "text" and text.startswith(LIVE) else text
