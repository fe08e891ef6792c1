"""Plain tables written by a compiled writer: a tenth of the time for a hundred thousand rows.

It takes what needs no lines between title and list and fits one sheet; `exports.table_export` writes the rest
cell by cell. Texts stay texts whatever they begin with; memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.text import cell_width
from exports.files import filling
from exports.plain_book import AMOUNT_FORMAT, MAX_ROWS, MAX_TEXT, TEXT_FORMAT, cell_text, sheet_title

if TYPE_CHECKING:
    from exports.table_export import ExportColumn, Pair, Value

HEADER = 1
"""Row of the titles, from 0: the table's title stands above them."""


def fits(columns: Sequence[ExportColumn], rows: Iterable[object], head: Sequence[object]) -> bool:
    """Whether the writer can take a table: rows that are counted and fit one sheet, titles that differ."""
    titles = {column.title for column in columns}
    if head or not isinstance(rows, Sized) or len(columns) < 2 or len(titles) < len(columns):
        return False
    return 0 < len(rows) < MAX_ROWS - 20


def write_fast(
    path: Path,
    title: str,
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Value]],
    foot: Sequence[Pair],
) -> int:
    """Write a table that `fits`; the number of rows. Raises OSError, and what the rows raise."""
    from rustpy_xlsxwriter import Format, write_worksheet

    table = _Rows(columns, rows, foot)
    widths = {c.title: float(max(c.width, cell_width(c.title)) + 2) for c in columns}
    bold = Format().set_bold().set_border_bottom("thin").set_num_format(TEXT_FORMAT)
    caption = Format().set_bold().set_font_size(14)
    with filling(path) as sink:
        write_worksheet(
            iter(table),
            sink,
            sheet_name=sheet_title(title),
            header_row=HEADER,
            header_format=bold,
            freeze_row=HEADER + 1,
            column_widths=widths,
            column_formats={c.title: Format().set_num_format(_FORMATS[c.kind]) for c in columns},
            merge_ranges=[(0, 0, 0, len(columns) - 1, cell_text(title), caption)],
            page_setup={"repeat_rows": HEADER},
        )
        if sink.error is not None:
            raise sink.error
    return table.written


_FORMATS = {"text": TEXT_FORMAT, "money": AMOUNT_FORMAT, "count": "0"}


class _Rows:
    """Rows as the writer takes them, then the sums and the lines below."""

    def __init__(
        self, columns: Sequence[ExportColumn], rows: Iterable[Sequence[Value]], foot: Sequence[Pair]
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.foot = foot
        self.written = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        titles = [column.title for column in self.columns]
        kinds = [column.kind for column in self.columns]
        numbers = [at for at, kind in enumerate(kinds) if kind != "text"]
        texts = [at for at, kind in enumerate(kinds) if kind == "text"]
        summed = [at for at, column in enumerate(self.columns) if column.total]
        sums = dict.fromkeys(summed, 0)
        for row in self.rows:
            values: list[Any] = list(row)
            for at in summed:
                sums[at] += int(values[at] or 0)
            for at in numbers:
                values[at] = _cell(kinds[at], values[at])
            for at in texts:
                text = values[at]
                if type(text) is not str or not 0 < len(text) <= MAX_TEXT:
                    values[at] = _cell("text", text)
            self.written += 1
            yield dict(zip(titles, values, strict=True))
        if summed:
            line: dict[str, Any] = dict.fromkeys(titles)
            line[titles[0]] = f"合计（{self.written}条）"
            line |= {titles[at]: _cell(kinds[at], amount) for at, amount in sums.items()}
            yield line
        for label, value in self.foot:
            yield dict.fromkeys(titles) | {titles[0]: label, titles[1]: cell_text(value)}


def _cell(kind: str, value: Value) -> str | float | int | None:
    if value is None or value == "":
        return None
    if kind == "money":
        return int(value) / 100
    return int(value) if kind == "count" else cell_text(str(value))
