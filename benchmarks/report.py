"""Figures beside their peers, printed as they come."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure or on its ratio to the peer."""

    text: str
    met: bool


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def spread(values: Sequence[float], unit: str) -> str:
    """Median with the least and the greatest, e.g. "172 ms (165-190)"."""
    return f"{median(values):.0f} {unit} ({min(values):.0f}-{max(values):.0f})"


def head(title: str) -> None:
    """Begin a section."""
    print(f"\n{title}", flush=True)


def line(name: str, ours: str, peer: str = "", ratio: float | None = None, goal: Goal | None = None) -> None:
    """Print one figure: ours, the peer's, the ratio, the goal and whether it is met."""
    parts = [f"  {name:<26}", f"{ours:<24}", f"{peer:<38}"]
    parts.append(f"{ratio:5.2f}x " if ratio is not None else " " * 7)
    if goal is not None:
        parts.append(f"[{'met' if goal.met else 'MISSED'}] {goal.text}")
    print("".join(parts).rstrip(), flush=True)
