"""批量录入 of 基数调整: the unit's people as rows of a grid, the new value typed in place (B-06)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from client.errors import ClientError
from domain.businesses.adjust import TYPED
from screens.adjust import HEADER, adjusting, chosen_kind, facts_line, stored
from screens.adjust_rows import AdjustRows
from screens.app import AppScreen
from screens.fields import FieldsForm, FieldsModel
from screens.person_pick import HOW, PersonPick
from screens.roster_desk import RosterDesk
from screens.roster_parts import Heading, InfoLine, QueueGrid, RowsModel
from tui.form_model import FormField
from tui.progress import in_thread

if TYPE_CHECKING:
    from domain.businesses.adjust import BaseAdjust
    from tui.keys import ActionRequested

SEARCH = FormField("query", "搜索职工", "text", 24, help=f"{HOW}；空白是全部职工。")


class PeopleGrid(QueueGrid):
    """The people; looking for somebody is the screen's search."""

    def handle_action(self, action: str) -> bool:
        """Leave the search to the screen, once the cell under edit is accepted."""
        return not self._finish() if action == "find" else super().handle_action(action)


class AdjustGridScreen(AppScreen):
    """Search, edit, go on; the changes stand in the roster the screen below shows."""

    TITLE = "基数调整批量录入"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "prompt", "refresh", "find", "back")
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "prompt": ("变更类别", "选择变更类别。"),
        "find": ("搜索", "回到搜索栏，按账号、姓名、拼音首字母或证件号码尾数查找。"),
        "back": ("清册", "回到清册，核对后提交。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "选择变更类别后搜索职工，直接输入调整后的数值；回车到下一栏，+ 到下一人的同一栏。",
        "改过的行前面有 *，已经录入清册；清除数值就取消这一条的调整。没有改的职工不会提交。",
        "改完后按 F12 回到清册，核对无误再提交。",
    )

    # ---- picture -------------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Put the search over the people."""
        self._desk: RosterDesk | None = None
        self._info = InfoLine()
        self._values = FieldsModel([SEARCH])
        self._form = FieldsForm(self._values)
        self._picking = PersonPick(self, lambda person, text: "")
        self._grid = PeopleGrid(RowsModel([]))
        yield self._info
        yield self._form
        yield Heading("职工")
        yield self._grid

    def screen_actions(self) -> frozenset[str]:
        """Return the keys that walk between search and people as well."""
        return super().screen_actions() | {"next_field", "previous_field", "find"}

    async def opened(self, **args: Any) -> None:
        """Show everybody, with the changes that stand in the roster."""
        self._desk = None
        self._values.set("query", "")
        self._form.rebuild()
        await self._picking.prepare()
        await self._open()

    async def _open(self) -> None:
        state = self.state
        try:
            business = adjusting(state.profile)
            roster = await in_thread(stored, state.rosters(), state.scope())
            business = business.of_kind(chosen_kind(business, roster))
            desk = await self.busy("正在打开清册…", RosterDesk, state, business, "single")
            desk.people.forget()
            cache = await in_thread(state.depositors)
            mask = state.settings.screen.mask_id
            rows = AdjustRows(desk.service, business, cache, mask=mask)
            await self.busy("正在读取清册…", rows.read_changes)
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        self._desk, self._rows = desk, rows
        self._info.show(facts_line(business, desk.service.context))
        await self._search()

    @property
    def grid(self) -> QueueGrid:
        """The people."""
        return self._grid

    # ---- keys ----------------------------------------------------------------------------------------

    def key_bar_actions(self) -> Sequence[str]:
        """Return the keys of the pane that has the focus: in the search there is nowhere to go back to it."""
        searching = self.focused is not None and self.focused is self._form
        return [name for name in self.KEY_BAR if not (searching and name == "find")]

    async def perform(self, request: ActionRequested) -> None:
        """Search, choose the kind, go back to the roster."""
        match request.action:
            case "record":
                await self._search()
                if self._grid.model.count():
                    self.focus_key(self._grid)
            case "next_field" | "previous_field":
                self.focus_key(self._grid if self.focused is self._form else self._form)
            case "find":
                self.focus_key(self._form)
            case "prompt":
                await self._choose_kind()
            case "refresh":
                await self._picking.prepare()
                await self._open()
            case _:
                await super().perform(request)

    async def _search(self) -> None:
        """Show the people that fit, the first one's new value under the cursor."""
        if self._desk is None:
            return
        query = self._values.values()["query"]
        await in_thread(self._rows.search, query)
        self._grid.set_model(self._rows)
        count = self._rows.count()
        if not count:
            self.status(f"没有相符的职工，{HOW}查找。", kind="warning", beep=True)
        elif query:
            self.status(f"找到 {count} 人。")

    async def _choose_kind(self) -> None:
        if self._desk is None:
            return
        business: BaseAdjust = self._rows.business
        kinds = list(business.kinds)
        titles = list(business.kinds.values())
        chosen = await self.choose("选择变更类别", titles, (), kinds.index(business.kind))
        if chosen is None or kinds[chosen] == business.kind:
            return
        service = self._desk.service
        await in_thread(service.store.set_header, service.roster_id, {HEADER: kinds[chosen]})
        await self._open()
        self.status(f"变更类别：{titles[chosen]}，请搜索职工后录入{self._first_title()}。", kind="good")

    def _first_title(self) -> str:
        business: BaseAdjust = self._rows.business
        return business.by_key[TYPED[business.kind][0]].title

    def help_text(self) -> Sequence[str]:
        """Say how the grid works."""
        return self.HELP_LINES
