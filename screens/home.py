"""The home screen: banner, modules, functions, inbox (H-01 to H-04, H-09, T-01 to T-06)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from screens.app import AppScreen
from screens.business_titles import screen_title
from screens.home_parts import (
    INBOX_COLUMNS,
    LOGOUT,
    OWN,
    PASSWORD,
    SOUND,
    entries,
    inbox_rows,
    openable,
    tab_line,
    unit_lines,
)
from screens.inbox_actions import open_item, options_of, run_of
from screens.menu import ModuleMenu
from screens.panel import Panel
from screens.state import StateEvent
from tui.keys import ActionRequested
from tui.listview import ListView
from tui.progress import in_thread

if TYPE_CHECKING:
    from textual.worker import WorkType

    from domain.wire import InboxItem

SHOWN = 30
"""Newest entries of a tab on the home screen; the rest is under 更多 (T-06)."""


class InboxPane(ListView):
    """The entries of one tab; left and right change the tab, Tab goes back to the menu."""

    def key_context(self) -> str:
        """Return the menu's keys: a transaction code begins from here as well."""
        return "menu"

    def handle_action(self, action: str) -> bool:
        """Ask the screen for another tab or pane; the rest as every list."""
        if action in ("left", "right"):
            self.request("tab", step=1 if action == "right" else -1)
            return True
        return super().handle_action(action)


class HomeScreen(AppScreen):
    """Where an agent starts every business."""

    FIRST: ClassVar[bool] = True
    DEFAULT_CSS = "HomeScreen InboxPane { height: 1fr; } HomeScreen #deadlines { height: 1; }"
    KEY_BAR: ClassVar[tuple[str, ...]] = (
        "help",
        "transaction_code",
        "next_field",
        "columns",
        "refresh",
        "exit",
    )
    LABELS = {
        "transaction_code": ("交易码", "输入交易码或编号，直接到达一个模块。"),
        "next_field": ("换区", "在模块和收件箱之间切换；收件箱里按左右键换栏目。"),
        "columns": ("更多", "查看当前栏目的全部历史消息。"),
        "refresh": ("刷新", "重新读取单位信息和收件箱。"),
        "exit": ("退出系统", "退出系统，回到登录画面。"),
    }
    HELP_LINES = ("带编号的是可以办理的业务；灰色的在本版本请到中心柜台办理。", "")

    def __init__(self) -> None:
        super().__init__()
        self._tab = "messages"
        self._read = 0
        self._items: dict[str, InboxItem] = {}
        self.option_run = run_of(self, lambda key: self._items.get(key))

    def screen_title(self) -> str:
        """Return the center's name."""
        return f"{self.state.form.center} 单位网厅"

    def screen_actions(self) -> frozenset[str]:
        """Panes change with Tab in both directions."""
        return super().screen_actions() | {"previous_field", "back", "down", "up"}

    def body(self) -> ComposeResult:
        """Banner, menu, tabs, entries."""
        yield Panel(id="unit")
        yield Panel([""], id="deadlines")
        yield ModuleMenu(id="menu")
        yield Panel(id="tabs")
        yield InboxPane(INBOX_COLUMNS, options=options_of(self.state.profile), id="inbox")

    @property
    def menu(self) -> ModuleMenu:
        """The menu."""
        return self.query_one(ModuleMenu)

    @property
    def pane(self) -> InboxPane:
        """The list of inbox entries."""
        return self.query_one(InboxPane)

    # -- showing ---------------------------------------------------------------------------------------

    async def opened(self, **args: Any) -> None:
        """Show everything."""
        self._tab = self.state.profile.inbox.tabs[0].key
        self.show_all()
        await self._read_inbox()
        await self._read_deadlines()
        self.set_focus(self.menu, scroll_visible=False)

    async def welcome(self) -> None:
        """Show the center's welcome, which must be closed (H-09)."""
        if text := self.state.profile.home.welcome:
            await self.tell("欢迎", [text])

    async def returned(self, result: Any) -> None:
        """Take up again after a module."""
        self.show_all()
        await self._read_inbox()
        await self._read_deadlines()
        if isinstance(result, str) and result:
            self.status(result, kind="good")

    def show_all(self) -> None:
        """Draw banner, menu and tabs from the state."""
        state, person, context = self.state, self.state.person, self.state.context
        if person is None or context is None:
            return
        profile = state.profile
        self.query_one("#unit", Panel).show(unit_lines(context, person, profile))
        self.menu.show(entries(profile, context.permissions, state.sound), profile.home.layout)
        self._show_tabs()

    def _show_tabs(self) -> None:
        self.query_one("#tabs", Panel).show(
            ["", tab_line(self.state.profile, self.state.inbox.counts, self._tab)]
        )

    async def _read_inbox(self) -> None:
        cache = self.state.inbox_cache
        if cache is None:
            return
        self._read = turn = self._read + 1
        items = await in_thread(cache.items, self._tab, SHOWN)
        if turn != self._read:
            return  # it was read again meanwhile
        self._items = {str(one.item_id): one for one in items}
        self.pane.set_rows(inbox_rows(items))
        self._show_tabs()

    async def _read_deadlines(self) -> None:
        """Show the deadlines as they are known here, and have the center asked without anybody waiting."""
        await self._show_deadlines(ask=False)
        work: WorkType[None] = self._ask_deadlines
        self.run_worker(work, name="deadlines", group="deadlines", exclusive=True)

    async def _ask_deadlines(self) -> None:
        await self._show_deadlines(ask=True)

    async def _show_deadlines(self, *, ask: bool) -> None:
        """Draw the line of deadlines; what cannot be read leaves the line as it is."""
        from client.errors import ClientError
        from screens.deadline_parts import read_deadlines, summary_line

        try:
            found, _ = await in_thread(lambda: read_deadlines(self.state, ask=ask))
        except ClientError:
            return
        for panel in self.query("#deadlines").results(Panel):  # none is left on a screen that is going
            panel.show([summary_line(found)])

    def state_changed(self, event: StateEvent) -> None:
        """Show what the inbox has got, while nobody presses a key (T-11)."""
        super().state_changed(event)
        if event.kind == "inbox":
            self.run_worker(self._read_inbox(), name="inbox", group="inbox", exclusive=True)
            items = event.poll.items if event.poll is not None else []
            new = [one for one in items if one.tab == "messages" and not (one.read or one.deleted)]
            if new and self.on_top:
                self.news(f"新消息：{new[-1].title}", kind="good", beep=True)

    # -- keys ------------------------------------------------------------------------------------------

    async def perform(self, request: ActionRequested) -> None:
        """Open modules and messages, change panes and tabs, log out."""
        match request.action:
            case "open" if request.widget is self.menu:
                await self._open_module(str(request.payload["key"]))
            case "open":
                await open_item(self, self._items.get(str(request.payload["key"])))
                await self._read_inbox()
            case "run_options":
                await self.run_options(request.payload["options"])
                await self._read_inbox()
            case "tab":
                await self._change_tab(int(request.payload["step"]))
            case "next_field" | "previous_field" | "up" | "down":
                self._change_pane(request.action)
            case "transaction_code":
                self.set_focus(self.menu, scroll_visible=False)
                self.menu.begin_code()
            case "columns":
                await self.shell.open_screen("inbox", tab=self._tab)
            case "refresh":
                await self.reading("正在刷新…", self.state.session().refresh_context)
                self.show_all()
                await self._read_inbox()
                await self._read_deadlines()
            case "exit" | "back":
                await self._log_out()
            case _:
                await super().perform(request)

    def _change_pane(self, action: str) -> None:
        """Tab changes the pane; an arrow does at the edge of one."""
        menu_focused = self.focused is self.menu
        if action in ("up", "down") and (action == "down") is not menu_focused:
            self.shell.bell()
            return
        self.set_focus(self.pane if menu_focused else self.menu, scroll_visible=False)

    async def _change_tab(self, step: int) -> None:
        keys: list[str] = [tab.key for tab in self.state.profile.inbox.tabs]
        self._tab = keys[(keys.index(self._tab) + step) % len(keys)]
        self.pane.set_rows(())
        await self._read_inbox()

    async def _open_module(self, key: str) -> None:
        if key == PASSWORD:
            from screens.password import change_password

            await change_password(self)
        elif key == SOUND:
            await self._toggle_sound()
        elif key == LOGOUT:
            await self._log_out()
        elif key in OWN:
            await self.shell.open_screen(OWN[key])
        else:
            module = self.state.profile.module(key)
            assert module is not None
            if module.screens:
                await self._open_one(openable(module, self.state.profile, self.state.permissions))
            else:
                self.menu.tell(f"“{module.title}”在本版本请到中心柜台办理。")
                self.shell.bell()

    async def _open_one(self, screens: Sequence[str]) -> None:
        """Open a module's screen, chosen where it has several (S-01)."""
        chosen: int | None = 0
        if len(screens) > 1:
            titles = [screen_title(one, self.state.profile) for one in screens]
            chosen = await self.choose("请选择", titles)
        if chosen is not None:
            await self.shell.open_screen(screens[chosen])

    async def _toggle_sound(self) -> None:
        sound = await in_thread(self.state.toggle_sound)
        self.show_all()
        self.status("音效已打开。" if sound else "音效已关闭。", kind="good")

    async def _log_out(self) -> None:
        """Leave for the login screen; what is not sent is named (L-14)."""
        unsent = await in_thread(self.state.unsent_now)
        lines = ["确定退出系统吗？"]
        if unsent:
            lines.insert(0, f"发件箱里还有 {unsent} 笔没有送到中心，不会丢失，下次登录后自动继续发送。")
        options = [("y", "确定"), ("n", "取消")]
        if await self.ask("退出系统", lines, options, cancel="n") != "y":
            return
        await self.gjj.places.finish()
        await self.busy("正在退出…", self.state.leave)
        await self.gjj.to_login("已退出系统。")

    def help_text(self) -> Sequence[str]:
        """Say what this is and where help is had."""
        phone = self.state.profile.phone
        return [*self.HELP_LINES, f"{self.state.profile.center}  咨询电话 {phone}", ""]
