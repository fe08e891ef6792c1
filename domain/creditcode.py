"""统一社会信用代码 (GB 32100-2015): 18 characters, the last one computed from the others.

2 for the registering department and kind of body, 6 digits of the region, 9 of the body, 1 check character,
from an alphabet without I, O, S, V and Z.
"""

from __future__ import annotations

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def check_character(first17: str) -> str:
    """The last character of a code. Raises ValueError for a character outside the alphabet."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def credit_code_problem(text: str) -> str:
    """Why a text (capitals) is no such code, one sentence without its subject; "" when it is one."""
    if len(text) != 18:
        return f"应为18位，现在是{len(text)}位，请核对后改正。"
    if not _SHAPE.fullmatch(text):
        return "只能有数字和大写字母（没有I、O、S、V、Z），第3至8位为数字，请核对后改正。"
    if check_character(text[:17]) != text[17]:
        return "校验位不对，请对照营业执照核对后改正。"
    return ""
