"""A workbook writer for values of unknown origin: nothing in a cell ever becomes a formula or a link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exports.files import filling

MAX_TEXT = 32_767
MAX_ROWS = 1_048_576
TEXT_FORMAT = "@"
AMOUNT_FORMAT = "#,##0.00"
_SHEET_NAME_SIGNS = str.maketrans("[]:*?/\\", "_______")


@contextmanager
def plain_book(path: Path) -> Iterator[Any]:
    """An XlsxWriter workbook writing row by row in constant memory; it is saved when the block ends."""
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
        "tmpdir": str(path.parent),
    }
    with filling(path) as sink:
        book = xlsxwriter.Workbook(sink, options)
        try:
            yield book
        except BaseException:
            _drop(book)
            raise
        book.close()


def _drop(book: Any) -> None:
    """Close the row buffers of a workbook that will not be saved."""
    book.fileclosed = True
    for sheet in book.worksheets():
        buffer = getattr(sheet, "row_data_fh", None)
        if buffer is not None and not buffer.closed:
            buffer.close()
        name = getattr(sheet, "row_data_filename", None)
        if isinstance(name, str):
            Path(name).unlink(missing_ok=True)


def sheet_title(name: str, taken: tuple[str, ...] = ()) -> str:
    """A name Excel accepts for a sheet, different from those taken."""
    title = name.translate(_SHEET_NAME_SIGNS).strip("' ")[:28] or "Sheet"
    number = 2
    wanted = title
    while wanted.casefold() in {other.casefold() for other in taken}:
        wanted, number = f"{title}{number}", number + 1
    return wanted


def cell_text(text: str) -> str:
    """A text short enough for a cell."""
    return text[:MAX_TEXT]
