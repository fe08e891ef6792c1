"""The locked screen: nothing of the work is shown until the PIN or the password is given again.

It covers whatever was open, which waits as it was. It is shown after `ukey.idle_minutes` without a key, and
when the key of the login is pulled out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from screens.app import AppScreen
from screens.key_facts import STATES
from screens.panel import Panel
from screens.state import StateEvent
from tui.bars import Span
from tui.keys import ActionRequested
from tui.pin import PinField, wipe
from tui.theme import PLAIN, STRONG

REMOVED = "UKey 已被拔出，录入的内容都已保存，请重新插好 UKey 并输入 PIN 后继续。"
IDLE = "长时间没有操作，已锁定；录入的内容都已保存。"
MAXIMUM = 32


class LockField(PinField):
    """Hands what was typed to the screen; the request closes the gate in the same step."""

    def __init__(self) -> None:
        super().__init__(self._hand, title="UKey PIN", maximum=MAXIMUM)

    def _hand(self, typed: bytearray) -> None:
        self.request("unlock", typed=typed)


class LockScreen(AppScreen):
    """Asks for the PIN of the key, or for the password where the login has no key."""

    TITLE = "已锁定"
    GUARDED = False
    DEFAULT_CSS = """
    LockScreen Panel { padding: 0 0 0 8; }
    LockScreen LockField { margin: 0 0 0 8; }
    LockScreen #space { height: 1fr; }
    """
    KEY_BAR: ClassVar[tuple[str, ...]] = ("help", "exit")
    LABELS = {"exit": ("退出系统", "不再继续，退出登录；没有送到中心的内容保留在发件箱。")}

    def __init__(self) -> None:
        super().__init__()
        self._why = IDLE

    def body(self) -> ComposeResult:
        """Why, who, the field."""
        yield Panel(id="why")
        yield LockField()
        yield Panel(id="space")

    @property
    def field(self) -> LockField:
        """The field."""
        return self.query_one(LockField)

    @property
    def _by_key(self) -> bool:
        return self.state.key_login

    async def opened(self, **args: Any) -> None:
        """Say why; the key itself forgets its PIN."""
        self._why = str(args.get("why", IDLE))
        self.status("")
        title = "UKey PIN" if self._by_key else "登录密码"
        self.field.ask(title, 1, MAXIMUM)
        self._show()
        if self._by_key:
            await self.busy("正在锁定 UKey…", self.state.lock_key)

    def _show(self) -> None:
        person = self.state.person
        who = f"{self.shell.banner}" if person is not None else ""
        ask = "请输入 UKey 的 PIN 继续。" if self._by_key else "请输入登录密码继续。"
        lines: list[Sequence[Span]] = [[], [(self._why, STRONG)], [], [(who, PLAIN)], []]
        if self._by_key:
            key = self.state.key_state
            word, cure = STATES[key.value] if key is not None else ("", "")
            lines.append([("UKey  ", STRONG), (f"{word}  {cure}", PLAIN)])
        lines += [[(ask, PLAIN)], []]
        self.query_one("#why", Panel).show(lines)

    def state_changed(self, event: StateEvent) -> None:
        """Follow the key."""
        super().state_changed(event)
        if event.kind == "key":
            self._show()

    async def perform(self, request: ActionRequested) -> None:
        """Unlock, or give up and log out."""
        match request.action:
            case "unlock":
                await self._unlock(request.payload["typed"])
            case "exit":
                await self._give_up()
            case "back":
                self.shell.bell()
            case _:
                await super().perform(request)

    async def _unlock(self, typed: bytearray) -> None:
        from ukey.signer import SignerError

        try:
            if self._by_key:
                await self.busy("正在验证 PIN…", self.state.unlock_key, typed)
            elif not await self.busy("正在核对密码…", self.state.password_fits, bytes(typed)):
                self.status(
                    "密码不正确，请重新输入；忘记了可以按 F3 退出后重新登录。", kind="error", beep=True
                )
                return
        except SignerError as error:
            self.status(error.text, kind="error", beep=True)
            return
        finally:
            wipe(typed)
        await self.shell.back(ask=False)

    async def _give_up(self) -> None:
        lines = ["确定退出登录吗？没有送到中心的内容保留在发件箱。"]
        if await self.ask("退出系统", lines, [("y", "确定"), ("n", "取消")], cancel="n") == "y":
            await self.busy("正在退出…", self.state.leave)
            await self.gjj.to_login("已退出系统。")
