"""Checking a roster: all rows here and at the center, and single rows while typing goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from client.errors import AuthExpired, CenterUnreachable, ClientError
from screens.roster_parts import begin
from tui.progress import in_thread

if TYPE_CHECKING:
    from screens.roster_screen import RosterScreen

NEVER: Final = -1
NOT_AT_CENTER: Final = "（中心连不上，没有核对）"
NOT_LOGGED_IN: Final = "（登录已失效，中心没有核对）"


class RosterChecks:
    """The checks of one roster screen."""

    def __init__(self, screen: RosterScreen) -> None:
        self._screen = screen
        self._revision = NEVER

    def forget(self) -> None:
        """Have the next F8 check everything anew."""
        self._revision = NEVER

    async def recheck(self, *, keep: str = "") -> None:
        """Check every row with what this computer knows; findings with the code `keep` stay."""
        screen, say = self._screen, self._screen.shell.progress.say
        await screen.busy(
            "正在校验清册…", screen.desk.recheck, lambda done: say(f"正在校验清册… {done} 行"), keep=keep
        )

    def unchecked(self, error: ClientError) -> str:
        """What is to be said when the center could not be asked; an ended login is renewed."""
        if isinstance(error, AuthExpired):
            self._screen.state.expired = True
            return NOT_LOGGED_IN
        if isinstance(error, CenterUnreachable):
            return NOT_AT_CENTER
        return f"（中心没有核对：{error.sentence.rstrip('。')}）"

    async def both(self, told: str = "") -> str:
        """Check every row here, then at the center; returns what is to be said when that was not possible.

        With `told` the center has just failed to answer and is not asked.
        """
        await self.recheck()
        told = told or await self._at_center()
        # What the center has not seen is not checked: the next F8 asks it again.
        self._revision = NEVER if told else await in_thread(self._screen.desk.revision)
        return told

    async def run(self) -> None:
        """Check all rows and go to the first error; again without a change between: to the next."""
        screen, desk, told = self._screen, self._screen.desk, ""
        if await in_thread(desk.revision) != self._revision:
            told = await self.both()
            await screen.rows.follow()
        sums = await in_thread(desk.store.totals, desk.service.roster_id)
        if not sums.bad:
            text = f"校验完毕：{sums.count} 条记录没有错误{told}。"
            screen.status(text, kind="warning" if told else "good")
            return
        screen.focus_key(screen.grid)
        target = await in_thread(screen.grid.model.next_error, *screen.grid.cursor)
        if target is None:
            text = f"显示的记录都已改正，其余还有 {sums.bad} 条有错误，请按 Ctrl+E 显示全部。"
            screen.status(text, kind="warning")
            return
        screen.grid.goto(*target)
        screen.status(f"共 {sums.bad} 条记录有错误，再按 F8 到下一处{told}。", kind="error")

    async def _at_center(self) -> str:
        stop: list[bool] = []
        screen, say = self._screen, self._screen.shell.progress.say
        try:
            await screen.busy(
                "正在请中心核对…",
                screen.desk.dry_run_all,
                lambda done: say(f"正在请中心核对… {done} 行"),
                lambda: bool(stop),
                on_cancel=lambda: stop.append(True),
            )
        except ClientError as error:
            return self.unchecked(error)
        return "（中心只核对了一部分）" if stop else ""

    def ask_center(self, row_ids: Sequence[int]) -> None:
        """Have the center check rows in the background; typing goes on (O-15)."""
        ids = list(row_ids)

        async def ask() -> None:
            await self._ask(ids)

        begin(self._screen, ask, "dry-run")

    async def _ask(self, row_ids: list[int]) -> None:
        screen = self._screen
        if not screen.has_desk:
            return
        desk = screen.desk
        try:
            found = await in_thread(desk.dry_run, row_ids)
        except ClientError:
            return
        if found and screen.works_with(desk):
            screen.grid.reload()
            row, finding = found[0]
            name = row.typed.get("name", "")
            screen.status(f"{screen.rows.number_of(row)} {name}：{finding.text}", kind="error", beep=True)
