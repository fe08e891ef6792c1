"""`gjj status`: what became of submissions; what still waits in the outbox is sent first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cli.headless import DONE, NOT_DONE, WAITING, Problem, add_login, guarded, say, signed_in, tell

if TYPE_CHECKING:
    from domain.wire import BatchSummary
    from screens.state import AppState


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `status`."""
    parser = subparsers.add_parser(
        "status",
        help="查看提交的结果，续发还没有发出的",
        description="列出近期的提交，或一个业务流水号的各行结果。"
        "退出码：0 都已办结，1 有失败，2 查不了，3 还有没办结的。",
    )
    parser.add_argument("serial", nargs="?", default="", metavar="业务流水号", help="只看这一笔，并列出各行")
    parser.add_argument("--days", type=int, default=31, metavar="天", help="近多少天的，默认 31")
    add_login(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List them; returns one of the exit codes of `cli.headless`."""
    return guarded(_status, args)


def _status(args: argparse.Namespace) -> int:
    if not 1 <= args.days <= 366:
        raise Problem("--days 应为 1 至 366 之间的数，请改正。")
    with signed_in(args) as state:
        left = _send_left(state)
        batches = _batches(state, args)
        if args.serial:
            _tell_rows(state, batches[0], args)
        else:
            for one in batches:
                _tell_batch(one, args)
        if left:
            tell(f"发件箱中还有 {left} 笔没有发出，请稍后再运行。")
        if left or any(one.state != "done" for one in batches):
            return WAITING
        return NOT_DONE if any(one.failed for one in batches) else DONE


def _send_left(state: AppState) -> int:
    """Send what an earlier run left; how many still wait. Raises ClientError."""
    from client.outbox import Outbox

    outbox = Outbox(state.database(), state.session(), state.scope())
    outbox.store.resume(outbox.scope)
    for event in outbox.send_due():
        if event.kind != "accepted":
            tell(event.sentence)
    return len(outbox.store.open_ids(outbox.scope))


def _batches(state: AppState, args: argparse.Namespace) -> list[BatchSummary]:
    """The submissions asked for. Raises Problem when there is none of that number."""
    from datetime import date, timedelta

    context = state.session().context
    today = date.fromisoformat(context.today) if context is not None else date.today()
    first = (today - timedelta(days=args.days)).isoformat()
    found = state.client().submissions(state.unit, start=first, end=today.isoformat()).batches
    if not args.serial:
        return list(found)
    mine = [one for one in found if one.serial == args.serial]
    if not mine:
        raise Problem(f"近 {args.days} 天没有业务流水号 {args.serial}，请核对，或用 --days 放宽。")
    return mine


def _tell_batch(one: BatchSummary, args: argparse.Namespace) -> None:
    from domain.text import safe_text

    if args.json:
        say(one.model_dump(mode="json"))
        return
    told = f"成功 {one.ok} 失败 {one.failed} 待办 {one.pending + one.processing}"
    print(safe_text(f"{one.serial}  {one.declared}  {one.title}  {one.total} 条  {told}"))


def _tell_rows(state: AppState, one: BatchSummary, args: argparse.Namespace) -> None:
    """The batch and each of its rows, page by page."""
    from domain.text import safe_text

    _tell_batch(one, args)
    after: int | None = 0
    while after is not None:
        page = state.client().submission_rows(state.unit, one.submission_id, after=after)
        for row in page.rows:
            if args.json:
                say(row.model_dump(mode="json"))
            else:
                who = row.values.get("name") or row.account_no
                print(safe_text(f"{row.row:>6}  {who}  {row.state}  {row.reason}"))
        after = page.next
