"""单位信息变更 and 缴存人信息变更: registered items over the live 待变更清册 (U-01 to U-09, P-01 to P-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from client.errors import AuthExpired, ClientError
from domain.business import AccountStatus, Business, CheckContext, KnownAccount, PersonFacts
from domain.businesses.facts import ITEM
from domain.idnumber import same_person_key
from screens.business_screen import BusinessScreen
from screens.entry_model import EntryModel
from screens.fact_entry import ACCOUNT, FactEntry
from screens.roster_model import RosterModel
from tui.keys import ActionRequested
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.store.depositors import Depositor
    from client.store.rows import StoredRow
    from domain.facts_wire import RegisteredFacts

ONE_BY_ONE = "此业务逐项录入，不能从文件导入或粘贴多行。"
HALF_FIELD, HALF_TEXT, HALF_ACCOUNT = "@field", "@typed", "@account"


def _open(row: StoredRow) -> bool:
    """Whether a row is neither deleted nor on its way."""
    return row.state == "draft" and row.change != "deleted"


class FactScreen(BusinessScreen):
    """The form of present values; a changed item stands in the roster as soon as its field is left."""

    FORM_KEYS: ClassVar[tuple[str, ...]] = (
        *("help", "prompt", "refresh", "add_row", "check", "submit", "back"),
    )
    GRID_KEYS: ClassVar[tuple[str, ...]] = (
        *("help", "refresh", "add_row", "check", "submit", "delete_row", "back", "print"),
    )
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "栏中是中心已登记的信息；改动一栏后按回车，这一项就列入下面的待变更清册。",
        "灰色的栏只能到中心柜台变更；改回原来的内容，或在清册中按删除键，就取消这一项。",
        "F6 到清册逐项核对，再按 F6 回到录入栏；提交后不能再改，要改只能再办一次。",
    )

    def __init__(self, business_id: str) -> None:
        super().__init__(business_id)
        self._row_ids: dict[str, int] = {}
        self._read: dict[str, RegisteredFacts] = {}

    def entry_model(self, business: Business, context: CheckContext) -> EntryModel:
        """Return the items as the form shows them."""
        self._items = FactEntry(business, context, self._put)
        return self._items

    def label(self, action: str) -> tuple[str, str]:
        """Return the center's words; what a deletion means here."""
        if action == "add_row":
            return self._words.record, f"从录入栏到{self._words.queue}核对；在清册中则回到录入栏。"
        if action == "delete_row":
            return "取消变更", "取消光标所在的一项变更，栏中恢复原来的内容。"
        return super().label(action)

    def show_facts(self) -> None:
        """Draw the line of facts: whose information it is."""
        context = self.desk.service.context
        hours = self.state.context.hours if self.state.context is not None else ""
        parts = [f"业务年月 {context.month}", context.unit.name, f"受理 {hours}" if hours else ""]
        self._info.show("  ".join(part for part in parts if part))

    # ---- opening -------------------------------------------------------------------------------------

    async def opened(self, **args: Any) -> None:
        """Read what is registered and take up what was left."""
        self._read, self._row_ids = {}, {}
        await super().opened(**args)
        if not self.has_desk:
            return
        self.desk.service.people = self._with_facts
        draft = await in_thread(self.desk.drafts.load, self.draft_name)
        account = draft.get(HALF_ACCOUNT, "")
        if account or not self._items.picks:
            await self._show_facts_of(account)
        self._form.type_on(draft.get(HALF_FIELD, ""), draft.get(HALF_TEXT, ""))

    async def _show_facts_of(self, account: str) -> None:
        """Read what is registered and show it with the changes of the roster."""
        told = await self._fetch(account)
        facts = self._read.get(account)
        self._items.load(facts, await in_thread(self._rows))
        if facts is not None:
            self._items.offer(facts)
        self._form.rebuild()
        if told:
            self.status(told, kind="error", beep=True)
        elif facts is not None:
            await self._judge_again()
            count = await in_thread(self.desk.store.count, self.desk.service.roster_id)
            self.status(self._opening_words(count, False))
            self._tell_pending(facts)

    async def _fetch(self, account: str) -> str:
        """Ask the center for what is registered; returns why that was not possible."""
        client, unit = self.state.session().client, self.state.unit
        try:
            if account:
                facts = await self.busy("正在读取登记信息…", client.person_facts, unit, account)
            else:
                facts = await self.busy("正在读取登记信息…", client.unit_facts, unit)
        except AuthExpired:
            raise
        except ClientError as error:
            return error.sentence
        self._read[account] = facts
        return ""

    async def _judge_again(self) -> None:
        """Check the rows of the roster against what is registered now."""
        await in_thread(self.desk.recheck)
        self._follow()

    def _tell_pending(self, facts: RegisteredFacts) -> None:
        rules = self.desk.business.rules
        text = getattr(rules, "pending_text", "")
        if self.business_id in facts.unfinished and text:
            self.status(text, kind="error", beep=True)

    def _with_facts(
        self, context: CheckContext, business: Business, rows: Sequence[Mapping[str, str]]
    ) -> CheckContext:
        """A context with what was read of the unit or of the people of some rows, over the copy of people."""
        context = self.desk.people(context, business, rows)
        own = self._read.get("")
        if own is not None:
            unit = replace(context.unit, details=own.values, unfinished=frozenset(own.unfinished))
            return replace(context, unit=unit)
        read = [self._read[number] for row in rows if (number := row.get(ACCOUNT, "")) in self._read]
        if not read:
            return context
        people = {same_person_key(facts.id_number): self._person(facts, context) for facts in read}
        by_account = {facts.account_no: same_person_key(facts.id_number) for facts in read}
        return replace(context, people=people, by_account=by_account)

    @staticmethod
    def _person(facts: RegisteredFacts, context: CheckContext) -> PersonFacts:
        account = KnownAccount(context.unit.account, facts.account_no, AccountStatus(facts.status))
        return PersonFacts(
            (account,), frozenset(facts.unfinished), facts.name, facts.id_number, details=facts.values
        )

    # ---- whose items ---------------------------------------------------------------------------------

    async def read_person(self, person: Depositor) -> str:
        """Read what is registered of a person who was chosen."""
        told = await self._fetch(person.account_no)
        if not told:
            self._items.offer(self._read[person.account_no])
        return told

    # ---- the roster ----------------------------------------------------------------------------------

    def _rows(self) -> list[StoredRow]:
        """The changes that can still be taken back; remembers where each stands."""
        desk = self.desk
        rows = [row for row in desk.store.rows(desk.service.roster_id) if _open(row)]
        self._row_ids = {desk.business.duplicate_key(row.checked): row.row_id for row in rows}
        return rows

    def _put(self, item: str, row: Mapping[str, str] | None) -> str:
        """Store the change of an item of whom the form shows, or take it back; see `Put`."""
        service, facts = self.desk.service, self._items.facts
        who = {} if facts is None else {"id_number": facts.id_number, ACCOUNT: facts.account_no}
        key = service.business.duplicate_key({**who, ITEM: item})
        known = self._row_ids.get(key)
        try:
            if row is None:
                if known is not None:
                    service.delete([self._row_ids.pop(key)])
                self.status("已取消这一项变更。")
            elif known is not None:
                service.edit(known, row)
                self.status(f"{self._words.recorded}。", kind="good")
            else:
                self._row_ids[key] = service.add(row).row_id
                self.status(f"{self._words.recorded}。", kind="good")
        except ClientError as error:
            return error.sentence
        self._follow()
        return ""

    def _follow(self) -> None:
        """Show the rows of the roster as they are; there are few."""
        if isinstance(model := self._grid.model, RosterModel):
            model.follow()
        self._grid.reload()

    async def _show_again(self) -> None:
        """Show form and roster as they stand in the store."""
        facts = self._items.facts
        now = None if facts is None else self._read.get(facts.account_no, facts)
        self._items.load(now, await in_thread(self._rows))
        self._form.reread()
        self._follow()

    # ---- actions -------------------------------------------------------------------------------------

    async def perform(self, request: ActionRequested) -> None:
        """Nothing comes from files here; what was undone stands in the form again."""
        before = self._items.facts
        if request.action in ("paste_pad", "paste"):
            self.status(ONE_BY_ONE, kind="warning", beep=True)
            return
        await super().perform(request)
        if self.has_desk and request.action in ("undo", "redo", "run_options", "delete_row"):
            await self._show_again()
        elif self.has_desk and self._items.facts is not before and request.action in ("pick", "prompt"):
            await self._after_choice()

    async def _after_choice(self) -> None:
        """Add the changes that the roster already has of the person who was taken."""
        facts = self._items.facts
        if facts is not None:
            await self._show_again()
            await self._judge_again()
            self._tell_pending(facts)

    async def _record(self) -> None:
        """Every field is accepted and stands in the roster: look it over."""
        await self._saver.finish()
        count = await in_thread(self.desk.store.count, self.desk.service.roster_id)
        if not count:
            self.status("没有改动任何一项，请修改要变更的栏。", kind="warning", beep=True)
            return
        self.focus_key(self._grid)
        self.status(f"{self._words.queue}中有 {count} 项，核对无误后按“{self._words.submit}”。")

    async def _refresh(self) -> None:
        """Read what is registered again, and check the roster."""
        await self._read_again()
        await super()._refresh()

    async def _read_again(self) -> str:
        """Read anew whatever the form and the roster are about; returns why that was not possible."""
        told = ""
        if not self._items.picks:
            told = await self._fetch("")
        else:
            for account in sorted({row.checked.get(ACCOUNT, "") for row in await in_thread(self._rows)}):
                told = told or (await self._fetch(account) if account else "")
            if (facts := self._items.facts) is not None and not told:
                told = await self._fetch(facts.account_no)
        if self._items.facts is None and not self._items.picks and "" in self._read:
            self._items.load(self._read[""], ())
        await self._show_again()
        return told

    async def submit(self) -> None:
        """Submit all changes; none while another one is under way (U-07, P-07)."""
        await self._read_again()
        await self._judge_again()
        pending = next((one for one in self._read.values() if self.business_id in one.unfinished), None)
        if pending is not None and await in_thread(self._has_rows_of, pending):
            self._tell_pending(pending)
            return
        await super().submit()

    def _has_rows_of(self, facts: RegisteredFacts) -> bool:
        return any(row.checked.get(ACCOUNT, "") == facts.account_no for row in self._rows())

    async def _take_back(self) -> None:
        """After an answer of the center show what is registered by now."""
        await super()._take_back()
        if self._desk is None or not self.on_top:
            return
        facts = self._items.facts
        if facts is not None:
            client, unit, account = self.state.session().client, self.state.unit, facts.account_no
            try:
                now = (
                    await in_thread(client.person_facts, unit, account)
                    if account
                    else await in_thread(client.unit_facts, unit)
                )
            except ClientError:
                return
            self._read[account] = now
            if self._items.facts is facts:
                await self._show_again()

    # ---- drafts --------------------------------------------------------------------------------------

    def _snapshot(self) -> dict[str, str]:
        """Whom the form shows, and the field that is half typed; changes stand in the roster."""
        key = self._form.current
        typed = str(self._form.snapshot().get(key, ""))
        facts = self._items.facts
        kept = {HALF_ACCOUNT: facts.account_no} if facts is not None and facts.account_no else {}
        if typed != self._items.values().get(key, ""):
            kept |= {HALF_FIELD: key, HALF_TEXT: typed}
        return kept

    async def returned(self, result: Any) -> None:
        """Read the rows again: some may have been sent."""
        await super().returned(result)
        if self._desk is not None:
            await self._show_again()
