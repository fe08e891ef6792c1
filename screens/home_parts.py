"""What the home screen shows, as data: the unit's lines, the menu's entries, the inbox's rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from domain.businesses.names import business_of
from domain.money import grouped
from domain.period import CENTER_ZONE
from screens.menu import MenuEntry
from screens.unit_choice import permits
from tui.bars import Span
from tui.listview import ListColumn, ListRow
from tui.theme import PLAIN, STRONG

if TYPE_CHECKING:
    from client.session import Person
    from domain.profile import Module, Profile
    from domain.wire import InboxItem, UnitContext

PASSWORD, SOUND, LOGOUT = "@password", "@sound", "@logout"
"""Keys of the functions at the top right of the home screen (H-04, L-11, L-14)."""

OWN = {"@deadlines": "deadlines", "@payroll": "payroll"}
"""Keys of functions every center's agents have -> their screens."""

INBOX_COLUMNS = (
    ListColumn("时间", 11),
    ListColumn("业务名称", 16),
    ListColumn("内容", 38),
    ListColumn("状态", 8),
)


def unit_lines(context: UnitContext, person: Person, profile: Profile) -> list[Sequence[Span]]:
    """The three lines of the banner: 单位基本信息, 账户信息, 经办人信息 (H-01)."""
    month = context.paid_through
    paid = f"{month // 100}年{month % 100}月" if month else "无"
    until = f"  证书到期 {context.certificate_expires[:10]}" if context.certificate_expires else ""
    hours = f"  办理时间 {context.hours}" if context.hours else ""
    shut = "" if context.is_open or not context.hours else "（现在不办理）"
    unknown = "" if context.calendar_known else "  年历未发布"
    return [
        [
            ("单位  ", STRONG),
            (f"{context.name}  账号 {context.unit_account}  {context.credit_code}", PLAIN),
        ],
        [
            ("账户  ", STRONG),
            (
                f"缴存 {context.headcount}人  封存 {context.sealed_count}人  缴至 {paid}"
                f"  未分配余额 {grouped(context.unallocated)}元",
                PLAIN,
            ),
        ],
        [
            ("经办  ", STRONG),
            (f"{context.agent_name or person.name}  {context.agent_mobile}", PLAIN),
            (f"{until}{hours}{shut}{unknown}", PLAIN),
        ],
    ]


def entries(profile: Profile, permissions: list[str], sound: bool) -> list[MenuEntry]:
    """The modules this agent may use, then the functions of H-04."""
    shown = [
        MenuEntry(one.code, one.code, one.title, one.group, bool(one.screens))
        for one in profile.home.modules
        if not one.screens or openable(one, profile, permissions)
    ]
    group = shown[0].group if profile.home.layout == "menus" and shown else "系统"
    functions = [
        MenuEntry("@deadlines", "9801", "期限", group),
        MenuEntry("@payroll", "9802", "工资表比对", group),
    ]
    if profile.auth.change_password == "inside":
        functions.append(MenuEntry(PASSWORD, "9901", "修改密码", group))
    if profile.home.sound_toggle:
        functions.append(MenuEntry(SOUND, "9902", "关闭音效" if sound else "打开音效", group))
    functions.append(MenuEntry(LOGOUT, "9909", "退出系统", group))
    return [*shown, *functions]


def openable(module: Module, profile: Profile, permissions: list[str]) -> tuple[str, ...]:
    """The screens of a module that the center offers and this agent may use."""
    return tuple(
        one
        for one in module.screens
        if not (name := business_of(one))
        or (profile.rules(name) is not None and (one.startswith("query:") or permits(permissions, name)))
    )


def tab_line(profile: Profile, counts: dict[str, int], current: str) -> Sequence[Span]:
    """The inbox tabs with their counts (T-01)."""
    from tui.theme import CURSOR

    spans: list[Span] = [("收件箱 ", STRONG)]
    for tab in profile.inbox.tabs:
        text = f" {tab.title}({counts.get(tab.key, 0)}) "
        spans += [(text, CURSOR if tab.key == current else PLAIN), (" ", PLAIN)]
    return spans


def short_time(text: str) -> str:
    """A time of the center as month, day, hour and minute of the center's own clock; a day as it is."""
    if "T" not in text:
        return text[:10]
    try:
        return datetime.fromisoformat(text).astimezone(CENTER_ZONE).strftime("%m-%d %H:%M")
    except ValueError:
        return text[:11]


def inbox_rows(items: Sequence[InboxItem]) -> list[ListRow]:
    """Entries of a tab; what is not read yet is marked."""
    return [
        ListRow(
            str(one.item_id),
            (short_time(one.time), one.title, one.body, one.state),
            mark=" " if one.read or one.tab != "messages" else "*",
        )
        for one in items
    ]
