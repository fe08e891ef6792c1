"""What the query of a business asks for: a month or days, a person of the unit, texts of the rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from screens.date_fields import MONTH, check_period, parse_day, span_fields
from screens.person_pick import PersonModel
from tui.form import Form
from tui.form_model import FormField

if TYPE_CHECKING:
    from domain.business import Business

PERSON: Final = FormField("account_no", "或职工", "person", 20, help="填写后只查这一个账户，不看日期。")
ANY_TEXT: Final = "可以不填，不填则查询全部。"


class Conditions:
    """The form above the answers, and what stands in it."""

    def __init__(self, business: Business) -> None:
        self._rules = business.rules
        picked = PERSON.key if self._rules.query == "accounts" else ""
        self.values = PersonModel(_fields(business), picked, check=check_period)
        self.form = Form(self.values)

    def reset(self, month: int, today: date) -> None:
        """Ask for the present month and nothing else; `month` is YYYYMM."""
        self.values.set("month", str(month))
        self.values.set("first", today.replace(day=1).isoformat())
        self.values.set("last", today.isoformat())
        for key in (PERSON.key, *self._rules.query_by):
            self.values.set(key, "")
        self.form.rebuild()

    @property
    def month(self) -> int:
        """The month asked for, YYYYMM."""
        return int(self.values.values()["month"])

    @property
    def account_no(self) -> str:
        """The account of the person asked for, "" for nobody."""
        return self.values.values()[PERSON.key]

    def span(self) -> tuple[str, str]:
        """The span of days as ISO texts, empty where days are not asked for or cannot be read."""
        if not self._rules.query_days:
            return "", ""
        first, last = (parse_day(self.values.values().get(key, "")) for key in ("first", "last"))
        return first.isoformat() if first else "", last.isoformat() if last else ""

    def about(self) -> dict[str, str]:
        """The texts of rows that are asked for, by column key."""
        values = self.values.values()
        return {key: text for key in self._rules.query_by if (text := values.get(key, "").strip())}


def _fields(business: Business) -> list[FormField]:
    """A month or days, a person of the unit, texts of the rows (X-06, X-09)."""
    rules = business.rules
    fields = [MONTH] if rules.query == "month" else []
    if rules.query != "month" and rules.query_days:
        fields = span_fields(rules.day_title)
    if rules.query == "accounts":
        fields.append(PERSON)
    titles = {column.key: column for column in business.columns}
    for key in rules.query_by:
        fields.append(FormField(key, titles[key].title, "text", titles[key].width, help=ANY_TEXT))
    return fields
