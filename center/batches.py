"""Many keys in slices that every database takes as parameters of one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

BATCH = 500


def batches(keys: Iterable[str], size: int = BATCH) -> Iterator[Sequence[str]]:
    """`keys` without repetition in slices of at most `size`."""
    ordered = list(dict.fromkeys(keys))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
