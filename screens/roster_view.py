"""The picture of a roster screen: an entry form and the pending roster, their keys and the center's words.

What a business's own module has to say is declared here as well.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from domain.business import Business, Source
from screens.app import AppScreen
from screens.entry_model import EntryModel
from screens.options import offered
from screens.roster_desk import RosterWords
from screens.roster_model import grid_columns
from screens.roster_parts import Divider, Heading, InfoLine, NoteArea, QueueGrid, RowsModel
from tui.form import Form

if TYPE_CHECKING:
    from client.store.depositors import Depositor
    from domain.business import CheckContext
    from domain.profile import Profile, Queue

TICKED = "删除按空格勾选的行。"
FORM_WIDTH = 37
"""Cells of the entry pane beside the roster (W-01)."""


class RosterView(AppScreen):
    """Form and roster of one business, drawn; `with_form` False: the roster alone (batch modules)."""

    with_form: ClassVar[bool] = True
    source: ClassVar[Literal["single", "file"]] = "single"
    FORM_KEYS: ClassVar[tuple[str, ...]] = (
        *("help", "prompt", "refresh", "add_row", "paste_pad", "check", "save", "submit", "back"),
    )
    GRID_KEYS: ClassVar[tuple[str, ...]] = (
        *("help", "refresh", "check", "submit", "find", "undo", "delete_row", "back"),
        *("select_all", "select_row", "print"),
    )
    ACTIONS: ClassVar[frozenset[str]] = frozenset(
        {"next_field", "previous_field", "clear_form", "add_row", "paste_pad", "paste", "prompt", "edit"}
        | {"columns", "undo", "redo"}
    )

    def __init__(self) -> None:
        super().__init__()
        self._noted = ""

    # ---- for the business --------------------------------------------------------------------------

    @abstractmethod
    def business(self, profile: Profile) -> Business:
        """Return the declaration under a profile."""

    @abstractmethod
    def words(self, profile: Profile) -> RosterWords:
        """Return what the center calls things."""

    @abstractmethod
    async def submit(self) -> None:
        """Submit what the center lets be submitted."""

    @abstractmethod
    async def import_menu(self) -> None:
        """Offer import and template."""

    def entry_model(self, business: Business, context: CheckContext) -> EntryModel:
        """Return the values behind the form."""
        return EntryModel(business, context, narrow=self._beside)

    async def read_person(self, person: Depositor) -> str:
        """Read what the form shows of a person beyond the copy; returns why that was not possible."""
        return ""

    @property
    def pasted_as(self) -> Source:
        """From where pasted rows count as coming."""
        return Source.FILE

    # ---- picture -----------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Put form and roster beside or below each other, as the center does (W-01)."""
        profile = self.state.profile
        business, context = self.business(profile), self.state.session().check_context()
        self._beside = profile.queue.layout == "side" and self.with_form
        self._info = InfoLine()
        self._heading = Heading(self._words.queue)
        columns = grid_columns(business, context.unit, narrow=self._beside)
        self._grid = QueueGrid(RowsModel(columns))
        self._grid.set_options(offered("4", "5"))
        self._entry = self.entry_model(business, context)
        # A sentence does not fit in one line beside the roster.
        side_by_side, lines = (1, 2) if self._beside else (2, 1)
        self._form = Form(self._entry, columns=side_by_side, notice_lines=lines)
        self._notes = NoteArea()
        yield self._info
        if self._beside:
            self._entry.told = self._note
            left, right = Vertical(self._form, self._notes), Vertical(self._heading, self._grid)
            left.styles.width, right.styles.width = FORM_WIDTH, "1fr"
            yield Horizontal(left, Divider(), right)
            return
        if self.with_form:
            yield self._form
        yield self._heading
        yield self._grid

    @property
    def _queue(self) -> Queue:
        profile = self.state.profile
        return profile.queue_of(self.business(profile).id)

    @property
    def _words(self) -> RosterWords:
        return self.words(self.state.profile)

    def screen_title(self) -> str:
        """Return the module's title at this center."""
        return self._words.title

    def key_bar_actions(self) -> Sequence[str]:
        """Return the keys of the pane that has the focus."""
        return self.FORM_KEYS if self.focused is not None and self.focused is self._form else self.GRID_KEYS

    def screen_actions(self) -> frozenset[str]:
        """Return all actions, whichever pane has the focus."""
        return super().screen_actions() | self.ACTIONS | {*self.FORM_KEYS, *self.GRID_KEYS}

    def label(self, action: str) -> tuple[str, str]:
        """Return the center's own words for recording, refreshing and submitting."""
        words = self._words
        match action:
            case "add_row":
                return words.record, f"把录入的内容放进{words.queue}；在清册中则回到录入栏。"
            case "submit":
                return words.submit, f"显示{words.totals}，确认后提交中心。"
            case "refresh" if words.refresh:
                return words.refresh, "重新读取并校验清册，合计以此为准。"
            case "paste_pad":
                return "导入", "从表格文件导入、打开粘贴板，或下载模板。"
            case "save" if words.submit == super().label(action)[0]:
                return "存草稿", "保存草稿，不提交。"
            case "print":
                return "导出", "把清册导出为表格文件。"
            case "delete_row" if self._queue.delete_ticked:
                return super().label(action)[0], TICKED
        return super().label(action)

    @property
    def grid(self) -> QueueGrid:
        """The roster."""
        return self._grid

    def _note(self, key: str, text: str) -> None:
        """Show what there is to say of a field in the room below the form."""
        if text or key == self._noted:
            self._noted = key
            self._notes.show(text)
