"""The keymap: from a key to the name of an action, by context.

The default is the data file `keymap.toml`; a user's configuration may replace the keys of single actions::

    Keymap.default().override({"grid": {"dup": ["*", "ctrl+d", "ctrl+y"]}})

A key is written as Textual names it (`f1`, `enter`, `ctrl+d`, `shift+tab`, `pageup`) or as the single
character it types (`+`, `*`, `.`). Keys that some terminal, multiplexer or input method on the way swallows
or changes are refused (`FORBIDDEN`), so a keymap that loads works everywhere.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tui.actions import ACTIONS, CONTEXTS, GLOBAL

FORBIDDEN: Final[dict[str, str]] = {
    **{
        f"ctrl+{letter}": reason
        for letter, reason in (
            ("a", "是 screen 的前缀键"),
            ("b", "是 tmux 的前缀键"),
            ("c", "在终端里表示中断"),
            ("h", "与退格键相同"),
            ("i", "与 Tab 键相同"),
            ("j", "与换行相同"),
            ("m", "与回车键相同"),
            ("q", "会被终端的流量控制截走"),
            ("s", "会被终端的流量控制截走"),
            ("v", "会被终端的粘贴截走"),
            ("z", "在终端里表示挂起"),
            ("space", "是输入法的开关"),
            ("\\", "在终端里表示退出"),
            ("at", "是输入法的开关"),
            ("backslash", "在终端里表示退出"),
        )
    },
    "space": "是录入的内容",
}
_FORBIDDEN_SHAPES: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"(.*\+)?(alt|meta|super|hyper)\+.*"), "含有 Alt 等在多数终端里收不到的键"),
    (re.compile(r"(.*\+)?(shift|ctrl)\+f\d+"), "与 Shift 或 Ctrl 同按的功能键在 PuTTY 里会变成别的键"),
    (re.compile(r"f(1[3-9]|2\d)"), "键盘上没有，它其实是 Shift 加功能键"),
    (re.compile(r"(shift|ctrl)\+(pageup|pagedown|insert)"), "会被终端自己用掉"),
    (re.compile(r"ctrl\+(up|down|left|right)"), "在 PuTTY 里与单独的方向键相同"),
    (re.compile(r"[A-Za-z0-9]"), "是录入的内容"),
)
_KEY_SHAPE: Final = re.compile(r"(ctrl\+|shift\+)*([a-z0-9_]+|[^\w\s])")
_SYMBOLS: Final[dict[str, str]] = {
    "enter": "Enter",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "escape": "Esc",
    "backspace": "退格",
    "delete": "Del",
    "insert": "Ins",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "up": "上",
    "down": "下",
    "left": "左",
    "right": "右",
}
FUNCTION_DIGITS: Final[dict[str, str]] = {
    **{str(n): f"f{n}" for n in range(1, 10)},
    "0": "f10",
    "-": "f11",
    "=": "f12",
}
"""After the `function_prefix` key (Ctrl+G): the character that stands for a function key."""


class KeymapError(ValueError):
    """A keymap that cannot be used; the text is one Chinese sentence for the user.

    `place` is the context meant, followed by the actions meant: none, one, or two that share a key.
    """

    def __init__(self, text: str, *place: str) -> None:
        super().__init__(text)
        self.place = place


def key_label(key: str) -> str:
    """Return a key as it is printed for people: `ctrl+d` -> `Ctrl+D`, `f1` -> `F1`, `pageup` -> `PgUp`."""
    if key in _SYMBOLS:
        return _SYMBOLS[key]
    head, plus, tail = key.rpartition("+")
    if not head or not plus:
        return key.upper() if len(key) > 1 else key
    shown = _SYMBOLS.get(tail, tail.upper())
    return "+".join([*(part.capitalize() for part in head.split("+")), shown])


def refusal(key: str) -> str | None:
    """Say in Chinese why a key may not be bound, or None when it may."""
    if key in FORBIDDEN:
        return FORBIDDEN[key]
    for shape, reason in _FORBIDDEN_SHAPES:
        if shape.fullmatch(key):
            return reason
    if not _KEY_SHAPE.fullmatch(key):
        return "不是一个键的名称"
    return None


class Keymap:
    """Immutable tables context -> action -> keys, with the reverse lookup `resolve`."""

    def __init__(self, tables: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        self._tables = {context: dict(table) for context, table in tables.items()}
        self._by_key = {context: _reverse(context, table) for context, table in self._tables.items()}
        unreachable = [
            n for n, keys in self._tables.get(GLOBAL, {}).items() if n in ("back", "accept") and not keys
        ]
        if unreachable:
            raise KeymapError(
                f"键位表里动作 {unreachable[0]} 没有键，请至少给它一个键。", GLOBAL, unreachable[0]
            )

    @classmethod
    def default(cls) -> Keymap:
        """Return the built-in keymap (`tui/keymap.toml`)."""
        return _default()

    def override(self, tables: Mapping[str, Mapping[str, object]]) -> Keymap:
        """Return a keymap in which `tables` (context -> action -> key or list of keys) replace single lines.

        Raises KeymapError for an unknown context or action, a forbidden key, or a key given to two actions.
        """
        merged = {context: dict(table) for context, table in self._tables.items()}
        for context, table in tables.items():
            if context not in CONTEXTS:
                raise KeymapError(
                    f"键位表里的场合“{context}”不存在，可用的是 {'、'.join(CONTEXTS)}。", context
                )
            if not isinstance(table, Mapping):
                raise KeymapError(f"键位表 [{context}] 应该是“动作 = 键”的表。", context)
            merged.setdefault(context, {}).update(_read_table(context, table))
        return Keymap(merged)

    def resolve(self, context: str, key: str, character: str | None = None) -> str | None:
        """Return the action of a key in a context, or None.

        `key` is Textual's name of the key, `character` what it types, if anything.
        """
        for table in (self._by_key.get(context), self._by_key.get(GLOBAL)):
            if table is not None:
                action = table.get(key)
                if action is None and character is not None:
                    action = table.get(character)
                if action is not None:
                    return action
        return None

    def keys(self, context: str, action: str) -> tuple[str, ...]:
        """Return the keys of an action in a context (with the fall-back to `global`)."""
        own = self._tables.get(context, {})
        if action in own:
            return own[action]
        taken = self._by_key.get(context, {})
        return tuple(key for key in self._tables.get(GLOBAL, {}).get(action, ()) if key not in taken)

    def label(self, context: str, action: str) -> str:
        """Return the first key of an action as printed, or an empty text when it has none."""
        keys = self.keys(context, action)
        return key_label(keys[0]) if keys else ""

    def actions(self, context: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield (action, keys) of the context's own table, in the order of the file."""
        yield from self._tables.get(context, {}).items()


@cache
def _default() -> Keymap:
    text = Path(__file__).with_name("keymap.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    return Keymap({context: _read_table(context, table) for context, table in raw.items()})


def _read_table(context: str, table: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    lines: dict[str, tuple[str, ...]] = {}
    for action, value in table.items():
        if action not in ACTIONS:
            raise KeymapError(
                f"键位表 [{context}] 里的动作“{action}”不存在，请对照键盘卡改正。", context, action
            )
        keys = _read_keys(context, action, value)
        for key in keys:
            reason = refusal(key)
            if reason is not None:
                raise KeymapError(
                    f"键位表 [{context}] 里 {action} 的键“{key}”{reason}，请换一个键。", context, action
                )
        lines[action] = keys
    return lines


def _read_keys(context: str, action: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise KeymapError(f"键位表 [{context}] 里 {action} 的值应该是一个键名或键名的列表。", context, action)


def _reverse(context: str, table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    by_key: dict[str, str] = {}
    for action, keys in table.items():
        for key in keys:
            if key in by_key:
                raise KeymapError(
                    f"键位表 [{context}] 里的键“{key}”同时给了 {by_key[key]} 和 {action}，请改掉一个。",
                    context,
                    action,
                    by_key[key],
                )
            by_key[key] = action
    return by_key
