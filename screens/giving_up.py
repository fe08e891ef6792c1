"""Reading that a person may stop waiting for: the thread goes on alone, its answer is dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from client.errors import ClientError

Result = TypeVar("Result")


class GivenUp(ClientError):
    """Nobody waits for the answer any more."""

    code = "client.given_up"
    title = "已停止等待，画面上的内容没有更新，可以按 F5 再试。"


class Waited(Generic[Result]):
    """One call in a thread of its own; `wait` ends with its answer or when it is given up.

    Only for calls that read: one that changes something must be waited for, or it may happen unseen.
    """

    def __init__(self, work: Callable[..., Result], *args: object, **kwargs: object) -> None:
        self._work = work
        self._args = args
        self._kwargs = kwargs
        self._ended = threading.Event()
        self._result: list[Result] = []
        self._error: BaseException | None = None

    def _run(self) -> None:
        try:
            self._result = [self._work(*self._args, **self._kwargs)]
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error
        self._ended.set()

    def give_up(self) -> None:
        """Wait no longer."""
        self._ended.set()

    def wait(self) -> Result:
        """Block until there is an answer. Raises GivenUp, and what the call raises."""
        threading.Thread(target=self._run, name="gjj-read", daemon=True).start()
        self._ended.wait()
        if self._error is not None:
            raise self._error
        if not self._result:
            raise GivenUp
        return self._result[0]
