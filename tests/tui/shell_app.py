"""A small application on the shell, for tests in the process and (`shell_main`) in a pseudo terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.strip import Strip

from exports.print_terminal import framed, write_job
from tui import glyphs, theme
from tui.app import ShellApp
from tui.bars import strip_of
from tui.dialog import AnswerScreen
from tui.keycheck import KeyCheckScreen
from tui.keymap import Keymap
from tui.keys import ActionRequested, KeyWidget
from tui.lending import lend
from tui.shellscreen import ShellScreen

LOG: list[str] = []
"""What the screens did, in order."""


log_file: Path | None = None
"""Where the same is written when the application runs in a process of its own."""


def log(line: str) -> None:
    LOG.append(line)
    if log_file is not None:
        with log_file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


class Line(KeyWidget):
    """One line of text; Enter hands it to the screen, and everything typed before stays above it."""

    KEY_CONTEXT: ClassVar[str] = "form"
    DEFAULT_CSS: ClassVar[str] = "Line { height: 1fr; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.value = ""
        self.history: list[str] = []
        self.top = 0

    def handle_text(self, char: str) -> bool:
        if char == "?":
            return False
        if char == "!":
            secret = "pin-" + "1234"
            raise ValueError(f"broken by {len(secret)}\x1b[2J")
        self.value += char
        self.refresh()
        return True

    def handle_paste(self, text: str) -> bool:
        for row in text.splitlines():
            log(f"paste {row}")
        return True

    def handle_action(self, action: str) -> bool:
        match action:
            case "accept":
                text, self.value = self.value, ""
                self.history.append(text)
                self.request("accept", text=text)
            case "down" | "up":
                self.top = max(self.top + (1 if action == "down" else -1), 0)
            case "erase_left" if self.value:
                self.value = self.value[:-1]
            case _:
                return False
        self.refresh()
        return True

    def snapshot(self) -> dict[str, Any]:
        return {"text": self.value}

    def caret(self) -> tuple[int, int] | None:
        return glyphs.width(self.value), 0

    def help_lines(self) -> list[str]:
        return ["这一栏可以输入任意文字。"]

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        if y == 0:
            return strip_of([(glyphs.display(self.value), theme.CURSOR)], cells, theme.PLAIN)
        row = self.top + y
        style = (theme.PLAIN, theme.ERROR, theme.READ_ONLY, theme.SELECTED)[row % 4]
        past = self.history[y - 1] if y <= len(self.history) else ""
        spans = [
            (f"{row:>6} ", theme.DIM),
            (f"第{row}行 张三·{row * 7919 % 1000}  ", style),
            (past, theme.STRONG),
        ]
        return strip_of(spans, cells, theme.PLAIN)


class Ask(KeyWidget):
    """A widget for a host dialog: digits, ended by Enter."""

    KEY_CONTEXT: ClassVar[str] = "pin"
    DEFAULT_CSS: ClassVar[str] = "Ask { height: 1; width: 20; }"

    def __init__(self) -> None:
        super().__init__()
        self.value = ""

    def handle_text(self, char: str) -> bool:
        if not char.isdigit():
            return False
        self.value += char
        self.refresh()
        return True

    def handle_action(self, action: str) -> bool:
        if action != "accept":
            return False
        screen = self.screen
        assert isinstance(screen, AnswerScreen)
        screen.finish(self.value)
        return True

    def render_line(self, y: int) -> Strip:
        return strip_of([("*" * len(self.value), theme.PLAIN)], self.size.width, theme.PLAIN)


JOB = b"\x1b@\n\r\n\xd7\xa1\x00\xff\f"


class First(ShellScreen):
    """Runs the command that was entered."""

    TITLE = "第一屏"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "check", "submit", "back")
    HELP_LINES: ClassVar[tuple[str, ...]] = ("这是整个画面的说明。",)
    NEXT = "second"

    def body(self) -> ComposeResult:
        yield Line()

    async def opened(self, **args: Any) -> None:
        log(f"open {self.TITLE} {args.get('text', '')}".rstrip())

    async def returned(self, result: Any) -> None:
        log(f"returned {result}")

    def closing(self) -> None:
        log(f"closing {self.query_one(Line).value}")

    async def perform(self, request: ActionRequested) -> None:
        text = str(request.payload.get("text", ""))
        if request.action == "submit":
            answer = await self.ask("提交", [f"提交 {text}，确认吗？"], [("y", "是"), ("n", "否")])
            log(f"submit {text} {answer}")
        elif request.action == "accept":
            log(f"{self.TITLE} {text}")
            await self._command(text)
        else:
            await super().perform(request)

    async def _command(self, text: str) -> None:
        match text[:1]:
            case "w":
                log(f"worked {await self.busy('正在等候…', _work, 0.1, text)}")
            case "l":
                cancelled: list[int] = []
                await self.busy("正在提交…", _wait_for, cancelled, on_cancel=lambda: cancelled.append(1))
                log("cancelled")
            case "c":
                log(f"chose {await self.choose('选择', [f'第 {n} 行' for n in range(1, 41)])}")
            case "h":
                log(f"hosted {await self.host('输入 [b]密码', Ask())}")
            case "n":
                await self._nested()
            case "t":
                await self.tell("长文", [f"第 {n} 段：" + "住房公积金" * 12 for n in range(12)])
            case "e":
                await self.busy("正在读取…", _fail)
            case "b":
                await self.shell.back(text)
            case "p":
                await self._lend(text)
            case "s":
                await self.shell.open_screen(self.NEXT, text=text)

    async def _lend(self, text: str) -> None:
        """Lend the terminal while pictures go on being made; "px" fails in between."""
        made: list[int] = []

        def draw() -> None:
            made.append(1)
            self.status(f"picture {len(made)}")

        drawing = self.set_interval(0.005, draw)
        try:
            await lend(self.shell, partial(_print, fails=text == "px", enough=lambda: len(made) > 60))
        finally:
            drawing.stop()
        self.status(f"back {len(made) > 60}")

    async def _nested(self) -> None:
        outer = await self.ask("外", ["外层"], [("y", "是"), ("n", "否")], distinct=False)
        inner = await self.ask("内", ["内层"], [("y", "是"), ("n", "否")], distinct=False)
        log(f"nested {outer}{inner}")


class Second(First):
    TITLE = "第二屏"
    NEXT = "third"


class Third(First):
    TITLE = "第三屏"


def _work(seconds: float, text: str) -> str:
    time.sleep(seconds)
    return text


def _wait_for(cancelled: Sequence[int]) -> None:
    limit = time.monotonic() + 5
    while not cancelled and time.monotonic() < limit:
        time.sleep(0.01)


def _print(number: int, *, fails: bool, enough: Callable[[], bool]) -> None:
    """Write a print job once many pictures have been made."""
    limit = time.monotonic() + 10
    while not enough() and time.monotonic() < limit:
        time.sleep(0.01)
    write_job(number, framed(JOB))
    if fails:
        raise OSError("no paper")


def _fail() -> None:
    raise OSError("no line")


class TestingApp(ShellApp):
    """Tells an error in the status line instead of ending with it."""

    __test__ = False
    beeps = 0

    def bell(self) -> None:
        self.beeps += 1
        super().bell()

    async def perform_failed(self, screen: Any, error: Exception) -> None:
        log(f"failed {error}")
        screen.status("连接中断，请检查网络后重试。", kind="error", beep=True)


def make(keymap: Keymap | None = None) -> TestingApp:
    LOG.clear()
    catalog = {"first": First, "second": Second, "third": Third, "keycheck": KeyCheckScreen}
    return TestingApp(catalog, "first", keymap=keymap, show_cursor="SHOW_CURSOR" in os.environ)
