"""`python -m benchmarks`: every figure next to its peer, measured in the same run."""

from __future__ import annotations

import os
import sys
import time

from benchmarks import big_roster, keys, large, long_use, people, startup, workbook
from benchmarks.figures import lines

PARTS = {
    "startup": startup.measure,
    "keys": keys.measure,
    "people": people.measure,
    "workbook": workbook.measure,
    "long_use": long_use.measure,
    "big": big_roster.measure,
    "large": large.measure,
}


def main(arguments: list[str]) -> int:
    """Measure everything, or the parts named."""
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        print(f"没有 {'、'.join(unknown)} 这一部分，可选：{'、'.join(PARTS)}。", file=sys.stderr)
        return 2
    began = time.monotonic()
    figures = [
        figure
        for name in arguments or PARTS
        for figure in PARTS[name](lambda text: print(text, file=sys.stderr))
    ]
    print("\n".join(lines(figures)))
    load = f"，测量结束时负载 {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    missed = sum(figure.met is False for figure in figures)
    judged = sum(figure.met is not None for figure in figures)
    print(f"{judged} 项目标达到 {judged - missed} 项；用时 {time.monotonic() - began:.0f} 秒{load}。")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
