"""What is drawn for a text from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui import glyphs


@pytest.fixture
def wide_terminal() -> Iterator[None]:
    glyphs.set_ambiguous_wide(True)
    yield
    glyphs.set_ambiguous_wide(False)


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x1b]0;x\x07", "a\u202eb", "\x9b1m", "\u200b", "\x00", "a\nb\tc"]
)
def test_controls_are_shown_never_sent(text: str) -> None:
    shown = glyphs.display(text)
    assert shown.isprintable()
    assert "\x1b" not in shown


def test_ambiguous_characters_stay_in_a_narrow_terminal() -> None:
    assert glyphs.display("阿依古丽·买买提") == "阿依古丽·买买提"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("买·提", "买・提"),
        ("①②", "(1)(2)"),
        ("“甲”", '"甲"'),
        ("3×4…", "3x4.."),
        ("α", "<U+03B1>"),
        ("張三", "張三"),
    ],
)
def test_a_wide_terminal_gets_characters_of_certain_width(wide_terminal: None, text: str, shown: str) -> None:
    assert glyphs.display(text) == shown


@pytest.mark.parametrize(
    ("text", "cells", "align", "drawn"),
    [
        ("张三", 6, "<", "张三  "),
        ("8000.00", 10, ">", "   8000.00"),
        ("张三丰", 5, "<", "张三>"),
        ("张三丰", 4, "<", "张 >"),
        ("张三丰", 6, "<", "张三丰"),
        ("abcdef", 4, "<", "abc>"),
        ("x", 0, "<", ""),
    ],
)
def test_fit_fills_the_cells_and_never_halves_a_character(
    text: str, cells: int, align: str, drawn: str
) -> None:
    assert glyphs.fit(text, cells, align) == drawn


@given(st.text(max_size=40), st.integers(1, 30))
def test_fit_always_has_exactly_the_cells(text: str, cells: int) -> None:
    assert cell_len(glyphs.fit(text, cells)) == cells


@given(st.text(alphabet=st.sampled_from("张三李四，。（）abc 12.5%"), max_size=80), st.integers(8, 30))
def test_wrapped_lines_fit_and_keep_every_character(text: str, cells: int) -> None:
    lines = glyphs.wrap(text, cells)
    assert all(cell_len(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_wrapping_keeps_words_and_closing_punctuation_together() -> None:
    assert glyphs.wrap("单位账号 110101 已登记。", 12) == ["单位账号", "110101 已登", "记。"]
    assert glyphs.wrap("一二三四五六。", 12) == ["一二三四五", "六。"]
    assert glyphs.wrap("", 10) == [""]
    assert glyphs.wrap("甲\n乙", 10) == ["甲", "乙"]
