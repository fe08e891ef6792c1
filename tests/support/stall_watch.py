"""Stalls of the event loop of a program under test.

    python -m tests.support.stall_watch LOG cli.main --config …

runs a module as a program and writes into LOG one JSON line for every step of its event loop that took
longer than `NOTED` seconds: when it ended (`time.monotonic`), wall and CPU seconds of the loop's thread, what
ran, and where it was when it had run for `SAMPLED` seconds. Nothing of the product knows of it.
"""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final

NOTED: Final = 0.02
SAMPLED: Final = 0.03
_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class Stall:
    """One long step."""

    ended: float
    wall: float
    cpu: float
    what: str
    where: list[str]


def argv(log: Path, module: str, *arguments: str) -> list[str]:
    """The command that runs a module under watch."""
    return [sys.executable, "-m", "tests.support.stall_watch", str(log), module, *arguments]


def stalls(log: Path, since: float = 0.0) -> list[Stall]:
    """The long steps that ended after a moment of `time.monotonic`."""
    if not log.exists():
        return []
    found = [Stall(**json.loads(line)) for line in log.read_text("utf-8").splitlines() if line]
    return [stall for stall in found if stall.ended >= since]


class Watch:
    """Times every callback the loop runs; a thread looks where the long ones are."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log
        self._main = threading.get_ident()
        self._began = 0.0
        self._where: list[str] = []

    def install(self) -> None:
        """Put the clock around `asyncio.Handle._run`."""
        run = asyncio.Handle._run
        watch = self

        def timed(handle: asyncio.Handle) -> None:
            if threading.get_ident() != watch._main:
                run(handle)
                return
            watch._where = []
            cpu, began = time.thread_time(), time.monotonic()
            watch._began = began
            try:
                run(handle)
            finally:
                watch._began = 0.0
                ended = time.monotonic()
                if ended - began >= NOTED:
                    watch.note(handle, ended, ended - began, time.thread_time() - cpu)

        asyncio.Handle._run = timed  # type: ignore[assignment, method-assign]
        threading.Thread(target=self._sample, name="stall-watch", daemon=True).start()

    def note(self, handle: asyncio.Handle, ended: float, wall: float, cpu: float) -> None:
        """Write a line."""
        line = {"ended": ended, "wall": wall, "cpu": cpu, "what": _what(handle), "where": self._where}
        self._log.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._log.flush()

    def _sample(self) -> None:
        while True:
            time.sleep(SAMPLED / 3)
            began = self._began
            if began and not self._where and time.monotonic() - began >= SAMPLED:
                frame = sys._current_frames().get(self._main)
                if frame is not None:
                    self._where = _stack(frame)


def _what(handle: asyncio.Handle) -> str:
    callback: Any = handle._callback  # type: ignore[attr-defined]
    task = getattr(callback, "__self__", None)
    return (
        task.get_name()
        if isinstance(task, asyncio.Task)
        else getattr(callback, "__qualname__", repr(callback))
    )


def _stack(frame: FrameType) -> list[str]:
    found = [each for each in traceback.extract_stack(frame) if "importlib" not in each.filename]
    return [f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in found[-_DEPTH:]]


def main() -> None:
    """Run the module named in the arguments."""
    log, module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    with open(log, "w", encoding="utf-8") as file:
        Watch(file).install()
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
