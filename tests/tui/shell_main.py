"""Starts the small application as the command line does: environment first, Textual afterwards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui.launch import run

if TYPE_CHECKING:
    from tui.app import ShellApp


def make() -> ShellApp:
    from tests.tui import shell_app

    if len(sys.argv) > 1:
        shell_app.log_file = Path(sys.argv[1])
    return shell_app.make()


if __name__ == "__main__":
    raise SystemExit(run(make))
