"""单位信息变更查询 and 缴存人信息变更查询: what was changed, when and by whom (U-10, P-08, Q-01, Q-07)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from screens.business_rows import PAGE
from screens.business_titles import screen_title
from screens.date_fields import span_fields
from screens.fact_entry import ACCOUNT, WHO
from screens.history_query import HistoryQueryScreen, Progress, Stopped, read_pages
from screens.person_pick import PersonPick
from tui.form_model import FormField
from tui.grid_model import GridColumn
from tui.keys import ActionRequested

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.facts_wire import FactChangeRow
    from exports.form import PaperForm

COLUMNS: Final = (
    GridColumn("name", "姓名", 10),
    GridColumn("item", "变更项目", 12),
    GridColumn("value_from", "变更前", 18),
    GridColumn("value_to", "变更后", 18),
    GridColumn("day", "变更日期", 10),
    GridColumn(ACCOUNT, "账号", 14),
    GridColumn("id_number", "证件号码", 18),
    GridColumn("operator", "经办人", 8),
    GridColumn("approver", "审批人", 8),
    GridColumn("serial", "业务流水号", 17),
)


def facts_form(
    title: str,
    head: Sequence[tuple[str, str]],
    columns: Sequence[GridColumn],
    rows: Sequence[FactChangeRow],
) -> PaperForm:
    """Changed items as a form with lines about center, unit and days."""
    from exports.form import PaperForm
    from exports.table_export import ExportColumn

    shown = [ExportColumn(column.title, width=column.width) for column in columns]
    body = [[str(getattr(one, column.key)) for column in columns] for one in rows]
    return PaperForm(title, head, shown, body)


class FactQueryScreen(HistoryQueryScreen):
    """Days, and for people the account, over the changed items."""

    HELP_LINES: ClassVar[tuple[str, ...]] = (
        "日期按办结之日；不填职工为全部人员。",
        "导出的文件即变更记录凭证。",
    )

    def __init__(self, business_id: str) -> None:
        super().__init__()
        self.business_id = business_id

    @property
    def by_person(self) -> bool:
        """Whether the changes are about people."""
        rules = self.state.profile.rules(self.business_id)
        return rules is not None and ACCOUNT in rules.columns

    def screen_title(self) -> str:
        """Return the query's title at this center."""
        return screen_title(f"query:{self.business_id}", self.state.profile)

    def conditions(self) -> list[FormField]:
        """Return the person where it is about people, and days."""
        title = self.state.profile.term(ACCOUNT)
        who = [FormField(ACCOUNT, title, "person", 20)] if self.by_person else []
        return [*who, *span_fields("查询日期")]

    async def opened(self, **args: Any) -> None:
        """Bring the people to choose from up to date, then ask."""
        self._people = PersonPick(self, lambda person, text: "")
        if self.by_person:
            await self._people.prepare()
        await super().opened(**args)

    async def perform(self, request: ActionRequested) -> None:
        """Find out whom a text in the field of the person means."""
        if not await self._people.answer(request):
            await super().perform(request)

    def history_columns(self) -> list[GridColumn]:
        """Return who, what, when and by whom."""
        titles = {ACCOUNT: self.state.profile.term(ACCOUNT)}
        return [
            GridColumn(c.key, titles.get(c.key, c.title), c.width, editable=False)
            for c in COLUMNS
            if self.by_person or c.key not in WHO
        ]

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[FactChangeRow]:
        """Read the changed items that meet the conditions. Blocking."""
        self._span = values["first"], values["last"]
        ask = partial(
            client.fact_changes,
            self.state.unit,
            self.business_id,
            start=values["first"],
            end=values["last"],
            account_no=values.get(ACCOUNT, ""),
            limit=PAGE,
        )
        return read_pages(lambda after: ask(after=after), progress, stopped)

    def form(self) -> PaperForm:
        """Return the changed items that were found, under the name of the voucher."""
        rules = self.state.profile.rules(self.business_id)
        title = (rules.voucher if rules is not None else "") or self.screen_title()
        head = [*self.about(), ("查询日期", "至".join(self._span))]
        return facts_form(title, head, self.history_columns(), self._found)
