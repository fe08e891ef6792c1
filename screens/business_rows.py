"""Answers of the queries as rows: batches with counts, people with results, accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.business import Business, Kind, roster_columns
from domain.businesses.base import ACCOUNT_CELLS
from domain.idnumber import same_person_key
from screens.kept_rows import DrawnRows, KeptRows
from screens.roster_export import export_columns, export_value
from screens.roster_model import cell_text, grid_columns
from tui.grid_model import GridColumn, GridRow
from tui.masking import cover_middle

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.business import UnitFacts
    from domain.wire import AccountRow, BatchSummary, RowResult
    from exports.form import PaperForm
    from exports.table_export import Value
    from exports.voucher import Voucher

STATES: Final = {"pending": "待确认", "processing": "处理中", "ok": "成功", "failed": "失败"}
"""State of a row (O-09)."""
BATCH_STATES: Final = {"done": "办结", "review": "待确认", "processing": "处理中", "refused": "未受理"}
LATE_MARK: Final = "?"
LATE_NOTE: Final = "? 申报日期与处理日期不同，请核对是否需要补缴。"
PAGE: Final = 1000
RESULT_COLUMNS: Final = (
    GridColumn("state", "状态", 6),
    GridColumn("account_no", "账号", ACCOUNT_CELLS),
    GridColumn("processed", "处理日期", 10),
    GridColumn("reason", "失败原因", 40),
)
COUNTS: Final = {"total": "", "ok": "ok", "failed": "failed", "open": "open", "all": ""}
"""Column of a batch -> the rows it opens."""


def masked(id_number: str, mask: bool) -> str:
    """Return an ID number, its middle covered when the workstation wants that."""
    return cover_middle(id_number) if mask else id_number


def batch_columns(declared: str, amount: str, kind: str = "") -> list[GridColumn]:
    """Return the columns of the list of batches; the center's words for day, sum and kind ("" none).

    A list of several kinds shows no count of rows still open, as the center's own does not (Q-12).
    """
    columns = [
        GridColumn("serial", "业务流水号", 17),
        *([GridColumn("kind", kind, 8)] if kind else []),
        GridColumn("total", "总笔数", 6, align="right"),
        GridColumn("ok", "成功笔数", 8, align="right"),
        GridColumn("failed", "失败笔数", 8, align="right"),
        *([] if kind else [GridColumn("open", "待确认笔数", 10, align="right")]),
        GridColumn("declared", declared, 10),
        GridColumn("all", "", 6),
    ]
    return [*columns, GridColumn("amount", amount, 14, align="right")] if amount else columns


def batch_rows(batches: Sequence[BatchSummary], *, kind: bool = False) -> list[GridRow]:
    """Return batches as rows; what is not settled yet is marked, with `kind` the business is named."""
    return [
        GridRow(
            at,
            " " if batch.state == "done" else ">",
            (
                batch.serial,
                *((batch.title,) if kind else ()),
                str(batch.total),
                str(batch.ok),
                str(batch.failed),
                *(() if kind else (str(batch.pending + batch.processing),)),
                batch.declared,
                "[全部]",
                batch.amount,
            ),
        )
        for at, batch in enumerate(batches)
    ]


def result_columns(business: Business, unit: UnitFacts) -> list[GridColumn]:
    """Return name, ID number, the result, and the rest of the roster's columns."""
    columns = grid_columns(business, unit)
    return [*columns[:2], *RESULT_COLUMNS, *columns[2:]]


def result_rows(business: Business, results: Sequence[RowResult], *, mask: bool) -> DrawnRows:
    """Return people as rows; who was settled on a later day stands out (O-19)."""
    columns = roster_columns(business)

    def drawn(at: int, result: RowResult) -> GridRow:
        cells = [
            masked(text, mask) if column.kind is Kind.ID else text
            for column in columns
            for text in [cell_text(column, result.values, result.values)]
        ]
        told = (STATES[result.state], result.account_no, result.processed, result.reason)
        mark = "!" if result.state == "failed" else LATE_MARK if result.highlight else " "
        return GridRow(at, mark, (*cells[:2], *told, *cells[2:]), highlight=result.highlight)

    return DrawnRows(results, drawn)


def fetch_rows(
    client: CenterClient,
    unit: str,
    submission_id: str,
    state: str,
    progress: Callable[[int], None],
    stopped: Callable[[], bool],
) -> KeptRows:
    """Read the rows of a batch page by page; `state` "open" means not settled yet. Blocking."""
    rows = KeptRows()
    after: int | None = 0
    asked = "" if state == "open" else state
    while after is not None and not stopped():
        page = client.submission_rows(unit, submission_id, state=asked, after=after, limit=PAGE)
        rows.add(row for row in page.rows if state != "open" or row.state in ("pending", "processing"))
        after = page.next
        progress(len(rows))
    return rows


def rows_about(rows: KeptRows, about: Mapping[str, str]) -> KeptRows:
    """Return the rows with the texts that were asked for (X-06, X-09); either form of an ID number counts."""
    if not about:
        return rows

    def normal(key: str, text: str) -> str:
        return same_person_key(text) if key == "id_number" else text.casefold()

    wanted = {key: normal(key, text) for key, text in about.items()}
    return KeptRows(
        row
        for row in rows
        if all(normal(key, row.values.get(key, "")) == text for key, text in wanted.items())
    )


# ---- accounts -----------------------------------------------------------------------------------------

ACCOUNT_COLUMNS: Final = (
    GridColumn("name", "姓名", 12),
    GridColumn("id_number", "证件号码", 18),
    GridColumn("account_no", "账号", ACCOUNT_CELLS),
    GridColumn("opened", "开户日期", 10),
    GridColumn("state", "状态", 6),
    GridColumn("base", "缴存基数", 12, align="right"),
    GridColumn("unit_amount", "单位月缴存额", 12, align="right"),
    GridColumn("person_amount", "个人月缴存额", 12, align="right"),
)


def account_columns(account_title: str, base_title: str) -> list[GridColumn]:
    """Return the columns of the account query with the center's own words."""
    titles = {"account_no": account_title, "base": base_title}
    return [
        GridColumn(c.key, titles.get(c.key, c.title), c.width, align=c.align, editable=False)
        for c in ACCOUNT_COLUMNS
    ]


def account_rows(accounts: Sequence[AccountRow], *, mask: bool) -> list[GridRow]:
    """Return accounts as rows."""
    return [
        GridRow(
            at,
            " ",
            (
                one.name,
                masked(one.id_number, mask),
                one.account_no,
                one.opened,
                one.state,
                one.base,
                one.unit_amount,
                one.person_amount,
            ),
        )
        for at, one in enumerate(accounts)
    ]


def fetch_accounts(
    client: CenterClient,
    unit: str,
    first: str,
    last: str,
    progress: Callable[[int], None],
    stopped: Callable[[], bool],
    account_no: str = "",
) -> list[AccountRow]:
    """Read the accounts opened in a span of days, page by page, or the one of a number. Blocking."""
    if account_no:
        return client.accounts(unit, account_no=account_no).rows
    rows: list[AccountRow] = []
    after: str | None = ""
    while after is not None and not stopped():
        page = client.accounts(unit, opened_from=first, opened_to=last, after=after, limit=PAGE)
        rows += page.rows
        after = page.next
        progress(len(rows))
    return rows


# ---- files --------------------------------------------------------------------------------------------


def write_results(
    path: Path, overwrite: bool, *, title: str, business: Business, rows: Sequence[RowResult]
) -> None:
    """Write the people of a batch as a workbook (Q-11). Blocking; raises WorkbookError."""
    from exports.table_export import CountedRows, ExportColumn, write_table

    columns = roster_columns(business)
    head = [*export_columns(columns), *(ExportColumn(c.title, width=c.width) for c in RESULT_COLUMNS)]

    def lines() -> Iterator[list[Value]]:
        for row in rows:
            cells = [export_value(c, cell_text(c, row.values, row.values)) for c in columns]
            yield [*cells, STATES[row.state], row.account_no, row.processed, row.reason]

    body = CountedRows(len(rows), lines)
    write_table(path, title=title, columns=head, rows=body, overwrite=overwrite)


def voucher_of(voucher: Voucher, business: Business, rows: Sequence[RowResult]) -> PaperForm:
    """The voucher of a batch: its people, each with the account (O-18)."""
    from exports.table_export import ExportColumn
    from exports.voucher import voucher_form

    columns = roster_columns(business)
    body = [
        [*(export_value(c, cell_text(c, row.values, row.values)) for c in columns), row.account_no]
        for row in rows
    ]
    return voucher_form(voucher, [*export_columns(columns), ExportColumn("账号", width=16)], body)


def write_failed(
    path: Path, overwrite: bool, *, title: str, business: Business, rows: Sequence[RowResult]
) -> None:
    """Write the failed people with their reasons, to be corrected and imported again (Y-01). Blocking."""
    from domain.business import template_columns
    from exports.layout import REASON_TITLE
    from exports.table_export import CountedRows, ExportColumn, write_table

    columns = [c for c in template_columns(business) if c.kind is not Kind.SERIAL]

    def lines() -> Iterator[list[str]]:
        for row in rows:
            yield [*(cell_text(c, row.values, row.values) for c in columns), row.reason]

    head = [*(ExportColumn(c.title, width=c.width) for c in columns), ExportColumn(REASON_TITLE, width=40)]
    body = CountedRows(len(rows), lines)
    write_table(path, title=title, columns=head, rows=body, overwrite=overwrite)


def write_accounts(
    path: Path, overwrite: bool, *, title: str, accounts: Sequence[AccountRow], titles: Sequence[str]
) -> None:
    """Write accounts as a workbook under the titles of the screen (O-18). Blocking; raises WorkbookError."""
    from domain.money import parse_yuan
    from exports.table_export import CountedRows, ExportColumn, write_table

    money = ("base", "unit_amount", "person_amount")
    head = [
        ExportColumn(name, "money" if c.key in money else "text", c.width, c.key.endswith("_amount"))
        for c, name in zip(ACCOUNT_COLUMNS, titles, strict=True)
    ]

    def lines() -> Iterator[list[Value]]:
        for one in accounts:
            values = [(c.key in money, getattr(one, c.key)) for c in ACCOUNT_COLUMNS]
            yield [parse_yuan(value) if amount else value for amount, value in values]

    body = CountedRows(len(accounts), lines)
    write_table(path, title=title, columns=head, rows=body, overwrite=overwrite)
