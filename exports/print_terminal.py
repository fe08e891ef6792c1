r"""The printer beside the person's terminal: media copy, ESC[5i … ESC[4i (ECMA-48 MC, DEC VT printing).

Terminals that know it (PuTTY and its kin, when a printer is chosen in their settings) hand everything
between the two sequences to the printer, byte for byte. No terminal tells whether it does, and one that
does not shows the job on the screen; so it is used only after a test page was read off the paper.

- The line discipline must not touch the job: OPOST would turn every LF of a bitmap into CR LF, and ECHO
  would mix what is typed meanwhile into it.
- tmux swallows the sequences; wrapped once as ESC P tmux; … ESC \ with every ESC doubled the job passes,
  where `allow-passthrough` is on.
- GNU screen re-encodes the bytes, so Chinese is lost: refused.
"""

from __future__ import annotations

import os
import select
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exports.printing import PrintError, PrintJob, PrintMedium

ON: Final = b"\x1b[5i"
OFF: Final = b"\x1b[4i"
ENDS: Final = (OFF, b"\x9b4i")
"""What ends a job, wherever it stands."""
TMUX_MOST: Final = 1_000_000
"""Bytes of one sequence that tmux keeps; what is longer it drops without a word."""
PIECE: Final = 1024
STALL_SECONDS: Final = 60.0
"""How long a terminal may take nothing at all."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Which terminal a confirmation holds for: its kind, where the person sits, and what stands between."""

    kind: str
    client: str
    tmux: bool = False
    screen: bool = False

    @property
    def key(self) -> str:
        """One text; another terminal, workstation or multiplexer has another."""
        return "|".join((self.kind, self.client, "tmux" if self.tmux else ""))


def this_terminal(environment: Mapping[str, str]) -> Terminal:
    """The terminal as the environment tells it (TERM, SSH_CONNECTION or SSH_CLIENT, TMUX, STY)."""
    client = (environment.get("SSH_CONNECTION") or environment.get("SSH_CLIENT") or "").split()
    return Terminal(
        environment.get("TERM", ""),
        client[0] if client else "",
        tmux=bool(environment.get("TMUX")),
        screen=bool(environment.get("STY")),
    )


def framed(content: bytes, copies: int = 1, *, tmux: bool = False) -> bytes:
    """The job as it goes to the terminal. Raises PrintError print.ends, print.too_long."""
    if any(end in content for end in ENDS):
        text = "内容中有会中断直通打印的字节，没有打印，请改为存成文件。"
        raise PrintError("print.ends", text)
    job = ON + content * copies + OFF
    if not tmux:
        return job
    wrapped = b"\x1bPtmux;" + job.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
    if len(wrapped) > TMUX_MOST:
        text = "内容太长，tmux 送不过去，请减少份数、分批打印，或退出 tmux 后再打印。"
        raise PrintError("print.too_long", text)
    return wrapped


@dataclass(frozen=True, slots=True)
class TerminalPrinter:
    """The printer beside a terminal that the program has lent; `number` is the terminal's file number."""

    terminal: Terminal
    number: int

    @property
    def name(self) -> str:
        """Return its name in the print log."""
        return "terminal"

    @property
    def title(self) -> str:
        """Return what people read."""
        return "终端直通打印"

    @property
    def medium(self) -> PrintMedium:
        """Return what it takes: text for 24-pin printers."""
        return "txt"

    def send(self, job: PrintJob) -> str:
        """Write the job to the terminal. Blocking; raises PrintError."""
        if self.terminal.screen:
            text = "GNU screen 会改变打印的汉字，请退出 screen，或改为存成文件。"
            raise PrintError("print.screen", text)
        write_job(self.number, framed(job.render("txt"), job.copies, tmux=self.terminal.tmux))
        return f"已送到终端的打印机，{job.copies} 份。"


def write_job(number: int, job: bytes) -> None:
    """Write a framed job to a terminal, byte for byte; its settings are put back when all has left.

    Blocking; raises PrintError print.stalled, print.gone. A job that stops half-way is ended with ESC[4i, so
    that the terminal shows text again.
    """
    try:
        before = termios.tcgetattr(number)
        own = os.open(os.ttyname(number), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except (OSError, termios.error):
        raise PrintError("print.gone", "这里不是终端，不能直通打印，请改为存成文件。") from None
    plain = [*before[:1], before[1] & ~termios.OPOST, *before[2:3]]
    plain += [before[3] & ~(termios.ECHO | termios.ICANON), *before[4:]]
    try:
        termios.tcsetattr(number, termios.TCSADRAIN, plain)
        try:
            _write_all(own, job)
        finally:
            termios.tcsetattr(number, termios.TCSADRAIN, before)
    except (OSError, termios.error):
        raise PrintError("print.gone", "终端已断开，不知道是否打完，请先看打印机。") from None
    finally:
        os.close(own)


def _write_all(own: int, job: bytes) -> None:
    place = 0
    while place < len(job):
        _, ready, _ = select.select([], [own], [], STALL_SECONDS)
        if not ready:
            termios.tcflush(own, termios.TCOFLUSH)
            with_end = b"\x1b\\" if job.startswith(b"\x1bP") else b""
            os.write(own, with_end + OFF)
            text = "终端长时间不接收数据，打印中断，请检查打印机和终端的打印设置后重打。"
            raise PrintError("print.stalled", text)
        try:
            place += os.write(own, job[place : place + PIECE])
        except BlockingIOError:
            continue


# ---- the test page ---------------------------------------------------------------------------------------


def test_page(code: str) -> bytes:
    """A page for a 24-pin printer with a code that has to be read off the paper."""
    lines = [
        "gjj 直通打印测试页",
        f"测试码：{code}",
        "汉字：住房公积金汇缴凭条",
        "+----------+----------+",
        "|1234567890|一二三四五|",
        "+----------+----------+",
        "上面的竖线应对齐；请把测试码输入画面。",
    ]
    body = "\r\n".join(lines).encode("gb18030")
    return b"\x1b@\x1c&\x1b2" + body + b"\r\n\f"
