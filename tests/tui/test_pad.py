"""The paste pad: everything is text, counted, drawn once a frame."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.pilot import Pilot

from tests.tui.entry_models import Bench, Stage, settle
from tui.pad import PastePad

CONTROL = {"\r": "enter", "\t": "tab", "\x7f": "backspace"}


class NotedPad(PastePad):
    """Counts how often it is asked to be drawn."""

    refreshes = 0

    def refresh(self, *regions: object, **options: object) -> NotedPad:
        self.refreshes += 1
        return super().refresh(*regions, **options)  # type: ignore[arg-type]


@asynccontextmanager
async def bench(size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Bench, NotedPad, Pilot[int]]]:
    pad = NotedPad()
    app = Bench(Stage(pad))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pad, pilot


def strike(app: Bench, text: str) -> None:
    for char in text:
        name = CONTROL.get(char)
        app._take(events.Key(name or char, char))


async def until_open(app: Bench, pilot: Pilot[int]) -> None:
    for _ in range(2000):
        if not app.gate.closed:
            break
        await pilot.pause(0.01)
    await settle(pilot)


def picture(pad: PastePad) -> list[str]:
    return [pad.render_line(y).text.rstrip() for y in range(pad.size.height)]


async def test_tab_enter_and_signs_are_text() -> None:
    async with bench() as (app, pad, _):
        strike(app, "张三\t8,000.00\t+-*. \u3000\u00a0\r李四\t#N/A\r\r")
        assert pad.text == "张三\t8,000.00\t+-*. \u3000\u00a0\n李四\t#N/A\n\n"
        assert (pad.rows, app.bells, app.stage.requests) == (2, 0, [])
        assert picture(pad)[:3] == [" 已收到 2 行", " 张三 | 8,000.00 | +-*.", " 李四 | #N/A"]


async def test_what_is_no_text_beeps_or_is_the_screens() -> None:
    async with bench() as (app, pad, pilot):
        strike(app, "ab")
        for name in ("escape", "up", "f8", "f10", "shift+tab"):
            app._take(events.Key(name, None))
        strike(app, "cd")
        await settle(pilot)
        assert [action for action, _ in app.stage.requests] == ["check", "submit"]
        assert (pad.text, app.bells) == ("abcd", 3)


async def test_backspace_goes_over_the_line_end() -> None:
    async with bench() as (app, pad, _):
        strike(app, "甲\r乙\x7f\x7f\x7f丙")
        assert (pad.text, pad.rows) == ("丙", 1)
        strike(app, "\x7f\x7f")
        assert (pad.text, pad.rows, app.bells, pad.empty) == ("", 0, 1, True)


@given(st.text("ab\r\t\x7f 甲", max_size=40))
def test_count_and_text_are_those_of_an_editor(keys: str) -> None:
    pad, wanted = PastePad(), ""
    for char in keys:
        if char == "\x7f":
            pad.handle_action("erase_left")
            wanted = wanted[:-1]
        else:
            pad.handle_action({"\r": "accept", "\t": "next_field"}.get(char, "")) or pad.handle_text(char)
            wanted += "\n" if char == "\r" else char
    assert pad.text == wanted
    assert pad.rows == sum(bool(line.strip()) for line in wanted.split("\n"))
    assert pad.empty == (not wanted)


async def test_a_hundred_thousand_rows_are_drawn_by_their_end() -> None:
    async with bench() as (app, pad, pilot):
        app._take(events.Paste("".join(f"{n}\t张三\r" for n in range(100_000))))
        await until_open(app, pilot)
        for keys in ("100000\t李四\r" * 50, "x"):
            before = pad.refreshes
            strike(app, keys)
            assert pad.refreshes == before + 1
            await settle(pilot)
        assert pad.rows == 100_051
        shown = picture(pad)
        assert shown[0] == " 已收到 100051 行" and shown[-2:] == [" 100000 | 李四", " x"]


async def test_a_long_marked_paste_is_taken_a_slice_a_step_and_keys_wait_for_it() -> None:
    async with bench() as (app, pad, pilot):
        text = "".join(f"{n}\t张三\r\n" for n in range(100_000))
        app._take(events.Paste(text))
        strike(app, "x\r")
        assert app.gate.closed and 0 < pad.rows < 100_000 / 3
        await until_open(app, pilot)
        assert pad.text == text.replace("\r\n", "\n") + "x\n" and pad.rows == 100_001


@given(st.text("a\r\n\t ", max_size=40), st.integers(1, 7))
def test_slices_come_to_the_same_wherever_they_end(text: str, slice_: int) -> None:
    whole, sliced = PastePad(), PastePad()
    whole._take_slice(text, 0)
    with patch("tui.pad.SLICE", slice_):
        at = sliced._take_slice(text, 0)
        while at < len(text):
            at = sliced._take_slice(text, at)
    assert sliced.text == whole.text == text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    assert (sliced.rows, sliced._length) == (whole.rows, whole._length)


async def test_a_marked_paste_may_come_too_and_hostile_text_is_drawn_as_marks() -> None:
    async with bench() as (_, pad, __):
        pad.process_paste("甲\x1b[2J\r\n乙\u202e")
        assert pad.text == "甲\x1b[2J\n乙\u202e" and pad.rows == 2
        assert not any(sign in "".join(picture(pad)) for sign in "\x1b\u202e")


async def test_too_much_is_refused(monkeypatch: object) -> None:
    async with bench() as (app, pad, _):
        import tui.pad

        monkeypatch.setattr(tui.pad, "MAX_CHARS", 3)  # type: ignore[attr-defined]
        strike(app, "abcd")
        assert (pad.text, app.bells) == ("abc", 1)
        pad.process_paste("e")
        assert (pad.text, app.bells) == ("abc", 2)
