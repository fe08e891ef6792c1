"""The unit's people as rows of a grid whose new values go into the roster of 基数调整 (B-06).

The people are a window of the local copy; the changes are the rows of the roster, by account number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from client.errors import ClientError
from client.local_people import with_person
from domain.business import Kind
from domain.businesses.adjust import KIND, KINDS, TYPED
from domain.businesses.base import ACCOUNT_CELLS
from domain.findings import errors
from domain.money import format_ratio, format_yuan
from tui.grid_model import CellResult, GridColumn, GridRow

if TYPE_CHECKING:
    from client.roster import RosterService
    from client.store.depositors import Depositor, DepositorCache, Found
    from client.store.rows import StoredRow
    from domain.business import Business, CheckContext
    from domain.businesses.adjust import BaseAdjust

SHOWN: Final = {"base": 10, "total_amount": 10, "unit_ratio": 8, "person_ratio": 8}
BEFORE: Final = {"base": ("base",), "amount": ("total_amount",), "ratio": ("unit_ratio", "person_ratio")}
"""What stands there now, by kind of change; the rest of the line belongs to what it becomes."""
GONE = "这名职工已不在本单位，请按 F5 刷新后重试。"
SENT = "这名职工的调整已提交，请等中心的处理结果。"
TAKEN_BACK = "已取消这名职工的调整。"
SAME = "与调整前相同，没有录入清册。"


class _OnePerson:
    """A `client.roster.PeopleSource` that knows the person of the row that is edited and nobody else.

    Looking people up one after the other would at last read the whole copy, on the screen's own loop.
    """

    def __init__(self) -> None:
        self.person: Depositor | None = None

    def __call__(
        self, context: CheckContext, business: Business, rows: Sequence[Mapping[str, str]]
    ) -> CheckContext:
        return with_person(context, self.person)


class AdjustRows:
    """People and their changes of one kind; implements `tui.grid_model.GridModel`."""

    def __init__(
        self, service: RosterService, business: BaseAdjust, cache: DepositorCache, *, mask: bool = False
    ) -> None:
        from client.store.depositors import Found

        self._one = _OnePerson()
        service.people = self._one
        self.service = service
        self.business = business
        self._cache = cache
        self._found: Found = Found("")
        self._typed = TYPED[business.kind]
        self._changes: dict[str, int] = {}
        """Ids of the roster's rows by account number."""
        self._columns = self._make_columns()

    def _make_columns(self) -> list[GridColumn]:
        own = self.business.by_key
        before = BEFORE[self.business.kind]
        after = ["new_amount"] if self.business.kind != "amount" else ["new_base"]
        account = self.service.profile.term("account_no")
        return [
            GridColumn("account_no", account, ACCOUNT_CELLS, "text", "left", False),
            GridColumn("name", own["name"].title, 8, "text", "left", False),
            *(GridColumn(key, own[key].title, SHOWN[key], "computed", "right", False) for key in before),
            *(self._typed_column(key) for key in self._typed),
            *(GridColumn(key, own[key].title, 14, "computed", "right", False) for key in after),
        ]

    def _typed_column(self, key: str) -> GridColumn:
        column = self.business.by_key[key]
        kind = "ratio" if column.kind is Kind.RATIO else "money"
        return GridColumn(key, column.title, 14, kind, "right", True)

    # ---- for a worker --------------------------------------------------------------------------------

    def read_changes(self) -> None:
        """Read which people have a change in the roster already."""
        rows = self.service.store.rows(self.service.roster_id)
        self._changes = {row.shown("account_no"): row.row_id for row in rows}

    def search(self, query: str) -> None:
        """Show the people that fit."""
        self._found = self._cache.search(query)

    # ---- GridModel -----------------------------------------------------------------------------------

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Who, what stands there now, what is typed, what it comes to."""
        return self._columns

    @property
    def editable(self) -> bool:
        """New values are typed in place."""
        return True

    def count(self) -> int:
        """Return the number of people found."""
        return len(self._found.ids)

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return a run of people with their changes."""
        ids = self._found.ids[start : start + count]
        people = self._cache.rows(ids) if len(ids) else []
        return [self._row(number, person) for number, person in zip(ids, people, strict=True)]

    def _row(self, number: int, person: Depositor | None) -> GridRow:
        if person is None:
            return GridRow(number, " ", ("", "已离开", *("" for _ in self._columns[2:])))
        row = self._change(person.account_no)
        now = {
            "account_no": person.account_no,
            "name": person.name,
            "base": format_yuan(person.base),
            "total_amount": format_yuan(person.unit_amount + person.person_amount),
            "unit_ratio": person.unit_ratio,
            "person_ratio": person.person_ratio,
        }
        told = row.checked if row is not None else {}
        own = row is not None and told.get(KIND) == self.business.kind
        after = {key: text for key, text in told.items() if key.startswith("new_")} if own else {}
        cells = tuple(now.get(column.key, "") or after.get(column.key, "") for column in self._columns)
        return GridRow(number, self._mark(row), cells)

    @staticmethod
    def _mark(row: StoredRow | None) -> str:
        if row is None:
            return " "
        return ">" if row.state != "draft" else "!" if row.bad else "*"

    def _change(self, account_no: str) -> StoredRow | None:
        row_id = self._changes.get(account_no)
        row = self.service.store.row(row_id) if row_id is not None else None
        if row is None and row_id is not None:
            del self._changes[account_no]
        return row

    def _at(self, index: int) -> Depositor | None:
        ids = self._found.ids[index : index + 1]
        return self._cache.rows(ids)[0] if len(ids) else None

    def commit_cell(self, index: int, column: str, text: str) -> CellResult:
        """Put a change into the roster, change it there, or take it back (an empty cell)."""
        person = self._at(index)
        if person is None:
            return CellResult(False, GONE)
        row, self._one.person = self._change(person.account_no), person
        try:
            return self._commit(person, row, column, text.strip())
        except ClientError as error:
            return CellResult(False, error.sentence)

    def _commit(self, person: Depositor, row: StoredRow | None, column: str, text: str) -> CellResult:
        if row is not None and row.state != "draft":
            return CellResult(False, SENT)
        if row is not None and (kind := row.checked.get(KIND, "")) != self.business.kind:
            other = KINDS.get(kind, "其他类别")
            return CellResult(False, f"清册中已有这名职工按{other}的调整，请先在清册中删除那一条。")
        if not text:
            return self._take_back(person, row)
        typed = self._typed_row(person, row, column, text)
        check = self.service.check(typed)
        wrong = errors(check.findings)
        if wrong:
            return CellResult(False, wrong[0].text)
        if any(finding.code == "adjust.unchanged" for finding in check.findings):
            self._take_back(person, row)
            return CellResult(True, SAME)
        stored = self.service.add(typed) if row is None else self.service.edit(row.row_id, typed)
        self._changes[person.account_no] = stored.row_id
        return CellResult(True)

    def _typed_row(self, person: Depositor, row: StoredRow | None, column: str, text: str) -> dict[str, str]:
        """The whole row: the other side of a ratio stays what it is until it is typed."""
        typed = {"account_no": person.account_no}
        if self.business.kind == "ratio":
            typed |= {"new_unit_ratio": person.unit_ratio, "new_person_ratio": person.person_ratio}
        if row is not None:
            typed |= {key: row.typed[key] for key in self._typed if row.typed.get(key)}
        return typed | {column: text} | self._pair(column, text)

    def _pair(self, column: str, text: str) -> dict[str, str]:
        """Both sides of the pair of the unit that has this ratio on this side; {} where ratios are free."""
        unit = self.service.context.unit
        if self.business.kind != "ratio" or not unit.unified_ratio:
            return {}
        for pair in unit.ratios:
            sides = dict(zip(self._typed, (format_ratio(pair.unit), format_ratio(pair.person)), strict=True))
            if sides[column] == text.removesuffix("%"):
                return sides
        return {}

    def _take_back(self, person: Depositor, row: StoredRow | None) -> CellResult:
        if row is None:
            return CellResult(True)
        self.service.store.delete([row.row_id])
        self._changes.pop(person.account_no, None)
        return CellResult(True, TAKEN_BACK)

    def preview(self, index: int, column: str, text: str) -> Mapping[str, str]:
        """Return what the row comes to while typing (W-09)."""
        person = self._at(index)
        if person is None:
            return {}
        self._one.person = person
        typed = self._typed_row(person, self._change(person.account_no), column, text.strip())
        known = self.service.preview(typed)
        own = {one.key for one in self._columns if one.kind == "computed" and one.key.startswith("new_")}
        return {key: known.get(key, "") for key in own}

    def commit_row(self, index: int) -> CellResult:
        """Accept: every cell was judged with its row."""
        return CellResult(True)

    def new_row(self, at: int | None = None) -> int:
        """Refuse: the rows are the unit's people."""
        return -1

    def delete_rows(self, row_ids: Sequence[int]) -> CellResult:
        """Refuse: a change is taken back by clearing its cell."""
        return CellResult(False, "这里是本单位的职工，不能删除；清除调整后的数值就取消调整。")

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Do nothing: rows are ticked in the roster."""

    def select_all(self, selected: bool) -> None:
        """Do nothing."""

    def selected_ids(self) -> list[int]:
        """Return nothing."""
        return []

    def finding_text(self, index: int, column: str) -> str:
        """Return the first thing there is to say of the change."""
        person = self._at(index)
        row = self._change(person.account_no) if person is not None else None
        found = self.service.findings(row) if row is not None else ()
        return (errors(found) or found)[0].text if found else ""

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """Return nothing: faults are shown in the roster."""
        return None

    def footer(self) -> str:
        """Return how many people are shown and how many changes stand in the roster."""
        sums = self.service.store.totals(self.service.roster_id)
        return f"职工 {self.count()} 人  清册中的调整 {sums.draft} 条"
