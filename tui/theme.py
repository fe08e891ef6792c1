"""Colours and weights: roles on the terminal's own 16 colours, never a number.

Every role that is a state also differs in weight (bold, reverse, underline), so a monochrome terminal tells
the same. Backgrounds stay the terminal's own: a line can then be erased instead of painted
over.
"""

from __future__ import annotations

from typing import Final

from rich.style import Style

THEME_NAME: Final = "ansi-dark"
"""Textual's theme in which no colour is converted: the terminal's palette decides."""

PLAIN: Final = Style()
"""Ordinary text."""
DIM: Final = Style(color="bright_black")
"""Text of no account: hints, unused cells. Without colour it is plain."""
STRONG: Final = Style(bold=True)
"""Headings, labels of the current field."""
TITLE: Final = Style(reverse=True, bold=True)
"""The title line."""
CURSOR: Final = Style(reverse=True)
"""The current cell, row or option."""
SELECTED: Final = Style(underline=True)
"""A selected row; also marked with a character."""
ERROR: Final = Style(color="red", bold=True)
"""Refused values and failures; also marked `!`."""
WARNING: Final = Style(color="yellow", bold=True)
"""Warnings, also marked `?`; rows that deserve notice."""
GOOD: Final = Style(color="green")
"""Done, in order. Without colour only the words say so."""
READ_ONLY: Final = Style(color="cyan")
"""Computed and shown values that cannot be edited: they stand without brackets."""
KEY: Final = Style(bold=True)
"""The key in the key bar."""
