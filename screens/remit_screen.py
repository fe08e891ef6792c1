"""汇缴核定: the months that can be verified, their four columns, the check, the filing (R-01 to R-08)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from domain.businesses.remit_rules import RemitRules
from domain.money import grouped
from screens.month_screen import MonthScreen, four_columns, row_of
from screens.panel import Panel
from screens.roster_parts import Heading, InfoLine, QueueGrid, RowsModel
from tui.grid import Grid
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested
from tui.progress import in_thread

if TYPE_CHECKING:
    from domain.remit_wire import RemitCheck, RemitMonth, RemitPlan

COLUMNS = (
    GridColumn("month", "汇缴年月", 8, editable=False),
    GridColumn("people", "汇缴人数", 8, align="right", editable=False),
    GridColumn("amount", "汇缴金额", 17, align="right", editable=False),
    GridColumn("unit_amount", "单位月缴存额", 17, align="right", editable=False),
    GridColumn("person_amount", "个人月缴存额", 17, align="right", editable=False),
)
STATES = {"pending": "待处理", "processing": "处理中"}
MOST_TOLD = 200
"""Obstacles listed at most; the number of all is told."""


class RemitScreen(MonthScreen):
    """The cursor's month and those before it are verified, where the center takes several at once."""

    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "accept", "refresh", "check", "submit", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "accept": ("明细", "看光标所在月度的增减变动和职工明细。"),
        "refresh": ("刷新", "重新向中心查询可以核定的月度。"),
        "check": ("核定检查", "列出妨碍核定的每一笔未办结业务。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "人数和金额由中心按开户、启封、封存、转移、基数调整等变更统计；上面三行是光标所在月度的增减。",
        "必须按月连续核定；可连续核定多月的中心，从最早的月度一直核定到光标所在的月度。",
    )

    def __init__(self, business_id: str) -> None:
        super().__init__()
        self._business = business_id
        self._plan: RemitPlan | None = None

    @property
    def _rules(self) -> RemitRules:
        return cast("RemitRules", self.state.profile.rules(self._business))

    def screen_title(self) -> str:
        """Return the center's word."""
        return self._rules.title

    def label(self, action: str) -> tuple[str, str]:
        """Return the center's word for verifying."""
        if action == "submit":
            return self._rules.submit_label, "核定应缴人数和应缴金额，确认后提交。"
        return super().label(action)

    def body(self) -> ComposeResult:
        """Facts, the four columns of the month under the cursor, the months."""
        self._info = InfoLine()
        self._sheet = Panel(four_columns(None))
        self._grid = QueueGrid(RowsModel(COLUMNS))
        yield self._info
        yield Heading("上月、增加、减少、本月")
        yield self._sheet
        yield Heading("可以核定的月度")
        yield self._grid

    async def opened(self, **args: Any) -> None:
        """Ask what can be verified."""
        await self._read()

    async def read_again(self) -> None:
        """After the receipt the months have moved on: go to the next one (R-03)."""
        before = self._plan
        await self._read()
        if before is not None:
            self._tell_success(before)

    async def _read(self) -> None:
        try:
            plan = await self.reading(
                "正在统计应缴人数和金额…", self.state.session().client.remit_plan, self.state.unit
            )
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        self._show(plan)

    def _show(self, plan: RemitPlan) -> None:
        self._plan = plan
        parts = [
            f"最近核定 {plan.last or '尚未核定'}",
            f"缴至月份 {plan.paid_through or '尚未缴存'}",
            f"单位未分配金额 {grouped(plan.unallocated)}",
        ]
        self._info.show("  ".join(parts))
        rows = [
            GridRow(
                at,
                " ",
                (
                    str(month.month),
                    str(month.people),
                    *(grouped(one) for one in (month.amount, month.unit_amount, month.person_amount)),
                ),
            )
            for at, month in enumerate(plan.months)
        ]
        self._grid.set_model(RowsModel(COLUMNS, rows, footer=f"共 {len(rows)} 个月度"))
        self._draw_sheet()
        self.focus_key(self._grid)
        if not rows:
            self.status("没有可以核定的月度：到本业务年月为止都已核定。")
        elif plan.stopped:
            self.status(plan.stopped, kind="warning")
        else:
            self.status(f"下一个核定月度 {plan.months[0].month}，按“{self._rules.submit_label}”核定。")

    def _tell_success(self, before: RemitPlan) -> None:
        """核定成功, and the month that comes next (R-03)."""
        plan = self._plan
        if plan is None or plan.last == before.last:
            return
        following = f"，已转到下一个月度 {plan.months[0].month}" if plan.months else ""
        self.status(f"核定成功{following}。", kind="good")
        self.gjj.pin()

    @property
    def _months(self) -> Sequence[RemitMonth]:
        return self._plan.months if self._plan is not None else ()

    @property
    def _place(self) -> int:
        return int(self._grid.snapshot()["index"])

    def _draw_sheet(self) -> None:
        months, at = self._months, self._place
        self._sheet.show(four_columns(months[at] if at < len(months) else None))

    def on_grid_editing_changed(self, message: Grid.Changed) -> None:
        """Show the columns of the month the cursor has come to."""
        self._draw_sheet()

    async def perform(self, request: ActionRequested) -> None:
        """Verify, check, show a month, read again."""
        match request.action:
            case "submit":
                await self._verify()
            case "check":
                await self._check()
            case "open":
                month = self._months[int(request.payload["index"])]
                await self.shell.open_screen("remit_month", month=month.month)
            case "refresh":
                await self._read()
            case _:
                await super().perform(request)

    async def _verify(self) -> None:
        """Verify up to the month under the cursor, or the first one alone."""
        months = self._months[: self._place + 1] if self._rules.multi_month else self._months[:1]
        if not months:
            self.status("没有可以核定的月度。", kind="warning", beep=True)
            return
        told = self._plan.stopped if self._plan is not None else ""
        if told:
            self.status(told, kind="error", beep=True)
            return
        lines = [
            f"{month.month}  汇缴人数 {month.people} 人  汇缴金额 {grouped(month.amount)} 元"
            for month in months
        ]
        if len(lines) > 1:
            from domain.money import format_yuan_grouped, parse_yuan

            whole = sum(parse_yuan(month.amount) for month in months)
            lines.append(f"共 {len(lines)} 期  {format_yuan_grouped(whole)} 元")
        question = [*lines, "", "核定后人数和金额不再变动，确认核定吗？"]
        await self.file(self._business, [row_of(month) for month in months], question)

    async def _check(self) -> None:
        """Name every person and business in the way of the next month (R-05)."""
        months = self._months
        if not months:
            self.status("没有可以核定的月度，不用检查。", kind="warning", beep=True)
            return
        client, unit, month = self.state.session().client, self.state.unit, months[0].month
        try:
            found = await self.reading("正在检查…", client.remit_check, unit, month)
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        if not found.findings:
            self.status(f"{month}可以核定，没有未办结的业务。", kind="good")
            return
        lines = await in_thread(_obstacle_lines, found)
        await self.tell(f"{month}汇缴核定检查", lines)
        self.status(found.findings[0], kind="error")


def _obstacle_lines(found: RemitCheck) -> list[str]:
    """What stops a verification, then every row in its way."""
    rows = [
        f"{one.title}  {one.name} {one.account_no}  流水号{one.serial}第{one.row}条  {STATES[one.state]}"
        for one in found.obstacles
    ]
    more = [f"其余 {len(rows) - MOST_TOLD} 笔请在查询中查看。"] if len(rows) > MOST_TOLD else []
    return [*found.findings, "", *rows[:MOST_TOLD], *more]
