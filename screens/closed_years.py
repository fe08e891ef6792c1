"""Fund years that are over: 年度个人对账, 单位结息查询 with its slips (Q-05, Q-10, V-35)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from domain.businesses.base import ACCOUNT_CELLS
from domain.period import fund_year, month_of
from screens.business_rows import PAGE
from screens.date_fields import YEAR
from screens.handing_out import hand_out
from screens.history_query import Progress, Stopped
from screens.query_conditions import ANY_TEXT
from screens.statement_query import MONEY, UNIT_COLUMNS, StatementScreen, read_places, statement_form
from tui.form_model import FormField
from tui.grid_model import GridColumn

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.statements_wire import AnnualPage, AnnualRow, UnitInterest
    from exports.form import PaperForm

ANNUAL: Final = (
    GridColumn("account_no", "个人账号", ACCOUNT_CELLS),
    GridColumn("name", "姓名", 10),
    GridColumn("id_number", "证件号码", 18),
    GridColumn("opening", "年初余额", MONEY, align="right"),
    GridColumn("increase", "本年增加", MONEY, align="right"),
    GridColumn("decrease", "本年减少", MONEY, align="right"),
    GridColumn("interest", "本年利息", MONEY, align="right"),
    GridColumn("closing", "年末余额", MONEY, align="right"),
)
INTEREST: Final = (
    GridColumn("year", "公积金年度", 10),
    GridColumn("day", "结息日期", 10),
    GridColumn("people", "人数", 6),
    GridColumn("amount", "利息额", MONEY, align="right"),
    GridColumn("unit_amount", "单位部分利息", MONEY, align="right"),
    GridColumn("person_amount", "个人部分利息", MONEY, align="right"),
    GridColumn("product", "积数（元·日）", 20, align="right"),
)
SLIP: Final = (
    GridColumn("account_no", "个人账号", ACCOUNT_CELLS),
    GridColumn("name", "姓名", 10),
    GridColumn("product", "积数（元·日）", 20, align="right"),
    GridColumn("unit_amount", "单位部分利息", MONEY, align="right"),
    GridColumn("person_amount", "个人部分利息", MONEY, align="right"),
    GridColumn("amount", "利息额", MONEY, align="right"),
)
NOT_SETTLED: Final = "该年度还没有结息，表中不含利息。"


class YearScreen(StatementScreen):
    """A query of a fund year; it begins with the last one that is over."""

    def preset(self) -> None:
        """Ask for the last year that is over."""
        super().preset()
        start = self.state.profile.calendar.fund_year_start
        self._values.set("year", str(fund_year(month_of(self.today), start) - 1))
        self._form.rebuild()


class AnnualScreen(YearScreen):
    """The year of each person, or of those of a name or ID number."""

    KIND = "annual_statement"
    HEADING = "个人对账"
    COLUMNS = ANNUAL
    TOTALS = ("opening", "increase", "decrease", "interest", "closing")
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "年初余额加增加、减去减少、加利息，等于年末余额。",
        "只能查询已经结束的公积金年度；导出的文件即个人对账单。",
    )

    def __init__(self) -> None:
        super().__init__()
        self._settled = True

    def conditions(self) -> list[FormField]:
        """Return year, name, ID number."""
        return [
            YEAR,
            FormField("name", "姓名", "text", 20, help=ANY_TEXT),
            FormField("id_number", "证件号码", "text", 18, help=ANY_TEXT),
        ]

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[AnnualRow]:
        """Read the people that meet the conditions. Blocking."""
        ask = partial(
            client.annual,
            self.state.unit,
            int(values["year"]),
            name=values.get("name", ""),
            id_number=values.get("id_number", ""),
            limit=PAGE,
        )
        page, rows = read_places(lambda after: ask(after=after), progress, stopped)
        self._tell(page)
        self._terms = [("公积金年度", values["year"])]
        return rows

    def _tell(self, page: AnnualPage) -> None:
        self._settled = page.settled
        assert page.sums is not None
        self._sums = [("年末余额合计", page.sums.closing), ("利息合计", page.sums.interest)]

    def found(self, count: int) -> str:
        """Return how many people there are, and whether interest is in it."""
        return f"查到 {count} 人。{'' if self._settled else NOT_SETTLED}"

    def form(self) -> PaperForm:
        """Return the 个人对账单."""
        return statement_form(
            "个人对账单",
            self.history_columns(),
            self._found,
            self.head(),
            [] if self._settled else [("说明", NOT_SETTLED)],
            self.TOTALS,
        )


class UnitInterestScreen(YearScreen):
    """The interest of a year, with 单位利息单 and 单位对账单."""

    KIND = "unit_interest"
    HEADING = "单位结息"
    COLUMNS = INTEREST
    LABELS: ClassVar[dict[str, tuple[str, str]]] = {
        **StatementScreen.LABELS,
        "print": ("导出", "数据下载，或者导出单位利息单、单位对账单。"),
    }
    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "每年6月30日按积数结息，利息记入职工账户的上年结转。",
        "只能查询已经结束的公积金年度；单位利息单列出各人的利息。",
    )

    def conditions(self) -> list[FormField]:
        """Return the year."""
        return [YEAR]

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[UnitInterest]:
        """Read the interest of the year; none while it is not settled. Blocking."""
        told = client.unit_interest(self.state.unit, int(values["year"]))
        self._told = told
        self._sums = [("业务流水号", "、".join(told.serials))] if told.serials else []
        self._terms = [("公积金年度", values["year"])]
        return [told] if told.people else []

    async def _export(self) -> None:
        """Export the query or one of the slips."""
        if not self._found:
            await super()._export()
            return
        chosen = await self.choose("导出", ["数据下载", "单位利息单", "单位对账单"])
        if chosen == 0:
            await super()._export()
        elif chosen == 1:
            await self._export_slip("单位利息单")
        elif chosen == 2:
            await self._export_statement("单位对账单")

    async def _export_slip(self, title: str) -> None:
        client = self.state.session().client
        rows = await self.reading("正在读取单位利息单…", self._people, client)
        told = self._told
        make = partial(
            statement_form,
            title,
            SLIP,
            rows,
            [*self.head(), ("结息日期", told.day), ("人数", str(told.people)), ("利息额", told.amount)],
            self._sums,
            ("unit_amount", "person_amount", "amount"),
        )
        await hand_out(self, title, self.today, make)

    def _people(self, client: CenterClient) -> list[Any]:
        ask = partial(client.interest_people, self.state.unit, self._told.year, limit=PAGE)
        return read_places(lambda after: ask(after=after), lambda count: None, lambda: False)[1]

    async def _export_statement(self, title: str) -> None:
        make = partial(
            statement_form,
            title,
            UNIT_COLUMNS,
            [self._told.statement],
            [*self.head(), ("结息日期", self._told.day), ("利息额", self._told.amount)],
            self._sums,
        )
        await hand_out(self, title, self.today, make)
