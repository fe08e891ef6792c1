"""`python -m benchmarks`: every figure next to its peer, measured in the same run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks import (
    big_roster,
    in_use,
    interest,
    keys,
    large,
    long_use,
    money,
    paper,
    people,
    remit,
    startup,
    workbook,
)
from benchmarks.figures import Figure, Matrix, lines

PARTS: dict[str, Callable[[Callable[[str], None]], Sequence[Figure | Matrix]]] = {
    "startup": startup.measure,
    "keys": keys.measure,
    "people": people.measure,
    "workbook": workbook.measure,
    "long_use": long_use.measure,
    "big": big_roster.measure,
    "use": in_use.measure,
    "large": large.measure,
    "money": money.measure,
    "remit": remit.measure,
    "interest": interest.measure,
    "paper": paper.measure,
}


def main(arguments: list[str]) -> int:
    """Measure everything, or the parts named."""
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        print(f"没有 {'、'.join(unknown)} 这一部分，可选：{'、'.join(PARTS)}。", file=sys.stderr)
        return 2
    began = time.monotonic()
    figures: list[Figure | Matrix] = [
        figure
        for name in arguments or PARTS
        for figure in PARTS[name](lambda text: print(text, file=sys.stderr))
    ]
    print("\n".join(lines(figures)))
    load = f"，测量结束时负载 {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    met = [figure.met for figure in figures if isinstance(figure, Figure)]
    missed = met.count(False)
    judged = len(met) - met.count(None)
    print(f"{judged} 项目标达到 {judged - missed} 项；用时 {time.monotonic() - began:.0f} 秒{load}。")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
