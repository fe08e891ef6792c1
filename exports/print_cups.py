"""Printers of this host, through the commands `lp` and `lpstat` of CUPS.

Arguments go as a list, never through a shell; the document goes through standard input, so nothing is left
behind on the disk. Every failure is told by its cause as far as the command says it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

from domain.text import safe_text
from exports.printing import PrintError, PrintJob, PrintMedium

LIST_SECONDS: Final = 5.0
SEND_SECONDS: Final = 60.0
MOST_PRINTERS: Final = 50
_NAME: Final = re.compile(r"[!-~]{1,127}")
_REQUEST: Final = re.compile(r"request id is (\S{1,140})")
_CAUSES: Final = (
    (
        ("no default destination", "no system default"),
        "print.no_default",
        "没有默认打印机，请在列表中选一台打印机。",
    ),
    (
        ("does not exist", "unknown destination", "no such file", "not found", "invalid destination"),
        "print.missing",
        "没有打印机“{printer}”，请刷新后另选一台，或请管理员添加。",
    ),
    (
        ("scheduler is not running", "connection refused", "unable to connect", "bad file descriptor"),
        "print.no_service",
        "连不上打印服务，没有打印，请联系管理员，或改为存成文件。",
    ),
    (
        ("not accepting", "rejecting jobs"),
        "print.rejected",
        "打印机“{printer}”暂不接收打印，请联系管理员，或另选一台。",
    ),
    (
        ("disabled", "offline", "stopped"),
        "print.offline",
        "打印机“{printer}”已停用或脱机，没有打印，请检查打印机后再试。",
    ),
    (
        ("forbidden", "unauthorized", "not authorized", "permission denied", "not allowed"),
        "print.forbidden",
        "没有使用打印机“{printer}”的权限，请联系管理员。",
    ),
)
"""What the command says (lower case, LC_ALL=C) -> code and sentence."""


@dataclass(frozen=True, slots=True)
class CupsPrinter:
    """One printer. `raw` sends text for 24-pin printers as it is, without the printer's filters."""

    printer: str
    raw: bool = False

    @property
    def name(self) -> str:
        """Return the printer's name as CUPS has it."""
        return f"lp:{self.printer}"

    @property
    def title(self) -> str:
        """Return what people read."""
        return f"打印机 {safe_text(self.printer, limit=40)}{'（针式，直接送文本）' if self.raw else ''}"

    @property
    def medium(self) -> PrintMedium:
        """Return what it takes."""
        return "txt" if self.raw else "pdf"

    def send(self, job: PrintJob) -> str:
        """Queue the job. Blocking; raises PrintError."""
        content = job.render(self.medium)
        title = safe_text(job.title, limit=80) or "gjj"
        words = ["lp", "-d", self.printer, "-n", str(job.copies), "-t", title]
        words += ["-o", "raw"] if self.raw else ["-o", "media=A4"]
        done = _run(words, content, SEND_SECONDS)
        if done.returncode:
            raise _refused(done, self.printer)
        found = _REQUEST.search(done.stdout.decode("utf-8", "replace"))
        number = f"，编号 {safe_text(found[1])}" if found else ""
        return f"已送打印机 {safe_text(self.printer, limit=40)}，{job.copies} 份{number}。"


def printers() -> list[str]:
    """Names of the printers of this host, [] where there is no CUPS. Blocking.

    Raises PrintError when the print service does not answer.
    """
    if shutil.which("lpstat") is None:
        return []
    done = _run(["lpstat", "-e"], b"", LIST_SECONDS)
    if done.returncode:
        raise _refused(done, "")
    names = [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines()]
    return [name for name in names if _NAME.fullmatch(name) and not name.startswith("-")][:MOST_PRINTERS]


def _run(words: list[str], content: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
    """Run a command of CUPS with messages in English. Raises PrintError."""
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C"}
    try:
        return subprocess.run(
            words, input=content, capture_output=True, timeout=seconds, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        text = "打印服务没有回应，不知道是否已经打印，请先看打印机，再决定是否重打。"
        raise PrintError("print.timeout", text) from None
    except OSError:
        text = "本机没有打印命令（lp），请改为存成文件，或请管理员安装 CUPS。"
        raise PrintError("print.no_command", text) from None


def _refused(done: subprocess.CompletedProcess[bytes], printer: str) -> PrintError:
    """The error of a command that failed, by what it says."""
    said = done.stderr.decode("utf-8", "replace").strip()
    for words, code, text in _CAUSES:
        if any(word in said.lower() for word in words):
            return PrintError(code, text.format(printer=safe_text(printer, limit=40)))
    told = safe_text(said.splitlines()[0] if said else "", limit=80) or f"退出码 {done.returncode}"
    return PrintError("print.failed", f"没有打印成功（{told}），请检查打印机，或改为存成文件。")
