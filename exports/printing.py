"""Printing: one job for every way to paper, and what can go wrong on the way, each as one sentence.

A way to paper is a sink: the download folder, a printer of this host (`exports.print_cups`), or the printer
beside the person's terminal (`exports.print_terminal`). A sink takes finished bytes and knows no form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

PrintMedium = Literal["pdf", "txt"]
MOST_COPIES: Final = 99


class PrintError(Exception):
    """What was not printed: a stable code and one Chinese sentence that says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class PrintJob:
    """What is to be printed: its title, how it is rendered, how often.

    `render` blocks and gives a PDF, or text for 24-pin printers (ESC/P in gb18030).
    """

    title: str
    render: Callable[[PrintMedium], bytes]
    copies: int = 1

    def __post_init__(self) -> None:
        """Refuse a number of copies nobody means. Raises PrintError print.copies."""
        if not 1 <= self.copies <= MOST_COPIES:
            raise PrintError("print.copies", f"份数应为 1 至 {MOST_COPIES}，请改正。")


class Sink(Protocol):
    """A way to paper. `name` is stable and stands in the print log, `title` is what people read."""

    @property
    def name(self) -> str:
        """Which one, for the print log."""

    @property
    def title(self) -> str:
        """Which one, for people."""

    @property
    def medium(self) -> PrintMedium:
        """What it takes."""

    def send(self, job: PrintJob) -> str:
        """Print; gives a sentence about what became of it. Blocking; raises PrintError."""


def copies_of(text: str) -> int:
    """The number of copies typed, "" being one. Raises PrintError print.copies."""
    digits = text.strip() or "1"
    usable = digits.isascii() and digits.isdigit() and len(digits) <= 2 and int(digits) >= 1
    if not usable:
        raise PrintError("print.copies", f"份数应为 1 至 {MOST_COPIES}，请改正。")
    return int(digits)
