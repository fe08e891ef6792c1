"""The fields of a bank line as clerks type them, checked as they are left by the rule both sides share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from domain.period import CENTER_ZONE
from domain.receipts import FIELDS, REASON_LENGTH, TITLES, LineErrors, read_line, reason_finding
from screens.fields import FieldsModel
from tui.form_model import FormField

if TYPE_CHECKING:
    from client.api import CenterClient

REASON: Final = FormField("reason", "原因", "text", 40, required=True, help=f"最多{REASON_LENGTH}个字。")
_HELP: Final = {
    "bank_no": "银行回单上的交易流水号；同一流水号只登记一次。",
    "day": "例如 20261121 或 2026-11-21，不能晚于今天。",
    "amount": "元，最多两位小数。",
    "payer": "与单位名称完全相同的，自动归该单位。",
    "payer_account": "付款人的银行账号。",
    "remark": "单位应只填汇缴或补缴的业务流水号。",
    "unit_account": "知道是哪个单位的才填；附言中有业务流水号的不用填。",
}
_WIDTHS: Final = {"bank_no": 40, "day": 12, "amount": 18, "payer": 44, "payer_account": 40, "remark": 44}
REQUIRED: Final = ("bank_no", "day", "amount")
KINDS: Final = {"bank_no": "mobile", "amount": "money", "payer_account": "mobile", "unit_account": "mobile"}
"""Kinds whose full-width digits and letters become half-width as they are typed."""


def center_day(client: CenterClient) -> date:
    """The date at the center."""
    return datetime.fromtimestamp(client.now(), CENTER_ZONE).date()


def line_fields(*, fixed_number: bool = False) -> list[FormField]:
    """The fields of a bank line; `fixed_number` shows the bank's number and does not let it be changed."""
    return [
        FormField(
            key,
            TITLES[key],
            KINDS.get(key, "text"),
            _WIDTHS.get(key, 20),
            required=key in REQUIRED,
            readonly=fixed_number and key == "bank_no",
            help=_HELP[key],
        )
        for key in FIELDS
    ]


def check_line(key: str, text: str, values: Mapping[str, str], today: date) -> str:
    """What is wrong with a field as a sentence, "" when nothing is."""
    if key == REASON.key:
        found = reason_finding(text)
        return found.text if found is not None else ""
    try:
        read_line({**values, key: text}, today)
    except LineErrors as errors:
        return next((one.text for one in errors.findings if one.field == key), "")
    return ""


class LineModel(FieldsModel):
    """A `FormModel` of a bank line, with more fields behind it."""

    def __init__(
        self,
        today: date,
        *,
        more: Sequence[FormField] = (),
        values: Mapping[str, str] | None = None,
        fixed_number: bool = False,
    ) -> None:
        self.today = today
        fields = [*line_fields(fixed_number=fixed_number), *more]
        super().__init__(fields, values, lambda key, text, all_: check_line(key, text, all_, self.today))

    def start_anew(self) -> None:
        """Forget everything but the day: lines of one statement follow each other."""
        for field in self.fields():
            if field.key != "day":
                self.set(field.key, "")
