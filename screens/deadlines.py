"""期限: everything that is due at the unit, the most urgent first, with what to do and why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import ClientError
from screens.app import AppScreen
from screens.options import offered
from screens.panel import Panel
from screens.receipt import local_time
from tui.keys import ActionRequested
from tui.listview import ListColumn, ListRow, ListView
from tui.progress import in_thread
from tui.theme import PLAIN, STRONG, WARNING

if TYPE_CHECKING:
    from domain.deadlines import Deadline
    from screens.state import AppState
    from tui.bars import Span

COLUMNS: Final = (
    ListColumn("状态", 10),
    ListColumn("期限", 10),
    ListColumn("剩余", 22),
    ListColumn("事项", 24),
    ListColumn("办法", 80),
)
MARKS: Final = {"已过期": "!", "今天到期": "!", "将到期": "?", "年历未发布": "?", "待核对": "?"}
"""What stands beside a state, so that it is not told by its colour alone."""
LABEL: Final = "期限  "


def read_deadlines(state: AppState, *, ask: bool) -> tuple[list[Deadline], str]:
    """The unit's deadlines and when the center told what they follow from (UTC, "" for never). Blocking.

    With `ask` the center is asked first. Raises ClientError.
    """
    from client.deadlines import DeadlineCache
    from domain.deadlines import deadlines

    cache = DeadlineCache(state.database(), state.scope())
    if ask:
        cache.fetch(state.client())
    found = cache.facts(state.profile)
    return ([], "") if found is None else (deadlines(found[0]), found[1])


def summary_line(found: Sequence[Deadline]) -> Sequence[Span]:
    """The line of the home screen; empty while nothing is known."""
    from domain.deadlines import URGENT, summary

    if not found:
        return ()
    urgent = any(one.state in URGENT for one in found)
    return [(LABEL, STRONG), (summary(found), WARNING if urgent else PLAIN)]


def row_of(at: int, one: Deadline) -> ListRow:
    """A deadline as a line of the list."""
    due = one.due.isoformat() if one.due is not None else ""
    cells = (one.state.value, due, one.left_text, one.title, one.action)
    return ListRow(str(at), cells, MARKS.get(one.state.value, " "))


def details(one: Deadline) -> list[str]:
    """Everything about a deadline, a line each."""
    left = f"，{one.left_text}" if one.left_text else ""
    due = f"期限：{one.due.isoformat()}{left}" if one.due is not None else "期限：待定"
    return [f"状态：{one.state.value}", due, f"办法：{one.action}", f"依据：{one.source}"]


class DeadlinesScreen(AppScreen):
    """All deadlines; Enter shows one whole."""

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
        """When this was told, and the list."""
        yield Panel(id="told")
        yield ListView(COLUMNS, options=offered("5"), empty="没有期限。")

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
        self.query_one("#told", Panel).show([[(f" {told}，已过期的在最前。", PLAIN)]])
        self.query_one(ListView).set_rows([row_of(at, one) for at, one in enumerate(self._found)])

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
