"""The entry screen in prompt_toolkit."""

from __future__ import annotations

from prompt_toolkit import Application
from prompt_toolkit.filters import Always
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.bindings.focus import focus_next
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.widgets import TextArea

from benchmarks.programs.content import COUNT, FIELDS, heading, line


def main() -> None:
    fields = [TextArea(prompt=f"{field}  ", multiline=False, height=1) for field in FIELDS]
    table = TextArea("\n".join(line(index) for index in range(COUNT)), read_only=True, wrap_lines=False)
    table.window.cursorline = Always()
    keys = KeyBindings()
    keys.add("tab")(focus_next)
    body = HSplit([*fields, Window(FormattedTextControl(heading()), height=1), table])
    Application(Layout(body), key_bindings=keys, full_screen=True).run()


if __name__ == "__main__":
    main()
