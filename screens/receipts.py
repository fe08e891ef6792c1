"""来款 for clerks: conditions over the receipts that meet them, newest first; the way to all the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from domain.money import grouped
from domain.receipts import STATES
from screens.app import AppScreen
from screens.date_fields import check_period, parse_day
from screens.fields import FieldsForm, FieldsModel
from screens.options import OptionRun, offered
from screens.receipt_fields import center_day
from screens.roster_parts import InfoLine
from tui.form_model import FormField
from tui.keys import ActionRequested
from tui.listview import ListColumn, ListRow, ListView

if TYPE_CHECKING:
    from domain.receipt_wire import ReceiptEvent, ReceiptPage, ReceiptRow

MOST: Final = 1000
"""Receipts shown at once; more conditions are wanted for more."""
ALL: Final = ("0", "全部")
COLUMNS: Final = (
    ListColumn("交易日期", 10),
    ListColumn("交易流水号", 16),
    ListColumn("付款人", 14),
    ListColumn("单位账号", 12),
    ListColumn("金额", 13, "right"),
    ListColumn("状态", 6),
)


def receipt_events(events: list[ReceiptEvent]) -> list[str]:
    """How a receipt went: when, what, how much, who, why."""
    lines = []
    for one in events:
        whose = f"单位{one.unit_account}" if one.unit_account else "未认定单位"
        words = [one.time[:10], one.action, f"{grouped(one.amount)}元", whose, one.actor]
        lines.append("  ".join(words))
        lines.append(f"    业务流水号{one.serial}{f'  原因：{one.reason}' if one.reason else ''}")
    return lines


class ReceiptsScreen(AppScreen):
    """Lists receipts by state, days, unit and text."""

    MODULE: ClassVar[bool] = False
    TITLE = "来款"
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "next_field",
        "refresh",
        "add_row",
        "paste_pad",
        "back",
    )
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "next_field": ("条件列表", "在条件和列表之间切换。"),
        "refresh": ("查询", "按条件再查一次。"),
        "add_row": ("登记", "登记一笔来款。"),
        "paste_pad": ("导入对账单", "从银行对账单文件导入来款。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "条件可以组合，不填为全部；最后一栏按回车查询。",
        "选定一笔按回车打开，在那里认领、退款、更正或冲销。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, ReceiptRow] = {}
        self._values = FieldsModel(_conditions(), check=_check)
        self.option_run = OptionRun(self, self._option, lambda key: self._found[key].bank_no)

    async def _option(self, key: str, digit: str) -> str:
        """8 shows how the receipt went, 1 and 5 open it."""
        if digit == "8":
            detail = await self.reading("正在读取流程…", self.state.client().receipts.detail, key)
            await self.tell(f"流程 {self._found[key].bank_no}", receipt_events(detail.events))
            return "已查看流程。"
        await self.shell.open_screen("receipt_detail", receipt_id=key)
        return ""

    def body(self) -> ComposeResult:
        """Conditions, sums, list."""
        self._form = FieldsForm(self._values)
        yield self._form
        yield InfoLine(strong=True)
        yield ListView(COLUMNS, options=offered("1", "5", "8"), empty="没有查到来款，请核对条件。")

    def screen_actions(self) -> frozenset[str]:
        """Return the keys that walk between the panes as well."""
        return super().screen_actions() | {"previous_field"}

    @property
    def pane(self) -> ListView:
        """The list."""
        return self.query_one(ListView)

    async def opened(self, **args: Any) -> None:
        """Ask for what waits in suspense and everything of this month; `state` asks for one state."""
        today = center_day(self.state.client())
        start = {"state": str(args.get("state") or ALL[0]), "first": today.replace(day=1).isoformat()}
        for field in self._values.fields():
            self._values.set(field.key, {**start, "last": today.isoformat()}.get(field.key, ""))
        self._form.rebuild()
        await self._query()
        self.focus_key(self.pane)

    async def returned(self, result: Any) -> None:
        """Read again after a receipt was worked on."""
        await self._query()
        if isinstance(result, str) and result:
            self.status(result, kind="good")

    async def perform(self, request: ActionRequested) -> None:
        """Ask, open, record, import."""
        match request.action:
            case "record":
                self._form.focus_field("state")
                await self._query()
                self.focus_key(self.pane)
            case "refresh":
                if not self._form.complete():
                    self.focus_key(self._form)
            case "next_field" | "previous_field":
                self.focus_key(self.pane if self.focused is self._form else self._form)
            case "run_options":
                await self.run_options(request.payload["options"])
            case "open":
                await self.shell.open_screen("receipt_detail", receipt_id=str(request.payload["key"]))
            case "add_row":
                await self.shell.open_screen("receipt_entry")
            case "paste_pad":
                await self.shell.open_screen("statement")
            case _:
                await super().perform(request)

    # ---- reading -------------------------------------------------------------------------------------

    async def _query(self) -> None:
        try:
            pages = await self.reading("正在查询来款…", self._fetch)
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        rows = [row for page in pages for row in page.rows]
        self._found = {row.receipt_id: row for row in rows}
        self.pane.set_rows([_list_row(row) for row in rows])
        count, amount = pages[0].count or 0, pages[0].amount or "0.00"
        rest = f"，只显示前{len(rows)}笔，请缩小条件" if count > len(rows) else ""
        self.query_one(InfoLine).show(f"共 {count} 笔，{grouped(amount)} 元{rest}")

    def _fetch(self) -> list[ReceiptPage]:
        """The receipts that meet the conditions, at most `MOST`. Blocking."""
        calls, values = self.state.client().receipts, self._values.values()
        first, last = (parse_day(values.get(key, "")) for key in ("first", "last"))
        state = values.get("state", "")
        pages: list[ReceiptPage] = []
        after: str | None = ""
        while after is not None and sum(len(page.rows) for page in pages) < MOST:
            pages.append(
                calls.page(
                    state="" if state == ALL[0] else state,
                    start=first.isoformat() if first else "",
                    end=last.isoformat() if last else "",
                    unit=values.get("unit", "").strip(),
                    text=values.get("text", "").strip(),
                    after=after,
                )
            )
            after = pages[-1].next
        return pages


def _conditions() -> list[FormField]:
    return [
        FormField("state", "状态", "code", 10, choices=(ALL, *STATES.items())),
        FormField("unit", "单位账号", "mobile", 20),
        FormField("first", "交易日期从", "text", 10, help="例如 20261121，可以不填。"),
        FormField("last", "至", "text", 10, help="例如 20261121，可以不填。"),
        FormField("text", "查找", "text", 30, help="交易流水号、付款人或附言中的一段，可以不填。"),
    ]


def _check(key: str, text: str, values: Any) -> str:
    """Days may be left out; what stands there must be a day."""
    return check_period(key, text, values) if text.strip() else ""


def _list_row(row: ReceiptRow) -> ListRow:
    cells = (
        row.day,
        row.bank_no,
        row.payer,
        row.unit_account,
        grouped(row.amount),
        STATES[row.state],
    )
    return ListRow(row.receipt_id, cells, mark="*" if row.state == "suspense" else " ")
