"""Rows of a roster screen: deleting, ticking, and following what happened to the roster elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from screens.roster_model import RosterModel, describe
from tui.grid_model import CellResult
from tui.masking import cover_middle
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.store.rows import StoredRow
    from screens.roster_screen import RosterScreen

UNTICKED: Final = "请先按空格勾选要删除的记录，再删除。"
FEW: Final = 2000
"""Deleting more rows than that shows a counter."""


class RosterRows:
    """What the keys of one roster screen do to many rows."""

    def __init__(self, screen: RosterScreen) -> None:
        self._screen = screen

    async def follow(self) -> None:
        """Show the rows as they are now, after an import, a submission or an answer."""
        model = self._screen.grid.model
        if isinstance(model, RosterModel):
            await in_thread(model.follow)
        self._screen.grid.reload()

    def number_of(self, row: StoredRow) -> str:
        """Return what the person sees as the number of a row whose `index` is its place in the roster."""
        model = self._screen.grid.model
        return model.number_of(row) if isinstance(model, RosterModel) else f"第{row.index + 1}条"

    async def show(self, index: int) -> None:
        """Show a row whole, with all that is to be said of it."""
        screen, model = self._screen, self._screen.grid.model
        row = next(iter(model.window(index, 1)), None)
        if row is None or not isinstance(model, RosterModel):
            return
        pairs = [(c, text) for c, text in zip(model.columns, row.cells, strict=True) if text]
        lines = [f"{c.title}：{cover_middle(text) if c.masked else text}" for c, text in pairs]
        found = [describe(finding, screen.desk.business.columns) for finding in model.findings_at(index)]
        await screen.tell(f"第 {index + 1} 条记录", [*lines, *([""] if found else []), *found])

    async def run_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Show the rows marked 5, in row order, then delete those marked 4 together."""
        screen = self._screen
        for row_id in [int(key) for key, digit in options if digit == "5"]:
            model = screen.grid.model
            at = model.position(row_id) if isinstance(model, RosterModel) else None
            if at is not None:
                await self.show(at)
        if gone := [int(key) for key, digit in options if digit == "4"]:
            await self.delete(gone)

    async def delete(self, chosen: Sequence[int] = ()) -> None:
        """Delete rows, else the ticked, else the current one, as the center allows (O-04, W-04, V-25).

        A digit beside a row ticks it.
        """
        screen, model = self._screen, self._screen.grid.model
        if not isinstance(model, RosterModel):
            return
        queue, ticked = screen.desk.service.queue, await in_thread(model.selected_ids)
        ids = list(chosen) or ticked or ([] if queue.delete_ticked else self._current(model))
        if not ids:
            tick = queue.delete_ticked and model.count()
            told = UNTICKED if tick else "没有可以删除的记录。"
            screen.status(told, kind="warning", beep=True)
            return
        drafts = (await in_thread(screen.desk.store.totals, screen.desk.service.roster_id)).draft
        if queue.delete_mode == "one_or_all" and 1 < len(ids) < drafts:
            screen.status("操作无效：只能删除一条或全部记录，请重新选择。", kind="error", beep=True)
            return
        if queue.delete_confirm:
            current = f"当前的第 {screen.grid.cursor[0] + 1} 条记录"
            marked = f"{'选中' if chosen else '已勾选'}的 {len(ids)} 条记录"
            which = marked if chosen or ticked else current
            answer = await screen.ask(
                "删除", [f"删除{which}，确认吗？"], [("y", "确定"), ("n", "取消")], cancel="n"
            )
            if answer != "y":
                screen.status("没有删除。")
                return
        await self._deleted(model, ids)

    def _current(self, model: RosterModel) -> list[int]:
        row = model.at(self._screen.grid.cursor[0])
        return [row.row_id] if row is not None and row.state == "draft" else []

    async def _deleted(self, model: RosterModel, ids: list[int]) -> None:
        screen = self._screen
        result: CellResult
        if len(ids) > FEW:
            result = await screen.busy("正在删除…", model.delete_rows, ids)
        else:
            result = await in_thread(model.delete_rows, ids)
        screen.grid.reload()
        screen.checks.forget()
        kind = "good" if result.accepted else "error"
        screen.status(result.message, kind=kind, beep=not result.accepted)

    async def select_all(self) -> None:
        """Tick every row, or untick them when all are ticked."""
        model, desk = self._screen.grid.model, self._screen.desk
        sums = await in_thread(desk.store.totals, desk.service.roster_id)
        await in_thread(model.select_all, sums.selected < sums.draft)
        self._screen.grid.reload()
