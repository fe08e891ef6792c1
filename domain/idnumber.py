"""Resident identity numbers (GB 11643-1999): 18 digits with check digit, the old 15, and residence permits.

Nothing is repaired silently: a number that could be meant otherwise is refused with the form we propose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import mul
from typing import Literal, NoReturn

from domain.age import AgeBoundary, AgeLimits, Gender, age_on, age_problem, retirement_month
from domain.text import clean_cell, has_full_width, safe_text, to_half_width

__all__ = [
    "AgeBoundary",
    "AgeLimits",
    "Gender",
    "IdNumber",
    "IdNumberError",
    "age_on",
    "age_problem",
    "area_warning",
    "check_digit",
    "is_damaged_number",
    "mask",
    "parse_id_number",
    "retirement_month",
    "same_person_key",
    "upgrade",
]

MAX_AGE = 120
"""A birth date further back than this many full years is taken for a typing error."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ZEROS = sum(_WEIGHTS) * ord("0")
_BIRTHS = 16_384
"""Birth dates remembered: so many days lie between the oldest and the youngest at work."""
_CHECKS = "10X98765432"
_SHOWN = 24

_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_FIFTEEN = re.compile(r"[0-9]{15}")
_DAMAGED = re.compile(r"[0-9](?:\.[0-9]*)?[eE]\+?[0-9]{1,3}|#+|[0-9]{15,18}\.0+")

# First two digits: province-level divisions (GB/T 2260), and 81, 82, 83 for residence permits.
_PROVINCES = frozenset(
    str(first * 10 + second)
    for first, last in ((1, 5), (2, 3), (3, 7), (4, 6), (6, 5), (8, 3))
    for second in range(1, last + 1)
) | frozenset({"50", "51", "52", "53", "54", "71"})
_PERMITS = frozenset({"81", "82", "83"})

ErrorCode = Literal[
    "id.empty",
    "id.length",
    "id.characters",
    "id.full_width",
    "id.date",
    "id.future",
    "id.age",
    "id.check_digit",
    "id.number_cell",
]


class IdNumberError(ValueError):
    """A text that is no identity number; `code` is stable, `text` one Chinese sentence with the cure."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code: ErrorCode = code
        self.text = text


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A checked number.

    `text` is its normal form as given (15 or 18, upper-case X), `full` the 18-digit form, `area` the six
    digits of the place of first registration.
    """

    text: str
    full: str
    birth: date
    gender: Gender
    area: str
    is_residence_permit: bool

    @property
    def masked(self) -> str:
        """The number for screens that hide the birth date: "110105********002X"."""
        return mask(self.text)


def check_digit(first17: str) -> str:
    """The 18th character for 17 digits (ISO 7064 MOD 11-2). Raises ValueError for anything but 17 digits."""
    if len(first17) != 17 or not (first17.isascii() and first17.isdigit()):
        raise ValueError("17 digits are needed")
    return _check_of(first17)


def _check_of(first17: str) -> str:
    """`check_digit` of what is known to be 17 digits: the weights times the character codes."""
    return _CHECKS[(sum(map(mul, _WEIGHTS, first17.encode())) - _ZEROS) % 11]


def upgrade(fifteen: str) -> str:
    """The 18-digit form of a 15-digit number: 19 inserted, check digit appended. Raises ValueError."""
    if not _FIFTEEN.fullmatch(fifteen):
        raise ValueError("15 digits are needed")
    first17 = f"{fifteen[:6]}19{fifteen[6:]}"
    return first17 + check_digit(first17)


def parse_id_number(text: str, today: date) -> IdNumber:
    """Check a typed number against GB 11643 as of `today` (O-11, V-15).

    Blanks at the ends and a lower-case x are accepted. Raises IdNumberError otherwise.
    """
    typed = clean_cell(text)
    number = _shaped(typed)
    full = upgrade(number) if len(number) == 15 else number
    birth = _living(full[6:14], today) or _refused_birth(full[6:14], typed, today)
    if _check_of(full[:17]) != full[17]:
        raise IdNumberError(
            "id.check_digit", "证件号码的校验位不正确，请核对后改正；号码确实无误的，请到中心柜台办理。"
        )
    gender: Gender = "男" if int(full[16]) % 2 else "女"
    return IdNumber(number, full, birth, gender, full[:6], full[:2] in _PERMITS)


@lru_cache(_BIRTHS)
def _living(digits: str, today: date) -> date | None:
    """The birth date of eight digits, None unless somebody born then may be alive."""
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return birth if birth <= today and age_on(birth, today) <= MAX_AGE else None


def _refused_birth(digits: str, typed: str, today: date) -> NoReturn:
    """Raises what is wrong with the birth date of eight digits."""
    birth = _birth(digits, typed)
    if birth > today:
        raise IdNumberError("id.future", f"证件号码中的出生日期 {birth} 晚于今天，请核对后改正。")
    raise IdNumberError("id.age", f"证件号码中的出生日期 {birth} 已超过{MAX_AGE}周岁，请核对后改正。")


def _shaped(typed: str) -> str:
    """15 digits, or 17 digits with digit or X; the birth date and the check digit are not looked at yet."""
    if _EIGHTEEN.fullmatch(typed):
        return typed
    if not typed:
        raise IdNumberError("id.empty", "证件号码为空，请填写15位或18位证件号码。")
    if is_damaged_number(typed):
        raise IdNumberError(
            "id.number_cell",
            f"证件号码“{safe_text(typed, limit=_SHOWN)}”已被表格变成数字，请把单元格设为文本后重新填写。",
        )
    if has_full_width(typed):
        proposal = to_half_width(typed).upper()
        raise IdNumberError(
            "id.full_width", f"证件号码含全角字符，请改成半角“{safe_text(proposal, limit=_SHOWN)}”并核对。"
        )
    number = typed.upper()
    if not (number.isascii() and number.isalnum()) or re.search(r"[A-WYZ]", number):
        raise IdNumberError("id.characters", "证件号码只能由数字组成（18位的末位可为X），请删去其他字符。")
    if len(number) not in (15, 18):
        raise IdNumberError("id.length", f"证件号码应为15位或18位，现为{len(number)}位，请核对后改正。")
    if not (_EIGHTEEN.fullmatch(number) or _FIFTEEN.fullmatch(number)):
        raise IdNumberError("id.characters", "证件号码中的X只能是18位号码的末位，请核对后改正。")
    return number


def _birth(digits: str, typed: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        shown = digits[2:] if len(typed) == 15 else digits
        raise IdNumberError("id.date", f"证件号码中的出生日期“{shown}”不存在，请核对后改正。") from None


def is_damaged_number(text: str) -> bool:
    """True for what a spreadsheet leaves of a number: "4.403E+17", "440301199001011000.0", "####"."""
    return _DAMAGED.fullmatch(to_half_width(clean_cell(text))) is not None


def same_person_key(text: str) -> str:
    """One key for the 15- and the 18-digit number of a person, for duplicate checks (O-16, V-18).

    A text that is no number gives itself, stripped, half-width and upper-case.
    """
    if _EIGHTEEN.fullmatch(text):
        return text
    number = to_half_width(clean_cell(text)).upper()
    if _FIFTEEN.fullmatch(number):
        try:
            _birth(f"19{number[6:12]}", number)
        except IdNumberError:
            return number
        return upgrade(number)
    return number


def area_warning(area: str) -> str | None:
    """A sentence for a place code whose province is unknown, else None; never a reason to refuse."""
    if area[:1] == "9":
        return "证件号码以9开头，是外国人永久居留身份证的号码，请核对证件类型。"
    if area[:2] in _PROVINCES:
        return None
    return f"证件号码的地区码“{safe_text(area, limit=_SHOWN)}”不在省级行政区划之内，请核对号码。"


def mask(text: str) -> str:
    """The number without its birth date, "110105********002X"; other texts keep two at each end."""
    if len(text) == 18:
        return f"{text[:6]}{'*' * 8}{text[14:]}"
    if len(text) == 15:
        return f"{text[:6]}{'*' * 6}{text[12:]}"
    return text if len(text) <= 4 else f"{text[:2]}{'*' * (len(text) - 4)}{text[-2:]}"
