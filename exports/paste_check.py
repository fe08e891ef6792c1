"""Pasted cells as rows of a business: which column is which, and what is wrong with every row.

Nothing is kept per row but its texts and, where there are any, its findings; a checked row is made when it is
asked for, so that 100,000 pasted rows stay small.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, overload

from domain.business import Business, CheckContext, Column, Kind, RowCheck, Source, Totals, template_columns
from domain.findings import Finding, errors
from exports.importer import UNREADABLE, by_sheet_row, first_only, joined, judge_kinds
from exports.layout import MAX_HEADER_ROW, ImportRules, Layout, find_layout, fold, rules_of
from exports.paste import PastedTable
from exports.reader import LIMIT_ROWS
from exports.roster import ImportedRow
from exports.sheet import RawRow, Sheet
from exports.workbook_error import sentence

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all; may raise to stop."""

AGAIN = "重新复制"
STEP = 500
_LONGEST_SERIAL = 6


@dataclass(slots=True)
class PastedRows:
    """Rows to be added to a roster, checked. `context` says from where they count as coming."""

    business: Business
    context: CheckContext
    table: PastedTable
    layout: Layout
    first: int = 0
    """Place in the table of the first data row."""
    places: list[int] = field(default_factory=list)
    """Places in the table of the data rows; blank ones are left out."""
    findings: dict[int, tuple[Finding, ...]] = field(default_factory=dict)
    """What is to be said of a row, by its index."""
    faulty: list[int] = field(default_factory=list)
    """Indices of rows that something stops."""
    unreadable: frozenset[int] = frozenset()
    """Indices of rows with a cell that cannot be read; they can be copied again, never added."""
    totals: Totals = Totals(0, 0)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def problems(self) -> list[Finding]:
        """What is wrong with the paste as a whole; nothing of it can be added then."""
        return [finding for _, finding in self.layout.findings if finding.is_error]

    @property
    def warnings(self) -> list[Finding]:
        """What is to be looked at in the paste as a whole."""
        return [finding for _, finding in self.layout.findings if not finding.is_error]

    @property
    def taken(self) -> list[Column]:
        """The columns that were copied, in their order."""
        width = self.table.width
        return [column for column, at in self.layout.columns if at < width]

    def number(self, index: int) -> int:
        """The number of a row as it was copied, from 1."""
        return self.table.numbers[self.places[index]]

    def typed(self, index: int) -> dict[str, str]:
        """The texts of a row by column key; a running number that was not copied is made."""
        texts = self.table.rows[self.places[index]]
        width = len(texts)
        typed = {column.key: texts[at] if at < width else "" for column, at in self.layout.columns}
        for column in template_columns(self.business):
            if column.kind is Kind.SERIAL and not typed.get(column.key):
                typed[column.key] = str(index + 1)
        return typed

    def check(self, index: int) -> RowCheck:
        """The row as the business reads it, with the findings of the whole paste."""
        check = self.business.check_row(self.typed(index), self.context)
        return replace(check, findings=self.findings.get(index, ()))

    def addable(self, *, good_only: bool = False) -> Iterator[tuple[int, Mapping[str, str], RowCheck]]:
        """Rows for `RosterService.import_rows`: (number, texts, check).

        What a row shares with another is left out of its check: the roster finds that itself, and again
        when the other is deleted.
        """
        left_out = self.unreadable.union(self.faulty) if good_only else self.unreadable
        for index in range(len(self)):
            if index not in left_out:
                typed = self.typed(index)
                yield self.number(index), typed, self.business.check_row(typed, self.context)

    def count(self, *, good_only: bool = False) -> int:
        """How many rows `addable` gives."""
        return len(self) - len(self.unreadable.union(self.faulty) if good_only else self.unreadable)


def check_paste(
    table: PastedTable,
    business: Business,
    context: CheckContext,
    *,
    may_lack: bool = False,
    limit_rows: int = LIMIT_ROWS,
    progress: Progress | None = None,
) -> PastedRows:
    """Find the columns of a paste and check its rows as `context.source` demands.

    `may_lack` lets required columns be missing, where rows can be completed in the roster. For a worker.
    Raises WorkbookError paste.rows, paste.empty.
    """
    rules = _rules(business, context.source)
    layout = lay_out(table, business, rules)
    pasted = PastedRows(business, context, table, layout)
    pasted.first = _behind_header(table, layout)
    pasted.places = [at for at in range(pasted.first, len(table)) if table.rows[at]]
    if len(pasted) > limit_rows:
        raise sentence("paste.rows", limit=limit_rows)
    if not pasted.places:
        raise sentence("paste.empty")
    _judge_missing(pasted, may_lack)
    if rules.fixed_layout and len(pasted.places) < len(table) - pasted.first:
        layout.say("row.blank", f"粘贴的内容中有空行，请整行删除后{AGAIN}。")
    if not pasted.problems:
        with _no_collection():
            _check_rows(pasted, rules, progress)
    return pasted


def _rules(business: Business, source: Source) -> ImportRules:
    """The center's rules for files, as far as they can be asked of a clipboard: all its cells are texts."""
    rules = rules_of(business)
    return replace(rules, text_only=False, fixed_layout=rules.fixed_layout and source is Source.FILE)


# ---- columns ----------------------------------------------------------------------------------------


def lay_out(table: PastedTable, business: Business, rules: ImportRules) -> Layout:
    """The columns by the titles among the first rows, else in template order.

    The running number of the template may be copied or not.
    """
    head = zip(table.numbers[:MAX_HEADER_ROW], table.rows[:MAX_HEADER_ROW], strict=True)
    sheet = Sheet("", [RawRow(number, list(texts)) for number, texts in head if texts], "paste")
    layout = find_layout(sheet, business, rules, least=min(2, table.width))
    if not layout.header_row:
        return _by_position(table, business)
    layout.findings = [(at, found) for at, found in layout.findings if found.code != "column.missing"]
    return layout


def _by_position(table: PastedTable, business: Business) -> Layout:
    columns = template_columns(business)
    if columns[0].kind is Kind.SERIAL and not _starts_with_serial(table):
        del columns[0]
    layout = Layout(columns=[(column, at) for at, column in enumerate(columns)])
    if table.width > len(columns):
        text = (
            f"粘贴了 {table.width} 列，模板只有 {len(columns)} 列（{_titles(columns)}），"
            f"请只复制这些列，或连同列名一起{AGAIN}。"
        )
        layout.say("column.unknown", text)
    return layout


def _starts_with_serial(table: PastedTable) -> bool:
    """True when the first cells are all blank or short numbers: no name and no ID number is."""
    first = [texts[0] for texts in table.rows[:50] if texts]
    return all(not cell or (cell.isdecimal() and len(cell) <= _LONGEST_SERIAL) for cell in first)


def _behind_header(table: PastedTable, layout: Layout) -> int:
    return table.numbers.index(layout.header_row) + 1 if layout.header_row else 0


def _judge_missing(pasted: PastedRows, may_lack: bool) -> None:
    """Say which columns the rows cannot do without; the business's own check knows."""
    layout, business = pasted.layout, pasted.business
    blank = business.check_row({}, pasted.context).findings
    needed = {finding.field for finding in blank if finding.code == "required"}
    present = {column.key for column in pasted.taken}
    columns = template_columns(business)
    lacking = [
        column
        for column in columns
        if column.key in needed and column.key not in present and column.kind is not Kind.SERIAL
    ]
    if not lacking:
        return
    if layout.header_row:
        cure = f"请连同{'该列' if len(lacking) == 1 else '这些列'}一起{AGAIN}"
    else:
        cure = f"没有列名时按模板次序（{_titles(columns)}）对应，请复制齐全或连同列名一起{AGAIN}"
    cure = "追加后在清册中补填" if may_lack else cure
    layout.say("column.missing", f"缺少必填的“{_titles(lacking)}”，{cure}。", error=not may_lack)


def _titles(columns: Sequence[Column]) -> str:
    return "、".join(column.title for column in columns)


# ---- rows -------------------------------------------------------------------------------------------


class _Typed(Sequence[Mapping[str, str]]):
    """The rows' texts by column key, made one at a time; tells how far a reader has come."""

    def __init__(self, pasted: PastedRows, progress: Progress | None) -> None:
        self.pasted = pasted
        self.progress = progress

    def __len__(self) -> int:
        return len(self.pasted)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, str]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Mapping[str, str]]: ...
    def __getitem__(self, place: int | slice) -> Mapping[str, str] | Sequence[Mapping[str, str]]:
        if isinstance(place, slice):
            return [self.pasted.typed(index) for index in range(*place.indices(len(self)))]
        return self.pasted.typed(place)

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        total = len(self.pasted)
        for index in range(total):
            if self.progress is not None and index % STEP == 0:
                self.progress(index, total)
            yield self.pasted.typed(index)


def _check_rows(pasted: PastedRows, rules: ImportRules, progress: Progress | None) -> None:
    business, context = pasted.business, pasted.context
    order = {column.key: place for place, column in enumerate(template_columns(business))}
    only_first = business.first_error_only and context.source is Source.FILE
    unreadable: set[int] = set()
    good = amount = 0
    checks = business.check_roster(_Typed(pasted, progress), context)
    checks.reverse()
    for index in range(len(checks)):
        check = checks.pop()  # one at a time: a list of 100,000 let go at once holds every thread
        cells = _cell_findings(pasted, index, rules)
        if not cells and not check.findings:
            good, amount = good + 1, amount + check.amount
            continue
        findings = joined(cells, by_sheet_row(check, pasted.number, business), order, ())
        if any(finding.code in UNREADABLE for finding in cells):
            unreadable.add(index)
        if errors(findings):
            pasted.faulty.append(index)
        else:
            good, amount = good + 1, amount + check.amount
        pasted.findings[index] = first_only(findings) if only_first else findings
    pasted.unreadable = frozenset(unreadable)
    pasted.totals = Totals(good, amount)


def _cell_findings(pasted: PastedRows, index: int, rules: ImportRules) -> list[Finding]:
    kinds = pasted.table.damaged.get(pasted.places[index])
    if kinds is None:
        return []
    row = ImportedRow(pasted.number(index), pasted.typed(index))
    raw = RawRow(row.row_number, list(pasted.table.rows[pasted.places[index]]), kinds)
    judge_kinds(row, raw, pasted.layout.columns, rules, again=AGAIN)
    return row.findings


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the cycle collector away while very many objects live for a moment.

    A collection over the checks of 100,000 rows holds every thread for a tenth of a second, and finds
    nothing: there are no cycles among them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# ---- one column -------------------------------------------------------------------------------------


@dataclass(slots=True)
class PastedColumn(PastedRows):
    """Cells that go down one column of rows the roster has already."""

    rows: Sequence[StoredTexts] = ()
    """The roster's rows from the cursor, one for each cell."""

    def typed(self, index: int) -> dict[str, str]:
        """The texts of the roster's row with the new one among them."""
        texts = self.table.rows[self.places[index]]
        column = self.layout.columns[0][0]
        return {**self.rows[index].typed, column.key: texts[0] if texts else ""}

    def number(self, index: int) -> int:
        """The row's place in the roster, from 1."""
        return self.rows[index].index + 1

    def cells(self, *, good_only: bool = False) -> Iterator[tuple[int, str]]:
        """Cells for `RosterService.fill_column`: (row id, text)."""
        left_out = self.unreadable.union(self.faulty) if good_only else self.unreadable
        key = self.layout.columns[0][0].key
        for index in range(len(self)):
            if index not in left_out:
                yield self.rows[index].row_id, self.typed(index)[key]


class StoredTexts(Protocol):
    """A row of the roster as it is needed here."""

    @property
    def row_id(self) -> int:
        """Its id."""

    @property
    def index(self) -> int:
        """Its place in the roster, from 0."""

    @property
    def typed(self) -> Mapping[str, str]:
        """Its texts by column key."""


def without_title(table: PastedTable, column: Column) -> PastedTable:
    """A paste of one column without the column's title at its top."""
    if table.rows[0] and fold(table.rows[0][0]) in (fold(column.title), *map(fold, column.aliases)):
        bare = PastedTable(width=table.width)
        for place, texts in enumerate(table.rows[1:], start=1):
            bare.rows.append(texts)
            bare.numbers.append(table.numbers[place])
        bare.damaged = {place - 1: kinds for place, kinds in table.damaged.items() if place}
        return bare
    return table


def check_column(
    table: PastedTable,
    column: Column,
    rows: Sequence[StoredTexts],
    business: Business,
    context: CheckContext,
    *,
    progress: Progress | None = None,
) -> PastedColumn:
    """Check what the cells of `table` make of the roster's `rows`; there are as many rows as cells."""
    layout = Layout(columns=[(column, 0)])
    pasted = PastedColumn(business, context, table, layout, places=list(range(len(rows))), rows=rows)
    with _no_collection():
        _check_rows(pasted, ImportRules(), progress)
    return pasted
