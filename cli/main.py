"""The `gjj` command: finds the subcommand, loads only what it needs, and never shows a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from cli.arguments import Parser

COMMANDS = {
    "demo": "cli.demo_cmd",
    "template": "cli.template_cmd",
    "check": "cli.check_cmd",
    "submit": "cli.submit_cmd",
    "status": "cli.status_cmd",
    "verify": "cli.verify_cmd",
    "query": "cli.query_cmd",
    "export": "cli.export_cmd",
    "deadlines": "cli.deadlines_cmd",
    "doctor": "cli.doctor_cmd",
    "center": "cli.center_cmd",
}
"""Subcommands and the modules that add them; each is imported only when it is asked for."""

SUMMARIES = {
    "demo": "启动演示：演示中心、演示密钥和应用程序",
    "template": "写出批量业务的空白模板",
    "check": "不联网校验一个清册文件",
    "submit": "校验、签名并提交一个清册文件",
    "status": "查看提交的结果，续发还没有发出的",
    "verify": "核对凭证文件是否由中心签章、有没有改动",
    "query": "查询，写成列表或 JSON",
    "export": "查询并存成文件",
    "deadlines": "列出汇缴、登记、封存、基数和业务月的期限",
    "doctor": "检查本机的终端、UKey、中心等是否就绪",
    "center": "参考中心：启动与管理",
}

INTERRUPTED = 130
FAILED = 70


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        args = _parser(given).parse_args(given)
        code: int = args.run(args)
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        from cli.incident import report

        print(report(error), file=sys.stderr)
        return FAILED


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = Parser(
        prog="gjj",
        usage="gjj [-h] [--config 文件] [命令 ...]",
        description="住房公积金单位网厅终端程序；不带命令时启动应用程序。",
    )
    parser.add_argument("--config", type=Path, metavar="文件", help="配置文件")
    parser.set_defaults(run=_application)
    subparsers = parser.add_subparsers(title="命令", metavar="", prog="gjj")
    chosen = next((word for word in given if word in COMMANDS), None)
    for name, module in COMMANDS.items():
        if name == chosen:
            import_module(module).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=SUMMARIES[name], add_help=False)
    return parser


def _application(args: argparse.Namespace) -> int:
    from cli.app_cmd import run

    return run(args)


if __name__ == "__main__":
    sys.exit(main())
