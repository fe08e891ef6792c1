"""The letter tables: as generated, complete for the national sets, and right for names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pinyin import initials, name_initials, name_syllables
from tools.pinyin_table import TARGET, table

ROOT = Path(__file__).parents[2]
LETTERS = set("abcdefghijklmnopqrstuvwxyz0123456789")


def gb2312() -> list[str]:
    """The 6,763 characters of GB 2312."""
    found = []
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            text = bytes((high, low)).decode("gb2312", errors="ignore")
            found += [text] if text else []
    return found


def test_the_table_is_what_the_generator_makes() -> None:
    assert TARGET.read_text(encoding="utf-8") == table()


def test_every_character_of_the_national_sets_has_a_letter() -> None:
    everyday = gb2312()
    assert len(everyday) == 6763
    assert [char for char in everyday if len(initials(char)) != 1] == []


def test_of_the_basic_block_only_signs_made_outside_china_have_none() -> None:
    without = "".join(chr(code) for code in range(0x4E00, 0x9FA6) if not initials(chr(code)))
    assert without == "兙兡嗧桛烪瓧瓰瓱瓼甅"


THIRD_GRADE = "㑇㕮㧑䁖䥽𠙶𠳐𡎚𤩽𤧛𪟝𪣻𪨰𫄧𫍯𫓧𫖮𫘜𫟹𫠆𫭢𬀩𬇕𬉼𬌗𬍛𬒈𬘓𬙊𬬱𬭎𬮱𬱖𬳵𬴂𬶭𬸚𬺈𬺓"


@pytest.mark.parametrize("char", list(THIRD_GRADE))
def test_characters_of_the_third_grade_outside_the_basic_block_have_a_letter(char: str) -> None:
    assert initials(char) in LETTERS


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("身份证", "sfz"), ("居民身份证", "jmsfz"), ("护照", "hz"), ("A1级", "a1j"), ("啊座", "az"),
        ("长期", "cq"), ("阿依古丽·买买提", "ayglmmt"), ("李 （二）", "le"), ("Ａ１Ｂ", "a1b"),
        ("Éva", "eva"),
        ("𠮷田", "jt"), ("\uf900", "q"), ("", ""), ("\x1b[2J", "2j"), ("\ud800王", "w"),
    ],
)  # fmt: skip
def test_initials(text: str, letters: str) -> None:
    assert initials(text) == letters


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("单飞", "sf"), ("曾国强", "zgq"), ("解玉", "xy"), ("仇英", "qy"), ("区小明", "oxm"),
        ("查良镛", "zly"),
        ("盖聂", "gn"), ("翟天临", "ztl"), ("任贤齐", "rxq"), ("华罗庚", "hlg"), ("乐嘉", "yj"),
        ("朴树", "ps"),
        ("单于飞", "cyf"), ("万俟雪", "mqx"), ("尉迟恭", "ycg"), ("澹台明", "ttm"), ("长孙无忌", "zswj"),
        ("欧阳修", "oyx"), ("王单", "wd"), ("李晟", "ls"), ("单", "s"), ("", ""),
    ],
)  # fmt: skip
def test_the_surname_of_a_person_is_read_as_a_surname(name: str, letters: str) -> None:
    assert name_initials(name) == letters


def test_a_surname_stands_in_the_list_only_when_its_letters_differ() -> None:
    lines = (ROOT / "domain" / "surnames.tsv").read_text(encoding="utf-8").splitlines()[1:]
    names = [line.partition("\t")[0] for line in lines]
    assert len(names) == len(set(names))
    assert [name for name in names if name_initials(name) == initials(name)] == []
    assert [name for name in names if len(name_initials(name)) != len(name)] == []


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("王小明", "wang xiao ming"), ("单于飞", "chan yu fei"), ("吕布", "lv bu"), ("张A", "zhang a"),
        ("古丽·买买提", "gu li mai mai ti"), ("", ""),
    ],
)  # fmt: skip
def test_names_are_spelled_as_they_are_typed(name: str, spelled: str) -> None:
    assert " ".join(name_syllables(name)) == spelled


def test_every_reading_is_a_syllable_of_plain_letters() -> None:
    lines = TARGET.read_text(encoding="utf-8").splitlines()[1:]
    syllables = {one for line in lines for one in line.partition("\t")[2].split()} - {"-"}
    assert all(one.isascii() and one.isalpha() and one.islower() for one in syllables)
    assert 400 < len(syllables) < 460


@given(st.text())
def test_any_text_becomes_small_letters_and_digits(text: str) -> None:
    assert set(initials(text)) <= LETTERS
    assert set(name_initials(text)) <= LETTERS
    assert "".join(syllable[0] for syllable in name_syllables(text)) == name_initials(text)


def test_the_program_reads_its_own_tables_and_only_when_asked() -> None:
    code = (
        "import sys, domain.pinyin as p; assert not p._letters.cache_info().currsize;"
        "print(p.initials('身份证'), 'pypinyin' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["sfz", "False"]
