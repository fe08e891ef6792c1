"""The roster grid over a real local store in a program of its own, for tests and measurements.

`python -m tests.support.roster_program FOLDER ROWS OUT [quiet]`: a grid that can be edited over ROWS
generated people; F5 shows them, F10 writes the rows (not when quiet) to OUT as JSON, with the cursor and the
longest time the event loop stood still since F5, and ends it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client.roster import RosterService
    from client.store.rows import NewRow

PROFILE, TODAY, MONTH = "shaanxi", date(2026, 11, 20), 202611
READY, BUILT = "按 F5 打开清册", "built"
SURNAMES, GIVEN = "张王李赵刘陈杨黄周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛"


def person(number: int) -> dict[str, str]:
    """One of the generated people, as typed."""
    from domain.idnumber import check_digit

    first = f"110101{1980 + number % 19}{1 + number // 19 % 12:02}{1 + number // 228 % 28:02}"
    first += f"{number // 6384 % 1000:03}"
    name = SURNAMES[number % 10] + GIVEN[number // 10 % 15] + GIVEN[number // 150 % 15]
    base = f"{5000 + number * 7919 % 15000}.00"
    return {"name": name, "id_number": first + check_digit(first), "mobile": "13800138000", "base": base}


def service(folder: Path) -> RosterService:
    """The roster of a folder under a center that lets rows be modified."""
    from client.roster import RosterService
    from client.store.database import Database
    from client.store.rosters import RosterStore
    from client.store.rows import Scope
    from domain.business import CheckContext, RatioPair, UnitFacts
    from domain.businesses.opening import declare
    from domain.profile import load_profile

    profile = load_profile(PROFILE)
    store = RosterStore(Database(folder))
    roster = store.open_draft(Scope(PROFILE, "test", "100001", "li"), "open")
    facts = UnitFacts("100001", ratios=(RatioPair(1200, 1200),))
    context = CheckContext(TODAY, MONTH, facts, profile.limits_for(MONTH))
    return RosterService(store, roster, declare(profile), context, profile)


def fill(folder: Path, rows: int) -> None:
    """Put generated people into the roster, one of a hundred with a faulty base."""
    mine = service(folder)

    def made() -> Iterator[NewRow]:
        from domain.business import Source

        for number in range(rows):
            typed = person(number) | ({"base": "12x"} if number % 100 == 99 else {})
            yield mine._judge(typed, Source.SINGLE)

    mine.store.bulk_insert(mine.roster_id, made())
    mine.store.database.close()


def main() -> None:
    """Run the program."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[3])
    if not (folder / BUILT).exists():
        fill(folder, int(sys.argv[2]))
        (folder / BUILT).touch()
    from tui.launch import prepare

    prepare()
    show(folder, out, quiet=sys.argv[4:] == ["quiet"])


def show(folder: Path, out: Path, *, quiet: bool) -> None:
    """Open the roster at F5, and work with it."""
    from textual.app import ComposeResult

    from screens.roster_model import RosterModel
    from screens.roster_parts import QueueGrid, RowsModel
    from tui.app import ShellApp
    from tui.grid_model import GridColumn
    from tui.keys import ActionRequested
    from tui.progress import in_thread
    from tui.shellscreen import ShellScreen

    class RosterProgram(ShellScreen):
        """The roster and nothing else."""

        TITLE = "清册"
        KEY_BAR = ("help", "refresh", "submit", "back")

        def body(self) -> ComposeResult:
            yield QueueGrid(RowsModel([GridColumn("name", "姓名", 10)]))

        def screen_actions(self) -> frozenset[str]:
            return super().screen_actions() | {"delete_row", "select_all"}

        async def opened(self, **args: object) -> None:
            self.stall = 0.0
            self.mine = await in_thread(service, folder)
            await in_thread(lambda: RosterModel(self.mine).window(0, 100))
            self.run_worker(self._watch())
            self.status(READY)

        async def _watch(self) -> None:
            """Measure how late the event loop is."""
            while True:
                before = time.perf_counter()
                await asyncio.sleep(0.005)
                self.stall = max(self.stall, time.perf_counter() - before - 0.005)

        async def perform(self, request: ActionRequested) -> None:
            grid = self.query_one(QueueGrid)
            model = grid.model
            match request.action:
                case "refresh":
                    self.stall = 0.0
                    grid.set_model(RosterModel(self.mine))
                case "delete_row":
                    ticked = await in_thread(model.selected_ids)
                    await in_thread(model.delete_rows, ticked or [grid.snapshot()["row_id"]])
                    grid.reload()
                case "select_all":
                    model.select_all(True)
                    grid.reload()
                case "submit":
                    await self._write(grid)
                    self.shell.exit(0)
                case _:
                    await super().perform(request)

        async def _write(self, grid: QueueGrid) -> None:
            stall = self.stall
            rows = () if quiet else self.mine.store.rows(self.mine.roster_id)
            told = [[row.typed.get("name", ""), row.typed.get("base", ""), row.change] for row in rows]
            held = {"rows": told, "cursor": grid.cursor, "stall": stall}
            out.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")

    ShellApp({"roster": RosterProgram}, start="roster").run(mouse=False)


if __name__ == "__main__":
    main()
