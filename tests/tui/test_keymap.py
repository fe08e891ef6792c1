"""The keymap is data: complete, refusable, and the source of everything printed about keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.actions import ACTIONS, CONTEXTS
from tui.keyboard_card import keyboard_card, main
from tui.keymap import FORBIDDEN, Keymap, KeymapError, key_label, refusal

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("context", "key", "character", "action"),
    [
        ("grid", "enter", "\r", "accept"),
        ("grid", "tab", "\t", "next_field"),
        ("grid", "plus", "+", "accept_down"),
        ("grid", "minus", "-", "negative"),
        ("grid", "asterisk", "*", "dup"),
        ("grid", "ctrl+d", "\x04", "dup"),
        ("grid", "full_stop", ".", "check_letter"),
        ("grid", "ctrl+f", None, "find"),
        ("grid", "ctrl+u", None, "undo"),
        ("grid", "ctrl+r", None, "redo"),
        ("form", "plus", "+", None),
        ("list", "enter", "\r", "run_options"),
        ("list", "escape", "\x1b", "clear_option"),
        ("menu", "f2", None, "transaction_code"),
        ("grid", "f2", None, "edit"),
        ("dialog", "f12", None, "back"),
        ("no such context", "f1", None, "help"),
        ("grid", "a", "a", None),
        ("grid", "f13", None, None),
    ],
)
def test_the_default_keys(context: str, key: str, character: str | None, action: str | None) -> None:
    assert Keymap.default().resolve(context, key, character) == action


def test_function_keys_mean_the_same_in_every_context_but_the_menu() -> None:
    keymap = Keymap.default()
    for number in range(1, 13):
        meanings = {keymap.resolve(context, f"f{number}") for context in CONTEXTS if context != "menu"}
        assert len(meanings) == 1 and None not in meanings


def test_every_action_can_be_reached_and_every_context_is_named() -> None:
    keymap = Keymap.default()
    bound = {name for context in CONTEXTS for name, keys in keymap.actions(context) if keys}
    assert bound == set(ACTIONS)


def test_no_function_hangs_on_f11_alone() -> None:
    keymap = Keymap.default()
    assert [name for name, keys in keymap.actions("global") if keys == ("f11",)] == ["columns"]
    assert keymap.resolve("global", "ctrl+g") == "function_prefix"


def test_a_user_replaces_the_keys_of_one_action() -> None:
    keymap = Keymap.default().override({"grid": {"dup": ["*", "ctrl+y"]}, "form": {"find": "ctrl+f"}})
    assert keymap.resolve("grid", "ctrl+y") == "dup"
    assert keymap.resolve("grid", "ctrl+d") is None
    assert keymap.resolve("form", "ctrl+f") == "find"
    assert keymap.keys("grid", "dup") == ("*", "ctrl+y")
    assert keymap.label("grid", "help") == "F1"
    assert Keymap.default().resolve("grid", "ctrl+d") == "dup"


@pytest.mark.parametrize(
    "key",
    [*FORBIDDEN,
     "alt+1", "ctrl+alt+x", "shift+f1", "ctrl+f3", "f13", "shift+pageup", "ctrl+insert", "ctrl+left",
     "a", "7", "", "two keys"],
)  # fmt: skip
def test_keys_that_do_not_arrive_everywhere_are_refused(key: str) -> None:
    assert refusal(key)
    with pytest.raises(KeymapError, match="请换一个键"):
        Keymap.default().override({"grid": {"dup": key}})


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"gird": {"dup": "ctrl+y"}}, "场合“gird”不存在"),
        ({"grid": {"copy": "ctrl+y"}}, "动作“copy”不存在"),
        ({"grid": {"dup": "ctrl+u"}}, "同时给了"),
        ({"grid": {"dup": 5}}, "应该是一个键名"),
        ({"grid": "ctrl+y"}, "应该是“动作 = 键”的表"),
        ({"global": {"back": []}}, "back 没有键"),
    ],
)
def test_a_wrong_table_is_refused(tables: dict[str, dict[str, object]], sentence: str) -> None:
    with pytest.raises(KeymapError) as refused:
        Keymap.default().override(tables)
    assert sentence in str(refused.value)
    assert str(refused.value).endswith("。")


def test_keys_are_printed_as_on_the_keyboard() -> None:
    printed = [key_label(key) for key in ("f1", "ctrl+d", "shift+tab", "pageup", "+", "ctrl+home", "escape")]
    assert printed == ["F1", "Ctrl+D", "Shift+Tab", "PgUp", "+", "Ctrl+Home", "Esc"]


def test_the_keyboard_card_in_the_documents_is_current(tmp_path: Path) -> None:
    card = (ROOT / "docs" / "keyboard.md").read_text(encoding="utf-8")
    assert card == keyboard_card(), "write it again: python -m tui.keyboard_card docs/keyboard.md"
    for name, action in ACTIONS.items():
        assert f"`{name}`" in card and action.help in card
    path = tmp_path / "card.md"
    assert main([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == card
