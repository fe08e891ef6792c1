"""Pinyin initials of names and labels, from letter tables that come with the program.

`pinyin.tsv` is generated (`python -m tools.pinyin_table`) and holds the first letter of every Han character
in its commonest reading; `surnames.tsv` is kept by hand and holds the surnames that are read otherwise (单 is
shan, not dan; 尉迟 is yu chi). Both are read when first needed, a few milliseconds, and kept.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

BLOCK: Final = 64
"""Code points per line of `pinyin.tsv`."""
NONE: Final = "-"
"""Stands in `pinyin.tsv` for a code point without a reading."""


def initials(text: str) -> str:
    """The first letters of a text, lower case: "身份证" -> "sfz", "A1 级" -> "a1j".

    ASCII and full-width letters and digits stay; an accented letter counts as its plain one. Punctuation,
    spaces, middle dots and characters without a reading are left out. For the name of a person take
    `name_initials`.
    """
    return text.translate(_letters())


def name_initials(name: str) -> str:
    """The first letters of a person's name, the surname read as one: "单飞" -> "sf", "单于飞" -> "cyf"."""
    surnames = _surnames().get(name[:1])
    for surname, letters in surnames or ():
        if name.startswith(surname):
            return letters + initials(name[len(surname) :])
    return initials(name)


class _Letters(dict[int, str]):
    """The letter of each code point met so far, as `str.translate` asks for it."""

    def __init__(self, blocks: dict[int, str]) -> None:
        super().__init__()
        self._blocks = blocks

    def __missing__(self, code: int) -> str:
        letter = self[code] = self._letter(code)
        return letter

    def _letter(self, code: int) -> str:
        found = self._listed(code)
        if found:
            return found
        # Full-width forms, compatibility ideographs and accented letters stand for a plain character.
        plain = unicodedata.normalize("NFKD", chr(code))[:1]
        if plain.isascii():
            return plain.lower() if plain.isalnum() else ""
        return self._listed(ord(plain))

    def _listed(self, code: int) -> str:
        block = self._blocks.get(code // BLOCK)
        letter = block[code % BLOCK] if block else NONE
        return "" if letter == NONE else letter


@cache
def _letters() -> _Letters:
    blocks: dict[int, str] = {}
    for start, letters in _lines("pinyin.tsv"):
        blocks[int(start, 16) // BLOCK] = letters
    return _Letters(blocks)


@cache
def _surnames() -> dict[str, list[tuple[str, str]]]:
    """Surnames and their letters by first character, the longest first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for surname, reading in sorted(_lines("surnames.tsv"), key=lambda pair: -len(pair[0])):
        letters = "".join(syllable[0] for syllable in reading.split())
        found.setdefault(surname[0], []).append((surname, letters))
    return found


def _lines(name: str) -> list[tuple[str, str]]:
    from importlib.resources import files

    text = files("domain").joinpath(name).read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in text.splitlines()[1:])
    return [(first, second) for first, _, second in rows]
