"""A form as a PDF: A4, our own embedded font, sums per page, page n of N, a code to check it by.

Drawn straight on the canvas: a roster of 2,000 rows costs what its glyphs cost. The same form gives the same
bytes (`invariant`), so that a digest of the file can be kept.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from domain.text import safe_text
from exports.files import writing
from exports.form import PaperForm, cell, lead_columns, pieces, right, sum_line, widest_sums

if TYPE_CHECKING:
    from exports.table_export import Pair, Value

FONT: Final = "GJJSansSC"
MM: Final = 72 / 25.4
PORTRAIT: Final = (210 * MM, 297 * MM)
MARGIN: Final = 15 * MM
TITLE: Final = 16.0
TEXT: Final = 9.0
SMALL: Final = 7.5
"""Sizes in points: title, head and rows, foot of the page."""
LINE: Final = 12.0
PAD: Final = 2.5
CODE: Final = 24 * MM
WIDEST: Final = 180.0
"""Points a text column takes at most before its texts go on in a second line."""
NARROWEST: Final = 40.0
"""Points below which no column of texts is narrowed."""
MISSING: Final = "□"
"""Stands for a character that the font lacks; the foot of the page names it."""


@cache
def _face() -> Any:
    """The font, registered once; its ToUnicode map is written so that every plane can be copied and found."""
    from reportlab.pdfbase import pdfmetrics, ttfonts

    # The library writes code points beyond U+FFFF as five digits, which readers take for another character.
    ttfonts.makeToUnicodeCMap = _to_unicode
    font = ttfonts.TTFont(FONT, str(files("exports") / "fonts" / "GJJSansSC-Regular.ttf"))
    pdfmetrics.registerFont(font)
    return font.face


def _to_unicode(fontname: str, subset: Sequence[int]) -> str:
    """The map of a subset's glyphs to text, UTF-16BE as ISO 32000-1 section 9.10.3 asks."""
    pairs = "\n".join(
        f"<{at:02X}> <{chr(point).encode('utf-16-be', 'replace').hex().upper()}>"
        for at, point in enumerate(subset)
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        f"/CIDSystemInfo\n<< /Registry ({fontname})\n/Ordering ({fontname})\n/Supplement 0\n>> def\n"
        f"/CMapName /{fontname} def\n/CMapType 2 def\n1 begincodespacerange\n<00> <{len(subset) - 1:02X}>\n"
        f"endcodespacerange\n{len(subset)} beginbfchar\n{pairs}\nendbfchar\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )


class _Points:
    """Widths in points at one size."""

    def __init__(self, size: float) -> None:
        face = _face()
        self._widths = face.charWidths
        self._default = face.defaultWidth
        self._scale = size / 1000
        self._texts: dict[str, float] = {}

    def __call__(self, char: str) -> float:
        return float(self._widths.get(ord(char), self._default)) * self._scale

    def text(self, text: str) -> float:
        """The width of a text; each is measured once."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = sum(map(self, text))
        return known

    def lines(self, text: str, width: float) -> list[str]:
        """A text broken to a width."""
        return [text] if self.text(text) <= width else list(pieces(text, width, self))


@dataclass(slots=True)
class _Row:
    """A row as it is drawn: lines per cell, and its height in points."""

    values: Sequence[Value]
    cells: list[list[str]]
    height: float


@dataclass(slots=True)
class _Page:
    """The rows of one page; `ends` says that the sums and the foot are on it."""

    rows: list[_Row] = field(default_factory=list)
    ends: bool = False


def render_pdf(form: PaperForm) -> bytes:
    """The form as a PDF. Characters that the font lacks are shown as □ and named, never dropped."""
    return _Drawing(form).render()


def write_pdf(path: Path, form: PaperForm, *, overwrite: bool = False) -> None:
    """Write the form. Blocking; raises WorkbookError: file.exists, file.disk_full, file.not_written."""
    data = render_pdf(form)
    with writing(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)


class _Drawing:
    """A form being laid out and drawn."""

    def __init__(self, form: PaperForm) -> None:
        self._face = _face()
        self.form = form
        self.measure = _Points(TEXT)
        self._missing: dict[str, None] = {}
        self._texts = [
            [self.shown(cell(c, v)) for c, v in zip(form.columns, row, strict=True)] for row in form.rows
        ]
        natural = self._natural()
        landscape = sum(natural) > PORTRAIT[0] - 2 * MARGIN
        self.width, self.height = PORTRAIT[::-1] if landscape else PORTRAIT
        self.inner = self.width - 2 * MARGIN
        self.widths = self._fitted(natural)
        self._head = self._head_lines()
        self.canvas: Any = None

    # ---- measuring ----

    def _natural(self) -> list[float]:
        """Room each column would like: its title, its widest text up to a limit, and its widest sum."""
        room = []
        for at, (column, total) in enumerate(zip(self.form.columns, widest_sums(self.form), strict=True)):
            texts = {row[at] for row in self._texts}
            wide = sorted(map(self.measure.text, texts)) or [0.0]
            # A few long names go on in a second line; numbers and codes are never broken for room.
            broken = not right(column) and not all(map(str.isascii, texts))
            most = wide[min(len(wide) * 19 // 20, len(wide) - 1)] if broken else wide[-1]
            if not right(column):
                most = min(most, WIDEST)
            fixed = max(self.measure.text(column.title), self.measure.text(total))
            room.append(max(most, fixed) + 2 * PAD + 1)
        return room

    def _fitted(self, natural: Sequence[float]) -> list[float]:
        """Rooms that fill the paper: spare room goes to all, what is too much is taken from texts first."""
        widths = list(natural)
        while (excess := sum(widths) - self.inner) > 0.1:
            texts = [at for at, c in enumerate(self.form.columns) if not right(c) and widths[at] > NARROWEST]
            if not texts:
                break
            widest = max(texts, key=lambda at: widths[at])
            widths[widest] -= min(excess, 6.0)
        scale = self.inner / sum(widths) if widths else 1
        return [one * scale for one in widths]

    def shown(self, text: str) -> str:
        """A text that can be drawn: what the font lacks is □, and is named below."""
        known = self._face.charToGlyph
        if all(ord(char) in known for char in text):
            return text
        out = []
        for char in text:
            if ord(char) in known:
                out.append(char)
            else:
                self._missing[char] = None
                out.append(MISSING)
        return "".join(out)

    def _row(self, values: Sequence[Value], texts: Sequence[str]) -> _Row:
        cells = [
            self.measure.lines(text, width - 2 * PAD + 0.01)
            for text, width in zip(texts, self.widths, strict=True)
        ]
        lines = max((len(one) for one in cells), default=1)
        return _Row(values, cells, lines * LINE + 3)

    def _pages(self, rows: Sequence[_Row], top: float, bottom: float, last: float) -> list[_Page]:
        """Rows on pages; the last page keeps `last` points for sums, foot and signatures."""
        heading = LINE + 3
        pages = [_Page()]
        room = top - bottom - heading
        sums = heading if self.form.summed else 0.0
        left = room - sums
        for row in rows:
            if pages[-1].rows and row.height > left:
                pages.append(_Page())
                left = self._top(first=False) - bottom - heading - sums
            pages[-1].rows.append(row)
            left -= row.height
        if left < last:
            pages.append(_Page())
        pages[-1].ends = True
        return pages

    def _top(self, *, first: bool) -> float:
        """Where the list begins: below title and head on the first page, below the title on the others."""
        top = self.height - MARGIN - TITLE - 14
        return top - (self._head_height() if first else 0)

    def _head_height(self) -> float:
        height = len(self._head) * LINE + 8
        return max(height, CODE - TITLE) if self.form.code else height

    def _head_room(self) -> float:
        """What the code leaves of the width, in points."""
        return self.inner - (CODE + 6 if self.form.code else 0)

    def _head_lines(self) -> list[tuple[str, str]]:
        """The lines of the head, two labelled texts beside each other where both fit beside the code."""
        room = self._head_room()
        lines: list[tuple[str, str]] = []
        left = ""
        for pair in self.form.head:
            broken = self._pair(pair, room)
            short = len(broken) == 1 and self.measure.text(broken[0]) < room / 2 - 6
            if short and left:
                lines.append((left, broken[0]))
                left = ""
            elif short:
                left = broken[0]
            else:
                lines += [(left, "")] if left else []
                lines += [(text, "") for text in broken]
                left = ""
        return [*lines, (left, "")] if left else lines

    def _pair(self, pair: Pair, room: float) -> list[str]:
        label, value = (self.shown(safe_text(one)) for one in pair)
        return list(pieces(f"{label}：{value}", room, self.measure))

    # ---- drawing ----

    def render(self) -> bytes:
        from reportlab.pdfgen.canvas import Canvas

        out = io.BytesIO()
        form = self.form
        self.canvas = Canvas(
            out, pagesize=(self.width, self.height), invariant=1, initialFontName=FONT, pageCompression=1
        )
        self.canvas.setTitle(safe_text(form.title))
        self.canvas.setSubject(safe_text(form.code))
        self.canvas.setCreator("gjj")
        rows = [self._row(*both) for both in zip(form.rows, self._texts, strict=True)]
        bottom = MARGIN + 2 * LINE
        foot = [self._pair(pair, self.inner) for pair in form.foot]
        last = sum(len(one) for one in foot) * LINE + 2 * LINE + 14
        pages = self._pages(rows, self._top(first=True), bottom, last)
        for number, page in enumerate(pages, 1):
            self._draw_page(page, number, len(pages), foot)
            self.canvas.showPage()
        self.canvas.save()
        return out.getvalue()

    def _text(self, x: float, y: float, text: str, size: float = TEXT) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(x, y, text)

    def _draw_page(self, page: _Page, number: int, count: int, foot: Sequence[Sequence[str]]) -> None:
        title = self.shown(safe_text(self.form.title))
        self.canvas.setFont(FONT, TITLE)
        self.canvas.drawCentredString(self.width / 2, self.height - MARGIN - TITLE, title)
        if number == 1:
            self._draw_head()
        y = self._draw_list(page, self._top(first=number == 1), count)
        if page.ends:
            self._draw_foot(y, foot)
        self._draw_bottom(number, count)

    def _draw_head(self) -> None:
        y = self.height - MARGIN - TITLE - 10 - LINE
        middle = MARGIN + self._head_room() / 2
        for left, beside in self._head:
            self._text(MARGIN, y, left)
            if beside:
                self._text(middle, y, beside)
            y -= LINE
        if self.form.code:
            self._draw_code(self.width - MARGIN - CODE, self.height - MARGIN - CODE)

    def _draw_code(self, x: float, y: float) -> None:
        """The QR code, as squares: four modules of quiet zone around it, error level M."""
        import segno

        matrix = segno.make(self.form.code, error="m", micro=False).matrix
        size = CODE / (len(matrix) + 8)
        for down, line in enumerate(matrix):
            for across, dark in enumerate(line):
                if dark:
                    left = x + (across + 4) * size
                    self.canvas.rect(left, y + CODE - (down + 5) * size, size, size, stroke=0, fill=1)

    def _draw_list(self, page: _Page, y: float, count: int) -> float:
        """The list with its heading and sums; returns where it ends."""
        form = self.form
        top = y
        self.canvas.setLineWidth(0.5)
        lines = [y]
        heads = [list(pieces(self.shown(safe_text(c.title)), 1e9, self.measure)) for c in form.columns]
        y = self._draw_cells(y, heads, LINE + 3, centred=True)
        lines.append(y)
        for row in page.rows:
            y = self._draw_cells(y, row.cells, row.height)
            lines.append(y)
        here = [row.values for row in page.rows]
        below: list[tuple[float, float]] = []
        if form.summed and here and count > 1:
            below.append((y, y := self._draw_sums(y, "本页小计", here)))
            lines.append(y)
        if form.summed and page.ends:
            below.append((y, y := self._draw_sums(y, "合计", form.rows)))
            lines.append(y)
        for at in lines:
            self.canvas.line(MARGIN, at, MARGIN + self.inner, at)
        self._draw_uprights(top, y, below)
        return y

    def _draw_uprights(self, top: float, bottom: float, below: Sequence[tuple[float, float]]) -> None:
        """Lines between columns; words of a line of sums are not cut by them."""
        lead = lead_columns(self.form)
        ends = below[0][0] if below else bottom
        x = MARGIN
        for at, width in enumerate([0.0, *self.widths]):
            x += width
            inside = 0 < at < lead
            self.canvas.line(x, top, x, ends if inside else bottom)

    def _draw_cells(
        self, y: float, cells: Sequence[Sequence[str]], height: float, *, centred: bool = False
    ) -> float:
        x = MARGIN
        for column, lines, width in zip(self.form.columns, cells, self.widths, strict=True):
            at = y - LINE + 2
            for text in lines:
                if centred:
                    self._text(x + (width - self.measure.text(text)) / 2, at, text)
                elif right(column):
                    self._text(x + width - PAD - self.measure.text(text), at, text)
                else:
                    self._text(x + PAD, at, text)
                at -= LINE
            x += width
        return y - height

    def _draw_sums(self, y: float, word: str, rows: Sequence[Sequence[Value]]) -> float:
        told, texts = sum_line(self.form, word, rows)
        self._text(MARGIN + PAD, y - LINE + 2, self.shown(told))
        return self._draw_cells(y, [[text] for text in texts], LINE + 3)

    def _draw_foot(self, y: float, foot: Sequence[Sequence[str]]) -> None:
        y -= LINE + 2
        for lines in foot:
            for text in lines:
                self._text(MARGIN, y, text)
                y -= LINE
        names = self.form.signatures
        for at, name in enumerate(names):
            self._text(MARGIN + at * self.inner / max(len(names), 1), y - LINE, f"{name}：")

    def _draw_bottom(self, number: int, count: int) -> None:
        """Serial, print count and page at the foot; what the font lacks on this or an earlier page."""
        form = self.form
        said = [f"业务流水号 {safe_text(form.serial)}"] if form.serial else []
        said += [f"第{form.printed}次打印"] if form.printed else []
        self._text(MARGIN, MARGIN, self.shown("    ".join(said)), SMALL)
        page = f"第 {number} 页  共 {count} 页"
        small = _Points(SMALL)
        self._text(self.width - MARGIN - small.text(page), MARGIN, page, SMALL)
        if self._missing:
            named = "、".join(f"U+{ord(char):04X}" for char in self._missing)
            text = f"字库没有的字印作{MISSING}：{named}，请手写补上并核对。"
            self._text(MARGIN, MARGIN + LINE, next(pieces(text, self.inner, small)), SMALL)
