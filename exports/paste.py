"""Rows copied in Excel or WPS and pasted: the text of the clipboard taken apart into cells.

A spreadsheet program gives TAB between cells and CR LF behind rows; cells with a line break, a TAB or a quote
are quoted. On its way through terminals a row end becomes CR, LF, CR CR or CR CR LF. What the text shows
instead of a value (####, 4.4E+17, #N/A) and quotes that do not pair are marked, cell by cell.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from domain.text import clean_cell
from exports.layout import MAX_HEADER_ROW
from exports.reader import LIMIT_ROWS
from exports.sheet import CellKind, shown_instead
from exports.text_table import MAX_COLUMNS
from exports.workbook_error import sentence

MAX_CHARS = 40_000_000
"""Longest text that is taken apart; 100,000 rows of a template are a quarter of it."""
STEP = 500
"""Rows between two calls of `progress`."""

Progress = Callable[[int], None]
"""Called with the rows read so far; may raise to stop."""


@dataclass(slots=True)
class PastedTable:
    """Cells as texts without blanks at their ends; a blank row inside is ()."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("l"))
    """Row numbers as copied, from 1, by position in `rows`."""
    damaged: dict[int, dict[int, CellKind]] = field(default_factory=dict)
    """Cells that cannot be read, by position of the row and column."""
    width: int = 0
    """Columns up to the last one with anything in it."""

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, number: int, cells: Sequence[str], *, stray_quote: bool) -> None:
        """Append a row."""
        texts = tuple(map(clean_cell, cells))
        end = len(texts)
        while end and not texts[end - 1]:
            end -= 1
        texts = texts[:end]
        kinds: dict[int, CellKind] = {}
        for at, text in enumerate(texts):
            if (kind := shown_instead(text)) is not None:
                kinds[at] = kind
        if stray_quote:
            kinds.update({at: "quote" for at, text in enumerate(texts) if text.startswith('"')})
        if kinds:
            self.damaged[len(self.rows)] = kinds
        self.rows.append(texts)
        self.numbers.append(number)
        self.width = max(self.width, end)

    def let_go(self) -> None:
        """Forget the rows, some at a time; for a worker.

        Half a million texts let go at once would hold every thread for a good while.
        """
        while self.rows:
            del self.rows[-STEP:]

    def cut_blank_end(self) -> None:
        """Drop blank rows at the end."""
        while self.rows and not self.rows[-1]:
            self.rows.pop()
            self.numbers.pop()

    def halve(self) -> None:
        """Drop every second row when all of them are blank: the row ends came doubled (CR CR)."""
        odd = self.rows[1::2]
        if odd and not any(odd) and all(self.rows[0::2]):
            self.damaged = {at // 2: kinds for at, kinds in self.damaged.items()}
            self.rows = self.rows[0::2]
            self.numbers = array("l", range(1, len(self.rows) + 1))


def read_paste(text: str, *, limit_rows: int = LIMIT_ROWS, progress: Progress | None = None) -> PastedTable:
    """Take a pasted text apart. Raises WorkbookError: paste.size, paste.rows, paste.columns, paste.empty.

    Rows above a header are let through beyond the limit; who takes the data rows counts them.
    """
    if len(text) > MAX_CHARS:
        raise sentence("paste.size", limit=MAX_CHARS // 10_000)
    table = PastedTable()
    content = 0
    for number, (cells, stray) in enumerate(_records(_lines(text)), start=1):
        if len(cells) > MAX_COLUMNS:
            raise sentence("paste.columns", limit=MAX_COLUMNS)
        table.add(number, cells, stray_quote=stray)
        content += bool(table.rows[-1])
        if content > limit_rows + MAX_HEADER_ROW:
            raise sentence("paste.rows", limit=limit_rows)
        if progress is not None and number % STEP == 0:
            progress(number)
    table.cut_blank_end()
    table.halve()
    if not table.rows:
        raise sentence("paste.empty")
    return table


def _lines(text: str) -> list[str]:
    """The lines of a text, whatever ends them; CR CR LF ends one line."""
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _records(lines: list[str]) -> Iterator[tuple[list[str], bool]]:
    """Rows of cells, and whether the row has a quote that does not pair.

    Such a row is one line, its quotes as they stand: otherwise the quote would swallow the rows behind it.
    """
    at = 0
    while at < len(lines):
        reader = csv.reader(_from(lines, at), delimiter="\t", strict=True)
        start = at
        try:
            for cells in reader:
                yield cells, False
                start = at + reader.line_num
            return
        except csv.Error:
            yield lines[start].split("\t"), True
            at = start + 1


def _from(lines: list[str], at: int) -> Iterator[str]:
    while at < len(lines):
        yield lines[at] + "\n"
        at += 1
