"""Finding a row of a list by what is typed: any part of a cell, or the pinyin initials of one."""

from __future__ import annotations

from collections.abc import Sequence


def find_row(rows: Sequence[Sequence[str]], typed: str, start: int) -> int | None:
    """Return the first row from `start` on, wrapping round, with `typed` in a cell; None without one."""
    from domain.pinyin import initials

    wanted = typed.strip().lower()
    if not wanted:
        return None
    count = len(rows)
    order = [(start + step) % count for step in range(count)]
    found = next((at for at in order if any(wanted in cell.lower() for cell in rows[at])), None)
    if found is None and wanted.isascii() and wanted.isalpha():
        return next((at for at in order if any(wanted in initials(cell) for cell in rows[at])), None)
    return found
