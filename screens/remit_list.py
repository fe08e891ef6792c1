"""Months that were verified: 汇缴查询, 核定删除, 汇缴分配, 缴存办理 (R-09 to R-17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from client.errors import ClientError
from domain.businesses.registry import declare
from domain.money import grouped
from screens.business_titles import screen_title
from screens.date_fields import span_fields
from screens.history_query import HistoryQueryScreen, Progress, Stopped
from screens.month_screen import STATES, MonthScreen
from screens.remit_files import months_form, write_sheet_voucher
from screens.vouchers import write_batch_voucher
from tui.form_model import FormField
from tui.grid_model import GridColumn
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.remit_wire import MakeupNotice, RemitMonth
    from exports.form import PaperForm

COLUMNS: Final = (
    GridColumn("month", "汇缴年月", 8, editable=False),
    GridColumn("state", "状态", 6, editable=False),
    GridColumn("people", "汇缴人数", 8, align="right", editable=False),
    GridColumn("amount", "汇缴金额", 17, align="right", editable=False),
    GridColumn("checked", "核定日期", 10, editable=False),
    GridColumn("serial", "业务流水号", 17, editable=False),
    GridColumn("operator", "核定操作员", 10, editable=False),
    GridColumn("last_people", "上月人数", 8, align="right", editable=False),
    GridColumn("last_amount", "上月金额", 17, align="right", editable=False),
    GridColumn("more_people", "增加人数", 8, align="right", editable=False),
    GridColumn("more_amount", "增加金额", 17, align="right", editable=False),
    GridColumn("less_people", "减少人数", 8, align="right", editable=False),
    GridColumn("less_amount", "减少金额", 17, align="right", editable=False),
)
NOTICES: Final = (
    GridColumn("serial", "业务流水号", 17, editable=False),
    GridColumn("title", "业务名称", 10, editable=False),
    GridColumn("declared", "核定日期", 10, editable=False),
    GridColumn("orders", "笔数", 6, align="right", editable=False),
    GridColumn("amount", "补缴金额", 17, align="right", editable=False),
    GridColumn("waiting", "待入账", 6, align="right", editable=False),
    GridColumn("settled", "已入账", 6, align="right", editable=False),
    GridColumn("cancelled", "已取消", 6, align="right", editable=False),
)
REMIT, MAKEUP = "remit", "makeup"
PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A month or a notice as the list shows it; `source` is what the center told."""

    source: Any
    texts: Mapping[str, str]

    def __getattr__(self, key: str) -> str:
        """Return the text of a column."""
        try:
            return self.texts[key]
        except KeyError:
            raise AttributeError(key) from None


def month_line(month: RemitMonth) -> Line:
    """A month as a line."""
    texts = {column.key: str(getattr(month, column.key)) for column in COLUMNS}
    texts |= {key: grouped(text) for key, text in texts.items() if key.endswith("amount")}
    return Line(month, texts | {"state": STATES[month.state]})


def notice_line(notice: MakeupNotice) -> Line:
    """A notice as a line."""
    texts = {column.key: str(getattr(notice, column.key)) for column in NOTICES}
    return Line(notice, texts | {"amount": grouped(notice.amount)})


class RemitQueryScreen(HistoryQueryScreen):
    """汇缴查询 by day of verification: people, voucher and list of months (R-10, R-15, R-16)."""

    HEADING: ClassVar[str] = "汇缴记录"
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "accept": ("查询", "按条件查询；在某一月度上看它的职工明细。"),
        "refresh": ("查询", "按条件再查一次。"),
        "print": ("打印", "打印光标所在月度的凭条，或把查到的记录打印、存为文件。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "按核定日期查询往期汇缴；在一个月度上按回车看职工明细，按打印键打印它的凭条。",
    )

    def __init__(self, business_id: str) -> None:
        super().__init__()
        self.business_id = business_id
        self._unallocated = ""

    def screen_title(self) -> str:
        """Return the query's title at this center, or that of the module that is nothing else."""
        profile, name = self.state.profile, self.opened_as
        alone = (one.title for one in profile.home.modules if one.screens == (name,))
        return next(alone, "") or screen_title(name or f"query:{self.business_id}", profile)

    @property
    def kind(self) -> str:
        """What is listed: months, or notices of makeups."""
        return REMIT

    def conditions(self) -> list[FormField]:
        """Return the days of verification."""
        return span_fields("核定日期")

    def history_columns(self) -> list[GridColumn]:
        """Return what is told of a month."""
        return list(COLUMNS)

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[Any]:
        """Read the months that meet the conditions. Blocking."""
        listed = client.remittances(
            self.state.unit,
            state=values.get("state", ""),
            start=values.get("first", ""),
            end=values.get("last", ""),
        )
        self._unallocated = listed.unallocated
        progress(len(listed.months))
        return [month_line(one) for one in listed.months]

    def _show(self, stopped: bool) -> None:
        super()._show(stopped)
        if self._found and self._unallocated:
            text = f"查到 {len(self._found)} 条，单位未分配金额 {grouped(self._unallocated)} 元。"
            self.status(text)

    @property
    def current(self) -> Line | None:
        """The line under the cursor."""
        at = int(self._grid.snapshot()["index"])
        return self._found[at] if at < len(self._found) else None

    async def perform(self, request: ActionRequested) -> None:
        """Show a month whole, print its voucher."""
        if request.action == "print":
            await self._print()
        else:
            await super().perform(request)

    async def _show_whole(self, index: int) -> None:
        if self.kind == MAKEUP:
            await super()._show_whole(index)
            return
        month = self._found[index].source
        await self.shell.open_screen(
            "remit_month", month=month.month, submission=month.submission_id, people=True
        )

    async def _print(self) -> None:
        """The voucher of one, or the list as a file."""
        line = self.current
        if line is None:
            self.status("没有查到记录，不用打印。", kind="warning", beep=True)
            return
        business = declare(self.kind, self.state.profile)
        title = business.rules.voucher or "凭条"
        chosen = await self.choose("打印", [title, "导出查到的记录"])
        if chosen == 1:
            await self._export()
        elif chosen == 0 and self.kind == REMIT:
            await write_sheet_voucher(self, line.source, title)
        elif chosen == 0:
            from datetime import date

            notice = line.source
            declared = date.fromisoformat(notice.declared)
            await write_batch_voucher(self, business, notice.submission_id, notice.serial, declared)

    def form(self) -> PaperForm:
        """Return the lines that were found."""
        return months_form(self.screen_title(), self.about(), self.history_columns(), self._found)


STATE: Final = FormField(
    "state", "缴款情况", "code", 8, choices=(("1", "未缴款"), ("2", "已缴款"), ("3", "全部"))
)
ASKED: Final = {"1": "declared", "2": "paid", "3": "all"}
"""What is typed for 缴款情况 -> what the center is asked for."""
KINDS: Final = {"1": REMIT, "2": MAKEUP}
"""What is typed for 业务类型 -> what is listed."""


class CancelScreen(MonthScreen, RemitQueryScreen):
    """Months that are not paid, to be taken back; where the center has 补缴核定 to take back, that too."""

    KEY_BAR: ClassVar[tuple[str, ...]] = (
        *("help", "next_field", "accept", "refresh", "delete_row", "print", "back"),
    )
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "在一个月度上按回车看职工明细；删除只能从最近的核定月度开始，已缴款的不能删除。",
    )

    def key_bar_actions(self) -> Sequence[str]:
        """Return the keys; rows are taken back in the list only."""
        form = self.is_mounted and self.focused is self._form
        return [name for name in self.KEY_BAR if not (form and name == "delete_row")]

    def label(self, action: str) -> tuple[str, str]:
        """Return the center's word for taking back."""
        rules = self.state.profile.rules("remit_cancel")
        if action == "delete_row" and rules is not None:
            return rules.submit_label, "取消光标所在一行的核定，未缴款的才能取消。"
        return super().label(action)

    @property
    def kind(self) -> str:
        """What was chosen to be listed."""
        return self._kind

    _kind = REMIT

    def conditions(self) -> list[FormField]:
        """Return 业务类型 where makeups can be taken back as well, else whether it is paid."""
        profile = self.state.profile
        if profile.rules("makeup_cancel") is None:
            return [STATE]
        kinds = tuple((code, profile.business_title(name)) for code, name in KINDS.items())
        return [FormField("kind", "业务类型", "code", 12, choices=kinds)]

    def history_columns(self) -> list[GridColumn]:
        """Return the columns of what is listed."""
        return list(NOTICES if self.kind == MAKEUP else COLUMNS)

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[Any]:
        """Read months or notices. Blocking."""
        self._kind = KINDS.get(values.get("kind", ""), REMIT)
        if self._kind == REMIT:
            asked = ASKED.get(values.get("state", ""), "declared")
            return super().fetch(client, {"state": asked}, progress, stopped)
        self._unallocated = ""
        return [notice_line(one) for one in client.makeup_notices(self.state.unit).notices]

    async def read_again(self) -> None:
        """Ask again."""
        await self._query()

    async def perform(self, request: ActionRequested) -> None:
        """Take back what the cursor is on."""
        if request.action == "delete_row":
            await self._take_back()
        else:
            await super().perform(request)

    async def _take_back(self) -> None:
        line = self.current
        if line is None:
            self.status("没有可以取消的核定。", kind="warning", beep=True)
        elif self.kind == MAKEUP:
            await self._take_makeups_back(line.source)
        else:
            month = line.source
            row = {"month": str(month.month), "people": str(month.people), "total_amount": month.amount}
            question = [
                f"{month.month}  {month.people} 人  {grouped(month.amount)} 元",
                "",
                "确定取消这一月度的汇缴核定吗？",
            ]
            await self.file("remit_cancel", [row], question)

    async def _take_makeups_back(self, notice: MakeupNotice) -> None:
        """Take back the months of a notice that still wait for money."""
        if not notice.waiting:
            self.status("这一笔补缴已经入账或取消，没有可以取消的。", kind="warning", beep=True)
            return
        client, unit = self.state.session().client, self.state.unit
        try:
            rows = await self.reading("正在查询…", waiting_orders, client, unit, notice.submission_id)
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        question = [
            f"业务流水号 {notice.serial}",
            f"待入账 {notice.waiting} 笔  {grouped(notice.waiting_amount)} 元",
            "",
            "确定取消这些补缴核定吗？",
        ]
        await self.file("makeup_cancel", rows, question)


def waiting_orders(client: CenterClient, unit: str, submission_id: str) -> list[dict[str, str]]:
    """The months of a notice that wait for money, as they are taken back. Blocking; raises ClientError."""
    rows: list[dict[str, str]] = []
    after: int | None = 0
    while after is not None:
        page = client.makeup_orders(unit, submission_id, after=after, limit=PAGE)
        rows += [
            {
                "account_no": one.account_no,
                "name": one.name,
                "id_number": one.id_number,
                "month": str(one.month),
            }
            for one in page.orders
            if one.state == "declared"
        ]
        after = page.next
    return rows


class AllocateScreen(CancelScreen):
    """汇缴分配: months from the oldest up to the cursor get 单位未分配金额, when it is equal (R-09, V-05)."""

    KEY_BAR: ClassVar[tuple[str, ...]] = (
        *("help", "next_field", "accept", "refresh", "submit", "delete_row", "print", "back"),
    )
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "单位未分配金额等于本期汇缴金额时才能分配；从最早的核定月度开始，分配到光标所在的月度。",
        "在一个月度上按回车看职工明细；核定后未缴款的可以删除，从最近的核定月度开始。",
    )

    def label(self, action: str) -> tuple[str, str]:
        """Return the center's word for allocating."""
        rules = self.state.profile.rules("allocate")
        if action == "submit" and rules is not None:
            return rules.submit_label, "把单位未分配金额分配到个人账户。"
        return super().label(action)

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[Any]:
        """Read the months, the oldest first. Blocking."""
        return list(reversed(super().fetch(client, values, progress, stopped)))

    async def perform(self, request: ActionRequested) -> None:
        """Allocate."""
        if request.action == "submit":
            await self._allocate()
        else:
            await super().perform(request)

    async def read_again(self) -> None:
        """Ask again, and say what has been allocated: its months are no longer in the list."""
        filed, self._filed = self._filed, {}
        await super().read_again()
        left = {line.source.month for line in self._found if line.source.state == "declared"}
        if filed and not left & set(filed):
            from domain.money import format_yuan_grouped

            told = "、".join(str(month) for month in filed)
            amount = format_yuan_grouped(sum(filed.values()))
            self.status(f"汇缴分配成功：{told}，共 {amount} 元已分配到个人账户。", kind="good")
            self.gjj.pin()

    _filed: Mapping[int, int] = {}
    """Months sent to be allocated and their 分, until the list is read again."""

    async def _allocate(self) -> None:
        from domain.businesses.allocate import unequal
        from domain.money import format_yuan_grouped, parse_yuan

        at = int(self._grid.snapshot()["index"])
        months: Sequence[RemitMonth] = [
            line.source for line in self._found[: at + 1] if line.source.state == "declared"
        ]
        if not months:
            self.status("没有可以分配的月度：只有已核定、未缴款的月度才能分配。", kind="warning", beep=True)
            return
        needed = sum(parse_yuan(month.amount) for month in months)
        differs = unequal(parse_yuan(self._unallocated), needed)
        if differs:
            self.status(differs, kind="warning", beep=True)
            return
        lines = [f"{month.month}  {month.people} 人  {grouped(month.amount)} 元" for month in months]
        question = [
            *lines,
            f"本期汇缴金额 {format_yuan_grouped(needed)} 元",
            f"单位未分配金额 {grouped(self._unallocated)} 元",
            "",
            "确认分配到个人账户吗？",
        ]
        rows = [
            {"month": str(month.month), "people": str(month.people), "total_amount": month.amount}
            for month in months
        ]
        if await self.file("allocate", rows, question):
            self._filed = {month.month: parse_yuan(month.amount) for month in months}
