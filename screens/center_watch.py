"""A screen before the login that watches whether the center is there, and how far apart the clocks are."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from screens.app import AppScreen
from tui.progress import in_thread

if TYPE_CHECKING:
    from client.errors import ClientError
    from client.session import Session

RETRY_SECONDS = 3.0
"""How often an unreachable center is tried again by itself."""
LOOK_SECONDS = 30.0
"""How often one that answers is looked at."""
CLOCK_WARNING_SECONDS = 120
"""From this offset on the person is told that this machine's clock is wrong."""
OFFLINE = "连不上中心，填写的内容都还在，请检查网络后按 F5 再试，程序也会自动重试。"


class CenterWatch(AppScreen):
    """Keeps `center_word` (word, kind) and `clock_warning` current and has them drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.center_word: tuple[str, str] = ("", "")
        self.clock_warning = ""

    def show_texts(self) -> None:
        """Draw what has changed."""

    def center_found(self) -> None:
        """Do what had to wait for the center's first answer."""

    def look_now(self) -> None:
        """Begin, or look at once."""
        self.run_worker(self.watch_center(), name="center", group="center", exclusive=True)

    def now(self) -> float:
        """Unix time by the center's clock where it is known."""
        session = self.known_session
        return session.client.now() if session is not None else time.time()

    @property
    def known_session(self) -> Session | None:
        """The session if it was made already."""
        return self.state.session() if self.state.connected_once else None

    async def watch_center(self) -> None:
        """Ask the center whether it is there: often while it is not."""
        await self.shell.painted.wait()
        from client.errors import ClientError

        while True:
            if self.on_top:
                lost: ClientError | None = None
                try:
                    await in_thread(self.ask_center)
                except ClientError as error:
                    lost = error
                if not self.children:
                    return  # the program ends, and the screen has been cleared meanwhile
                if lost is not None:
                    self._lost(lost)
                else:
                    self._found()
            await asyncio.sleep(RETRY_SECONDS if self.center_word[1] == "error" else LOOK_SECONDS)

    def ask_center(self) -> None:
        """Have the center say who it is and what time it has. Blocking; raises ClientError."""
        session = self.state.session()
        session.profile()
        session.client.health()

    def _found(self) -> None:
        was_lost = self.center_word[1] == "error"
        self.center_word = ("已连接", "good")
        self.center_found()
        session = self.known_session
        if session is not None:
            self.note_clock(session.client.clock_offset)
        self.show_texts()
        if was_lost and self.on_top:
            self.status("中心已恢复连接，可以继续登录。", kind="good")

    def _lost(self, error: ClientError) -> None:
        first = self.center_word[1] != "error"
        self.center_word = ("连不上，正在自动重试" if error.retryable else "不能使用", "error")
        self.show_texts()
        if first and self.on_top:
            self.status(OFFLINE if error.retryable else error.sentence, kind="error")

    def note_clock(self, offset: float) -> None:
        """Warn of this machine's clock when it is far from the center's."""
        slow = "慢" if offset > 0 else "快"
        minutes = max(1, round(abs(offset) / 60))
        wrong = abs(offset) >= CLOCK_WARNING_SECONDS
        said = f"本机时间比中心{slow}约 {minutes} 分钟，请校准；签名以中心时间为准。" if wrong else ""
        if said != self.clock_warning:
            self.clock_warning = said
            self.show_texts()

    def ask_center_quietly(self) -> None:
        """Do the same, where the answer is shown elsewhere. Blocking."""
        from client.errors import ClientError

        with suppress(ClientError):
            self.ask_center()
