"""What a query has found as files: accounts, the people of a batch, the batch's voucher (O-18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from screens.business_rows import write_accounts, write_results
from screens.file_choice import write_out

if TYPE_CHECKING:
    from domain.business import Business
    from domain.wire import AccountRow, BatchSummary, RowResult
    from screens.app import AppScreen


async def export_accounts(
    screen: AppScreen, accounts: Sequence[AccountRow], titles: Sequence[str], day: date
) -> None:
    """Write accounts under these column titles."""
    from exports.table_export import export_name

    title = screen.screen_title()
    write = partial(write_accounts, title=title, accounts=accounts, titles=titles)
    await write_out(screen, export_name(title, day, screen.state.unit), write, "查询结果")


async def export_people(
    screen: AppScreen, business: Business, batch: BatchSummary, rows: Sequence[RowResult], day: date
) -> None:
    """Write the people of a batch; where the center gives a voucher, that or the list."""
    from exports.table_export import export_name

    if business.rules.voucher:
        chosen = await screen.choose("导出", ["导出明细", business.rules.voucher])
        if chosen is None:
            return
        if chosen == 1:
            from screens.vouchers import write_batch_voucher

            filed = date.fromisoformat(batch.declared)
            await write_batch_voucher(screen, business, batch.submission_id, batch.serial, filed)
            return
    title = screen.screen_title()
    name = export_name(f"{title}_{batch.serial}", day, screen.state.unit)
    write = partial(write_results, title=f"{title} {batch.serial}", business=business, rows=rows)
    await write_out(screen, name, write, "明细")
