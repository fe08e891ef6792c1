"""Plain exports of query results as workbooks (Q-11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from domain.text import cell_width, safe_text
from exports.fast_book import fits, write_fast
from exports.files import writing
from exports.plain_book import AMOUNT_FORMAT, MAX_ROWS, TEXT_FORMAT, cell_text, plain_book, sheet_title

ColumnKind = Literal["text", "money", "count"]
Value = str | int | None
Pair = tuple[str, str]
_NAME_SIGNS = frozenset('/\\:*?"<>|')


@dataclass(frozen=True, slots=True)
class CountedRows:
    """Rows that are made one by one and whose number is known."""

    count: int
    make: Callable[[], Iterator[Sequence[Value]]]

    def __len__(self) -> int:
        """How many there are."""
        return self.count

    def __iter__(self) -> Iterator[Sequence[Value]]:
        """Make them."""
        return self.make()


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column. `money` values are int 分 and stand in the file as numbers in 元; `count` values are int.

    Everything else (names, ID numbers, accounts, months, dates) is `text` and stays text. `total` adds a sum
    in the last row.
    """

    title: str
    kind: ColumnKind = "text"
    width: int = 12
    total: bool = False


def export_name(
    title: str, day: date, unit_account: str, *, ascii_title: str = "", suffix: str = "xlsx"
) -> str:
    """File name of an export, e.g. "开户查询_20261121_100231234567.xlsx".

    With `ascii_title` ("KH") the name is ASCII, for clients that garble others.
    """
    stem = f"{ascii_title or title}_{day:%Y%m%d}_{unit_account}"
    name = "".join("_" if c in _NAME_SIGNS or c.isspace() else c for c in safe_text(stem, limit=80))
    return f"{name}.{suffix}"


def write_table(
    path: Path | str,
    *,
    title: str,
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Value]],
    head: Sequence[tuple[str, str]] = (),
    foot: Sequence[tuple[str, str]] = (),
    overwrite: bool = False,
) -> int:
    """Write a table with title, labelled lines before and after it, and a row of totals; rows written.

    `rows` may be an iterator: memory stays flat; what has a length and needs no lines before it is written
    several times faster. Rows beyond what a sheet holds go on in a further one.
    Raises WorkbookError: file.exists, file.disk_full, file.not_written.
    """
    if fits(columns, rows, head):
        with writing(path, overwrite=overwrite) as temporary:
            return write_fast(temporary, title, columns, rows, foot)
    with writing(path, overwrite=overwrite) as temporary, plain_book(temporary) as book:
        table = _Table(book, title, columns)
        table.open_sheet(head)
        for row in rows:
            table.write(row)
        table.finish(foot)
    return table.written


class _Table:
    """A table being written, sheet after sheet."""

    def __init__(self, book: Any, title: str, columns: Sequence[ExportColumn]) -> None:
        self.book = book
        self.title = title
        self.columns = columns
        self.names: tuple[str, ...] = ()
        self.sums = [0] * len(columns)
        self.written = 0
        self.row = 0
        self.text = book.add_format({"num_format": TEXT_FORMAT})
        self.money = book.add_format({"num_format": AMOUNT_FORMAT})
        self.count = book.add_format({"num_format": "0"})
        self.bold = book.add_format({"bold": True, "bottom": 1, "num_format": TEXT_FORMAT})
        self.caption = book.add_format({"bold": True, "font_size": 14})
        self.sheet: Any = None

    def open_sheet(self, head: Sequence[tuple[str, str]]) -> None:
        name = sheet_title(self.title, self.names)
        self.names = (*self.names, name)
        self.sheet = self.book.add_worksheet(name)
        for index, column in enumerate(self.columns):
            width = max(column.width, cell_width(column.title)) + 2
            self.sheet.set_column(index, index, width)
        self.sheet.write_string(0, 0, self.title, self.caption)
        self.row = 1
        self._lines(head)
        for index, column in enumerate(self.columns):
            self.sheet.write_string(self.row, index, column.title, self.bold)
        self.row += 1
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(self.row - 1)

    def _lines(self, lines: Sequence[tuple[str, str]]) -> None:
        for label, value in lines:
            self.sheet.write_string(self.row, 0, label, self.text)
            self.sheet.write_string(self.row, 1, cell_text(value), self.text)
            self.row += 1

    def write(self, values: Sequence[Value]) -> None:
        if self.row >= MAX_ROWS - 20:
            self.open_sheet(())
        for index, (column, value) in enumerate(zip(self.columns, values, strict=True)):
            self._cell(index, column, value)
        self.row += 1
        self.written += 1

    def _cell(self, index: int, column: ExportColumn, value: Value) -> None:
        if value is None or value == "":
            return
        if column.kind == "text":
            self.sheet.write_string(self.row, index, cell_text(str(value)), self.text)
            return
        amount = int(value)
        self.sums[index] += amount
        if column.kind == "money":
            self.sheet.write_number(self.row, index, amount / 100, self.money)
        else:
            self.sheet.write_number(self.row, index, amount, self.count)

    def finish(self, foot: Sequence[tuple[str, str]]) -> None:
        if any(column.total for column in self.columns):
            self.sheet.write_string(self.row, 0, f"合计（{self.written}条）", self.bold)
            for index, column in enumerate(self.columns):
                if column.total:
                    self._cell(index, column, self.sums[index])
            self.row += 1
        self._lines(foot)
