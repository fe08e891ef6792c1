"""Write `domain/pinyin.tsv` anew from pypinyin: `python -m tools.pinyin_table`."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

from domain.pinyin import BLOCK, NONE

TARGET = Path(__file__).parents[1] / "domain" / "pinyin.tsv"
HEADER = "start\tletters"
CORRECTIONS = {"长": "c", "長": "c", "晟": "s", "\U00020bb7": "j"}
"""Where pypinyin names a reading first that is rare in names and terms of the field, or (U+20BB7) none."""


def letter(readings: str) -> str:
    """The plain first letter of the first of the readings "zhōng,zhòng"."""
    return unicodedata.normalize("NFD", readings.partition(",")[0])[:1].lower()


def table() -> str:
    """The whole file: a line for each block of code points, its start in hexadecimal and their letters."""
    found = {code: letter(readings) for code, readings in pinyin_dict.items()}
    found |= {ord(char): corrected for char, corrected in CORRECTIONS.items()}
    blocks: dict[int, list[str]] = {}
    for code, one in found.items():
        blocks.setdefault(code // BLOCK, [NONE] * BLOCK)[code % BLOCK] = one
    lines = (f"{number * BLOCK:04X}\t{''.join(letters)}" for number, letters in sorted(blocks.items()))
    return "\n".join((HEADER, *lines)) + "\n"


if __name__ == "__main__":
    TARGET.write_text(table(), encoding="utf-8")
    print(f"{TARGET.name}: {len(pinyin_dict)} characters")
