"""A workbook from file to checked rows in the grid: `... our_import FILE FOLDER WHEN`.

The parts are those of the application: reader, rules, grid, local store. The rows are shown as soon as they
are checked and stored afterwards. WHEN is "start" (reading begins while Textual is still being imported) or
"key" (the program stands idle, with what the application has loaded after its login, until F8).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exports.importer import FileCheck

PROFILE = "baishan"
UNIT = "100000000800"
MONTH = 202611
READY, SHOWN, STORED = "按 F8 开始", "共 10000 人", "已存 10000 人"


def facts() -> tuple[Any, Any, Any]:
    """Profile, business and context."""
    from domain.business import CheckContext, RatioPair, Source, UnitFacts
    from domain.businesses.opening import declare
    from domain.profile import load_profile

    profile = load_profile(PROFILE)
    pair = RatioPair(1200, 1200)
    unit = UnitFacts(UNIT, ratios=(pair,))
    limits = profile.limits_for(MONTH)
    return profile, declare(profile), CheckContext(date(2026, 11, 23), MONTH, unit, limits, Source.FILE, pair)


def checked(file: Path) -> FileCheck:
    """Read and check the file."""
    from exports.importer import check_file

    _, business, context = facts()
    return check_file(file, business, context)


def store(result: FileCheck, folder: Path) -> int:
    """Put the good rows into the local store; how many."""
    from client.roster import RosterService
    from client.store.database import Database
    from client.store.rosters import RosterStore
    from client.store.rows import Scope

    profile, business, context = facts()
    rosters = RosterStore(Database(folder))
    roster = rosters.open_draft(Scope(PROFILE, "http://127.0.0.1", UNIT, "jbr001"), business.id, "file")
    service = RosterService(rosters, roster, business, context, profile)
    return service.import_rows((row.row_number, row.values, row.check) for row in result.good_rows)


def show(read: Callable[[], Future[FileCheck]], folder: Path, *, at_once: bool) -> None:
    """Run the program that shows the rows; `read` begins to read them, or says they are being read."""
    from tui.launch import prepare

    prepare()

    from textual.app import ComposeResult

    from benchmarks.programs.our_entry import People
    from tui.app import ShellApp
    from tui.grid import Grid
    from tui.grid_model import GridColumn, GridRow
    from tui.keys import ActionRequested
    from tui.progress import in_thread
    from tui.shellscreen import ShellScreen

    class Checked(People):
        """The rows of a checked file."""

        def __init__(self, result: FileCheck | None) -> None:
            self.rows = [] if result is None else result.rows
            if result is not None:
                kept = [column for column in facts()[1].columns if column.in_roster]
                self.columns = tuple(GridColumn(c.key, c.title, c.width) for c in kept)

        def count(self) -> int:
            return len(self.rows)

        def window(self, start: int, count: int) -> Sequence[GridRow]:
            keys = [column.key for column in self.columns]
            return [
                GridRow(
                    row.row_number,
                    " " if row.check.ok else "!",
                    tuple(row.check.values.get(key, "") for key in keys),
                )
                for row in self.rows[start : start + count]
            ]

        def footer(self) -> str:
            return f"共 {len(self.rows)} 人"

    class ImportScreen(ShellScreen):
        """The rows of the file."""

        TITLE = "导入"

        def body(self) -> ComposeResult:
            yield Grid(Checked(None))

        def screen_actions(self) -> frozenset[str]:
            return super().screen_actions() | {"check"}

        async def opened(self, **args: Any) -> None:
            if at_once:
                self.run_worker(self._fill())
                return
            await in_thread(warm)
            self.status(READY)

        async def perform(self, request: ActionRequested) -> None:
            if request.action == "check":
                self.run_worker(self._fill())
            else:
                await super().perform(request)

        async def _fill(self) -> None:
            result = await in_thread(read().result)
            self.query_one(Grid).set_model(Checked(result))
            stored = await in_thread(store, result, folder)
            self.status(f"已存 {stored} 人")

    ShellApp({"import": ImportScreen}, start="import").run(mouse=False)


def warm() -> None:
    """Load what the application has loaded after its login; the reader of workbooks is not part of it."""
    import client.roster
    import client.store.rosters  # noqa: F401

    facts()


def main(file: Path, folder: Path, when: str) -> None:
    """Run until the terminal is closed."""
    with ThreadPoolExecutor(1) as pool:
        if when == "start":
            reading = pool.submit(checked, file)
            show(lambda: reading, folder, at_once=True)
        else:
            show(lambda: pool.submit(checked, file), folder, at_once=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
