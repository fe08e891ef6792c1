"""How a text under edit is drawn."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tui.edit import LineEditor


def caret_segments(editor: LineEditor, width: int, style: Style, caret: Style) -> list[Segment]:
    """Draw an editor in `width` cells of `style` with the cell(s) under the caret in `caret`."""
    view = editor.view(width)
    before = ""
    cells = 0
    for position, char in enumerate(view.text):
        if cells >= view.caret:
            return [
                Segment(before, style),
                Segment(char, caret),
                Segment(view.text[position + 1 :], style),
            ]
        before += char
        cells += cell_len(char)
    return [Segment(before, style)]
