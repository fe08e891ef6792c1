"""A roster as a workbook: the rows as they stand, for the unit's own files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from domain.business import Kind, roster_columns
from domain.money import MoneyError, parse_yuan
from screens.file_choice import write_out
from screens.roster_model import cell_text

if TYPE_CHECKING:
    from domain.business import Column
    from exports.table_export import ExportColumn, Value
    from screens.app import AppScreen
    from screens.roster_desk import RosterDesk, RosterWords


def export_columns(columns: list[Column]) -> list[ExportColumn]:
    """The columns of a business for a workbook: money as numbers with totals, the rest as text."""
    from exports.table_export import ExportColumn

    return [
        ExportColumn(c.title, "money" if c.kind is Kind.MONEY else "text", c.width, c.key.endswith("_amount"))
        for c in columns
    ]


def export_value(column: Column, text: str) -> Value:
    """A cell for a workbook: 分 for money that can be read, else the text."""
    if column.kind is not Kind.MONEY:
        return text
    try:
        return parse_yuan(text) if text else None
    except MoneyError:
        return None


async def export_roster(screen: AppScreen, desk: RosterDesk, words: RosterWords) -> None:
    """Write the pending roster into the out folder."""
    from exports.table_export import export_name, write_table

    columns = roster_columns(desk.business)
    day = desk.service.context.today
    name = export_name(f"{words.title}{words.queue}", day, desk.scope.unit_account)

    def rows() -> Iterator[list[Value]]:
        for row in desk.store.rows(desk.service.roster_id):
            yield [export_value(c, cell_text(c, row.typed, row.checked)) for c in columns]

    def write(path: Path, overwrite: bool) -> None:
        unit = desk.service.context.unit
        facts = [("单位", f"{unit.account} {unit.name}"), ("状态", "尚未提交")]
        write_table(
            path,
            title=words.queue,
            columns=export_columns(columns),
            rows=rows(),
            head=facts,
            overwrite=overwrite,
        )

    if not desk.store.count(desk.service.roster_id):
        screen.status("清册中没有记录，不用导出。", kind="warning", beep=True)
        return
    await write_out(screen, name, write, "清册")
