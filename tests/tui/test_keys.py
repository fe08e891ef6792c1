"""Keys keep their order through fields, dialogs, work and screens, and none is lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tests.support.pty_terminal import PtyTerminal
from tests.tui import shell_app
from tests.tui.shell_app import LOG, Line, TestingApp
from tui.bars import StatusLine
from tui.keys import KeyGate
from tui.progress import LONG_SECONDS

NAMES = {"\r": "enter", "\x1b": "escape", "?": "question_mark"}


def strike(app: TestingApp, keys: str) -> None:
    """Put keys into the application's queue without waiting between them, as one packet does."""
    for char in keys:
        app.post_message(events.Key(NAMES.get(char, char), char))


async def settle(pilot: Pilot[int], app: TestingApp, lines: int) -> None:
    for _ in range(300):
        await pilot.pause(0.01)
        if len(LOG) >= lines and not app.gate.closed and not app.gate.waiting:
            return
    raise AssertionError(f"only {LOG}")


# -- the gate ---


def key(name: str) -> events.Key:
    return events.Key(name, name)


def test_an_open_gate_delivers_at_once_and_a_held_one_in_order() -> None:
    seen: list[str] = []
    gate = KeyGate(lambda event: seen.append(event.key) if isinstance(event, events.Key) else None)
    gate.put(key("a"))
    gate.hold()
    gate.hold()
    gate.put(key("b"))
    gate.put(key("c"))
    gate.release()
    assert (seen, gate.waiting, gate.closed) == (["a"], 2, True)
    gate.release()
    assert (seen, gate.closed) == (["a", "b", "c"], False)


def test_a_key_that_closes_the_gate_keeps_the_rest_back() -> None:
    seen: list[str] = []
    gate = KeyGate(lambda event: deliver(event))

    def deliver(event: events.Key | events.Paste) -> None:
        assert isinstance(event, events.Key)
        seen.append(event.key)
        if event.key == "x":
            gate.hold()

    gate.hold()
    for name in "1x23":
        gate.put(key(name))
    gate.release()
    assert seen == ["1", "x"]
    gate.put(key("4"))
    gate.release()
    assert seen == ["1", "x", "2", "3", "4"]


def test_a_suspended_gate_is_open_until_its_holds_are_back() -> None:
    seen: list[str] = []
    gate = KeyGate(lambda event: seen.append(event.key) if isinstance(event, events.Key) else None)
    gate.hold()
    holds = gate.suspend()
    gate.put(key("a"))
    gate.resume(holds)
    gate.put(key("b"))
    assert seen == ["a"]
    gate.release()
    assert seen == ["a", "b"]


def test_releasing_a_gate_nobody_holds_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="more often"):
        KeyGate(lambda event: None).release()


# -- in the application ---


async def test_keys_struck_ahead_go_through_screens_and_dialogs() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        strike(app, "s1\rs2\rb3\rb4\rw5\rc6\r1\r78\rn9\ryn0\r")
        await settle(pilot, app, 17)
    assert LOG == [
        "open 第一屏",
        "第一屏 s1",
        "open 第二屏 s1",
        "第二屏 s2",
        "open 第三屏 s2",
        "第三屏 b3",
        "returned b3",
        "第二屏 b4",
        "returned b4",
        "第一屏 w5",
        "worked w5",
        "第一屏 c6",
        "chose 0",
        "第一屏 78",
        "第一屏 n9",
        "nested yn",
        "第一屏 0",
    ]


async def test_a_key_nobody_wants_beeps_and_locks_nothing() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        strike(app, "a?b")
        await pilot.press("f7", "alt+x", "ctrl+q", "c")
        assert app.query_one(Line).value == "abc"
        assert app.beeps == 4
        assert app.is_running


async def test_an_action_the_widget_refuses_goes_to_the_screen_with_its_values() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        strike(app, "88")
        await pilot.press("f10")
        strike(app, "y")
        await settle(pilot, app, 2)
    assert LOG[1:] == ["submit 88 y"]


async def test_pastes_keep_their_place_among_keys() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        strike(app, "w1\r")
        app.post_message(events.Paste("甲\n乙"))
        strike(app, "2\r")
        await settle(pilot, app, 6)
    assert LOG[1:] == ["第一屏 w1", "worked w1", "paste 甲", "paste 乙", "第一屏 2"]


async def begun(app: TestingApp, pilot: Pilot[int], keys: str) -> None:
    strike(app, keys)
    for _ in range(100):
        await pilot.pause(0.01)
        if app.progress.active:
            return
    raise AssertionError("no work has begun")


async def test_f12_cancels_long_work_and_later_keys_wait_for_its_end() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        await begun(app, pilot, "l\r")
        await pilot.press("f12", "7")
        await settle(pilot, app, 3)
        assert app.query_one(Line).value == "7"
    assert LOG[1:] == ["第一屏 l", "cancelled"]


async def test_f12_behind_waiting_keys_keeps_its_turn_until_the_work_takes_very_long() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        await begun(app, pilot, "l\r7")
        await pilot.press("f12", "8")
        assert (app.gate.waiting, LOG[1:]) == (3, ["第一屏 l"])
        app.progress._seconds = LONG_SECONDS
        await pilot.press("f12")
        await settle(pilot, app, 3)
        assert (app.query_one(Line).value, app.beeps) == ("78", 1), "there is no screen to go back to"
    assert LOG[1:] == ["第一屏 l", "cancelled"]


async def test_the_counter_says_what_f12_does_at_that_moment() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:

        def told() -> str:
            return app.screen.query_one(StatusLine).text

        await begun(app, pilot, "l\r")
        assert told() == "正在提交…  F12 停止"
        await pilot.press("7")
        assert told() == f"正在提交…  {LONG_SECONDS} 秒后可按 F12 停止"
        app.progress._seconds = LONG_SECONDS
        app.progress.say("第 2 批")
        await pilot.pause()
        assert told() == f"第 2 批 {LONG_SECONDS} 秒  F12 停止"
        await pilot.press("f12")
        await settle(pilot, app, 3)
        assert told() == "" and LOG[1:] == ["第一屏 l", "cancelled"]


async def test_an_error_in_the_work_opens_the_gate_again() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        strike(app, "e\r9\r")
        await settle(pilot, app, 4)
    assert LOG[1:] == ["第一屏 e", "failed no line", "第一屏 9"]


async def test_ctrl_g_and_a_digit_are_a_function_key() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        await pilot.press("5", "ctrl+g", "0")
        strike(app, "n")
        await settle(pilot, app, 2)
        await pilot.press("ctrl+g", "x")
        assert app.beeps == 1
        assert app.query_one(Line).value == "5"
    assert LOG[1:] == ["submit 5 n"]


async def test_a_host_dialog_returns_what_its_widget_finishes_with() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        strike(app, "h\r123\rh\r45")
        await settle(pilot, app, 4)
        await pilot.press("f12")
        await settle(pilot, app, 5)
    assert LOG[1:] == ["第一屏 h", "hosted 123", "第一屏 h", "hosted None"]


async def test_nothing_of_textual_is_bound() -> None:
    app = shell_app.make()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+q", "ctrl+c", "ctrl+p", "tab", "shift+tab")
        assert app.is_running
        assert app.focused is app.query_one(Line)


SCRIPT = "s1\rs2\rb3\rb4\rw5\rc\r3\r张三\rn\ryn67\x1b[21~y8\rh\r99\r\x07000".replace("\x07000", "0\x07=5\r")
EXPECTED = [
    "open 第一屏",
    "第一屏 s1",
    "open 第二屏 s1",
    "第二屏 s2",
    "open 第三屏 s2",
    "第三屏 b3",
    "returned b3",
    "第二屏 b4",
    "returned b4",
    "第一屏 w5",
    "worked w5",
    "第一屏 c",
    "chose 2",
    "第一屏 张三",
    "第一屏 n",
    "nested yn",
    "submit 67 y",
    "第一屏 678",
    "第一屏 h",
    "hosted 99",
    "第一屏 05",
]


@pytest.mark.parametrize("gap", [0.0, 0.001, 0.01])
def test_one_burst_and_slow_keys_give_the_same(tmp_path: Path, gap: float) -> None:
    path = tmp_path / "log"
    with PtyTerminal(
        [sys.executable, "-m", "tests.tui.shell_main", str(path)], columns=80, rows=24
    ) as terminal:
        if gap:
            terminal.wait_for("返回")
        terminal.send(SCRIPT, gap)
        terminal.wait(
            lambda: path.exists() and "第一屏 05" in path.read_text(), 20, "the last line of the log"
        )
    assert path.read_text(encoding="utf-8").splitlines()[: len(EXPECTED)] == EXPECTED
