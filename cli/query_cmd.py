"""`gjj query` and `gjj export`: any query of the unit as JSON, as lines, as a workbook or as CSV."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.headless import DONE, Problem, add_login, ask_secret, guarded, say, signed_in, tell
from cli.queries import QUERIES, Asked, Found, Query

if TYPE_CHECKING:
    from exports.csv_table import Charset
    from exports.table_export import ExportColumn, Value
    from screens.state import AppState

OPTIONS: Final = {
    "from": ("日期", "从哪一天起（YYYY-MM-DD），默认为本月一日"),
    "to": ("日期", "到哪一天止，默认为中心的今天"),
    "month": ("YYYYMM", "汇缴年月，默认为当前业务月"),
    "year": ("年度", "公积金年度，2025 为 2025年7月至2026年6月"),
    "account": ("账号", "只查这一个账户"),
    "name": ("姓名", "只查这个姓名"),
    "id-number": ("号码", "只查这个证件号码"),
    "kind": ("代码", "业务明细类型的代码"),
    "business": ("业务", "只查这项业务"),
    "serial": ("业务流水号", "哪一批"),
    "number": ("序号", "哪一笔流水（unit_flow 的 number）"),
    "state": ("状态", "只查这种状态的"),
}
"""Option -> (what it is given, help)."""
SUFFIXES: Final = (".xlsx", ".csv", ".pdf", ".txt")
CHARSETS: Final[dict[str, Charset]] = {"gb18030": "gb18030", "utf-8": "utf-8-sig"}
"""Name of an encoding -> what a CSV is written in."""
EVERY: Final = 5000
"""Rows between two words of progress."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `query`."""
    parser = subparsers.add_parser(
        "query",
        help="查询，写成列表或 JSON",
        description=f"{_names()}。退出码：0 查到或没有记录，2 查不了。",
    )
    _add_question(parser)
    files = parser.add_mutually_exclusive_group()
    files.add_argument("--xlsx", type=Path, metavar="文件", help="写成表格文件")
    files.add_argument("--csv", type=Path, metavar="文件", help="写成 CSV 文件")
    _add_writing(parser)
    parser.set_defaults(run=run)


def add_export_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `export`."""
    parser = subparsers.add_parser(
        "export",
        help="查询并存成文件",
        description=f"{_names()}。退出码：0 已写成，2 没有写成。",
    )
    _add_question(parser)
    parser.add_argument("out", type=Path, metavar="文件", help="写到哪里，按后缀定格式；.txt 为针式打印机")
    _add_writing(parser)
    parser.set_defaults(run=run_export)


def _names() -> str:
    return "；".join(f"{name} {query.summary}" for name, query in QUERIES.items())


def _add_question(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", choices=tuple(QUERIES), metavar="查询", help="见上")
    for name, (given, explained) in OPTIONS.items():
        parser.add_argument(f"--{name}", metavar=given, help=explained, dest=f"ask_{name}")


def _add_writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--encoding", choices=tuple(CHARSETS), default="gb18030", help="CSV 的编码，默认 gb18030"
    )
    parser.add_argument("--overwrite", action="store_true", help="文件已存在时覆盖")
    add_login(parser)


def run(args: argparse.Namespace) -> int:
    """Ask and tell; returns one of the exit codes of `cli.headless`."""
    return guarded(_query, args)


def run_export(args: argparse.Namespace) -> int:
    """Ask and write; returns one of the exit codes of `cli.headless`."""
    return guarded(_export, args)


def _query(args: argparse.Namespace) -> int:
    out: Path | None = args.xlsx or args.csv
    if out is not None:
        _check_out(out, (".xlsx",) if args.xlsx else (".csv",), args)
    check = _asked_of(args)
    with signed_in(args) as state:
        found = _answered(state, QUERIES[args.query], check(state))
        if out is not None:
            _write(state, out, found, args)
        elif args.json:
            for row in _watched(found.rows):
                say(row.model_dump(mode="json"))
        else:
            _lines(found)
    return DONE


def _export(args: argparse.Namespace) -> int:
    _check_out(args.out, SUFFIXES, args)
    check = _asked_of(args)
    with signed_in(args) as state:
        _write(state, args.out, _answered(state, QUERIES[args.query], check(state)), args)
    return DONE


def _check_out(out: Path, suffixes: Sequence[str], args: argparse.Namespace) -> None:
    """Refuse at once what could not be written at the end. Raises Problem."""
    if out.suffix.lower() not in suffixes:
        raise Problem(f"文件的后缀应为 {'、'.join(suffixes)}，请改正。")
    if not out.parent.is_dir():
        raise Problem(f"没有文件夹“{out.parent}”，请先建好。")
    if out.exists() and not args.overwrite:
        raise Problem(f"文件“{out.name}”已存在，请换一个文件名，或加 --overwrite 覆盖。")


# ---- the question ---------------------------------------------------------------------------------------


def _asked_of(args: argparse.Namespace) -> Callable[[AppState], Asked]:
    """Check what was given before anybody logs in; the rest needs the center's day. Raises Problem."""
    query = QUERIES[args.query]
    given = {name: getattr(args, f"ask_{name}") for name in OPTIONS}
    for name, text in given.items():
        if text is not None and name not in query.may:
            own = "、".join(f"--{one}" for one in query.may) or "没有选项"
            raise Problem(f"{args.query} 不用 --{name}，可用的是{own}。")
        if text is None and name in query.must:
            raise Problem(f"{query.summary}须用 --{name} 指明{OPTIONS[name][0]}。")
    first, last = (_day(f"--{name}", given[name]) for name in ("from", "to"))
    month = _month(given["month"])
    year = _number("--year", given["year"], 1991, 9999)
    number = _number("--number", given["number"], 1, 2**62)

    def asked(state: AppState) -> Asked:
        context = state.session().context
        if context is None:
            raise Problem("单位的资料没有读到，请重新运行。")
        end = last or context.today
        start = first or date.fromisoformat(end).replace(day=1).isoformat()
        if end < start:
            raise Problem(f"截止日期{end}早于起始日期{start}，请改正。")
        return Asked(
            bool(first or last),
            start,
            end,
            month or context.month,
            year,
            given["account"] or "",
            given["name"] or "",
            given["id-number"] or "",
            given["kind"] or "",
            given["business"] or "",
            given["serial"] or "",
            number,
            given["state"] or "",
        )

    return asked


def _day(option: str, text: str | None) -> str:
    from screens.date_fields import parse_day

    if text is None:
        return ""
    day = parse_day(text)
    if day is None:
        raise Problem(f"{option} 应写成 20261121 或 2026-11-21，请改正。")
    return day.isoformat()


def _month(text: str | None) -> int:
    from domain.period import PeriodError, parse_month

    if text is None:
        return 0
    try:
        return parse_month(text)
    except PeriodError as error:
        raise Problem(f"--month：{error.text}") from None


def _number(option: str, text: str | None, least: int, most: int) -> int:
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
        raise Problem(f"{option} 应为 {least} 至 {most} 之间的数，请改正。")
    return int(text)


def _answered(state: AppState, query: Query, asked: Asked) -> Found:
    """The answer, its first page read; the password of 单位网上对账 is asked for where one is set (L-13)."""
    from dataclasses import replace
    from itertools import chain

    from client.errors import Refused

    def begin() -> Found:
        found = query.ask(state, asked)
        first = next(found.rows, None)
        rows = iter(()) if first is None else chain([first], found.rows)
        return replace(found, rows=rows)

    try:
        return begin()
    except Refused as error:
        if error.code != "permission.denied" or not state.profile.auth.reconcile_password:
            raise
    secret = ask_secret("单位网上对账密码")
    try:
        state.session().enter_reconcile(state.unit, secret.decode("utf-8", "replace"))
    finally:
        secret[:] = bytes(len(secret))
    return begin()


# ---- the answer -----------------------------------------------------------------------------------------


def _watched(rows: Iterator[Any]) -> Iterator[Any]:
    """The rows; a word now and then for a person who waits."""
    count = 0
    for count, row in enumerate(rows, 1):
        if not count % EVERY and sys.stderr.isatty():
            tell(f"已读 {count} 条…")
        yield row


def _lines(found: Found) -> None:
    from cli.check_cmd import table_lines
    from domain.text import safe_text

    titles = tuple(column.title for column in found.columns)
    rows = [tuple(safe_text(text) or "-" for text in found.texts(row)) for row in _watched(found.rows)]
    for line in table_lines([titles, *rows]) if rows else ():
        print(line)
    tell(f"{found.title}：共 {len(rows)} 条。" if rows else "没有查到记录。")


def _write(state: AppState, out: Path, found: Found, args: argparse.Namespace) -> None:
    """Write the file whole or not at all, and say where it is. Raises WorkbookError, ClientError."""
    from exports.csv_table import write_csv
    from exports.table_export import ExportColumn, write_table

    columns = [
        ExportColumn(c.title, kind, c.width) for c, kind in zip(found.columns, found.kinds, strict=True)
    ]
    rows = (_cells(columns, found.texts(row)) for row in _watched(found.rows))
    suffix = out.suffix.lower()
    if suffix == ".csv":
        count = write_csv(out, columns, rows, overwrite=args.overwrite, charset=CHARSETS[args.encoding])
    elif suffix == ".xlsx":
        count = write_table(out, title=found.title, columns=columns, rows=rows, overwrite=args.overwrite)
    else:
        count = _write_paper(state, out, found.title, columns, list(rows), args)
    if args.json:
        say({"file": str(out), "rows": count})
    tell(f"{found.title}：{count} 条，已存为 {out}")


def _write_paper(
    state: AppState,
    out: Path,
    title: str,
    columns: Sequence[ExportColumn],
    rows: Sequence[Sequence[Value]],
    args: argparse.Namespace,
) -> int:
    from exports.form import PaperForm, write_form

    context = state.session().context
    name = context.name if context is not None else ""
    head = [("中心", state.profile.center), ("单位", f"{state.unit} {name}")]
    form = PaperForm(title, head, columns, rows, signatures=())
    write_form(out, form, overwrite=args.overwrite)
    return len(rows)


def _cells(columns: Sequence[ExportColumn], texts: Sequence[str]) -> list[Value]:
    """Cells of a file: amounts in 分, counts as numbers; an amount that is none is left out."""
    return [_CELLS[column.kind](text) for column, text in zip(columns, texts, strict=True)]


def _fen(text: str) -> int | None:
    from domain.money import MoneyError, parse_yuan, wire_fen

    if text[-3:-2] == "." and text.isascii() and text.lstrip("-").replace(".", "", 1).isdigit():
        return wire_fen(text)
    try:
        return parse_yuan(text) if text else None
    except MoneyError:
        return None


def _text(text: str) -> str:
    return text


_CELLS: Final[dict[str, Callable[[str], Value]]] = {"text": _text, "money": _fen, "count": int}
