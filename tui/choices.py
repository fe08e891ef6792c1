"""What a typed text means among a few coded choices: by code, label or pinyin initials."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

_INITIAL_STARTS: Final = (
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8,
    0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1, 0xD7FA,
)  # fmt: skip
"""First GB 2312 code of each initial in `_INITIALS`: level 1 of that set stands in pinyin order."""
_INITIALS: Final = "abcdefghjklmnopqrstwxyz"


def initials(text: str) -> str:
    """Return the pinyin initials of `text`: "身份证" -> "sfz".

    Only the 3,755 everyday characters of GB 2312 level 1 have one here, enough for labels; other Han become
    "?", ASCII letters and digits stay, in lower case.
    """
    letters: list[str] = []
    for char in text:
        if char.isascii():
            letters.append(char.lower() if char.isalnum() else "")
            continue
        try:
            code = int.from_bytes(char.encode("gb2312"), "big")
        except UnicodeEncodeError:
            code = 0
        at = bisect_right(_INITIAL_STARTS, code) - 1
        letters.append(_INITIALS[at] if 0 <= at < len(_INITIALS) else "?")
    return "".join(letters)


def matching_choices(choices: Sequence[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    """Return the (code, label) pairs that `text` may mean, best reading first.

    Readings, the first that fits anything counts: the code or the label itself or both ("01 身份证"), the
    start of the code, the start of the label, its initials, any part of the label. An empty text fits all.
    """
    wanted = text.strip()
    if not wanted:
        return list(choices)
    lower = wanted.lower()
    exact = [
        (code, label)
        for code, label in choices
        if wanted in (code, label, f"{code} {label}", f"{code}-{label}") or code.lower() == lower
    ]
    if exact:
        return exact
    readings = (
        [pair for pair in choices if pair[0].lower().startswith(lower)],
        [pair for pair in choices if pair[1].startswith(wanted)],
        [pair for pair in choices if initials(pair[1]).startswith(lower)],
        [pair for pair in choices if wanted in pair[1]],
    )
    return next((found for found in readings if found), [])


def resolve_choice(choices: Sequence[tuple[str, str]], text: str) -> str | None:
    """Return the one code that `text` means, None when it is none or more than one."""
    if not choices or not text.strip():
        return None
    found = matching_choices(choices, text)
    return found[0][0] if len(found) == 1 else None
