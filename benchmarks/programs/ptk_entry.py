"""The entry screen in prompt_toolkit."""

from __future__ import annotations

from prompt_toolkit import Application
from prompt_toolkit.filters import Always, Condition
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.bindings.focus import focus_next
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.layout import (
    ConditionalContainer,
    DynamicContainer,
    Float,
    FloatContainer,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.controls import FormattedTextControl, UIControl
from prompt_toolkit.widgets import Frame, TextArea

from benchmarks.programs.content import (
    COUNT,
    DIALOG,
    FIELDS,
    KEY_BAR,
    OTHER_FIRST,
    OTHER_TITLE,
    TITLE,
    heading,
    line,
)


def table(first: int) -> TextArea:
    """The people from one on."""
    area = TextArea("\n".join(line(n) for n in range(first, COUNT)), read_only=True, wrap_lines=False)
    area.window.cursorline = Always()
    return area


def text(content: str, style: str = "") -> Window:
    """One line."""
    return Window(FormattedTextControl(content), height=1, style=style)


def main() -> None:
    fields = [TextArea(prompt=f"{field}  ", multiline=False, height=1) for field in FIELDS]
    shown = {"other": False, "dialog": False}
    left: list[UIControl] = [fields[0].control]
    title, lines, answers = DIALOG
    entry = HSplit([text(TITLE, "reverse"), *fields, text(heading()), table(0), text(KEY_BAR)])
    people = table(OTHER_FIRST)
    other = HSplit([text(OTHER_TITLE, "reverse"), text(heading()), people, text(KEY_BAR)])
    asked = Frame(Window(FormattedTextControl("\n".join((*lines, "", answers)))), title=title, width=40)
    box = ConditionalContainer(asked, Condition(lambda: shown["dialog"]))
    body = FloatContainer(DynamicContainer(lambda: other if shown["other"] else entry), [Float(box)])
    keys = KeyBindings()
    keys.add("tab")(focus_next)

    @keys.add("f5")
    def _(event: KeyPressEvent) -> None:
        shown["dialog"] = True

    @keys.add("n", filter=Condition(lambda: shown["dialog"]))
    def _(event: KeyPressEvent) -> None:
        shown["dialog"] = False

    @keys.add("f6")
    def _(event: KeyPressEvent) -> None:
        shown["other"] = not shown["other"]
        if shown["other"]:
            left[:] = [event.app.layout.current_control]
        event.app.layout.focus(people.control if shown["other"] else left[0])

    Application(Layout(body, fields[0]), key_bindings=keys, full_screen=True).run()


if __name__ == "__main__":
    main()
