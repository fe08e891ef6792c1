"""One daemon thread that does one thing after another, and a caller that need not wait for ever.

A PKCS#11 module must be used by exactly one thread (python-pkcs11 initialises it without locking: several
threads end in a segmentation fault), and its driver may hang for good. So work is handed over, the caller
waits with a limit, and a thread that never comes back does not keep the program from ending.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, TypeVar

from ukey.pin import wipe
from ukey.signer import KeyNotResponding

T = TypeVar("T")
_STEP = 0.1  # seconds between looks at whether the running job is overdue
_TICK_LIMIT = 30.0


class Busy(Exception):
    """The thread is at work on something else and the caller did not want to wait for it."""


class _Stage(Enum):
    WAITING = auto()
    RUNNING = auto()
    DONE = auto()
    ABANDONED = auto()


class _Job:
    """One call, its outcome, and the secrets it alone holds; they are wiped however it ends."""

    def __init__(
        self,
        work: Callable[[], Any],
        limit: float,
        secrets: tuple[bytearray, ...],
        undo: Callable[[], None] | None,
    ) -> None:
        self.limit = limit
        self.finished = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None
        self._work: Callable[[], Any] | None = work
        self._undo = undo
        self._secrets = secrets
        self._stage = _Stage.WAITING
        self._guard = threading.Lock()

    def run(self) -> None:
        """Do the work, unless the caller has gone; undo it when the caller went away meanwhile."""
        with self._guard:
            if self._stage is _Stage.ABANDONED or self._work is None:
                return
            self._stage = _Stage.RUNNING
            work, self._work = self._work, None
        try:
            result, error = work(), None
        except BaseException as caught:  # handed to the caller, whatever it is
            result, error = None, caught
        finally:
            self._wipe()
        with self._guard:
            abandoned = self._stage is _Stage.ABANDONED
            if not abandoned:
                self.result, self.error = result, error
                self._stage = _Stage.DONE
        if abandoned and self._undo is not None:
            with contextlib.suppress(Exception):  # nobody is left to be told
                self._undo()
        self.finished.set()

    def abandon(self) -> bool:
        """Give the job up; False when its outcome has arrived after all."""
        with self._guard:
            if self._stage is _Stage.DONE:
                return False
            if self._stage is _Stage.WAITING:
                self._work = None
                self._wipe()
            self._stage = _Stage.ABANDONED
            return True

    def _wipe(self) -> None:
        for secret in self._secrets:
            wipe(secret)


class SerialThread:
    """Runs jobs in order on one daemon thread, started at the first call.

    `tick` is called on that thread between jobs and returns the seconds after which it wants to be called
    again, or None.
    """

    def __init__(self, name: str, tick: Callable[[], float | None]) -> None:
        self._name = name
        self._tick = tick
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._start_guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._deadline: float | None = None

    @property
    def overdue(self) -> bool:
        """Whether the running job has passed its limit, as with a driver that hangs."""
        deadline = self._deadline
        return deadline is not None and time.monotonic() > deadline

    def call(
        self,
        work: Callable[[], T],
        *,
        limit: float,
        secrets: tuple[bytearray, ...] = (),
        undo: Callable[[], None] | None = None,
        patience: float | None = None,
    ) -> T:
        """Run `work` on the thread and return its result, or raise what it raised.

        `limit` is how long the work itself may take (seconds); waiting for other work that makes progress is
        not counted. Raises KeyNotResponding when the running job is overdue; then `work` is not begun any
        more, or, when it had begun, `undo` runs after it. `secrets` are wiped in every case. Raises Busy when
        `patience` seconds pass while the thread is at work and not overdue.
        """
        job = _Job(work, limit, secrets, undo)
        if os.getpid() != self._pid:  # a forked child has no such thread, but shares the login
            job.abandon()
            raise KeyNotResponding
        self._start()
        self._jobs.put(job)
        give_up = None if patience is None else time.monotonic() + patience
        try:
            while not job.finished.wait(_STEP if patience is None else min(_STEP, patience)):
                overdue = self.overdue
                impatient = give_up is not None and time.monotonic() >= give_up
                if (overdue or impatient) and job.abandon():
                    raise KeyNotResponding if overdue else Busy
        except KeyboardInterrupt:
            job.abandon()
            raise
        if job.error is not None:
            raise job.error
        result: T = job.result
        return result

    def post(self, work: Callable[[], None], *, limit: float, wait: float) -> bool:
        """Have `work` done as soon as may be; wait at most `wait` seconds for it. False when not yet done."""
        if os.getpid() != self._pid or self._thread is None:
            return True
        job = _Job(work, limit, (), None)
        self._jobs.put(job)
        if self.overdue:
            return False
        return job.finished.wait(wait)

    def _start(self) -> None:
        with self._start_guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        pause: float | None = None
        while True:
            job: _Job | None
            try:
                job = self._jobs.get(timeout=pause)
            except queue.Empty:
                job = None
            if job is not None:
                self._watched(job.run, job.limit)
                del job
            pause = None
            with contextlib.suppress(Exception):  # the thread outlives a tick that fails
                pause = self._watched(self._tick, _TICK_LIMIT)

    def _watched(self, work: Callable[[], T], limit: float) -> T:
        self._deadline = time.monotonic() + limit
        try:
            return work()
        finally:
            self._deadline = None
