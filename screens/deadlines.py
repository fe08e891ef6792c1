"""期限: everything that is due at the unit, the most urgent first, with what to do and why."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import ClientError
from screens.app import AppScreen
from screens.deadline_parts import details, read_deadlines, row_of
from screens.options import offered
from screens.panel import Panel
from screens.receipt import local_time
from tui import glyphs
from tui.keys import ActionRequested
from tui.listview import ListColumn, ListView
from tui.progress import in_thread

if TYPE_CHECKING:
    from domain.deadlines import Deadline

COLUMNS: Final = (
    ListColumn("状态", 10),
    ListColumn("期限", 10),
    ListColumn("剩余", 23),
    ListColumn("事项", 30),
)
DETAIL_LINES: Final = 4


class DeadlineList(ListView):
    """Tells the screen on which row the cursor stands."""

    def handle_action(self, action: str) -> bool:
        """Act as every list, and have the row under the cursor explained."""
        done = super().handle_action(action)
        screen = self.screen
        if isinstance(screen, DeadlinesScreen):
            screen.explain()
        return done


class DeadlinesScreen(AppScreen):
    """All deadlines; below the list what is to be done about the one under the cursor."""

    MODULE: ClassVar[bool] = False
    TITLE = "期限"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "refresh", "add_row", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "refresh": ("刷新", "向中心重新读取缴至月份、发薪日和年历。"),
        "add_row": ("工资表比对", "用工资表找出本月该登记、封存、启封和调整基数的人。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "汇缴按发薪日后5个工作日计算，发薪日在单位信息变更中登记；登记和封存按入职、离职后30日计算。",
        "入职、离职日期取自最近一次工资表比对；没有发布年历的年份不推算，显示年历未发布。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Deadline] = []

    def body(self) -> ComposeResult:
        """When this was told, the list, and what the row under the cursor is about."""
        yield Panel(id="told")
        yield DeadlineList(COLUMNS, options=offered("5"), empty="没有期限。")
        yield Panel([""] * DETAIL_LINES, id="detail")

    async def opened(self, **args: Any) -> None:
        """Read and show."""
        await self._read()

    async def returned(self, result: Any) -> None:
        """Show what has changed."""
        await self._show(ask=False)

    async def _read(self) -> None:
        try:
            await self._show(ask=True)
        except ClientError as error:
            await self._show(ask=False)
            self.status(f"显示的是上次读取的资料：{error.sentence}", kind="warning")

    async def _show(self, *, ask: bool) -> None:
        work = partial(read_deadlines, self.state, ask=ask)
        asked = self.reading("正在读取期限的资料…", work) if ask else in_thread(work)
        self._found, time = await asked
        told = f"资料截至 {local_time(time)}" if time else "还没有读取过期限的资料"
        self.query_one("#told", Panel).show([f" {told}，已过期的在最前。"])
        self.query_one(ListView).set_rows([row_of(at, one) for at, one in enumerate(self._found)])
        self.explain()

    def explain(self) -> None:
        """Say what is to be done about the row under the cursor, and why."""
        key = self.query_one(ListView).current
        lines: list[str] = []
        if key is not None:
            one = self._found[int(key)]
            for text in (f"办法：{one.action}", f"依据：{one.source}"):
                lines += [f" {part}" for part in glyphs.wrap(text, max(10, self.size.width - 2))]
        self.query_one("#detail", Panel).show([*lines, *[""] * DETAIL_LINES][:DETAIL_LINES])

    async def perform(self, request: ActionRequested) -> None:
        """Show one whole, read again, compare with a payroll."""
        match request.action:
            case "open":
                await self._tell(int(request.payload["key"]))
            case "run_options":
                for key, _ in request.payload["options"]:
                    await self._tell(int(key))
            case "refresh":
                await self._read()
            case "add_row":
                await self.shell.open_screen("payroll")
            case _:
                await super().perform(request)

    async def _tell(self, at: int) -> None:
        await self.tell(self._found[at].title, details(self._found[at]))
