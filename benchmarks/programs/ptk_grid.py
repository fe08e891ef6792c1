"""The same roster in prompt_toolkit: three fields over a list."""

from __future__ import annotations

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings.focus import focus_next
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.utils import get_cwidth
from prompt_toolkit.widgets import TextArea

from benchmarks.programs.rows import COLUMNS, FIELDS, ROWS, row

PAGE = 28


def padded(text: str, width: int) -> str:
    """Cut and fill to cells."""
    while get_cwidth(text) > width - 1:
        text = text[:-1]
    return text + " " * (width - get_cwidth(text))


def main() -> None:
    """Run until F8."""
    place = [0]

    def table() -> StyleAndTextTuples:
        top = max(0, place[0] - PAGE + 1)
        lines: StyleAndTextTuples = []
        for index in range(top, min(top + PAGE, ROWS)):
            cells = zip(row(index), COLUMNS, strict=True)
            text = "".join(padded(cell, width) for cell, (_, width) in cells)
            lines.append(("reverse" if index == place[0] else "", text + "\n"))
        return lines

    keys = KeyBindings()
    keys.add("tab")(focus_next)

    @keys.add("f8")
    def leave(event: KeyPressEvent) -> None:
        event.app.exit()

    @keys.add("down")
    def down(event: KeyPressEvent) -> None:
        place[0] = min(place[0] + 1, ROWS - 1)

    @keys.add("pagedown")
    def page(event: KeyPressEvent) -> None:
        place[0] = min(place[0] + PAGE, ROWS - 1)

    fields = [TextArea(height=1, prompt=f"{title}: ", multiline=False) for title in FIELDS]
    grid = Window(FormattedTextControl(table))
    Application(layout=Layout(HSplit([*fields, grid])), key_bindings=keys, full_screen=True).run()


if __name__ == "__main__":
    main()
