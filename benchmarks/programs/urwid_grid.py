"""The same roster in urwid: rows of Edit widgets in a ListBox."""

from __future__ import annotations

import urwid  # type: ignore[import-untyped, unused-ignore]

from benchmarks.programs.rows import COLUMNS, ROWS, row


def line(index: int) -> urwid.Columns:
    """One row of edit fields."""
    cells: list[tuple[int, urwid.Widget]] = [
        (width, urwid.AttrMap(urwid.Edit(edit_text=text), None, "focus"))
        for (_, width), text in zip(COLUMNS, row(index), strict=True)
    ]
    return urwid.Columns(cells)  # type: ignore[arg-type, unused-ignore]


def main() -> None:
    """Run until F8."""
    body = urwid.ListBox(urwid.SimpleFocusListWalker([line(index) for index in range(ROWS)]))
    head = urwid.Text("  ".join(title for title, _ in COLUMNS))

    def unhandled(key: str | tuple[str, int, int, int]) -> None:
        if key == "f8":
            raise urwid.ExitMainLoop
        if key == "tab":
            columns = body.focus
            assert isinstance(columns, urwid.Columns)
            columns.focus_position = (columns.focus_position + 1) % len(COLUMNS)

    palette = [("focus", "standout", "")]
    urwid.MainLoop(urwid.Frame(body, header=head), palette, unhandled_input=unhandled).run()


if __name__ == "__main__":
    main()
