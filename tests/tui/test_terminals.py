"""The toolkit in terminals of every kind, through a real pseudo terminal."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from rich.style import Style

from tests.support.outgoing import strangers
from tests.support.pty_terminal import PtyTerminal
from tui import theme

APP = [sys.executable, "-m", "tests.tui.gallery_main"]
DOWN, F4, F7, F10 = "\x1b[B", "\x1b[14~", "\x1b[18~", "\x1b[21~"
TERMS = ("xterm", "xterm-256color", "screen", "screen-256color", "tmux-256color", "linux", "rxvt", "vt100")


def end(terminal: PtyTerminal) -> str:
    """End the program as the system does; returns all it has written."""
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.wait_exit(5) == 0
    terminal.wait(lambda: terminal.raw.endswith(b"\x1b[?25h"), 5, "the cursor")
    return terminal.raw.decode()


def restored(raw: str) -> None:
    """Pen, wrapping, paste marks, screen and cursor are as before, in this order, and nothing follows."""
    assert raw.endswith("\x1b[m\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h")
    assert raw.count("\x1b[?1049h") == raw.count("\x1b[?1049l") == 1


@pytest.mark.parametrize(
    ("term", "colour"), [*((term, True) for term in TERMS), ("xterm-256color", False), ("vt100", False)]
)
def test_every_type_of_terminal_shows_the_same_and_gets_only_our_sequences(term: str, colour: bool) -> None:
    env = {} if colour else {"NO_COLOR": "1"}
    with PtyTerminal(APP, columns=80, rows=24, term=term, env=env) as terminal:
        terminal.wait_for("共 40 人")
        terminal.send("张三\r" + DOWN + F10)
        terminal.wait_for("确认提交吗")
        terminal.send("n" + DOWN)
        terminal.wait_gone("确认提交吗")
        terminal.wait_quiet()
        lines = terminal.lines
        raw = end(terminal)
    assert strangers(raw, around=True) == []
    restored(raw)
    assert lines[2].startswith("   张三         11010519491231002X")
    assert lines[22] == "" and lines[23].startswith("F1帮助")
    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", raw) for code in found.split(";")}
    assert codes <= {"", "0", "1", "4", "7", "39", "49", "31", "33", "36", "90"}, "the palette of 16, no more"
    assert colour or codes <= {"", "0", "1", "4", "7"}


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (81, 25), (132, 43), (250, 70)])
def test_every_size_is_filled_to_its_edges(columns: int, rows: int) -> None:
    with PtyTerminal(APP, columns=columns, rows=rows) as terminal:
        terminal.wait_for("共 40 人")
        assert terminal.lines[0].endswith("示例单位 100001")
        assert len(terminal.picture[0]) == columns
        assert terminal.lines[rows - 1].startswith("F1帮助")
        assert terminal.lines[rows - 3].startswith("行 1/40")
        restored(end(terminal))


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_without_a_screen_is_told_so_in_a_sentence(term: str) -> None:
    with PtyTerminal(APP, columns=80, rows=24, term=term) as terminal:
        assert terminal.wait_exit(10) == 2
        terminal.wait_for("export TERM=xterm")
        raw = terminal.raw.decode()
    assert "\x1b" not in raw and "请先执行 export TERM=xterm 再启动" in raw
    assert strangers(raw) == []


def test_too_small_a_window_gets_a_sentence_and_loses_nothing() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:
        terminal.wait_for("共 40 人")
        terminal.send("半途")
        terminal.wait_for("半途")
        terminal.wait_quiet()
        before = terminal.picture
        for columns, rows in ((79, 24), (80, 23), (20, 5), (1, 1)):
            terminal.resize(columns, rows)
            terminal.wait(
                lambda: "窗口太小"[: terminal._screen.columns // 2] in terminal.text.replace("\n", "")
            )
            terminal.send("9\r" + F10)
            terminal.wait_quiet()
        terminal.resize(80, 24)
        terminal.wait_for("半途")
        terminal.wait_quiet()
        assert terminal.picture == before
        terminal.send("而\r")
        terminal.wait_for("半途而")


# -- characters of uncertain width ---


def column_of(line: str, text: str) -> int:
    """The cell at which a text stands."""
    from rich.cells import cell_len

    return cell_len(line[: line.index(text)])


@pytest.mark.parametrize("answers", [True, False], ids=["probed", "silent"])
@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
def test_columns_stand_under_each_other_however_wide_the_dot_is(wide: bool, answers: bool) -> None:
    """Even where the terminal did not answer the probe: what follows a dot is placed anew."""
    with PtyTerminal(APP, columns=80, rows=24, ambiguous_wide=wide, answers=answers) as terminal:
        terminal.wait_for("共 40 人")
        terminal.send(DOWN * 30)
        terminal.wait_quiet()
        rows = ["".join(cell[0] for cell in row[16:22]) for row in terminal.picture[2:21]]
        text = terminal.text
    assert "·" in text or "・" in text
    assert set(rows) == {"110105"}


# -- where the input method opens its window ---


def test_the_terminals_cursor_is_where_the_next_character_goes() -> None:
    with PtyTerminal(APP, columns=80, rows=24) as terminal:

        def caret() -> tuple[int, int]:
            terminal.wait_quiet()
            return terminal.cursor

        terminal.wait_for("共 40 人")
        assert caret() == (3, 2), "the cell under the cursor"
        terminal.send("张三")
        assert caret() == (7, 2), "behind what is typed in a cell"
        terminal.send("\x1b" + "\x1b[13~")
        terminal.wait_for("证件类型")
        line = next(at for at, text in enumerate(terminal.lines) if "姓名" in text)
        terminal.send("李四")
        terminal.wait_for("[李四")
        x = column_of(terminal.lines[line], "[李四")
        assert caret() == (x + 5, line), "behind what is typed in a field"
        terminal.send(F10)
        terminal.wait_for("确认提交吗")
        dialog = terminal.lines
        terminal.send("n")
        terminal.wait_gone("确认提交吗")
        assert caret() == (x + 5, line), "back in the field"
        assert any("Y 确定" in text for text in dialog)
        terminal.send(F7)
        terminal.wait_for("UKey PIN: [")
        terminal.send("12")
        terminal.wait_for("[**")
        line = next(at for at, text in enumerate(terminal.lines) if "[**" in text)
        assert caret() == (column_of(terminal.lines[line], "[**") + 3, line), "behind the typed digits"
        terminal.send("\x1b[24~" + "\t" * 5 + F4)
        terminal.wait_for("查找: ")
        terminal.send("hz")
        terminal.wait_for("查找: hz")
        line = next(at for at, text in enumerate(terminal.lines) if "查找: hz" in text)
        assert caret() == (column_of(terminal.lines[line], "hz") + 2, line), "in the filter of a pick list"


def test_the_cursor_in_a_list_is_at_its_option() -> None:
    with PtyTerminal([*APP, "list"], columns=80, rows=24) as terminal:
        terminal.wait_for("GJ20260001")
        terminal.send(DOWN)
        terminal.wait_quiet()
        assert terminal.cursor == (0, 3)


# -- the end ---


def test_after_a_crash_the_terminal_is_as_it_was(tmp_path: Path) -> None:
    run = f"{sys.executable} -m tests.tui.shell_main"
    script = f"stty -a > {tmp_path}/a; {run}; stty -a | cmp - {tmp_path}/a && echo SAME-AGAIN"
    with PtyTerminal(["sh", "-c", script], columns=80, rows=24) as terminal:
        terminal.wait_for("返回")
        terminal.send("!")
        terminal.wait_for("SAME-AGAIN")
        raw = terminal.raw.decode()
    assert strangers(raw, around=True) == []
    assert raw.rindex("\x1b[?25h") > raw.rindex("\x1b[?1049l") > raw.rindex("\x1b[m")


# -- without colour ---


def test_every_role_that_is_a_state_differs_without_colour() -> None:
    roles = {name: style for name, style in vars(theme).items() if isinstance(style, Style)}
    weights = {name: style.without_color for name, style in roles.items()}
    plain = {name for name, weight in weights.items() if weight == theme.PLAIN and name != "PLAIN"}
    # Said in words, by brackets that are missing, and of no account.
    assert plain == {"GOOD", "READ_ONLY", "DIM"}
    assert weights["CURSOR"] != weights["SELECTED"] != weights["ERROR"] != weights["CURSOR"]
    assert all(
        style.color is None or style.color.number is not None and style.color.number < 16
        for style in roles.values()
    )
