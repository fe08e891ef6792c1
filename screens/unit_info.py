"""The unit's own page: unit, account, agent (H-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from client.errors import ClientError
from domain.codes import table
from domain.money import grouped
from screens.app import AppScreen
from screens.roster_parts import FactsView
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from domain.wire import UnitContext


def unit_facts(context: UnitContext) -> list[tuple[str, str]]:
    """Titles and values of a unit: customer, account, agent."""
    ratios = "、".join(f"单位{pair.unit}% 个人{pair.person}%" for pair in context.ratios)
    funds = "、".join(table("fund_type").label(code) for code in context.fund_types)
    limits = context.limits
    return [
        ("", "客户信息"),
        ("单位名称", context.name),
        ("统一社会信用代码", context.credit_code or "未登记"),
        ("单位地址", context.address or "未登记"),
        ("", ""),
        ("", "账户信息"),
        ("单位账号", context.unit_account),
        ("账户状态", table("unit_status").label(context.account_state)),
        ("缴至月份", str(context.paid_through or "尚未缴存")),
        ("缴存比例", f"{ratios}{'（统一比例）' if context.unified_ratio else '（逐人录入）'}"),
        ("资金性质", funds),
        ("正常人数", f"{context.headcount} 人"),
        ("封存人数", f"{context.sealed_count} 人"),
        ("暂存款", f"{grouped(context.unallocated)} 元"),
        ("业务年月", str(context.month)),
        (
            "基数上下限",
            f"{grouped(limits.base_min)} 至 {grouped(limits.base_max)} 元" if limits else "尚未公布",
        ),
        ("", ""),
        ("", "经办人"),
        ("姓名", context.agent_name),
        ("手机号码", context.agent_mobile or "未登记"),
    ]


class UnitInfoScreen(AppScreen):
    """What the center knows of the unit, read anew each time."""

    TITLE = "单位基本信息"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "refresh", "back")
    HELP_LINES: ClassVar[tuple[str, ...]] = ("信息以中心登记的为准，有误请按中心的规定办理变更。",)

    def body(self) -> ComposeResult:
        """One page."""
        yield FactsView()

    async def opened(self, **args: Any) -> None:
        """Read and show."""
        await self._read()

    async def _read(self) -> None:
        context = self.state.context
        try:
            context = await self.reading("正在读取单位信息…", self.state.session().refresh_context)
        except ClientError as error:
            self.status(f"显示的是上次读取的信息：{error.sentence}", kind="warning")
        if context is not None:
            self.query_one(FactsView).show(unit_facts(context))

    async def perform(self, request: ActionRequested) -> None:
        """Read again on F5."""
        if request.action == "refresh":
            await self._read()
        else:
            await super().perform(request)
