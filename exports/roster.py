"""What becomes of a roster file: imported rows, checked rows, findings with their place in the worksheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from domain.business import RowCheck, Totals
from domain.findings import Finding
from exports.layout import Layout
from exports.sheet import Sheet


@dataclass(slots=True)
class ImportedRow:
    """One data row: worksheet row number (from 1), texts by column key, findings about its cells."""

    row_number: int
    values: dict[str, str]
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class ImportedSheet:
    """A worksheet taken apart, not yet judged by the business."""

    sheet: Sheet
    layout: Layout
    rows: list[ImportedRow]
    findings: list[PlacedFinding]
    """About the file as a whole, or about rows that are no data rows."""

    @property
    def header_row(self) -> int:
        """Worksheet row of the titles, 0 when there is none."""
        return self.layout.header_row


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding with its place: worksheet row (from 1) and column index (from 0, None for the whole row).

    `title` is the column's title, "" for a whole row; `value` the text that stands in the cell.
    """

    row_number: int
    column: int | None
    title: str
    value: str
    finding: Finding

    @property
    def code(self) -> str:
        """Stable code of the finding."""
        return self.finding.code

    @property
    def text(self) -> str:
        """The Chinese sentence."""
        return self.finding.text

    @property
    def is_error(self) -> bool:
        """True when it stops the row or the file."""
        return self.finding.is_error


@dataclass(slots=True)
class FileRow:
    """One data row with the business's check; `check.findings` holds the findings of its cells as well."""

    row_number: int
    values: dict[str, str]
    check: RowCheck


@dataclass(slots=True)
class FileCheck:
    """Everything known about a roster file."""

    imported: ImportedSheet
    rows: list[FileRow]
    file_findings: list[PlacedFinding]
    row_findings: list[PlacedFinding]
    """By row, then by column order of the template."""
    totals: Totals
    """Over the rows that nothing stops."""
    count: int
    """Number of rows, held in `rows` or not."""
    reread: Callable[[], FileCheck] | None = None
    """Reads and checks the file again, where `rows` and the sheet's were handed on and not kept."""

    def whole(self) -> FileCheck:
        """The check with all its rows. Raises WorkbookError when the file cannot be read again."""
        return self if self.reread is None else self.reread()

    @property
    def findings(self) -> list[PlacedFinding]:
        """All findings, the file's own first."""
        return [*self.file_findings, *self.row_findings]

    @property
    def ok(self) -> bool:
        """True when nothing stops the file or any row."""
        return not any(finding.is_error for finding in self.findings)

    @property
    def structure_ok(self) -> bool:
        """True when nothing is wrong with the file as a whole; its good rows may be taken one by one."""
        return not any(finding.is_error for finding in self.file_findings)

    @property
    def good_rows(self) -> list[FileRow]:
        """The rows that nothing stops."""
        return [row for row in self.rows if row.check.ok]
