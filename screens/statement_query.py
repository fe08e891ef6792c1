"""Queries of the unit's money: what they share, 单位账户查询 and 个人明细账查询 (Q-02, Q-09)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

from domain.businesses.base import ACCOUNT_CELLS
from screens.business_rows import PAGE
from screens.business_titles import screen_title
from screens.date_fields import check_period, span_fields
from screens.history_query import HistoryQueryScreen, Progress, Stopped
from screens.person_pick import PersonModel, PersonPick
from tui.form import Form
from tui.form_model import FormField
from tui.grid_model import GridColumn
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from client.api import CenterClient
    from domain.statements_wire import LedgerPage, UnitStatement
    from exports.form import PaperForm

MONEY: Final = 14
"""Cells of an amount."""

UNIT_COLUMNS: Final = (
    GridColumn("first", "起始日期", 10),
    GridColumn("last", "截止日期", 10),
    GridColumn("opening", "期初余额", MONEY, align="right"),
    GridColumn("increase", "本期增加", MONEY, align="right"),
    GridColumn("decrease", "本期减少", MONEY, align="right"),
    GridColumn("closing", "期末余额", MONEY, align="right"),
    GridColumn("unallocated", "单位未分配金额", MONEY, align="right"),
    GridColumn("interest", "其中利息", MONEY, align="right"),
)
LEDGER_COLUMNS: Final = (
    GridColumn("day", "记账日期", 10),
    GridColumn("summary", "摘要", 16),
    GridColumn("amount", "发生额", MONEY, align="right"),
    GridColumn("balance", "余额", MONEY, align="right"),
    GridColumn("interest", "发生利息额", MONEY, align="right"),
    GridColumn("kind_title", "业务明细类型", 12),
    GridColumn("serial", "业务流水号", 17),
)


class Page(Protocol):
    """A page of lines; `next` is the place to continue after, None at the end."""

    @property
    def rows(self) -> Sequence[Any]:
        """The lines."""

    @property
    def next(self) -> str | None:
        """Where the following page begins."""


P = TypeVar("P", bound=Page)


def read_places(ask: Callable[[str], P], progress: Progress, stopped: Stopped) -> tuple[P, list[Any]]:
    """Read all pages of a question, at least one; gives the first page and all lines. Blocking."""
    first = page = ask("")
    rows = list(first.rows)
    progress(len(rows))
    while page.next is not None and not stopped():
        page = ask(page.next)
        rows += page.rows
        progress(len(rows))
    return first, rows


def statement_form(
    title: str,
    columns: Sequence[GridColumn],
    rows: Iterable[Any],
    head: Sequence[tuple[str, str]],
    foot: Sequence[tuple[str, str]] = (),
    totals: Sequence[str] = (),
) -> PaperForm:
    """Lines as a form; what stands to the right is money, `totals` are the columns summed up."""
    from domain.money import wire_fen
    from exports.form import PaperForm
    from exports.table_export import ExportColumn

    shown = [
        ExportColumn(c.title, "money" if c.align == "right" else "text", c.width, c.key in totals)
        for c in columns
    ]
    body = [
        [wire_fen(getattr(one, c.key)) if c.align == "right" else str(getattr(one, c.key)) for c in columns]
        for one in rows
    ]
    return PaperForm(title, head, shown, body, foot)


class StatementScreen(HistoryQueryScreen):
    """Conditions over lines of money, with their sums below; `KIND` is its name in the profile."""

    KIND: ClassVar[str] = ""
    COUNTED: ClassVar[str] = "条"
    COLUMNS: ClassVar[tuple[GridColumn, ...]] = ()
    TOTALS: ClassVar[tuple[str, ...]] = ()
    """Columns with a sum in the exported file."""
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        "accept": ("查询", "按条件查询；在某一条上看它的全部内容。"),
        "refresh": ("查询", "按条件再查一次。"),
        "print": ("数据下载", "把查到的内容存为PDF、针式打印机文本或表格文件。"),
    }

    def __init__(self) -> None:
        super().__init__()
        self._sums: list[tuple[str, str]] = []
        self._terms: list[tuple[str, str]] = []

    def screen_title(self) -> str:
        """Return the query's title at this center."""
        return screen_title(self.KIND, self.state.profile)

    def history_columns(self) -> list[GridColumn]:
        """Return the columns, accounts in the center's words."""
        titles = {"account_no": self.state.profile.term("account_no")}
        return [
            GridColumn(c.key, titles.get(c.key, c.title), c.width, align=c.align, editable=False)
            for c in self.COLUMNS
        ]

    def found_footer(self) -> str:
        """Return the sums of all lines."""
        return "  ".join([super().found_footer(), *(f"{title} {text}" for title, text in self._sums)])

    def head(self) -> list[tuple[str, str]]:
        """Return the lines at the beginning of a file: center, unit, conditions."""
        return [*self.about(), *self._terms]

    def form(self) -> PaperForm:
        """Return the lines that were found, with their sums."""
        return statement_form(
            self.screen_title(),
            self.history_columns(),
            self._found,
            self.head(),
            self._sums,
            self.TOTALS,
        )


class UnitAccountScreen(StatementScreen):
    """The unit's account over a span of days."""

    KIND = "unit_account"
    HEADING = "单位账户"
    COLUMNS = UNIT_COLUMNS
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "期初余额加本期增加、减本期减少，等于期末余额：单位全体职工账户的余额。",
        "单位未分配金额是截止日期当天还没有分配到职工账户的金额。",
    )

    def conditions(self) -> list[FormField]:
        """Return the span of days."""
        return span_fields("查询日期")

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[UnitStatement]:
        """Read the account. Blocking."""
        self._terms = [("查询日期", f"{values['first']}至{values['last']}")]
        return [client.statement(self.state.unit, start=values["first"], end=values["last"])]


class PersonLedgerScreen(StatementScreen):
    """A person's account over a span of days, with the balance after each line."""

    KIND = "person_ledger"
    HEADING = "个人明细账"
    COLUMNS = LEDGER_COLUMNS
    HELP_LINES: ClassVar[tuple[str, ...]] = ("职工可以录入姓名、证件号码或者账号，任选一项。",)

    def conditions(self) -> list[FormField]:
        """Return the person and the span of days."""
        who = FormField(
            "account_no", self.state.profile.term("account_no"), "person", ACCOUNT_CELLS, required=True
        )
        return [who, FormField("name", "姓名", readonly=True), *span_fields("查询日期")]

    def body(self) -> ComposeResult:
        """Conditions with a person to choose, lines."""
        yield from super().body()
        self._people = PersonPick(self, self._person.take)

    def make_values(self) -> PersonModel:
        """Return the form's values, which know a person."""
        self._person = PersonModel(self.conditions(), "account_no", check=check_period)
        return self._person

    async def opened(self, **args: Any) -> None:
        """Bring the people to choose from up to date; nothing is asked before one is chosen."""
        await self._people.prepare()
        self.preset()
        self.focus_key(self.query_one(Form))

    async def perform(self, request: ActionRequested) -> None:
        """Find out whom a text in the field of the person means."""
        if not await self._people.answer(request):
            await super().perform(request)

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[Any]:
        """Read the ledger. Blocking."""
        ask = partial(
            client.ledger,
            self.state.unit,
            values["account_no"],
            start=values["first"],
            end=values["last"],
            limit=PAGE,
        )
        page, rows = read_places(lambda after: ask(after=after), progress, stopped)
        self._tell(page)
        self._terms = [
            (self.state.profile.term("account_no"), page.account_no),
            ("姓名", page.name),
            ("查询日期", f"{values['first']}至{values['last']}"),
        ]
        return rows

    def _tell(self, page: LedgerPage) -> None:
        self._sums = [
            ("期初余额", page.opening),
            ("增加", page.increase),
            ("减少", page.decrease),
            ("期末余额", page.closing),
        ]
