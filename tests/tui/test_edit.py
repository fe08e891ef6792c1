from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui import glyphs
from tui.edit import LineEditor, clusters, typed_form

TEXT = st.text(
    alphabet=st.one_of(
        st.characters(codec="utf-8"), st.sampled_from("张王·éA9\u0301\u0302\u200d\ufe0f\x1b\u202e𠮷…")
    ),
    max_size=24,
)
MOVES = st.lists(
    st.one_of(
        st.sampled_from(["left", "right", "home", "end", "backspace", "delete"]),
        st.tuples(st.just("type"), st.sampled_from("张9a𠮷\u0301")),
    ),
    max_size=30,
)


def _apply(editor: LineEditor, move: str | tuple[str, str]) -> None:
    if isinstance(move, tuple):
        editor.insert(move[1])
    else:
        getattr(editor, move)()


@given(TEXT, MOVES, st.integers(1, 40), st.booleans())
def test_a_view_fills_its_cells_exactly_and_holds_the_caret(
    text: str, moves: list[str | tuple[str, str]], width: int, fresh: bool
) -> None:
    editor = LineEditor(text, fresh=fresh)
    for move in (*moves, "home", "end"):
        _apply(editor, move)
        view = editor.view(width)
        assert cell_len(view.text) == width
        assert 0 <= view.caret < width
        assert "\x1b" not in view.text and "\u202e" not in view.text


@given(TEXT, MOVES)
def test_the_caret_never_stands_inside_a_cluster(text: str, moves: list[str | tuple[str, str]]) -> None:
    editor = LineEditor(text)
    for move in moves:
        _apply(editor, move)
        edges = {0}
        for part in clusters(editor.text):
            edges.add(max(edges) + len(part))
        assert editor.caret in edges


@given(TEXT)
def test_clusters_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text


@given(TEXT, st.integers(0, 30), st.sampled_from(["张", "9", "𠮷"]))
def test_typing_and_erasing_gives_the_text_back(text: str, steps: int, char: str) -> None:
    editor = LineEditor(text)
    for _ in range(steps):
        editor.left()
    caret = editor.caret
    assert editor.insert(char)
    assert editor.backspace()
    assert (editor.text, editor.caret) == (text, caret)


@given(TEXT, st.sampled_from(["9", "张"]))
def test_the_first_key_replaces_a_fresh_text_and_a_move_keeps_it(text: str, char: str) -> None:
    editor = LineEditor(text, fresh=True)
    editor.insert(char)
    assert editor.text == char
    editor.set_text(text, fresh=True)
    editor.end()
    editor.insert(char)
    assert editor.text == text + char


def test_a_wide_character_is_not_split_at_either_edge() -> None:
    editor = LineEditor("张王李赵陈")
    assert editor.view(5).text == "陈   " or editor.view(5).text == "赵陈 "
    editor.home()
    assert editor.view(5).text == "张王 "
    assert editor.view(5).caret == 0


def test_the_view_scrolls_no_further_than_it_must() -> None:
    editor = LineEditor("0123456789")
    assert editor.view(6).text == "56789 "
    for _ in range(5):
        editor.left()
    assert editor.view(6).text == "56789 "
    editor.left()
    assert editor.view(6).text == "456789"


def test_combining_marks_are_erased_with_their_base() -> None:
    editor = LineEditor("Ae\u0301")
    assert editor.view(4).text == "Ae\u0301  "
    editor.backspace()
    assert editor.text == "A"


def test_controls_and_floods_are_refused_whole() -> None:
    editor = LineEditor("ab", max_length=4)
    assert not editor.insert("\x1b")
    assert not editor.insert("a\tb")
    assert not editor.insert("cde")
    assert editor.insert("cd")
    assert editor.text == "abcd"


def test_a_masked_editor_shows_stars_and_its_repr_no_text() -> None:
    editor = LineEditor("geheim张", masked=True)
    assert editor.view(9).text == "*******  "
    assert "geheim" not in repr(editor)


def test_the_caret_counts_drawn_cells_of_hidden_characters() -> None:
    editor = LineEditor("\x1ba")
    assert editor.view(10).text == "<ESC>a    "
    editor.left()
    assert editor.view(10).caret == 5


def test_a_text_that_fills_its_field_is_seen_whole_until_it_is_edited() -> None:
    editor = LineEditor("2026-11-01", fresh=True)
    assert (editor.view(10).text, editor.view(10).caret) == ("2026-11-01", 9)
    editor.end()
    assert editor.view(10).text == "026-11-01 ", "the caret has its cell behind the text"
    editor.home()
    assert editor.view(10).text == "2026-11-01"


def test_ambiguous_characters_are_measured_as_they_are_drawn() -> None:
    editor = LineEditor("阿·不")
    assert editor.view(8).caret == 5
    glyphs.set_ambiguous_wide(True)
    try:
        assert editor.view(8).caret == 6
        assert editor.view(8).text == "阿・不  "
    finally:
        glyphs.set_ambiguous_wide(False)


def test_typed_forms() -> None:
    assert typed_form("９", "money") == ("9", True)
    assert typed_form("。", "money") == (".", True)
    assert typed_form("．", "id") == ("X", True)
    assert typed_form(".", "id") == ("X", False)
    assert typed_form("ｘ", "id") == ("x", True)
    assert typed_form("９", "text") == ("９", False)
    assert typed_form("９", "code") == ("９", False)
