"""The entry screen in urwid."""

from __future__ import annotations

import urwid

from benchmarks.programs.content import COUNT, FIELDS, heading, line


def main() -> None:
    edits = [urwid.Edit(f"{field}  ") for field in FIELDS]
    rows = [urwid.AttrMap(urwid.SelectableIcon(line(index), 0), None, "focus") for index in range(COUNT)]
    table = urwid.ListBox(urwid.SimpleFocusListWalker(rows))
    pile = urwid.Pile([*(("pack", edit) for edit in edits), ("pack", urwid.Text(heading())), table])
    stops = [*range(len(FIELDS)), len(FIELDS) + 1]

    def tab(key: object) -> None:
        if key == "tab":
            pile.focus_position = stops[(stops.index(pile.focus_position) + 1) % len(stops)]

    urwid.MainLoop(pile, [("focus", "standout", "")], handle_mouse=False, unhandled_input=tab).run()


if __name__ == "__main__":
    main()
