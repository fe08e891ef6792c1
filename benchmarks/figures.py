"""A measured figure next to its peer, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from domain.text import cell_width

HEADINGS = ("测量项", "本程序", "对照", "比值", "目标", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `goal` is the limit of `ours`, or of ours/peer where `relative`; None: for information."""

    name: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    goal: float | None = None
    relative: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours divided by the peer's."""
        return None if not self.peer else self.ours / self.peer

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        value = self.ratio if self.relative else self.ours
        return None if self.goal is None or value is None else value <= self.goal

    def cells(self) -> tuple[str, ...]:
        """The texts of its line."""
        peer = "" if self.peer is None else f"{self.peer_name} {_number(self.peer)}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        goal = "" if self.goal is None else f"<= {self.goal:g}{' 倍' if self.relative else ''}"
        verdict = {True: "达到", False: "未达到", None: ""}[self.met]
        return (self.name, f"{_number(self.ours)} {self.unit}", peer, ratio, goal, verdict)


@dataclass(frozen=True)
class Matrix:
    """A table of its own: `rows` down, programs across; what a program cannot do stays empty."""

    title: str
    rows: Sequence[str]
    cells: Mapping[str, Mapping[str, float]]
    note: str = ""

    def lines(self) -> list[str]:
        """The table as aligned lines."""
        head = (self.title, *self.cells)
        body = [
            (row, *(_number(cells[row]) if row in cells else "-" for cells in self.cells.values()))
            for row in self.rows
        ]
        return ["", *_aligned([head, *body]), *([self.note] if self.note else [])]


def middle(values: Sequence[float]) -> float:
    """The median."""
    return float(median(values))


def lines(figures: Iterable[Figure | Matrix]) -> list[str]:
    """The tables of their own, then the figures as one table."""
    known = list(figures)
    tables = [line for each in known if isinstance(each, Matrix) for line in each.lines()]
    rows = [figure.cells() for figure in known if isinstance(figure, Figure)]
    return [*tables, *([""] if tables else []), *(_aligned([HEADINGS, *rows]) if rows else [])]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(cell_width(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            text + " " * (width - cell_width(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}".removesuffix(".0")
