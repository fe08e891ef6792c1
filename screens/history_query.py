"""Queries of what was changed: conditions over the lines that meet them, one shown whole, export."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from textual.app import ComposeResult

from client.errors import AuthExpired, ClientError
from screens.app import AppScreen
from screens.business_rows import masked
from screens.date_fields import check_period, parse_day
from screens.fields import FieldsModel
from screens.handing_out import hand_out
from screens.roster_parts import Heading, QueueGrid, RowsModel
from tui.form import Form
from tui.form_model import FormField
from tui.grid_model import GridColumn, GridRow
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from client.api import CenterClient
    from exports.form import PaperForm

Progress = Callable[[int], None]
Stopped = Callable[[], bool]


class Page(Protocol):
    """A page of lines; `next` is what to continue after, None at the end."""

    @property
    def rows(self) -> Sequence[Any]:
        """The lines."""

    @property
    def next(self) -> int | None:
        """Where the following page begins."""


def read_pages(ask: Callable[[int], Page], progress: Progress, stopped: Stopped) -> list[Any]:
    """Read all pages of a question; `ask` gets what to continue after. Blocking."""
    rows: list[Any] = []
    after: int | None = 0
    while after is not None and not stopped():
        page = ask(after)
        rows += page.rows
        after = page.next
        progress(len(rows))
    return rows


class HistoryQueryScreen(AppScreen):
    """Conditions with a span of days ("first", "last") over the lines that meet them."""

    HEADING: ClassVar[str] = "变更记录"
    COUNTED: ClassVar[str] = "条变更"
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "next_field",
        "prompt",
        "accept",
        "refresh",
        "print",
        "back",
    )
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "accept": ("查询", "按条件查询；在某一条上看它的全部内容。"),
        "refresh": ("查询", "按条件再查一次。"),
        "print": ("导出", "把查到的变更导出为表格文件。"),
    }

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Any] = []

    # ---- for the query -------------------------------------------------------------------------------

    @abstractmethod
    def conditions(self) -> list[FormField]:
        """Return the fields of the form."""

    @abstractmethod
    def history_columns(self) -> list[GridColumn]:
        """Return the columns; their keys are the attributes of a line."""

    @abstractmethod
    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[Any]:
        """Read the lines that meet the conditions; days are ISO texts or "". Blocking."""

    @abstractmethod
    def form(self) -> PaperForm:
        """Return the lines that were found as they are handed out. Blocking."""

    def about(self) -> list[tuple[str, str]]:
        """Return the lines at the beginning of what is handed out: center and unit."""
        context = self.state.context
        name = context.name if context is not None else ""
        return [("中心", self.state.profile.center), ("单位", f"{self.state.unit} {name}")]

    def found_footer(self) -> str:
        """Return the line below what was found; override to say more."""
        return f"共 {len(self._found)} 条"

    # ---- picture -------------------------------------------------------------------------------------

    def make_values(self) -> FieldsModel:
        """Return the values of the form."""
        return FieldsModel(self.conditions(), check=check_period)

    def found(self, count: int) -> str:
        """Return the sentence that says how many lines there are."""
        return f"查到 {count} {self.COUNTED}。"

    def body(self) -> ComposeResult:
        """Conditions, lines."""
        self._values = self.make_values()
        self._form = Form(self._values)
        self._grid = QueueGrid(RowsModel(self.history_columns()))
        yield self._form
        yield Heading(self.HEADING)
        yield self._grid

    def screen_actions(self) -> frozenset[str]:
        """Return the keys that walk between the panes as well."""
        return super().screen_actions() | {"previous_field"}

    def preset(self) -> None:
        """Put the present month into the form, and the first of all choices."""
        today = self.today
        for field in self._values.fields():
            self._values.set(field.key, field.choices[0][0] if field.choices else "")
        self._values.set("first", today.replace(day=1).isoformat())
        self._values.set("last", today.isoformat())
        self._form.rebuild()

    async def opened(self, **args: Any) -> None:
        """Ask for the present month at once."""
        self.preset()
        await self._query()

    @property
    def today(self) -> date:
        """The center's date. Raises AuthExpired without a unit."""
        context = self.state.context
        if context is None:
            raise AuthExpired
        return date.fromisoformat(context.today)

    async def perform(self, request: ActionRequested) -> None:
        """Ask, show one whole, export, walk between the panes."""
        match request.action:
            case "record":
                await self._query()
            case "refresh":
                if not self._form.complete():
                    self.focus_key(self._form)
            case "next_field" | "previous_field":
                self.focus_key(self._grid if self.focused is self._form else self._form)
            case "open":
                await self._show_whole(int(request.payload["index"]))
            case "print":
                await self._export()
            case _:
                await super().perform(request)

    async def _query(self) -> None:
        values = dict(self._values.values())
        for key in ("first", "last"):
            day = parse_day(values.get(key, ""))
            values[key] = day.isoformat() if day is not None else ""
        stop: list[bool] = []
        say = self.shell.progress.say
        try:
            self._found = await self.busy(
                "正在查询…",
                self.fetch,
                self.state.session().client,
                values,
                lambda count: say(f"正在查询… {count} 条"),
                lambda: bool(stop),
                on_cancel=lambda: stop.append(True),
            )
        except AuthExpired:
            raise
        except ClientError as error:
            self.status(error.sentence, kind="error", beep=True)
            return
        self._show(bool(stop))

    def _show(self, stopped: bool) -> None:
        mask = self.state.settings.screen.mask_id
        columns = self.history_columns()
        rows = [
            GridRow(
                at,
                " ",
                tuple(
                    masked(one.id_number, mask) if c.key == "id_number" else str(getattr(one, c.key))
                    for c in columns
                ),
            )
            for at, one in enumerate(self._found)
        ]
        self._grid.set_model(RowsModel(columns, rows, footer=self.found_footer()))
        if rows:
            self.focus_key(self._grid)
            self.status("查询已停止，只显示一部分。" if stopped else self.found(len(rows)))
        else:
            self.status("没有查到记录，请核对条件。", kind="warning")

    async def _show_whole(self, index: int) -> None:
        row = next(iter(self._grid.model.window(index, 1)), None)
        if row is not None:
            pairs = zip(self._grid.model.columns, row.cells, strict=True)
            await self.tell(self.HEADING, [f"{column.title}：{text}" for column, text in pairs if text])

    async def _export(self) -> None:
        if not self._found:
            self.status("没有查到记录，不用导出。", kind="warning", beep=True)
            return
        await hand_out(self, self.screen_title(), self.today, self.form, what="查询结果")
