"""Starts the gallery as the command line starts the program: `python -m tests.tui.gallery_main [SCREEN]`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tui.launch import run

if TYPE_CHECKING:
    from tui.app import ShellApp


def make() -> ShellApp:
    from tests.tui.gallery import Gallery

    return Gallery(*sys.argv[1:2])


if __name__ == "__main__":
    raise SystemExit(run(make))
