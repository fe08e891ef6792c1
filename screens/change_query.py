"""缴存人状态变更查询: what businesses changed of accounts, by kind, account and day (Q-08, S-14)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from domain.businesses.base import ACCOUNT_CELLS
from domain.businesses.fact_rules import FactRules
from screens.business_rows import PAGE
from screens.business_titles import TITLES
from screens.date_fields import span_fields
from screens.history_query import HistoryQueryScreen, Progress, Stopped, read_pages
from tui.form_model import FormField
from tui.grid_model import GridColumn

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.wire import ChangeRow
    from exports.form import PaperForm

ALL: Final = ("0", "全部")
COLUMNS: Final = (
    GridColumn("account_no", "账号", ACCOUNT_CELLS),
    GridColumn("name", "姓名", 10),
    GridColumn("id_number", "证件号码", 18),
    GridColumn("title", "变更类型", 10),
    GridColumn("reason", "变更原因", 12),
    GridColumn("day", "变更日期", 10),
    GridColumn("month", "变更月度", 8),
    GridColumn("status_from", "变更前状态", 10),
    GridColumn("status_to", "变更后状态", 10),
    GridColumn("base_to", "缴存基数", 12, align="right"),
    GridColumn("amount_from", "变更前月缴存额", 14, align="right"),
    GridColumn("amount_to", "变更后月缴存额", 14, align="right"),
    GridColumn("serial", "业务流水号", 17),
)
MONEY: Final = ("base_to", "amount_from", "amount_to")


def changes_form(title: str, head: Sequence[tuple[str, str]], rows: Sequence[ChangeRow]) -> PaperForm:
    """Changes as a form."""
    from domain.money import parse_yuan
    from exports.form import PaperForm
    from exports.table_export import ExportColumn

    columns = [ExportColumn(c.title, "money" if c.key in MONEY else "text", c.width) for c in COLUMNS]
    body = [
        [parse_yuan(getattr(one, c.key)) if c.key in MONEY else str(getattr(one, c.key)) for c in COLUMNS]
        for one in rows
    ]
    return PaperForm(title, head, columns, body)


class ChangeQueryScreen(HistoryQueryScreen):
    """Conditions over the changes that meet them."""

    TITLE = TITLES["changes"]
    HELP_LINES: ClassVar[tuple[str, ...]] = ("个人账号不填为全部人员；变更类型和日期可以组合。",)

    def conditions(self) -> list[FormField]:
        """Return kind, person, days."""
        profile = self.state.profile
        offered = profile.offered().items()
        kinds = {name: rules.title for name, rules in offered if not isinstance(rules, FactRules)}
        return [
            FormField("business", "变更类型", "code", 16, choices=(ALL, *kinds.items())),
            FormField("account_no", profile.terms["account_no"], "text", 20),
            *span_fields("查询日期"),
        ]

    def history_columns(self) -> list[GridColumn]:
        """Return what is told of an account, in the center's words."""
        terms = self.state.profile.terms
        titles = {"account_no": terms["account_no"], "base_to": terms["base"]}
        return [
            GridColumn(c.key, titles.get(c.key, c.title), c.width, align=c.align, editable=False)
            for c in COLUMNS
        ]

    def fetch(
        self, client: CenterClient, values: dict[str, str], progress: Progress, stopped: Stopped
    ) -> list[ChangeRow]:
        """Read the changes that meet the conditions. Blocking."""
        chosen = values.get("business", "")
        ask = partial(
            client.changes,
            self.state.unit,
            "" if chosen in ("", ALL[0]) else chosen,
            start=values["first"],
            end=values["last"],
            account_no=values.get("account_no", ""),
            limit=PAGE,
        )
        return read_pages(lambda after: ask(after=after), progress, stopped)

    def form(self) -> PaperForm:
        """Return the changes that were found."""
        return changes_form(self.TITLE, self.about(), self._found)
