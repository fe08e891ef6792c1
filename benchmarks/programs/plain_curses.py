"""The entry screen in curses, drawn anew at every key; curses itself sends only what has changed."""

from __future__ import annotations

import curses
import locale

from benchmarks.programs.content import COUNT, FIELDS, heading, line

TOP = len(FIELDS) + 1


def main(screen: curses.window) -> None:
    texts, place, cursor, first = [""] * len(FIELDS), 0, 0, 0
    lines = curses.LINES - TOP - 1
    while True:
        screen.erase()
        for number, field in enumerate(FIELDS):
            screen.addstr(number, 0, f"{field}  {texts[number]}")
        screen.addstr(len(FIELDS), 0, heading(), curses.A_BOLD)
        for number in range(lines):
            style = curses.A_REVERSE if first + number == cursor and place == len(FIELDS) else curses.A_NORMAL
            screen.addstr(TOP + number, 0, line(first + number), style)
        if place < len(FIELDS):
            screen.move(place, len(FIELDS[place]) * 2 + 2 + len(texts[place]))
        screen.refresh()
        key = screen.get_wch()
        if key == "\t":
            place = (place + 1) % (len(FIELDS) + 1)
        elif place < len(FIELDS) and isinstance(key, str) and key.isprintable():
            texts[place] += key
        elif key in (curses.KEY_DOWN, curses.KEY_NPAGE):
            cursor = min(cursor + (1 if key == curses.KEY_DOWN else lines), COUNT - lines)
            if cursor >= first + lines or key == curses.KEY_NPAGE:
                first = cursor - (lines - 1 if key == curses.KEY_DOWN else 0)


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")
    curses.wrapper(main)
