"""Pinyin of names and labels, from tables that come with the program.

`pinyin.tsv` is generated (`python -m tools.pinyin_table`) and holds every Han character in its commonest
reading, without tones; `surnames.tsv` is kept by hand and holds the surnames that are read otherwise (单 is
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
    if name[:1] not in _surnames():
        return initials(name)
    surname, syllables = _surname(name)
    return "".join(syllable[0] for syllable in syllables) + initials(name[len(surname) :])


def name_syllables(name: str) -> list[str]:
    """A person's name spelled: "单于飞" -> ["chan", "yu", "fei"]; a letter or digit is its own syllable."""
    surname, syllables = _surname(name) if name[:1] in _surnames() else ("", [])
    readings = _readings()
    rest = [readings[ord(char)] for char in name[len(surname) :]]
    return [*syllables, *(reading for reading in rest if reading)] if syllables or "" in rest else rest


class _Readings(dict[int, str]):
    """The reading of each code point met so far, "" for none."""

    def __init__(self, blocks: dict[int, str]) -> None:
        super().__init__()
        self._blocks = blocks
        self._opened: dict[int, list[str]] = {}

    def __missing__(self, code: int) -> str:
        reading = self[code] = self._reading(code)
        return reading

    def _reading(self, code: int) -> str:
        found = self._listed(code)
        if found:
            return found
        # Full-width forms, compatibility ideographs and accented letters stand for a plain character.
        plain = unicodedata.normalize("NFKD", chr(code))[:1]
        if plain.isascii():
            return plain.lower() if plain.isalnum() else ""
        return self._listed(ord(plain))

    def _listed(self, code: int) -> str:
        number = code // BLOCK
        block = self._opened.get(number)
        if block is None:
            block = self._opened[number] = self._blocks.pop(number, "").split()
        reading = block[code % BLOCK] if block else NONE
        return "" if reading == NONE else reading


class _Letters(dict[int, str]):
    """The first letter of each code point met so far, as `str.translate` asks for it."""

    def __missing__(self, code: int) -> str:
        letter = self[code] = _readings()[code][:1]
        return letter


@cache
def _letters() -> _Letters:
    return _Letters()


@cache
def _readings() -> _Readings:
    return _Readings({int(start, 16) // BLOCK: readings for start, readings in _lines("pinyin.tsv")})


@cache
def _surnames() -> dict[str, list[tuple[str, list[str]]]]:
    """Surnames and their syllables by first character, the longest first."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    for surname, reading in sorted(_lines("surnames.tsv"), key=lambda pair: -len(pair[0])):
        found.setdefault(surname[0], []).append((surname, reading.split()))
    return found


def _surname(name: str) -> tuple[str, list[str]]:
    """The surname a name begins with, when it is one of the list, and its syllables."""
    for surname, syllables in _surnames().get(name[:1], ()):
        if name.startswith(surname):
            return surname, syllables
    return "", []


def _lines(name: str) -> list[tuple[str, str]]:
    from importlib.resources import files

    text = files("domain").joinpath(name).read_text(encoding="utf-8")
    rows = (line.partition("\t") for line in text.splitlines()[1:])
    return [(first, second) for first, _, second in rows]
