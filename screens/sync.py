"""职工信息同步: the unit's depositors brought into the local copy on demand (E-03 to E-05)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from client.errors import ClientError
from screens.app import AppScreen
from screens.receipt import local_time
from screens.roster_parts import FactsView
from tui.keys import ActionRequested
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.sync import SyncProgress

EXPLANATION = (
    "把中心的职工缴存信息同步到本机，供查询和录入时核对。",
    "职工登记、职工减少处理成功后，须同步一次，本机才有最新的状态；补缴不须同步。",
    "同步所需时间随职工人数增加；中途停止后再次同步，从停下的地方继续。",
)


class SyncScreen(AppScreen):
    """What is synchronised, how far, 同步 or 取消."""

    TITLE = "职工信息同步"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "submit", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "submit": ("同步", "开始同步；F12 可以停止。"),
        "back": ("取消", "不同步，返回。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = EXPLANATION

    def body(self) -> ComposeResult:
        """One page."""
        yield FactsView()

    async def opened(self, **args: Any) -> None:
        """Say what is there."""
        await self._show()
        self.status("按 F10 开始同步，F12 取消。")

    async def _show(self) -> None:
        cache = await in_thread(self.state.depositors)
        count, complete = await in_thread(cache.count), await in_thread(cache.complete)
        context = self.state.context
        people = context.headcount + context.sealed_count if context is not None else 0
        state = "已同步" if complete else "上次没有同步完" if count else "本机还没有同步过"
        facts = [*(("", line) for line in EXPLANATION), ("", "")]
        facts += [("中心人数", f"{people} 人"), ("本机人数", f"{count} 人"), ("状态", state)]
        if when := await in_thread(cache.refreshed):
            facts.append(("同步时间", local_time(when)))
        self.query_one(FactsView).show(facts)

    async def perform(self, request: ActionRequested) -> None:
        """Synchronise."""
        if request.action == "submit":
            await self._synchronise()
        else:
            await super().perform(request)

    async def _synchronise(self) -> None:
        stop = threading.Event()
        say = self.shell.progress.say

        def progress(now: SyncProgress) -> None:
            total = f"/{now.total}" if now.total else ""
            say(f"正在同步 {now.rows}{total} 人")

        try:
            await self.busy("正在同步…", self.state.synchronise, progress, stop, on_cancel=stop.set)
        except ClientError as error:
            await self._show()
            self.status(error.sentence, kind="error", beep=True)
            return
        await self._show()
        if stop.is_set():
            self.status("同步已停止，再次同步时从停下的地方继续。", kind="warning")
        else:
            self.status("同步完成。", kind="good")
