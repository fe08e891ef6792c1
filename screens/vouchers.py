"""Vouchers of a batch: 开户清册凭证, 补缴清册凭证, 补缴凭条 (O-18, M-07, M-15)."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from client.errors import AuthExpired
from screens.business_rows import fetch_rows, voucher_of
from screens.handing_out import hand_out

if TYPE_CHECKING:
    from domain.business import Business
    from screens.app import AppScreen

DONE = ("ok",)
FILED = ("ok", "pending", "processing")
"""States of rows that a voucher given right after the submission lists."""


async def write_batch_voucher(
    screen: AppScreen,
    business: Business,
    submission_id: str,
    serial: str,
    day: date,
    states: tuple[str, ...] = DONE,
) -> None:
    """Hand out the voucher of a batch filed on `day`: its rows in `states`. Raises ClientError."""
    from domain.money import parse_yuan
    from exports.voucher import Voucher

    state = screen.state
    client, unit, context = state.session().client, state.unit, state.context
    if context is None:
        raise AuthExpired
    asked = states[0] if len(states) == 1 else ""
    found = await screen.busy(
        "正在读取凭证…", fetch_rows, client, unit, submission_id, asked, lambda count: None, lambda: False
    )
    rows = [row for row in found if row.state in states]
    if not rows:
        screen.status("这一批还没有办理成功的人员，没有凭证。", kind="warning", beep=True)
        return
    receipt = await screen.reading("正在读取凭证…", client.submission, unit, submission_id)
    amount = sum(parse_yuan(row.values.get("total_amount") or "0") for row in rows)
    voucher = Voucher(
        state.profile.center,
        unit,
        context.name,
        serial,
        day,
        len(rows),
        amount,
        receipt.digest,
        business.rules.voucher,
        business.rules.amount_title,
    )
    make = partial(voucher_of, voucher, business, rows)
    await hand_out(screen, f"{voucher.title}_{serial}", day, make, what=voucher.title)
