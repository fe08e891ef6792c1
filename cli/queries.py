"""The queries that commands know by name: what each may be asked, its columns, and its rows page by page.

Titles come from the screens' own lists, keys from the wire contract; neither is written here again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from cli.headless import Problem

if TYPE_CHECKING:
    from client.api import CenterClient
    from domain.profile import Profile
    from domain.wire import BatchSummary
    from screens.state import AppState
    from tui.grid_model import GridColumn

PAGE: Final = 1000
COUNTS: Final = frozenset(
    ("people", "last_people", "more_people", "less_people", "orders", "waiting", "settled", "cancelled")
    + ("total", "ok", "failed", "pending", "processing")
)
"""Keys of whole numbers; what else stands to the right is money."""

Kind = Literal["text", "money", "count"]
"""What a column holds in a file."""


def kind_of(column: GridColumn) -> Kind:
    """What a column holds in a file: what stands to the right is money or a count."""
    if column.align != "right":
        return "text"
    return "count" if column.key in COUNTS else "money"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query was asked: days as ISO texts, `month` YYYYMM, the rest as given, "" and 0 for nothing.

    `spanned` says that days were given; without them the span is that of the present month.
    """

    spanned: bool
    first: str
    last: str
    month: int
    year: int
    account: str
    name: str
    id_number: str
    kind: str
    business: str
    serial: str
    number: int
    state: str


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: title, columns, and rows that are read while they are taken.

    A row is what the wire contract says; `texts` gives a row's cells in the order of the columns, with
    amounts as texts in 元.
    """

    title: str
    columns: Sequence[GridColumn]
    kinds: Sequence[Kind]
    rows: Iterator[Any]
    texts: Callable[[Any], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Query:
    """One query: its summary for the help, options it may and must be given, and how it is answered."""

    summary: str
    may: tuple[str, ...]
    ask: Callable[[AppState, Asked], Found]
    must: tuple[str, ...] = ()


def _columns(profile: Profile, columns: Sequence[GridColumn]) -> list[GridColumn]:
    """Columns with the center's word for accounts."""
    from dataclasses import replace

    title = profile.term("account_no")
    return [replace(c, title=title) if c.key == "account_no" else c for c in columns]


def _found(state: AppState, title: str, columns: Sequence[GridColumn], rows: Iterator[Any]) -> Found:
    from screens.business_titles import screen_title

    shown = _columns(state.profile, columns)
    keys = [column.key for column in shown]
    return Found(
        screen_title(title, state.profile),
        shown,
        [kind_of(column) for column in shown],
        rows,
        lambda row: [str(getattr(row, key)) for key in keys],
    )


def pages(ask: Callable[[Any], Any], start: Any, rows: str = "rows") -> Iterator[Any]:
    """The rows of all pages; `ask` gets what to continue after, from `start` on."""
    after = start
    while after is not None:
        page = ask(after)
        yield from getattr(page, rows)
        after = page.next


# ---- submissions ---------------------------------------------------------------------------------------


def _batches(state: AppState, asked: Asked) -> Found:
    from tui.grid_model import GridColumn

    columns = [
        GridColumn("serial", "业务流水号", 17),
        GridColumn("title", "业务", 12),
        GridColumn("declared", "申报日期", 10),
        GridColumn("month", "业务年月", 8),
        GridColumn("total", "总笔数", 6, align="right"),
        GridColumn("ok", "成功笔数", 8, align="right"),
        GridColumn("failed", "失败笔数", 8, align="right"),
        GridColumn("pending", "待确认笔数", 10, align="right"),
        GridColumn("processing", "处理中笔数", 10, align="right"),
        GridColumn("amount", "金额", 14, align="right"),
        GridColumn("state", "状态", 10),
    ]
    found = state.client().submissions(state.unit, asked.business, start=asked.first, end=asked.last)
    return _found(state, "申报查询", columns, iter(found.batches))


def batch_of(state: AppState, serial: str, first: str, last: str) -> BatchSummary:
    """The submission of a 业务流水号 among those of a span of days. Raises Problem."""
    for one in state.client().submissions(state.unit, start=first, end=last).batches:
        if one.serial == serial:
            return one
    raise Problem(f"{first} 至 {last} 没有业务流水号 {serial}，请核对，或用 --from 放宽。")


def _results(state: AppState, asked: Asked) -> Found:
    from domain.business import Kind as DeclaredKind
    from domain.businesses.registry import declare
    from screens.business_rows import STATES, result_columns
    from screens.roster_model import cell_text
    from tui.grid_model import GridColumn

    batch = batch_of(state, asked.serial, asked.first, asked.last)
    business = declare(batch.business, state.profile)
    session = state.session()
    columns = [
        GridColumn("row", "行号", 6, align="right"),
        *result_columns(business, session.unit_facts()),
    ]
    own = {column.key: column for column in business.columns}

    def texts(row: Any) -> list[str]:
        told = {"row": str(row.row), "state": STATES[row.state], "account_no": row.account_no}
        told |= {"processed": row.processed, "reason": row.reason}
        return [
            told[c.key] if c.key in told else cell_text(own[c.key], row.values, row.values) for c in columns
        ]

    client, unit = state.client(), state.unit
    rows = pages(
        lambda after: client.submission_rows(
            unit, batch.submission_id, state=asked.state, after=after, limit=PAGE
        ),
        0,
    )
    money = [c.key in own and own[c.key].kind is DeclaredKind.MONEY for c in columns]
    kinds: list[Kind] = ["money" if yuan else "text" for yuan in money]
    return Found(f"{batch.title} {batch.serial}", columns, kinds, rows, texts)


# ---- people and changes --------------------------------------------------------------------------------


def _accounts(state: AppState, asked: Asked) -> Found:
    from screens.business_rows import ACCOUNT_COLUMNS

    client, unit = state.client(), state.unit
    first, last = (asked.first, asked.last) if asked.spanned else ("", "")
    if asked.account:
        rows: Iterator[Any] = iter(client.accounts(unit, account_no=asked.account).rows)
    else:
        rows = pages(
            lambda after: client.accounts(unit, opened_from=first, opened_to=last, after=after, limit=PAGE),
            "",
        )
    return _found(state, "个人账户查询", ACCOUNT_COLUMNS, rows)


def _depositors(state: AppState, asked: Asked) -> Found:
    from domain.businesses.base import ACCOUNT_CELLS
    from tui.grid_model import GridColumn

    columns = [
        GridColumn("account_no", "", ACCOUNT_CELLS),
        GridColumn("name", "姓名", 12),
        GridColumn("id_number", "证件号码", 18),
        GridColumn("status", "状态", 8),
        GridColumn("base", state.profile.terms.get("base", "缴存基数"), 12, align="right"),
        GridColumn("unit_ratio", "单位缴存比例", 8),
        GridColumn("person_ratio", "个人缴存比例", 8),
        GridColumn("unit_amount", "单位月缴存额", 12, align="right"),
        GridColumn("person_amount", "个人月缴存额", 12, align="right"),
        GridColumn("mobile", "手机号码", 11),
        GridColumn("opened", "开户日期", 10),
    ]
    return _found(state, "缴存人清册", columns, _present(state.client(), state.unit))


def _present(client: CenterClient, unit: str) -> Iterator[Any]:
    """The people of the unit now; those that left are not told."""
    since, more = 0, True
    while more:
        page = client.depositors(unit, since=since)
        yield from (row for row in page.rows if not row.gone)
        since, more = page.revision, page.more


def _changes(state: AppState, asked: Asked) -> Found:
    from screens.change_query import COLUMNS

    client, unit = state.client(), state.unit
    rows = pages(
        lambda after: client.changes(
            unit,
            asked.business,
            start=asked.first,
            end=asked.last,
            account_no=asked.account,
            after=after,
            limit=PAGE,
        ),
        0,
    )
    return _found(state, "changes", COLUMNS, rows)


def _facts(business: str, state: AppState, asked: Asked) -> Found:
    from screens.fact_entry import WHO
    from screens.fact_query import COLUMNS

    client, unit = state.client(), state.unit
    rows = pages(
        lambda after: client.fact_changes(
            unit,
            business,
            start=asked.first,
            end=asked.last,
            account_no=asked.account,
            after=after,
            limit=PAGE,
        ),
        0,
    )
    shown = COLUMNS if business == "person_change" else [c for c in COLUMNS if c.key not in WHO]
    return _found(state, f"query:{business}", shown, rows)


# ---- money ---------------------------------------------------------------------------------------------


def _unit_account(state: AppState, asked: Asked) -> Found:
    from screens.statement_query import UNIT_COLUMNS

    told = state.client().statement(state.unit, start=asked.first, end=asked.last)
    return _found(state, "unit_account", UNIT_COLUMNS, iter([told]))


def _flow(state: AppState, asked: Asked) -> Found:
    from screens.unit_flow import COLUMNS
    from tui.grid_model import GridColumn

    client, unit = state.client(), state.unit
    rows = pages(
        lambda after: client.flow(
            unit, start=asked.first, end=asked.last, kind=asked.kind, after=after, limit=PAGE
        ),
        "",
    )
    return _found(state, "unit_flow", [GridColumn("number", "序号", 8), *COLUMNS], rows)


def _flow_detail(state: AppState, asked: Asked) -> Found:
    from screens.unit_flow import DETAILS

    client, unit = state.client(), state.unit
    rows = pages(lambda after: client.flow_details(unit, asked.number, after=after, limit=PAGE), "")
    return _found(state, "flow_detail", DETAILS, rows)


def _ledger(state: AppState, asked: Asked) -> Found:
    from screens.statement_query import LEDGER_COLUMNS

    client, unit = state.client(), state.unit
    rows = pages(
        lambda after: client.ledger(
            unit, asked.account, start=asked.first, end=asked.last, after=after, limit=PAGE
        ),
        "",
    )
    return _found(state, "person_ledger", LEDGER_COLUMNS, rows)


def _annual(state: AppState, asked: Asked) -> Found:
    from screens.closed_years import ANNUAL

    client, unit = state.client(), state.unit
    rows = pages(
        lambda after: client.annual(
            unit, asked.year, name=asked.name, id_number=asked.id_number, after=after, limit=PAGE
        ),
        "",
    )
    return _found(state, "annual_statement", ANNUAL, rows)


def _interest(state: AppState, asked: Asked) -> Found:
    from screens.closed_years import INTEREST

    told = state.client().unit_interest(state.unit, asked.year)
    return _found(state, "unit_interest", INTEREST, iter([told] if told.people else []))


def _interest_slip(state: AppState, asked: Asked) -> Found:
    from screens.closed_years import SLIP

    client, unit = state.client(), state.unit
    rows = pages(lambda after: client.interest_people(unit, asked.year, after=after, limit=PAGE), "")
    return _found(state, "单位利息单", SLIP, rows)


def _suspense(state: AppState, asked: Asked) -> Found:
    from screens.suspense_query import COLUMNS

    calls, unit = state.client().receipts, state.unit
    rows = pages(
        lambda after: calls.suspense(unit, start=asked.first, end=asked.last, after=after, limit=PAGE), 0
    )
    return _found(state, "suspense", COLUMNS, rows)


# ---- 汇缴 and 补缴 --------------------------------------------------------------------------------------


def _months(state: AppState, asked: Asked) -> Found:
    from screens.remit_list import COLUMNS

    told = state.client().remittances(
        state.unit, state=asked.state or "all", start=asked.first, end=asked.last
    )
    return _found(state, "query:remit", COLUMNS, iter(told.months))


def _month_people(state: AppState, asked: Asked) -> Found:
    from screens.remit_month import PEOPLE

    client, unit = state.client(), state.unit
    rows = pages(lambda after: client.remit_people(unit, asked.month, after=after, limit=PAGE), "")
    return _found(state, f"汇缴清册 {asked.month}", PEOPLE, rows)


def _makeups(state: AppState, asked: Asked) -> Found:
    from screens.remit_list import NOTICES

    told = state.client().makeup_notices(state.unit, start=asked.first, end=asked.last)
    return _found(state, "补缴查询", NOTICES, iter(told.notices))


SPAN: Final = ("from", "to")
QUERIES: Final[dict[str, Query]] = {
    "submissions": Query("近期申报的各批", (*SPAN, "business"), _batches),
    "submission_rows": Query("一批的各行结果", (*SPAN, "serial", "state"), _results, ("serial",)),
    "accounts": Query("个人账户", (*SPAN, "account"), _accounts),
    "depositors": Query("单位全部缴存人", (), _depositors),
    "changes": Query("缴存人状态变更", (*SPAN, "business", "account"), _changes),
    "person_changes": Query(
        "缴存人信息变更", (*SPAN, "account"), lambda state, asked: _facts("person_change", state, asked)
    ),
    "unit_changes": Query("单位信息变更", SPAN, lambda state, asked: _facts("unit_change", state, asked)),
    "unit_account": Query("单位账户", SPAN, _unit_account),
    "unit_flow": Query("单位业务流水", (*SPAN, "kind"), _flow),
    "flow_detail": Query("一笔流水涉及的各人", ("number",), _flow_detail, ("number",)),
    "person_ledger": Query("个人明细账", (*SPAN, "account"), _ledger, ("account",)),
    "annual": Query("年度个人对账", ("year", "name", "id-number"), _annual, ("year",)),
    "unit_interest": Query("单位结息", ("year",), _interest, ("year",)),
    "interest_slip": Query("单位利息单", ("year",), _interest_slip, ("year",)),
    "remittances": Query("核定过的汇缴月份", (*SPAN, "state"), _months),
    "remit_people": Query("一个月的汇缴清册", ("month",), _month_people),
    "makeups": Query("补缴及待入账", SPAN, _makeups),
    "suspense": Query("汇补缴不符暂存款", SPAN, _suspense),
}
"""Name -> query; names and options are part of what other programs rely on."""
