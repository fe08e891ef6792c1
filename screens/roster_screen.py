"""The roster screen every business shares: what is done with the form and the pending roster.

A business's own module says which declaration, which words, and how it is submitted and imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from client.errors import ClientError
from client.store.rows import CENTER_FAILED
from domain.findings import Finding, errors
from screens.entry_model import INTO, PERSON
from screens.paste_flow import PasteFlow
from screens.person_pick import PersonPick
from screens.roster_check import RosterChecks
from screens.roster_desk import RosterDesk, facts_line, month_text
from screens.roster_drafts import DraftSaver
from screens.roster_model import RosterModel, describe, money_text
from screens.roster_parts import begin
from screens.roster_rows import RosterRows
from screens.roster_view import RosterView
from tui.form import Form
from tui.grid import Grid
from tui.grid_work import work_on
from tui.keys import ActionRequested, KeyWidget
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.store.depositors import Depositor
    from domain.business import CheckContext
    from screens.state import StateEvent


class RosterScreen(RosterView):
    """Form and roster of one business at work: stored rows, what is half typed, what each key does."""

    def __init__(self) -> None:
        super().__init__()
        self._desk: RosterDesk | None = None
        self.checks = RosterChecks(self)
        self.rows = RosterRows(self)
        self.pasting = PasteFlow(self)

    def body(self) -> ComposeResult:
        """Put what works with the panes behind them."""
        yield from super().body()
        self._picking = PersonPick(self, self._take_person, self.read_person, self._whom)
        self._saver = DraftSaver(self, self._snapshot, self._keep_draft)

    def chosen_for_all(self) -> dict[str, Any]:
        """Return what was chosen for all pasted rows, as JSON values."""
        return {}

    async def paste_context(self, chosen: Mapping[str, Any] | None = None) -> CheckContext | None:
        """How pasted rows are judged, after what must be chosen for them; None when it was not.

        With `chosen` it has been, in an earlier run.
        """
        return replace(self.desk.service.context, source=self.pasted_as)

    # ---- opening and leaving -------------------------------------------------------------------------

    @property
    def has_desk(self) -> bool:
        """Whether the roster is open."""
        return self._desk is not None

    def works_with(self, desk: RosterDesk) -> bool:
        """Whether the roster of `desk` is still the one that is open."""
        return self._desk is desk

    @property
    def desk(self) -> RosterDesk:
        """What the screen works with. Raises AuthExpired when the roster could not be opened."""
        if self._desk is None:
            from client.errors import AuthExpired

            raise AuthExpired
        return self._desk

    @property
    def draft_name(self) -> str:
        """Name under which the half-typed form is kept."""
        return f"{self.desk.business.id} {self.source}"

    async def opened(self, **args: Any) -> None:
        """Open the stored roster and take up the form where it was left."""
        profile = self.state.profile
        self._desk = None
        try:
            desk = await self.busy(
                "正在打开清册…", RosterDesk, self.state, self.business(profile), self.source
            )
            self._desk = desk
            if self.with_form and self._entry.picks:
                await self._picking.prepare()
                desk.people.forget()
            if desk.stale:
                await self.checks.recheck(keep=CENTER_FAILED)
            draft = await in_thread(desk.drafts.load, self.draft_name)
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        self.checks.forget()
        self.pasting.forget()
        model = self.rows_of(desk)
        self._grid.set_model(model)
        if self.with_form:
            self._entry.reset(desk.business, desk.service.context)
            if self._entry.picks:
                await self._picking.recall(draft.get(PERSON, ""))
            self._form.rebuild()
            self._form.load({key: text for key, text in draft.items() if not key.startswith("@")})
        self._resume_cell(draft)
        if self._grid.draft is None:
            await in_thread(model.drop_opened)
            self._grid.reload()
        # Keys struck without looking begin in the same place, wherever the screen was left.
        self.focus_key(self._form if self.with_form and self._grid.draft is None else self._grid)
        self.show_facts()
        count = self._grid.model.count()
        words = self._opening_words(count, any(draft.values()))
        if words or not self._entry.picks:
            self.status(words)

    def rows_of(self, desk: RosterDesk) -> RosterModel:
        """Return the rows of the roster as its grid shows them."""
        mask = self.state.settings.screen.mask_id
        model = RosterModel(desk.service, amount_title=self._words.amount, narrow=self._beside, mask=mask)
        if self._entry.picks:
            model.resolve = desk.people.told_by
        return model

    def _opening_words(self, count: int, draft: bool) -> str:
        told = [f"{self._words.queue}中有 {count} 条记录"] if count else []
        kept = ["上次没有录完的内容已恢复"] if draft and self.with_form else []
        return f"{'，'.join(told + kept)}。" if told or kept else ""

    def show_facts(self) -> None:
        """Draw the line of facts anew."""
        context, service = self.state.context, self.desk.service
        base = next((column.title for column in self.desk.business.columns if column.key == "base"), "")
        hours = context.hours if context is not None else ""
        red = month_text(service.context) if self.desk.business.rules.month_in_red else ""
        self._info.show(facts_line(service.context, base, hours), red=red)

    async def may_leave(self) -> bool:
        """Keep what is half typed; rows are in the store already."""
        await self._saver.finish()
        return True

    async def returned(self, result: Any) -> None:
        """Read the rows again: a screen above may have changed them."""
        if self._desk is not None:
            await self.rows.follow()
            if self.pasting.waits:
                self.run_gated(lambda: self.pasting.returned(result))

    def closing(self) -> None:
        """Keep what is half typed; the terminal is gone."""
        if self._desk is not None:
            self._keep_draft(self._snapshot())

    def keep(self) -> dict[str, Any]:
        """Keep the order of the rows and what is left out of them as well."""
        model = self._grid.model
        return {**super().keep(), "view": model.kept_view() if isinstance(model, RosterModel) else None}

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Show the rows in that order, with the row the cursor was in among them."""
        model, view = self._grid.model, kept.get("view")
        if isinstance(model, RosterModel) and isinstance(view, dict):
            rows = [self._grid.snapshot()["row_id"], *(one.get("row") for one in kept.get("widgets") or ())]
            await in_thread(model.take_view, view, [row for row in rows if isinstance(row, int)])
            self._grid.reload()
        await super().take_up(kept)
        if self._grid.draft is not None:
            # A half-typed cell is stored at once, the place a moment later: the next key is the cell's.
            self.focus_key(self._grid)

    def step(self, name: str) -> dict[str, Any] | None:
        """Keep what was pasted while its preview is open."""
        return self.pasting.step() if name == "paste_review" else None

    async def step_again(self, name: str, step: Mapping[str, Any]) -> None:
        """Read and check the same text again."""
        if name == "paste_review" and self._desk is not None:
            await self.pasting.again(step)

    def keep_of(self, widget: KeyWidget) -> dict[str, Any]:
        """Leave out what is half typed: it is kept as the roster's draft, which knows what was recorded."""
        return {key: kept for key, kept in widget.whereabouts().items() if key not in ("texts", "text")}

    # ---- drafts --------------------------------------------------------------------------------------

    def _snapshot(self) -> dict[str, str]:
        """What is half typed: the form's fields, and the cell under edit."""
        kept: dict[str, str] = {}
        if self.with_form:
            entered = {field.key for field in self._entry.fields() if field.entered}
            kept = {key: str(text) for key, text in self._form.snapshot().items() if key in entered and text}
        if (cell := self._grid.draft) is not None:
            model = self._grid.model
            row = model.place_of(cell[0]) if isinstance(model, RosterModel) else cell[0]
            kept |= {"@row": str(row), "@column": cell[1], "@text": cell[2]}
        return kept

    def _keep_draft(self, typed: dict[str, str]) -> None:
        if self._desk is not None:
            self._desk.drafts.save(self.draft_name, typed)

    def _resume_cell(self, draft: dict[str, str]) -> None:
        if draft.get("@row", "").isdecimal():
            self._grid.resume(int(draft["@row"]), draft.get("@column", ""), draft.get("@text", ""))

    def on_form_changed(self, message: Form.Changed) -> None:
        """Keep the form soon, and at once when another field is being typed in."""
        self._saver.changed(message.key)

    def on_grid_editing_changed(self, message: Grid.Changed) -> None:
        """Keep the cell under edit."""
        if self._grid.draft is not None or self._saver.has_cell:
            self._saver.changed("@cell")

    # ---- actions -------------------------------------------------------------------------------------

    async def perform(self, request: ActionRequested) -> None:
        """Do what a key asks for."""
        if self._desk is None and request.action not in ("help", "back", "exit", "redraw"):
            self.status("清册没有打开，请返回后重新进入。", kind="error", beep=True)
            return
        if await self._picking.answer(request):
            if self._beside and request.widget is self._form:
                self._notes.show(self._form.refusal, wrong=True)
            return
        match request.action:
            case "record":
                await self._record()
            case "add_row":
                self._add()
            case "next_field" | "previous_field":
                self._other_pane()
            case "clear_form":
                self._form.clear_all()
                self._notes.show("")
                self.status("表单已清空，清册没有改动。")
            case "save":
                await self._save()
            case "check":
                await self.checks.run()
            case "refresh":
                await self._refresh()
            case "delete_row":
                await self.rows.delete()
            case "select_all":
                await self.rows.select_all()
            case "undo" | "redo":
                self.checks.forget()
                await work_on(self, request, self._grid)
            case "run_options":
                await self.rows.run_options(request.payload["options"])
            case "open":
                await self.rows.show(int(request.payload["index"]))
            case "print":
                await self.export()
            case "paste_pad":
                await self.import_menu()
            case "paste":
                await self.pasting.begin(request)
            case "submit":
                await self.submit()
            case _:
                await super().perform(request)

    def _take_person(self, person: Depositor | None, text: str) -> str:
        """Give a person chosen to the form; the copy may have been brought up to date for it."""
        if self._desk is not None:
            self._desk.people.forget()
        if self._form.current == INTO:
            return self._entry.take_into(person)
        return self._entry.take(person, text)

    def _whom(self) -> str:
        """Whom the empty field under the cursor asks for."""
        return self._entry.asked(self._form.current) if self.focused is self._form else ""

    def _add(self) -> None:
        if not self.with_form and self._grid.model.editable:
            self._grid.open_row()
        elif not self.with_form:
            self.status("此处的记录只能从文件导入，请按 F7。", beep=True)
        elif self.focused is self._form:
            self._form.complete()
        else:
            self.focus_key(self._form)

    def _other_pane(self) -> None:
        if self.with_form:
            self.focus_key(self._grid if self.focused is self._form else self._form)

    async def _save(self) -> None:
        await self._saver.finish()
        count = self._grid.model.count()
        self.status(f"已保存在本机：清册 {count} 条记录和没有录完的内容。", kind="good")

    async def _record(self) -> None:
        """Put the form into the roster when nothing is wrong with it (O-01, O-16, V-36)."""
        desk, check = self.desk, self._entry.check()
        if wrong := errors(check.findings):
            await self._refuse_record(wrong)
            return
        row = await in_thread(desk.service.add, self._entry.typed)
        if row.duplicate_of is not None:
            model = self._grid.model
            found = errors(model.findings_of(row) if isinstance(model, RosterModel) else ())
            await in_thread(desk.service.withdraw, row.row_id)
            await self._refuse_record(found)
            return
        self._next_row(row.typed)
        await self._saver.finish()
        await self.rows.follow()
        self._grid.goto_row(row.row_id)
        recorded = self._words.recorded.format(amount=money_text(row.amount))
        told = [finding.text for finding in row.findings]
        self._notes.show("；".join(told))
        if told and self._beside:
            self.status(f"{recorded}，数值有调整，见录入栏下的说明。", kind="warning")
        else:
            self.status("；".join([recorded, *told]), kind="warning" if told else "good")
        self.checks.ask_center([row.row_id])

    def _next_row(self, typed: Mapping[str, str]) -> None:
        """Empty the form but for what counts for the whole roster, such as 转入单位账号 (X-02)."""
        self._form.clear_all()
        kept = {key: typed.get(key, "") for key in self.desk.business.rules.on_screen}
        if kept:
            self._form.load(kept)
            first = next(one.key for one in self._entry.fields() if one.entered and one.key not in kept)
            self._form.focus_field(first)

    async def _refuse_record(self, wrong: Sequence[Finding]) -> None:
        columns = self.desk.business.columns
        texts = [describe(finding, columns) for finding in wrong]
        if len(texts) > 1:
            numbered = [f"{number}. {text}" for number, text in enumerate(texts, 1)]
            await self.tell("请改正后再录入", numbered)
        self.shell.bell()
        self._form.focus_field(self._entry.first_faulty(wrong), f"! {texts[0]}")
        self._notes.show(texts[0], wrong=True)

    async def _refresh(self) -> None:
        """Read facts and rows again and check them (W-03)."""
        desk, words = self.desk, self._words
        told = ""
        try:
            await self.reading("正在向中心查询…", desk.ask_facts)
        except ClientError as error:
            told = self.checks.unchecked(error)
        told = await self.checks.both(told)
        self._entry.use(desk.service.context)
        self.show_facts()
        await self.rows.follow()
        sums = await in_thread(desk.store.totals, desk.service.roster_id)
        amount = f"，{words.amount} {money_text(sums.amount)} 元" if words.amount else ""
        text = f"{words.queue}：{words.count} {sums.good}{amount}"
        bad = f"，错误 {sums.bad} 条" if sums.bad else ""
        first = f"{told.strip('（）')}；" if told else ""
        self.status(f"{first}{text}{bad}。", kind="warning" if told or sums.bad else "info")

    # ---- rows ----------------------------------------------------------------------------------------

    async def export(self) -> None:
        """Write the roster to a workbook; the business's module does it."""
        self.status("此清册不能导出。", beep=True)

    # ---- events --------------------------------------------------------------------------------------

    def state_changed(self, event: StateEvent) -> None:
        """Rows on their way may have been answered: read them again."""
        super().state_changed(event)
        if self._desk is not None and event.kind in ("outbox", "inbox"):
            begin(self, self._take_back, "take-back", exclusive=True)

    async def _take_back(self) -> None:
        desk = self._desk
        if desk is None:
            return
        try:
            count = await in_thread(desk.take_back_failed)
        except ClientError:
            return
        if self._desk is desk and self.is_mounted:
            await self.rows.follow()
            if count:
                text = f"中心退回 {count} 条记录，已放回{self._words.queue}，请按原因改正后重新申报。"
                self.news(text, kind="error", beep=True)
