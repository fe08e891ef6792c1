"""The operation manual of a center, from its rules and what the screens themselves say (L-12, H-10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from domain.businesses.names import business_of
from domain.businesses.registry import declare
from exports.files import writing
from screens.business_titles import screen_title
from screens.manual_rules import business_lines, import_lines, question_lines
from tui.actions import ACTIONS
from tui.glyphs import fit
from tui.keyboard_card import keyboard_card
from tui.keymap import Keymap, key_label

if TYPE_CHECKING:
    from domain.profile import Profile

KEY_CELLS: Final = 14
"""Cells of the first column of a table."""
MORE = ("login", "home", "inbox", "message")
"""Screens of every center beside those of its modules."""


def manual_text(profile: Profile, keymap: Keymap, address: str = "") -> str:
    """The manual as Markdown: access, modules, rules, questions, the screens with their keys, the card.

    `address` is the URL of the center.
    """
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
        lines.append(f"| {one.code} | {one.title} | {'本系统' if one.screens else '中心柜台'} |")
    lines.append("")
    for name in profile.offered():
        business = declare(name, profile)
        lines += [*business_lines(business), *import_lines(business)]
    lines += [*question_lines(profile, address)]
    titles = {
        name: one.title if len(one.screens) == 1 else screen_title(name, profile)
        for one in profile.home.modules
        for name in one.screens
    }
    titles |= {"login": "登录", "home": "首页", "inbox": "历史消息", "message": "消息内容"}
    for name in (*MORE, *(name for name in titles if name not in MORE)):
        lines += _screen_lines(name, titles[name], profile, keymap)
    return "\n".join([*lines, keyboard_card(keymap)])


def _screen_lines(name: str, title: str, profile: Profile, keymap: Keymap) -> list[str]:
    """A screen's own words and keys."""
    from screens.app import AppScreen
    from screens.catalog import screen_class
    from screens.roster_screen import RosterScreen

    kind = screen_class(name)
    if kind is None or not issubclass(kind, AppScreen):
        return []
    lines = [f"## {title}", "", *(line for line in kind.HELP_LINES if line)]
    rows = []
    words: dict[str, tuple[str, str]] = {}
    bar: Sequence[str] = kind.KEY_BAR
    if issubclass(kind, RosterScreen):
        words = _roster_words(profile, business_of(name), batch=not kind.with_form)
        bar = [*(kind.FORM_KEYS if kind.with_form else ()), *kind.GRID_KEYS]
    for action in dict.fromkeys(bar):
        plain = (ACTIONS[action].label, ACTIONS[action].help)
        label, text = words.get(action) or kind.LABELS.get(action, plain)
        keys = next((keys for where in ("form", "menu", "grid") if (keys := keymap.keys(where, action))), ())
        if keys:
            rows.append(f"| {key_label(keys[0])} | {label} | {text} |")
    return [*lines, "", "| 键 | 名称 | 作用 |", "|---|---|---|", *rows, ""]


def _roster_words(profile: Profile, business: str, *, batch: bool) -> dict[str, tuple[str, str]]:
    """What a center calls the keys of the roster of a business."""
    from screens.business_screen import business_words

    words = business_words(profile, business, batch=batch)
    return {
        "add_row": (words.record, f"把录入的内容放进{words.queue}；在清册中则回到录入栏。"),
        "submit": (words.submit, f"显示{words.totals}，确认后提交中心。"),
        "refresh": (words.refresh or "刷新", "重新读取并校验清册，合计以此为准。"),
        "paste_pad": ("导入", "从表格文件导入、打开粘贴板，或下载模板。"),
        "print": ("导出", "把清册导出为表格文件。"),
    }


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the manual for people: no marks but those of a heading."""

    text: str
    heading: bool = False


def manual_lines(profile: Profile, keymap: Keymap, address: str) -> list[Line]:
    """The manual as plain lines, for the screen and for a text file."""
    source = manual_text(profile, keymap, address).splitlines()
    lines: list[Line] = []
    for at, line in enumerate(source):
        following = source[at + 1] if at + 1 < len(source) else ""
        if line.startswith(("```", "|--")) or following.startswith("|--"):
            continue
        if line.startswith("#"):
            lines.append(Line(f"【{line.lstrip('# ').replace('`', '')}】", True))
        elif line.startswith("|"):
            first, *others = (cell.strip().replace("`", "") for cell in line.strip("|").split(" | "))
            lines.append(Line("  ".join([fit(first, KEY_CELLS), *others]).rstrip()))
        else:
            lines.append(Line(line.replace("`", "")))
    return lines


def write_manual(lines: Sequence[Line], path: Path, overwrite: bool) -> None:
    """Write the manual as text. Blocking; raises WorkbookError."""
    text = "".join(f"{line.text}\n" for line in lines)
    with writing(path, overwrite=overwrite) as part:
        part.write_text(text, encoding="utf-8")
