"""汇补缴不符暂存款查询: money that did not fit what the unit owes, and what became of it (R-18, Q-16)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from domain.money import grouped
from screens.business_rows import PAGE
from screens.business_titles import TITLES
from screens.date_fields import span_fields
from screens.history_query import HistoryQueryScreen, Progress, Stopped, read_pages
from tui.form_model import FormField
from tui.grid_model import GridColumn

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.receipt_wire import SuspensePage, SuspenseRow
    from exports.form import PaperForm

COLUMNS: Final = (
    GridColumn("day", "记账日期", 10),
    GridColumn("summary", "摘要", 12),
    GridColumn("amount", "发生额", 14, align="right"),
    GridColumn("state", "现状", 8),
    GridColumn("serial", "业务流水号", 17),
    GridColumn("bank_day", "交易日期", 10),
    GridColumn("bank_no", "交易流水号", 18),
    GridColumn("payer", "付款人", 20),
    GridColumn("remark", "附言", 24),
)
MONEY: Final = "amount"


class SuspenseQueryScreen(HistoryQueryScreen):
    """Days over what came into the unit's suspense and left it."""

    TITLE = TITLES["suspense"]
    HEADING = "暂存款交易记录"
    COUNTED = "条记录"
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        **HistoryQueryScreen.LABELS,
        "print": ("导出", "把查到的记录导出为表格文件。"),
    }

    def __init__(self) -> None:
        super().__init__()
        self._balance = ""

    def help_text(self) -> list[str]:
        """Say what the money is and whom to turn to."""
        phone = f"，电话 {self.state.profile.phone}" if self.state.profile.phone else ""
        return [
            f"来款与应缴金额不符时记在这里，没有入账；请与中心联系处理{phone}。",
            "发生额为负的是转出或退款。",
        ]

    def conditions(self) -> list[FormField]:
        """Return the days."""
        return span_fields("起止日期")

    def history_columns(self) -> list[GridColumn]:
        """Return what is told of a line."""
        return [GridColumn(c.key, c.title, c.width, align=c.align, editable=False) for c in COLUMNS]

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[SuspenseRow]:
        """Read the lines of the days. Blocking."""
        ask = partial(
            client.receipts.suspense, self.state.unit, start=values["first"], end=values["last"], limit=PAGE
        )

        def page(after: int) -> SuspensePage:
            found = ask(after=after)
            self._balance = found.balance
            return found

        return read_pages(page, progress, stopped)

    def found_footer(self) -> str:
        """Return how many lines there are and what is held now."""
        held = f"，现有暂存款 {grouped(self._balance)} 元" if self._balance else ""
        return f"{super().found_footer()}{held}"

    def form(self) -> PaperForm:
        """Return the lines that were found, with what is held now."""
        from domain.money import parse_yuan
        from exports.form import PaperForm
        from exports.table_export import ExportColumn

        head = [ExportColumn(c.title, "money" if c.key == MONEY else "text", c.width) for c in COLUMNS]
        rows: list[Any] = [
            [parse_yuan(one.amount) if c.key == MONEY else str(getattr(one, c.key)) for c in COLUMNS]
            for one in self._found
        ]
        foot = [("现有暂存款", f"{self._balance} 元")]
        return PaperForm(self.TITLE, self.about(), head, rows, foot)
