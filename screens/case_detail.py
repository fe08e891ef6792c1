"""A case: its people, its history, and what the clerk may do: take, approve, refuse (T-07, O-09)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from domain.businesses.registry import declare
from domain.money import grouped
from screens.app import AppScreen
from screens.case_rows import PAGE, CaseRows
from screens.cases import ACTIONS, STATES, history_lines
from screens.home_parts import short_time
from screens.panel import Panel
from screens.roster_parts import RowsModel
from screens.state import StateEvent
from screens.text_entry import TextEntry
from tui.bars import Span
from tui.grid import Grid
from tui.grid_model import GridColumn
from tui.keys import ActionRequested
from tui.progress import in_thread
from tui.theme import PLAIN, STRONG

if TYPE_CHECKING:
    from domain.wire import CaseDetail

MOVED = "该事项已被其他柜员办理或状态已改变，已重新读取，请核对后再办。"
OPINION_LIMIT = 500
NO_COLUMNS = (GridColumn("@state", "状态", 8),)
"""What the grid has while no case has been read."""
REASON_LIMIT = 200


class PeopleGrid(Grid):
    """The people of a case; no row is ever added, so that key takes the case."""

    def handle_action(self, action: str) -> bool:
        """Leave the key of `add_row` to the screen."""
        return action != "add_row" and super().handle_action(action)


class CaseScreen(AppScreen):
    """One case in full."""

    MODULE: ClassVar[bool] = False
    DEFAULT_CSS = "CaseScreen Grid { height: 1fr; }"
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "refresh",
        "add_row",
        "paste_pad",
        "save",
        "submit",
        "print",
        "back",
    )
    LABELS = {
        "refresh": ("刷新", "重新读取这个事项。"),
        "add_row": ("受理", "受理这个事项，之后才能审核。"),
        "paste_pad": ("单人不通过", "对光标所在的人填写不通过的原因，再按一次取消；回车也可以。"),
        "save": ("整批不通过", "填写审批意见后整批不通过。"),
        "submit": ("通过", "通过；注明不通过的人除外。"),
        "print": ("流程", "查看办理过程和审批意见。"),
    }
    HELP_LINES = ("受理后逐人核对：不通过的人按 F7 填写原因，其余按 F10 通过。", "")

    def __init__(self) -> None:
        super().__init__()
        self._detail: CaseDetail | None = None
        self._rows: CaseRows | None = None
        self._reading: set[int] = set()
        self._case_id = ""

    def screen_title(self) -> str:
        """Return what the case is about."""
        return f"{self._detail.case.title}审核" if self._detail is not None else "审核"

    def body(self) -> ComposeResult:
        """Facts, people."""
        yield Panel(id="facts")
        yield PeopleGrid(RowsModel(NO_COLUMNS))

    @property
    def grid(self) -> Grid:
        """The people."""
        return self.query_one(Grid)

    @property
    def rows(self) -> CaseRows:
        """The rows behind the grid."""
        assert self._rows is not None
        return self._rows

    @property
    def detail(self) -> CaseDetail:
        """The case as last read."""
        assert self._detail is not None
        return self._detail

    def key_bar_actions(self) -> Sequence[str]:
        """Show what this clerk may do now."""
        open_ = self._detail.actions if self._detail is not None else []
        shown = {
            "add_row": "take" in open_,
            "paste_pad": "approve" in open_,
            "save": "refuse" in open_,
            "submit": "approve" in open_,
        }
        return [name for name in self.KEY_BAR if shown.get(name, True)]

    # -- reading ---------------------------------------------------------------------------------------

    async def opened(self, **args: Any) -> None:
        """Read the case given as `case_id`."""
        self._detail = self._rows = None
        self._case_id = str(args["case_id"])
        self.grid.set_model(RowsModel(NO_COLUMNS))
        self.query_one("#facts", Panel).show([])
        self.status("")
        await self._read(self._case_id)

    async def _read(self, case_id: str) -> None:
        client = self.state.client()
        detail = await self.reading("正在读取事项…", client.case, case_id)
        page = await self.reading("正在读取人员…", client.case_rows, case_id, after=0, limit=PAGE)
        self._detail = detail
        business = declare(self.detail.case.business, self.state.profile)
        self._rows = CaseRows(business, self._need, mask=self.state.settings.screen.mask_id)
        self.rows.start(self.detail.case.count)
        self.rows.put(0, page.rows)
        self.grid.set_model(self.rows)
        self._show()

    def _amount(self) -> str:
        """The sum of the case in the business's own word, "" where only people count."""
        rules = self.state.profile.rules(self.detail.case.business)
        title = rules.amount_title.removeprefix("总") if rules is not None else ""
        return f"  {title} {grouped(self.detail.case.amount)}元" if title else ""

    def _show(self) -> None:
        case = self.detail.case
        events = self.detail.events
        last = events[-1] if events else None
        taken = f"  {ACTIONS.get(last.action, last.action)} {last.actor}" if last is not None else ""
        opinion = f"  意见：{last.opinion}" if last is not None and last.opinion else ""
        lines: list[Sequence[Span]] = [
            [("单位  ", STRONG), (f"{case.unit_name}  账号 {case.unit_account}", PLAIN)],
            [
                ("业务  ", STRONG),
                (f"{case.title}  流水号 {case.serial}  {case.count}{self.rows.each}{self._amount()}", PLAIN),
            ],
            [
                ("状态  ", STRONG),
                (f"{STATES.get(case.state, case.state)}", STRONG),
                (f"  申报 {short_time(case.declared)}  期限 {case.due}{taken}{opinion}", PLAIN),
            ],
            [],
        ]
        self.query_one("#facts", Panel).show(lines)
        self.refresh_bars()

    def _need(self, page: int) -> None:
        """Read a page of people in the background; the grid is drawn again when it is here."""
        if page not in self._reading and self._detail is not None:
            self._reading.add(page)
            self.run_worker(self._fetch(self._detail.case.case_id, page), name="rows", group="rows")

    async def _fetch(self, case_id: str, page: int) -> None:
        from client.errors import ClientError

        try:
            found = await in_thread(self.state.client().case_rows, case_id, after=page * PAGE, limit=PAGE)
        except ClientError as error:
            self.status(error.sentence, kind="error")
            return
        finally:
            self._reading.discard(page)
        if self._detail is not None and self._detail.case.case_id == case_id:
            self.rows.put(page, found.rows)
            self.grid.reload()

    def state_changed(self, event: StateEvent) -> None:
        """Say that another clerk has moved this case."""
        super().state_changed(event)
        if event.kind != "inbox" or event.poll is None or self._detail is None or not self.on_top:
            return
        if any(one.case_id == self.detail.case.case_id for one in event.poll.items):
            self.run_worker(self._look(), name="look", group="look", exclusive=True)

    async def _look(self) -> None:
        from client.errors import ClientError

        known = self.detail.case
        try:
            now = await in_thread(self.state.client().case, known.case_id)
        except ClientError:
            return
        if self._detail is not None and now.case.version > self.detail.case.version:
            self.news("这个事项的状态刚被改变，请按 F5 刷新。", kind="warning")

    # -- keys ------------------------------------------------------------------------------------------

    async def perform(self, request: ActionRequested) -> None:
        """Take, approve, refuse, show the history."""
        if request.action == "refresh":
            await self._read(self._case_id)
            return
        if self._detail is None and request.action not in ("help", "back", "exit", "redraw"):
            self.status("事项还没有读到，请按 F5 再试。", kind="error", beep=True)
            return
        match request.action:
            case "add_row" if "take" in self.detail.actions:
                await self._act("take", "已受理，请逐人核对。")
            case "open" | "paste_pad" if "approve" in self.detail.actions:
                row = request.payload.get("row_id")
                if row is not None:
                    await self._refuse_row(int(row))
            case "save" if "refuse" in self.detail.actions:
                await self._refuse()
            case "submit" if "approve" in self.detail.actions:
                await self._approve()
            case "print":
                await self._history()
            case _:
                await super().perform(request)

    async def _refuse_row(self, row: int) -> None:
        each = self.rows.each
        if row in self.rows.refused:
            del self.rows.refused[row]
            self.status(f"第 {row} {each}不再注明不通过。")
        else:
            lines = [f"第 {row} {each}不通过的原因："]
            entry = TextEntry(lines, limit=REASON_LIMIT, required="! 原因不能为空，放弃请按 F12。")
            reason = await self.host(f"单{each}不通过", entry)
            if reason is None:
                return
            self.rows.refused[row] = str(reason)
            self.status(f"第 {row} {each}注明不通过。")
        self.grid.reload()

    async def _refuse(self) -> None:
        entry = TextEntry(
            ["整批不通过，请填写审批意见（单位经办人会看到）："],
            limit=OPINION_LIMIT,
            required="! 不通过须填写审批意见，放弃请按 F12。",
        )
        opinion = await self.host("整批不通过", entry)
        if opinion is not None:
            self.rows.refused.clear()
            await self._act("refuse", "已不通过，意见已发给单位经办人。", str(opinion))

    async def _approve(self) -> None:
        case, refused = self.detail.case, len(self.rows.refused)
        passed, each = case.count - refused, self.rows.each
        lines = [f"通过 {passed} {each}，不通过 {refused} {each}，确定提交审核结果吗？"]
        if await self.ask("通过", lines, [("y", "确定"), ("n", "取消")], cancel="n") != "y":
            return
        opinion = await self.host("通过", TextEntry(["审批意见（可以不填）："], limit=OPINION_LIMIT))
        if opinion is not None:
            await self._act(
                "approve", f"已办结：通过 {passed} {each}，不通过 {refused} {each}。", str(opinion)
            )

    async def _act(self, action: str, done: str, opinion: str = "") -> None:
        from client.errors import Refused
        from domain.wire import CaseAction, RowDecision

        refused = [RowDecision(row=row, reason=why) for row, why in sorted(self.rows.refused.items())]
        body = CaseAction.model_validate(
            {
                "action": action,
                "version": self.detail.case.version,
                "opinion": opinion,
                "refused": refused if action == "approve" else [],
            }
        )
        case_id = self.detail.case.case_id
        try:
            await self.busy("正在提交…", self.state.client().act_on_case, case_id, body)
        except Refused as error:
            moved = error.code == "case.version"
            kept = dict(self.rows.refused)
            await self._read(case_id)
            if not moved:
                self.rows.refused.update(kept)
                self.grid.reload()
            self.status(MOVED if moved else error.sentence, kind="error", beep=True)
            return
        await self._read(case_id)
        self.status(done, kind="good")

    async def _history(self) -> None:
        await self.tell("办理过程", history_lines(self.detail.events))

    def keep(self) -> dict[str, Any]:
        """Keep the reasons for refusing people as well: they were typed."""
        if self._detail is None:
            return super().keep()
        refused = [[row, why] for row, why in self.rows.refused.items()]
        return {**super().keep(), "version": self.detail.case.version, "refused": refused}

    async def take_up(self, kept: Mapping[str, Any]) -> None:
        """Take the reasons up again unless the case has moved on."""
        if self._detail is not None and kept.get("version") == self.detail.case.version:
            self.rows.refused.update({int(row): str(why) for row, why in kept.get("refused") or ()})
            self.grid.reload()
        await super().take_up(kept)

    async def may_leave(self) -> bool:
        """Ask before reasons that were not submitted are given up."""
        if self._rows is None or not self._rows.refused:
            return True
        lines = ["注明的不通过还没有提交，离开后不保留，确定离开吗？"]
        return await self.ask("离开", lines, [("y", "确定"), ("n", "取消")], cancel="n") == "y"
