"""From a workbook to checked rows: the cells by column, and every finding with its place.

The business's own check judges the values; here only what the file adds is judged: layout, cell kinds,
merged and blank rows (I-04, I-06, V-10, V-27, V-34).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import overload

from domain.business import (
    Business,
    CheckContext,
    Column,
    Kind,
    RowCheck,
    Source,
    Totals,
    template_columns,
)
from domain.findings import Finding, Severity, errors
from domain.text import safe_text
from exports.layout import ImportRules, Layout, find_layout, rules_of
from exports.reader import LIMIT_ROWS, OUTPUT_SHEETS, read_workbook
from exports.roster import FileCheck, FileRow, ImportedRow, ImportedSheet, PlacedFinding
from exports.sheet import CellKind, RawRow, Sheet
from exports.workbook_error import sentence

__all__ = [
    "FileCheck",
    "FileRow",
    "ImportedRow",
    "ImportedSheet",
    "PlacedFinding",
    "check_file",
    "check_rows",
    "read_roster",
]

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all; may raise to stop."""

WithPeople = Callable[[CheckContext, Sequence[Mapping[str, str]]], CheckContext]

PROGRESS_EVERY = 500
UNREADABLE = ("id.number_cell", "cell.error", "cell.formula", "cell.exponent", "cell.narrow", "cell.quote")
"""Where the cell itself cannot be read, the value's own check has nothing to add."""


def check_file(
    path: Path | str,
    business: Business,
    context: CheckContext,
    *,
    formats: Collection[str] | None = None,
    limit_rows: int = LIMIT_ROWS,
    progress: Progress | None = None,
    with_people: WithPeople | None = None,
) -> FileCheck:
    """Read a roster file and check every row of it. Raises WorkbookError when it cannot be read.

    `with_people` adds to the context what is known of the people of the rows.
    """
    imported = read_roster(path, business, formats=formats, limit_rows=limit_rows)
    if with_people is not None:
        context = with_people(context, [row.values for row in imported.rows])
    return check_rows(imported, business, context, progress=progress)


def read_roster(
    path: Path | str,
    business: Business,
    *,
    formats: Collection[str] | None = None,
    limit_rows: int = LIMIT_ROWS,
) -> ImportedSheet:
    """Read a roster file into rows by column key. Raises WorkbookError when it cannot be read."""
    rules = rules_of(business)
    sheet, layout = _find_sheet(path, business, rules, formats, limit_rows)
    if sheet.has_formulas and _has_blanks(sheet, layout):
        from exports.formulas import mark_unreadable

        mark_unreadable(path, sheet, {index for _, index in layout.columns})
    found = title_findings(layout, business)
    rows = list(take_rows(sheet.rows, sheet, layout, rules, found)) if layout.header_row else []
    if len(rows) > limit_rows:
        raise sentence("file.rows", limit=limit_rows)
    found += end_findings(sheet, layout, empty=not rows)
    return ImportedSheet(sheet, layout, rows, found)


def title_findings(layout: Layout, business: Business) -> list[PlacedFinding]:
    """What is wrong with the titles."""
    titles = {column.key: column.title for column in template_columns(business)}
    return [
        PlacedFinding(layout.header_row or 1, at, titles.get(finding.field, finding.field), "", finding)
        for at, finding in layout.findings
    ]


def end_findings(sheet: Sheet, layout: Layout, *, empty: bool) -> list[PlacedFinding]:
    """What is wrong with the sheet as a whole, known once its rows have been read."""
    row, found = layout.header_row or 1, []
    if layout.header_row and empty:
        text = "表内没有数据行，请从列名的下一行起填写。"
        found.append(PlacedFinding(row + 1, None, "", "", Finding("roster.empty", "", text)))
    return [*found, *_sheet_findings(sheet, layout, row)]


def _find_sheet(
    path: Path | str,
    business: Business,
    rules: ImportRules,
    formats: Collection[str] | None,
    limit_rows: int,
) -> tuple[Sheet, Layout]:
    """The first visible sheet with the titles of the business; else the first visible one."""
    first = read_workbook(path, limit_rows=limit_rows, formats=formats)
    layout = find_layout(first, business, rules)
    others = [name for name in first.visible_sheets if name not in (first.name, *OUTPUT_SHEETS)]
    if layout.header_row or not others:
        return first, layout
    for name in others[:5]:
        sheet = read_workbook(path, sheet=name, limit_rows=limit_rows, formats=formats)
        found = find_layout(sheet, business, rules)
        if found.header_row:
            return sheet, found
    return first, layout


def _has_blanks(sheet: Sheet, layout: Layout) -> bool:
    columns = [index for _, index in layout.columns]
    return any(
        not row.cell(index).text
        for row in sheet.rows
        if row.row_number > layout.header_row
        for index in columns
    )


# ---- rows -------------------------------------------------------------------------------------------


def take_rows(
    raws: Iterable[RawRow], sheet: Sheet, layout: Layout, rules: ImportRules, found: list[PlacedFinding]
) -> Iterator[ImportedRow]:
    """The data rows below the header, made of the rows of a sheet; blank rows at the end do not count.

    Blank rows that a center does not take are told in `found`.
    """
    first = _first_data_row(sheet, layout)
    columns = layout.columns
    content = [index for column, index in columns if column.kind is not Kind.SERIAL]
    pairs = [(column.key, index) for column, index in columns]
    last = first - 1
    for raw in raws:
        if raw.row_number < first or not _has_content(raw, content):
            continue
        if rules.fixed_layout and raw.row_number > last + 1:
            text = f"第{last + 1}行是空行，请整行删除后再导入。"
            found.append(PlacedFinding(last + 1, None, "", "", Finding("row.blank", "", text)))
        last = raw.row_number
        texts, width = raw.texts, len(raw.texts)
        row = ImportedRow(last, {key: texts[index] if index < width else "" for key, index in pairs})
        if raw.kinds:
            judge_kinds(row, raw, columns, rules)
        yield row


def _first_data_row(sheet: Sheet, layout: Layout) -> int:
    """Below the header, and below cells merged with it downwards."""
    header = layout.header_row
    below = [r.last_row for r in sheet.merged if r.first_row <= header <= r.last_row]
    return max([header, *below]) + 1


def _has_content(raw: RawRow, content: Sequence[int]) -> bool:
    texts, width = raw.texts, len(raw.texts)
    for index in content:
        if index < width and ((texts[index] and not texts[index].isspace()) or index in raw.kinds):
            return True
    return False


def judge_kinds(
    row: ImportedRow,
    raw: RawRow,
    columns: Sequence[tuple[Column, int]],
    rules: ImportRules,
    *,
    again: str = "重新保存",
) -> None:
    """Findings about cells that are no plain text; `again` is what is to be done once they are put right.

    A month given as a date becomes YYYYMM, a share in percent format the percentage shown.
    """
    for column, index in columns:
        kind = raw.kinds.get(index)
        if kind is None:
            continue
        text, title = raw.texts[index], column.title
        if (damage := _damage(column, text, kind, again)) is not None:
            row.findings.append(damage)
        elif kind == "formula":
            message = f"“{title}”的公式未计算，请在 Excel 中打开并保存后再导入。"
            row.findings.append(Finding("cell.formula", column.key, message))
        elif kind == "number" and column.kind is Kind.ID and "E+" in text:
            message = f"“{title}”是数值格式，末位已丢失，请把该列设为文本格式后重新填写。"
            row.findings.append(Finding("id.number_cell", column.key, message))
        elif rules.text_only and column.kind is not Kind.SERIAL:
            message = f"“{title}”不是文本格式，请把单元格设为文本格式后重新填写。"
            row.findings.append(Finding("cell.not_text", column.key, message))
        elif kind == "date" and column.kind is Kind.MONTH:
            row.values[column.key] = text[:7].replace("-", "")
        elif kind == "number" and column.kind is Kind.RATIO:
            row.values[column.key] = _percent(text)


def _damage(column: Column, text: str, kind: CellKind, again: str) -> Finding | None:
    """The finding of a cell whose text is not its value."""
    title, key, shown = column.title, column.key, safe_text(text.strip(), limit=24)
    match kind:
        case "error":
            return Finding("cell.error", key, f"“{title}”是公式错误值 {shown}，请改成实际内容后{again}。")
        case "exponent":
            lost = f"“{title}”显示为 {shown}，末位已丢失，请把该列设为文本、核对后{again}。"
            is_id = column.kind is Kind.ID
            return Finding("id.number_cell", key, lost) if is_id else Finding("cell.exponent", key, lost)
        case "narrow":
            return Finding("cell.narrow", key, f"“{title}”显示为 {shown}，列宽不够，请加宽该列后{again}。")
        case "quote":
            return Finding("cell.quote", key, f"“{title}”中的引号不成对，请删除多余的引号后{again}。")
        case _:
            return None


def _percent(text: str) -> str:
    """A ratio from a number cell: what is typed and shown as 12% is stored as 0.12; other numbers stand.

    No ratio of the fund is below one percent, so 0.12 cannot mean anything else.
    """
    share = Decimal(text)
    return f"{(share * 100).normalize():f}%" if 0 < share < 1 else text


def _sheet_findings(sheet: Sheet, layout: Layout, header_row: int) -> Iterator[PlacedFinding]:
    """Merged cells among the data, hidden rows, further sheets."""
    indices = {index for _, index in layout.columns}
    if layout.header_row:
        first = _first_data_row(sheet, layout)
        for place in sheet.merged:
            columns = range(place.first_column, place.last_column + 1)
            if place.last_row >= first and place.first_row >= first and indices.intersection(columns):
                text = f"数据区有合并单元格 {place}，请取消合并并逐格填写后再导入。"
                finding = Finding("cell.merged", "", text)
                yield PlacedFinding(place.first_row, place.first_column, "", "", finding)
    if sheet.has_hidden_rows:
        text = "工作表有隐藏或被筛选掉的行，也会一并导入，请核对。"
        yield PlacedFinding(header_row, None, "", "", Finding("row.hidden", "", text, Severity.WARNING))
    others = [name for name in sheet.visible_sheets if name != sheet.name and name not in OUTPUT_SHEETS]
    if others:
        text = f"只导入工作表“{sheet.name}”，其余{len(others)}个工作表不导入，请核对。"
        yield PlacedFinding(header_row, None, "", "", Finding("sheet.others", "", text, Severity.WARNING))


# ---- the business's check ---------------------------------------------------------------------------


class _Counted(Sequence[Mapping[str, str]]):
    """The rows' values, telling how far a reader has come."""

    def __init__(self, rows: Sequence[ImportedRow], progress: Progress | None) -> None:
        self.rows = rows
        self.progress = progress

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, str]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Mapping[str, str]]: ...
    def __getitem__(self, place: int | slice) -> Mapping[str, str] | Sequence[Mapping[str, str]]:
        if isinstance(place, slice):
            return _Counted(self.rows[place], None)
        return self.rows[place].values

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        total, progress = len(self.rows), self.progress
        for place, row in enumerate(self.rows):
            if progress is not None and place % PROGRESS_EVERY == 0:
                progress(place, total)
            yield row.values


def check_rows(
    imported: ImportedSheet, business: Business, context: CheckContext, *, progress: Progress | None = None
) -> FileCheck:
    """Judge the rows of a file; a center that shows one error per row gets the first only (I-04)."""
    rows = imported.rows
    checks = business.check_roster(_Counted(rows, progress), context.for_source(Source.FILE))
    if progress is not None:
        progress(len(rows), len(rows))
    judged = Judged(imported, business)
    done = []
    for row, check in zip(rows, checks, strict=True):
        if check.duplicate_of is not None:
            own = by_sheet_row(check, lambda place: rows[place].row_number, business)
            check = replace(check, findings=own)
        done.append(judged.put(row, check))
    return FileCheck(imported, done, imported.findings, judged.placed, judged.totals, len(done))


class Judged:
    """Puts the findings of cells and of values together, row by row, and adds up."""

    def __init__(self, imported: ImportedSheet, business: Business) -> None:
        self._order = {column.key: place for place, column in enumerate(template_columns(business))}
        self._missing = imported.layout.missing
        self._places = _Places(imported, business)
        self._first_only = business.first_error_only
        self.placed: list[PlacedFinding] = []
        self._count = self._amount = 0

    @property
    def totals(self) -> Totals:
        """Over the rows so far that nothing stops."""
        return Totals(self._count, self._amount)

    def put(self, row: ImportedRow, check: RowCheck) -> FileRow:
        """Take the next row with its check; a duplicate names its worksheet row already."""
        if row.findings or check.findings:
            findings = joined(row.findings, check.findings, self._order, self._missing)
            if self._first_only:
                findings = first_only(findings)
            check = replace(check, findings=findings)
            self.placed += [self._places.put(row, finding) for finding in findings]
        if check.ok:
            self._count, self._amount = self._count + 1, self._amount + check.amount
        return FileRow(row.row_number, row.values, check)


def first_only(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What a center shows that tells one finding per row: an error before anything else (I-04)."""
    return tuple(errors(findings) or findings)[:1]


def by_sheet_row(check: RowCheck, number_of: Callable[[int], int], business: Business) -> tuple[Finding, ...]:
    """A duplicate names the worksheet row of the first, which is what a person sees in the file (O-16).

    `number_of` gives the worksheet row at a place of the roster (from 0).
    """
    if check.duplicate_of is None:
        return check.findings
    told = business.duplicate(f"第{number_of(check.duplicate_of)}行")
    return tuple(told if finding.code == told.code else finding for finding in check.findings)


def joined(
    cells: Sequence[Finding], values: Sequence[Finding], order: Mapping[str, int], missing: Collection[str]
) -> tuple[Finding, ...]:
    """Cell findings and value findings in column order, the cell's own first."""
    unreadable = {finding.field for finding in cells if finding.code in UNREADABLE}
    kept = [
        finding
        for finding in values
        if finding.field not in unreadable and not (finding.code == "required" and finding.field in missing)
    ]
    joined = [*cells, *kept]
    joined.sort(key=lambda finding: order.get(finding.field, len(order)))
    return tuple(joined)


class _Places:
    """Puts a row's finding at its cell."""

    def __init__(self, imported: ImportedSheet, business: Business) -> None:
        self.titles = {column.key: column.title for column in business.columns}
        self.columns = {column.key: index for column, index in imported.layout.columns}

    def put(self, row: ImportedRow, finding: Finding) -> PlacedFinding:
        key = finding.field
        title = self.titles.get(key, key)
        return PlacedFinding(row.row_number, self.columns.get(key), title, row.values.get(key, ""), finding)
