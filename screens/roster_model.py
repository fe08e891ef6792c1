"""A pending roster of any declared business as the rows of a grid, a window of the local store at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from client.errors import ClientError
from domain.business import Business, Column, Kind, UnitFacts, roster_columns
from domain.businesses.base import ACCOUNT_CELLS
from domain.findings import Finding, errors
from domain.text import to_half_width
from screens.entry_model import choices_of
from tui.grid_model import CellResult, GridColumn, GridRow
from tui.grid_work import WorkResult

if TYPE_CHECKING:
    from client.roster import RosterService
    from client.store.rows import StoredRow, Undone
    from client.store.views import SortKey

RIGHT: Final = (Kind.MONEY, Kind.RATIO)
"""Kinds drawn at the right of their column."""
NARROW: Final = {Kind.NAME: 8, Kind.CODE: 9, Kind.TEXT: 18}
"""Cells in a pane of half a screen of 80 columns: account, name and a code stand side by side, and so do the
account and any other column once the rows are scrolled sideways."""
CHANGE_MARKS: Final[dict[str, str]] = {"new": "+", "changed": "*", "deleted": "-", "": " "}
"""Mark of a row by how it differs from what the center has, where nothing more important is to be said."""
GONE: Final = "这条记录已经不在了，请刷新后重试。"
TAKEN: Final = {"insert": "录入", "import": "粘贴或导入的", "delete": "删除", "edit": "修改"}
"""What a step of the journal was."""


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
    elif narrow and column.key == "account_no":
        width = ACCOUNT_CELLS
    elif narrow and column.kind in NARROW:
        width = max(NARROW[column.kind], 2 * len(column.title))
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
    """The rows of one roster; implements `tui.grid_model.GridModel` and `tui.grid_work.WorkModel`."""

    def __init__(
        self,
        service: RosterService,
        *,
        amount_title: str = "总月缴存额",
        narrow: bool = False,
        mask: bool = False,
    ) -> None:
        """Show the roster of `service`; `amount_title` is what the footer calls the sum."""
        from client.store.views import RosterView

        self.service = service
        self.resolve: Callable[[str, str], Mapping[str, str]] = lambda column, text: {}
        """What is known by a text typed in a column, e.g. the name of an account: column key -> text."""
        self._store = service.store
        self._view = RosterView(service.store, service.roster_id)
        self._amount_title = amount_title
        self._editable = service.profile.queue_of(service.business.id).edit_row
        self._columns = roster_columns(service.business)
        self._conditional = [column for column in self._columns if column.when is not None]
        unit = service.context.unit
        self._grid_columns = grid_columns(
            service.business, unit, editable=self._editable, narrow=narrow, mask=mask
        )
        self._typing: int | None = None
        """The row that was opened in the grid and has not been left yet."""
        self._opened = self._store.opened_row(service.roster_id)
        """Such a row while it is still empty."""

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
        return self._view.count()

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return the rows of a window, each with its mark; blank ones in the place of rows that have gone."""
        rows = [self._row(row) for row in self._view.window(start, count)]
        missing = min(count, self.count() - start) - len(rows)
        blank = GridRow(-1, " ", ("",) * len(self._columns))
        return [*rows, *[blank] * missing] if missing > 0 else rows

    def _row(self, row: StoredRow) -> GridRow:
        cells = tuple(cell_text(column, row.typed, row.checked) for column in self._columns)
        values = {**row.typed, **row.checked} if self._conditional else {}
        skipped = frozenset(column.key for column in self._conditional if not column.applies(values))
        return GridRow(row.row_id, self._mark(row), cells, row.selected, skipped=skipped)

    @staticmethod
    def _mark(row: StoredRow) -> str:
        """The most important of what is true of a row, in the order of `tui.grid_work.MARKS`."""
        if row.state != "draft":
            return ">"
        if row.change == "deleted":
            return "-"
        if row.bad:
            return "!"
        return "?" if row.findings else CHANGE_MARKS[row.change]

    def at(self, index: int) -> StoredRow | None:
        """Return the stored row at a position."""
        return next(iter(self.rows_from(index, 1)), None)

    def rows_from(self, start: int, count: int) -> list[StoredRow]:
        """Return at most `count` stored rows from position `start` on, in the order they are shown."""
        return self._view.window(start, count)

    # ---- editing -----------------------------------------------------------------------------------

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        """Store a cell as typed and check its row anew."""
        row = self.at(index)
        if row is None:
            return CellResult(False, GONE)
        if row.opened and not text.strip():
            return CellResult(True)
        try:
            edited = self.service.edit(row.row_id, {column: text}, join=row.row_id == self._typing)
        except ClientError as error:
            return CellResult(False, error.sentence)
        if self._opened == row.row_id:
            self._opened = None
        told = [found for found in self.findings_of(edited) if found.field == column]
        return CellResult(True, _mark_text(told[0]) if told else "", bool(errors(told)))

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        """Return the computed cells of a row as they would be (W-09), and what is known by the text."""
        row = self.at(index)
        if row is None:
            return {}
        return {**self.resolve(column, text), **self.service.preview({**row.typed, column: text})}

    def commit_row(self, index: int) -> CellResult:
        """Tell the first error of the row that is being left; a faulty row stays, an empty one goes."""
        row, self._typing = self.at(index), None
        if row is not None and row.opened:
            return self.drop_opened()
        wrong = errors(self.findings_of(row)) if row is not None else ()
        return CellResult(not wrong, wrong[0].text if wrong else "")

    def new_row(self, at: int | None = None) -> int:
        """Open an empty row where the center lets rows be modified; elsewhere they come by form or file."""
        if not self._editable:
            return -1
        try:
            self.drop_opened()
            before = None if at is None else self.at(at)
            place = None if before is None else self._store.index_of(before.row_id)
            row = self.service.open_row(place)
        except ClientError:
            return -1
        self._opened = self._typing = row.row_id
        return self._view.added(row.row_id, at)

    def drop_opened(self) -> CellResult:
        """Drop the row that was opened and left empty, if there is one."""
        row_id, self._opened = self._opened, None
        if row_id is None:
            return CellResult(True)
        try:
            self.service.withdraw(row_id)
        except ClientError as error:
            return CellResult(False, error.sentence)
        self._view.gone([row_id])
        return CellResult(True)

    # ---- rows --------------------------------------------------------------------------------------

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        """Delete rows as the center allows (W-04, V-25); for a worker when there are many."""
        try:
            gone = self.service.delete(row_ids)
        except ClientError as error:
            return CellResult(False, error.sentence)
        self._view.refresh()
        return CellResult(True, f"已删除 {gone} 条记录，按 Ctrl+U 撤销。")

    def place_of(self, index: int) -> int:
        """Return the position in the roster's own order of the row at a position of the view."""
        row = None if self._view.plain else self.at(index)
        found = None if row is None else self._store.index_of(row.row_id)
        return index if found is None else found

    def position(self, row_id: int) -> int | None:
        """Return the position of a row as the rows are shown, None when it is not in sight."""
        return self._view.index_of(row_id)

    def number_of(self, row: StoredRow) -> str:
        """Return what the person sees as the number of a row whose `index` is its place in the roster."""
        shown = row.index if self._view.plain else self._view.index_of(row.row_id)
        return f"未显示的第{row.index + 1}条" if shown is None else f"第{shown + 1}条"

    def follow(self) -> None:
        """Take over what others did to the roster: an import, a submission. For a worker."""
        self._view.refresh()

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Tick or untick rows."""
        self._store.select(row_ids, selected)

    def select_all(self, selected: bool) -> None:
        """Tick or untick every row."""
        self._store.select_all(self.service.roster_id, selected)

    def selected_ids(self) -> list[int]:
        """Return the ids of ticked rows."""
        return self._store.selected_ids(self.service.roster_id)

    # ---- undo, views, search -----------------------------------------------------------------------

    @property
    def order(self) -> tuple[str, bool] | None:
        """Column the rows are sorted by, and whether descending."""
        key = self._view.key
        return None if key is None else (key.column, self._view.way == "descending")

    @property
    def view_text(self) -> str:
        """What the view leaves out."""
        return "只看有错" if self._view.faulty else ""

    def kept_view(self) -> dict[str, Any]:
        """Return order and filter as JSON values."""
        column, down = self.order or ("", False)
        return {"sort": column, "down": down, "faulty": self._view.faulty}

    def take_view(self, kept: Mapping[str, Any], also: Sequence[int] = ()) -> None:
        """Take up order and filter of an earlier run; the rows `also` stay in sight. For a worker."""
        known = {column.key for column in self._columns}
        key = self._sort_key(kept["sort"]) if kept.get("sort") in known else None
        faulty = bool(kept.get("faulty")) and bool(self._store.totals(self.service.roster_id).bad)
        self._view.show(key, "descending" if kept.get("down") else "ascending", faulty=faulty, also=also)

    def find(self, text: str, index: int, step: int) -> int | None:
        """Return the position of a row by name, initials, account or the end of the ID number."""
        return self._view.find(to_half_width(text), index, step)

    def undo(self) -> WorkResult:
        """Undo the last step of the roster. For a worker."""
        return self._turned(self.service.undo, "没有可以撤销的操作。")

    def redo(self) -> WorkResult:
        """Redo the step undone last. For a worker."""
        return self._turned(self.service.redo, "没有可以重做的操作。")

    def _turned(self, turn: Callable[[], Undone | None], nothing: str) -> WorkResult:
        try:
            done = turn()
        except ClientError as error:
            return WorkResult(error.sentence, False)
        if done is None:
            return WorkResult(nothing, False)
        if not done.count:
            return WorkResult(f"这一步的 {done.sent} 条记录已经提交，不能撤销。", False)
        self._view.refresh()
        at = None if done.row_id is None else self._view.index_of(done.row_id)
        index = at if at is not None else done.index if self._view.plain else None
        return WorkResult(undone_text(done), True, index)

    def sort(self, column: str) -> WorkResult:
        """Sort by a column: ascending, descending, the order of the roster. For a worker."""
        title = next(each.title for each in self._columns if each.key == column)
        try:
            if self.order is None or self.order[0] != column:
                self._view.sort(self._sort_key(column))
                return WorkResult(f"已按{title}从小到大排列。")
            if not self.order[1]:
                self._view.sort(self._view.key, "descending")
                return WorkResult(f"已按{title}从大到小排列。")
            self._view.sort(None)
        except ClientError as error:
            return WorkResult(error.sentence, False)
        return WorkResult("已恢复清册的顺序。")

    def _sort_key(self, key: str) -> SortKey:
        from client.store.views import SortKey

        column = next(each for each in self._columns if each.key == key)
        if column.kind is Kind.NAME:
            return SortKey(key, "name")
        return SortKey(key, "number" if column.kind in RIGHT else "text")

    def filter_faulty(self) -> WorkResult:
        """Show the faulty rows only, or all rows again. For a worker."""
        try:
            if not self._view.faulty and not self._store.totals(self.service.roster_id).bad:
                return WorkResult("清册中没有错误的记录。", False)
            self._view.show_faulty(not self._view.faulty)
        except ClientError as error:
            return WorkResult(error.sentence, False)
        if not self._view.faulty:
            return WorkResult("已显示全部记录。")
        return WorkResult(f"只显示有错误的 {self._view.count()} 条，再按 Ctrl+E 显示全部。", True, 0)

    # ---- findings ----------------------------------------------------------------------------------

    def findings_at(self, index: int) -> tuple[Finding, ...]:
        """Return all findings of the row at a position."""
        row = self.at(index)
        if row is None or row.state != "draft" or row.change == "deleted":
            return ()
        return self.findings_of(row)

    def findings_of(self, row: StoredRow) -> tuple[Finding, ...]:
        """Return all findings of a stored row; the row it repeats is called by the number the person sees."""
        if row.duplicate_of is None or self._view.plain:
            return self.service.findings(row)
        first = next(iter(self._store.window(self.service.roster_id, row.duplicate_of, 1)), None)
        return self.service.findings(row, self.number_of(first) if first is not None else "")

    def finding_text(self, index: int, column: str) -> str:
        """Return what there is to say of a cell; findings of the whole row show at every cell without one."""
        found = self.findings_at(index)
        own = [finding for finding in found if finding.field == column]
        return _first_text(own or [finding for finding in found if finding.is_error])

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """Return the next faulty cell."""
        keys = [column.key for column in self._columns]
        return self._view.next_error(index, column, keys)

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


def undone_text(done: Undone) -> str:
    """Say what was undone or redone."""
    what = f"{'已重做' if done.forward else '已撤销'}{TAKEN[done.kind]} {done.count} 条记录"
    sent = f"；其中 {done.sent} 条已经提交，没有改动" if done.sent else ""
    again = "" if done.forward else "，按 Ctrl+R 重做"
    return f"{what}{sent}{again}。"


def _mark_text(finding: Finding) -> str:
    return f"! {finding.text}" if finding.is_error else finding.text


def _first_text(findings: Sequence[Finding]) -> str:
    wrong = errors(findings)
    return (wrong or tuple(findings))[0].text if findings else ""


def describe(finding: Finding, columns: Sequence[Column]) -> str:
    """Return a finding with the title of its column in front where the text does not name it."""
    title = next((column.title for column in columns if column.key == finding.field), "")
    return finding.text if not title or title in finding.text else f"{title}：{finding.text}"
