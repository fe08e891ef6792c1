"""A pseudo terminal that knows when each picture came: what a key costs in bytes, time and CPU."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.pty_terminal import PtyTerminal


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one stroke: bytes, milliseconds to the visible change, milliseconds of CPU (all threads)."""

    sent: int
    visible: float
    cpu: float


class TimedTerminal(PtyTerminal):
    """Notes the moment each piece of output came and the picture it made."""

    def __init__(self, argv: list[str], **options: Any) -> None:
        self.pictures: list[tuple[float, int]] = []
        super().__init__(argv, **options)

    def _take(self, data: bytes) -> None:
        now = time.perf_counter()
        super()._take(data)
        with self._changed:
            self.pictures.append((now, hash(str([[tuple(c) for c in row] for row in self.picture]))))

    def changed_after(self, moment: float) -> float:
        """Milliseconds from a moment until the present picture first stood there; 0 when nothing came."""
        came = [each for each in self.pictures if each[0] >= moment]
        if not came:
            return 0.0
        final = came[-1][1]
        last = next((at for at in range(len(came) - 1, -1, -1) if came[at][1] != final), -1)
        return (came[last + 1][0] - moment) * 1000

    def cpu(self) -> float:
        """Milliseconds the program has run, all threads."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:  # the thread has ended
                continue
        return total / 1e6

    def cost(self, keys: str | bytes, quiet: float) -> Cost:
        """Send keys as one burst; what they cost until nothing comes any more."""
        self.wait_quiet(0.05)
        before, cpu, moment = self.received, self.cpu(), time.perf_counter()
        self.send(keys)
        self.wait_quiet(quiet, 30)
        return Cost(self.received - before, self.changed_after(moment), self.cpu() - cpu)

    def hold(self, key: str, times: int, rate: float, quiet: float) -> Cost:
        """Hold a key: so many strokes at so many a second; the lag behind the last one."""
        before, cpu = self.received, self.cpu()
        for _ in range(times):
            moment = time.perf_counter()
            self.send(key)
            time.sleep(1 / rate)
        self.wait_quiet(quiet, 60)
        return Cost(self.received - before, self.changed_after(moment), self.cpu() - cpu)

    def forget(self) -> None:
        """Drop the moments noted so far."""
        with self._changed:
            self.pictures.clear()


def median_cost(costs: list[Cost]) -> Cost:
    """The medians."""
    from benchmarks.figures import middle

    return Cost(
        round(middle([cost.sent for cost in costs])),
        middle([cost.visible for cost in costs]),
        middle([cost.cpu for cost in costs]),
    )
