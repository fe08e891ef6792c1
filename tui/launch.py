"""The environment block that must stand before Textual is imported.

Textual reads its switches once, at import. An entry point therefore does::

    from tui.launch import run

    def make() -> ShellApp:
        from tui.app import ShellApp    # imported here, after the environment is set
        ...
        return ShellApp(catalog, start="login")

    raise SystemExit(run(make))

`prepare()` touches only the environment and the standard streams; it imports nothing of Textual.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tui.app import ShellApp

ENVIRONMENT: Final[dict[str, str]] = {
    # The kitty keyboard protocol breaks Chinese input methods and rewrites legacy function keys.
    "TEXTUAL_DISABLE_KITTY_KEY": "1",
    # Animations cost tens of kilobytes on a page move.
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_SMOOTH_SCROLL": "0",
    "TEXTUAL_THEME": "ansi-dark",
    # The frame behind a burst of keys comes after 4 ms instead of 16; the painter waits for a slow line.
    "TEXTUAL_FPS": "250",
}
"""Switches forced on every start; the user's own values of these do not count."""

DEFAULTS: Final[dict[str, str]] = {
    # A function key split over two packets of a slow line must not fall apart into characters.
    "ESCDELAY": "250",
}
"""Switches set only where the user has set none."""

FORBIDDEN: Final[tuple[str, ...]] = (
    # These two write every key and every widget's value to a file or a socket.
    "TEXTUAL_LOG",
    "TEXTUAL_DEBUG",
    # Signals from the keyboard would end the program in the middle of a roster.
    "TEXTUAL_ALLOW_SIGNALS",
    # The program brings its own driver and keys.
    "TEXTUAL_DRIVER",
    "TEXTUAL_PRESS",
    "TEXTUAL_SCREENSHOT",
    "TEXTUAL",
)
"""Switches removed on every start, because they leak what is typed or change what keys do."""


NO_SCREEN: Final = frozenset(("", "dumb", "unknown"))
"""Values of TERM that say that the cursor cannot be placed, or nothing at all."""
NOT_A_SCREEN: Final = (
    "终端类型 TERM“{}”不能显示画面，请先执行 export TERM=xterm 再启动。\n"
    "TERM '{}' has no screen: run export TERM=xterm, then start gjj again.\n"
)


def prepare() -> None:
    """Set the environment for Textual and make the standard streams speak UTF-8.

    Must run before the first import of `textual`; calling it again does no harm.
    """
    for name in FORBIDDEN:
        os.environ.pop(name, None)
    os.environ.update(ENVIRONMENT)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def run(make: Callable[[], ShellApp], *, ambiguous_width: str = "auto") -> int:
    """Prepare, probe the terminal while `make` builds the application, run it; returns the exit code.

    `ambiguous_width` is "auto" (as the terminal answers), "narrow" or "wide".

    In a terminal of another encoding than UTF-8, or of a type without a screen, nothing is started: it is
    said what to do (in ASCII too) and 2 returned.
    """
    if "textual" in sys.modules:
        raise RuntimeError("textual was imported before its environment was set; import it inside `make`")
    prepare()
    kind = os.environ.get("TERM", "")
    if kind in NO_SCREEN and os.name == "posix":
        sys.stderr.write(NOT_A_SCREEN.format(kind, kind))
        return 2
    from tui.probe import INSTRUCTIONS, TerminalProbe

    probe = TerminalProbe.begin()
    try:
        app = make()
        facts = probe.finish() if probe is not None else None
    except BaseException:
        if probe is not None:
            probe.restore()
        raise
    if probe is not None and facts is not None:
        if facts.wrong_encoding:
            probe.restore()
            sys.stderr.write(INSTRUCTIONS)
            return 2
        facts.apply(ambiguous_width)
        probe.hand_over()
    result = app.run(mouse=False)
    return app.return_code or 0 if result is None else result
