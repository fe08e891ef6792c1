"""The delta painter draws what stock Textual draws, in a tenth of the bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.support.outgoing import strangers
from tests.support.pty_terminal import PtyTerminal
from tests.support.twin import Terminal, TwinMixin, difference
from tests.tui.gallery import SCREENS, Gallery
from tui.painter import Painter, UnexpectedFrameError, harmless

APP = [sys.executable, "-m", "tests.tui.shell_main"]
WIDTH, HEIGHT = 24, 10
STYLES = (
    Style(), Style(bold=True), Style(reverse=True), Style(color="red"), Style(color="cyan", bold=True),
    Style(bgcolor="blue"), Style(underline=True), Style(color="#123456", bgcolor="bright_black"),
)  # fmt: skip


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
    terminal, mirror = Terminal(WIDTH, HEIGHT), Terminal(WIDTH, HEIGHT)
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
        terminal.feed(painter.frame((3, 3)))
        fresh_painter = Painter(ColorSystem.EIGHT_BIT)
        fresh_painter.resize(WIDTH, HEIGHT)
        fresh_painter._wanted = [row.copy() for row in painter._wanted]
        mirror.feed(fresh_painter.frame((3, 3)))
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
    stock, own = Terminal(WIDTH, HEIGHT), Terminal(WIDTH, HEIGHT)
    stock.feed(update.render_segments(console).replace("\n", "\r\n"))
    painter = Painter(ColorSystem.EIGHT_BIT)
    painter.resize(WIDTH, HEIGHT)
    painter.take(update)
    own.feed(painter.frame((0, 0)))
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


class Twin(TwinMixin, Gallery):
    """The gallery, drawn twice."""

    def __init__(self, start: str = "grid", colors: ColorSystem | None = ColorSystem.EIGHT_BIT) -> None:
        super().__init__(start)
        self.depth = colors
        self.begin(80, 24)


TYPED = ["a", "x", "1", "0", "8", "张", "é", "\u0301", "·", "𠮷", "，", " ", "+", "*", ".", "-", "y", "n"]
NAMED = [
    "enter", "enter", "down", "down", "down", "up", "left", "right", "right", "home", "end",
    "pageup", "pagedown", "ctrl+home", "ctrl+end", "tab", "shift+tab", "backspace", "delete", "insert",
    "escape", "f1", "f2", "f3", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f12",
    "ctrl+p", "ctrl+u", "ctrl+t", "ctrl+d", "ctrl+l", "ctrl+g",
]  # fmt: skip
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Without shrinking: an example takes a second, and its keys tell enough."""
SPECIAL = ["resize", "lend", "pause", "pause"]
KEYS = st.sampled_from([*TYPED, *NAMED, *SPECIAL])
SIZES = ((100, 30), (80, 24), (120, 36), (250, 70), (81, 25))


async def play(app: Twin, keys: list[str]) -> None:
    """Strike keys without waiting between most of them; every frame compares itself."""
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for count, key in enumerate(keys):
            if key == "resize":
                await pilot.resize_terminal(*SIZES[count % len(SIZES)])
            elif key == "lend":
                await pilot.pause()
                app.own.feed("\x1b[H\x1b[2J\x1b[31;44mshell$ 别的程序\x1b[m")
                app.redraw()
                app.own.screen.dirty.update(range(app.own.screen.lines))
                app.compare()
            elif key == "pause":
                await pilot.pause(0.002)
            else:
                app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause(0.02)
        await pilot.pause()
        app.own.screen.dirty.update(range(app.own.screen.lines))
        app.compare()
    assert app.frames > 0 and not app.behind
    assert app.fallbacks == 0 or "resize" in keys


@settings(max_examples=6, suppress_health_check=SLOW, phases=PHASES)
@given(st.sampled_from(list(SCREENS)), st.lists(KEYS, min_size=40, max_size=120))
async def test_random_keys_give_the_picture_of_stock_drawing(start: str, keys: list[str]) -> None:
    await play(Twin(start), keys)


@pytest.mark.slow
@pytest.mark.parametrize("colors", [None, ColorSystem.STANDARD, ColorSystem.EIGHT_BIT])
@settings(max_examples=80, suppress_health_check=SLOW, phases=PHASES)
@given(st.sampled_from(list(SCREENS)), st.lists(KEYS, min_size=60, max_size=200))
async def test_thousands_of_random_keys_in_every_depth_of_colour(
    colors: ColorSystem | None, start: str, keys: list[str]
) -> None:
    await play(Twin(start, colors), keys)


@pytest.mark.slow
@pytest.mark.parametrize("start", list(SCREENS))
async def test_tmux_shows_the_same_text_for_both_ways_of_drawing(start: str, tmp_path: Path) -> None:
    """A recorded set of byte streams: a hundred keys from every screen, wherever they lead."""
    assert which("tmux"), "请先安装 tmux：这个测试把两种画法的字节送进真正的 tmux。"
    pool, choice = [*TYPED, *NAMED, "pause"], random.Random(start)
    app = Twin(start)
    await play(app, [choice.choice(pool) for _ in range(100)])
    shown = [in_tmux(tmp_path, name, end.fed) for name, end in (("own", app.own), ("stock", app.stock))]
    assert shown[0] == shown[1]
    drawn = "\n".join(line.rstrip() for line in app.own.screen.display if line.rstrip())
    assert without_marks(shown[0]) == without_marks(drawn)


def without_marks(text: str) -> str:
    """The text without combining marks, which pyte does not keep over a wide character."""
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def in_tmux(folder: Path, name: str, fed: list[str]) -> str:
    """The text a pane of 80x24 shows after a byte stream, empty lines left out."""
    stream, done = folder / name, folder / f"{name}.done"
    stream.write_bytes(("\x1b[?7l" + "".join(fed)).encode())
    tmux = ["tmux", "-u", "-L", f"gjj-{folder.name}-{name}", "-f", "/dev/null"]
    command = f"stty raw -echo; cat {stream}; touch {done}; sleep 20"
    try:
        subprocess.run(
            [*tmux, "new-session", "-d", "-x", "80", "-y", "24", command, ";", "set", "status", "off"],
            check=True,
        )
        limit = time.monotonic() + 10
        while not done.exists() and time.monotonic() < limit:
            time.sleep(0.02)
        time.sleep(0.2)
        text = subprocess.run([*tmux, "capture-pane", "-p"], check=True, capture_output=True).stdout.decode()
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.rstrip())


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


async def test_frames_refused_every_time_are_drawn_by_textual_and_not_asked_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(painter: Painter, update: LayoutUpdate | ChopsUpdate) -> None:
        raise UnexpectedFrameError("never as expected")

    app = Twin()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        monkeypatch.setattr(Painter, "take", refuse)
        await pilot.press("7", "8")
        for _ in range(20):
            await pilot.pause(0.005)
        assert 0 < app.fallbacks < 8
        assert "78" in app.own.screen.display[2]
        monkeypatch.undo()
        await pilot.press("9")
        await pilot.press("f9")
        await pilot.pause(0.02)
        assert not app.behind
        app.own.screen.dirty.update(range(24))
        app.compare()


def test_stock_drawing_gets_texts_that_steer_nothing() -> None:
    from rich.console import Console

    hostile = Strip([Segment("a\x1b[2Jb\x9b\u202ec\ue000"), Segment("张", Style(bold=True))])
    updates = (
        LayoutUpdate([[hostile]], Region(0, 0, WIDTH, 1)),
        chops({0: (0, hostile)}),
    )
    for update in updates:
        drawn = harmless(update).render_segments(Console(color_system="256", force_terminal=True))
        assert strangers(drawn) == []
        assert "a[2Jbc?" in drawn and "张" in drawn


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
