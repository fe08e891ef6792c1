"""`gjj query` and `gjj export`: what the center knows of a unit, as lines, JSON or a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.headless import DONE, Problem, add_login, guarded, say, signed_in, tell

if TYPE_CHECKING:
    from exports.form import PaperForm
    from screens.state import AppState

PAGE: Final = 1000
MONEY: Final = "元"
"""What the title of an amount ends in here; the file has the title without it."""


@dataclass(frozen=True)
class Asked:
    """The conditions of a query as they were given; days are ISO texts."""

    first: str
    last: str
    account: str
    year: int
    business: str


Rows = Iterator[Any]


@dataclass(frozen=True)
class Query:
    """A query by name: its columns by attribute, and how its lines are read. Blocking; raises ClientError."""

    title: str
    columns: dict[str, str]
    read: Callable[[AppState, Asked], Rows]
    needs: str = ""
    """"account" or "year" where it cannot do without."""


def _pages(ask: Callable[..., Any], start: Any) -> Rows:
    """All rows of a question, page by page."""
    after = start
    while after is not None:
        page = ask(after=after, limit=PAGE)
        yield from page.rows
        after = page.next


def _accounts(state: AppState, asked: Asked) -> Rows:
    return _pages(partial(state.client().accounts, state.unit, account_no=asked.account), "")


def _changes(state: AppState, asked: Asked) -> Rows:
    ask = partial(
        state.client().changes,
        state.unit,
        asked.business,
        start=asked.first,
        end=asked.last,
        account_no=asked.account,
    )
    return _pages(ask, 0)


def _fact_changes(business: str) -> Callable[[AppState, Asked], Rows]:
    def read(state: AppState, asked: Asked) -> Rows:
        call = partial(state.client().fact_changes, state.unit, business)
        return _pages(partial(call, start=asked.first, end=asked.last, account_no=asked.account), 0)

    return read


def _submissions(state: AppState, asked: Asked) -> Rows:
    call = state.client().submissions
    yield from call(state.unit, asked.business, start=asked.first, end=asked.last).batches


def _statement(state: AppState, asked: Asked) -> Rows:
    yield state.client().statement(state.unit, start=asked.first, end=asked.last)


def _flow(state: AppState, asked: Asked) -> Rows:
    return _pages(partial(state.client().flow, state.unit, start=asked.first, end=asked.last), "")


def _ledger(state: AppState, asked: Asked) -> Rows:
    call = partial(state.client().ledger, state.unit, asked.account)
    return _pages(partial(call, start=asked.first, end=asked.last), "")


def _annual(state: AppState, asked: Asked) -> Rows:
    return _pages(partial(state.client().annual, state.unit, asked.year), "")


def _remittances(state: AppState, asked: Asked) -> Rows:
    call = state.client().remittances
    yield from call(state.unit, state="all", start=asked.first, end=asked.last).months


PERSON: Final = {"account_no": "账号", "name": "姓名", "id_number": "证件号码"}
FACTS: Final = {
    **PERSON,
    "item": "变更项目",
    "value_from": "变更前",
    "value_to": "变更后",
    "day": "办结日期",
    "serial": "业务流水号",
}
QUERIES: Final[dict[str, Query]] = {
    "accounts": Query(
        "个人账户",
        {
            **PERSON,
            "base": "缴存基数元",
            "unit_amount": "单位月缴存额元",
            "person_amount": "个人月缴存额元",
            "state": "状态",
            "opened": "开户日期",
        },
        _accounts,
    ),
    "changes": Query(
        "状态变更",
        {
            **PERSON,
            "title": "业务",
            "reason": "原因",
            "day": "日期",
            "month": "业务年月",
            "base_from": "变更前基数元",
            "base_to": "变更后基数元",
            "serial": "业务流水号",
        },
        _changes,
    ),
    "unit_changes": Query("单位信息变更", FACTS, _fact_changes("unit_change")),
    "person_changes": Query("个人信息变更", FACTS, _fact_changes("person_change")),
    "submissions": Query(
        "提交记录",
        {
            "serial": "业务流水号",
            "title": "业务",
            "declared": "提交日期",
            "state": "状态",
            "total": "总笔数",
            "ok": "成功",
            "failed": "失败",
            "amount": "金额元",
        },
        _submissions,
    ),
    "unit_account": Query(
        "单位账户",
        {
            "first": "起始日期",
            "last": "截止日期",
            "opening": "期初余额元",
            "increase": "本期增加元",
            "decrease": "本期减少元",
            "closing": "期末余额元",
            "unallocated": "单位未分配金额元",
        },
        _statement,
    ),
    "unit_flow": Query(
        "单位业务流水",
        {
            "serial": "业务流水号",
            "day": "记账日期",
            "summary": "摘要",
            "amount": "发生额元",
            "interest": "利息额元",
            "people": "人数",
        },
        _flow,
    ),
    "person_ledger": Query(
        "个人明细账",
        {
            "day": "记账日期",
            "summary": "摘要",
            "amount": "发生额元",
            "interest": "发生利息额元",
            "balance": "余额元",
            "serial": "业务流水号",
        },
        _ledger,
        "account",
    ),
    "annual": Query(
        "年度个人对账",
        {
            **PERSON,
            "opening": "年初余额元",
            "increase": "本年增加元",
            "decrease": "本年减少元",
            "interest": "本年利息元",
            "closing": "年末余额元",
        },
        _annual,
        "year",
    ),
    "remittances": Query(
        "汇缴",
        {
            "month": "汇缴年月",
            "state": "状态",
            "people": "汇缴人数",
            "amount": "汇缴金额元",
            "checked": "核定日期",
            "serial": "业务流水号",
        },
        _remittances,
    ),
}
SUFFIXES: Final = (".xlsx", ".csv", ".pdf", ".txt")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `query`."""
    parser = subparsers.add_parser(
        "query",
        help="查询，写成列表或 JSON",
        description="查询中心的资料。退出码：0 查到或没有记录，2 查不了。",
    )
    _add_conditions(parser)
    parser.set_defaults(run=run)


def add_export(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `export`."""
    parser = subparsers.add_parser(
        "export",
        help="查询并存成文件",
        description="把查到的存成文件：.xlsx、.csv、.pdf 或 .txt（针式打印机）。退出码：0 已写成，2 没有。",
    )
    _add_conditions(parser)
    parser.add_argument("file", type=Path, metavar="文件", help="写到哪里，按后缀定格式")
    parser.add_argument("--overwrite", action="store_true", help="文件已存在时覆盖")
    parser.set_defaults(run=run_export)


def _add_conditions(parser: argparse.ArgumentParser) -> None:
    names = "、".join(f"{name}：{one.title}" for name, one in QUERIES.items())
    parser.add_argument("name", choices=tuple(QUERIES), metavar="查询", help=names)
    parser.add_argument("--from", dest="first", default="", metavar="日期", help="起始日期，默认本月1日")
    parser.add_argument("--to", dest="last", default="", metavar="日期", help="截止日期，默认今天")
    parser.add_argument("--account", default="", metavar="账号", help="只查一个职工")
    parser.add_argument("--year", type=int, default=0, metavar="年度", help="公积金年度，如 2025")
    parser.add_argument("--business", default="", metavar="业务", help="只查一种业务")
    add_login(parser)


def run(args: argparse.Namespace) -> int:
    """List what is found; returns an exit code of `cli.headless`."""
    return guarded(_query, args)


def run_export(args: argparse.Namespace) -> int:
    """Write what is found; returns an exit code of `cli.headless`."""
    return guarded(_export, args)


def _query(args: argparse.Namespace) -> int:
    from cli.check_cmd import table_lines
    from domain.text import safe_text

    query = _wanted(args)
    with signed_in(args) as state:
        rows = query.read(state, _asked(state, args))
        if args.json:
            for one in rows:
                say(one.model_dump(mode="json"))
            return DONE
        titles = tuple(title.removesuffix(MONEY) for title in query.columns.values())
        found = [tuple(safe_text(str(getattr(one, key))) or "-" for key in query.columns) for one in rows]
    for line in table_lines([titles, *found]):
        print(line)
    tell(f"共 {len(found)} 条。")
    return DONE


def _export(args: argparse.Namespace) -> int:
    from exports.form import write_form

    query = _wanted(args)
    if args.file.suffix.lower() not in SUFFIXES:
        raise Problem(f"文件的后缀应为 {'、'.join(SUFFIXES)} 之一，请改正。")
    with signed_in(args) as state:
        asked = _asked(state, args)
        form = form_of(state, query, asked, list(query.read(state, asked)))
    write_form(args.file, form, overwrite=args.overwrite)
    if args.json:
        say({"file": str(args.file), "rows": len(form.rows)})
    tell(f"已写成 {args.file.name}，共 {len(form.rows)} 条。")
    return DONE


def form_of(state: AppState, query: Query, asked: Asked, rows: Sequence[Any]) -> PaperForm:
    """What was found as a form, amounts in 分."""
    from domain.money import wire_fen
    from exports.form import PaperForm
    from exports.table_export import ExportColumn

    columns = [
        ExportColumn(title.removesuffix(MONEY), "money" if title.endswith(MONEY) else "text", 14)
        for title in query.columns.values()
    ]
    body = [
        [
            wire_fen(getattr(one, key)) if title.endswith(MONEY) else str(getattr(one, key))
            for key, title in query.columns.items()
        ]
        for one in rows
    ]
    context = state.session().context
    name = context.name if context is not None else ""
    span = f"{asked.first}至{asked.last}" if not query.needs else str(asked.year or asked.account)
    head = [("中心", state.profile.center), ("单位", f"{state.unit} {name}"), ("查询条件", span)]
    return PaperForm(query.title, head, columns, body, signatures=())


def _wanted(args: argparse.Namespace) -> Query:
    """The query, with what it needs given. Raises Problem."""
    query = QUERIES[args.name]
    if query.needs == "account" and not args.account:
        raise Problem(f"{query.title}须用 --account 指明职工的账号。")
    if query.needs == "year" and not args.year:
        raise Problem(f"{query.title}须用 --year 指明公积金年度，如 --year 2025。")
    return query


def _asked(state: AppState, args: argparse.Namespace) -> Asked:
    """The conditions; without days the present month. Raises Problem for days that are none or reversed."""
    context = state.session().context
    today = date.fromisoformat(context.today) if context is not None else date.today()
    first = _day("--from", args.first) or today.replace(day=1)
    last = _day("--to", args.last) or today
    if last < first:
        raise Problem(f"截止日期{last}早于起始日期{first}，请改正。")
    return Asked(first.isoformat(), last.isoformat(), args.account, args.year, args.business)


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Problem(f"{name} 的日期“{text}”不对，请写成 2026-11-23 的样子。") from None
