"""The same roster drawn by curses, with editing in place."""

from __future__ import annotations

import curses
import locale

from benchmarks.programs.rows import COLUMNS, ROWS, row


class Sheet:
    """Cursor, top line and changed cells."""

    def __init__(self, window: curses.window) -> None:
        self.window = window
        self.top = self.line = self.column = 0
        self.text = ""
        self.changed: dict[tuple[int, int], str] = {}
        self.height = window.getmaxyx()[0] - 2

    def draw(self) -> None:
        """Draw everything; curses sends the difference."""
        x = 0
        for place, (title, width) in enumerate(COLUMNS):
            self.window.addstr(0, x, title)
            for y in range(self.height):
                index = self.top + y
                if index >= ROWS:
                    break
                here = index == self.line and place == self.column
                text = (
                    self.text if here and self.text else self.changed.get((index, place), row(index)[place])
                )
                attribute = curses.A_REVERSE if here else curses.A_NORMAL
                self.window.addstr(1 + y, x, " " * (width - 1), attribute)
                self.window.addstr(1 + y, x, text[: width - 1], attribute)
            x += width
        self.window.refresh()

    def key(self, key: str | int) -> bool:
        """Handle one key; False ends the program."""
        if key == "q":
            return False
        if key == curses.KEY_DOWN:
            self.line = min(self.line + 1, ROWS - 1)
        elif key == curses.KEY_NPAGE:
            self.line = min(self.line + self.height, ROWS - 1)
            self.top = min(self.top + self.height, ROWS - self.height)
        elif key in ("\t", "\n", "\r"):
            if self.text:
                self.changed[self.line, self.column] = self.text
                self.text = ""
            self.column = (self.column + 1) % len(COLUMNS)
        elif isinstance(key, str) and key.isprintable():
            self.text += key
        if self.line >= self.top + self.height:
            self.top = self.line - self.height + 1
        return True


def main(window: curses.window) -> None:
    """Run until q."""
    curses.curs_set(1)
    sheet = Sheet(window)
    sheet.draw()
    while sheet.key(window.get_wch()):
        sheet.draw()


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")
    curses.wrapper(main)
