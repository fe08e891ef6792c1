"""Write `domain/pinyin.tsv` anew from pypinyin: `python -m tools.pinyin_table`."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

from domain.pinyin import BLOCK, NONE

TARGET = Path(__file__).parents[1] / "domain" / "pinyin.tsv"
HEADER = "start\treadings"
CORRECTIONS = {"长": "chang", "長": "chang", "晟": "sheng", "\U00020bb7": "ji"}
"""Where pypinyin names a reading first that is rare in names and terms of the field, or (U+20BB7) none."""


def reading(readings: str) -> str:
    """The first of the readings "lǜ,lù" as it is typed, without its tone: "lv"."""
    first = unicodedata.normalize("NFC", readings.partition(",")[0].lower())
    for umlaut in "üǖǘǚǜ":
        first = first.replace(umlaut, "v")
    return "".join(char for char in unicodedata.normalize("NFD", first) if char.isascii())


def table() -> str:
    """The whole file: a line for each block of code points, its start in hexadecimal and their readings."""
    found = {code: reading(readings) for code, readings in pinyin_dict.items()}
    found |= {ord(char): corrected for char, corrected in CORRECTIONS.items()}
    blocks: dict[int, list[str]] = {}
    for code, one in found.items():
        blocks.setdefault(code // BLOCK, [NONE] * BLOCK)[code % BLOCK] = one
    lines = (f"{number * BLOCK:04X}\t{' '.join(readings)}" for number, readings in sorted(blocks.items()))
    return "\n".join((HEADER, *lines)) + "\n"


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
    print(f"{TARGET.name}: {len(pinyin_dict)} characters")
