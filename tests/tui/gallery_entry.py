"""What of the entry engine needs more than rows, for pictures: find line, views, digits, paste, work.

Keys are those of the program: Ctrl+F find, Ctrl+N row number, Ctrl+O sort, Ctrl+E faulty rows, digits beside
rows; F5 begins work that lasts until F12 stops it.
"""

from __future__ import annotations

import asyncio
import threading
from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar

from textual.app import ComposeResult

from domain.business import CheckContext, RatioPair, Source, UnitFacts
from domain.businesses.opening import declare
from domain.profile import load_profile
from exports.paste import read_paste
from exports.paste_check import PastedRows, check_paste
from screens.paste_review import PasteReviewScreen
from screens.roster_desk import RosterWords
from tests.support.roster_program import person
from tests.tui.gallery import SCREENS, Gallery, Staff, staff
from tui.grid import Grid
from tui.grid_work import WorkResult
from tui.keys import ActionRequested
from tui.pad import PastePad
from tui.shellscreen import ShellScreen

WORDS = RosterWords("职工登记", "录入", "提交", "录入成功", "清册", "刷新")


def copied() -> str:
    """Rows copied in a spreadsheet: an ID number that lost its last digits, an amount that was too wide."""
    rows = ["姓名\t证件号码\t手机号\t缴存基数"]
    for number, wrong in enumerate(({}, {"id_number": "1.10101E+17"}, {"base": "####"}, {})):
        cells = person(number) | wrong
        rows.append("\t".join(cells[key] for key in ("name", "id_number", "mobile", "base")))
    return "\r".join(rows)


class Worked(Staff):
    """People in an order, all or the faulty ones; implements `tui.grid_work.WorkModel` in memory."""

    order: tuple[str, bool] | None = None
    view_text = ""

    def position(self, row_id: int) -> int | None:
        return self.ids.index(row_id) if row_id in self.ids else None

    def find(self, text: str, index: int, step: int) -> int | None:
        places = [at for at, row in enumerate(self.rows) if text in row["name"]]
        behind = [at for at in places if at > index or (at == index and step == 0)]
        return min(behind, default=places[0] if places else None)

    def undo(self) -> WorkResult:
        return WorkResult("没有可以撤销的操作。", False)

    def redo(self) -> WorkResult:
        return WorkResult("没有可以重做的操作。", False)

    def sort(self, column: str) -> WorkResult:
        down = self.order is not None
        self.order = (column, down)
        self.show(sorted(range(len(self.rows)), key=lambda at: self.rows[at][column], reverse=down))
        return WorkResult("已按缴存基数从大到小排列。" if down else "已按缴存基数从小到大排列。")

    def filter_faulty(self) -> WorkResult:
        self.view_text = "只看有错"
        self.show(sorted({at for at, _ in self.findings}))
        return WorkResult(f"只显示有错误的 {len(self.rows)} 条，再按 Ctrl+E 显示全部。", True, 0)

    def show(self, places: list[int]) -> None:
        """Have the rows stand in this order, and no others."""
        findings = {
            (places.index(at), key): text for (at, key), text in self.findings.items() if at in places
        }
        self.rows = [self.rows[at] for at in places]
        self.ids = [self.ids[at] for at in places]
        self.findings = findings


def worked(*, editable: bool = True) -> Worked:
    """Forty people, two of them faulty."""
    model, people = Worked(), staff()
    model.rows, model.ids, model.findings = people.rows, people.ids, people.findings
    model.editable = editable
    return model


def pasted(source: Source = Source.SINGLE) -> PastedRows:
    """Rows copied in a spreadsheet, two of them faulty, as the preview gets them."""
    profile = load_profile("shaanxi")
    facts = UnitFacts("100001", ratios=(RatioPair(1200, 1200),))
    context = CheckContext(date(2026, 11, 20), 202611, facts, profile.limits_for(202611), source=source)
    return check_paste(read_paste(copied()), declare(profile), context, may_lack=True)


class Entered(ShellScreen):
    """A grid and what it asks its screen for."""

    TITLE = "职工清册"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "find", "goto", "sort", "filter_faulty", "back")

    def body(self) -> ComposeResult:
        yield Grid(worked())

    async def perform(self, request: ActionRequested) -> None:
        if request.action == "run_options":
            self.status("办理：" + "，".join(f"{key}-{digit}" for key, digit in request.payload["options"]))
        else:
            await super().perform(request)


class Digits(Entered):
    """Rows that cannot be edited, with the option column."""

    def body(self) -> ComposeResult:
        grid = Grid(worked(editable=False))
        grid.set_options({"4": "删除", "5": "查看"})
        yield grid


class Pad(ShellScreen):
    """The paste pad."""

    TITLE = "粘贴板"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "submit", "back")

    def body(self) -> ComposeResult:
        yield PastePad()


class Preview(PasteReviewScreen):
    """What a paste would put into the roster."""

    async def opened(self, **args: Any) -> None:
        await super().opened(pasted=pasted(), problem="", atomic=False, words=WORDS)


class Refused(PasteReviewScreen):
    """A paste that nothing can be read of."""

    async def opened(self, **args: Any) -> None:
        problem = "粘贴的内容太长，请分几次粘贴。"
        await super().opened(pasted=None, problem=problem, atomic=False, words=WORDS)


class Working(ShellScreen):
    """Work that lasts until it is stopped; the counter stands still."""

    TITLE = "职工清册"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "refresh", "back")

    def body(self) -> ComposeResult:
        yield Grid(staff())

    async def perform(self, request: ActionRequested) -> None:
        if request.action != "refresh":
            await super().perform(request)
            return
        stopped = threading.Event()
        await self.busy("正在校验清册… 200 行", stopped.wait, on_cancel=stopped.set)
        self.status("已停止，清册没有改动。", kind="warning")


class EntryGallery(Gallery):
    """The gallery with these screens, and the state the screens of the program ask for."""

    def __init__(self, start: str = "work") -> None:
        super().__init__(start, catalog={**SCREENS, **ENTRY_SCREENS})
        settings = SimpleNamespace(screen=SimpleNamespace(mask_id=False))
        profile = load_profile("shaanxi")
        self.state = SimpleNamespace(settings=settings, profile=profile, unsent=0, context=None, link="在线")
        self.progress._tick = asyncio.Event().wait  # type: ignore[assignment]

    def elapsed(self, seconds: int) -> None:
        """Have the work that goes on take so long already."""
        self.progress._seconds = seconds
        self.progress._draw()


ENTRY_SCREENS: dict[str, type[ShellScreen]] = {
    "work": Entered,
    "digits": Digits,
    "pad": Pad,
    "preview": Preview,
    "refused": Refused,
    "working": Working,
}
