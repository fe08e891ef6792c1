"""The measured entry programs: how each is started and which keys do the same in it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Final

from benchmarks.programs.content import COUNT, READY, TITLES, line, row

OURS, STOCK, CURSES, PTK, URWID = "本程序", "Textual原装", "curses", "prompt_toolkit", "urwid"
VISIDATA, VIM, NANO = "VisiData", "vim", "nano"

CHAR, HAN, FIELD, DOWN, SCROLL = "录入一个字符", "录入一个汉字", "换到下一栏", "下移一行", "滚动一行"
PAGE, DIALOG, SCREEN, BACK, BURST = "翻一页", "打开对话框", "换屏幕", "换回来", "粘入18位证件号码"
FIRST = "首屏"
ACTIONS: Final = (CHAR, HAN, BURST, FIELD, DOWN, SCROLL, PAGE, DIALOG, SCREEN, BACK, FIRST)

F5, F6, F8 = "\x1b[15~", "\x1b[17~", "\x1b[19~"
ARROW, APPLICATION_ARROW = "\x1b[B", "\x1bOB"
PAGE_DOWN = "\x1b[6~"


@dataclass(frozen=True)
class Peer:
    """A program. `fields` says it has a form before the rows; a key it does not have is "".

    `prepare` is sent once before typing, `to_rows` once before walking, `close` closes the dialog.
    """

    name: str
    argv: list[str]
    needs: str = ""
    fields: bool = True
    types: bool = True
    down: str = ARROW
    page: str = PAGE_DOWN
    dialog: str = F5
    close: str = "n"
    other: str = F6
    back: str = F6
    prepare: str = ""
    to_rows: str = "\t"
    ready: str = READY
    env: Mapping[str, str] = field(default_factory=dict)
    quiet: float = 0.12

    @property
    def missing(self) -> str:
        """What has to be installed first, "" when it is there."""
        if self.needs.startswith("/"):
            return "" if which(self.needs[1:]) else self.needs[1:]
        return self.needs if self.needs and find_spec(self.needs) is None else ""


def peers(folder: Path) -> list[Peer]:
    """All of them, ours first; `folder` takes the files of those that show a file."""
    text, table = folder / "people.txt", folder / "people.csv"
    text.write_text("\n".join(line(n) for n in range(COUNT)) + "\n", "utf-8")
    rows = [",".join(TITLES), *(",".join(row(n)) for n in range(COUNT))]
    table.write_text("\n".join(rows) + "\n", "utf-8")
    vd = str(Path(sys.executable).with_name("vd"))
    vim = ["vim", "-u", "NONE", "-i", "NONE", "-N", "-n", "-c", "set showmode ruler cursorline", str(text)]
    home = {"HOME": str(folder)}
    return [
        Peer(OURS, _module("our_entry"), other=F8, back=F8),
        Peer(CURSES, _module("plain_curses"), down=APPLICATION_ARROW),
        Peer(PTK, _module("ptk_entry"), needs="prompt_toolkit", quiet=0.15),
        Peer(URWID, _module("urwid_entry"), needs="urwid"),
        Peer(STOCK, _module("stock_textual"), quiet=0.3),
        Peer(
            VISIDATA,
            [vd, "-N", str(table)],
            needs="visidata",
            fields=False,
            types=False,
            dialog="",
            other="F",
            back="q",
            to_rows="",
            env=home,
            quiet=0.6,
        ),
        Peer(
            VIM,
            vim,
            needs="/vim",
            fields=False,
            down="j",
            page="\x06",
            dialog="",
            other="",
            prepare="ggO",
            to_rows="\x1b",
            env=home,
        ),
        Peer(
            NANO,
            ["nano", "-I", str(text)],
            needs="/nano",
            fields=False,
            dialog="\x07",
            close="\x18",
            other="",
            to_rows="",
            env=home,
        ),
    ]


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.programs.{name}"]
