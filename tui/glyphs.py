"""What is drawn for a text from outside: safe characters, each of certain width.

Some characters (`·`, `…`, `①`, box lines) are one cell wide to us and two cells wide in a terminal set up
for Chinese. Where the probe at start (`tui.probe`) finds such a terminal, they are drawn by look-alikes of
certain width. Only the picture changes, never the stored text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from rich.cells import cell_len as cell_len
from rich.cells import get_character_cell_size

from domain.text import safe_text

LOOKALIKES: Final[dict[str, str]] = {
    "·": "・",
    "•": "・",
    "…": "..",
    "—": "--",
    "–": "-",
    "―": "--",
    "‐": "-",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "×": "x",
    "÷": "/",
    "°": "度",
    "℃": "度",
    "±": "+-",
    "§": "第",
    "¨": '"',
    "←": "<-",
    "→": "->",
    "↑": "^",
    "↓": "v",
    "●": "*",
    "○": "o",
    "◎": "o",
    "◆": "*",
    "◇": "o",
    "■": "#",
    "□": "[]",
    "▲": "^",
    "△": "^",
    "▼": "v",
    "▽": "v",
    "★": "*",
    "☆": "*",
    "※": "*",
    "√": "v",
    "∞": "oo",
    "≈": "~",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "№": "No",
    "‰": "o/oo",
    **{chr(0x2460 + n): f"({n + 1})" for n in range(20)},
    **{
        chr(0x2160 + n): roman
        for n, roman in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"))
    },
}
"""Characters of ambiguous width and what is drawn for them."""

CUT: Final = ">"
"""The last cell of a text that did not fit."""


class _Terminal:
    ambiguous_wide = False


def set_ambiguous_wide(wide: bool) -> None:
    """Tell how the terminal draws characters of ambiguous width (East Asian Width A)."""
    if _Terminal.ambiguous_wide != wide:
        _Terminal.ambiguous_wide = wide
        display.cache_clear()


@lru_cache(maxsize=8192)
def display(text: str) -> str:
    """Return the text as it may be drawn: no control, no markup, every character of certain width."""
    if text.isascii() and text.isprintable():
        return text
    safe = safe_text(text)
    if _Terminal.ambiguous_wide and not safe.isascii():
        return "".join(_of_certain_width(char) for char in safe)
    return safe


def _of_certain_width(char: str) -> str:
    if char in LOOKALIKES:
        return LOOKALIKES[char]
    if unicodedata.east_asian_width(char) == "A" and not unicodedata.combining(char):
        return f"<U+{ord(char):04X}>"
    return char


def width(text: str) -> int:
    """Return the cells that a text takes when it is drawn by `display`."""
    return cell_len(display(text))


def fit(text: str, cells: int, align: str = "<") -> str:
    """Return the text drawn in exactly `cells` cells; a cut text ends in `>`.

    `align` is `<` (left) or `>` (right). A wide character is never halved.
    """
    if cells <= 0:
        return ""
    shown = display(text)
    taken = len(shown) if shown.isascii() else cell_len(shown)
    if taken > cells:
        shown = take(shown, cells - 1) + CUT
        taken = cell_len(shown)
    pad = " " * (cells - taken)
    return pad + shown if align == ">" else shown + pad


def take(shown: str, cells: int) -> str:
    """Return as many whole characters of a drawn text as fit in `cells` cells, padded to exactly that."""
    if shown.isascii():
        return shown[:cells].ljust(cells)
    used = 0
    kept: list[str] = []
    for char in shown:
        size = get_character_cell_size(char)
        if used + size > cells:
            break
        used += size
        kept.append(char)
    return "".join(kept) + " " * (cells - used)


def wrap(text: str, cells: int) -> list[str]:
    """Break a text into lines of at most `cells` cells; Chinese breaks anywhere, Latin words at blanks.

    Closing punctuation never starts a line. An empty text gives one empty line.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(display(paragraph), max(cells, 4)))
    return lines


_NEVER_FIRST: Final = frozenset("，。、；：！？）》」』】”’,.;:!?)]}%")


def _wrap_paragraph(shown: str, cells: int) -> list[str]:
    lines: list[str] = []
    line, used = "", 0
    for piece in _pieces(shown):
        size = cell_len(piece)
        if used + size > cells and line:
            if piece in _NEVER_FIRST and len(line) > 1:
                line, piece = line[:-1], line[-1] + piece
                size = cell_len(piece)
            lines.append(line.rstrip())
            line, used = "", 0
            piece = piece.lstrip() if piece.isspace() else piece
            size = cell_len(piece)
        while size > cells:
            head = take(piece, cells).rstrip()
            lines.append(head)
            piece = piece[len(head) :]
            size = cell_len(piece)
        line += piece
        used += size
    lines.append(line.rstrip())
    return lines


def _pieces(shown: str) -> list[str]:
    """Split into words of narrow characters, single wide characters and blanks."""
    pieces: list[str] = []
    for char in shown:
        word = char != " " and get_character_cell_size(char) < 2
        previous = pieces[-1] if pieces else ""
        joins = word and previous not in ("", " ") and get_character_cell_size(previous[-1]) < 2
        if joins and not (char in _NEVER_FIRST and not previous.isascii()):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces
