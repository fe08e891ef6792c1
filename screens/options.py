"""Running the digits typed beside rows: one after the other, in row order, whatever each comes to.

The digits mean the same on every list (`tui.actions.OPTIONS`). One that opens a screen waits until that
screen is left with F12 and then goes on; F3 gives up the rest. A refusal is told at the end and does not stop
the others; a cut connection does, because the others would fail as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from client.errors import AuthExpired, ClientError
from tui.actions import OPTIONS

if TYPE_CHECKING:
    from screens.app import AppScreen


def offered(*digits: str) -> dict[str, str]:
    """The options of a list."""
    return {digit: OPTIONS[digit] for digit in digits}


Do = Callable[[str, str], Awaitable[str]]
"""(key, digit) -> what is to be said of it when it was the only one; raises ClientError."""
Name = Callable[[str], str]
"""key -> what the row is called in a sentence."""


class OptionRun:
    """The digits of one Enter on one screen."""

    def __init__(self, screen: AppScreen, do: Do, name: Name) -> None:
        self._screen = screen
        self._do = do
        self._name = name
        self._left: list[tuple[str, str]] = []
        self._told: list[str] = []
        self._failed: list[str] = []

    @property
    def waiting(self) -> bool:
        """Whether rows are left for when the screen above has been left."""
        return bool(self._left)

    def give_up(self) -> None:
        """Run no more of them."""
        self._left.clear()

    async def start(self, options: Sequence[tuple[str, str]]) -> None:
        """Run these, in the order given."""
        self._left, self._told, self._failed = list(options), [], []
        await self.go_on()

    async def go_on(self) -> None:
        """Run what is left, up to the next screen that opens."""
        while self._left:
            key, digit = self._left.pop(0)
            what = f"{OPTIONS[digit]} {self._name(key)}"
            try:
                said = await self._do(key, digit)
            except AuthExpired:
                self._left.clear()
                raise
            except ClientError as error:
                self._failed.append(f"{what}：{error.sentence}")
                if error.retryable:
                    break
            else:
                if said:
                    self._told.append(said)
                if self._screen.shell.shell_screen() is not self._screen:
                    return
        await self._report()

    async def _report(self) -> None:
        """Say what did not work, and what was not tried; else how many were run."""
        screen, left = self._screen, len(self._left)
        self._left.clear()
        if left:
            self._failed.append(f"其余 {left} 行没有执行，请稍后再试。")
        if len(self._failed) > 1:
            screen.shell.bell()
            await screen.tell("没有全部执行", self._failed)
        if self._failed:
            screen.status(self._failed[0], kind="error", beep=len(self._failed) == 1)
        elif self._told:
            many = len(self._told) > 1
            screen.status(f"已执行 {len(self._told)} 行。" if many else self._told[0], kind="good")
