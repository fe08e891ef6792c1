"""`gjj check`: every finding of a roster file, without a center and without a terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from cli.declared import ArgumentProblem, add_business, add_unit, business_of, offline_context

if TYPE_CHECKING:
    from domain.business import Business
    from exports.importer import FileCheck, PlacedFinding

CLEAN, FINDINGS, UNREADABLE = 0, 1, 2
MARKS = {"error": "错误", "warning": "提醒", "adjusted": "调整"}
HEADINGS = ("行", "列", "类别", "代码", "说明")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check`."""
    parser = subparsers.add_parser(
        "check",
        help="不联网校验一个清册文件",
        description="列出清册文件的全部问题。没有错误时退出码为 0，有错误为 1，文件读不出来为 2。",
    )
    add_business(parser)
    parser.add_argument("file", type=Path, metavar="文件", help="清册文件（.xlsx、.xls、.csv）")
    parser.add_argument("--json", action="store_true", help="每个问题一行 JSON，供其它程序读取")
    add_unit(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check the file; returns 0 when nothing stops it, 1 when something does, 2 when it cannot be read.

    Warnings and adjustments are listed but keep 0.
    """
    from domain.profile import load_profile
    from exports.importer import check_file
    from exports.workbook_error import WorkbookError

    if isinstance(sys.stdout, TextIOWrapper):
        errors = "backslashreplace" if args.json else "replace"
        sys.stdout.reconfigure(encoding="utf-8" if args.json else None, errors=errors)
    profile = load_profile(args.profile)
    try:
        business = business_of(args.business, profile, args.kind)
        result = check_file(args.file, business, offline_context(args, business))
    except ArgumentProblem as error:
        print(error.text, file=sys.stderr)
        return UNREADABLE
    except WorkbookError as error:
        print(error.text, file=sys.stderr)
        if args.json:
            print(_json(0, "", error.code, error.text, "error"))
        return UNREADABLE
    findings = result.findings
    for line in json_lines(findings) if args.json else text_lines(result, business):
        print(line)
    return CLEAN if result.ok else FINDINGS


def json_lines(findings: Sequence[PlacedFinding]) -> Iterator[str]:
    """One JSON object per finding: row of the worksheet, field (the column's title), code, message."""
    for found in findings:
        yield _json(found.row_number, found.title, found.code, found.text, found.finding.severity.value)


def text_lines(result: FileCheck, business: Business) -> Iterator[str]:
    """A table of the findings and a line that sums up."""
    from domain.money import format_yuan
    from domain.text import safe_text

    rows = [
        (
            str(found.row_number),
            safe_text(found.title) or "-",
            MARKS[found.finding.severity.value],
            found.code,
            safe_text(found.text),
        )
        for found in result.findings
    ]
    if rows:
        yield from table_lines([HEADINGS, *rows])
    total = result.totals
    errors = sum(found.is_error for found in result.findings)
    rest = len(result.findings) - errors
    sums = business.rules.amount_title
    usable = (
        f"{total.count} 行可以导入"
        + (f"，{sums.replace('总', '合计')} {format_yuan(total.amount)} 元" if sums else "")
        if result.structure_ok
        else "表格本身有错误，改正前不能导入"
    )
    yield f"共 {len(result.rows)} 行，{usable}；{errors} 个错误，{rest} 个提醒。"
    if "account_no" in {column.key for column in business.columns}:
        yield "账户是否存在、是否属于本单位、状态和姓名是否相符，要由中心核对。"


def table_lines(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Rows with their columns aligned; the last one may be of any width."""
    from domain.text import cell_width

    widths = [max(cell_width(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [
            text + " " * (width - cell_width(text)) for text, width in zip(row[:-1], widths, strict=True)
        ]
        yield "  ".join([*cells, row[-1]]).rstrip()


def _json(row: int, field: str, code: str, message: str, severity: str) -> str:
    from domain.text import safe_text

    values = {
        "row": row,
        "field": safe_text(field),
        "code": code,
        "message": safe_text(message),
        "severity": severity,
    }
    return json.dumps(values, ensure_ascii=False)
