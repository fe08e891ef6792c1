"""F1: what the current field wants, and again: the whole screen with its keys, from the action registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.actions import ACTIONS, GLOBAL
from tui.keymap import Keymap, key_label
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


def key_lines(keymap: Keymap, context: str, names: tuple[str, ...]) -> list[str]:
    """Return one line per action that has a key in the context: `F10  提交  显示人数和金额……`."""
    lines: list[str] = []
    for name in names:
        keys = keymap.keys(context, name)
        if keys:
            shown = "/".join(key_label(key) for key in keys)
            lines.append(f"{shown:<10} {ACTIONS[name].label}：{ACTIONS[name].help}")
    return lines


def screen_lines(screen: KeyScreen, widget: Widget | None) -> list[str]:
    """Return the help of the whole screen: its own words, then every key that works here."""
    from tui.shellscreen import ShellScreen

    shell = screen.shell
    context = widget.key_context() if isinstance(widget, KeyWidget) else GLOBAL
    lines = list(screen.HELP_LINES) if isinstance(screen, ShellScreen) else []
    bar = tuple(screen.key_bar_actions()) if isinstance(screen, ShellScreen) else ()
    own = tuple(name for name, _ in shell.keymap.actions(context) if name not in bar)
    rest = tuple(name for name in GLOBAL_SHOWN if name not in (*bar, *own))
    return lines + key_lines(shell.keymap, context, (*bar, *own, *rest))


async def show_help(screen: KeyScreen, widget: Widget | None) -> None:
    """Show the field's help if it has any; F1 there, or no field help, shows the screen's."""
    field = widget.help_lines() if isinstance(widget, KeyWidget) else []
    if field:
        key = screen.shell.keymap.label(GLOBAL, "help")
        answer = await screen.ask(
            "帮助",
            [*field, "", f"再按 {key} 看整个画面的说明。"],
            [("\r", "确定"), ("help", "更多")],
            distinct=False,
        )
        if answer != "help":
            return
    await screen.tell("帮助", screen_lines(screen, widget))
