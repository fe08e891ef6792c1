"""A large workbook from file to the roster on the screen: `... our_large FILE FOLDER ROWS OUT`.

What the application does after 导入: read in slices, check with what is known of the people, store, and show
the roster out of the local store. Reading begins while Textual is still being imported. When the rows are on
the screen it writes JSON to OUT: the longest time the event loop had to wait for the processor (seconds of
this process), and the peak of its memory and of the reading child's (MB).
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.programs.our_import import PROFILE, UNIT, facts

if TYPE_CHECKING:
    from client.roster import RosterService
    from domain.business import RowCheck


def imported(file: Path, folder: Path) -> RosterService:
    """The file in the roster of a local store, whose service this is."""
    from client.roster import RosterService
    from client.store.database import Database
    from client.store.rosters import RosterStore
    from client.store.rows import Scope
    from exports.stream import RosterStream

    profile, business, context = facts()
    store = RosterStore(Database(folder))
    roster = store.open_draft(Scope(PROFILE, "http://127.0.0.1", UNIT, "jbr001"), business.id, "file")
    service = RosterService(store, roster, business, context, profile)
    stream = RosterStream(file, business, context, with_people=service.with_people)

    def rows() -> Iterator[tuple[int, Mapping[str, str], RowCheck]]:
        for part in stream.slices():
            yield from [(row.row_number, row.values, row.check) for row in part]

    service.import_rows(rows())
    assert not stream.result.findings, stream.result.findings[0].text
    return service


def show(pool: ThreadPoolExecutor, file: Path, folder: Path, out: Path) -> None:
    """Run the program until the terminal is closed."""
    reading = pool.submit(imported, file, folder)

    from tui.launch import prepare

    prepare()

    from textual.app import ComposeResult

    from screens.roster_parts import QueueGrid, RowsModel
    from tui.app import ShellApp
    from tui.grid_model import GridColumn
    from tui.progress import in_thread
    from tui.shellscreen import ShellScreen

    class ImportScreen(ShellScreen):
        """The roster of the file."""

        TITLE = "导入"

        def body(self) -> ComposeResult:
            yield QueueGrid(RowsModel([GridColumn("name", "姓名", 10)]))

        async def opened(self, **args: Any) -> None:
            self.stall = 0.0
            self.run_worker(self._watch())
            self.run_worker(self._fill())

        async def _watch(self) -> None:
            last = time.process_time()
            while True:
                await asyncio.sleep(0.001)
                now = time.process_time()
                self.stall, last = max(self.stall, now - last), now

        async def _fill(self) -> None:
            from screens.roster_model import RosterModel

            service = await in_thread(reading.result)
            model = await in_thread(RosterModel, service)
            await in_thread(model.window, 0, 100)
            self.query_one(QueueGrid).set_model(model)
            told = {"stall": self.stall, "mb": peak(resource.RUSAGE_SELF)}
            told["child_mb"] = peak(resource.RUSAGE_CHILDREN)
            out.write_text(json.dumps(told), encoding="ascii")

    ShellApp({"import": ImportScreen}, start="import").run(mouse=False)


def peak(who: int) -> float:
    """The most memory in use at a time, MB."""
    return resource.getrusage(who).ru_maxrss / 1024


def main() -> None:
    """Run the program."""
    file, folder, out = (Path(name) for name in sys.argv[1:])
    with ThreadPoolExecutor(1) as pool:
        show(pool, file, folder, out)


if __name__ == "__main__":
    main()
