"""One line of text asked for in a dialog: an opinion, a reason, a word that confirms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from textual.strip import Strip

from tui import glyphs
from tui.caret import caret_segments
from tui.dialog import MAX_TEXT_WIDTH, AnswerScreen
from tui.edit import LineEditor
from tui.keys import KeyWidget
from tui.theme import CURSOR, ERROR, PLAIN


class TextEntry(KeyWidget):
    """Lines of explanation over one field; Enter ends the dialog with the text.

    `required` refuses an empty text, `exactly` every text but that one; both say so below the field.
    """

    KEY_CONTEXT: ClassVar[str] = "form"

    def __init__(
        self,
        lines: Sequence[str],
        *,
        text: str = "",
        limit: int = 200,
        required: str = "",
        exactly: str = "",
        width: int = 60,
    ) -> None:
        super().__init__()
        self._lines = [part for line in lines for part in glyphs.wrap(line, min(width, MAX_TEXT_WIDTH))]
        self._editor = LineEditor(text, max_length=limit)
        self._required = required
        self._exactly = exactly
        self._notice = ""
        self.styles.width = width
        self.styles.height = len(self._lines) + 2

    def render_line(self, y: int) -> Strip:
        """Draw a line of explanation, the field, or the message below it."""
        cells = self.size.width
        if y < len(self._lines):
            return Strip([Segment(glyphs.fit(self._lines[y], cells), PLAIN)], cells)
        if y == len(self._lines):
            inner = caret_segments(self._editor, cells - 2, PLAIN, CURSOR)
            return Strip([Segment("["), *inner, Segment("]")]).adjust_cell_length(cells)
        return Strip([Segment(glyphs.fit(self._notice, cells), ERROR)], cells)

    def caret(self) -> tuple[int, int] | None:
        """Return where the next character will stand."""
        return 1 + self._editor.view(self.size.width - 2).caret, len(self._lines)

    def whereabouts(self) -> dict[str, Any]:
        """Return what is typed."""
        return {"text": self._editor.text}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Show the text again."""
        self._editor.set_text(str(kept.get("text") or "")[: self._editor.max_length])
        self.refresh()

    def handle_text(self, char: str) -> bool:
        """Type."""
        return self._changed(self._editor.insert(char))

    def handle_paste(self, text: str) -> bool:
        """Paste one line."""
        return self._changed(self._editor.insert(text.strip("\r\n")))

    def handle_action(self, action: str) -> bool:
        """Edit, or end the dialog."""
        match action:
            case "accept":
                return self._accept()
            case "erase_left":
                return self._changed(self._editor.backspace())
            case "clear":
                return self._changed(self._editor.delete())
            case "left":
                return self._changed(self._editor.left())
            case "right":
                return self._changed(self._editor.right())
            case "home":
                self._editor.home()
            case "end":
                self._editor.end()
            case "cancel_edit":
                self._editor.clear()
            case _:
                return False
        return self._changed(True)

    def _changed(self, changed: bool) -> bool:
        if changed:
            self._notice = ""
            self.refresh()
        return changed

    def _accept(self) -> bool:
        text = self._editor.text.strip()
        if self._required and not text:
            return self._refuse(self._required)
        if self._exactly and text.upper() != self._exactly.upper():
            return self._refuse(f"! 请键入 {self._exactly} 再按回车，放弃请按 F12。")
        screen = self.screen
        if isinstance(screen, AnswerScreen):
            screen.finish(text)
        return True

    def _refuse(self, why: str) -> bool:
        self._notice = why
        self.shell.bell()
        self.refresh()
        return True
