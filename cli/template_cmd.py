"""`gjj template`: the empty workbook of a business, as the center wants it filled in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cli.declared import ArgumentProblem, add_business, business_of

REFUSED = 1


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `template`."""
    parser = subparsers.add_parser("template", help="写出批量业务的空白模板")
    add_business(parser)
    parser.add_argument("file", type=Path, metavar="文件", help="写到哪个文件（.xlsx 或 .xls）")
    parser.add_argument("--force", action="store_true", help="文件已存在时覆盖")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the template; returns 0, or 1 when the file is not written."""
    from domain.profile import load_profile
    from domain.text import safe_text
    from exports.template import write_template
    from exports.workbook_error import WorkbookError

    profile = load_profile(args.profile)
    try:
        business = business_of(args.business, profile, args.kind)
    except ArgumentProblem as problem:
        print(problem.text, file=sys.stderr)
        return REFUSED
    try:
        write_template(args.file, business, profile, overwrite=args.force)
    except WorkbookError as error:
        exists = f"文件“{args.file.name}”已存在，请换一个文件名，或加 --force 覆盖。"
        print(safe_text(exists if error.code == "file.exists" else error.text), file=sys.stderr)
        return REFUSED
    print(f"模板已写到 {args.file}")
    return 0
