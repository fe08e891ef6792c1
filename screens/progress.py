"""交易进度查询: how asynchronous businesses stand, live, and what went wrong in them (Y-01, Y-02, Y-03)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError, Refused
from domain.businesses.registry import declare
from screens.app import AppScreen
from screens.business_rows import BATCH_STATES, fetch_rows, write_failed
from screens.date_fields import check_period, parse_day, span_fields
from screens.fields import FieldsModel
from screens.file_choice import write_out
from screens.kept_rows import DrawnRows, KeptRows
from screens.options import OptionRun, offered
from screens.roster_parts import Heading, QueueGrid, RowsModel
from tui.form import Form
from tui.form_model import FormField
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from domain.wire import BatchSummary, RowResult
    from screens.state import StateEvent

SEVERAL: Final = 8
"""Errors of a transaction shown in a dialog when several are looked at one after the other."""
ALL: Final = ("0", "全部")
REVIEWED: Final = (ALL, ("1", "是"), ("2", "否"))
COLUMNS: Final = (
    GridColumn("serial", "业务流水号", 17),
    GridColumn("title", "交易名称", 12),
    GridColumn("reviewed", "复核", 4),
    GridColumn("declared", "办理时间", 10),
    GridColumn("state", "状态", 6),
    GridColumn("total", "总数", 6, align="right"),
    GridColumn("ok", "成功", 6, align="right"),
    GridColumn("failed", "失败", 6, align="right"),
)
FAILED_COLUMNS: Final = (
    GridColumn("row", "序号", 6, align="right"),
    GridColumn("name", "姓名", 12),
    GridColumn("id_number", "证件号码", 18),
    GridColumn("reason", "错误信息", 60),
)


class ProgressScreen(AppScreen):
    """Conditions that combine, the transactions that meet them, and the errors of the chosen one."""

    TITLE = "交易进度查询"
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "next_field",
        "prompt",
        "accept",
        "refresh",
        "print",
        "back",
    )
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "accept": ("查询", "在条件栏中查询；在某一笔交易上，下面显示它的错误信息。"),
        "print": ("报错文件", "把失败的各条连同原因存为表格，改正后可重新导入。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = ("条件可以组合；正在处理的交易进度自动更新。",)

    def __init__(self) -> None:
        super().__init__()
        self._batches: list[BatchSummary] = []
        self._chosen: BatchSummary | None = None
        self._failed = KeptRows()
        self.option_run = OptionRun(self, self._option, lambda key: self._batches[int(key)].serial)

    def body(self) -> ComposeResult:
        """Conditions, transactions, errors."""
        businesses = self.state.profile.offered()
        names = (ALL, *((name, rules.title) for name, rules in businesses.items()))
        fields = [
            FormField("title", "交易名称", "code", 16, choices=names),
            FormField("reviewed", "是否复核", "code", 8, choices=REVIEWED),
            *span_fields("办理时间"),
        ]
        self._values = FieldsModel(fields, check=check_period)
        self._form = Form(self._values)
        self._top = QueueGrid(RowsModel(COLUMNS))
        self._top.styles.height = 8
        self._top.set_options(offered("5", "7"))
        self._below = Heading("错误信息")
        self._errors = QueueGrid(RowsModel(FAILED_COLUMNS))
        yield self._form
        yield Heading("交易")
        yield self._top
        yield self._below
        yield self._errors

    def key_bar_actions(self) -> Sequence[str]:
        """Leave the pick list out where nothing is filled in."""
        return [name for name in self.KEY_BAR if name != "prompt" or self.focused is self._form]

    def screen_actions(self) -> frozenset[str]:
        """Return the keys that walk between the panes as well."""
        return super().screen_actions() | {"previous_field"}

    async def opened(self, **args: Any) -> None:
        """Ask for the present month at once."""
        context = self.state.context
        if context is None:
            raise AuthExpired
        today = date.fromisoformat(context.today)
        for key in ("title", "reviewed"):
            self._values.set(key, ALL[0])
        self._values.set("first", today.replace(day=1).isoformat())
        self._values.set("last", today.isoformat())
        self._form.rebuild()
        await self._query()

    def keep(self) -> dict[str, Any]:
        """Keep whose errors are shown as well."""
        chosen = self._chosen.submission_id if self._chosen is not None else ""
        return {**super().keep(), "chosen": chosen}

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Ask with the conditions that stood there, and show the same errors."""
        before = dict(self._values.values())
        await super().take_up(kept)
        if dict(self._values.values()) != before:
            await self._query()
        chosen = next((one for one in self._batches if one.submission_id == kept.get("chosen")), None)
        if chosen is not None:
            await self._show_errors(chosen)
        await super().take_up(kept)

    async def perform(self, request: ActionRequested) -> None:
        """Ask, show errors, write the error file."""
        match request.action:
            case "record":
                await self._query()
            case "refresh":
                if not self._form.complete():
                    self.focus_key(self._form)
            case "next_field" | "previous_field":
                panes = [self._form, self._top, self._errors]
                at = next((n for n, pane in enumerate(panes) if pane is self.focused), 0)
                self.focus_key(panes[(at + (1 if request.action == "next_field" else -1)) % 3])
            case "run_options":
                await self.run_options(request.payload["options"])
            case "open" if request.widget is self._top:
                await self._show_errors(self._batches[int(request.payload["index"])])
            case "open":
                await self._show_whole(int(request.payload["index"]))
            case "print":
                await self._write_errors()
            case _:
                await super().perform(request)

    # ---- asking --------------------------------------------------------------------------------------

    async def _query(self) -> None:
        values = self._values.values()
        days = [parse_day(values.get(key, "")) for key in ("first", "last")]
        first, last = (day.isoformat() if day is not None else "" for day in days)
        client, chosen = self.state.session().client, values.get("title", "")
        business = "" if chosen in ("", ALL[0]) else chosen
        try:
            answer = await self.reading(
                "正在查询…", client.submissions, self.state.unit, business, start=first, end=last
            )
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        wanted = {"0": (True, False), "1": (True,), "2": (False,)}[values.get("reviewed") or "0"]
        self._batches = [one for one in answer.batches if self._reviewed(one) in wanted]
        self._show()
        self._no_errors()
        if self._batches:
            self.focus_key(self._top)
            self.status("在某一笔交易上按回车，下面显示它的错误信息。")
        else:
            self.status("没有查到记录，请核对条件。", kind="warning")

    def _show(self) -> None:
        rows = [self._row(at, batch) for at, batch in enumerate(self._batches)]
        model = self._top.model
        if isinstance(model, RowsModel) and len(model.rows) == len(rows):
            model.rows = rows
            self._top.reload()
        else:
            self._top.set_model(RowsModel(COLUMNS, rows, footer=f"共 {len(rows)} 笔"))

    def _row(self, at: int, batch: BatchSummary) -> GridRow:
        job = self.state.inbox.jobs.get(batch.submission_id)
        newer = job is not None and job.ok + job.failed >= batch.ok + batch.failed
        state, ok, failed = batch.state, batch.ok, batch.failed
        if job is not None and newer:
            state, ok, failed = job.state, job.ok, job.failed
        reviewed = "是" if self._reviewed(batch) else "否"
        cells = (batch.serial, batch.title, reviewed, batch.declared, BATCH_STATES[state])
        mark = "!" if failed else " " if state == "done" else ">"
        return GridRow(at, mark, (*cells, str(batch.total), str(ok), str(failed)))

    def _reviewed(self, batch: BatchSummary) -> bool:
        rules = self.state.profile.rules(batch.business)
        return rules is not None and rules.workflow in ("staff_review", "approval")

    def _no_errors(self) -> None:
        self._chosen, self._failed = None, KeptRows()
        self._below.show("错误信息")
        self._errors.set_model(RowsModel(FAILED_COLUMNS))

    async def _option(self, key: str, digit: str) -> str:
        """5 shows what went wrong, 7 writes it to a file."""
        batch = self._batches[int(key)]
        await self._show_errors(batch)
        if digit == "7" and self._failed:
            await self._write_errors()
        elif digit == "7":
            raise Refused("这一笔交易没有错误信息，没有报错文件。")
        said = f"{batch.serial} 错误信息 {len(self._failed)} 条。"
        if digit == "5" and self.option_run is not None and self.option_run.waiting:
            shown = [f"{one.row} {one.values.get('name', '')} {one.reason}" for one in self._failed[:SEVERAL]]
            await self.tell("错误信息", [said, "", *shown, "", "按回车看下一笔。"])
        return said

    async def _show_errors(self, batch: BatchSummary) -> None:
        stop: list[bool] = []
        say = self.shell.progress.say
        rows = await self.busy(
            "正在读取错误信息…",
            fetch_rows,
            self.state.session().client,
            self.state.unit,
            batch.submission_id,
            "failed",
            lambda count: say(f"正在读取错误信息… {count} 条"),
            lambda: bool(stop),
            on_cancel=lambda: stop.append(True),
        )
        self._chosen, self._failed = batch, rows
        self._below.show(f"错误信息 {batch.serial} {len(rows)} 条")
        shown = DrawnRows(rows, lambda at, row: GridRow(at, "!", self._failed_cells(row)))
        mask = self.state.settings.screen.mask_id
        columns = [replace(c, masked=mask and c.key == "id_number") for c in FAILED_COLUMNS]
        self._errors.set_model(RowsModel(columns, shown, notes=partial(_reason, rows)))
        if rows:
            self.focus_key(self._errors)
            self.status("按 Ctrl+P 下载报错文件，改正后可重新导入。")
        else:
            self.status("这一笔交易没有错误信息。", kind="good")

    @staticmethod
    def _failed_cells(row: RowResult) -> tuple[str, ...]:
        return (str(row.row), row.values.get("name", ""), row.values.get("id_number", ""), row.reason)

    async def _show_whole(self, index: int) -> None:
        if index < len(self._failed):
            row = self._failed[index]
            await self.tell("错误信息", [f"第 {row.row} 条 {row.values.get('name', '')}", row.reason])

    async def _write_errors(self) -> None:
        if self._chosen is None or not self._failed:
            self.status("请先在有失败的交易上按回车，再下载报错文件。", kind="warning", beep=True)
            return
        business = declare(self._chosen.business, self.state.profile)
        title = business.rules.template_title or business.title
        write = partial(write_failed, title=title, business=business, rows=self._failed)
        await write_out(self, f"报错文件_{self._chosen.serial}.xlsx", write, "报错文件")

    # ---- events --------------------------------------------------------------------------------------

    def state_changed(self, event: StateEvent) -> None:
        """Follow the progress of running jobs."""
        super().state_changed(event)
        if event.kind == "inbox" and event.poll is not None and event.poll.jobs and self._batches:
            known = {batch.submission_id for batch in self._batches}
            jobs = [job for job in event.poll.jobs if job.submission_id in known]
            if jobs:
                self._show()
                job = jobs[-1]
                done = job.ok + job.failed
                self.news(f"{job.serial} 已办 {done}/{job.total}：成功 {job.ok}，失败 {job.failed}")


def _reason(rows: Sequence[RowResult], index: int) -> str:
    return rows[index].reason if index < len(rows) else ""
