"""Months of a unit: verified, taken back, allocated (R-01 to R-13). No account changes but in its money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row as Stored
from sqlalchemy import update

from center.effects.apply import Effect, Row, RowFailed, Work
from center.remit.history import CANCELLED, sheets, stored
from center.remit.standing import DECLARED, next_month, unpaid
from center.settling import Booking, allocate_month, pass_empty_months
from center.store.bulk import insert_rows
from center.store.money_tables import remittance, remittance_change, remittance_row
from domain.money import format_yuan, parse_yuan
from domain.period import add_months
from domain.remittance import Figures, Sheet

OVERTAKEN = "汇缴月度的情况刚有变动，请刷新核对后重新办理。"


def effect(business: str) -> Effect:
    """The effect of `remit`, `remit_cancel` or `allocate`."""
    made: dict[str, type[Effect]] = {
        "remit": RemitEffect,
        "remit_cancel": CancelEffect,
        "allocate": AllocateEffect,
    }
    return made[business]()


class MonthEffect:
    """What all of them share: the unit alone is concerned."""

    def units(self, work: Work, rows: Sequence[Row]) -> Sequence[str]:
        """No other unit is concerned."""
        return ()


class RemitEffect(MonthEffect):
    """A month is counted and kept as it is: its sheet, who pays, what explains the difference."""

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Verify the months of the rows, which follow each other."""
        months = [_month(row) for row in rows]
        first = next_month(work.conn, work.unit_account, work.month)
        if months != [add_months(first, step) for step in range(len(months))] or months[-1] > work.month:
            raise RowFailed("remit.overtaken", OVERTAKEN)
        for row, sheet in zip(rows, sheets(work.conn, work.unit_account, first, len(rows)), strict=True):
            if _stated(row) != sheet.now:
                text = (
                    f"{sheet.month}的汇缴人数、金额现为{sheet.now.people}人、{format_yuan(sheet.now.amount)}元，"
                    "请刷新核对后重新提交。"
                )
                raise RowFailed("remit.changed", text)
            self._keep(work, row, sheet)
        pass_empty_months(work.conn, work.unit_account, _booking(work))
        return {row.row_no: "" for row in rows}

    @staticmethod
    def _keep(work: Work, row: Row, sheet: Sheet) -> None:
        key = {
            "unit_account": work.unit_account,
            "submission_id": work.submission_id,
            "month": sheet.month,
        }
        day = work.day.isoformat()
        record: dict[str, Any] = {
            **key,
            **stored(sheet),
            "row_no": row.row_no,
            "state": DECLARED,
            "checked": day,
            "business_month": work.month,
            "changed": day,
            "claim": f"{work.unit_account}/{sheet.month}",
        }
        insert_rows(work.conn, remittance, [record])
        shares = [{**key, **share._asdict()} for share in sheet.shares.values()]
        insert_rows(work.conn, remittance_row, shares)
        changes = [{**key, "seq": 1, **one._asdict()} for one in sheet.differences]
        insert_rows(work.conn, remittance_change, changes)


class CancelEffect(MonthEffect):
    """A month that was verified is as if it had not been; what was counted stays on record."""

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Take the months of the rows back, the latest first."""
        for row in rows:
            months = unpaid(work.conn, work.unit_account)
            if not months or months[-1].month != _month(row):
                raise RowFailed("remit.overtaken", OVERTAKEN)
            last = months[-1]
            mine = (
                remittance.c.unit_account == last.unit_account,
                remittance.c.submission_id == last.submission_id,
                remittance.c.month == last.month,
            )
            taken = {"state": CANCELLED, "changed": work.day.isoformat(), "claim": None}
            work.conn.execute(update(remittance).where(*mine).values(taken))
        return {row.row_no: "" for row in rows}


class AllocateEffect(MonthEffect):
    """The money of a verified month goes to its people."""

    def write(self, work: Work, rows: Sequence[Row]) -> dict[int, str]:
        """Allocate the months of the rows, the oldest first. Raises LedgerError."""
        for row in rows:
            allocate_month(work.conn, self._oldest(work, row), _booking(work))
        pass_empty_months(work.conn, work.unit_account, _booking(work))
        return {row.row_no: "" for row in rows}

    @staticmethod
    def _oldest(work: Work, row: Row) -> Stored[Any]:
        month = next(iter(unpaid(work.conn, work.unit_account)), None)
        if month is None or month.month != _month(row) or _stated(row) != (month.people, month.amount):
            raise RowFailed("allocate.overtaken", OVERTAKEN)
        return month


def _month(row: Row) -> int:
    return int(row.values["month"])


def _stated(row: Row) -> Figures:
    return Figures(int(row.values["people"]), parse_yuan(row.values["total_amount"]))


def _booking(work: Work) -> Booking:
    return Booking(work.day, work.now, work.submission_id, work.serial, work.operator_id)
