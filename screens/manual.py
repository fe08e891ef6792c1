"""The operation manual of a center, put together from what the screens themselves say (L-12)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.actions import ACTIONS
from tui.keyboard_card import keyboard_card
from tui.keymap import Keymap, key_label

if TYPE_CHECKING:
    from domain.profile import Profile
    from screens.state import AppState

MORE = ("login", "home", "inbox", "message")
"""Screens of every center beside those of its modules."""


def manual_text(profile: Profile, keymap: Keymap) -> str:
    """The manual as Markdown: access, modules, each screen with its keys, the keyboard card."""
    auth = profile.auth
    lines = [
        f"# {profile.center}单位版系统操作手册",
        "",
        f"- 开通：{auth.access_text}",
        f"- 环境：{auth.platform_text}",
        f"- 密码：{auth.reset_text}",
        f"- 咨询电话：{profile.phone}",
        "",
        "## 业务模块",
        "",
        "| 交易码 | 名称 | 在哪里办理 |",
        "|---|---|---|",
    ]
    for one in profile.home.modules:
        lines.append(f"| {one.code} | {one.title} | {'本系统' if one.opens else '中心柜台'} |")
    lines.append("")
    titles = {one.opens: one.title for one in profile.home.modules if one.opens}
    titles |= {"login": "登录", "home": "首页", "inbox": "历史消息", "message": "消息内容"}
    for name in (*MORE, *(name for name in titles if name not in MORE)):
        lines += _screen_lines(name, titles[name], keymap)
    return "\n".join([*lines, keyboard_card(keymap)])


def _screen_lines(name: str, title: str, keymap: Keymap) -> list[str]:
    """A screen's own words and keys."""
    from screens.app import AppScreen
    from screens.catalog import screen_class

    kind = screen_class(name)
    if kind is None or not issubclass(kind, AppScreen):
        return []
    lines = [f"## {title}", "", *(line for line in kind.HELP_LINES if line)]
    rows = []
    for action in kind.KEY_BAR:
        label, text = kind.LABELS.get(action, (ACTIONS[action].label, ACTIONS[action].help))
        keys = next((keys for where in ("form", "menu", "grid") if (keys := keymap.keys(where, action))), ())
        if keys:
            rows.append(f"| {key_label(keys[0])} | {label} | {text} |")
    return [*lines, "", "| 键 | 名称 | 作用 |", "|---|---|---|", *rows, ""]


def write_manual(state: AppState, keymap: Keymap) -> Path:
    """Write the manual into the outgoing folder. Blocking; raises WorkbookError, OSError."""
    from screens.file_choice import delivery

    name = f"{state.profile.center}操作手册.md"
    path = delivery(state).outgoing.new(name)
    path.write_text(manual_text(state.profile, keymap), encoding="utf-8")
    return path
