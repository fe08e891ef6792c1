"""`gjj doctor`: what of this workstation is ready, and the cure for what is not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from cli.config import ConfigError, config_path, load
from cli.doctor_checks import (
    Check,
    center_checks,
    data_checks,
    font_check,
    locale_check,
    terminal_checks,
)
from cli.doctor_ukey import ukey_checks
from client.settings import Settings

WRONG = 1
LABEL_CELLS = 10


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `doctor`."""
    parser = subparsers.add_parser("doctor", help="检查本机的终端、UKey、中心等是否就绪")
    parser.add_argument(
        "--config", type=Path, metavar="文件", default=argparse.SUPPRESS, help="检查哪个配置文件"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one line per check; returns 0 when nothing is wrong, else 1."""
    wrong = 0
    for check in checks(args):
        print(line_of(check), flush=True)
        wrong += check.state == "!!"
    print(f"发现 {wrong} 处问题，请按“办法”处理后重新运行 gjj doctor。" if wrong else "没有发现问题。")
    return WRONG if wrong else 0


def line_of(check: Check) -> str:
    """A check as it is printed: mark, label, text, and the cure on a line of its own."""
    from domain.text import cell_width, safe_text

    label = check.label + " " * (LABEL_CELLS - cell_width(check.label))
    text = f"{check.state}  {label}{safe_text(check.text)}"
    return f"{text}\n    {' ' * LABEL_CELLS}办法：{safe_text(check.cure)}" if check.cure else text


def checks(args: argparse.Namespace) -> Iterator[Check]:
    """All checks, each as soon as it is known."""
    settings = Settings()
    try:
        settings = load(args.config)
        path = config_path(args.config)
        yield Check("ok", "配置", f"{path}" if path else "没有配置文件，全部用默认值")
    except ConfigError as error:
        yield Check("!!", "配置", error.text, "改正后重新运行；以下各项按默认值检查。")
    groups: tuple[Callable[[], Iterator[Check]], ...] = (
        terminal_checks,
        lambda: iter([locale_check()]),
        lambda: ukey_checks(settings),
        lambda: center_checks(settings),
        lambda: data_checks(settings),
        lambda: iter([font_check()]),
    )
    for group in groups:
        yield from group()
