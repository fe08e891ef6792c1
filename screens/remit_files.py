"""汇缴 as files: the voucher of a month, the list of months (R-14 to R-16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from client.errors import AuthExpired
from domain.money import grouped
from screens.handing_out import hand_out
from screens.month_screen import FOUR, STATES, column
from screens.remit_month import PEOPLE, fetch, list_of

if TYPE_CHECKING:
    from domain.remit_wire import RemitMonth, RemitPerson
    from exports.form import PaperForm
    from screens.app import AppScreen
    from tui.grid_model import GridColumn

AMOUNTS: Final = ("amount", "last_amount", "more_amount", "less_amount")


async def write_sheet_voucher(screen: AppScreen, month: RemitMonth, title: str) -> None:
    """Hand out the voucher of a month: its columns, the sum in capitals, who pays. Raises ClientError."""
    state = screen.state
    client, unit, context = state.session().client, state.unit, state.context
    if context is None:
        raise AuthExpired
    ask = partial(client.remit_people, unit, month.month, submission=month.submission_id)
    people = await screen.busy("正在读取职工明细…", fetch, ask, lambda count: None, lambda: False)
    head = [
        ("中心", state.profile.center),
        ("单位", f"{unit} {context.name}"),
        *sheet_lines(month),
        ("缴至月份", str(context.paid_through or "尚未缴存")),
        ("单位未分配金额", f"{grouped(context.unallocated)} 元"),
    ]
    make = partial(sheet_form, month, title=title, head=head, people=people)
    await hand_out(screen, f"{title}_{month.month}", date.fromisoformat(month.checked), make, what=title)


def sheet_lines(month: RemitMonth) -> list[tuple[str, str]]:
    """A month in labelled lines: serial, day, the four columns, the sum in figures and capitals."""
    from domain.money import parse_yuan, rmb_capitals

    sides = [("业务流水号", month.serial), ("核定日期", month.checked), ("核定操作员", month.operator)]
    four = [
        (title, f"{people} 人  {grouped(amount)} 元")
        for name, title in FOUR
        for people, amount in [column(month, name)]
    ]
    return [
        ("汇缴年月", str(month.month)),
        ("状态", STATES[month.state]),
        *sides,
        *four,
        ("其中单位部分", f"{grouped(month.unit_amount)} 元"),
        ("其中个人部分", f"{grouped(month.person_amount)} 元"),
        ("大写", rmb_capitals(parse_yuan(month.amount))),
    ]


def sheet_form(
    month: RemitMonth, *, title: str, head: Sequence[tuple[str, str]], people: Sequence[RemitPerson]
) -> PaperForm:
    """The 汇补缴书 or 汇缴凭条 of a month with its list of people (R-14, R-15)."""
    from exports.form import PaperForm

    columns, rows = list_of(PEOPLE, people)
    return PaperForm(title, head, columns, rows, serial=month.serial, counted="人")


def months_form(
    title: str, head: Sequence[tuple[str, str]], columns: Sequence[GridColumn], rows: Sequence[Any]
) -> PaperForm:
    """The list of months or notices as a form."""
    from domain.money import parse_yuan
    from exports.form import PaperForm
    from exports.table_export import ExportColumn

    shown = [ExportColumn(c.title, "money" if c.key in AMOUNTS else "text", c.width) for c in columns]
    body = [
        [parse_yuan(getattr(one.source, c.key)) if c.key in AMOUNTS else getattr(one, c.key) for c in columns]
        for one in rows
    ]
    return PaperForm(title, head, shown, body)
