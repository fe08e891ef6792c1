"""The entry screen in urwid."""

from __future__ import annotations

from typing import Any

import urwid

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

PALETTE = [("focus", "standout", ""), ("title", "standout", "")]


def table(first: int) -> Any:
    """The people from one on."""
    rows = [urwid.AttrMap(urwid.SelectableIcon(line(n), 0), None, "focus") for n in range(first, COUNT)]
    return urwid.ListBox(urwid.SimpleFocusListWalker(rows))


def screen(title: str, *parts: Any) -> Any:
    """Title, parts, key bar."""
    return urwid.Frame(
        urwid.Pile(list(parts)), urwid.AttrMap(urwid.Text(title), "title"), urwid.Text(KEY_BAR)
    )


def main() -> None:
    edits = [urwid.Edit(f"{field}  ") for field in FIELDS]
    entry = screen(TITLE, *(("pack", e) for e in edits), ("pack", urwid.Text(heading())), table(0))
    other = screen(OTHER_TITLE, ("pack", urwid.Text(heading())), table(OTHER_FIRST))
    stops = [*range(len(FIELDS)), len(FIELDS) + 1]
    title, lines, answers = DIALOG
    asked = urwid.LineBox(urwid.Filler(urwid.Text("\n".join((*lines, "", answers)))), title=title)

    def key(struck: object) -> None:
        pile = entry.body
        match struck:
            case "tab":
                pile.focus_position = stops[(stops.index(pile.focus_position) + 1) % len(stops)]
            case "f5":
                loop.widget = urwid.Overlay(asked, entry, "center", 40, "middle", len(lines) + 4)
            case "n":
                loop.widget = entry
            case "f6":
                loop.widget = entry if loop.widget is other else other

    loop = urwid.MainLoop(entry, PALETTE, handle_mouse=False, unhandled_input=key)
    loop.run()


if __name__ == "__main__":
    main()
