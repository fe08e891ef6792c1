"""缴存人状态变更查询: what businesses changed of accounts, by kind, account and day (Q-08, S-14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from screens.app import AppScreen
from screens.business_rows import PAGE, masked
from screens.business_titles import TITLES
from screens.date_fields import check_period, parse_day, span_fields
from screens.dialog_form import FieldsModel
from screens.file_choice import write_out
from screens.roster_parts import Heading, QueueGrid, RowsModel
from tui.form import Form
from tui.form_model import FormField
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.wire import ChangeRow

ALL: Final = ("0", "全部")
COLUMNS: Final = (
    GridColumn("account_no", "账号", 14),
    GridColumn("name", "姓名", 10),
    GridColumn("id_number", "证件号码", 18),
    GridColumn("title", "变更类型", 10),
    GridColumn("reason", "变更原因", 12),
    GridColumn("day", "变更日期", 10),
    GridColumn("month", "变更月度", 8),
    GridColumn("status_from", "变更前状态", 10),
    GridColumn("status_to", "变更后状态", 10),
    GridColumn("base_to", "缴存基数", 12, align="right"),
    GridColumn("amount_from", "变更前月缴存额", 14, align="right"),
    GridColumn("amount_to", "变更后月缴存额", 14, align="right"),
    GridColumn("serial", "业务流水号", 17),
)
MONEY: Final = ("base_to", "amount_from", "amount_to")


def fetch_changes(
    client: CenterClient,
    unit: str,
    business: str,
    account_no: str,
    span: tuple[str, str],
    progress: Callable[[int], None],
    stopped: Callable[[], bool],
) -> list[ChangeRow]:
    """Read the changes that meet the conditions, page by page. Blocking."""
    rows: list[ChangeRow] = []
    after: int | None = 0
    while after is not None and not stopped():
        page = client.changes(
            unit, business, start=span[0], end=span[1], account_no=account_no, after=after, limit=PAGE
        )
        rows += page.rows
        after = page.next
        progress(len(rows))
    return rows


def write_changes(path: Path, overwrite: bool, *, title: str, rows: Sequence[ChangeRow]) -> None:
    """Write changes as a workbook. Blocking; raises WorkbookError."""
    from domain.money import parse_yuan
    from exports.table_export import ExportColumn, write_table

    head = [ExportColumn(c.title, "money" if c.key in MONEY else "text", c.width) for c in COLUMNS]
    body = (
        [parse_yuan(getattr(one, c.key)) if c.key in MONEY else str(getattr(one, c.key)) for c in COLUMNS]
        for one in rows
    )
    write_table(path, title=title, columns=head, rows=body, overwrite=overwrite)


class ChangeQueryScreen(AppScreen):
    """Conditions over the changes that meet them."""

    TITLE = TITLES["changes"]
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
        "accept": ("查询", "按条件查询；在某一条上看它的全部内容。"),
        "refresh": ("查询", "按条件再查一次。"),
        "print": ("导出", "把查到的变更导出为表格文件。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = ("个人账号不填为全部人员；变更类型和日期可以组合。",)

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[ChangeRow] = []

    def body(self) -> ComposeResult:
        """Conditions, changes."""
        profile = self.state.profile
        names = (ALL, *((name, rules.title) for name, rules in profile.offered().items()))
        fields = [
            FormField("business", "变更类型", "code", 16, choices=names),
            FormField("account_no", profile.terms["account_no"], "text", 20),
            *span_fields("查询日期"),
        ]
        self._values = FieldsModel(fields, check=check_period)
        self._form = Form(self._values)
        self._grid = QueueGrid(RowsModel(self._columns()))
        yield self._form
        yield Heading("变更记录")
        yield self._grid

    def _columns(self) -> list[GridColumn]:
        terms = self.state.profile.terms
        titles = {"account_no": terms["account_no"], "base_to": terms["base"]}
        return [
            GridColumn(c.key, titles.get(c.key, c.title), c.width, align=c.align, editable=False)
            for c in COLUMNS
        ]

    def screen_actions(self) -> frozenset[str]:
        """Return the keys that walk between the panes as well."""
        return super().screen_actions() | {"previous_field"}

    async def opened(self, **args: Any) -> None:
        """Ask for the present month at once."""
        context = self.state.context
        if context is None:
            raise AuthExpired
        today = date.fromisoformat(context.today)
        self._values.set("business", ALL[0])
        self._values.set("account_no", "")
        self._values.set("first", today.replace(day=1).isoformat())
        self._values.set("last", today.isoformat())
        self._form.rebuild()
        await self._query()

    async def perform(self, request: ActionRequested) -> None:
        """Ask, show one whole, export, walk between the panes."""
        match request.action:
            case "record":
                await self._query()
            case "refresh":
                if not self._form.complete():
                    self.focus_key(self._form)
            case "next_field" | "previous_field":
                self.focus_key(self._grid if self.focused is self._form else self._form)
            case "prompt":
                from tui.picklist import answer_prompt

                if not await answer_prompt(self, request):
                    self.shell.bell()
            case "open":
                await self._show_whole(int(request.payload["index"]))
            case "print":
                await self._export()
            case _:
                await super().perform(request)

    async def _query(self) -> None:
        values = self._values.values()
        days = [parse_day(values.get(key, "")) for key in ("first", "last")]
        span = tuple(day.isoformat() if day is not None else "" for day in days)
        chosen = values.get("business", "")
        stop: list[bool] = []
        say = self.shell.progress.say
        try:
            self._changes = await self.busy(
                "正在查询…",
                fetch_changes,
                self.state.session().client,
                self.state.unit,
                "" if chosen in ("", ALL[0]) else chosen,
                values.get("account_no", ""),
                (span[0], span[1]),
                lambda count: say(f"正在查询… {count} 条，F12 停止"),
                lambda: bool(stop),
                on_cancel=lambda: stop.append(True),
            )
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        self._show(bool(stop))

    def _show(self, stopped: bool) -> None:
        mask = self.state.settings.screen.mask_id
        rows = [
            GridRow(
                at,
                " ",
                tuple(
                    masked(one.id_number, mask) if c.key == "id_number" else str(getattr(one, c.key))
                    for c in COLUMNS
                ),
            )
            for at, one in enumerate(self._changes)
        ]
        self._grid.set_model(RowsModel(self._columns(), rows, footer=f"共 {len(rows)} 条"))
        if rows:
            self.focus_key(self._grid)
            self.status("查询已停止，只显示一部分。" if stopped else f"查到 {len(rows)} 条变更。")
        else:
            self.status("没有查到记录，请核对条件。", kind="warning")

    async def _show_whole(self, index: int) -> None:
        row = next(iter(self._grid.model.window(index, 1)), None)
        if row is not None:
            pairs = zip(self._grid.model.columns, row.cells, strict=True)
            await self.tell("变更记录", [f"{column.title}：{text}" for column, text in pairs if text])

    async def _export(self) -> None:
        from exports.table_export import export_name

        context = self.state.context
        if context is None:
            raise AuthExpired
        if not self._changes:
            self.status("没有查到记录，不用导出。", kind="warning", beep=True)
            return
        name = export_name(self.TITLE, date.fromisoformat(context.today), self.state.unit)
        await write_out(self, name, partial(write_changes, title=self.TITLE, rows=self._changes), "查询结果")
