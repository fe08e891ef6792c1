"""`gjj` without a command: the application."""

from __future__ import annotations

import argparse
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING, cast

from cli.config import ConfigError, load

if TYPE_CHECKING:
    from client.settings import Settings

CANNOT = 2
COLOURS: dict[str, dict[str, str]] = {
    "auto": {},
    "16": {"TEXTUAL_COLOR_SYSTEM": "standard"},
    "none": {"NO_COLOR": "1"},
}
"""What the drawing library reads at its import, by the `screen.colours` of the configuration."""
NOT_LOADED = cast("ModuleType", None)
"""In sys.modules: an import of this name fails. httpx does without its own command line, which would load
click, rich's syntax highlighting and pygments: 3 MB in every session."""


def run(args: argparse.Namespace) -> int:
    """Read the configuration and start the application; returns its exit code."""
    try:
        settings = load(args.config)
    except ConfigError as error:
        print(error.text, file=sys.stderr)
        return CANNOT
    return start(settings)


def start(settings: Settings, hint: tuple[str, ...] = ()) -> int:
    """Run the application in this terminal. `hint` is told on the login screen (a demo's accounts)."""
    if not on_terminal():
        print("应用程序需要在终端窗口里运行，不能重定向输入输出；不联网校验请用 gjj check。", file=sys.stderr)
        return CANNOT
    sys.modules.setdefault("httpx._main", NOT_LOADED)
    os.environ.update(COLOURS[settings.screen.colours])
    from screens.catalog import run as run_application
    from screens.state import DemoHint
    from ukey.hardening import harden_process

    harden_process()

    return run_application(settings, DemoHint(hint) if hint else None)


def on_terminal() -> bool:
    """True when keyboard and screen are a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stderr__))
