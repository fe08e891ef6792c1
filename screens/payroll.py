"""工资表比对: a payroll lined up with the unit's people; what is taken goes into draft rosters.

Nothing is submitted here: the rosters stand where they always do and can still be changed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from exports.workbook_error import WorkbookError
from screens.app import AppScreen
from screens.file_choice import choose_file, write_out
from screens.panel import Panel
from screens.payroll_columns import choose_columns
from screens.payroll_drafts import make_drafts
from screens.payroll_model import PayrollModel, totals_lines
from screens.roster_parts import InfoLine, QueueGrid
from tui.grid import Grid
from tui.grid_work import work_on
from tui.keys import ActionRequested
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.payroll import PayrollDesk, Plan
    from client.sync import SyncProgress
    from exports.payroll_file import PayrollFile, PayrollLines

CHOOSE_FIRST = "请按 F7 选择工资表（.xlsx、.xls、.csv）。"
SUFFIXES = ("xlsx", "xls", "csv")


class PayrollGrid(QueueGrid):
    """Rows that are taken or left with the blank."""

    def _toggle_selected(self) -> bool:
        model, index = self.model, self.cursor[0]
        if isinstance(model, PayrollModel) and model.count() and not model.judged_at(index).proposal.filed:
            return self._refuse("这一行没有要办的业务，不能列入清册；按回车看说明。")
        return super()._toggle_selected()


class PayrollScreen(AppScreen):
    """File, columns, preview, drafts."""

    MODULE: ClassVar[bool] = False
    TITLE = "工资表比对"
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        *("help", "refresh", "add_row", "paste_pad", "check", "submit", "back", "select_row", "select_all"),
        *("filter_faulty", "print"),
    )
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "paste_pad": ("选择文件", "选择工资表，与中心登记的人员比对。"),
        "add_row": ("列对应", "指定哪一列是姓名、证件号码、工资和日期；下次同样的列名不用再指定。"),
        "refresh": ("重新比对", "重新读取文件，同步职工信息后再比对一次。"),
        "check": ("下一处", "到下一行要核对的或有错误的。"),
        "submit": ("生成清册", "把列入的行放进各业务的清册；不会提交。"),
        "select_row": ("列入与否", "把这一行列入清册，或者不列入。"),
        "select_all": ("同类全选", "同一种办理的行全部列入；已经全部列入时全部不列入。"),
        "filter_faulty": ("只看要办", "不显示一致和不办的行，再按一次显示全部。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "工资表是全单位的一张表，有姓名、证件号码、工资（最好是上年月均工资），可以有入职、离职日期。",
        "以证件号码认人，15位与18位算同一个；没有证件号码的、姓名对不上的、重复的只列出来，不替您决定。",
        "行首 x 是要列入清册的，空格键改变；! 是要核对的，? 是有提示或默认不办的。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._file: PayrollFile | None = None
        self._mapping: dict[str, int] = {}
        self._plan: Plan | None = None
        self._model = PayrollModel()
        self._desk: PayrollDesk | None = None

    def body(self) -> ComposeResult:
        """Facts, four columns, rows."""
        yield InfoLine(strong=True)
        yield Panel(id="totals")
        yield PayrollGrid(PayrollModel(), frozen=2)

    # ---- opening ---------------------------------------------------------------------------------------

    async def opened(self, **args: Any) -> None:
        """Begin with no file."""
        self._path, self._file, self._plan, self._mapping = None, None, None, {}
        self._desk = None
        self._model = PayrollModel()
        self.query_one(Grid).set_model(self._model)
        self.query_one(InfoLine).show(CHOOSE_FIRST)
        self._show_totals()
        self.status(CHOOSE_FIRST)

    def keep(self) -> dict[str, Any]:
        """Return the file and what was taken or left, besides the cursor."""
        path = str(self._path) if self._path is not None and self._plan is not None else ""
        return {**super().keep(), "path": path, "toggled": self._model.toggled() if path else []}

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Compare the same file again."""
        path = str(kept.get("path") or "")
        if path and await self._compare(Path(path), asking=False):
            self._model.toggle([str(key) for key in kept.get("toggled") or ()])
        await super().take_up(kept)

    # ---- keys ------------------------------------------------------------------------------------------

    async def perform(self, request: ActionRequested) -> None:
        """Choose a file, its columns; look through the rows; make the rosters."""
        match request.action:
            case "paste_pad":
                path = await choose_file(self, "选择工资表", SUFFIXES)
                if path is not None:
                    await self._compare(path)
            case "add_row" | "refresh" | "submit" | "print" | "check" | "select_all" if self._plan is None:
                self.status(CHOOSE_FIRST, kind="warning", beep=True)
            case "add_row":
                await self._change_columns()
            case "refresh" if self._path is not None:
                await self._compare(self._path)
            case "check":
                if not self.query_one(Grid).goto_next_error():
                    self.status("没有要核对的行。", kind="good")
            case "select_all":
                await self._take_kind()
            case "open":
                index = int(request.payload["index"])
                await self.tell(
                    self._model.judged_at(index).proposal.name or "工资表的行", self._model.details(index)
                )
            case "submit" if self._desk is not None and self._plan is not None:
                await make_drafts(self, self._desk, self._plan, self._model)
            case "print":
                await self._export()
            case "undo" | "redo" | "sort" | "filter_faulty":
                await work_on(self, request)
            case _:
                await super().perform(request)

    async def _take_kind(self) -> None:
        """Take all rows like this one, weighed in a thread and carried out at once."""
        grid, model = self.query_one(Grid), self._model
        if not model.count():
            return
        change = await in_thread(model.weigh_kind, grid.cursor[0])
        if model is self._model and model.take(change):
            grid.reload()

    # ---- comparing -------------------------------------------------------------------------------------

    async def _compare(self, path: Path, *, asking: bool = True) -> bool:
        """Read a file and line it up; what cannot be done is told. `asking`: columns may be asked for."""
        from exports.payroll_file import missing, missing_text, read_payroll

        try:
            desk = await self.busy("正在打开…", self._make_desk)
            file = await self.reading("正在读取工资表…", read_payroll, path)
            mapping = file.mapping(await self.busy("正在打开…", desk.remembered))
            if missing(mapping):
                chosen = await choose_columns(self, file, mapping, missing_text(mapping)) if asking else None
                if chosen is None:
                    self.status(f"{missing_text(mapping)}没有比对。", kind="warning", beep=True)
                    return False
                mapping = chosen
            return await self._line_up(desk, file, mapping)
        except WorkbookError as error:
            self.status(error.text, kind="error", beep=True)
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
        return False

    def _make_desk(self) -> PayrollDesk:
        from client.payroll import PayrollDesk
        from domain.reconcile import FILED

        state = self.state
        permitted = frozenset(name for name in FILED if state.permitted(name))
        return PayrollDesk(state.database(), state.session(), state.scope(), state.profile, permitted)

    async def _line_up(self, desk: PayrollDesk, file: PayrollFile, mapping: dict[str, int]) -> bool:
        """Bring the copy of the people up to date and compare. Raises WorkbookError, ClientError."""
        old = await self._synchronise()
        context = self.state.context
        if old is None or context is None:
            return False
        today = date.fromisoformat(context.today)

        profile, mask = self.state.profile, self.state.settings.screen.mask_id

        def work() -> tuple[PayrollLines, Plan, PayrollModel]:
            lines = file.lines(mapping, today)
            plan = desk.plan(lines.rows, yearly=file.is_yearly(mapping))
            desk.keep_duties(plan)
            if remembered := file.remembered(mapping):
                desk.remember(remembered)
            return lines, plan, PayrollModel.of(plan, profile, mask=mask, changed=self._show_totals)

        lines, plan, self._model = await self.reading("正在比对…", work)
        self._desk, self._file, self._mapping, self._plan, self._path = desk, file, mapping, plan, file.path
        self._show(lines, plan, old)
        return True

    async def _synchronise(self) -> str | None:
        """Bring people and facts up to date: "" when that was done, a sentence when the older copy serves.

        None when there is no copy to compare with, which has been told.
        """
        stop = threading.Event()
        say = self.shell.progress.say

        def progress(now: SyncProgress) -> None:
            total = f"/{now.total}" if now.total else ""
            say(f"正在同步职工信息 {now.rows}{total} 人，F12 停止")

        try:
            await self.reading("正在读取单位信息…", self.state.session().refresh_context)
            await self.busy("正在同步职工信息…", self.state.synchronise, progress, stop, on_cancel=stop.set)
        except AuthExpired:
            raise
        except ClientError as error:
            if not await self.busy("正在打开…", self.state.depositors_complete):
                text = f"本机还没有职工信息，不能比对：{error.sentence}"
                self.status(text, kind="error", beep=True)
                return None
            return f"职工信息没有同步，用的是本机上次的：{error.sentence}"
        if stop.is_set() and not await self.busy("正在打开…", self.state.depositors_complete):
            self.status("同步已停止，没有比对。", kind="warning")
            return None
        return "同步已停止，用的是本机上次的职工信息。" if stop.is_set() else ""

    async def _change_columns(self) -> None:
        file, desk = self._file, self._desk
        if file is None or desk is None:
            return
        chosen = await choose_columns(self, file, self._mapping, "")
        if chosen is None:
            self.status("列对应没有改动。")
            return
        try:
            await self._line_up(desk, file, chosen)
        except WorkbookError as error:
            self.status(error.text, kind="error", beep=True)

    # ---- showing ---------------------------------------------------------------------------------------

    def _show(self, lines: PayrollLines, plan: Plan, old: str) -> None:
        grid = self.query_one(Grid)
        grid.set_model(self._model)
        name = self._path.name if self._path is not None else ""
        passed = f"（合计等 {len(lines.passed)} 行不比对）" if lines.passed else ""
        paid = plan.comparison.last.people
        self.query_one(InfoLine).show(f"{name}  {len(lines.rows)} 人{passed}  中心在缴 {paid} 人")
        self._show_totals()
        self.set_focus(grid, scroll_visible=False)
        doubts = plan.comparison.count("check")
        if old:
            self.status(old, kind="warning", beep=True)
        elif doubts:
            self.status(f"有 {doubts} 行要核对，按 F8 逐行查看；其余核对后按 F10 生成清册。", kind="warning")
        else:
            self.status("比对完成，核对后按 F10 生成清册。", kind="good")

    def _show_totals(self) -> None:
        unallocated = self._plan.unallocated if self._plan is not None else 0
        lines = totals_lines(self._model.columns_now, unallocated) if self._plan is not None else [""]
        self.query_one("#totals", Panel).show(lines)

    async def _export(self) -> None:
        """Write the comparison to a workbook."""
        model = self._model

        def write(path: Path, overwrite: bool) -> None:
            from exports.table_export import ExportColumn, write_table

            head = [ExportColumn(column.title, "text", column.width) for column in model.columns]
            body = ([*row.cells] for row in model.window(0, model.count()))
            write_table(path, title=self.TITLE, columns=head, rows=body, overwrite=overwrite)

        month = self._plan.month if self._plan is not None else 0
        await write_out(self, f"{self.TITLE}_{month}.xlsx", write, "比对结果")
