"""键盘自检: press every key of the keymap and see which arrive, and as what.

For a new terminal program or a new place of work: what stays without a mark does not reach the program, and
the screen says what to press instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.strip import Strip

from tui import glyphs, theme
from tui.actions import ACTIONS, CONTEXTS
from tui.bars import Span, strip_of
from tui.keymap import Keymap, key_label
from tui.keys import KeyWidget
from tui.shellscreen import ShellScreen

COLUMN = 26
"""Cells of one entry of the table."""
LEAVE_KEYS = ("f12", "escape")
"""Struck twice in a row, one of these leaves the screen."""


def keys_in_use(keymap: Keymap) -> dict[str, str]:
    """Return every key of a keymap with the label of the first action that has it."""
    keys: dict[str, str] = {}
    for context in CONTEXTS:
        for action, bound in keymap.actions(context):
            for key in bound:
                keys.setdefault(key, ACTIONS[action].label)
    return keys


class KeyCheckPad(KeyWidget):
    """Takes every key and marks it in a table."""

    DEFAULT_CSS: ClassVar[str] = "KeyCheckPad { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[str, str] = {}
        self._seen: set[str] = set()
        self._last = ""

    def reset(self) -> None:
        """Start with no key marked."""
        self._keys = keys_in_use(self.shell.keymap)
        self._seen.clear()
        self._last = ""
        self._struck = ""
        self.refresh()

    def process_key(self, event: events.Key) -> None:
        """Mark the key; a leaving key struck twice leaves."""
        before, self._struck = self._struck, event.key
        if event.key in LEAVE_KEYS and before == event.key:
            self._struck = ""
            self.request("back")
            return
        name = event.key if event.key in self._keys else event.character or event.key
        self._seen.add(name)
        arrived = event.character if event.is_printable and event.character else key_label(event.key)
        self._last = f"收到 {arrived}（{event.key}）：{self._keys.get(name, '没有用到这个键')}"
        self.refresh()

    def process_paste(self, text: str) -> None:
        """Tell that the terminal marks its pastes."""
        self._last = f"收到粘贴 {len(text)} 个字符，终端支持成块粘贴。"
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the last key, then the table, down the columns."""
        cells, height = self.size
        if y == 0:
            line: list[Span] = [
                (glyphs.display(self._last or "请逐个按下表中的键，收到的前面有 + 号。"), theme.STRONG)
            ]
        elif y == height - 1:
            line = [
                ("连按两次 F12 或 Esc 返回。收不到功能键时，先按 Ctrl+G 再按 1 至 9、0、-、=。", theme.PLAIN)
            ]
        else:
            line = list(self._table_line(y - 2, max(height - 4, 1), cells)) if 2 <= y < height - 2 else []
        return strip_of(line, cells, theme.PLAIN)

    def _table_line(self, y: int, rows: int, cells: int) -> Iterator[Span]:
        keys = list(self._keys.items())
        for start in range(0, len(keys), rows):
            if start + y < len(keys):
                key, label = keys[start + y]
                seen = key in self._seen
                text = f"{'+' if seen else ' '} {key_label(key):<10} {label}"
                yield glyphs.fit(text, COLUMN), theme.STRONG if seen else theme.PLAIN
            else:
                yield " " * COLUMN, theme.PLAIN


class KeyCheckScreen(ShellScreen):
    """The screen of the keyboard check."""

    TITLE = "键盘自检"
    KEY_BAR: ClassVar[tuple[str, ...]] = ("back",)

    def body(self) -> ComposeResult:
        """The pad fills the screen."""
        yield KeyCheckPad()

    async def opened(self, **args: Any) -> None:
        """Start anew, and tell what kind of terminal this is."""
        self.query_one(KeyCheckPad).reset()
        size = self.app.size
        colors = self.app.console.color_system or "无"
        self.status(
            f"终端 {os.environ.get('TERM', '未知')}，{size.width} 列 {size.height} 行，颜色 {colors}。"
        )
