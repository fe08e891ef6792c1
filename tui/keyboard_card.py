"""The keyboard card in `docs/keyboard.md`, printed from the action registry and the default keymap.

`python -m tui.keyboard_card docs/keyboard.md` writes it; a test holds the file to the registry.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tui.actions import ACTIONS, CONTEXTS, OPTIONS
from tui.grid_work import MARKS
from tui.keymap import FORBIDDEN, FUNCTION_DIGITS, Keymap, key_label


def keyboard_card(keymap: Keymap | None = None) -> str:
    """Return the card as Markdown: one table per context, then the substitutes and the forbidden keys."""
    keymap = keymap or Keymap.default()
    parts = [
        "# 键盘卡",
        "",
        "全部操作只用键盘。表中的键可以在配置文件的 `[keys.场合]` 里逐条改动，例如：",
        "",
        '```toml\n[keys.grid]\ndup = ["*", "ctrl+d"]\n```',
        "",
    ]
    for context, title in CONTEXTS.items():
        lines = [
            f"| {'、'.join(map(_shown, keys))} | {ACTIONS[name].label} | {ACTIONS[name].help} | `{name}` |"
            for name, keys in keymap.actions(context)
            if keys
        ]
        if lines:
            parts += [
                f"## {title}（`{context}`）",
                "",
                "| 键 | 名称 | 作用 | 动作名 |",
                "|---|---|---|---|",
                *lines,
                "",
            ]
    options = "，".join(f"`{digit}` {text}" for digit, text in OPTIONS.items())
    parts += [
        "## 清册行首的标记",
        "",
        "勾选的行第一格是 `x`，第二格是下列标记中最先符合的一个：",
        "",
        *(f"- `{mark}` {meaning}" for mark, meaning in MARKS.items() if mark != " "),
        "",
        "## 行前的选项数字",
        "",
        f"在列表的行前输入数字，回车按行的顺序一次执行全部：{options}。各列表只接受其中用得上的。",
        "",
        "## 键盘自检",
        "",
        "在任何画面按 F1，选“键盘自检”，逐个按键，看哪些键能收到。登录前也可以。",
        "",
    ]
    digits = "，".join(f"`{digit}` 是 {key_label(key)}" for digit, key in FUNCTION_DIGITS.items())
    parts += [
        "## 收不到功能键的终端",
        "",
        f"先按 Ctrl+G，再按一个字符代替功能键：{digits}。",
        "",
        "## 不能使用的键",
        "",
        "下列键会被终端、tmux、screen 或输入法截走，配置里写了会被拒绝：",
        "",
        *(f"- {key_label(key)}：{reason}" for key, reason in FORBIDDEN.items()),
        "- 任何 Alt 组合，Shift 或 Ctrl 加功能键，Ctrl 加方向键",
        "- Shift 或 Ctrl 加 PgUp、PgDn、Ins，单个字母和数字",
        "",
    ]
    return "\n".join(parts)


def _shown(key: str) -> str:
    label = key_label(key)
    return "`" + label + "`"


def main(argv: list[str]) -> int:
    """Write the card to the named file, or print it."""
    if argv:
        Path(argv[0]).write_text(keyboard_card(), encoding="utf-8")
    else:
        sys.stdout.write(keyboard_card())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
