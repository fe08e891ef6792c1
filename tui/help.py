"""F1: what the current field wants, and again: the whole screen with its keys, from the action registry.

A sentence that the status line had to cut stands first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.actions import ACTIONS, GLOBAL
from tui.keymap import key_label
from tui.keys import KeyWidget

if TYPE_CHECKING:
    from textual.widget import Widget

    from tui.shellscreen import KeyScreen

GLOBAL_SHOWN = (
    "help",
    "back",
    "exit",
    "accept",
    "next_field",
    "previous_field",
    "cancel_edit",
    "function_prefix",
)
"""Actions of every context that the help names after those of the screen."""


KEY_CHECK = "keycheck"
"""Name of the 键盘自检 screen in the catalog; without it the help does not offer it."""


def key_lines(screen: KeyScreen, context: str, names: tuple[str, ...]) -> list[str]:
    """Return one line per action that has a key in the context: `F10  提交：显示人数和金额……`."""
    from tui.shellscreen import ShellScreen

    lines: list[str] = []
    for name in names:
        keys = screen.shell.keymap.keys(context, name)
        if keys:
            shown = "/".join(key_label(key) for key in keys)
            own = screen.label(name) if isinstance(screen, ShellScreen) else None
            label, text = own or (ACTIONS[name].label, ACTIONS[name].help)
            lines.append(f"{shown:<10} {label}：{text}")
    return lines


def screen_lines(screen: KeyScreen, widget: Widget | None) -> list[str]:
    """Return the help of the whole screen: its own words, then every key that works here."""
    from tui.shellscreen import ShellScreen

    context = widget.key_context() if isinstance(widget, KeyWidget) else GLOBAL
    lines = list(screen.help_text()) if isinstance(screen, ShellScreen) else []
    bar = tuple(screen.key_bar_actions()) if isinstance(screen, ShellScreen) else ()
    own = tuple(name for name, _ in screen.shell.keymap.actions(context) if name not in bar)
    rest = tuple(name for name in GLOBAL_SHOWN if name not in (*bar, *own))
    return lines + key_lines(screen, context, (*bar, *own, *rest))


def _cut_status(screen: KeyScreen) -> list[str]:
    """Return the sentence of the status line where the line is too short for it."""
    from tui.bars import StatusLine

    line = screen.query_one_optional(StatusLine)
    return [line.text, ""] if line is not None and line.is_cut() else []


async def show_help(screen: KeyScreen, widget: Widget | None) -> None:
    """Show the field's help if it has any; F1 there, or no field help, shows the screen's."""
    field = [*_cut_status(screen), *(widget.help_lines() if isinstance(widget, KeyWidget) else [])]
    key = screen.shell.keymap.label(GLOBAL, "help")
    if field:
        lines = [*field, "", f"再按 {key} 看整个画面的说明。"]
        options = [("\r", "确定"), ("help", "更多")]
        if await screen.ask("帮助", lines, options, distinct=False) != "help":
            return
    lines = screen_lines(screen, widget)
    if not screen.shell.knows(KEY_CHECK):
        await screen.tell("帮助", lines)
        return
    options = [("\r", "确定"), ("0", "键盘自检")]
    if await screen.ask("帮助", lines, options, distinct=False) == "0":
        await screen.shell.open_screen(KEY_CHECK)
