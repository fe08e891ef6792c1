"""The delta painter draws what stock Textual draws, in a tenth of the bytes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyte
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.support.pty_terminal import PtyTerminal, picture_of
from tests.tui import shell_app
from tests.tui.shell_app import TestingApp
from tui.painter import Painter, UnexpectedFrameError

APP = [sys.executable, "-m", "tests.tui.shell_main"]
WIDTH, HEIGHT = 24, 10
STYLES = (
    Style(), Style(bold=True), Style(reverse=True), Style(color="red"), Style(color="cyan", bold=True),
    Style(bgcolor="blue"), Style(underline=True), Style(color="#123456", bgcolor="bright_black"),
)  # fmt: skip


class Terminal:
    """A pyte screen fed with text."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.screen = pyte.Screen(width, height)
        self.screen.reset_mode(7, private=True)
        self.stream = pyte.Stream(self.screen)

    def picture(self) -> Any:
        return picture_of(self.screen)


# -- single frames on random pictures ---

pieces = st.tuples(st.text(alphabet="ab 张三1·", min_size=1, max_size=12), st.sampled_from(STYLES))


@st.composite
def strips(draw: st.DrawFn, width: int = WIDTH) -> Strip:
    segments: list[Segment] = []
    left = width
    for text, style in draw(st.lists(pieces, max_size=4)):
        text = set_cell_size(text, min(cell_len(text), left))
        segments.append(Segment(text, style))
        left -= cell_len(text)
    return Strip([*segments, Segment(" " * left, Style())], width)


@st.composite
def frames(draw: st.DrawFn) -> list[tuple[str, Any]]:
    steps: list[tuple[str, Any]] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(("full", "rows", "scroll", "part")))
        if kind == "full":
            steps.append((kind, draw(st.lists(strips(), min_size=HEIGHT, max_size=HEIGHT))))
        elif kind == "rows":
            steps.append((kind, draw(st.dictionaries(st.integers(0, HEIGHT - 1), strips(), max_size=4))))
        elif kind == "scroll":
            steps.append((kind, (draw(st.integers(-4, 4)), draw(st.lists(strips(), min_size=4, max_size=4)))))
        else:
            x = draw(st.integers(0, WIDTH - 6))
            steps.append((kind, (draw(st.integers(0, HEIGHT - 1)), x, draw(strips(6)))))
    return steps


def chops(rows: dict[int, tuple[int, Strip]]) -> ChopsUpdate:
    lines: list[dict[int, Strip | None]] = [{} for _ in range(HEIGHT)]
    ends: list[list[int]] = [[] for _ in range(HEIGHT)]
    for y, (x, strip) in rows.items():
        lines[y], ends[y] = {x: strip}, [x + strip.cell_length]
    spans = [(y, x, x + strip.cell_length) for y, (x, strip) in sorted(rows.items())]
    return ChopsUpdate(lines, spans, ends)


def seen(painter: Painter) -> list[list[tuple[str, bool]]]:
    """Return characters and reverse of the wanted picture; wide characters as pyte keeps them."""
    return [[(text, "7" in pen[2].split(";")) for text, pen in row] for row in painter._wanted]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(frames())
def test_the_terminal_shows_what_is_wanted_after_every_frame(steps: list[tuple[str, Any]]) -> None:
    painter = Painter(ColorSystem.EIGHT_BIT)
    painter.resize(WIDTH, HEIGHT)
    terminal, mirror = Terminal(), Terminal()
    rows = [Strip.blank(WIDTH)] * HEIGHT
    for kind, value in steps:
        update: LayoutUpdate | ChopsUpdate
        if kind == "full":
            rows = value
            update = LayoutUpdate([[row] for row in rows], Region(0, 0, WIDTH, HEIGHT))
        elif kind == "scroll":
            step, fresh = value
            rows = (rows[step:] + fresh)[:HEIGHT] if step >= 0 else (fresh + rows)[4 + step :][:HEIGHT]
            update = LayoutUpdate([[row] for row in rows], Region(0, 0, WIDTH, HEIGHT))
        elif kind == "rows":
            update = chops({y: (0, strip) for y, strip in value.items()})
            rows = [value.get(y, row) for y, row in enumerate(rows)]
        else:
            y, x, strip = value
            update = chops({y: (x, strip)})
            left, right = rows[y].crop(0, x), rows[y].crop(x + 6, WIDTH)
            rows = [*rows[:y], Strip.join([left, strip, right]), *rows[y + 1 :]]
        painter.take(update)
        terminal.stream.feed(painter.frame((3, 3)))
        fresh_painter = Painter(ColorSystem.EIGHT_BIT)
        fresh_painter.resize(WIDTH, HEIGHT)
        fresh_painter._wanted = [row.copy() for row in painter._wanted]
        mirror.stream.feed(fresh_painter.frame((3, 3)))
        assert terminal.picture() == mirror.picture()
        shown = [[(cell[0], cell[4]) for cell in row] for row in terminal.picture()]
        assert shown == seen(painter)
        assert (terminal.screen.cursor.x, terminal.screen.cursor.y) == (3, 3)


def test_a_full_frame_equals_stock_drawing_colour_by_colour() -> None:
    from rich.console import Console

    text = "张三 abc 12.50"
    rows = [Strip([Segment(set_cell_size(text, WIDTH), style)], WIDTH) for style in (*STYLES, *STYLES)][
        :HEIGHT
    ]
    update = LayoutUpdate([[row] for row in rows], Region(0, 0, WIDTH, HEIGHT))
    console = Console(color_system="256", force_terminal=True)
    stock, own = Terminal(), Terminal()
    stock.stream.feed(update.render_segments(console).replace("\n", "\r\n"))
    painter = Painter(ColorSystem.EIGHT_BIT)
    painter.resize(WIDTH, HEIGHT)
    painter.take(update)
    own.stream.feed(painter.frame((0, 0)))
    assert own.picture() == stock.picture()


def test_monochrome_sends_attributes_and_no_colour() -> None:
    painter = Painter(None)
    painter.resize(WIDTH, 1)
    painter.take(chops({0: (0, Strip([Segment("x", Style(color="red", bold=True))]))}))
    assert "\x1b[1mx" in painter.frame((0, 0))


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\x07\x9b", "a\u200b\u202eb"])
def test_controls_in_a_strip_never_reach_the_terminal(text: str) -> None:
    painter = Painter(ColorSystem.STANDARD)
    painter.resize(WIDTH, 1)
    try:
        painter.take(chops({0: (0, Strip([Segment(text)]))}))
    except UnexpectedFrameError:
        return
    sent = painter.frame((0, 0)).removeprefix("\x1b[m\x1b[H\x1b[2J")
    assert not {"\x1b[2J", "\x07", "\x9b", "\u202e"} & {part for part in ("\x1b[2J", *sent) if part in sent}


def test_a_strip_that_lies_about_its_length_is_refused() -> None:
    painter = Painter(ColorSystem.STANDARD)
    painter.resize(WIDTH, 1)
    with pytest.raises(UnexpectedFrameError):
        painter.take(chops({0: (0, Strip([Segment("abc")], 5))}))


def test_scrolling_moves_the_terminals_own_lines() -> None:
    rows = [Strip([Segment(f"{n:<{WIDTH}}")]) for n in range(40)]
    painter = Painter(ColorSystem.STANDARD)
    painter.resize(WIDTH, HEIGHT)
    sizes = []
    for top in (0, 1, 2, 7, 6, 0):
        painter.take(LayoutUpdate([[row] for row in rows[top : top + HEIGHT]], Region(0, 0, WIDTH, HEIGHT)))
        sizes.append(len(painter.frame((0, 0))))
    assert sizes[1] < 40 and sizes[2] < 40 and sizes[4] < 40


# -- the application against stock drawing ---


class Twin(TestingApp):
    """Feeds every frame to two terminals: once drawn by Textual, once by the painter."""

    __test__ = False

    def __init__(self) -> None:
        catalog = {"first": shell_app.First, "second": shell_app.Second, "third": shell_app.Third}
        super().__init__(catalog, start="first")
        self.console._color_system = ColorSystem.EIGHT_BIT
        self.stock, self.own = Terminal(80, 24), Terminal(80, 24)
        self.drawn_size = (80, 24)
        self.frames = self.fallbacks = 0

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        if not isinstance(renderable, (LayoutUpdate, ChopsUpdate)) or self._batch_count:
            return
        size = self.size
        if self.drawn_size != (size.width, size.height):
            self.drawn_size = (size.width, size.height)
            for terminal in (self.stock, self.own):
                terminal.screen.resize(size.height, size.width)
                terminal.stream.feed("\x1b[m\x1b[H\x1b[2J")
        stock = renderable.render_segments(self.console).replace("\n", "\r\n")
        self.stock.stream.feed(stock)
        if self._painted(renderable):
            assert self._painter is not None
            self.own.stream.feed(self._painter.frame(self.caret_position()))
            self.frames += 1
            if isinstance(renderable, LayoutUpdate) or not self.fallbacks:
                assert difference(self.own.picture(), self.stock.picture()) == []
        else:
            self.own.stream.feed("\x1b[m" + stock)
            self.fallbacks += 1


KEYS = st.sampled_from(
    ["a", "张", "1", "0", "enter", "down", "down", "up", "backspace", "f1", "f10", "f12", "y",
     "n", "escape", "tab", "s", "c", "h", "t", "b", "pagedown", "end", "resize"]
)  # fmt: skip


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(KEYS, min_size=30, max_size=90))
async def test_random_keys_give_the_picture_of_stock_drawing(keys: list[str]) -> None:
    await strike_and_compare(keys)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(KEYS, min_size=30, max_size=90))
async def test_many_random_keys_give_the_picture_of_stock_drawing(keys: list[str]) -> None:
    await strike_and_compare(keys)


async def strike_and_compare(keys: list[str]) -> None:
    app = Twin()
    sizes = [(100, 30), (80, 24), (120, 36)]
    async with app.run_test(size=(80, 24)) as pilot:
        for count, key in enumerate(keys):
            if key == "resize":
                await pilot.resize_terminal(*sizes[count % 3])
            else:
                app.post_message(events.Key(key, key if len(key) == 1 else None))
                if count % 5 == 4:
                    await pilot.pause(0.005)
        await pilot.pause(0.05)
        await pilot.pause()
    assert app.frames > 0


async def test_stock_drawing_takes_an_unexpected_frame_and_the_painter_the_next_full_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Twin()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        before = app.frames

        def refuse(painter: Painter, update: LayoutUpdate | ChopsUpdate) -> None:
            monkeypatch.undo()
            raise UnexpectedFrameError("not as expected")

        monkeypatch.setattr(Painter, "take", refuse)
        await pilot.press("7")
        await pilot.pause(0.05)
        assert (app.fallbacks, app._painter is not None) == (1, True)
        assert app.frames > before
        assert difference(app.own.picture(), app.stock.picture()) == []


# -- in a real terminal ---


def test_byte_budgets_in_256_colours() -> None:
    with PtyTerminal(APP, columns=120, rows=36) as terminal:
        terminal.wait_for("返回")
        terminal.wait_quiet()
        assert terminal.received <= 2500, "first screen"
        assert terminal.bytes_for("1") <= 32
        assert terminal.bytes_for("张") <= 32
        assert terminal.bytes_for("\x7f") <= 32
        assert terminal.bytes_for("\x1b[B", 0.2) <= 300, "one row scrolled"
        assert terminal.bytes_for("\x1b[21~", 0.3) <= 900, "dialog"
        terminal.wait_for("确认吗")
        assert terminal.bytes_for("n", 0.3) <= 900, "dialog closed"
        terminal.send("\x7f" * 5)
        terminal.wait_quiet()
        assert terminal.bytes_for("s\r", 0.4) <= 2500, "screen"
        terminal.wait_for("第二屏")


def test_after_a_lent_terminal_the_whole_picture_is_back() -> None:
    import os
    import signal

    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("ab")
        terminal.wait_for("ab")
        before = terminal.picture
        os.kill(terminal.pid, signal.SIGTSTP)
        status = Path(f"/proc/{terminal.pid}/stat")
        terminal.wait(lambda: status.read_text().rpartition(")")[2].split()[0] == "T", 5, "a stopped program")
        terminal._feed(b"\x1b[H\x1b[2Jshell$ ls")
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for("返回")
        terminal.send("c")
        terminal.wait_for("abc")
        terminal.send("\x7f")
        terminal.wait_gone("abc")
        terminal.wait_quiet()
        assert terminal.picture == before


def test_ctrl_l_draws_everything_again() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.wait_quiet()
        before = terminal.picture
        with terminal._changed:
            terminal._feed(b"\x1b[H\x1b[2Jbroken line")
        terminal.send("\x0c")
        terminal.wait_for("返回")
        terminal.wait_quiet()
        assert terminal.picture == before


def test_a_slow_line_does_not_stop_the_program() -> None:
    with PtyTerminal(APP, columns=80, rows=24, bytes_per_second=8000) as terminal:
        terminal.wait_for("返回")
        terminal.send_keys(["\x1b[B"] * 30, 1 / 30)
        terminal.send("x")
        terminal.wait(lambda: "x" in terminal.lines[1], 0.6, "the last key")
        assert terminal.lines[2].lstrip().startswith("31 ")


def halves_blanked(row: Any) -> Any:
    """Do what terminals do and pyte does not: half a wide character is blank."""
    after = [cell[0] for cell in row[1:]] + [" "]
    before = [" "] + [cell[0] for cell in row[:-1]]
    return [
        (" ", "default", cell[2], False, False, False)
        if (cell_len(cell[0]) == 2 and follows != "") or (cell[0] == "" and cell_len(leads) != 2)
        else cell
        for cell, follows, leads in zip(row, after, before, strict=True)
    ]


def difference(own: Any, stock: Any) -> list[tuple[int, int, Any, Any]]:
    """Return (row, column, own cell, stock cell) where two pictures differ."""
    return [
        (y, x, mine, theirs)
        for y, (row, other) in enumerate(zip(own, stock, strict=True))
        for x, (mine, theirs) in enumerate(zip(row, halves_blanked(other), strict=True))
        if mine != theirs
    ]
