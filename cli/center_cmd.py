"""`gjj center`: run a reference center and look after it."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from domain.login_form import PROFILE_NAMES

if TYPE_CHECKING:
    from center.settings import Settings
    from center.store.engine import Store

DEFAULT_PROFILE = "baishan"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `center` and its commands."""
    parser = subparsers.add_parser("center", help="参考中心：启动与管理")
    commands = parser.add_subparsers(dest="center_command", required=True, metavar="命令")
    serve = _command(commands, "serve", "启动中心")
    serve.add_argument("--host", default="127.0.0.1", help="监听地址")
    serve.add_argument("--port", type=int, default=0, help="端口，0为任意空闲端口")
    serve.add_argument("--port-file", type=Path, help="启动后把端口写入该文件")
    serve.add_argument(
        "--authority", action="append", default=[], metavar="主机:端口", help="客户端所用的中心地址，可重复"
    )
    serve.add_argument("--enforce-hours", action="store_true", help="办理时间以外不受理申报")
    serve.add_argument("--sms-gateway", default="", help="短信网关插件的名称")
    _command(commands, "migrate", "把数据库升级到当前结构")
    _command(commands, "audit", "核对全部账目与审计日志").add_argument(
        "--verify", action="store_true", help="只逐条核对审计日志的哈希链"
    )
    ledger = _command(commands, "ledger", "把全部账目导出为 beancount 账本")
    ledger.add_argument("file", type=Path, help="写到这个文件")
    _add_table_commands(commands)
    _add_interest_commands(commands)
    _add_certificate_commands(commands)
    _add_operator_commands(commands)
    _add_receipt_commands(commands)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run a command of `gjj center`; returns its exit code (0 done, 1 refused, 2 cannot be done)."""
    action = {
        "serve": _serve,
        "migrate": _migrate,
        "audit": _audit,
        "ledger": _ledger,
        "years": _years,
        "calendar": _calendar,
        "rates": _interest,
        "interest": _interest,
        "cert": _certificate,
        "operator": _operator,
        "receipts": _receipts,
    }[args.center_command]
    try:
        return action(args)
    except _Refused as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, LookupError, ValueError) as error:
        print(f"无法执行：{error}", file=sys.stderr)
        return 2


class _Refused(Exception):
    """A refusal with a Chinese sentence."""


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help_text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text)
    parser.add_argument("--data", type=Path, default=None, help="中心数据目录")
    parser.add_argument("--database", default="", help="数据库，默认为数据目录下的SQLite文件")
    parser.add_argument("--demo", action="store_true", help="演示：验证码显示在本窗口，信任演示证书机构")
    parser.add_argument("--profile", choices=PROFILE_NAMES, default=DEFAULT_PROFILE, help="中心配置")
    return parser


def _add_table_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    years = _command(commands, "years", "各年度的基数上下限、缴存比例、舍入；给出年度则改")
    years.add_argument("year", nargs="?", type=int, help="公积金年度，如 2026 表示2026年7月至2027年6月")
    years.add_argument(
        "--set", action="append", default=[], metavar="项=值", help="如 base_max=28716.00，可重复"
    )
    calendar = _command(commands, "calendar", "年历：节假日与调休；给出文件则发布其中的年份")
    calendar.add_argument(
        "file", nargs="?", type=Path, help="制表符分隔：first、last、kind（off或work）、name"
    )


def _add_interest_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    rates = _command(commands, "rates", "存款利率；给出起始日期则登记从该日起的利率")
    rates.add_argument("day", nargs="?", help="起始日期，如 2026-07-01")
    rates.add_argument(
        "--set", action="append", default=[], metavar="项=值", help="如 current=1.50、day_count=360，可重复"
    )
    settle = _command(commands, "interest", "年度结息；被中断后重新执行即可接着办理")
    settle.add_argument("year", nargs="?", type=int, help="公积金年度，如 2025 表示2025年7月至2026年6月")
    settle.add_argument("--dry-run", action="store_true", help="只试算，不入账")
    settle.add_argument("--accrue", default="", metavar="年月", help="计提该月的应付利息，如 202607")


def _add_certificate_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("cert", help="UKey证书登记与吊销")
    acts = parser.add_subparsers(dest="act", required=True, metavar="命令")
    register = _command(acts, "register", "登记UKey的签名证书")
    register.add_argument("file", type=Path, help="证书文件（PEM或DER）")
    register.add_argument("--unit", action="append", required=True, help="单位账号，可重复")
    revoke = _command(acts, "revoke", "吊销证书")
    revoke.add_argument("fingerprint", help="证书的SHA-256指纹")


def _add_receipt_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    receipts = _command(commands, "receipts", "导入银行对账单，逐笔登记来款")
    receipts.add_argument("file", type=Path, metavar="文件", help="对账单（.xlsx、.xls、.csv）")
    receipts.add_argument("--check", action="store_true", help="只核对，不登记")
    receipts.add_argument("--errors", type=Path, metavar="文件", help="把标注了错误的表格写到这里")


def _add_operator_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("operator", help="经办人与柜员")
    acts = parser.add_subparsers(dest="act", required=True, metavar="命令")
    add = _command(acts, "add", "登记经办人或柜员（密码从终端或标准输入读取）")
    add.add_argument("login_name", help="登录名称")
    add.add_argument("name", help="姓名")
    add.add_argument("--unit", action="append", default=[], help="单位账号，可重复；不给则为柜员")
    add.add_argument("--permit", action="append", default=[], help="允许办理的业务，可重复；不给则不限")
    add.add_argument("--id-number", default="", help="证件号码")
    add.add_argument("--mobile", default="", help="手机号码")


# ---- commands ----------------------------------------------------------------------------------------


def _serve(args: argparse.Namespace) -> int:
    from center.server import serve
    from center.store.migrate import ProfileMismatch

    try:
        return serve(_settings(args), args.host, args.port, args.port_file)
    except ProfileMismatch as error:
        raise _Refused(error.text) from None


def _migrate(args: argparse.Namespace) -> int:
    from center.store.migrate import current_revision

    with _open(args).read() as conn:
        print(f"数据库结构版本：{current_revision(conn)}")
    return 0


def _audit(args: argparse.Namespace) -> int:
    from center.audit import verify_audit

    if not args.verify:
        return _audit_books(args)
    with _open(args).read() as conn:
        broken = verify_audit(conn)
    if broken is None:
        print("审计日志完整，未被改动。")
        return 0
    raise _Refused(f"审计日志从第{broken}条起缺失或被改动，请立即封存数据库并查明原因。")


def _audit_books(args: argparse.Namespace) -> int:
    """Every invariant a line; what is broken is named."""
    from center.ledger.audit import audit_store

    broken = 0
    for verdict in audit_store(_open(args)):
        broken += bool(verdict.broken)
        about = f"{verdict.invariant.number:>2} {verdict.invariant.name}"
        print(f"不通过 {about}：{verdict.broken}" if verdict.broken else f"通过   {about}")
    if broken:
        raise _Refused(f"共{broken}项不通过，请立即封存数据库并查明原因。")
    print("账目与审计日志全部通过。")
    return 0


def _ledger(args: argparse.Namespace) -> int:
    from center.ledger.beancount import export

    entries = export(_open(args), args.file)
    print(f"已导出{entries}号分录：{args.file}")
    return 0


def _years(args: argparse.Namespace) -> int:
    from center.audit import append_audit
    from center.year_table import YearError, change_year, shown_years

    settings, store = _settings(args), _open(args)
    if args.year is not None:
        try:
            with store.write() as conn:
                told = change_year(conn, settings.profile, args.year, args.set)
                append_audit(conn, settings.clock, _staff(), "years.set", subject=str(args.year), detail=told)
        except YearError as error:
            raise _Refused(error.text) from None
    with store.read() as conn:
        for line in shown_years(conn):
            print(line)
    return 0


def _calendar(args: argparse.Namespace) -> int:
    from center.audit import append_audit
    from center.clock import now_text
    from center.year_table import publish_days, shown_calendar
    from domain.national_calendar import read_calendar

    settings, store = _settings(args), _open(args)
    if args.file is not None:
        days = read_calendar(args.file.read_text(encoding="utf-8").splitlines())
        with store.write() as conn:
            years = publish_days(conn, days, now_text(settings.clock))
            append_audit(conn, settings.clock, _staff(), "calendar.publish", detail=" ".join(map(str, years)))
    with store.read() as conn:
        for line in shown_calendar(conn):
            print(line)
    return 0


def _interest(args: argparse.Namespace) -> int:
    from center.interest.rates import RateError
    from cli import interest_cmd
    from domain.interest import InterestError

    command = interest_cmd.rates if args.center_command == "rates" else interest_cmd.interest
    try:
        for line in command(_settings(args), _open(args), args, _staff()):
            print(line, flush=True)
    except (RateError, InterestError) as error:
        raise _Refused(error.text) from None
    return 0


def _certificate(args: argparse.Namespace) -> int:
    from center.audit import append_audit
    from center.auth.certificates import RegistrationError, register_certificate, revoke_certificate
    from center.ca import read_certificate

    settings, store = _settings(args), _open(args)
    try:
        with store.write() as conn:
            if args.act == "register":
                fingerprint = register_certificate(
                    conn, settings.clock, settings.profile, read_certificate(args.file), args.unit,
                    settings.trusted_ca,
                )  # fmt: skip
                done, unit = "已登记", ",".join(args.unit)
            else:
                fingerprint = args.fingerprint.replace(":", "").lower()
                revoke_certificate(conn, settings.clock, fingerprint)
                done, unit = "已吊销", ""
            append_audit(conn, settings.clock, _staff(), f"cert.{args.act}", subject=fingerprint, detail=unit)
    except RegistrationError as error:
        raise _Refused(error.text) from None
    print(f"{done}：{fingerprint}")
    return 0


def _operator(args: argparse.Namespace) -> int:
    from center.audit import append_audit
    from center.operators import NewOperator, OperatorError, add_operator

    settings, store = _settings(args), _open(args)
    given = settings.profile.auth.initial_password
    preset = bool(args.unit) and given not in ("random", "set_by_user")
    password = given if preset else _read_password()
    new = NewOperator(
        args.login_name, args.name, tuple(args.unit), tuple(args.permit), args.id_number, args.mobile
    )
    try:
        with store.write() as conn:
            operator_id = add_operator(
                conn, new, password, must_change=settings.profile.auth.must_change_initial
            )
            append_audit(conn, settings.clock, _staff(), "operator.add", subject=operator_id)
    except OperatorError as error:
        raise _Refused(error.text) from None
    print(f"已登记：{args.login_name}")
    return 0


def _receipts(args: argparse.Namespace) -> int:
    from cli.center_receipts import take_statement

    store = _open(args)
    try:
        return take_statement(_settings(args), store, _staff(), args.file, args.errors, check_only=args.check)
    finally:
        store.close()


def _read_password() -> str:
    """A password from the terminal, typed twice, or one line of standard input."""
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("初始密码：")
        if getpass.getpass("再输一次：") != password:
            raise _Refused("两次输入的密码不一致，请重新执行。")
    if not password:
        raise _Refused("没有读到密码，请在终端输入，或从标准输入给出一行。")
    return password


def _settings(args: argparse.Namespace) -> Settings:
    from center.ca import demo_authority, trusted_certificates
    from center.clock import SystemClock
    from center.settings import Settings, sqlite_url
    from domain.profile import load_profile

    data = args.data or _default_data()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if args.demo:
        demo_authority(data, SystemClock().now())
    return Settings(
        database_url=args.database or sqlite_url(data.absolute()),
        profile=load_profile(args.profile),
        data_dir=data,
        demo=args.demo,
        authorities=tuple(name.lower() for name in getattr(args, "authority", [])),
        trusted_ca=trusted_certificates(data, demo=args.demo),
        enforce_hours=getattr(args, "enforce_hours", False),
        sms_gateway=getattr(args, "sms_gateway", ""),
    )


def _open(args: argparse.Namespace) -> Store:
    """The store, brought to the present schema and bound to the profile."""
    from center.store.engine import Store
    from center.store.migrate import ProfileMismatch, upgrade

    store = Store(_settings(args))
    try:
        upgrade(store, args.profile)
    except ProfileMismatch as error:
        raise _Refused(error.text) from None
    return store


def _default_data() -> Path:
    from platformdirs import user_data_path

    return user_data_path("gjj") / "center"


def _staff() -> str:
    """Who ran a command, for the audit log."""
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"os:{os.getuid()}"
