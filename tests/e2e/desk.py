"""A workstation before a site: the real program in a real terminal, worked by keys alone."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from center.demo.generator import Person
from domain.login_form import login_form
from tests.e2e.site import CLERK, CLERK_PASSWORD, PASSWORD, PIN, Agent, Site
from tests.support import stall_watch
from tests.support.pty_terminal import PtyTerminal

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"
_TILDE = (15, 17, 18, 19, 20, 21, 23, 24)
_FUNCTION = ("\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", *(f"\x1b[{n}~" for n in _TILDE))
KEYS = {f"f{number}": text for number, text in enumerate(_FUNCTION, 1)} | {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "tab": "\t",
    "ctrl+k": "\x0b",
    "ctrl+w": "\x17",
    "ctrl+x": "\x18",
    "esc": "\x1b",
}
SLOW = 25.0
"""Seconds a wait may last on a busy machine."""


def split(keys: str) -> list[str]:
    """Keys one by one; named ones stand as <f10>, Enter as \\r."""
    found = re.findall(r"<([a-z0-9+]+)>|(.)", keys, re.DOTALL)
    return [KEYS[name] if name else char for name, char in found]


class Desk:
    """One person's program. `key` in `ukey` replaces the agent's demo key (a PKCS#11 module).
    `stall_log` is where stalls of its event loop are written (see `tests.support.stall_watch`)."""

    def __init__(
        self,
        site: Site,
        folder: Path,
        agent: Agent | None = None,
        *,
        ukey: str = "",
        columns: int = 80,
        rows: int = 24,
        env: dict[str, str] | None = None,
        stall_log: Path | None = None,
    ) -> None:
        self.site = site
        self.agent = agent
        self.folder = folder
        self._ukey = ukey
        self._size = columns, rows
        self._env = env or {}
        self._stall_log = stall_log
        self.terminal = self._start()

    def _start(self) -> PtyTerminal:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("in", "out"):
            (self.folder / name).mkdir(exist_ok=True)
        config = self.folder / "config.toml"
        config.write_text(self._config(), encoding="utf-8")
        columns, rows = self._size
        env = {name: os.environ[name] for name in os.environ if name.startswith("XDG_")} | self._env
        command = [sys.executable, "-m", "cli.main"]
        if self._stall_log is not None:
            command = stall_watch.argv(self._stall_log, "cli.main")
        command += ["--config", str(config)]
        return PtyTerminal(command, env=env, columns=columns, rows=rows)

    def _config(self) -> str:
        agent = self.agent
        account = agent.unit if agent is not None and self.site.profile.name == "hangzhou" else ""
        ukey = self._ukey
        if not ukey and agent is not None and agent.key is not None:
            ukey = f'demo = true\ndemo_folder = "{agent.key}"'
        return f"""
[center]
url = "{self.site.base}"
profile = "{self.site.profile.name}"
[login]
unit_account = "{account}"
[ukey]
{ukey}
[files]
data_dir = "{self.folder / "data"}"
in_dir = "{self.folder / "in"}"
out_dir = "{self.folder / "out"}"
"""

    def again(self) -> None:
        """Another start of the program at the same workstation."""
        self.terminal.close()
        self.terminal = self._start()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.terminal.close()

    # ---- keys and pictures ---------------------------------------------------------------------------

    def keys(self, keys: str, gap: float = 0.0) -> None:
        """Press keys as one burst, or with `gap` seconds between them."""
        if gap:
            self.terminal.send_keys(split(keys), gap)
        else:
            self.terminal.send("".join(split(keys)))

    def see(self, *texts: str, timeout: float = SLOW) -> None:
        """Wait until texts stand on the screen, all at once."""

        def all_there() -> bool:
            picture = self.text
            return all(text in picture for text in texts)

        self.terminal.wait(all_there, timeout, repr(texts))

    def gone(self, text: str) -> None:
        """Wait until a text stands there no more."""
        self.terminal.wait_gone(text, SLOW)

    @property
    def text(self) -> str:
        """The screen."""
        return self.terminal.text

    def deliver(self, name: str, content: bytes) -> Path:
        """A file that was put into the person's folder a while ago."""
        path = self.folder / "in" / name
        path.write_bytes(content)
        self.settle(path)
        return path

    @staticmethod
    def settle(path: Path) -> None:
        """Let a file look as if it had been there for a minute."""
        before = path.stat().st_mtime - 60
        os.utime(path, (before, before))

    # ---- login ---------------------------------------------------------------------------------------

    def login_fields(self, password: str) -> list[str]:
        """What is typed into the fields of the login, but for a code."""
        agent = self.agent
        assert agent is not None
        someone = agent.person
        texts = {
            "unit_account": agent.unit,
            "unit_name": agent.unit_name,
            "login_name": agent.login_name,
            "agent_name": someone.name,
            "agent_id_number": someone.id_number,
            "mobile": someone.mobile,
            "password": password,
        }
        form = login_form(self.site.profile.name)
        return [texts[one.key] for one in form.fields if one.key in texts and one.kind != "static"]

    @property
    def by_code(self) -> bool:
        """Whether the center sends a login code instead of wanting a key."""
        return self.site.profile.auth.mode == "password_sms"

    def fill_login(self, password: str = PASSWORD) -> None:
        """Fill the login and send it."""
        self.see("已连接")
        if self.by_code:
            self.keys("\r".join(self.login_fields(password)) + "<f5>")
            self.see("验证码已发到手机")
            assert self.agent is not None
            self.keys(self.site.code(self.agent.person.mobile) + "\r")
            return
        box = any(one.kind == "check" for one in login_form(self.site.profile.name).fields)
        self.keys("\r".join(self.login_fields(password)) + ("<f10>" if box else "\r"))

    def log_in(self, pin: str = PIN) -> None:
        """Log in as far as the home screen."""
        self.fill_login()
        self.finish_login(pin)

    def take_up(self, pin: str = PIN) -> None:
        """Log in after a cut: the screen that was open stands there again."""
        self.fill_login()
        if not self.by_code:
            self.see("UKey PIN: [")
            self.keys(f"{pin}\r")
        if self.site.profile.home.welcome:
            self.see(self.site.profile.home.welcome[:12])
            self.keys("\r")
        self.see("上次的画面已恢复")

    def finish_login(self, pin: str = PIN) -> None:
        """From the PIN to the home screen."""
        if not self.by_code:
            self.see("UKey PIN: [")
            self.keys(f"{pin}\r")
        self.enter_home()

    def enter_home(self) -> None:
        """Choose the unit and close the welcome, as the center has them."""
        assert self.agent is not None
        if len(self.agent.units) > 1:
            self.see("选择单位", self.agent.unit)
            self.keys("1\r")
        if self.site.profile.home.welcome:
            self.see(self.site.profile.home.welcome[:12])
            self.keys("\r")
            self.gone("欢迎")
        self.at_home()

    def at_home(self) -> None:
        """Wait until the home screen of the agent stands there whole."""
        assert self.agent is not None
        self.see("在线", self.agent.unit, self.site.profile.home.modules[-1].title, "收件箱", "F3退出系统")

    def home(self, steps: int = 1) -> None:
        """Back to the home screen, so many steps."""
        self.keys("<f12>" * steps)
        self.at_home()

    def log_in_clerk(self) -> None:
        """Log in as the clerk."""
        self.see("已连接")
        self.keys(f"<f6>{CLERK}\r{CLERK_PASSWORD}\r")
        self.see("待处理")

    # ---- business --------------------------------------------------------------------------------------

    def open(self, module: str = "business:open") -> None:
        """Open a screen of a module by its transaction code, chosen where the module has several."""
        entry = next(one for one in self.site.profile.home.modules if module in one.screens)
        self.keys(f"<f2>{entry.code}\r")
        if len(entry.screens) > 1:
            self.see("请选择")
            self.keys("<down>" * entry.screens.index(module) + "\r")
        self.see("F12返回")

    def register(self, people: Sequence[Person], gap: float = 0.0, **cells: Any) -> None:
        """Type people into the form; the last field's Enter puts each into the roster."""
        for someone in people:
            self.keys("".join(f"{text}\r" for text in self.site.typed(someone, **cells)), gap)

    def confirm(self, count: int, *, ticked: bool = False) -> None:
        """F10, the totals, yes, and the attachment where the center wants one."""
        profile = self.site.profile
        self.keys("<f10>")
        if profile.queue.submit_scope == "selected" and not ticked:
            self.see("全部勾选")
            self.keys("y")
        self.see(f"总人数：{count} 人")
        self.keys("y")
        if profile.offered()["open"].attachments:
            self.deliver("名册.pdf", PDF)
            self.see("选择电脑上传")
            self.keys("<f6>1\r")
            self.see("已选择 1 个文件")
            self.keys("<f10>")

    def submit(self, count: int) -> str:
        """Submit the roster; gives the 业务流水号 of the receipt."""
        self.confirm(count)
        return self.serial()

    def serial(self) -> str:
        """The 业务流水号 on the receipt."""
        self.see("业务流水号", "SHA-256")
        found = re.search(r"业务流水号\s+(\S+)", self.text)
        assert found is not None
        return found[1]
