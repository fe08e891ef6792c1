"""A worksheet as read: rows of shown texts, and the kind of every cell that is not plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from exports.places import column_letters

TextDamage = Literal["error", "exponent", "narrow"]
CellKind = Literal["text", "empty", "number", "date", "bool", "formula", "other", "quote", TextDamage]
"""`error` is a formula's error value (#N/A); `formula` one that was never calculated.

Only in texts are found: `exponent`, a number shown as 4.4E+17; `narrow`, one shown as #### because its column
is; `quote`, a quote that does not pair.
"""

Format = Literal["xlsx", "xls", "csv", "paste"]

_SHOWN_INSTEAD = re.compile(
    r"(?P<narrow>#{2,})|(?P<exponent>[+-]?[0-9](?:\.[0-9]+)?E[+-][0-9]+)"
    r"|(?P<error>#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|GETTING_DATA))",
    re.IGNORECASE,
)


def shown_instead(text: str) -> TextDamage | None:
    """The kind of a text that a spreadsheet program shows in place of a value it does not give away."""
    found = _SHOWN_INSTEAD.fullmatch(text)
    return found.lastgroup if found is not None else None  # type: ignore[return-value]


class RawCell(NamedTuple):
    """Text as a person sees it, and what the cell is."""

    text: str
    kind: CellKind


class CellRange(NamedTuple):
    """A rectangle of cells; rows count from 1 as in the worksheet, columns from 0."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first = f"{column_letters(self.first_column)}{self.first_row}"
        return f"{first}:{column_letters(self.last_column)}{self.last_row}"


@dataclass(slots=True)
class RawRow:
    """One row: `row_number` as in the worksheet (from 1), texts by column (from 0), blanks at the end cut.

    `kinds` holds only cells that are neither text nor empty.
    """

    row_number: int
    texts: list[str]
    kinds: dict[int, CellKind] = field(default_factory=dict)

    def cell(self, column: int) -> RawCell:
        """The cell of a column; beyond the end it is empty."""
        if column >= len(self.texts):
            return RawCell("", self.kinds.get(column, "empty"))
        text = self.texts[column]
        return RawCell(text, self.kinds.get(column, "text" if text else "empty"))

    def mark(self, column: int, text: str, kind: CellKind) -> None:
        """State what a blank cell really is."""
        self.texts.extend([""] * (column + 1 - len(self.texts)))
        self.texts[column] = text
        self.kinds[column] = kind

    @property
    def blank(self) -> bool:
        """True when nothing but blanks stands in the row."""
        return not self.kinds and not any(text and not text.isspace() for text in self.texts)


@dataclass(slots=True)
class Sheet:
    """One worksheet. Rows without any content are absent; their numbers are missing."""

    name: str
    rows: list[RawRow]
    format: Format
    merged: list[CellRange] = field(default_factory=list)
    visible_sheets: tuple[str, ...] = ()
    has_formulas: bool = False
    """A blank may be a formula that was never calculated, or an error value; see `exports.formulas`."""
    has_hidden_rows: bool = False
