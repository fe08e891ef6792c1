"""What a typed text means among a few coded choices: by code, label or pinyin initials."""

from __future__ import annotations

from collections.abc import Sequence


def matching_choices(choices: Sequence[tuple[str, str]], text: str) -> list[tuple[str, str]]:
    """Return the (code, label) pairs that `text` may mean, best reading first.

    Readings, the first that fits anything counts: the code or the label itself or both ("01 身份证"), the
    start of the code, the start of the label, its initials, any part of the label. An empty text fits all.
    """
    # Read here and not above: the letter tables are no part of the first paint.
    from domain.pinyin import initials

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
