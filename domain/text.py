"""Text from outside: how it is shown safely, which names are accepted, how wide it is.

Everything here is pure and needs only `unicodedata`. The tables of the running Python may be older than
the characters in use, so ideographs of planes 2 and 3 are recognised by their block, not by their name.
"""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 60
"""Longest personal name in characters, at every center."""

MAX_MARKS = 2
"""Combining marks kept on one base character; a flood of them would climb over other lines."""

ELLIPSIS = ".."
"""Ends a text that `safe_text` cut; ASCII because the width of U+2026 depends on the terminal."""

ENDS = "".join(
    [
        " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000",
        "".join(map(chr, range(0x2000, 0x200B))),  # typographic blanks
        "\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff",  # drawn as nothing
    ]
)

# Text of these characters only is shown as it is: ASCII, Latin-1 letters, common Chinese punctuation,
# the basic ideographs, full-width ASCII. U+302A..302D combine and are left out.
_PLAIN = re.compile(
    r"[ -~\u00a1-\u00ac\u00ae-\u00ff\u2013-\u2026\u3000-\u3029\u4e00-\u9fff\uff01-\uff5e\uffe5]*"
)

# Characters that are drawn as nothing (Unicode Default_Ignorable_Code_Point and the blank braille cell)
# without being of category Cf.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_PLAIN_NAME = re.compile("[\u4e00-\u9fa5]{1,20}")
"""What nearly every name is; such a text is in normal form C as it stands."""
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fffd\U00030000-\U0003fffd]")
_LATIN = re.compile("[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_MARKS = frozenset({"Mn", "Me"})
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH = frozenset("\xad\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff")
_OTHER_DOTS = frozenset(".\u2022\u2024\u2027\u2219\u22c5\u25cf\u2e31\u30fb\uff0e\uff65\u3002\u0387\u16eb")
DOT = "\u00b7"
"""The dot inside a minority name (间隔号)."""


# ---- showing -------------------------------------------------------------------------------------


def safe_text(value: str, *, limit: int | None = None) -> str:
    """Text that may be sent to a terminal whatever its source.

    Controls, format and bidi characters, variation selectors, other invisible characters, private use,
    unassigned code points and lone surrogates become visible tokens (`<ESC>`, `<U+202E>`); line breaks and
    tabs become one blank; at most two combining marks stay on a base. Ideographs of all planes stay, and so
    does markup such as `[bold]`: the drawing side never parses it. With `limit` the result has at most that
    many characters, ends in `..` when it was cut, and no token is ever cut in the middle.
    """
    if limit is None or len(value) <= limit:
        if _PLAIN.fullmatch(value):
            return value
    elif _PLAIN.fullmatch(value, 0, limit + 1):
        return _cut(list(value[: limit + 1]), limit)
    parts = _safe_parts(value, limit)
    if limit is None or sum(map(len, parts)) <= limit:
        return "".join(parts)
    return _cut(parts, limit)


def _safe_parts(value: str, limit: int | None) -> list[str]:
    """The drawable piece of every character, stopping soon after `limit` characters."""
    parts: list[str] = []
    total = 0
    marks = -1  # marks on the current base; -1 while there is no base to carry one
    previous = ""
    for char in value:
        if char in "\n\r\t":
            piece = "" if char == "\n" and previous == "\r" else " "
            marks = -1
        elif unicodedata.category(char) in _MARKS and not _is_hidden(char):
            marks += 1 if marks >= 0 else 0
            if marks > MAX_MARKS:
                previous = char
                continue
            piece = char if marks > 0 else _token(char)
        elif _is_hidden(char):
            piece, marks = _token(char), -1
        else:
            piece = " " if unicodedata.category(char) == "Zs" and char != "\u3000" else char
            marks = 0
        previous = char
        parts.append(piece)
        total += len(piece)
        if limit is not None and total > limit + MAX_MARKS:
            break
    return parts


def _cut(parts: list[str], limit: int) -> str:
    tail = ELLIPSIS if limit >= len(ELLIPSIS) else ""
    room = limit - len(tail)
    kept: list[str] = []
    for piece in parts:
        if len(piece) > room:
            break
        kept.append(piece)
        room -= len(piece)
    return "".join(kept) + tail


def _token(char: str) -> str:
    return "<ESC>" if char == "\x1b" else f"<U+{ord(char):04X}>"


def _is_hidden(char: str) -> bool:
    """True for a character that is invisible, steers the terminal or has no agreed glyph."""
    return _INVISIBLE.fullmatch(char) is not None or _has_no_glyph(char)


def _has_no_glyph(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN_CATEGORIES and not is_han(char)


# ---- names ---------------------------------------------------------------------------------------


def name_problem(name: str) -> tuple[str, str] | None:
    """The first fault of a personal name as (code, Chinese sentence), or None when it is acceptable.

    Accepted: ideographs of all planes, Latin letters, the dot `·` and single blanks inside, in normal form C,
    at most 60 characters. Everything else would break the ledger, the terminal or the comparison with the
    identity card. The length in ideographs (O-10, V-16) is a center's own rule and not looked at here.
    """
    if _PLAIN_NAME.fullmatch(name):
        return None
    if not name:
        return "name.empty", "姓名为空，请填写姓名。"
    composed = unicodedata.normalize("NFC", name)
    if composed != name and name_problem(composed) is None:
        return "name.not_normal", f"姓名用了兼容字或组合字符，请核对后改为“{composed}”。"
    for char in name:
        found = _name_character_problem(char)
        if found is not None:
            return found
    if len(name) > MAX_NAME:
        return "name.too_long", f"姓名超过{MAX_NAME}个字，请核对后改正。"
    if name != name.strip(" ") or "  " in name:
        return "name.blank", "姓名前后不能有空格、中间只能有一个空格，请删去多余的空格。"
    if name.startswith(DOT) or name.endswith(DOT) or DOT * 2 in name:
        return "name.dot", "姓名的间隔号“·”只能单个用在两个字之间，请改正。"
    return None


def _name_character_problem(char: str) -> tuple[str, str] | None:
    if is_han(char) or char in (" ", DOT) or _LATIN.fullmatch(char):
        return None
    shown = safe_text(char)
    category = unicodedata.category(char)
    if char in _BIDI:
        return "name.bidi", f"姓名中有改变书写方向的字符{shown}，请删除后重新录入。"
    if char in _ZERO_WIDTH:
        return "name.zero_width", f"姓名中有看不见的零宽字符{shown}，请删除后重新录入。"
    if category in ("Cc", "Zl", "Zp"):
        return "name.control", f"姓名中有控制字符{_token(char)}，请删除后重新录入。"
    if category == "Co":
        return "name.private_use", f"姓名中有自造字{shown}，其他电脑无法显示，请用标准输入法重新录入。"
    if category in _MARKS or _is_hidden(char):
        return "name.hidden", f"姓名中有看不见的字符或附加符号{_token(char)}，请删除后重新录入。"
    if char in _OTHER_DOTS:
        return "name.dot", f"姓名的间隔号应为“·”，请把“{shown}”改成“·”。"
    if category == "Nd":
        return "name.digit", f"姓名中有数字“{shown}”，请核对后改正。"
    if has_full_width(char) or category == "Zs":
        return "name.full_width", "姓名中有全角字母、符号或空格，请改成半角。"
    folded = unicodedata.normalize("NFKC", char)
    if folded != char and len(folded) == 1 and is_han(folded):
        return "name.character", f"姓名中的“{shown}”是部首符号，请改为汉字“{folded}”。"
    return "name.character", f"姓名中有不能使用的字符“{shown}”，请改为汉字、拉丁字母或“·”。"


# ---- cells ---------------------------------------------------------------------------------------


def clean_cell(text: str) -> str:
    """The text without blanks, line breaks, NBSP, U+3000, zero-width characters and BOM at its ends."""
    return text.strip(ENDS)


def to_half_width(text: str) -> str:
    """Full-width digits, letters and punctuation (U+FF01..FF5E) and U+3000 as their ASCII forms."""
    if text.isascii():
        return text
    return "".join(
        chr(ord(char) - 0xFEE0) if "\uff01" <= char <= "\uff5e" else " " if char == "\u3000" else char
        for char in text
    )


def has_full_width(text: str) -> bool:
    """True when `to_half_width` would change the text."""
    return not text.isascii() and _FULL_WIDTH.search(text) is not None


def is_han(char: str) -> bool:
    """True for one ideograph: all of planes 2 and 3 count, however new, and so does 〇."""
    return _HAN.fullmatch(char) is not None


def han_count(text: str) -> int:
    """How many ideographs the text holds (the unit of O-10: 5 汉字)."""
    return len(_HAN.findall(text))


def cell_width(text: str) -> int:
    """Terminal cells of a text that went through `safe_text`: wide 2, ambiguous 1, marks and controls 0."""
    if text.isascii():
        return len(text) if text.isprintable() else sum(1 for char in text if char.isprintable())
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    point = ord(char)
    if 0x20 <= point < 0x7F:
        return 1
    if is_han(char):
        return 2
    if unicodedata.category(char) in ("Mn", "Me", "Cc", "Cf", "Zl", "Zp", "Cs"):
        return 0
    if 0x1160 <= point <= 0x11FF or 0xD7B0 <= point <= 0xD7FF:  # vowels and finals join the syllable before
        return 0
    if unicodedata.category(char) == "Cn":
        return 1
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
