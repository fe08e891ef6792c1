"""A pending roster of any declared business as the rows of a grid, a window of the local store at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from domain.business import Business, Column, Kind, UnitFacts, roster_columns
from domain.findings import Finding, errors
from screens.entry_model import choices_of
from tui.grid_model import CellResult, GridColumn, GridRow

if TYPE_CHECKING:
    from client.roster import RosterService
    from client.store.rows import StoredRow

RIGHT: Final = (Kind.MONEY, Kind.RATIO)
"""Kinds drawn at the right of their column."""
MARK_GOOD, MARK_FAULTY, MARK_NOTED, MARK_SENT = " ", "!", "*", ">"
"""Nothing to say, cannot be submitted, adjusted or worth a look, on its way to the center."""


def grid_columns(
    business: Business, unit: UnitFacts, *, editable: bool = False, narrow: bool = False, mask: bool = False
) -> list[GridColumn]:
    """Return the grid columns of a business's roster.

    `narrow` is for a pane of half a screen; `mask` covers the middle of ID numbers.
    """
    columns = [_column(column, unit, editable, narrow) for column in roster_columns(business)]
    return [replace(column, masked=True) if mask and column.kind == "id" else column for column in columns]


def _column(column: Column, unit: UnitFacts, editable: bool, narrow: bool) -> GridColumn:
    width = column.width
    if column.kind is Kind.ID:
        width = 18
    elif narrow and column.kind is Kind.NAME:
        width = 10
    elif column.kind is Kind.MONEY:
        width = max(9 if narrow else 10, 2 * len(column.title))
    return GridColumn(
        key=column.key,
        title=column.title,
        width=width,
        kind="computed" if column.computed else _grid_kind(column),
        align="right" if column.kind in RIGHT else "left",
        editable=editable and not column.computed,
        required=editable and column.required,
        choices=choices_of(column, unit) if editable else (),
    )


def _grid_kind(column: Column) -> str:
    plain = (Kind.NAME, Kind.TEXT, Kind.MOBILE, Kind.SERIAL)
    return "text" if column.kind in plain else column.kind.value


def cell_text(column: Column, typed: Mapping[str, str], checked: Mapping[str, str]) -> str:
    """Return what a cell shows: the normal text, else what was typed; codes with their names."""
    text = checked.get(column.key) or ("" if column.computed else typed.get(column.key, ""))
    return column.table.display(text) if text and column.kind is Kind.CODE else text


def money_text(fen: int) -> str:
    """Return an amount of 分 as 元 with thousands commas, for totals."""
    return f"{fen // 100:,}.{fen % 100:02}"


class RosterModel:
    """The rows of one roster; implements `tui.grid_model.GridModel`."""

    def __init__(
        self,
        service: RosterService,
        *,
        amount_title: str = "总月缴存额",
        narrow: bool = False,
        mask: bool = False,
    ) -> None:
        """Show the roster of `service`; `amount_title` is what the footer calls the sum."""
        self.service = service
        self._store = service.store
        self._amount_title = amount_title
        self._editable = service.profile.queue_of(service.business.id).edit_row
        self._columns = roster_columns(service.business)
        unit = service.context.unit
        self._grid_columns = grid_columns(
            service.business, unit, editable=self._editable, narrow=narrow, mask=mask
        )

    @property
    def columns(self) -> Sequence[GridColumn]:
        """The roster columns of the declaration."""
        return self._grid_columns

    @property
    def editable(self) -> bool:
        """Whether the center lets rows be modified in the roster (O-04)."""
        return self._editable

    def count(self) -> int:
        """Return the number of rows."""
        return self._store.count(self.service.roster_id)

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return the rows of a window, each with its mark."""
        return [self._row(row) for row in self._store.window(self.service.roster_id, start, count)]

    def _row(self, row: StoredRow) -> GridRow:
        cells = tuple(cell_text(column, row.typed, row.checked) for column in self._columns)
        return GridRow(row.row_id, self._mark(row), cells, row.selected)

    @staticmethod
    def _mark(row: StoredRow) -> str:
        if row.state != "draft":
            return MARK_SENT
        if row.bad:
            return MARK_FAULTY
        return MARK_NOTED if row.findings else MARK_GOOD

    def at(self, index: int) -> StoredRow | None:
        """Return the stored row at a position."""
        found = self._store.window(self.service.roster_id, index, 1)
        return found[0] if found else None

    # ---- editing -----------------------------------------------------------------------------------

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        """Store a cell as typed and check its row anew."""
        from client.errors import ClientError

        row = self.at(index)
        if row is None:
            return CellResult(False, "这条记录已经不在了，请刷新后重试。")
        try:
            edited = self.service.edit(row.row_id, {column: text})
        except ClientError as error:
            return CellResult(False, error.sentence)
        told = [found for found in self.service.findings(edited) if found.field == column]
        return CellResult(True, _mark_text(told[0]) if told else "", bool(errors(told)))

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        """Return the computed cells of a row as they would be (W-09)."""
        row = self.at(index)
        return {} if row is None else self.service.preview({**row.typed, column: text})

    def commit_row(self, index: int) -> CellResult:
        """Tell the first error of the row that is being left; a faulty row stays as it is."""
        row = self.at(index)
        wrong = errors(self.service.findings(row)) if row is not None else ()
        return CellResult(not wrong, wrong[0].text if wrong else "")

    def new_row(self, at: int | None = None) -> int:
        """Refuse: rows come from the entry form or from a file."""
        return -1

    # ---- rows --------------------------------------------------------------------------------------

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        """Delete rows as the center allows (W-04, V-25)."""
        from client.errors import ClientError

        try:
            gone = self.service.delete(row_ids)
        except ClientError as error:
            return CellResult(False, error.sentence)
        return CellResult(True, f"已删除{gone}条记录。")

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Tick or untick rows."""
        self._store.select(row_ids, selected)

    def select_all(self, selected: bool) -> None:
        """Tick or untick every row."""
        self._store.select_all(self.service.roster_id, selected)

    def selected_ids(self) -> list[int]:
        """Return the ids of ticked rows."""
        return self._store.selected_ids(self.service.roster_id)

    # ---- findings ----------------------------------------------------------------------------------

    def findings_at(self, index: int) -> tuple[Finding, ...]:
        """Return all findings of the row at a position."""
        row = self.at(index)
        return () if row is None or row.state != "draft" else self.service.findings(row)

    def finding_text(self, index: int, column: str) -> str:
        """Return what there is to say of a cell; findings of the whole row show at every cell without one."""
        found = self.findings_at(index)
        own = [finding for finding in found if finding.field == column]
        return _first_text(own or [finding for finding in found if finding.is_error])

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """Return the next faulty cell."""
        keys = [column.key for column in self._columns]
        return self._store.next_error(self.service.roster_id, index, column, keys)

    def footer(self) -> str:
        """Return people and sum over the good rows, and how many are faulty or ticked."""
        sums = self._store.totals(self.service.roster_id)
        parts = [f"{self.service.business.rules.count_title} {sums.good}"]
        if self._amount_title:
            parts.append(f"{self._amount_title} {money_text(sums.amount)}")
        if sums.bad:
            parts.append(f"错误 {sums.bad}")
        if sums.selected:
            parts.append(f"已选 {sums.selected}")
        return "  ".join(parts)


def _mark_text(finding: Finding) -> str:
    return f"! {finding.text}" if finding.is_error else finding.text


def _first_text(findings: Sequence[Finding]) -> str:
    wrong = errors(findings)
    return (wrong or tuple(findings))[0].text if findings else ""


def describe(finding: Finding, columns: Sequence[Column]) -> str:
    """Return a finding with the title of its column in front where the text does not name it."""
    title = next((column.title for column in columns if column.key == finding.field), "")
    return finding.text if not title or title in finding.text else f"{title}：{finding.text}"
