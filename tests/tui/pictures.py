"""Snapshot pictures of every widget state, as text with the attributes beneath each line.

`make snapshots` (`python -m tests.tui.pictures build/snapshots`) writes the files in `snapshots/` anew and
draws each picture as SVG into `build/snapshots`, with a page to look through them.

A picture: the lines of the screen between bars, and below a line that has attributes one letter per cell
telling the role (`LEGEND`). The place of the terminal's cursor stands in the heading.
"""

from __future__ import annotations

import asyncio
import html
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.cells import cell_len
from rich.style import Style
from textual import events

from tests.tui.entry_models import typing_over
from tests.tui.gallery import KINDS, Gallery
from tests.tui.gallery_entry import EntryGallery
from tui import theme
from tui.form import Form
from tui.grid import Grid
from tui.shellscreen import KeyScreen

FOLDER: Final = Path(__file__).with_name("snapshots")
SIZES: Final = ((80, 24), (120, 40))
ROLES: Final[dict[str, Style]] = {
    "T": theme.TITLE, "r": theme.CURSOR, "u": theme.SELECTED, "E": theme.ERROR, "W": theme.WARNING,
    "g": theme.GOOD, "c": theme.READ_ONLY, "d": theme.DIM, "b": theme.STRONG,
}  # fmt: skip
LEGEND: Final = (
    "T 标题  r 光标(反显)  u 选中(下划线)  E 错误(红粗)  W 警告(黄粗)  "
    "g 完成(绿)  c 只读(青)  d 次要(灰)  b 粗"
)
KEYS: Final = {" ": "space", "+": "plus", ".": "full_stop", "*": "asterisk"}


@dataclass(frozen=True, slots=True)
class Family:
    """Pictures of one widget: the gallery's screen, and for each picture its name and the keys before it."""

    name: str
    screen: str
    pictures: tuple[tuple[str, tuple[str, ...]], ...]


FAMILIES: Final = (
    Family("grid", "grid", (
        ("cell cursor", ()),
        ("typing overwrites", ("李", "四")),
        ("editing in place", ("f2", "left", "left")),
        ("taken back", ("escape",)),
        ("ticked rows", (" ", "down", " ")),
        ("faulty cell, finding in the footer", ("f8",)),
        ("refused value", ("8", "x", "enter")),
        ("scrolled sideways", ("escape", "end")),
        ("wide columns", ("f11",)),
        ("last row", ("f11", "ctrl+end")),
    )),
    Family("grid-empty", "empty", (("no row", ()), ("a row begun", ("enter",)))),
    Family("grid-read-only", "view", (("read only", ()), ("refused", ("right", "5")))),
    Family("form", "form", (
        ("first field", ()),
        ("typed over", ("王", "·")),
        ("a field refused", ("enter", "1", "2", "enter")),
        ("money computes", ("escape", *"11010519491231002.", "enter", *"9000")),
        ("choice", ("enter", "enter", "enter")),
        ("choice by initials", ("h", "z")),
        ("password", ("enter", "enter", "s", "e", "c")),
        ("check box", ("enter",)),
        ("ticked", (" ",)),
    )),
    Family("list", "list", (
        ("row cursor, notice colour", ()),
        ("option digits", ("1", "down", "5", "down", "down", "4")),
        ("no such option", ("9",)),
        ("last page", ("end",)),
    )),
    Family("menu", "menu-grid", (
        ("grid of tabs", ()),
        ("a number typed", ("1", "2")),
        ("no such code", ("9", "9", "enter")),
    )),
    Family("menu-columns", "menu-columns", (("menus by group", ()), ("moved", ("right", "down")))),
    Family("menu-dashboard", "dashboard", (("dashboard", ()), ("a code awaited", ("f2", "1", "0")))),
    Family("dialogs", "grid", (
        ("question", ("f10",)),
        ("the other answer", ("right",)),
        ("choice", ("f12", "ctrl+p")),
        ("choice by number", ("2", "7")),
        ("long text", ("f12", "f9")),
        ("long text scrolled", ("pagedown",)),
        ("pick list", ("f12", "f4")),
        ("pick list filtered", ("王",)),
        ("pick list without a match", ("x",)),
        ("PIN", ("f12", "f7")),
        ("PIN typed", ("1", "2", "3", "4")),
        ("help", ("f12", "f1")),
        ("help of the screen", ("f1",)),
    )),
    Family("status", "grid", (
        *((f"status {kind}", ("f5",)) for kind in (*KINDS[1:], KINDS[0])),
        ("a letter of another encoding", ("é",)),
    )),
    Family("find", "work", (
        ("find line", ("ctrl+f",)),
        ("found while typing", ("欧",)),
        ("next one", ("ctrl+f",)),
        ("not found", ("x", "enter")),
        ("row number", ("escape", "ctrl+n")),
        ("no such row", ("9", "9", "enter")),
        ("at the row", ("backspace", "enter")),
    )),
    Family("views", "work", (
        ("sorted upwards", ("right", "right", "ctrl+o")),
        ("sorted downwards", ("ctrl+o",)),
        ("faulty rows only", ("ctrl+e",)),
        ("the finding of a cell", ("down",)),
    )),
    Family("digits", "digits", (
        ("option column", ()),
        ("digits beside rows", ("5", "down", "4", "down", "down", "5")),
        ("no such option", ("9",)),
        ("one taken away", ("escape",)),
        ("run", ("enter",)),
    )),
    Family("pad", "pad", (
        ("nothing pasted", ()),
        ("rows without marks", (*"张三", "tab", *"8000", "enter", *"李四")),
        ("a marked paste behind them", ("paste:\t9000\r王五\t9100\r\r赵六\t####",)),
    )),
    Family("paste-preview", "preview", (
        ("faulty rows first", ()),
        ("next fault", ("f8",)),
        ("a good row", ("down", "down")),
    )),
    Family("paste-refused", "refused", (("nothing to read", ()), ("Enter says why", ("enter",)))),
    Family("progress", "working", (
        ("work begun", ("f5",)),
        ("seven seconds", ("@7",)),
        ("keys wait", ("8",)),
        ("long work", ("@12",)),
        ("stopped", ("f12",)),
    )),
    Family("keycheck", "keycheck", (
        ("nothing struck", ()),
        ("some keys struck", ("f1", "f10", "up", "ctrl+d")),
    )),
)  # fmt: skip


def role_of(style: Style | None) -> str:
    """The letter of a style, a blank for plain."""
    if style is None:
        return " "
    shown = Style(
        color=style.color,
        bold=style.bold or None,
        reverse=style.reverse or None,
        underline=style.underline or None,
    )
    if shown.color is not None and shown.color.is_default:
        shown = Style(
            bold=style.bold or None, reverse=style.reverse or None, underline=style.underline or None
        )
    if shown == Style():
        return " "
    return next((letter for letter, role in ROLES.items() if role == shown), "?")


def picture(app: Gallery) -> str:
    """The screen as text."""
    lines: list[str] = []
    for strip in app.screen._compositor.render_strips():
        letters = "".join(role_of(style) * cell_len(text) for text, style, _ in strip)
        lines.append(f"|{strip.text}|")
        if letters.strip():
            lines.append(f" {letters.rstrip()}")
    return "\n".join(lines)


async def shown(family: Family, size: tuple[int, int]) -> AsyncIterator[tuple[str, EntryGallery]]:
    """Run the gallery through a family; yields the name of each picture when it stands."""
    app = EntryGallery(family.screen)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for name, keys in family.pictures:
            for key in keys:
                strike(app, key)
                await settled(app, pilot)
            yield name, app


def strike(app: EntryGallery, key: str) -> None:
    """Strike a key as the terminal would; `paste:…` is a marked paste, `@7` lets work last 7 seconds."""
    if key.startswith("@"):
        app.elapsed(int(key[1:]))
    elif key.startswith("paste:"):
        app._take(events.Paste(key.removeprefix("paste:")))
    else:
        app._take(events.Key(KEYS.get(key, key), key if len(key) == 1 else None))


async def settled(app: Gallery, pilot: Any) -> None:
    """Wait until keys are awaited again and nothing moves."""
    for _ in range(200):
        await pilot.pause()
        rests = not app.gate.closed and not app.gate.waiting
        if (rests or app.progress.cancel is not None) and isinstance(app.screen, KeyScreen):
            break
    for widget in (*app.screen.query(Form), *app.screen.query(Grid)):
        await typing_over(widget)
    await pilot.pause()


async def album(
    family: Family, size: tuple[int, int], save: Callable[[str, Gallery], None] | None = None
) -> str:
    """The text file of a family at a size."""
    parts = [f"{family.name} {size[0]}x{size[1]}\n{LEGEND}\n"]
    async for name, app in shown(family, size):
        x, y = app.caret_position()
        parts.append(f"\n=== {name}, caret {x},{y}\n{picture(app)}\n")
        if save is not None:
            save(name, app)
    return "".join(parts)


def path_of(family: Family, size: tuple[int, int]) -> Path:
    """Where the text file stands."""
    return FOLDER / f"{family.name}-{size[0]}x{size[1]}.txt"


def main(arguments: Sequence[str]) -> int:
    """Write all text files anew, and SVG files with a page into the folder named."""
    out = Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    FOLDER.mkdir(exist_ok=True)
    page: list[str] = []

    def save(name: str, app: Gallery) -> None:
        file = f"{len(page):03}-{name.replace(' ', '-')}.svg"
        (out / file).write_text(app.export_screenshot(title=name), encoding="utf-8")
        page.append(f"<h3>{html.escape(name)}</h3><img src='{file}'>")

    for family in FAMILIES:
        for size in SIZES:
            path_of(family, size).write_text(asyncio.run(album(family, size, save)), encoding="utf-8")
    (out / "index.html").write_text(f"<meta charset='utf-8'>{''.join(page)}", encoding="utf-8")
    print(f"{len(page)} pictures: {out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
