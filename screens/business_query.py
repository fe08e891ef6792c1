"""The query of a business: batches of a month or a span with their people, or accounts by day of opening.

Rows O-09, O-18, O-19, Q-06, Q-11, Q-13, Q-18, S-14 of the feature matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from domain.businesses.registry import declare
from screens.app import AppScreen
from screens.business_rows import (
    COUNTS,
    LATE_NOTE,
    STATES,
    account_columns,
    account_rows,
    batch_columns,
    batch_rows,
    fetch_accounts,
    fetch_rows,
    result_columns,
    result_rows,
    rows_about,
)
from screens.business_titles import screen_title
from screens.kept_rows import KeptRows
from screens.options import OptionRun, offered
from screens.person_pick import PersonPick
from screens.query_conditions import Conditions
from screens.query_export import export_accounts, export_people
from screens.roster_parts import Heading, QueueGrid, RowsModel
from tui.keys import ActionRequested
from tui.progress import in_thread

if TYPE_CHECKING:
    from domain.business import Business
    from domain.rules import QueryMode
    from domain.wire import AccountRow, BatchSummary, RowResult
    from screens.state import StateEvent

TITLES: Final = {"": "全部", "ok": "成功", "failed": "失败", "open": "待确认"}


class BusinessQueryScreen(AppScreen):
    """Conditions, the batches that meet them, and below the people of the chosen count."""

    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "next_field",
        "accept",
        "refresh",
        "columns",
        "print",
        "back",
    )
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "accept": ("查询", "在条件栏中查询；在批次的某个笔数上，显示该状态的人员。"),
        "refresh": ("查询", "按条件再查一次。"),
        "print": ("导出", "把查到的明细导出为表格文件。"),
    }

    def __init__(self, business_id: str) -> None:
        super().__init__()
        self.business_id = business_id
        self._batches: Sequence[BatchSummary] = ()
        self._chosen: BatchSummary | None = None
        self._state = ""
        """State of the people shown, "" for all."""
        self._results = KeptRows()
        self._accounts: list[AccountRow] = []
        self.option_run = OptionRun(self, self._option, lambda key: self._batches[int(key)].serial)

    # ---- picture -----------------------------------------------------------------------------------

    @property
    def _business(self) -> Business:
        return declare(self.business_id, self.state.profile)

    def _business_of(self, batch: BatchSummary) -> Business:
        """The declaration of a batch: its query may list several businesses (Q-12)."""
        return declare(batch.business, self.state.profile)

    @property
    def _listed(self) -> list[str]:
        """The businesses the query lists."""
        return [self.business_id, *self._business.rules.query_with]

    @property
    def _kind(self) -> bool:
        """Whether a column tells the businesses apart."""
        return bool(self._business.rules.query_kind)

    @property
    def _mode(self) -> QueryMode:
        return self._business.rules.query

    def body(self) -> ComposeResult:
        """Put the conditions over one or two grids."""
        profile = self.state.profile
        self._asked_for = Conditions(self._business)
        self._picking = PersonPick(self, self._asked_for.values.take)
        self._form = self._asked_for.form
        yield self._form
        self._head = Heading("查询结果")
        if self._mode == "accounts":
            terms = profile.terms
            columns = account_columns(terms.get("account_no", "账号"), terms.get("base", "缴存基数"))
            self._top = QueueGrid(RowsModel(columns))
            yield self._head
            yield self._top
            return
        rules = self._business.rules
        self._top = QueueGrid(RowsModel(batch_columns(rules.day_title, rules.amount_title, rules.query_kind)))
        self._top.styles.height = 8
        self._top.set_options(offered("5", "7"))
        self._below = Heading("明细")
        unit = self.state.session().unit_facts()
        self._people = QueueGrid(RowsModel(result_columns(self._business, unit)))
        yield self._head
        yield self._top
        yield self._below
        yield self._people

    def screen_title(self) -> str:
        """Return the module's title at this center."""
        name, modules = f"query:{self.business_id}", self.state.profile.home.modules
        own = (m.title for m in modules if m.screens == (name,))
        return next(own, screen_title(name, self.state.profile))

    def key_bar_actions(self) -> Sequence[str]:
        """Leave out what the pane with the focus does not do; people may be asked for by name."""
        asking = self.focused is self._form
        names = list(self.KEY_BAR)
        if self._mode == "accounts":
            names.insert(1, "prompt")
        return [name for name in names if asking or name != "prompt" if not asking or name != "columns"]

    def screen_actions(self) -> frozenset[str]:
        """Return the keys that walk between the panes as well."""
        return super().screen_actions() | {"previous_field"}

    def help_text(self) -> Sequence[str]:
        """Say how the panes work together."""
        if self._mode == "accounts":
            return ("录入开户日期的起止，或者选定一名职工，回车查询。",)
        return (
            "录入条件后回车查询；在批次的某个笔数上回车，下面显示该状态的人员。",
            "状态分待确认、处理中、成功、失败；只有成功的才办成了。",
            LATE_NOTE,
        )

    # ---- opening -----------------------------------------------------------------------------------

    async def opened(self, **args: Any) -> None:
        """Set the conditions to the present month and ask at once."""
        context = self.state.context
        if context is None:
            raise AuthExpired
        self._asked_for.reset(context.month, date.fromisoformat(context.today))
        self._forget()
        await self._query()

    def keep(self) -> dict[str, Any]:
        """Keep which people are shown as well."""
        chosen = self._chosen.submission_id if self._chosen is not None else ""
        return {**super().keep(), "chosen": chosen, "state": self._state}

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Ask with the conditions that stood there, and show the same people."""
        before = dict(self._asked_for.values.values())
        await super().take_up(kept)
        if dict(self._asked_for.values.values()) != before:
            await self._query()
        ids = [batch.submission_id for batch in self._batches]
        if kept.get("chosen") in ids:
            await self._read_people(self._batches[ids.index(kept["chosen"])], str(kept.get("state") or ""))
        await super().take_up(kept)

    def _forget(self) -> None:
        self._batches, self._accounts = (), []
        self._no_people()
        self._top.set_model(RowsModel(self._top.model.columns))

    def _no_people(self) -> None:
        self._chosen, self._results = None, KeptRows()
        if self._mode != "accounts":
            self._below.show("明细")
            self._people.set_model(RowsModel(self._people.model.columns))

    async def perform(self, request: ActionRequested) -> None:
        """Ask, open a count, export, walk between the panes."""
        if await self._picking.answer(request):
            return
        match request.action:
            case "record":
                await self._query()
            case "refresh":
                self._ask_again()
            case "next_field" | "previous_field":
                self._walk(1 if request.action == "next_field" else -1)
            case "run_options":
                await self.run_options(request.payload["options"])
            case "open" if request.widget is self._top and self._mode != "accounts":
                await self._open_count(int(request.payload["index"]))
            case "open":
                await self._show_whole(request)
            case "print":
                await self._export()
            case _:
                await super().perform(request)

    def _ask_again(self) -> None:
        """Ask with the conditions as they stand, the one being typed included; a wrong one is shown."""
        if not self._form.complete():
            self.focus_key(self._form)

    def _walk(self, by: int) -> None:
        panes = [self._form, self._top] + ([self._people] if self._mode != "accounts" else [])
        at = next((n for n, pane in enumerate(panes) if pane is self.focused), 0)
        self.focus_key(panes[(at + by) % len(panes)])

    async def _show_whole(self, request: ActionRequested) -> None:
        grid = request.widget
        if isinstance(grid, QueueGrid):
            row = next(iter(grid.model.window(int(request.payload["index"]), 1)), None)
            if row is not None:
                pairs = zip(grid.model.columns, row.cells, strict=False)
                await self.tell("明细", [f"{column.title}：{text}" for column, text in pairs if text])

    # ---- asking --------------------------------------------------------------------------------------

    async def _query(self) -> None:
        try:
            if self._mode == "accounts":
                await self._query_accounts()
            else:
                await self._query_batches()
        except AuthExpired:
            raise
        except ClientError as error:
            lead = self.state.profile.messages.get("receive_failed", "查询没有完成")
            await self._from_cache()
            self.status(f"{lead}：{error.sentence}", kind="error", beep=True)

    async def _ask_batches(self) -> list[BatchSummary]:
        """The batches that meet the conditions, newest first."""
        client, unit = self.state.session().client, self.state.unit
        found: list[BatchSummary] = []
        for business in self._listed:
            if self._mode == "month":
                month = self._asked_for.month
                answer = await self.reading("正在查询…", client.submissions, unit, business, month=month)
            else:
                first, last = self._asked_for.span()
                answer = await self.reading(
                    "正在查询…",
                    client.submissions,
                    unit,
                    business,
                    start=first,
                    end=last,
                    about=self._asked_for.about(),
                )
            found += answer.batches
        return sorted(found, key=lambda batch: batch.serial, reverse=True) if len(self._listed) > 1 else found

    async def _query_batches(self) -> None:
        batches = await self._ask_batches()
        await in_thread(self._keep, batches)
        self._show_batches(batches)

    def _keep(self, batches: Sequence[BatchSummary]) -> None:
        from client.store.caches import BatchCache

        BatchCache(self.state.database(), self.state.scope()).put(batches)

    async def _from_cache(self) -> None:
        """Without a connection: what an earlier query told of the month."""
        if self._mode == "month":
            from client.store.caches import BatchCache

            cache = BatchCache(self.state.database(), self.state.scope())
            known = await in_thread(cache.month, self._asked_for.month)
            self._show_batches([one for one in known if one.business in self._listed])

    def _show_batches(self, batches: Sequence[BatchSummary]) -> None:
        self._batches = batches
        self._no_people()
        footer = self._batch_footer()
        self._top.set_model(
            RowsModel(self._top.model.columns, batch_rows(batches, kind=self._kind), footer=footer)
        )
        if batches:
            self._top.goto(0, "all")
            self.focus_key(self._top)
            self.status("在某个笔数上按回车，下面显示该状态的人员。")
        else:
            self.status(self._nothing(), kind="warning")

    def _batch_footer(self) -> str:
        return f"共 {len(self._batches)} 批  {sum(batch.total for batch in self._batches)} 笔"

    def _nothing(self) -> str:
        return self.state.profile.messages.get("not_found", "没有查到记录，请核对条件。")

    async def _query_accounts(self) -> None:
        first, last = self._asked_for.span()
        account = self._asked_for.account_no
        stop: list[bool] = []
        say = self.shell.progress.say
        self._accounts = await self.busy(
            "正在查询…",
            fetch_accounts,
            self.state.session().client,
            self.state.unit,
            first,
            last,
            lambda count: say(f"正在查询… {count} 户"),
            lambda: bool(stop),
            account,
            on_cancel=lambda: stop.append(True),
        )
        rows = account_rows(self._accounts, mask=self.state.settings.screen.mask_id)
        footer = f"共 {len(rows)} 户"
        self._top.set_model(RowsModel(self._top.model.columns, rows, footer=footer))
        if rows:
            self.focus_key(self._top)
            what = f"账号 {account}" if account else f"{first} 至 {last} 开户 {len(rows)} 户"
            self.status(f"{what}。" if not stop else "查询已停止，只显示一部分。")
        else:
            self.status(self._nothing(), kind="warning")

    async def _option(self, key: str, digit: str) -> str:
        """5 shows the people of a batch, 7 exports them."""
        batch = self._batches[int(key)]
        await self._read_people(batch, "")
        if digit == "7":
            await self._export()
        said = f"{batch.serial} {len(self._results)} 笔。"
        if digit == "5" and self.option_run is not None and self.option_run.waiting:
            people = [
                f"{one.row} {one.values.get('name', '')} {STATES[one.state]} {one.reason}"
                for one in self._results[:8]
            ]
            await self.tell("明细", [said, "", *people, "", "按回车看下一笔。"])
        return said

    async def _open_count(self, index: int) -> None:
        """Show the people of the count under the cursor."""
        batch = self._batches[index]
        state = COUNTS.get(self._top.cursor[1], "")
        await self._recount()
        ids = [one.submission_id for one in self._batches]
        if batch.submission_id in ids:
            index = ids.index(batch.submission_id)
            batch = self._batches[index]
            self._top.goto(index)
        await self._read_people(batch, state)

    async def _recount(self) -> None:
        """Read the counts again, so that they and the people below are of the same moment."""
        self._batches = await self._ask_batches()
        await in_thread(self._keep, self._batches)
        model = self._top.model
        if isinstance(model, RowsModel):
            model.rows = batch_rows(self._batches, kind=self._kind)
            model.tell(self._batch_footer())
            self._top.reload()

    async def _read_people(self, batch: BatchSummary, state: str) -> None:
        stop: list[bool] = []
        say = self.shell.progress.say
        results = await self.busy(
            "正在读取明细…",
            fetch_rows,
            self.state.session().client,
            self.state.unit,
            batch.submission_id,
            state,
            lambda count: say(f"正在读取明细… {count} 人"),
            lambda: bool(stop),
            on_cancel=lambda: stop.append(True),
        )
        results = await in_thread(rows_about, results, self._asked_for.about())
        self._chosen, self._results, self._state = batch, results, state
        self._show_people(state)
        if stop:
            self.status("读取已停止，只显示一部分，导出的也只有这一部分。", kind="warning")

    def _show_people(self, state: str) -> None:
        assert self._chosen is not None
        results = self._results
        self._below.show(f"{self._chosen.serial} {TITLES[state]} {len(results)} 笔")
        business = self._business_of(self._chosen)
        columns = result_columns(business, self.state.session().unit_facts())
        rows = result_rows(business, results, mask=self.state.settings.screen.mask_id)
        late = results.late
        footer = LATE_NOTE if late else f"共 {len(results)} 笔"
        notes = partial(_reason, results)
        self._people.set_model(RowsModel(columns, rows, footer=footer, notes=notes))
        if results:
            self.focus_key(self._people)
            self.status(LATE_NOTE if late else f"{TITLES[state]}：{len(results)} 笔。")
        else:
            self.status(self._nothing(), kind="warning")

    # ---- files ---------------------------------------------------------------------------------------

    async def _export(self) -> None:
        """Export what is shown (O-18)."""
        context = self.state.context
        if context is None:
            raise AuthExpired
        day = date.fromisoformat(context.today)
        if self._mode == "accounts" and self._accounts:
            titles = [column.title for column in self._top.model.columns]
            await export_accounts(self, self._accounts, titles, day)
        elif self._mode == "accounts":
            self.status(self._nothing(), kind="warning", beep=True)
        elif self._chosen is None:
            self.status("请先在某个笔数上按回车，再导出明细。", kind="warning", beep=True)
        else:
            await export_people(self, self._business_of(self._chosen), self._chosen, self._results, day)

    def state_changed(self, event: StateEvent) -> None:
        """Say that results have come in."""
        super().state_changed(event)
        news = event.kind == "inbox" and event.poll is not None and (event.poll.items or event.poll.jobs)
        if news and self.on_top and self._mode != "accounts":
            self.news("中心有新的处理结果，按 F5 查询。")


def _reason(results: Sequence[RowResult], index: int) -> str:
    """The sentence about a person in the list."""
    if index >= len(results):
        return ""
    result = results[index]
    if result.reason:
        return result.reason
    return f"{STATES[result.state]}，{LATE_NOTE[2:]}" if result.highlight else ""
