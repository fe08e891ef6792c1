"""Vouchers of batches as forms: 开户清册凭证, 封存启封凭证, 补缴凭条 and the others (O-18, M-07, M-15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.money import format_yuan_grouped, rmb_capitals
from exports.form import PaperForm
from exports.table_export import ExportColumn, Pair, Value


@dataclass(frozen=True, slots=True)
class Voucher:
    """What the head of a batch's voucher says; a voucher without money has `amount` 0.

    `amount` is that of all rows in 分 under `amount_title`, `digest` the SHA-256 of the submission in hex.
    """

    center: str
    unit_account: str
    unit_name: str
    serial_number: str
    day: date
    count: int
    amount: int
    digest: str
    title: str = "开户清册凭证"
    amount_title: str = "总月缴存额"


def voucher_form(
    voucher: Voucher, columns: Sequence[ExportColumn], rows: Sequence[Sequence[Value]]
) -> PaperForm:
    """The voucher as a form: head, the list, totals in figures and capitals, digest of the submission."""
    head = [
        ("中心", voucher.center),
        ("单位", f"{voucher.unit_account} {voucher.unit_name}"),
        ("业务流水号", voucher.serial_number),
        ("日期", voucher.day.isoformat()),
        ("总人数", str(voucher.count)),
        *_money_lines(voucher),
    ]
    return PaperForm(
        voucher.title,
        head,
        columns,
        rows,
        [("SHA-256", voucher.digest)],
        serial=voucher.serial_number,
        counted="人",
    )


def _money_lines(voucher: Voucher) -> list[Pair]:
    if not voucher.amount:
        return []
    return [
        (voucher.amount_title, f"{format_yuan_grouped(voucher.amount)} 元"),
        ("大写", rmb_capitals(voucher.amount)),
    ]
