"""The receipt of a submission: serial number, time, people, amount, digest, state (Q-18, Y-01)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult

from client.errors import ClientError
from domain.money import grouped
from domain.period import CENTER_ZONE
from screens.app import AppScreen
from screens.roster_parts import FactsView, begin
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from domain.wire import JobProgress, Receipt
    from screens.state import StateEvent

STATES: Final = {
    "done": "办结",
    "review": "待确认（等待中心审核）",
    "processing": "处理中",
    "refused": "未受理",
}
"""State of a submission -> what the receipt says."""
AFTERWARDS: Final = "登记处理成功后，才能为该职工办理补缴、减少等其他业务，请至少提前1个工作日登记。"
"""Where the center's staff has a day for a registration (O-17)."""


def local_time(text: str) -> str:
    """Return a UTC time as the center's clock shows it, to the second."""
    try:
        return datetime.fromisoformat(text).astimezone(CENTER_ZONE).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


class ReceiptScreen(AppScreen):
    """What the center answered; follows an asynchronous business while it is open."""

    MODULE: ClassVar[bool] = False
    TITLE = "回执"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "refresh", "back")
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "回执由中心出具，业务流水号可用于查询；SHA-256 是所提交内容的摘要，与签名一起存档。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._receipt: Receipt | None = None
        self._told = ""

    def body(self) -> ComposeResult:
        """One page of facts."""
        yield FactsView()

    async def opened(self, **args: Any) -> None:
        """Show a receipt; `told` is the center's word for having sent a batch (I-09)."""
        self._receipt = args["receipt"]
        self._told = args.get("told", "")
        self._show()
        self.status(f"业务流水号 {args['receipt'].serial}", kind="good")

    def _show(self) -> None:
        receipt = self._receipt
        if receipt is None:
            return
        rules = self.state.profile.rules(receipt.business)
        each = rules.counted if rules is not None else "人"
        facts = [
            ("", self._told or receipt.message),
            ("", ""),
            ("业务名称", receipt.title),
            ("业务流水号", receipt.serial),
            ("受理时间", local_time(receipt.received)),
            (rules.count_title if rules else "总人数", f"{receipt.count} {each}"),
            *(
                [(rules.amount_title, f"{grouped(receipt.amount)} 元")]
                if rules and rules.amount_title
                else []
            ),
            ("状态", STATES[receipt.state]),
            ("办理结果", f"成功 {receipt.ok}  失败 {receipt.failed}  待确认 {receipt.pending}"),
            ("SHA-256", receipt.digest),
        ]
        if rules is not None and rules.sla_workdays:
            facts += [("", ""), ("", AFTERWARDS)]
        refused = [finding for finding in receipt.findings if finding.row]
        if refused:
            facts += [("", ""), ("", f"其中 {len({f.row for f in refused})} {each}没有受理，已退回清册：")]
            facts += [("", f"第 {finding.row} 行  {finding.text}") for finding in refused[:200]]
        for view in self.query(FactsView):  # none is left on a screen that is going
            view.show(facts)

    def state_changed(self, event: StateEvent) -> None:
        """Follow the progress the inbox tells."""
        super().state_changed(event)
        if event.kind == "inbox" and event.poll is not None and self._receipt is not None:
            for job in event.poll.jobs:
                if job.submission_id == self._receipt.submission_id:
                    self._follow(job)
            ours = self._receipt.submission_id
            if any(item.submission_id == ours for item in event.poll.items) and self.on_top:
                begin(self, self._refresh, "receipt", exclusive=True)

    def _follow(self, job: JobProgress) -> None:
        assert self._receipt is not None
        left = max(0, job.total - job.ok - job.failed)
        changes = {"state": job.state, "ok": job.ok, "failed": job.failed, "pending": left}
        self._receipt = self._receipt.model_copy(update=changes)
        self._show()
        done = job.ok + job.failed
        if job.state == "processing":
            self._say(f"正在办理 {done}/{job.total}：成功 {job.ok}，失败 {job.failed}", "info")
        else:
            kind = "warning" if job.failed else "good"
            rules = self.state.profile.rules(self._receipt.business)
            each = rules.counted if rules is not None else "人"
            self._say(f"办理完毕：成功 {job.ok} {each}，失败 {job.failed} {each}。", kind)

    async def _refresh(self) -> None:
        """Ask the center how the submission stands."""
        from tui.progress import in_thread

        receipt = self._receipt
        if receipt is None:
            return
        session = self.state.session()
        try:
            now = await in_thread(session.client.submission, self.state.unit, receipt.submission_id)
        except ClientError as error:
            self._say(error.sentence, "warning")
            return
        if self._receipt is receipt:
            self._receipt = now
            self._show()
            self._say(now.message, "good")

    def _say(self, text: str, kind: str) -> None:
        """Say something unless the person has gone on to another screen, whose line it is then."""
        if self.on_top:
            self.status(text, kind=kind)

    async def perform(self, request: ActionRequested) -> None:
        """Ask again on F5."""
        if request.action == "refresh":
            await self._refresh()
        else:
            await super().perform(request)
