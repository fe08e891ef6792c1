"""A paste of rows from the clipboard to the roster: taken apart, checked, previewed, appended.

One column pasted into a grid whose cells can be edited goes down that column from the cursor, as in a
spreadsheet; everything else is appended as rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from client.errors import ClientError
from domain.business import CheckContext, Source, roster_columns
from exports.workbook_error import WorkbookError
from screens.roster_model import RosterModel
from screens.roster_take import Cancelled, take_rows, tell_totals
from tui.keys import ActionRequested
from tui.pad import KEPT
from tui.progress import in_thread

if TYPE_CHECKING:
    from exports.paste import PastedTable
    from exports.paste_check import PastedRows
    from screens.roster_screen import RosterScreen

Progress = Callable[[int, int], None]
ALL: Final = "all"
GOOD: Final = "good"
STOPPED: Final = "已停止读取，清册没有改动。"
GIVEN_UP: Final = "没有粘贴，清册没有改动。"


class PasteFlow:
    """One paste at a time; `waits` while a screen above decides."""

    def __init__(self, screen: RosterScreen) -> None:
        self._screen = screen
        self._pad_open = False
        self._pasted: PastedRows | None = None
        self._review_open = False
        self._step: dict[str, Any] | None = None
        """What the preview shows, for the next start: text, column, index, and what was chosen for all."""

    @property
    def waits(self) -> bool:
        """Whether the pad or the preview is open."""
        return self._pad_open or self._review_open

    def forget(self) -> None:
        """Wait for no answer any more."""
        self._pad_open = self._review_open = False
        self._pasted = self._step = None

    def take_up_pad(self) -> None:
        """Wait for the pad, which was opened again after a cut."""
        self._pad_open = True

    def step(self) -> dict[str, Any] | None:
        """Return what the preview shows, None for a text that is too long to be kept."""
        return self._step

    async def again(self, step: Mapping[str, Any]) -> None:
        """Preview the same text again after a cut."""
        text, column, index = str(step["text"]), str(step["column"]), int(step["index"])
        await self._read(text, column, index, dict(step["chosen"]))

    async def open_pad(self) -> None:
        """Collect a paste that the terminal does not mark."""
        self._pad_open = True
        await self._screen.shell.open_screen("paste_pad")

    async def begin(self, request: ActionRequested) -> None:
        """Take up a paste in the form or the grid."""
        cell = request.payload if "row_id" in request.payload else {}
        column = str(cell.get("column", "")) if self._screen.grid.model.editable else ""
        await self._read(str(request.payload["text"]), column, int(cell.get("index", 0)))

    async def returned(self, answer: object) -> None:
        """Go on after the pad or the preview."""
        pad, pasted = self._pad_open, self._pasted
        self.forget()
        if pad and isinstance(answer, str):
            await self._read(answer, "", 0)
            return
        if not pad and pasted is not None and answer in (ALL, GOOD):
            await self._take(pasted, good_only=answer == GOOD)
        else:
            self._screen.status(GIVEN_UP, kind="warning")
        if pasted is not None:
            await in_thread(pasted.table.let_go)

    # ---- reading -----------------------------------------------------------------------------------

    async def _read(
        self, text: str, column: str, index: int, chosen: Mapping[str, Any] | None = None
    ) -> None:
        screen = self._screen
        pasted: PastedRows | None = None
        problem = ""
        try:
            pasted = await self._checked(text, column, index, chosen)
        except WorkbookError as error:
            problem = error.text
        except Cancelled:
            screen.status(STOPPED, kind="warning")
            return
        except ClientError as error:
            screen.status(error.sentence, kind="error", beep=True)
            return
        if pasted is None and not problem:
            screen.status(GIVEN_UP, kind="warning")
            return
        self._pasted, self._review_open = pasted, True
        if len(text) <= KEPT:
            told = {"text": text, "column": column, "index": index, "chosen": screen.chosen_for_all()}
            self._step = told
        atomic = screen.state.profile.imports.atomic and screen.pasted_as is Source.FILE
        await screen.shell.open_screen(
            "paste_review",
            pasted=pasted,
            problem=problem,
            atomic=atomic,
            words=screen.words(screen.state.profile),
        )

    async def _checked(
        self, text: str, column: str, index: int, chosen: Mapping[str, Any] | None
    ) -> PastedRows | None:
        """Read and check in a worker; None when a choice was not made. Raises Cancelled, WorkbookError."""
        screen, stop = self._screen, list[bool]()
        say = screen.shell.progress.say

        def step(told: str) -> None:
            if stop:
                raise Cancelled
            say(told)

        def read() -> PastedTable:
            from exports.paste import read_paste

            return read_paste(text, progress=lambda done: step(f"正在读取 {done} 行"))

        table = await screen.busy("正在读取粘贴的内容…", read, on_cancel=lambda: stop.append(True))
        check: Callable[[PastedTable, Progress], PastedRows]
        if column and table.width == 1:
            check = partial(self._column, column, index)
        else:
            context = await screen.paste_context(chosen)
            if context is None:
                return None
            context = screen.desk.service.with_people(context, ())
            check = partial(self._rows, context)
        return await screen.busy(
            "正在校验粘贴的内容…",
            check,
            table,
            lambda done, total: step(f"正在校验 {done}/{total} 行"),
            on_cancel=lambda: stop.append(True),
        )

    def _rows(self, context: CheckContext, table: PastedTable, progress: Progress) -> PastedRows:
        """Check the rows; where they can be completed in the roster, columns may be missing."""
        from exports.paste_check import check_paste

        may_lack = self._screen.grid.model.editable and table.width > 1
        business = self._screen.desk.service.business
        return check_paste(table, business, context, may_lack=may_lack, progress=progress)

    def _column(self, key: str, index: int, table: PastedTable, progress: Progress) -> PastedRows:
        """Check the cells against the rows from position `index` on, sorted or filtered as they are shown."""
        from exports.paste_check import check_column, without_title

        service, model = self._screen.desk.service, self._screen.grid.model
        column = next(one for one in roster_columns(service.business) if one.key == key)
        if column.computed:
            raise WorkbookError(
                "paste.column", f"“{column.title}”是计算栏，不能粘贴，请把光标移到可录入的栏目。"
            )
        table = without_title(table, column)
        rows = model.rows_from(index, len(table)) if isinstance(model, RosterModel) else []
        if len(rows) < len(table):
            text = f"粘贴了 {len(table)} 行，从光标起清册只有 {len(rows)} 行，请移动光标或少复制几行。"
            raise WorkbookError("paste.column", text)
        if sent := next((row for row in rows if row.state != "draft"), None):
            text = f"第 {sent.index + 1} 条已提交、等待回执，不能修改，请只粘贴到未提交的记录。"
            raise WorkbookError("paste.column", text)
        context = service.with_people(_with_source(service.context, rows[0].source), ())
        return check_column(table, column, rows, service.business, context, progress=progress)

    # ---- into the roster ---------------------------------------------------------------------------

    async def _take(self, pasted: PastedRows, *, good_only: bool) -> None:
        from exports.paste_check import PastedColumn

        screen, service = self._screen, self._screen.desk.service
        total = pasted.count(good_only=good_only)
        if not isinstance(pasted, PastedColumn):
            rows = pasted.addable(good_only=good_only)
            first = await screen.busy("正在粘贴…", screen.grid.model.count)
            left = len(pasted) - total
            if await take_rows(screen, rows, total, pasted.context.source, "粘贴", left=left):
                screen.grid.goto(first if screen.with_form else 0)
            return
        key = pasted.layout.columns[0][0].key
        try:
            cells = pasted.cells(good_only=good_only)
            count = await screen.busy("正在粘贴…", service.fill_column, key, cells)
        except ClientError as error:
            screen.status(error.sentence, kind="error", beep=True)
            return
        screen.grid.reload()
        await tell_totals(screen, f"改写了 {count} 条")


def _with_source(context: CheckContext, source: str) -> CheckContext:
    return replace(context, source=Source(source))
