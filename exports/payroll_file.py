"""A payroll workbook: which row holds the titles, which column holds what, and the lines below.

Any workbook is taken as it is (.xlsx, .xls, .csv); its columns are found by their titles, by what was
chosen for an earlier file with the same titles, or are named by a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from domain.idnumber import mask
from domain.payroll import AVERAGES, FIELDS, NAME, WAGE, PayrollField, PayrollRow, is_total, read_row
from domain.text import clean_cell, safe_text
from exports.layout import fold
from exports.places import column_letters
from exports.reader import OUTPUT_SHEETS, read_workbook
from exports.sheet import RawRow, Sheet
from exports.workbook_error import WorkbookError

MAX_TITLE_ROW = 20
"""The titles stand in one of the first rows."""
OTHER_SHEETS = 5
"""So many sheets are looked at besides the first one."""
LEAST = 2
"""Known titles by which a row is taken for the row of titles."""
SAMPLES = 3
"""Contents by which a column is told apart."""
AVERAGE_PARTS = tuple(fold(title) for title in AVERAGES if "平均" in title or "月均" in title)
EMPTY = "表内没有工资行，请选择填好的工资表。"

_NOTE = re.compile(r"\([^()]*\)$")

Mapped = Mapping[str, int]
"""Key of a field -> index of its column (A is 0)."""


@dataclass(frozen=True, slots=True)
class PayrollLines:
    """The lines of a payroll, and the worksheet rows passed over because they hold sums or titles again."""

    rows: tuple[PayrollRow, ...]
    passed: tuple[int, ...]


@dataclass(slots=True)
class PayrollFile:
    """A payroll as read. `title_row` is the row of the titles, 0 where none was found; `titles` by column."""

    path: Path
    sheet: Sheet
    title_row: int
    titles: tuple[str, ...]
    _looked_at: set[int] = field(default_factory=set)
    """Columns whose blanks have been told apart from formulas without a value."""

    @property
    def width(self) -> int:
        """Number of columns with anything in them."""
        return max((len(row.texts) for row in self.sheet.rows), default=0)

    def choices(self, *, masked: bool = False) -> list[str]:
        """The columns as a person tells them apart: letters, title, first contents.

        With `masked` what looks like an ID number is covered in its middle.
        """
        first = [row for row in self.sheet.rows[: 30 + self.title_row] if row.row_number > self.title_row]
        return [self._choice(index, first, masked) for index in range(self.width)]

    def _choice(self, index: int, rows: Sequence[RawRow], masked: bool) -> str:
        shown = [text for row in rows if (text := clean_cell(row.cell(index).text))][:SAMPLES]
        if masked:
            shown = [mask(text) if len(text) in (15, 18) else text for text in shown]
        title = self.titles[index] if index < len(self.titles) else ""
        sample = "、".join(safe_text(text, limit=18) for text in shown)
        return f"{column_letters(index)}列 {safe_text(title.strip(), limit=16)}（{sample}）"

    def mapping(self, remembered: Mapping[str, str] | None = None) -> dict[str, int]:
        """Where the fields stand, as far as that is certain.

        `remembered` maps keys to folded titles chosen before ("" for none); it counts where all of its titles
        are there exactly once.
        """
        folded = [fold(title) for title in self.titles]
        if remembered and all(folded.count(title) == 1 for title in remembered.values() if title):
            return {key: folded.index(title) for key, title in remembered.items() if title}
        found: dict[str, int] = {}
        for one in FIELDS:
            at = _column_of(one, folded)
            if at is not None and at not in found.values():
                found[one.key] = at
        return found

    def remembered(self, mapping: Mapped) -> dict[str, str]:
        """What to remember of a mapping; nothing of one over columns without a title of their own."""
        folded = [fold(title) for title in self.titles]
        told = {one.key: self._title(mapping.get(one.key)) for one in FIELDS}
        whole = all(told[key] and folded.count(told[key]) == 1 for key in mapping)
        return told if whole else {}

    def _title(self, at: int | None) -> str:
        """The folded title of a column, "" where none stands."""
        return fold(self.titles[at]) if at is not None and at < len(self.titles) else ""

    def is_yearly(self, mapping: Mapped) -> bool:
        """Whether the wages are averages of the last year, as their title says."""
        title = _bare(self._title(mapping.get(WAGE)))
        return title in {fold(one) for one in AVERAGES} or any(part in title for part in AVERAGE_PARTS)

    def lines(self, mapping: Mapped, today: date) -> PayrollLines:
        """The lines below the titles. Blocking; raises WorkbookError where there is none."""
        self._tell_formulas(mapping)
        rows, passed = [], []
        for raw in self.sheet.rows:
            if raw.row_number <= self.title_row:
                continue
            cells = {key: raw.cell(at) for key, at in mapping.items()}
            texts = {key: cell.text for key, cell in cells.items()}
            unread = frozenset(key for key, cell in cells.items() if cell.kind == "formula")
            if not unread and not any(clean_cell(text) for text in texts.values()):
                continue
            if is_total(texts) or self._is_title(texts, mapping):
                passed.append(raw.row_number)
                continue
            rows.append(read_row(raw.row_number, texts, today, unread=unread))
        if not rows:
            raise WorkbookError("payroll.empty", EMPTY)
        return PayrollLines(tuple(rows), tuple(passed))

    def _is_title(self, texts: Mapping[str, str], mapping: Mapped) -> bool:
        """Whether the titles stand there once more, as at the top of a printed page."""
        title = self._title(mapping.get(NAME))
        return bool(title) and fold(texts.get(NAME, "")) == title

    def _tell_formulas(self, mapping: Mapped) -> None:
        """Mark cells that look blank and hold a formula without a value."""
        wanted = set(mapping.values()) - self._looked_at
        if self.sheet.has_formulas and wanted:
            from exports.formulas import mark_unreadable

            mark_unreadable(self.path, self.sheet, wanted)
        self._looked_at |= wanted


def missing(mapping: Mapped) -> list[PayrollField]:
    """The fields that must have a column and have none."""
    return [one for one in FIELDS if one.required and one.key not in mapping]


def missing_text(mapping: Mapped) -> str:
    """One sentence about the columns that were not found, "" when there are none."""
    titles = "、".join(f"“{one.title}”" for one in missing(mapping))
    return f"没有认出{titles}列，请指定是哪一列。" if titles else ""


def read_payroll(path: Path | str) -> PayrollFile:
    """Read a payroll. Blocking; raises WorkbookError, `payroll.empty` for one without any line."""
    path = Path(path)
    first = read_workbook(path)
    found = _with_titles(path, first)
    others = [name for name in first.visible_sheets if name not in (first.name, *OUTPUT_SHEETS)]
    for name in others[:OTHER_SHEETS] if not found.title_row else ():
        other = _with_titles(path, read_workbook(path, sheet=name))
        if other.title_row:
            found = other
            break
    if not any(row.row_number > found.title_row for row in found.sheet.rows):
        raise WorkbookError("payroll.empty", EMPTY)
    return found


def _with_titles(path: Path, sheet: Sheet) -> PayrollFile:
    """The sheet with its row of titles, the one with the most known titles."""
    known = {fold(alias) for one in FIELDS for alias in one.aliases}
    best: tuple[int, RawRow] | None = None
    for row in sheet.rows:
        if row.row_number > MAX_TITLE_ROW:
            break
        count = sum(_bare(fold(text)) in known for text in row.texts)
        if count >= LEAST and (best is None or count > best[0]):
            best = (count, row)
    if best is None:
        return PayrollFile(path, sheet, 0, ())
    return PayrollFile(path, sheet, best[1].row_number, tuple(best[1].texts))


def _column_of(one: PayrollField, folded: Sequence[str]) -> int | None:
    """The column of a field by its titles, the most telling first; None where two might be meant."""
    bare = [_bare(title) for title in folded]
    for alias in one.aliases:
        at = [index for index, title in enumerate(bare) if title == fold(alias)]
        if at:
            return at[0] if len(at) == 1 else None
        if one.key == WAGE and fold(alias) in AVERAGE_PARTS:
            at = [index for index, title in enumerate(bare) if fold(alias) in title]
            if at:
                return at[0] if len(at) == 1 else None
    return None


def _bare(folded: str) -> str:
    """A folded title without a note in brackets behind it, e.g. (元)."""
    return _NOTE.sub("", folded)
