"""Gives memory that the imports no longer need back to the system: many sessions share one host."""

from __future__ import annotations

import ctypes
import gc
import sys


def trim() -> None:
    """Collect garbage and return free heap pages. Blocking for some 30 ms; does nothing where it cannot."""
    gc.collect()
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        return
