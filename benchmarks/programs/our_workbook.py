"""A roster workbook read, checked, stored and shown in the grid by the application's own parts.

`python -m benchmarks.programs.our_workbook FILE DATA_FOLDER`
"""

from __future__ import annotations

import sys
from pathlib import Path

from tui.launch import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from client.roster import RosterService
    from tui.app import ShellApp

TODAY, MONTH = (2026, 11, 20), 202611


def imported(path: Path, folder: Path) -> RosterService:
    """Import the workbook into a new roster of the store."""
    from datetime import date

    from client.roster import RosterService
    from client.store.database import Database
    from client.store.rosters import RosterStore
    from client.store.rows import Scope
    from domain.business import CheckContext, Source, UnitFacts
    from domain.businesses.opening import declare
    from domain.profile import load_profile
    from exports.importer import check_file

    profile = load_profile("baishan")
    business = declare(profile)
    limits = profile.limits_for(MONTH)
    context = CheckContext(date(*TODAY), MONTH, UnitFacts("100001"), limits, Source.FILE)
    store = RosterStore(Database(folder))
    scope = Scope("baishan", "http://127.0.0.1", "100001", "bench")
    service = RosterService(
        store, store.roster(store.create(scope, "open", "file")), business, context, profile
    )
    checked = check_file(path, business, context)
    service.import_rows((row.row_number, row.values, row.check) for row in checked.rows)
    return service


def make() -> ShellApp:
    """The application with the roster as its only screen."""
    from textual.app import ComposeResult

    from tui.app import ShellApp
    from tui.grid import Grid
    from tui.shellscreen import ShellScreen

    path, folder = Path(sys.argv[1]), Path(sys.argv[2])

    class RosterScreen(ShellScreen):
        """Opens empty, then shows what the worker has imported."""

        TITLE = "开户清册"

        def body(self) -> ComposeResult:
            from benchmarks.programs.empty_model import EmptyModel

            yield Grid(EmptyModel())

        async def opened(self, **args: object) -> None:
            """Import in a thread."""
            from screens.roster_model import RosterModel

            service = await self.busy("正在导入…", imported, path, folder)
            self.query_one(Grid).set_model(RosterModel(service))

    return ShellApp({"roster": RosterScreen}, start="roster")


if __name__ == "__main__":
    raise SystemExit(run(make))
