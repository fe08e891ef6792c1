"""A clerk's home: the cases by state, kept current by the center's long poll (O-09)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from screens.app import AppScreen
from screens.home_parts import short_time
from screens.options import OptionRun, offered
from screens.panel import Panel
from screens.state import StateEvent
from tui.bars import Span
from tui.keys import ActionRequested
from tui.listview import ListColumn, ListRow, ListView
from tui.progress import in_thread
from tui.theme import CURSOR, PLAIN, STRONG

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.wire import CaseEvent, CaseSummary

STATES: Final = {"pending": "待处理", "processing": "处理中", "done": "已办结"}
"""States of a case and their words, in the order of the work."""

COLUMNS: Final = (
    ListColumn("业务流水号", 18),
    ListColumn("单位", 20),
    ListColumn("业务", 12),
    ListColumn("人数", 6, "right"),
    ListColumn("申报日期", 11),
    ListColumn("期限", 5),
)
LIMIT: Final = 200
ACTIONS: Final = {"submit": "提交", "take": "受理", "approve": "通过", "refuse": "不通过"}
"""Actions on a case and their words."""


def history_lines(events: Sequence[CaseEvent]) -> list[str]:
    """How a case went: time, action, who, state, opinion."""
    lines = []
    for one in events:
        words = [short_time(one.time), ACTIONS.get(one.action, one.action), one.actor]
        words.append(STATES.get(one.state, one.state))
        if one.opinion:
            words.append(f"意见：{one.opinion}")
        lines.append("  ".join(words))
    return lines or ["还没有办理记录。"]


def take_case(client: CenterClient, case_id: str) -> None:
    """Take a case if it still waits for somebody. Blocking; raises ClientError."""
    from domain.wire import CaseAction

    detail = client.case(case_id)
    if "take" in detail.actions:
        body = {"action": "take", "version": detail.case.version, "opinion": "", "refused": []}
        client.act_on_case(case_id, CaseAction.model_validate(body))


class CaseList(ListView):
    """Cases; left and right change the state."""

    def handle_action(self, action: str) -> bool:
        """Ask the screen for another state; the rest as every list."""
        if action in ("left", "right"):
            self.request("tab", step=1 if action == "right" else -1)
            return True
        return super().handle_action(action)


class CasesScreen(AppScreen):
    """Lists the cases of a state, oldest first."""

    FIRST: ClassVar[bool] = True
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "next_field",
        "refresh",
        "add_row",
        "paste_pad",
        "columns",
        "exit",
    )
    LABELS = {
        "next_field": ("换状态", "换到下一种状态，左右键也可以。"),
        "refresh": ("刷新", "重新读取事项。"),
        "add_row": ("来款", "登记、导入、查询来款，认领和退款。"),
        "paste_pad": ("修改密码", "修改登录密码。"),
        "columns": ("音效", "关闭或打开按键的提示音。"),
        "exit": ("退出系统", "退出系统，回到登录画面。"),
    }
    HELP_LINES = ("选定一个事项按回车打开，受理后逐人或整批审核。", "")

    def __init__(self) -> None:
        super().__init__()
        self._state = "pending"
        self._counts: dict[str, int] = {}
        self._cases: dict[str, CaseSummary] = {}
        self.option_run = OptionRun(self, self._option, lambda key: self._cases[key].serial)

    async def _option(self, key: str, digit: str) -> str:
        """1 takes the case and opens it, 5 opens it, 8 shows how it went."""
        client = self.state.client()
        if digit == "8":
            detail = await self.reading("正在读取流程…", client.case, key)
            await self.tell(f"流程 {self._cases[key].serial}", history_lines(detail.events))
            return "已查看流程。"
        if digit == "1":
            await self.busy("正在受理…", take_case, client, key)
        await self.shell.open_screen("case", case_id=key)
        return ""

    def screen_title(self) -> str:
        """Return the center's name."""
        return f"{self.state.form.center} 柜员"

    def body(self) -> ComposeResult:
        """States, list."""
        yield Panel(id="states")
        yield CaseList(COLUMNS, options=offered("1", "5", "8"), empty="没有这种状态的事项。")

    def screen_actions(self) -> frozenset[str]:
        """Shift+Tab goes back."""
        return super().screen_actions() | {"previous_field"}

    @property
    def pane(self) -> CaseList:
        """The list."""
        return self.query_one(CaseList)

    async def opened(self, **args: Any) -> None:
        """Read the cases that wait."""
        self._state = "pending"
        await self._read()

    async def returned(self, result: Any) -> None:
        """Read again after a case."""
        await self._read()
        if isinstance(result, str) and result:
            self.status(result, kind="good")

    def _fetch(self) -> tuple[list[CaseSummary], dict[str, int]]:
        """The cases shown, and how many there are of each state. Blocking."""
        client = self.state.client()
        lists = {state: client.cases(state=state, limit=LIMIT).cases for state in ("pending", "processing")}
        lists["done"] = client.cases(state="done", limit=LIMIT).cases if self._state == "done" else []
        counts = {state: len(lists[state]) for state in ("pending", "processing")}
        return lists[self._state], counts

    async def _read(self) -> None:
        cases, self._counts = await self.reading("正在读取事项…", self._fetch)
        self._show(cases)

    async def _read_quietly(self) -> None:
        """Read again while the clerk goes on working; the cursor stays on its case."""
        from client.errors import ClientError

        try:
            cases, self._counts = await in_thread(self._fetch)
        except ClientError:
            return
        self._show(cases)

    def _show(self, cases: Sequence[CaseSummary]) -> None:
        spans: list[Span] = [("事项  ", STRONG)]
        for state, word in STATES.items():
            count = f"({self._counts[state]})" if state in self._counts else ""
            spans += [(f" {word}{count} ", CURSOR if state == self._state else PLAIN), (" ", PLAIN)]
        self.query_one("#states", Panel).show(["", spans, ""])
        self._cases = {one.case_id: one for one in cases}
        self.pane.set_rows(
            [
                ListRow(
                    one.case_id,
                    (
                        one.serial,
                        one.unit_name,
                        one.title,
                        str(one.count),
                        short_time(one.declared),
                        one.due[5:10],
                    ),
                    mark="*" if one.state == "pending" else " ",
                )
                for one in cases
            ]
        )

    def state_changed(self, event: StateEvent) -> None:
        """Show new cases without a key being pressed."""
        super().state_changed(event)
        if event.kind == "inbox":
            self.run_worker(self._read_quietly(), name="cases", group="inbox", exclusive=True)

    async def perform(self, request: ActionRequested) -> None:
        """Open a case, change the state, log out."""
        match request.action:
            case "run_options":
                await self.run_options(request.payload["options"])
            case "open":
                await self.shell.open_screen("case", case_id=str(request.payload["key"]))
            case "tab":
                await self._turn(int(request.payload["step"]))
            case "next_field" | "previous_field":
                await self._turn(1 if request.action == "next_field" else -1)
            case "refresh":
                await self._read()
            case "add_row":
                await self.shell.open_screen("receipts")
            case "paste_pad":
                from screens.password import change_password

                await change_password(self)
            case "columns":
                sound = await in_thread(self.state.toggle_sound)
                self.status("音效已打开。" if sound else "音效已关闭。", kind="good")
            case "exit" | "back":
                await self._log_out()
            case _:
                await super().perform(request)

    async def _turn(self, step: int) -> None:
        states = list(STATES)
        self._state = states[(states.index(self._state) + step) % len(states)]
        await self._read()

    async def _log_out(self) -> None:
        options = [("y", "确定"), ("n", "取消")]
        if await self.ask("退出系统", ["确定退出系统吗？"], options, cancel="n") == "y":
            await self.gjj.places.finish()
            await self.busy("正在退出…", self.state.leave)
            await self.gjj.to_login("已退出系统。")
