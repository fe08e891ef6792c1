"""Where the files of a run lie: in memory where there is room, for the tests wait for the disk very often.

Every commit of a store ends in several fsyncs. They prove nothing here: tests kill programs, not the machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST_FREE = 2 * 2**30
"""Bytes that must be free there; a run needs a quarter of it."""


def use_memory() -> None:
    """Have this process and its children put temporary files into memory; a TMPDIR that is set stays."""
    if "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def keep_bytecode() -> None:
    """Have this process and its children keep what they compile: the tests start hundreds of programs."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def _has_room() -> bool:
    """Whether there is a file system in memory for everyone, with room, from which programs may be run."""
    try:
        facts = os.statvfs(MEMORY)
        with open("/proc/meminfo", encoding="ascii") as lines:
            available = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return False
    free = min(facts.f_bavail * facts.f_frsize, available // 2)
    return free >= LEAST_FREE and not facts.f_flag & os.ST_NOEXEC and os.access(MEMORY, os.W_OK | os.X_OK)
