"""Reads one worksheet in a process of its own and writes its cells to standard output.

Started by `exports.reader` as a script without site packages; it limits its own memory and processor
time first, for a workbook can make a parser abort the whole process. Standard input is the workbook.
Arguments: folder of python_calamine, memory limit in bytes, processor seconds, and a JSON list: name of
the wanted sheet ("" for the first visible one), names of sheets to pass over.

The output is JSON lines: a head object or `{"error": code}`, then batches of rows
`[row_number, texts, [column, kind, column, kind, ...]]`, then `[]`. Columns count from 0; only cells that
are neither text nor empty have a kind. The end line tells a whole output from one cut short.
"""

from __future__ import annotations

import datetime
import io
import json
import resource
import sys
from collections.abc import Sequence
from typing import Any

BATCH = 500
LOST_DIGITS = 1e15
"""From here on a double does not hold every integer a person may have typed."""


def limit(memory: int, seconds: int) -> None:
    """Bound this process; a system without one of the limits keeps the others."""
    for name, value in (("RLIMIT_AS", memory), ("RLIMIT_CPU", seconds), ("RLIMIT_CORE", 0)):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, OSError, ValueError):
            continue


def number(value: float) -> str:
    """A number as the general format shows it; from 1e15 on its last digits are already lost."""
    if abs(value) >= LOST_DIGITS:
        return f"{value:.4G}"
    if value == int(value):
        return str(int(value))
    return repr(round(value, 10))


def shown(value: Any) -> tuple[str, str]:
    """Text and kind of a cell that is no text."""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "bool"
    if isinstance(value, float | int):
        return number(value), "number"
    if isinstance(value, datetime.datetime):
        whole_day = value.time() == datetime.time()
        return (value.date().isoformat() if whole_day else value.isoformat(" ", "seconds")), "date"
    if isinstance(value, datetime.date):
        return value.isoformat(), "date"
    return str(value), "other"


def row(row_number: int, first_column: int, values: Sequence[Any]) -> list[Any] | None:
    """One row in compact form, None when nothing stands in it."""
    texts = [""] * first_column
    kinds: list[Any] = []
    for value in values:
        if isinstance(value, str):
            texts.append(value)
        elif value is None:
            texts.append("")
        else:
            text, kind = shown(value)
            kinds += (len(texts), kind)
            texts.append(text)
    while texts and not texts[-1]:
        texts.pop()
    return [row_number, texts, kinds] if texts else None


def choose(book: Any, calamine: Any, wanted: str, skip: Sequence[str]) -> tuple[str, list[str]]:
    """The sheet to read ("" when there is none) and all visible worksheets."""
    visible = [
        meta.name
        for meta in book.sheets_metadata
        if meta.visible == calamine.SheetVisibleEnum.Visible and meta.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if wanted:
        return (wanted if wanted in visible else ""), visible
    offered = [name for name in visible if name not in skip] or visible
    return (offered[0] if offered else ""), visible


def read(calamine: Any, wanted: str, skip: Sequence[str]) -> None:
    """Parse standard input and write the chosen sheet."""
    write = sys.stdout.write
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    name, visible = choose(book, calamine, wanted, skip)
    if not name:
        write('{"error":"file.no_sheet"}\n')
        return
    sheet = book.get_sheet_by_name(name)
    merged = [[*first, *last] for first, last in sheet.merged_cell_ranges or []]
    first_row, first_column = sheet.start or (0, 0)
    rows = sheet.to_python(skip_empty_area=True)
    write(dump({"sheet": name, "sheets": visible, "merged": merged}) + "\n")
    batch: list[Any] = []
    for place, values in enumerate(rows, start=first_row + 1):
        found = row(place, first_column, values)
        if found is not None:
            batch.append(found)
        if len(batch) >= BATCH:
            write(dump(batch) + "\n")
            batch = []
    if batch:
        write(dump(batch) + "\n")
    write("[]\n")


def main() -> int:
    """Exit code 0 when an answer (a sheet or an error) was written."""
    folder, memory, seconds, sheets = sys.argv[1:]
    wanted, *skip = json.loads(sheets)
    limit(int(memory), int(seconds))
    sys.path.append(folder)
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")  # type: ignore[union-attr]
    import python_calamine

    try:
        read(python_calamine, wanted, skip)
    except python_calamine.PasswordError:
        sys.stdout.write('{"error":"file.encrypted"}\n')
    except MemoryError:
        sys.stdout.write('{"error":"file.memory"}\n')
    except Exception:
        sys.stdout.write('{"error":"file.damaged"}\n')
    return 0


if __name__ == "__main__":
    sys.exit(main())
