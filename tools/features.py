"""`make features`: run the marked tests and print rows by profiles from what they have proven."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

from tests.plugins.features import PROFILES, rows

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "build" / "features.json"
PROVEN, UNPROVEN, NOT_APPLICABLE = "✓", ".", "-"


def run_marked_tests(extra: list[str]) -> int:
    """Run the tests that carry a row, writing OUTPUT; the exit code of pytest."""
    OUTPUT.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n", "3", "--dist", "loadgroup"),
        *("-m", "feature", "--features-json", str(OUTPUT), *extra),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _padded(text: str, cells: int) -> str:
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(cells - width, 0)


def matrix(proven: dict[str, dict[str, list[str]]]) -> tuple[list[str], int, int]:
    """The printed lines, the number of proven pairs and the number of pairs that apply."""
    lines = ["", _padded("", 46) + "".join(_padded(profile, 10) for profile in PROFILES)]
    done = total = 0
    for name, row in rows().items():
        shown = proven.get(name, {})
        cells = []
        for profile in PROFILES:
            if profile not in row.profiles:
                cells.append(NOT_APPLICABLE)
                continue
            total += 1
            done += bool(shown.get(profile))
            cells.append(PROVEN if shown.get(profile) else UNPROVEN)
        marks = "".join(_padded(cell, 10) for cell in cells)
        lines.append((_padded(f"{name}  {row.title}", 46) + marks).rstrip())
    legend = f"{PROVEN} 已证明 (proven)   {UNPROVEN} 未证明 (unproven)   {NOT_APPLICABLE} 不适用 (n/a)"
    return [*lines, "", legend], done, total


def main(arguments: list[str]) -> int:
    """Print the matrix; its last line is `features: proven P of T`."""
    status = run_marked_tests(arguments)
    if not OUTPUT.exists():
        print("features: the tests could not be run; the reason stands above", file=sys.stderr)
        return status or 1
    lines, done, total = matrix(json.loads(OUTPUT.read_text("utf-8")))
    print("\n".join(lines))
    print(f"features: proven {done} of {total}", flush=True)
    return 0 if status in (0, 5) else status  # 5: no marked test has been collected


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
