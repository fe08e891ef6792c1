"""Blanks of an .xlsx that are no blanks: formulas without a stored value, and error values (#N/A).

The parser gives an empty text for both. This second look is taken only where the file has formulas or
errors at all and a wanted cell came out blank.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from exports.places import column_number
from exports.sheet import RawRow, Sheet

_PLACE = re.compile(r"([A-Z]{1,3})([0-9]+)")
_BOOK = "xl/workbook.xml"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def mark_unreadable(path: Path | str, sheet: Sheet, columns: Collection[int]) -> None:
    """Mark the cells of `columns` (from 0) in `sheet` that hold an error value or an uncalculated formula.

    A part that cannot be followed leaves the sheet as it is: the blank is then reported as a blank.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part_of(archive, sheet.name)
            if part is None:
                return
            rows = {row.row_number: row for row in sheet.rows}
            with archive.open(part) as stream:
                _mark(stream, rows, set(columns))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, OSError, ValueError):
        return


def _part_of(archive: zipfile.ZipFile, name: str) -> str | None:
    """The part of a sheet, found by way of the workbook's relations."""
    book = ElementTree.fromstring(archive.read(_BOOK))
    wanted = next(
        (s.get(_RELATION) for s in book.iter() if _tag(s) == "sheet" and s.get("name") == name), None
    )
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    for relation in relations:
        if relation.get("Id") == wanted:
            target = relation.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    return None


def _mark(stream: IO[bytes], rows: dict[int, RawRow], columns: set[int]) -> None:
    for _, element in ElementTree.iterparse(stream):
        tag = _tag(element)
        if tag == "c":
            _mark_cell(element, rows, columns)
        elif tag == "row":
            element.clear()


def _mark_cell(element: ElementTree.Element, rows: dict[int, RawRow], columns: set[int]) -> None:
    place = _PLACE.fullmatch(element.get("r", ""))
    if place is None:
        return
    column, row = column_number(place[1]) - 1, rows.get(int(place[2]))
    if row is None or column not in columns or row.cell(column).text:
        return
    children = {_tag(child): child.text or "" for child in element}
    if element.get("t") == "e":
        row.mark(column, children.get("v") or "#N/A", "error")
    elif "f" in children and not children.get("v") and element.get("t") != "str":
        row.mark(column, "", "formula")


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
