"""A form as text for 24-pin printers: ESC/P, gb18030, boxes of + - | that stay straight on every device.

A printer's Chinese ROM gives two columns to every character that is not ASCII, also to those a terminal
draws in one; lines are laid out by the printer's rule. A ROM may lack what takes four bytes, so that is
printed as □ and named below the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.text import safe_text
from exports.files import writing
from exports.form import PaperForm, cell, lead_columns, pieces, right, sum_line, widest_sums

if TYPE_CHECKING:
    from exports.table_export import Pair, Value

ESC: Final = b"\x1b"
MISSING: Final = "□"
CODEC: Final = "gb18030"
WIDE: Final = 132
"""Columns in condensed print on paper of 241 mm."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Continuous paper: columns at 10 cpi and lines at 6 lpi; 66, 33 and 22 lines are 280, 140 and 93 mm."""

    columns: int = 80
    lines: int = 66


class _Columns:
    """The printer's rule: ASCII takes one column, everything else two."""

    def __call__(self, char: str) -> float:
        return 1 if ord(char) < 128 else 2


WIDTH: Final = _Columns()


def printer_width(text: str) -> int:
    """Columns of a text on a printer with a Chinese ROM."""
    return sum(1 if ord(char) < 128 else 2 for char in text)


def fit(text: str, width: int, *, to_right: bool = False) -> str:
    """A text padded to `width` printer columns."""
    gap = " " * max(0, width - printer_width(text))
    return gap + text if to_right else text + gap


def render_text(form: PaperForm, paper: Paper = Paper()) -> bytes:
    """The form as bytes for a printer, page after page; condensed when 80 columns are too few."""
    told = _Text(form, paper)
    pages = told.pages()
    prologue = ESC + b"@" + b"\x1c&" + ESC + b"2" + ESC + b"C" + bytes([paper.lines])
    body = b"\f".join("\r\n".join(page).encode(CODEC) for page in pages)
    condensed = b"\x0f" if told.width > paper.columns else b""
    return prologue + condensed + body + b"\r\n\f" + (b"\x12" if condensed else b"")


def text_pages(form: PaperForm, paper: Paper = Paper()) -> list[list[str]]:
    """The lines of every page, as they are previewed on a screen."""
    return _Text(form, paper).pages()


def write_text(path: Path, form: PaperForm, *, overwrite: bool = False, paper: Paper = Paper()) -> None:
    """Write the form for a printer. Blocking; raises WorkbookError as `exports.files.writing` does."""
    data = render_text(form, paper)
    with writing(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)


class _Text:
    """A form being laid out in columns and lines."""

    def __init__(self, form: PaperForm, paper: Paper) -> None:
        self.form = form
        self.paper = paper
        self._missing: dict[str, None] = {}
        columns = form.columns
        self._cells = [
            [self.shown(cell(c, v)) for c, v in zip(columns, row, strict=True)] for row in form.rows
        ]
        self.widths = self._fitted()
        self.width = sum(self.widths) + len(self.widths) + 1

    def shown(self, text: str) -> str:
        """A text the printer has: four bytes of gb18030 are beyond most ROMs."""
        if text.isascii():
            return text
        out = []
        for char in text:
            if len(char.encode(CODEC, "replace")) > 2:
                self._missing[char] = None
                char = MISSING
            out.append(char)
        return "".join(out)

    def _fitted(self) -> list[int]:
        """Room of each column: what its texts take, the widest narrowed until the paper holds them."""
        titles = [printer_width(column.title) for column in self.form.columns]
        sums = widest_sums(self.form)
        wanted = [
            max([title, printer_width(total), *(printer_width(row[at]) for row in self._cells)])
            for at, (title, total) in enumerate(zip(titles, sums, strict=True))
        ]
        lead = lead_columns(self.form)
        words = printer_width(sum_line(self.form, "本页小计", self.form.rows)[0])
        if self.form.summed and lead and sum(wanted[:lead]) + lead - 1 < words:
            wanted[lead - 1] += words - sum(wanted[:lead]) - lead + 1
        room = self.paper.columns if sum(wanted) + len(wanted) + 1 <= self.paper.columns else WIDE
        while sum(wanted) + len(wanted) + 1 > room:
            texts = [at for at, column in enumerate(self.form.columns) if not right(column)]
            widest = max(texts or range(len(wanted)), key=lambda at: wanted[at])
            if wanted[widest] <= 4:
                break
            wanted[widest] -= 1
        return wanted

    # ---- lines ----

    def _rule(self) -> str:
        return "+" + "+".join("-" * width for width in self.widths) + "+"

    def _lines(self, cells: Sequence[str], *, titles: bool = False) -> list[str]:
        """A row as lines: long texts go on in the next line of their cell."""
        broken = [list(pieces(text, width, WIDTH)) for text, width in zip(cells, self.widths, strict=True)]
        out = []
        for at in range(max((len(one) for one in broken), default=1)):
            parts = [
                fit(one[at] if at < len(one) else "", width, to_right=right(column) and not titles)
                for column, one, width in zip(self.form.columns, broken, self.widths, strict=True)
            ]
            out.append("|" + "|".join(parts) + "|")
        return out

    def _sum(self, word: str, rows: Sequence[Sequence[Value]]) -> str:
        """A line of sums: its words take the room of the columns before the first sum."""
        told, texts = sum_line(self.form, word, rows)
        lead = lead_columns(self.form)
        room = sum(self.widths[:lead]) + max(lead - 1, 0)
        rest = [fit(text, w, to_right=True) for text, w in zip(texts[lead:], self.widths[lead:], strict=True)]
        return "|" + "|".join([fit(told, room), *rest] if lead else rest) + "|"

    def _pair(self, pair: Pair) -> list[str]:
        label, value = (self.shown(safe_text(one)) for one in pair)
        return list(pieces(f"{label}：{value}", max(self.width, self.paper.columns), WIDTH))

    def _top(self, *, first: bool) -> list[str]:
        title = self.shown(safe_text(self.form.title))
        lead = " " * max(0, (self.width - printer_width(title)) // 2)
        head = [line for pair in self.form.head for line in self._pair(pair)] if first else []
        titles = self._lines([self.shown(safe_text(c.title)) for c in self.form.columns], titles=True)
        return [lead + title, *head, self._rule(), *titles, self._rule()]

    def _bottom(self, number: int, count: int) -> str:
        form = self.form
        said = [f"业务流水号 {safe_text(form.serial)}"] if form.serial else []
        said += [f"第{form.printed}次打印"] if form.printed else []
        return "  ".join([*said, f"第{number}页 共{count}页"])

    def _end(self) -> list[str]:
        """What follows the list: foot, code, names, characters that were not printed."""
        lines = [line for pair in self.form.foot for line in self._pair(pair)]
        if self.form.code:
            lines += self._pair(("验证", self.form.code))
        if self._missing:
            named = "、".join(f"U+{ord(char):04X}" for char in self._missing)
            lines += self._pair(("印作□的字", f"{named}，请手写补上并核对"))
        names = "".join(fit(f"{name}：", self.width // 3) for name in self.form.signatures)
        return [*lines, names.rstrip()] if names else lines

    def pages(self) -> list[list[str]]:
        """Every page's lines. A page holds title, list, its sums and its foot."""
        form, end = self.form, self._end()
        tail = 3 if form.summed else 2  # 本页小计, the rule below, the foot
        pages: list[tuple[list[str], list[Sequence[Value]]]] = [(self._top(first=True), [])]
        for values, cells in zip(form.rows, self._cells, strict=True):
            lines = self._lines(cells)
            if pages[-1][1] and len(pages[-1][0]) + len(lines) + tail > self.paper.lines:
                pages.append((self._top(first=False), []))
            pages[-1][0].extend(lines)
            pages[-1][1].append(values)
        if len(pages[-1][0]) + tail + len(end) + 1 > self.paper.lines and pages[-1][1]:
            pages.append((self._top(first=False), []))
        out = []
        for number, (lines, rows) in enumerate(pages, 1):
            if form.summed and rows and len(pages) > 1:
                lines.append(self._sum("本页小计", rows))
            if form.summed and number == len(pages):
                lines.append(self._sum("合计", form.rows))
            lines.append(self._rule())
            if number == len(pages):
                lines.extend(end)
            out.append([*lines, self._bottom(number, len(pages))])
        return out
