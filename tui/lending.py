"""Lending the terminal to a piece of work that writes to it or reads from it itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tui.driver import ShellDriver
from tui.progress import in_thread

if TYPE_CHECKING:
    from textual.app import App

Result = TypeVar("Result")


class NotLentError(Exception):
    """There is no terminal to lend: the program runs without one."""


async def lend(app: App[int], work: Callable[[int], Result]) -> Result:
    """Run blocking work in a thread while the program neither draws nor reads; everything is drawn anew.

    `work` gets the terminal's file number. Whatever it raises is raised here, after the terminal has been
    taken back. Raises NotLentError.
    """
    driver = app._driver
    if not isinstance(driver, ShellDriver) or not driver.can_suspend:
        raise NotLentError
    error: BaseException | None = None
    with app.suspend():
        driver.lent = True
        try:
            result = await in_thread(work, driver.output_number)
        except BaseException as raised:  # the terminal is taken back first, whatever it was
            error = raised
        driver.lent = False
    if error is not None:
        raise error
    return result
