"""ID numbers with their middle covered, for a screen that others can see."""

from __future__ import annotations

from typing import Final

HEAD: Final = 6
TAIL: Final = 4
"""Characters left at both ends: the area, and what people check a number by."""


def cover_middle(text: str) -> str:
    """Return the text with everything but its ends covered; one too short for that is covered whole."""
    hidden = len(text) - HEAD - TAIL
    return f"{text[:HEAD]}{'*' * hidden}{text[-TAIL:]}" if hidden > 0 else "*" * len(text)
