"""A roster file in slices: read, checked and handed on, never held as a whole.

What a slice cannot tell, the file as a whole does: then it is read as a whole (`importer.check_file`), with
the same findings. So it is for text files, formulas, and files whose titles are not found at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from domain.business import Business, CheckContext, RowCheck, Source
from domain.businesses.base import RosterBusiness
from exports.importer import (
    Judged,
    WithPeople,
    check_file,
    end_findings,
    take_rows,
    title_findings,
)
from exports.layout import MAX_HEADER_ROW, Layout, find_layout, rules_of
from exports.reader import LIMIT_ROWS, sheet_in_batches
from exports.roster import FileCheck, FileRow, ImportedRow, ImportedSheet
from exports.sheet import RawRow, Sheet
from exports.workbook_error import sentence

SLICE = 500
"""Rows checked together and handed on."""


class RosterStream:
    """One pass through a roster file."""

    def __init__(
        self,
        path: Path | str,
        business: Business,
        context: CheckContext,
        *,
        formats: Collection[str] | None = None,
        limit_rows: int = LIMIT_ROWS,
        with_people: WithPeople | None = None,
    ) -> None:
        """`with_people` adds to the context what is known of the people of some rows."""
        self.path = Path(path)
        self.business = business
        self.context = context.for_source(Source.FILE)
        self.formats = formats
        self.limit_rows = limit_rows
        self.with_people = with_people
        self._result: FileCheck | None = None

    @property
    def result(self) -> FileCheck:
        """What is known of the file once `slices` has come to its end; its rows are not kept."""
        assert self._result is not None, "the file has not been read to its end"
        return self._result

    def slices(self) -> Iterator[list[FileRow]]:
        """The rows with their checks, in order. Raises WorkbookError when the file cannot be read."""
        if type(self.business).check_roster is not RosterBusiness.check_roster:
            yield from self._whole()  # what such a business looks at in a roster is not known here
            return
        with sheet_in_batches(self.path, limit_rows=self.limit_rows, formats=self.formats) as opened:
            if opened is not None:
                sheet, batches = opened
                for batch in batches:
                    sheet.rows += batch
                    if sheet.rows[-1].row_number > MAX_HEADER_ROW:
                        break
                layout = find_layout(sheet, self.business, rules_of(self.business))
                if layout.header_row:
                    yield from self._in_slices(sheet, layout, batches)
                    return
        yield from self._whole()

    def _whole(self) -> Iterator[list[FileRow]]:
        check = self._check_whole()
        rows = iter(check.rows)
        check.rows, check.imported.rows, check.imported.sheet.rows = [], [], []
        while part := list(islice(rows, SLICE)):
            yield part
        check.reread = self._check_whole
        self._result = check

    def _check_whole(self) -> FileCheck:
        return check_file(
            self.path,
            self.business,
            self.context,
            formats=self.formats,
            limit_rows=self.limit_rows,
            with_people=self.with_people,
        )

    def _in_slices(
        self, sheet: Sheet, layout: Layout, batches: Iterator[list[RawRow]]
    ) -> Iterator[list[FileRow]]:
        found = title_findings(layout, self.business)
        imported = ImportedSheet(sheet, layout, [], found)
        raws, sheet.rows = chain(sheet.rows, chain.from_iterable(batches)), []
        rows = take_rows(raws, sheet, layout, rules_of(self.business), found)
        judged, count = Judged(imported, self.business), 0
        first_seen: dict[str, int] = {}
        while part := list(islice(rows, SLICE)):
            count += len(part)
            if count > self.limit_rows:
                raise sentence("file.rows", limit=self.limit_rows)
            yield [judged.put(row, check) for row, check in self._checked(part, first_seen)]
        found += end_findings(sheet, layout, empty=not count)
        self._result = FileCheck(imported, [], found, judged.placed, judged.totals, count, self._check_whole)

    def _checked(
        self, part: list[ImportedRow], first_seen: dict[str, int]
    ) -> Iterator[tuple[ImportedRow, RowCheck]]:
        """Check rows as a roster is checked; `first_seen` holds the worksheet rows of those before (O-16)."""
        business, context = self.business, self.context
        if self.with_people is not None:
            context = self.with_people(context, [row.values for row in part])
        for row in part:
            check = business.check_row(row.values, context)
            key = business.duplicate_key(check.values)
            first = first_seen.setdefault(key, row.row_number) if key else row.row_number
            if first != row.row_number:
                told = business.duplicate(f"第{first}行")
                check = replace(check, findings=(*check.findings, told))
            yield row, check
