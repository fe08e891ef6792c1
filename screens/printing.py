"""Printing where the person sits: printers of this host, or the printer beside the terminal.

The printer beside the terminal is offered to everybody and used only once a code has been read off a test
page; that holds for this terminal and workstation, another one prints a test page first.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from client.errors import ClientError
from exports.workbook_error import WorkbookError
from screens.text_entry import TextEntry
from tui.lending import NotLentError, lend
from tui.progress import in_thread

if TYPE_CHECKING:
    from exports.printing import PrintJob, PrintMedium, Sink
    from screens.app import AppScreen
    from screens.state import AppState

CONFIRMED: Final = "terminal_printer"
"""Name of the local setting that holds the terminal whose test page was read."""
RAW: Final = "raw_printers"
"""Name of the local setting that holds the printers that take text as it is."""
LOGGED: Final = 20
TEST_PAGE: Final = (
    "直通打印把内容经终端送到您这台电脑的打印机，要先打印一张测试页。",
    "PuTTY：配置→终端→“发送 ANSI 打印机输出到”选好打印机；SecureCRT、Tera Term 类似。",
    "Windows 终端不支持；在 tmux 里须设 allow-passthrough on；GNU screen 里不能用。",
    "如果屏幕上出现乱字，说明这个终端不支持，请改用别的打印方式。",
)
NOT_HERE: Final = "这里不能直通打印，请改为存成文件。"


@dataclass(frozen=True, slots=True)
class Way:
    """A row of the list: what people read, and what choosing it does."""

    title: str
    kind: Literal["cups", "terminal", "log"]
    printer: str = ""


async def ways(screen: AppScreen) -> tuple[list[Way], str]:
    """The ways to paper beside files, and a sentence where the host's printers cannot be listed."""
    from exports.print_cups import printers
    from exports.printing import PrintError

    problem = ""
    names: list[str] = []
    try:
        names = await in_thread(printers)
    except PrintError as error:
        problem = error.text
    return [
        *(Way(f"打印机 {name}", "cups", name) for name in names),
        Way("终端直通打印（针式打印机）", "terminal"),
        Way("打印记录", "log"),
    ], problem


async def print_by(
    screen: AppScreen,
    way: Way,
    title: str,
    write: Callable[[Path, bool], object],
    key: Callable[[], str] = str,
) -> bool:
    """Print one document the chosen way; False when it was not printed, after saying why.

    `write(path, overwrite)` blocks and writes it as the suffix of `path` says (.pdf, or .txt for 24-pin
    printers); it may raise WorkbookError and ClientError. `key` gives its 业务流水号 once it was written, ""
    where it has none.
    """
    from exports.printing import PrintError

    if way.kind == "log":
        await _show_log(screen)
        return False
    try:
        if way.kind == "cups":
            sink = await _printer(screen, way.printer)
            said = None if sink is None else await _print(screen, sink, title, key, write)
        else:
            said = await _print_beside(screen, title, key, write)
    except (PrintError, WorkbookError) as error:
        screen.status(error.text, kind="error", beep=True)
        return False
    except NotLentError:
        screen.status(NOT_HERE, kind="error", beep=True)
        return False
    if said is None:
        screen.status("没有打印。")
        return False
    screen.status(said, kind="good")
    return True


async def _copies(screen: AppScreen, where: str) -> int | None:
    """How many copies; None when the person gave up."""
    from exports.printing import PrintError, copies_of

    said = ""
    while True:
        lines = [where, *([f"! {said}"] if said else []), "份数（不填为 1）："]
        typed = await screen.host("打印", TextEntry(lines, limit=4))
        if typed is None:
            return None
        try:
            return copies_of(str(typed))
        except PrintError as error:
            said = error.text
            screen.shell.bell()


async def _printer(screen: AppScreen, name: str) -> Sink | None:
    """A printer of the host, as a page printer or as one that takes text; what was chosen is remembered."""
    from client.store.caches import Settings as Remembered
    from exports.print_cups import CupsPrinter

    kept = Remembered(screen.state.database())
    raw: list[str] = await in_thread(kept.get, RAW, [])
    rows = ["激光、喷墨等页式打印机（PDF）", "针式打印机（直接送文本）"]
    chosen = await screen.choose(f"打印机 {name}", rows, start=int(name in raw))
    if chosen is None:
        return None
    names = [one for one in raw if one != name] + ([name] if chosen else [])
    if names != raw:
        await in_thread(kept.put, RAW, names)
    return CupsPrinter(name, raw=bool(chosen))


async def _print(
    screen: AppScreen, sink: Sink, title: str, key: Callable[[], str], write: Callable[[Path, bool], object]
) -> str | None:
    job = await _job(screen, sink.title, sink.medium, title, write)
    if job is None:
        return None
    said = await screen.busy(f"正在送{sink.title}…", sink.send, job)
    return await _logged(screen, sink.name, sink.medium, job, key, said)


async def _print_beside(
    screen: AppScreen, title: str, key: Callable[[], str], write: Callable[[Path, bool], object]
) -> str | None:
    """Print beside the terminal, after a test page where this terminal has none confirmed."""
    from client.store.caches import Settings as Remembered
    from exports.print_terminal import this_terminal

    terminal = this_terminal(os.environ)
    kept = Remembered(screen.state.database())
    confirmed = await in_thread(kept.get, CONFIRMED, "") == terminal.key
    if not confirmed:
        if not await _test_page(screen):
            return None
        await in_thread(kept.put, CONFIRMED, terminal.key)
    job = await _job(screen, "终端直通打印", "txt", title, write)
    if job is None:
        return None
    said = await lend(screen.shell, partial(_send_beside, job=job))
    return await _logged(screen, "terminal", "txt", job, key, said)


def _send_beside(number: int, *, job: PrintJob) -> str:
    """Send a job to the terminal that has been lent. Blocking; raises PrintError."""
    from exports.print_terminal import TerminalPrinter, this_terminal

    return TerminalPrinter(this_terminal(os.environ), number).send(job)


async def _test_page(screen: AppScreen) -> bool:
    """Print a test page and have its code read off the paper; False when that did not succeed."""
    from exports.print_terminal import test_page
    from exports.printing import PrintJob

    options = [("p", "打印测试页"), ("n", "取消")]
    if await screen.ask("终端直通打印", list(TEST_PAGE), options, cancel="n") != "p":
        return False
    code = f"{secrets.randbelow(9000) + 1000}"
    job = PrintJob("测试页", lambda medium: test_page(code))
    await lend(screen.shell, partial(_send_beside, job=job))
    lines = ["测试页印出来、汉字和竖线都正确，请输入纸上的测试码；否则按 F12。"]
    typed = await screen.host("终端直通打印", TextEntry(lines, limit=8))
    if typed is None:
        return False
    if str(typed).strip() != code:
        from exports.printing import PrintError

        raise PrintError("print.unconfirmed", "测试码不对，没有打印；请核对测试页，或改用别的打印方式。")
    return True


async def _job(
    screen: AppScreen, where: str, medium: PrintMedium, title: str, write: Callable[[Path, bool], object]
) -> PrintJob | None:
    """The document rendered once, with the number of copies; None when the person gave up."""
    from exports.printing import PrintJob

    copies = await _copies(screen, where)
    if copies is None:
        return None
    content = await screen.busy(f"正在准备{title}…", _rendered, screen.state, medium, write)
    return PrintJob(title, lambda wanted: content, copies)


def _rendered(state: AppState, medium: PrintMedium, write: Callable[[Path, bool], object]) -> bytes:
    """The bytes of a document; nothing of it stays on the disk. Blocking."""
    from exports.files import write_error

    try:
        with tempfile.TemporaryDirectory(prefix=".print-", dir=state.data_dir()) as folder:
            path = Path(folder) / f"job.{medium}"
            write(path, False)
            return path.read_bytes()
    except OSError as error:
        raise write_error(error, Path(f"job.{medium}")) from error


async def _logged(
    screen: AppScreen, sink: str, medium: PrintMedium, job: PrintJob, key: Callable[[], str], said: str
) -> str:
    """Note what was printed; a log that cannot be written is told and undoes nothing."""
    try:
        await in_thread(_note, screen.state, sink, medium, job, key())
    except (WorkbookError, ClientError):
        return f"{said}打印记录没有写成，请清理磁盘。"
    return said


def _note(state: AppState, sink: str, medium: PrintMedium, job: PrintJob, key: str) -> None:
    from client.store.database import utc_now
    from exports.print_log import Printed, PrintLog

    log = PrintLog(state.data_dir())
    person = state.session().person
    digest = hashlib.sha256(job.render(medium)).hexdigest()
    number = log.times(job.title, key) + 1 if key else 0
    who = person.operator if person is not None else ""
    log.note(Printed(utc_now(), who, job.title, key, sink, job.copies, number, digest))


async def _show_log(screen: AppScreen) -> None:
    """Show what was printed last from this workstation."""
    entries = await in_thread(_entries, screen.state)
    lines = [_line(one) for one in reversed(entries[-LOGGED:])]
    await screen.tell("打印记录", lines or ["这台工作站还没有打印过。"])


def _entries(state: AppState) -> Sequence[Any]:
    from exports.print_log import PrintLog

    return PrintLog(state.data_dir()).entries()


def _line(one: Any) -> str:
    from screens.receipt import local_time

    where = "终端" if one.sink == "terminal" else one.sink.removeprefix("lp:")
    number = f" 第{one.number}次" if one.number else ""
    return f"{local_time(one.time)[5:16]} {one.title} {one.key} {where} {one.copies}份{number}"
