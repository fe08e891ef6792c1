"""`gjj deadlines`: the deadlines of the units of this computer, for the terminal, for cron and for programs.

It works from what the center told at the last login, so that it asks for no password and no key; how old
that is stands in the output.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.login_form import PROFILE_NAMES

if TYPE_CHECKING:
    from client.deadlines import DeadlineCache
    from client.settings import Settings
    from client.store.database import Database
    from client.store.rows import Scope
    from domain.deadlines import Deadline, DeadlineFacts

NOTHING_DUE, OVERDUE, CANNOT = 0, 1, 2
HEADINGS = ("状态", "期限", "剩余", "事项", "办法")
NOTHING_KEPT = "本机还没有期限的资料，请先启动 gjj 登录一次。"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `deadlines`."""
    parser = subparsers.add_parser(
        "deadlines",
        help="列出汇缴、登记、封存、基数和业务月的期限",
        description="按上次登录时中心给出的资料列出期限，不联网、不用密码。"
        "没有过期的事项时退出码为 0，有已过期的为 1，列不出来为 2。",
    )
    parser.add_argument("--profile", choices=PROFILE_NAMES, help="哪个中心，默认为配置文件中的")
    parser.add_argument("--unit", metavar="账号", help="只列一个单位")
    parser.add_argument("--all", action="store_true", help="已办的也列出")
    parser.add_argument("--json", action="store_true", help="每项一行 JSON，供其它程序读取")
    parser.add_argument(
        "--config", type=Path, metavar="文件", default=argparse.SUPPRESS, help="用哪个配置文件"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the deadlines; returns 0 when nothing is overdue, 1 when something is, 2 when none can be told."""
    from cli.config import ConfigError, load

    try:
        settings = load(args.config)
    except ConfigError as error:
        print(error.text, file=sys.stderr)
        return CANNOT
    from client.errors import ClientError

    try:
        return _list(args, settings)
    except ClientError as error:
        print(error.sentence, file=sys.stderr)
        return CANNOT


def _list(args: argparse.Namespace, settings: Settings) -> int:
    from client.store.database import FILE_NAME, Database, default_folder

    if isinstance(sys.stdout, TextIOWrapper):
        errors = "backslashreplace" if args.json else "replace"
        sys.stdout.reconfigure(encoding="utf-8" if args.json else None, errors=errors)
    if not ((settings.files.data_dir or default_folder()) / FILE_NAME).exists():
        print(NOTHING_KEPT, file=sys.stderr)
        return CANNOT
    database = Database(settings.files.data_dir)
    try:
        return _list_of(database, args, args.profile or settings.center.profile)
    finally:
        database.close()


def _list_of(database: Database, args: argparse.Namespace, profile: str) -> int:
    from client.deadlines import DeadlineCache, kept_units
    from domain.deadlines import State, deadlines, overdue
    from domain.profile import load_profile

    late, told = False, 0
    for scope in kept_units(database, profile):
        cache = DeadlineCache(database, scope)
        found = cache.facts(load_profile(profile)) if args.unit in (None, scope.unit_account) else None
        if found is None:
            continue
        facts, time = found
        every = deadlines(facts)
        late = late or overdue(every)
        shown = [one for one in every if args.all or one.state is not State.DONE]
        lines = json_lines if args.json else text_lines
        for line in lines(scope, cache, shown, facts, time):
            print(line)
        told += 1
    if not told:
        print(f"本机没有单位 {args.unit} 的资料。" if args.unit else NOTHING_KEPT, file=sys.stderr)
        return CANNOT
    return OVERDUE if late else NOTHING_DUE


def json_lines(
    scope: Scope, cache: DeadlineCache, shown: Sequence[Deadline], facts: DeadlineFacts, time: str
) -> Iterator[str]:
    """One JSON object per deadline; days are ISO, `state` is the name of `domain.deadlines.State`."""
    for one in shown:
        values: dict[str, Any] = {
            "unit": scope.unit_account,
            "kind": one.kind,
            "title": one.title,
            "state": one.state.name.lower(),
            "due": one.due.isoformat() if one.due else None,
            "days_left": one.days_left,
            "workdays_left": one.workdays_left,
            "action": one.action,
            "source": one.source,
            "today": facts.today.isoformat(),
            "as_of": time,
        }
        yield json.dumps(values, ensure_ascii=False)


def text_lines(
    scope: Scope, cache: DeadlineCache, shown: Sequence[Deadline], facts: DeadlineFacts, time: str
) -> Iterator[str]:
    """A heading with the unit and the age of what is known, and a table."""
    from cli.check_cmd import table_lines
    from domain.period import CENTER_ZONE
    from domain.text import safe_text

    told = datetime.fromisoformat(time).astimezone(CENTER_ZONE).strftime("%Y-%m-%d %H:%M")
    yield f"{safe_text(cache.unit_name())}  账号 {scope.unit_account}  今天 {facts.today}  资料截至 {told}"
    if not shown:
        yield "没有要办的事项。"
        return
    rows = [
        (
            one.state.value,
            one.due.isoformat() if one.due else "-",
            one.left_text or "-",
            safe_text(one.title),
            f"{safe_text(one.action)}（{one.source}）",
        )
        for one in shown
    ]
    yield from table_lines([HEADINGS, *rows])
