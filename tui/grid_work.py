"""What a roster can do beyond editing cells: undo, sort, filter, find; and how the screen has it done.

The grid asks for such work with a request, so that keys wait in the gate; `work_on` does it in a thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from tui.progress import in_thread

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui.grid import Grid
    from tui.keys import ActionRequested
    from tui.shellscreen import KeyScreen

WORK: Final = ("undo", "redo", "sort", "filter_faulty")
"""Actions that a `WorkModel` does."""
MARKS: Final[dict[str, str]] = {
    ">": "正在提交",
    "-": "已标为删除",
    "!": "有错误",
    "?": "有提示或数值已调整",
    "*": "已修改",
    "+": "新增",
    " ": "没有变动",
}
"""Marks in the order of precedence: a row shows the first that is true of it."""


@dataclass(frozen=True, slots=True)
class WorkResult:
    """What came of a piece of work: one sentence, and the position to go to (None: stay)."""

    message: str
    done: bool = True
    index: int | None = None


@runtime_checkable
class WorkModel(Protocol):
    """A grid model with a history and views. All methods but `find` may take a while: for a worker."""

    @property
    def order(self) -> tuple[str, bool] | None:
        """Column the rows are sorted by and whether descending; None: the order of the roster."""
        ...

    @property
    def view_text(self) -> str:
        """What is not shown as it is, for the footer: 只看有错, "" for nothing."""
        ...

    def position(self, row_id: int) -> int | None:
        """Return the position of a row as the rows are shown, None when it is not among them."""
        ...

    def find(self, text: str, index: int, step: int) -> int | None:
        """Return the position of a row that `text` means, from `index` on (0), behind (1) or before it (-1).

        Called while typing goes on, so it must answer within 50 ms.
        """
        ...

    def undo(self) -> WorkResult:
        """Undo the last step."""
        ...

    def redo(self) -> WorkResult:
        """Redo the step undone last."""
        ...

    def sort(self, column: str) -> WorkResult:
        """Sort by a column: ascending, descending, the order of the roster, in turn."""
        ...

    def filter_faulty(self) -> WorkResult:
        """Show the faulty rows only, or all rows again."""
        ...


_TEXTS: Final = {
    "undo": "正在撤销…",
    "redo": "正在重做…",
    "sort": "正在排序…",
    "filter_faulty": "正在筛选…",
}
SLOW_SECONDS: Final = 0.3
"""Work that takes longer shows its counter."""


async def work_on(screen: KeyScreen, request: ActionRequested, grid: Widget | None = None) -> bool:
    """Do a requested piece of work and show the rows as they are then; False when it was refused.

    `grid` is the grid it is about, if not the one that asked.
    """
    from tui.grid import Grid

    grid = grid or request.widget
    model: object = grid.model if isinstance(grid, Grid) else None
    if not isinstance(grid, Grid) or not isinstance(model, WorkModel):
        screen.shell.bell()
        return False
    work: dict[str, Callable[[], WorkResult]] = {
        "undo": model.undo,
        "redo": model.redo,
        "sort": lambda: model.sort(str(request.payload["column"])),
        "filter_faulty": model.filter_faulty,
    }
    row_id = grid.snapshot()["row_id"]
    result = await _quietly(screen, _TEXTS[request.action], work[request.action])
    _show(grid, result, row_id)
    # What the status line said of the step before may no longer be true.
    screen.status("")
    if not result.done:
        screen.shell.bell()
    return result.done


async def _quietly(screen: KeyScreen, text: str, work: Callable[[], WorkResult]) -> WorkResult:
    """Run work in a thread; the counter appears only when it is not done at once."""
    finished = threading.Event()

    def run() -> WorkResult:
        try:
            return work()
        finally:
            finished.set()

    task = asyncio.ensure_future(in_thread(run))
    done, _ = await asyncio.wait({task}, timeout=SLOW_SECONDS)
    if not done:
        await screen.busy(text, finished.wait)
    return await task


def _show(grid: Grid, result: WorkResult, row_id: int | None) -> None:
    grid.reload()
    if result.index is not None:
        grid.goto(result.index)
    elif row_id is not None:
        grid.goto_row(row_id)
    grid.tell(result.message if result.done else f"! {result.message}")
