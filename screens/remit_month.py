"""One month of 汇缴: the four columns, the differences that explain them, and who pays (R-08, R-10)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from domain.money import grouped
from screens.app import AppScreen
from screens.business_rows import masked
from screens.file_choice import write_out
from screens.month_screen import four_columns
from screens.panel import Panel
from screens.roster_parts import Heading, QueueGrid, RowsModel
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from collections.abc import Callable

    from client.api import CenterClient
    from domain.remit_wire import RemitDifference, RemitMonth, RemitPerson
    from exports.table_export import ExportColumn

PAGE: Final = 5000
CHANGES: Final = (
    GridColumn("account_no", "个人账号", 20, editable=False),
    GridColumn("name", "姓名", 12, editable=False),
    GridColumn("title", "变更业务", 14, editable=False),
    GridColumn("people", "人数", 5, align="right", editable=False),
    GridColumn("amount", "金额", 15, align="right", editable=False),
)
PEOPLE: Final = (
    GridColumn("account_no", "个人账号", 20, editable=False),
    GridColumn("name", "姓名", 12, editable=False),
    GridColumn("base", "缴存基数", 13, align="right", editable=False),
    GridColumn("unit_amount", "单位月缴存额", 13, align="right", editable=False),
    GridColumn("person_amount", "个人月缴存额", 13, align="right", editable=False),
    GridColumn("amount", "月缴存额", 13, align="right", editable=False),
    GridColumn("id_number", "证件号码", 18, editable=False),
)
MONEY: Final = ("base", "unit_amount", "person_amount", "amount")


def find_month(client: CenterClient, unit: str, month: int, submission: str) -> RemitMonth | None:
    """A month that was verified or can be. Blocking; raises ClientError."""
    listed = client.remittances(unit, state="all" if submission else "").months
    named = (one for one in listed if one.month == month and submission in ("", one.submission_id))
    found = next(named, None)
    if found is not None:
        return found
    return next((one for one in client.remit_plan(unit, limit=36).months if one.month == month), None)


def fetch(ask: Callable[..., Any], progress: Callable[[int], None], stopped: Callable[[], bool]) -> list[Any]:
    """Read all pages; `ask` gets the account to go on after. Blocking."""
    rows: list[Any] = []
    after: str | None = ""
    while after is not None and not stopped():
        page = ask(after=after, limit=PAGE)
        rows += page.rows
        after = page.next
        progress(len(rows))
    return rows


class RemitMonthScreen(AppScreen):
    """F6 changes between what changed and who pays."""

    TITLE = "汇缴明细"
    MODULE: ClassVar[bool] = False
    RESUMABLE: ClassVar[bool] = False
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "refresh", "add_row", "print", "back")
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "增减变动说明本月人数、金额与上月不同的原因；职工明细是本期各职工的缴存基数和缴存额。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._month = 0
        self._submission = ""
        self._people = False
        self._rows: Sequence[RemitDifference | RemitPerson] = ()

    def label(self, action: str) -> tuple[str, str]:
        """Say what F6 shows."""
        if action == "add_row":
            return ("增减变动", "看与上月不同的职工。") if self._people else ("职工明细", "看本期各职工。")
        if action == "print":
            return "导出", "把显示的清册导出为表格文件。"
        return super().label(action)

    def body(self) -> ComposeResult:
        """The sheet, the list."""
        self._sheet = Panel(four_columns(None))
        self._head = Heading("增减变动")
        self._grid = QueueGrid(RowsModel(CHANGES))
        yield self._sheet
        yield self._head
        yield self._grid

    async def opened(self, **args: Any) -> None:
        """Read a month; `people` begins with who pays, `submission` names one of several verifications."""
        self._month, self._submission = int(args["month"]), str(args.get("submission", ""))
        self._people = bool(args.get("people"))
        await self._read()

    async def perform(self, request: ActionRequested) -> None:
        """Change the list, read again, export."""
        match request.action:
            case "add_row":
                self._people = not self._people
                await self._read()
            case "refresh":
                await self._read()
            case "print":
                await self._export()
            case "open":
                pass
            case _:
                await super().perform(request)

    @property
    def _columns(self) -> list[GridColumn]:
        """The columns of the list in the center's words."""
        terms = self.state.profile.terms
        titles = {"account_no": terms["account_no"], "base": terms["base"]}
        return [
            GridColumn(c.key, titles.get(c.key, c.title), c.width, align=c.align, editable=False)
            for c in (PEOPLE if self._people else CHANGES)
        ]

    async def _read(self) -> None:
        client, unit = self.state.session().client, self.state.unit
        call = client.remit_people if self._people else client.remit_changes
        ask = partial(call, unit, self._month, submission=self._submission)
        stop: list[bool] = []
        say = self.shell.progress.say
        try:
            month = await self.reading("正在查询…", find_month, client, unit, self._month, self._submission)
            self._rows = await self.busy(
                "正在查询…",
                fetch,
                ask,
                lambda count: say(f"正在查询… {count} 人，F12 停止"),
                lambda: bool(stop),
                on_cancel=lambda: stop.append(True),
            )
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        self._show(month, bool(stop))

    def _show(self, month: RemitMonth | None, stopped: bool) -> None:
        columns, mask = self._columns, self.state.settings.screen.mask_id
        self._sheet.show(four_columns(month))
        self._head.show("职工明细" if self._people else "增减变动")
        rows = [
            GridRow(at, " ", tuple(_cell(one, column.key, mask) for column in columns))
            for at, one in enumerate(self._rows)
        ]
        self._grid.set_model(RowsModel(columns, rows, footer=f"共 {len(rows)} 人"))
        self.focus_key(self._grid)
        self.refresh_bars()
        if stopped:
            self.status("查询已停止，只显示一部分。", kind="warning")
        elif not rows:
            self.status("本月没有应缴职工。" if self._people else "与上月相比没有增减变动。")
        else:
            self.status(f"共 {len(rows)} 人。")

    async def _export(self) -> None:
        from exports.table_export import export_name

        context = self.state.context
        if not self._rows or context is None:
            self.status("没有可以导出的内容。", kind="warning", beep=True)
            return
        from datetime import date

        title = f"{self._month}汇缴{'清册' if self._people else '变更清册'}"
        name = export_name(title, date.fromisoformat(context.today), self.state.unit)
        write = partial(write_list, title=title, columns=self._columns, rows=list(self._rows))
        await write_out(self, name, write, title)


def _cell(one: RemitDifference | RemitPerson, key: str, mask: bool) -> str:
    value = getattr(one, key)
    if key == "id_number":
        return masked(value, mask)
    if key == "people":
        return f"{value:+d}" if value else ""
    if key not in MONEY:
        return str(value)
    shown = grouped(value)
    return shown if value.startswith("-") or hasattr(one, "base") else f"+{shown}"


def list_of(
    columns: Sequence[GridColumn], rows: Sequence[RemitDifference | RemitPerson]
) -> tuple[list[ExportColumn], list[list[str | int | None]]]:
    """The people or the differences of a month as columns and values of a file, money in 分."""
    from domain.money import parse_yuan
    from exports.table_export import ExportColumn

    titles = [
        ExportColumn(c.title, "money" if c.key in MONEY else "text", c.width, c.key in MONEY[1:])
        for c in columns
    ]
    body: list[list[str | int | None]] = [
        [parse_yuan(getattr(one, c.key)) if c.key in MONEY else str(getattr(one, c.key)) for c in columns]
        for one in rows
    ]
    return titles, body


def write_list(
    path: Path,
    overwrite: bool,
    *,
    title: str,
    columns: Sequence[GridColumn],
    rows: Sequence[RemitDifference | RemitPerson],
) -> None:
    """Write the people or the differences of a month as a workbook. Blocking; raises WorkbookError."""
    from exports.table_export import write_table

    titles, body = list_of(columns, rows)
    write_table(path, title=title, columns=titles, rows=body, overwrite=overwrite)
