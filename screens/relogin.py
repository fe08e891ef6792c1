"""Logging in again after the session has ended: the screens below stay as they are."""

from __future__ import annotations

from typing import Any

from screens.login import LoginScreen
from screens.login_form_model import LoginModel

EXPIRED = "登录已失效，请重新登录；录入的内容都已保存，登录后接着办理。"


class ReloginScreen(LoginScreen):
    """The login over everything that was open, with what was typed at the last one."""

    def __init__(self) -> None:
        super().__init__()
        self._before: tuple[str, str, str] = ("", "", "")

    def _agent_model(self) -> LoginModel:
        model = super()._agent_model()
        for key, text in self.state.last_login.items():
            if model.has(key) and key != "sync":
                model.set(key, text)
        return model

    async def opened(self, **args: Any) -> None:
        """Ask for what is secret only."""
        person = self.state.person
        assert person is not None
        self._before = (person.role, person.operator, person.unit_account)
        self.clerk, self.wanted_unit = person.role == "clerk", person.unit_account
        self._models = {False: self._agent_model(), True: LoginModel.clerk()}
        if self.clerk:
            self._models[True].set("login_name", self.state.last_login.get("login_name", ""))
        self._forget_secrets()
        await super().opened(**args)
        self._key_changed()
        self.status(EXPIRED, kind="warning", beep=True)

    def _switch(self) -> None:
        self.shell.bell()

    async def _enter(self) -> None:
        """Go on where the work was; another person starts at the beginning."""
        self._forget_secrets()
        person = self.state.person
        assert person is not None
        self.shell.banner = self.banner()
        if (person.role, person.operator, person.unit_account) == self._before:
            await self.shell.back(ask=False)
            screen = self.shell.shell_screen()
            if screen is not None:
                screen.status("已重新登录，请接着办理。", kind="good")
        else:
            await self.gjj.start_over("cases" if person.role == "clerk" else "home")
            await self.gjj.places.take_up()

    async def _leave(self) -> None:
        lines = ["确定退出登录吗？没有送到中心的内容保留在发件箱。"]
        if await self.ask("退出系统", lines, [("y", "确定"), ("n", "取消")], cancel="n") == "y":
            await self.busy("正在退出…", self.state.leave)
            await self.gjj.to_login("已退出系统。")
