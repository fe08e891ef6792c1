"""`gjj submit`: a roster file checked, signed and handed to the center, without a screen.

The bytes are in the outbox before the first of them leaves: a run that is cut leaves a submission that the
next run of any command, or the application, brings to its end under the same id.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.headless import (
    CANNOT,
    DONE,
    NOT_DONE,
    WAITING,
    Problem,
    add_login,
    confirmed,
    guarded,
    say,
    signed_in,
    tell,
    unlock,
)
from domain.businesses.names import BUSINESSES

if TYPE_CHECKING:
    from client.outbox import Outbox, OutboxEvent
    from domain.business import Business, CheckContext, Totals
    from domain.wire import AttachmentRef, Receipt
    from exports.importer import FileCheck
    from screens.roster_desk import RosterDesk
    from screens.state import AppState

LOOK = 1.0
"""Seconds between two looks at what the center makes of a submission."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `submit`."""
    parser = subparsers.add_parser(
        "submit",
        help="校验、签名并提交一个清册文件",
        description="提交一个清册文件。密码和 PIN 在终端上输入。"
        "退出码：0 办结，1 有错误或没有受理，2 没有提交，3 已提交、尚未办结。",
    )
    names = "、".join(f"{name}：{one.name}" for name, one in BUSINESSES.items())
    parser.add_argument("business", choices=tuple(BUSINESSES), metavar="业务", help=names)
    parser.add_argument("file", type=Path, metavar="文件", help="清册文件（.xlsx、.xls、.csv）")
    parser.add_argument("--kind", metavar="类别", help="基数调整的变更类别：base、amount、ratio")
    parser.add_argument("--ratio", metavar="单位/个人", help="整个清册的缴存比例，如 12/12")
    parser.add_argument("--fund-type", metavar="性质", help="资金性质，单位有几种时必需，如 一般公积金")
    parser.add_argument("--to-unit", metavar="账号", help="转入单位账号")
    parser.add_argument(
        "--attach", type=Path, action="append", default=[], metavar="文件", help="附件，可以写几次"
    )
    parser.add_argument("--remark", default="", metavar="文字", help="备注")
    parser.add_argument("--yes", action="store_true", help="不再询问，核对无误就提交")
    parser.add_argument("--check-only", action="store_true", help="只核对，不提交")
    parser.add_argument("--wait", type=float, default=60.0, metavar="秒", help="最多等多久，默认 60")
    add_login(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Submit the file; returns one of the exit codes of `cli.headless`."""
    return guarded(_submit, args)


def _submit(args: argparse.Namespace) -> int:
    if not args.file.is_file():
        raise Problem(f"找不到文件“{args.file.name}”，请核对路径。")
    with signed_in(args) as state:
        return _submit_as(state, args)


def _submit_as(state: AppState, args: argparse.Namespace) -> int:
    from cli.declared import ArgumentProblem, business_of
    from screens.roster_desk import RosterDesk

    try:
        business = business_of(args.business, state.profile, args.kind)
    except ArgumentProblem as problem:
        raise Problem(problem.text) from None
    if not state.permitted(business.id):
        raise Problem(f"您没有办理{business.title}的权限，请联系单位管理员。")
    desk = RosterDesk(state, business, "file")
    if desk.store.count(desk.service.roster_id):
        raise Problem("本机的清册中还有没提交的记录，请先启动 gjj 提交或删除后再运行。")
    outbox = _outbox(state, desk)
    outbox.send_due()  # what an earlier run left goes first
    try:
        return _with_rows(state, desk, outbox, args)
    finally:
        if desk.store.count(desk.service.roster_id):
            desk.store.clear(desk.service.roster_id)


def _outbox(state: AppState, desk: RosterDesk) -> Outbox:
    from client.outbox import Outbox

    outbox = Outbox(desk.database, state.session(), desk.scope)
    outbox.store.resume(desk.scope)
    return outbox


def _with_rows(state: AppState, desk: RosterDesk, outbox: Outbox, args: argparse.Namespace) -> int:
    check = _read(state, desk, args)
    if not check.ok:
        _tell_findings(args, _file_findings(check))
        tell(f"文件有{sum(one.is_error for one in check.findings)}处错误，没有提交；请改正后重新运行。")
        return NOT_DONE
    rows = [(row.row_number, row.values, row.check) for row in check.rows]
    desk.service.import_rows(rows)
    told = _center_findings(desk)
    if told:
        _tell_findings(args, told)
        tell(f"中心核对后有{len(told)}处不符，没有提交；请改正后重新运行。")
        return NOT_DONE
    totals = desk.service.totals("all")
    tell(_sums(desk.business, totals))
    if args.check_only:
        return DONE
    if not args.yes and not confirmed("提交后不能再修改或删除，确认提交吗"):
        tell("没有提交，没有任何改动。")
        return CANNOT
    event = _send(state, desk, outbox, totals, args)
    return _answer(state, event, args)


def _read(state: AppState, desk: RosterDesk, args: argparse.Namespace) -> FileCheck:
    """The file as the center's template has it, checked with the unit's facts. Raises WorkbookError."""
    from exports.importer import check_file

    return check_file(
        args.file,
        desk.business,
        _context(desk, args),
        formats=tuple(state.profile.imports.formats),
        with_people=desk.service.with_people,
    )


def _context(desk: RosterDesk, args: argparse.Namespace) -> CheckContext:
    """The unit's facts with what is chosen for a whole file. Raises Problem."""
    from domain.business import RatioPair, Source
    from domain.codes import table
    from domain.money import RatioError, parse_ratio

    service, rules = desk.service, desk.business.rules
    if rules.ratio_choice == "on_import":
        pairs = service.context.unit.ratios
        pair = pairs[0] if pairs else service.context.unit.ratio
        if args.ratio:
            try:
                pair = RatioPair(*(parse_ratio(one) for one in args.ratio.split("/", 1)))
            except (RatioError, TypeError):
                raise Problem("--ratio 应写成 单位/个人，如 12/12，请改正。") from None
        if pairs and pair not in pairs:
            raise Problem(f"--ratio {args.ratio} 不是本单位的缴存比例，请改正。")
        service.choose_ratio(pair)
    elif args.ratio:
        raise Problem("这项业务的缴存比例不在导入时选择，请去掉 --ratio。")
    kinds = service.context.unit.fund_types
    chosen = ""
    if "fund_type" in desk.business.template_order and kinds:
        named = table("fund_type").parse(args.fund_type) if args.fund_type else None
        if args.fund_type and named not in kinds:
            raise Problem(f"本单位没有资金性质“{args.fund_type}”，请改正 --fund-type。")
        if len(kinds) > 1 and named is None:
            raise Problem("本单位有几种资金性质，请用 --fund-type 指明文件的资金性质。")
        chosen = named or kinds[0]
    on_screen: dict[str, str] = {}
    if "to_unit" in rules.on_screen:
        if not args.to_unit:
            raise Problem("请用 --to-unit 指明转入单位账号。")
        on_screen["to_unit"] = args.to_unit
    service.context = replace(
        service.context, source=Source.FILE, chosen_fund_type=chosen, on_screen=on_screen
    )
    return service.context


def _file_findings(check: FileCheck) -> list[dict[str, Any]]:
    return [
        {"row": one.row_number, "field": one.title, "code": one.code, "text": one.text}
        for one in check.findings
        if one.is_error
    ]


def _center_findings(desk: RosterDesk) -> list[dict[str, Any]]:
    """What the center finds wrong with the rows. Raises ClientError."""
    from screens.roster_desk import DRY_RUN

    titles = {column.key: column.title for column in desk.business.columns}
    told: list[dict[str, Any]] = []
    for start in range(0, desk.store.count(desk.service.roster_id), DRY_RUN):
        page = desk.store.window(desk.service.roster_id, start, DRY_RUN)
        for row, one in desk.dry_run([row.row_id for row in page]):
            title = titles.get(one.field, "")
            told.append({"row": row.sheet_row, "field": title, "code": one.code, "text": one.text})
    return told


def _tell_findings(args: argparse.Namespace, findings: Sequence[dict[str, Any]]) -> None:
    from domain.text import safe_text

    if args.json:
        say({"state": "invalid", "findings": list(findings)})
        return
    for one in findings:
        where = f"第{one['row']}行" if one["row"] else "文件"
        print(safe_text(f"{where}  {one['field'] or '-'}  {one['text']}"))


def _sums(business: Business, totals: Totals) -> str:
    from domain.money import format_yuan_grouped

    rules = business.rules
    amount = f"，{rules.amount_title} {format_yuan_grouped(totals.amount)} 元" if rules.amount_title else ""
    return f"{business.title}：{totals.count} {rules.counted}{amount}"


def _attachments(state: AppState, desk: RosterDesk, args: argparse.Namespace) -> list[AttachmentRef]:
    """Upload what belongs to it. Raises Problem where the center wants files and none is given."""
    from client.uploads import MAX_FILES, upload

    if desk.business.rules.attachments and not args.attach:
        raise Problem(f"{desk.business.title}须上传档案，请用 --attach 指明文件。")
    if len(args.attach) > MAX_FILES:
        raise Problem(f"附件不能超过{MAX_FILES}个，请合并后再运行。")
    return [upload(state.client(), state.unit, path) for path in args.attach]


def _send(
    state: AppState, desk: RosterDesk, outbox: Outbox, totals: Totals, args: argparse.Namespace
) -> OutboxEvent:
    """Sign, keep, send until there is an answer or the time is up."""
    from ukey.signer import NoSigningCertificate

    references = _attachments(state, desk, args)
    session = state.session()
    if session.signs and session.certificate is None:
        found = session.usable_certificates()
        session.use_key(session.signer, found[0])
    if not session.can_sign_now:
        if session.signer is None:
            raise NoSigningCertificate
        unlock(session.signer)
    which = "selected" if desk.service.queue.submit_scope == "selected" else "all"
    if which == "selected":
        desk.store.select_all(desk.service.roster_id, True)
    frozen = desk.service.freeze(
        "selected" if which == "selected" else "all",
        expected=totals,
        attachments=references,
        remark=args.remark,
    )
    outbox.submit(frozen)
    end = time.monotonic() + args.wait
    while True:
        event = outbox.send_one(frozen.submission_id)
        if event is None:
            raise Problem("这次提交正由另一个程序发送，请稍后用 gjj status 查看。", WAITING)
        left = end - time.monotonic()
        if event.kind != "waiting" or left <= 0:
            return event
        time.sleep(min(event.seconds, max(left, 0.0)))


def _answer(state: AppState, event: OutboxEvent, args: argparse.Namespace) -> int:
    """Tell what came of it and give the exit code."""
    if event.kind == "accepted" and event.receipt is not None:
        receipt = _settled(state, event.receipt, args.wait)
        tell_receipt(receipt, args)
        if receipt.state == "done":
            return NOT_DONE if receipt.failed else DONE
        return WAITING
    if event.kind == "refused":
        findings = event.error.findings if event.error is not None else []
        told = [
            {"row": one.row, "field": one.field, "code": one.code, "text": one.text} for one in findings
        ]
        _tell_findings(args, told)
        tell(event.sentence)
        return NOT_DONE
    tell(f"已保存在发件箱，没有丢失：{event.sentence}再次运行 gjj status 会继续发送。")
    return WAITING


def _settled(state: AppState, receipt: Receipt, seconds: float) -> Receipt:
    """The receipt once the center is through with it, or as it stands when the time is up."""
    end = time.monotonic() + seconds
    while receipt.state == "processing" and time.monotonic() < end:
        time.sleep(LOOK)
        receipt = state.client().submission(state.unit, receipt.submission_id)
    return receipt


def tell_receipt(receipt: Receipt, args: argparse.Namespace) -> None:
    """The receipt, as JSON or as lines."""
    from domain.text import safe_text

    if args.json:
        say(receipt.model_dump(mode="json", exclude={"replayed"}))
        return
    lines = [
        f"业务流水号 {receipt.serial}",
        f"{receipt.title}：{receipt.count} 条，成功 {receipt.ok}，失败 {receipt.failed}，"
        f"待办 {receipt.pending}",
        receipt.message,
    ]
    for line in lines:
        print(safe_text(line))
