"""The entry screen in curses, drawn anew at every key; curses itself sends only what has changed."""

from __future__ import annotations

import curses
import locale
from dataclasses import dataclass, field

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
from domain.text import cell_width

TOP = len(FIELDS) + 2


@dataclass
class State:
    """What is shown."""

    texts: list[str] = field(default_factory=lambda: [""] * len(FIELDS))
    place: int = 0
    cursor: int = 0
    first: int = 0
    other: bool = False
    dialog: bool = False


def draw(screen: curses.window, state: State) -> None:
    """Draw everything."""
    screen.erase()
    screen.addstr(0, 0, OTHER_TITLE if state.other else TITLE, curses.A_REVERSE)
    top = 2 if state.other else TOP
    for number, name in enumerate(() if state.other else FIELDS):
        draw_field(screen, 1 + number, name, state.texts[number], current=number == state.place)
    screen.addstr(top - 1, 0, heading(), curses.A_BOLD)
    first = OTHER_FIRST if state.other else state.first
    for number in range(curses.LINES - top - 1):
        chosen = not state.other and first + number == state.cursor and state.place == len(FIELDS)
        screen.addstr(top + number, 0, line(first + number), curses.A_REVERSE if chosen else 0)
    screen.addstr(curses.LINES - 1, 0, KEY_BAR)
    if state.dialog:
        draw_dialog(screen)
    screen.refresh()


def draw_field(screen: curses.window, y: int, name: str, text: str, *, current: bool) -> None:
    """Draw a field as ours does: in brackets, with a caret of its own, as its cursor stands at the caret."""
    screen.addstr(y, 0, f"{name}  [{text}")
    screen.addstr(" ", curses.A_REVERSE if current else 0)
    caret = screen.getyx()[1] - 1
    screen.addstr(" " * (17 - cell_width(text)) + "]")
    if current:
        screen.move(y, caret)


def draw_dialog(screen: curses.window) -> None:
    """Draw the dialog over the middle."""
    title, lines, answers = DIALOG
    width, left, top = 40, 40, 14
    screen.addstr(top, left, "+" + f"- {title} ".ljust(width - 4, "-") + "+")
    for number, text in enumerate((*lines, "", answers), 1):
        screen.addstr(top + number, left, "|" + " " * (width - 2) + "|")
        screen.addstr(top + number, left + 2, text)
    screen.addstr(top + len(lines) + 3, left, "+" + "-" * (width - 2) + "+")


def main(screen: curses.window) -> None:
    """Run until the terminal is closed."""
    curses.curs_set(0)
    state = State()
    lines = curses.LINES - TOP - 1
    while True:
        draw(screen, state)
        key = screen.get_wch()
        if state.dialog:
            state.dialog = key != "n"
        elif key == curses.KEY_F5:
            state.dialog = True
        elif key == curses.KEY_F6:
            state.other = not state.other
        elif key == "\t":
            state.place = (state.place + 1) % (len(FIELDS) + 1)
        elif state.place < len(FIELDS) and isinstance(key, str) and key.isprintable():
            state.texts[state.place] += key
        elif key in (curses.KEY_DOWN, curses.KEY_NPAGE):
            state.cursor = min(state.cursor + (1 if key == curses.KEY_DOWN else lines), COUNT - lines)
            if state.cursor >= state.first + lines or key == curses.KEY_NPAGE:
                state.first = state.cursor - (lines - 1 if key == curses.KEY_DOWN else 0)


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")
    curses.wrapper(main)
