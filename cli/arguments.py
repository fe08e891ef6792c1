"""The argument parser of every command, speaking Chinese."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

USAGE_ERROR = 2
_SENTENCES = (
    (r"the following arguments are required: (.*)", r"缺少参数：\1"),
    (r"unrecognized arguments: (.*)", r"不认识的参数：\1"),
    (r"argument : invalid choice: (.*) \(choose from (.*)\)", r"没有 \1 这个命令，可用的有：\2"),
    (r"argument (.*): invalid choice: (.*) \(choose from (.*)\)", r"\1 不能是 \2，可选：\3"),
    (r"argument (.*): expected one argument", r"\1 后面缺少内容"),
    (r"argument (.*): expected at least one argument", r"\1 后面缺少内容"),
    (r"argument (.*): not allowed with argument (.*)", r"\1 不能与 \2 同时使用"),
    (r"argument (.*): invalid .* value: (.*)", r"\1 的内容 \2 不对"),
    (r"argument (.*): (.*)", r"\1：\2"),
)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose help and refusals are in Chinese; a refusal exits with 2."""

    def __init__(self, **options: Any) -> None:
        own_help = options.pop("add_help", True)
        options["add_help"] = False
        super().__init__(**options)
        self._positionals.title = "参数"
        self._optionals.title = "选项"
        if own_help:
            self.add_argument("-h", "--help", action="help", help="显示本说明")

    def format_help(self) -> str:
        """The help text."""
        return super().format_help().replace("usage: ", "用法：", 1)

    def error(self, message: str) -> NoReturn:
        """Say in one sentence what is wrong with the arguments and exit."""
        print(f"{sentence(message)}，用法请看 {self.prog} --help。", file=sys.stderr)
        sys.exit(USAGE_ERROR)


def sentence(message: str) -> str:
    """What argparse says, in Chinese."""
    for pattern, chinese in _SENTENCES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return found.expand(chinese)
    return f"参数不对：{message}"
