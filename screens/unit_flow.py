"""单位业务流水查询, its details by person, and the 单位明细账 (Q-03, Q-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from client.errors import AuthExpired, ClientError
from domain.businesses.base import ACCOUNT_CELLS
from domain.codes import table
from screens.app import AppScreen
from screens.business_rows import PAGE
from screens.business_titles import screen_title
from screens.date_fields import span_fields
from screens.handing_out import hand_out
from screens.history_query import Progress, Stopped
from screens.roster_parts import Heading, QueueGrid, RowsModel
from screens.statement_query import MONEY, StatementScreen, read_places, statement_form
from tui.form_model import FormField
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from client.api import CenterClient
    from domain.statements_wire import DetailPage, DetailRow, FlowRow

ALL: Final = ("0", "全部")
KINDS: Final = ("01", "02", "06", "07", "08", "09", "11", "12", "99")
"""业务明细类型 that move money."""

COLUMNS: Final = (
    GridColumn("serial", "业务流水号", 17),
    GridColumn("day", "记账日期", 10),
    GridColumn("summary", "摘要", 16),
    GridColumn("amount", "发生额", MONEY, align="right"),
    GridColumn("interest", "利息额", MONEY, align="right"),
    GridColumn("people", "人数", 6),
    GridColumn("kind_title", "业务明细类型", 12),
    GridColumn("unallocated", "未分配变动", MONEY, align="right"),
)
DETAILS: Final = (
    GridColumn("account_no", "个人账号", ACCOUNT_CELLS),
    GridColumn("name", "姓名", 10),
    GridColumn("day", "记账日期", 10),
    GridColumn("amount", "发生额", MONEY, align="right"),
    GridColumn("interest", "发生利息额", MONEY, align="right"),
    GridColumn("kind_title", "业务明细类型", 12),
)
BOOK: Final = (
    *(c for c in COLUMNS if c.key in ("day", "serial", "summary")),
    GridColumn("increase", "增加", MONEY, align="right"),
    GridColumn("decrease", "减少", MONEY, align="right"),
    GridColumn("balance", "余额", MONEY, align="right"),
)


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of the 单位明细账; amounts as the wire writes them."""

    day: str
    serial: str
    summary: str
    increase: str
    decrease: str
    balance: str


def book_lines(opening: str, rows: list[FlowRow]) -> list[BookLine]:
    """Lines with increase, decrease and balance, from the balance before them."""
    from domain.money import format_yuan, wire_fen

    balance, lines = wire_fen(opening), []
    for one in rows:
        amount = wire_fen(one.amount)
        balance += amount
        both = format_yuan(max(amount, 0)), format_yuan(max(-amount, 0))
        lines.append(BookLine(one.day, one.serial, one.summary, *both, format_yuan(balance)))
    return lines


class UnitFlowScreen(StatementScreen):
    """Kind and days over the lines of the unit's books; Enter shows what a line did to each person."""

    KIND = "unit_flow"
    HEADING = "业务流水"
    COLUMNS = COLUMNS
    TOTALS = ("amount", "interest", "unallocated")
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "发生额是职工账户的变动，其中的利息列在利息额；来款、退款等只变动未分配金额。",
        "在某一条上按回车，看它涉及的各个职工。",
    )

    def conditions(self) -> list[FormField]:
        """Return kind and span of days."""
        kinds = [(code, table("business_type").label(code)) for code in KINDS]
        return [
            FormField("kind", "业务明细类型", "code", 16, choices=(ALL, *kinds)),
            *span_fields("查询日期"),
        ]

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[FlowRow]:
        """Read the lines that meet the conditions. Blocking."""
        chosen = values.get("kind", "")
        self._kind = "" if chosen in ("", ALL[0]) else chosen
        self._span = values["first"], values["last"]
        ask = partial(
            client.flow, self.state.unit, start=self._span[0], end=self._span[1], kind=self._kind, limit=PAGE
        )
        page, rows = read_places(lambda after: ask(after=after), progress, stopped)
        assert page.sums is not None
        self._sums = [("发生额合计", page.sums.amount), ("利息额合计", page.sums.interest)]
        title = table("business_type").label(self._kind) if self._kind else ALL[1]
        self._terms = [("业务明细类型", title), ("查询日期", "至".join(self._span))]
        return rows

    async def _show_whole(self, index: int) -> None:
        if "flow_detail" not in self.state.profile.statements:
            await super()._show_whole(index)
            return
        line = self._found[index]
        about = f"{line.day} {line.summary} {line.serial}".rstrip()
        await self.shell.open_screen("flow_detail", number=line.number, about=about)

    async def _export(self) -> None:
        """Export the lines; where the center has one, the 单位明细账 as well."""
        ledger = self.state.profile.statements.get("unit_ledger", "")
        if not ledger or not self._found:
            await super()._export()
            return
        chosen = await self.choose("导出", ["数据下载", ledger])
        if chosen == 0:
            await super()._export()
        elif chosen == 1:
            await self._export_ledger(ledger)

    async def _export_ledger(self, title: str) -> None:
        if self._kind:
            self.status(f"{title}须查询全部业务明细类型，请改选“全部”后再查询。", kind="warning", beep=True)
            return
        client, (first, last) = self.state.session().client, self._span
        told = await self.reading(
            "正在读取期初余额…", client.statement, self.state.unit, start=first, end=last
        )
        lines = book_lines(told.opening, [one for one in self._found if one.people])
        make = partial(
            statement_form,
            title,
            BOOK,
            lines,
            [*self.head(), ("期初余额", told.opening)],
            [("期末余额", told.closing)],
            ("increase", "decrease"),
        )
        await hand_out(self, title, self.today, make)


class FlowDetailScreen(AppScreen):
    """What a line of the flow did to each person."""

    MODULE = False
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "refresh", "print", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "refresh": ("刷新", "再读一次。"),
        "print": ("数据下载", "把明细存为PDF、针式打印机文本或表格文件。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = ("一笔业务涉及的各个职工，以及各人的发生额。",)

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._about = ""
        self._rows: list[DetailRow] = []

    def screen_title(self) -> str:
        """Return its title at this center."""
        return screen_title("flow_detail", self.state.profile)

    def body(self) -> ComposeResult:
        """What the line is, its people."""
        self._head = Heading("明细")
        self._grid = QueueGrid(RowsModel(self._columns()))
        yield self._head
        yield self._grid

    def _columns(self) -> list[GridColumn]:
        titles = {"account_no": self.state.profile.term("account_no")}
        return [
            GridColumn(c.key, titles.get(c.key, c.title), c.width, align=c.align, editable=False)
            for c in DETAILS
        ]

    async def opened(self, *, number: int = 0, about: str = "", **args: Any) -> None:
        """Read the people of a line."""
        self._number, self._about = number, about
        self._head.show(about)
        await self._read()

    async def _read(self) -> None:
        stop: list[bool] = []
        say = self.shell.progress.say
        try:
            page, self._rows = await self.busy(
                "正在读取明细…",
                self._fetch,
                lambda count: say(f"正在读取明细… {count} 人，F12 停止"),
                lambda: bool(stop),
                on_cancel=lambda: stop.append(True),
            )
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        columns = self._columns()
        cells = [tuple(str(getattr(one, c.key)) for c in columns) for one in self._rows]
        rows = [GridRow(at, " ", texts) for at, texts in enumerate(cells)]
        sums = page.sums
        footer = f"共 {len(rows)} 人"
        if sums is not None:
            footer += f"  发生额合计 {sums.amount}  发生利息额合计 {sums.interest}"
        self._grid.set_model(RowsModel(columns, rows, footer=footer))
        self.focus_key(self._grid)
        self.status("读取已停止，只显示一部分。" if stop else f"{len(rows)} 人。")

    def _fetch(self, progress: Progress, stopped: Stopped) -> tuple[DetailPage, list[Any]]:
        ask = partial(self.state.session().client.flow_details, self.state.unit, self._number, limit=PAGE)
        return read_places(lambda after: ask(after=after), progress, stopped)

    async def perform(self, request: ActionRequested) -> None:
        """Read again, export, show one whole."""
        match request.action:
            case "refresh":
                await self._read()
            case "print":
                await self._export()
            case "open":
                await self._show_whole(int(request.payload["index"]))
            case _:
                await super().perform(request)

    async def _show_whole(self, index: int) -> None:
        row = next(iter(self._grid.model.window(index, 1)), None)
        if row is not None:
            pairs = zip(self._grid.model.columns, row.cells, strict=True)
            await self.tell("明细", [f"{column.title}：{text}" for column, text in pairs if text])

    async def _export(self) -> None:

        context = self.state.context
        if context is None:
            raise AuthExpired
        if not self._rows:
            self.status("这一笔没有职工的明细，不用导出。", kind="warning", beep=True)
            return
        title = self.screen_title()
        head = [
            ("中心", self.state.profile.center),
            ("单位", f"{self.state.unit} {context.name}"),
            ("业务", self._about),
        ]
        make = partial(
            statement_form, title, self._columns(), self._rows, head, totals=("amount", "interest")
        )
        day = date.fromisoformat(context.today)
        await hand_out(self, f"{title}_{self._number}", day, make, what=title)
