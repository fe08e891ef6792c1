"""`python -m benchmarks`: every figure next to its peer, measured in the same run."""

from __future__ import annotations

import sys

from benchmarks import keys, roster_file, start

SECTIONS = {"start": start.run, "keys": keys.run, "workbook": roster_file.run}


def main() -> int:
    """Run the named sections, or all."""
    names = sys.argv[1:] or list(SECTIONS)
    for name in names:
        SECTIONS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
