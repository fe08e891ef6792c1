"""The one thread that owns a driver: order, limits, and secrets wiped however a call ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from ukey.serial_thread import Busy, SerialThread
from ukey.signer import KeyNotResponding

SECRET = b"864209"


@pytest.fixture
def worker() -> SerialThread:
    return SerialThread("test", lambda: None)


@pytest.fixture
def gate(worker: SerialThread) -> Iterator[threading.Event]:
    """Keeps the worker busy, within its limit, until it is set."""
    event, begun = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        event.wait(20)

    holder = threading.Thread(target=worker.call, args=[wait], kwargs={"limit": 30})
    holder.start()
    begun.wait(5)
    yield event
    event.set()
    holder.join()


def drained(worker: SerialThread) -> None:
    """Wait until everything handed over so far is done."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            worker.call(lambda: None, limit=5)
            return
        except KeyNotResponding:
            time.sleep(0.05)
    raise AssertionError("the worker did not come back")


def test_everything_runs_on_one_thread_in_order(worker: SerialThread) -> None:
    seen: list[tuple[int, str]] = []

    def note(number: int) -> None:
        seen.append((number, threading.current_thread().name))

    for number in range(20):
        worker.call(partial(note, number), limit=5)
    assert [number for number, _ in seen] == list(range(20))
    assert {name for _, name in seen} == {"test"}
    assert threading.current_thread().name != "test"


def test_results_and_errors_come_back(worker: SerialThread) -> None:
    assert worker.call(lambda: 42, limit=5) == 42
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda: 1 // 0, limit=5)
    assert worker.call(lambda: "still there", limit=5) == "still there"


def test_secrets_are_wiped_after_success_and_error(worker: SerialThread) -> None:
    used: list[bytes] = []
    good, bad = bytearray(SECRET), bytearray(SECRET)
    worker.call(lambda: used.append(bytes(good)), limit=5, secrets=(good,))
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda: 1 // 0, limit=5, secrets=(bad,))
    assert used == [SECRET]
    assert good == bad == bytearray(6)


def test_a_call_given_up_before_it_began_never_runs(worker: SerialThread, gate: threading.Event) -> None:
    ran: list[str] = []
    secret = bytearray(SECRET)
    with pytest.raises(Busy):
        worker.call(lambda: ran.append("late"), limit=5, secrets=(secret,), patience=0.2)
    assert secret == bytearray(6)
    gate.set()
    drained(worker)
    assert ran == []


def test_a_call_given_up_while_it_ran_keeps_its_secret_until_then_and_is_undone(worker: SerialThread) -> None:
    """Wiping earlier would hand zeros to the driver as a PIN, which costs a try."""
    leave = threading.Event()
    done: list[str | bytes] = []
    secret = bytearray(SECRET)

    def work() -> None:
        leave.wait(10)
        done.append(bytes(secret))

    with pytest.raises(KeyNotResponding):
        worker.call(work, limit=0.2, secrets=(secret,), undo=lambda: done.append("undone"))
    assert secret == bytearray(SECRET)
    assert worker.overdue
    leave.set()
    drained(worker)
    assert done == [SECRET, "undone"]
    assert secret == bytearray(6)
    assert not worker.overdue


def test_what_succeeds_in_time_is_not_undone(worker: SerialThread) -> None:
    undone: list[str] = []
    worker.call(lambda: None, limit=5, undo=lambda: undone.append("undone"))
    drained(worker)
    assert undone == []


def test_a_forked_child_is_refused_and_its_secret_wiped(
    worker: SerialThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.call(lambda: None, limit=5)
    secret = bytearray(SECRET)
    child = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: child)
    with pytest.raises(KeyNotResponding):
        worker.call(lambda: None, limit=5, secrets=(secret,))
    assert secret == bytearray(6)


def test_posted_work_waits_for_a_busy_worker(worker: SerialThread, gate: threading.Event) -> None:
    ran: list[str] = []
    assert not worker.post(lambda: ran.append("posted"), limit=5, wait=0.1)
    assert ran == []
    gate.set()
    drained(worker)
    assert ran == ["posted"]
    assert worker.post(lambda: ran.append("again"), limit=5, wait=5)
    assert ran == ["posted", "again"]


def test_the_clock_ticks_and_outlives_its_own_errors() -> None:
    ticks: list[float] = []

    def tick() -> float:
        ticks.append(time.monotonic())
        if len(ticks) == 1:
            raise RuntimeError("a driver that fails")
        return 0.05

    worker = SerialThread("test", tick)
    worker.call(lambda: None, limit=5)
    worker.call(lambda: None, limit=5)
    deadline = time.monotonic() + 5
    while len(ticks) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(ticks) >= 5
