"""The form of registered items: present values, grey ones, and each change as a row of the 待变更清册.

A field that is accepted with another value than the registered one becomes a row at once; one that has its
registered value again takes its row back (U-01, U-04, P-02, P-05).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from domain.business import Business, CheckContext, Kind
from domain.businesses.facts import ITEM, NEW, OLD, FactBusiness
from domain.findings import errors
from screens.entry_model import FIELD_KINDS, EntryModel
from screens.person_pick import HOW
from tui.form_model import FormField
from tui.grid_model import CellResult

if TYPE_CHECKING:
    from client.store.depositors import Depositor
    from client.store.rows import StoredRow
    from domain.businesses.fact_items import Item
    from domain.businesses.facts import Changes
    from domain.facts_wire import RegisteredFacts

ACCOUNT: Final = "account_no"
WHO: Final = (ACCOUNT, "name", "id_number")
WIDTH: Final = 20
"""Cells of a value; longer ones scroll while they are typed."""
GREY: Final = "此项只能到中心柜台变更。"
UNREACHED: Final = "连不上中心，读不到该职工已登记的信息，请稍后再试。"
NOT_READ: Final = "没有读到已登记的信息，请按 F5 重新读取。"

Put = Callable[[str, "Mapping[str, str] | None"], str]
"""(item, row of the change or None to take it back) -> why it could not be stored, "" when it was."""


class FactEntry(EntryModel):
    """Values of the form; `put` stores a change in the roster."""

    def __init__(self, business: Business, context: CheckContext, put: Put) -> None:
        self._put = put
        self._facts: RegisteredFacts | None = None
        self._new: dict[str, str] = {}
        self._read: RegisteredFacts | None = None
        super().__init__(business, context)

    @property
    def changes(self) -> Changes:
        """The items of the business."""
        declared: Any = self.business
        return cast("FactBusiness", declared).changes

    @property
    def picks(self) -> bool:
        """Whether the form begins with one of the unit's people."""
        return ACCOUNT in {column.key for column in self.business.columns}

    def take(self, person: Depositor | None, text: str) -> str:
        """Take a person whose items were read; nobody else can be shown."""
        return "" if person is not None else UNREACHED

    @property
    def facts(self) -> RegisteredFacts | None:
        """What is registered of whom the form shows."""
        return self._facts

    def reset(self, business: Business, context: CheckContext) -> None:
        """Begin anew for another unit or business; the form must be rebuilt afterwards."""
        self.business, self.context = business, context
        self._facts = self._read = None
        self._new = {}

    # ---- whose items ---------------------------------------------------------------------------------

    def offer(self, facts: RegisteredFacts) -> None:
        """Make known what is registered of a person who is about to be taken."""
        self._read = facts

    def load(self, facts: RegisteredFacts | None, rows: Iterable[StoredRow]) -> None:
        """Show what is registered, with the changes that stand in the roster."""
        self._facts = facts
        mine = [row.checked for row in rows if self._mine(row)]
        self._new = {row.get(ITEM, ""): row.get(NEW, "") for row in mine}

    def _mine(self, row: StoredRow) -> bool:
        facts = self._facts
        return facts is not None and row.checked.get(ACCOUNT, "") == facts.account_no

    @property
    def _who(self) -> dict[str, str]:
        facts = self._facts
        if facts is None or not self.picks:
            return {}
        return {ACCOUNT: facts.account_no, "name": facts.name, "id_number": facts.id_number}

    # ---- FormModel -----------------------------------------------------------------------------------

    def fields(self) -> Sequence[FormField]:
        """Return whom it is about, then the items in the center's order."""
        title = self.business.profile.term(ACCOUNT)
        who = [FormField(ACCOUNT, title, "person", WIDTH, required=True)] if self.picks else []
        return [*who, *(self._item_field(item) for item in self.changes.items)]

    def _item_field(self, item: Item) -> FormField:
        grey = item.key not in self.changes.editable
        coded = item.kind is Kind.CODE and not grey
        return FormField(
            key=item.key,
            title=item.title,
            kind="text" if grey else FIELD_KINDS[item.kind],
            width=WIDTH,
            required=item.key in self.changes.filled,
            choices=item.table.items() if coded else (),
            readonly=grey,
            help=GREY if grey else "",
        )

    def values(self) -> Mapping[str, str]:
        """Return what stands in the fields: the new value where there is one."""
        facts = self._facts
        registered = {} if facts is None else facts.values
        shown = {ACCOUNT: "" if facts is None else facts.account_no}
        for item in self.changes.items:
            present = registered.get(item.key, "")
            if item.key not in self.changes.editable:
                shown[item.key] = item.display(present)
            elif item.key in self._new:
                shown[item.key] = item.registered(self._new[item.key])
            else:
                shown[item.key] = present
        return shown

    def commit(self, key: str, text: str) -> CellResult:
        """Take a value; one that its check refuses stays under the cursor."""
        if key == ACCOUNT:
            return self._take_person(text.strip())
        item = self.changes.item(key)
        if item is None or (self._facts is None and text == ""):
            return CellResult(True)
        if self._facts is None:
            return CellResult(False, f"请先选定职工，{HOW}。" if self.picks else NOT_READ)
        old = item.display(self._facts.values.get(key, ""))
        values: dict[str, str] = {ITEM: key}
        row = {**self._who, ITEM: key, OLD: old, NEW: text}
        found = [one for one in self.changes.check(row, values, None, self.context) if one.field == NEW]
        same = any(one.code == "fact.same" for one in found)
        if wrong := [one for one in errors(found) if one.code != "fact.same"]:
            return CellResult(False, wrong[0].text)
        return self._store(item, {**row, NEW: values[NEW]}, same)

    def _store(self, item: Item, row: dict[str, str], same: bool) -> CellResult:
        """Put the change of an item into the roster, or take it back where it has its old value again."""
        new, known = row[NEW], self._new.get(item.key)
        if (known is None) if same else (known == new):
            return CellResult(True, text=item.registered(new))
        if told := self._put(item.key, None if same else row):
            return CellResult(False, told)
        if same:
            del self._new[item.key]
        else:
            self._new[item.key] = new
        return CellResult(True, text=item.registered(new))

    def _take_person(self, account: str) -> CellResult:
        if self._facts is not None and self._facts.account_no == account:
            return CellResult(True, text=account)
        if not account:
            self._facts, self._new = None, {}
            return CellResult(True)
        if self._read is None or self._read.account_no != account:
            return CellResult(False, f"{HOW}后按回车选定职工，或按 F4 选择。")
        self.taken(self._read)
        return CellResult(True, text=account)

    def taken(self, facts: RegisteredFacts) -> None:
        """Called when another person is taken; the screen adds the changes of the roster."""
        self._facts, self._new = facts, {}

    def preview(self, key: str, text: str) -> Mapping[str, str]:
        """Empty the items while another person is being typed."""
        if key != ACCOUNT or self._facts is None or text.strip() == self._facts.account_no:
            return {}
        return dict.fromkeys((item.key for item in self.changes.items), "")

    def note(self, key: str) -> str:
        """Mark what is to be changed."""
        return ""

    def clear(self) -> None:
        """Forget the person; the unit's items stay, as does the roster (W-02)."""
        if self.picks:
            self._facts, self._new = None, {}
