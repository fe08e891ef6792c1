"""Gives memory that the imports no longer need back to the system: many sessions share one host."""

from __future__ import annotations

import ctypes
import gc
import sys


def trim() -> None:
    """Collect garbage and return free heap pages. Blocking for some 30 ms; does nothing where it cannot.

    What is left stays as long as the program, so no later collection walks it again: with a page of rows
    being read that would hold the keys up for a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        return
