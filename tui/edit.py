"""One line of text under a caret: the editing state behind every grid cell, form field and filter box.

Nothing here draws or reads keys. Positions are code point indices that never fall inside a cluster
(a base character with the combining marks after it); widths are terminal cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size

from domain.text import to_half_width
from tui.glyphs import display, take

MAX_LENGTH = 2000
"""Longest text of one field in code points; a longer paste is refused whole, never cut."""

HALF_WIDTH_KINDS = frozenset({"id", "money", "ratio", "month", "mobile"})
"""Column and field kinds whose typed full-width forms become half-width; names stay verbatim."""


def clusters(text: str) -> list[str]:
    """Split `text` into base characters, each with the marks of no width that are drawn over it."""
    if text.isascii():
        return list(text)
    parts: list[str] = []
    for char in text:
        if parts and get_character_cell_size(char) == 0 and display(f"a{char}") == f"a{char}":
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def typed_form(char: str, kind: str) -> tuple[str, bool]:
    """Return what a typed `char` means in a field of `kind`, and whether its width was changed.

    Full-width digits, letters and signs become half-width in `HALF_WIDTH_KINDS`; the keypad's point is the
    check letter X in an ID number (a hand on the keypad need not leave it).
    """
    if kind not in HALF_WIDTH_KINDS:
        return char, False
    half = "." if char == "。" else to_half_width(char)
    changed = half != char
    if kind == "id" and half == ".":
        return "X", changed
    return half, changed


def is_table(text: str) -> bool:
    """True when a pasted text holds more than one cell: a TAB, or a line break before its end."""
    inside = text.strip("\r\n")
    return "\t" in inside or "\r" in inside or "\n" in inside


@dataclass(frozen=True, slots=True)
class EditView:
    """The visible part of an editor: `text` fills the asked width exactly, `caret` is a cell in it."""

    text: str
    caret: int


class LineEditor:
    """Text, caret and the overwrite-on-first-key state of one field.

    `fresh` means that the whole text stands to be replaced by the next typed character; any caret
    movement keeps the text and ends that state. The repr never shows the text, as it may be a password.
    """

    __slots__ = ("_offset", "caret", "fresh", "masked", "max_length", "text")

    def __init__(
        self, text: str = "", *, fresh: bool = False, masked: bool = False, max_length: int = MAX_LENGTH
    ) -> None:
        self.text = text
        self.caret = len(text)
        self.fresh = fresh and bool(text)
        self.masked = masked
        self.max_length = max_length
        self._offset = 0

    def __repr__(self) -> str:
        return f"LineEditor(length={len(self.text)}, caret={self.caret})"

    def set_text(self, text: str, *, fresh: bool = False) -> None:
        """Replace the text; the caret goes to its end."""
        self.text = text
        self.caret = len(text)
        self.fresh = fresh and bool(text)
        self._offset = 0

    def insert(self, text: str) -> bool:
        """Type or paste `text` at the caret; False (nothing changed) when too long or a control."""
        if not text or any(char < " " or char == "\x7f" for char in text):
            return False
        kept = 0 if self.fresh else len(self.text)
        if kept + len(text) > self.max_length:
            return False
        if self.fresh:
            self.text, self.caret, self.fresh, self._offset = "", 0, False, 0
        self.text = self.text[: self.caret] + text + self.text[self.caret :]
        self.caret = self._boundary(self.caret + len(text))
        return True

    def backspace(self) -> bool:
        """Delete the cluster before the caret; in the fresh state, the whole text."""
        if self.fresh:
            return self.clear()
        if self.caret == 0:
            return False
        start = self._before(self.caret)
        self.text = self.text[:start] + self.text[self.caret :]
        self.caret = self._boundary(start)
        return True

    def delete(self) -> bool:
        """Delete the cluster under the caret; in the fresh state, the whole text."""
        if self.fresh:
            return self.clear()
        if self.caret >= len(self.text):
            return False
        self.text = self.text[: self.caret] + self.text[self._after(self.caret) :]
        self.caret = self._boundary(self.caret)
        return True

    def clear(self) -> bool:
        """Empty the text; False when it was empty."""
        had = bool(self.text)
        self.set_text("")
        return had

    def left(self) -> bool:
        """Move one cluster left; False at the start."""
        moved = self.caret > 0
        self.caret = self._before(self.caret) if moved else 0
        self.fresh = False
        return moved

    def right(self) -> bool:
        """Move one cluster right; False at the end."""
        moved = self.caret < len(self.text)
        self.caret = self._after(self.caret) if moved else len(self.text)
        self.fresh = False
        return moved

    def home(self) -> None:
        """Move before the first character."""
        self.caret = 0
        self.fresh = False

    def end(self) -> None:
        """Move behind the last character."""
        self.caret = len(self.text)
        self.fresh = False

    def view(self, width: int) -> EditView:
        """Return what stands in a field of `width` cells, scrolled as little as the caret allows."""
        if width <= 0:
            return EditView("", 0)
        pieces, at = self._pieces()
        widths = [cell_len(piece) for piece in pieces]
        if self.fresh and sum(widths) == width:
            # No caret is drawn while the whole text stands to be replaced: it needs no cell behind the text.
            self._offset = 0
            return EditView("".join(pieces), width - 1)
        widths.append(1)
        self._offset = min(self._offset, at)
        while self._offset < at and sum(widths[self._offset : at + 1]) > width:
            self._offset += 1
        caret = min(sum(widths[self._offset : at]), width - 1)
        return EditView(take("".join(pieces[self._offset :]), width), caret)

    def _pieces(self) -> tuple[list[str], int]:
        parts = clusters(self.text)
        at = 0
        length = 0
        while length < self.caret:
            length += len(parts[at])
            at += 1
        if self.masked:
            return ["*"] * len(parts), at
        return [display(part) for part in parts], at

    def _before(self, position: int) -> int:
        start = 0
        for part in clusters(self.text):
            if start + len(part) >= position:
                return start
            start += len(part)
        return start

    def _after(self, position: int) -> int:
        end = 0
        for part in clusters(self.text):
            end += len(part)
            if end > position:
                return end
        return end

    def _boundary(self, position: int) -> int:
        """Return the nearest cluster edge at or behind `position`."""
        end = 0
        for part in clusters(self.text):
            if end >= position:
                return end
            end += len(part)
        return end
