"""The rows of a comparison with a payroll: what becomes of whom, taken or left, and the four columns."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from domain.businesses.names import BUSINESSES
from domain.money import format_yuan, format_yuan_grouped
from domain.reconcile import FILED, FourColumns, Sum, four_columns
from domain.text import safe_text
from screens.roster_parts import RowsModel
from tui import glyphs
from tui.grid_model import GridColumn, GridRow
from tui.grid_work import WorkResult

if TYPE_CHECKING:
    from client.payroll import Judged, Plan
    from domain.profile import Profile
    from domain.reconcile import Proposal

OTHER_WORDS: Final = {"check": "核对", "none": "不办", "same": "一致"}
"""Kinds that are no business."""
WORD_CELLS: Final = 8
COLUMNS: Final = (
    GridColumn("kind", "办理", WORD_CELLS, editable=False),
    GridColumn("name", "姓名", 8, editable=False),
    GridColumn("reason", "说明", 36, editable=False),
    GridColumn("base", "新基数", 10, align="right", editable=False),
    GridColumn("amount", "月缴存额", 10, align="right", editable=False),
    GridColumn("now", "现基数", 10, align="right", editable=False),
    GridColumn("wage", "工资", 12, align="right", editable=False),
    GridColumn("id_number", "证件号码", 18, editable=False),
    GridColumn("account_no", "账号", 20, editable=False),
    GridColumn("line", "行号", 6, align="right", editable=False),
)
CHANGES_ONLY: Final = "只看要办的"
_NOT_HERE: Final = WorkResult("此处不能这样做。", done=False)


def kind_words(profile: Profile) -> dict[str, str]:
    """What the kinds are called: the center's own title where it is short enough for its column."""
    words = dict(OTHER_WORDS)
    for name in FILED:
        title = profile.business_title(name)
        words[name] = title if glyphs.width(title) <= WORD_CELLS else BUSINESSES[name].name
    return words


def reason_of(one: Judged) -> str:
    """Why, and what the business's own check says of it."""
    if not one.fault:
        return one.proposal.reason
    said = "要补充：" if one.completes else "不能提交："
    return f"{said}{one.fault}{one.proposal.reason}"


def key_of(one: Proposal) -> str:
    """What names a proposal when the same file is compared again."""
    person = one.person.account_no if one.person is not None else ""
    return f"{one.kind} {person or (one.row.key if one.row is not None else '')}"


class Change(NamedTuple):
    """What taking or leaving rows comes to: the rows taken before and afterwards, the four columns then."""

    before: set[int]
    taken: set[int]
    columns: FourColumns


class PayrollModel(RowsModel):
    """Judged proposals as rows; implements `tui.grid_model.GridModel` and `tui.grid_work.WorkModel`.

    `changed` is called when rows were taken or left.
    """

    def __init__(
        self,
        judged: Sequence[Judged] = (),
        last: Sum = Sum(),  # noqa: B008 - immutable
        words: dict[str, str] | None = None,
        *,
        account: str = "账号",
        mask: bool = False,
        changed: Callable[[], None] | None = None,
    ) -> None:
        shown = [
            GridColumn(c.key, account if c.key == "account_no" else c.title, c.width, align=c.align,
                       editable=False, masked=mask and c.key == "id_number")
            for c in COLUMNS
        ]  # fmt: skip
        super().__init__(shown)
        self.judged = list(judged)
        self._words = words or dict(OTHER_WORDS)
        self._changed = changed
        self._shown: Sequence[int] = range(len(self.judged))
        self._only = False
        self.taken = {at for at, one in enumerate(self.judged) if one.takes}
        self.columns_now: FourColumns = four_columns(last, self.proposals())
        self._names = [one.proposal.name for one in self.judged]
        self._marks = [_mark(one) for one in self.judged]
        self._found_by = [_found_by(one.proposal) for one in self.judged]

    @classmethod
    def of(
        cls, plan: Plan, profile: Profile, *, mask: bool = False, changed: Callable[[], None] | None = None
    ) -> PayrollModel:
        """The rows of a plan in a center's words."""
        words, account = kind_words(profile), profile.term("account_no")
        last = plan.comparison.last
        return cls(plan.judged, last, words, account=account, mask=mask, changed=changed)

    # ---- taking and leaving ----------------------------------------------------------------------------

    def proposals(self) -> list[Proposal]:
        """What is taken, in the order of the rows."""
        return [self.judged[at].proposal for at in sorted(self.taken)]

    def set_selected(self, row_ids: Sequence[int], selected: bool) -> None:
        """Take or leave rows; those that are no business stay as they are."""
        self.take(self.weigh(row_ids, selected))

    def weigh_kind(self, index: int) -> Change:
        """Weigh taking all rows of the kind of a row, or leaving them all when all are taken.

        Long for many rows: it changes nothing, so it may run in a thread.
        """
        kind = self.judged[self._shown[index]].proposal.kind
        mine = [at for at, one in enumerate(self.judged) if one.proposal.kind == kind]
        return self.weigh(mine, not self.taken.issuperset(mine))

    def weigh(self, row_ids: Sequence[int], selected: bool) -> Change:
        """What would be taken, and the four columns then."""
        taken, now = self.taken, self.columns_now
        changed = {at for at in row_ids if self.judged[at].proposal.filed and (at in taken) is not selected}
        own = four_columns(Sum(), [self.judged[at].proposal for at in changed])
        sign = 1 if selected else -1
        columns = FourColumns(now.last, _plus(now.more, own.more, sign), _plus(now.less, own.less, sign))
        return Change(taken, taken ^ changed, columns)

    def take(self, change: Change) -> bool:
        """Carry out what was weighed; False when rows were taken or left meanwhile, and nothing is done."""
        if change.before is not self.taken:
            return False
        self.taken, self.columns_now = change.taken, change.columns
        if self._changed is not None:
            self._changed()
        return True

    def toggled(self) -> list[str]:
        """What was taken or left otherwise than proposed, by `key_of`."""
        return [
            key_of(one.proposal)
            for at, one in enumerate(self.judged)
            if one.proposal.filed and (at in self.taken) is not one.takes
        ]

    def toggle(self, keys: Sequence[str]) -> None:
        """Take and leave as `toggled` said."""
        wanted = set(keys)
        mine = [at for at, one in enumerate(self.judged) if key_of(one.proposal) in wanted]
        for takes in (False, True):
            self.set_selected([at for at in mine if self.judged[at].takes is takes], not takes)

    def selected_ids(self) -> list[int]:
        """Return the rows that are taken."""
        return sorted(self.taken)

    # ---- showing ---------------------------------------------------------------------------------------

    def count(self) -> int:
        """Return the number of rows shown."""
        return len(self._shown)

    def window(self, start: int, count: int) -> Sequence[GridRow]:
        """Return a run of rows."""
        return [self._row(at) for at in self._shown[start : start + count]]

    def judged_at(self, index: int) -> Judged:
        """The proposal shown at a position."""
        return self.judged[self._shown[index]]

    def _row(self, at: int) -> GridRow:
        judged = self.judged[at]
        one, person, row = judged.proposal, judged.proposal.person, judged.proposal.row
        cells = (
            self._words[one.kind],
            self._names[at],
            reason_of(judged),
            format_yuan(one.base) if one.base is not None else "",
            format_yuan(one.amount) if one.amount else "",
            format_yuan(person.base) if person is not None else "",
            format_yuan(row.wage) if row is not None and row.wage is not None else "",
            person.id_number if person is not None else row.id_number if row is not None else "",
            person.account_no if person is not None else "",
            str(row.line) if row is not None else "",
        )
        return GridRow(at, self._marks[at], cells, at in self.taken)

    def finding_text(self, index: int, column: str) -> str:
        """Return what is in the way of a row."""
        if index >= self.count() or self._marks[self._shown[index]] == " ":
            return ""
        one = self.judged_at(index)
        remarks = one.proposal.row.remarks if one.proposal.row is not None else ()
        return reason_of(one) + "".join(remarks)

    def footer(self) -> str:
        """Return how many rows are taken."""
        return f"列入 {len(self.taken)} 人"

    def details(self, index: int) -> list[str]:
        """Everything about a row, a line each."""
        judged = self.judged_at(index)
        one, row = judged.proposal, judged.proposal.row
        cells = zip(self.columns, self._row(self._shown[index]).cells, strict=True)
        told = [f"{column.title}：{safe_text(text)}" for column, text in cells if text]
        if row is not None:
            told += [f"入职：{row.hired}"] * (row.hired is not None)
            told += [f"离职：{row.left}"] * (row.left is not None)
            told += row.remarks
            if one.person is not None and row.name != one.person.name:
                told.append(f"工资表中的姓名：{safe_text(row.name)}")
        return told

    # ---- finding ---------------------------------------------------------------------------------------

    @property
    def order(self) -> tuple[str, bool] | None:
        """Rows stand in the order in which they are looked through."""
        return None

    @property
    def view_text(self) -> str:
        """Say that rows are left out."""
        return CHANGES_ONLY if self._only else ""

    def position(self, row_id: int) -> int | None:
        """Return where a row stands among those shown."""
        at = bisect_left(self._shown, row_id)
        return at if at < len(self._shown) and self._shown[at] == row_id else None

    def next_error(self, index: int, column: str) -> tuple[int, str] | None:
        """Return the next row with something in the way, wrapping round."""
        count = self.count()
        for step in range(1, count + 1):
            at = (index + step) % count
            if self._marks[self._shown[at]] == "!":
                return at, "reason"
        return None

    def find(self, text: str, index: int, step: int) -> int | None:
        """Return the position of a row with this part of a name, or this end of a number."""
        wanted, count, found_by = text.casefold(), self.count(), self._found_by
        at_end, by = f"{wanted}\t", -1 if step < 0 else 1
        for at in range(count):
            place = (index + step + at * by) % count
            name, numbers = found_by[self._shown[place]]
            if wanted in name or at_end in numbers:
                return place
        return None

    def filter_faulty(self) -> WorkResult:
        """Leave out who stays as they are, or show everybody again."""
        self._only = not self._only
        kept = [at for at, one in enumerate(self.judged) if one.proposal.kind not in ("same", "none")]
        self._shown = kept if self._only else range(len(self.judged))
        return WorkResult(f"{CHANGES_ONLY}：{len(kept)} 行。" if self._only else "显示全部。")

    def undo(self) -> WorkResult:
        """Refuse: taking and leaving is undone by the same key."""
        return _NOT_HERE

    def redo(self) -> WorkResult:
        """Refuse."""
        return _NOT_HERE

    def sort(self, column: str) -> WorkResult:
        """Refuse: the rows stand by what is to be done."""
        return _NOT_HERE


def _mark(one: Judged) -> str:
    """Whether something is in the way of a row, or to be read first."""
    if one.proposal.kind == "check" or one.fault:
        return "!"
    noted = one.proposal.row is not None and one.proposal.row.remarks
    return "?" if noted or (one.proposal.filed and not one.takes) else " "


def _found_by(one: Proposal) -> tuple[str, str]:
    """The name, and the numbers with a tab behind each."""
    person, row = one.person, one.row
    number = person.id_number if person is not None else row.id_number if row is not None else ""
    account = person.account_no if person is not None else ""
    return one.name.casefold(), f"{number.casefold()}\t{account}\t"


def _plus(first: Sum, second: Sum, sign: int) -> Sum:
    return Sum(first.people + sign * second.people, first.money + sign * second.money)


def totals_lines(columns: FourColumns, unallocated: int) -> list[str]:
    """Titles, people and money in four columns, and the money that is still needed."""
    four = (columns.last, columns.more, columns.less, columns.now)
    titles = [glyphs.fit(title, 15, ">") for title in ("上月", "增加", "减少", "本月")]
    people = [glyphs.fit(f"{one.people} 人", 15, ">") for one in four]
    money = [glyphs.fit(format_yuan_grouped(one.money), 15, ">") for one in four]
    need = max(0, columns.now.money - unallocated)
    return [
        f"         {''.join(titles)}",
        f" 人数    {''.join(people)}",
        f" 金额(元){''.join(money)}",
        f" 未分配余额 {format_yuan_grouped(unallocated)} 元，本月还需资金 {format_yuan_grouped(need)} 元",
    ]
