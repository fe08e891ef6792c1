"""Money in integer 分 and ratios in integer basis points; no float and no rounding by accident.

Amounts are `int` 分 inside, text in 元 with two decimals ("8000.00") on the wire and in cells. Ratios are
`int` basis points (12% = 1200), text in percent ("12", "12.5").
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from domain.text import clean_cell, has_full_width, safe_text

MAX_FEN = 999_999_999_999
"""Largest accepted amount: 9,999,999,999.99 元."""

MAX_RATIO_BP = 10_000
"""Largest accepted ratio: 100%."""

_CURRENCY = "\uffe5\u00a5"
_USUAL = re.compile(r"[1-9][0-9]{0,8}\.[0-9]{2}")
"""How nearly every amount is written: the normal form itself."""
_AMOUNT = re.compile(r"(-?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")
_RATIO = re.compile(r"([0-9]+)(?:\.([0-9]+))?%?")
_SHOWN = 24


class MoneyError(ValueError):
    """A text that is no amount of money; `code` is stable, `text` one Chinese sentence.

    Codes: money.format, money.decimals, money.not_positive, money.too_large, money.full_width.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class RatioError(ValueError):
    """A text that is no deposit ratio; `code` is stable, `text` one Chinese sentence.

    Codes: ratio.format, ratio.decimals, ratio.too_large, ratio.full_width.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Rounding(StrEnum):
    """How one side's monthly deposit is rounded; a parameter of center, year and side (parameter 71).

    见角进元 and 见分进角 are read in two ways. Here they look at the named digit alone: 228.05 见角进元 is
    228.
    A center that means "anything above the yuan" uses 见角分进元, which looks at both digits: 228.05 is 229.
    """

    TO_YUAN = "to_yuan"
    """四舍五入到元"""
    FLOOR_YUAN = "floor_yuan"
    """舍元以下"""
    JIAO_UP_YUAN = "jiao_up_yuan"
    """见角进元"""
    FEN_UP_JIAO = "fen_up_jiao"
    """见分进角"""
    TO_JIAO = "to_jiao"
    """四舍五入到角"""
    FLOOR_JIAO = "floor_jiao"
    """舍角以下"""
    JIAOFEN_UP_YUAN = "jiaofen_up_yuan"
    """见角分进元"""
    TO_FEN = "to_fen"
    """四舍五入到分"""


def parse_yuan(text: str) -> int:
    """分 of an amount typed in 元: "8000", "8000.5", "8,000.00", "￥8000", "-12.00".

    Blanks at the ends are ignored. Zero and negative amounts are read; `parse_positive_yuan` refuses them.
    Raises MoneyError: full-width digits are never converted silently (V-11), more than two decimals are
    refused (D-09, V-12), and so are exponents, "####" and whatever else a spreadsheet shows for a number.
    """
    if _USUAL.fullmatch(text):
        return int(text.replace(".", ""))
    typed = clean_cell(text)
    body = typed[1:].lstrip(" ") if typed[:1] in _CURRENCY and typed else typed
    if has_full_width(body):
        raise MoneyError("money.full_width", f"金额“{_show(typed)}”含全角字符，请改成半角数字。")
    match = _AMOUNT.fullmatch(body)
    if match is None:
        raise MoneyError("money.format", f"“{_show(typed)}”不是金额，请填写如 8000.00 的数字。")
    sign, whole, decimals = match.group(1), match.group(2).replace(",", ""), match.group(3) or ""
    if len(decimals) > 2:
        raise MoneyError("money.decimals", "金额最多两位小数，请调整到两位小数以内。")
    digits = whole.lstrip("0")
    if len(digits) > len(str(MAX_FEN)) - 2:
        raise MoneyError("money.too_large", f"金额超过 {MAX_FEN // 100:,}.99 元，请核对后改正。")
    fen = int(digits or "0") * 100 + int(decimals.ljust(2, "0"))
    return -fen if sign else fen


def wire_fen(amount: str) -> int:
    """分 of an amount as the wire writes it, always with two decimals; for rows by the hundred thousand."""
    return int(amount.replace(".", ""))


def parse_positive_yuan(text: str) -> int:
    """`parse_yuan`, and MoneyError money.not_positive for zero or less (V-12)."""
    fen = parse_yuan(text)
    if fen <= 0:
        raise MoneyError("money.not_positive", "金额不能为零或负数，请改成正数。")
    return fen


def format_yuan(fen: int) -> str:
    """元 with two decimals: 800000 is "8000.00", -5 is "-0.05"."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02d}"


def format_yuan_grouped(fen: int) -> str:
    """元 with thousands commas, for screens and vouchers: "8,000.00"."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def grouped(text: str) -> str:
    """An amount as the wire writes it, with thousands commas for screens. Raises MoneyError."""
    return format_yuan_grouped(parse_yuan(text))


def deposit(base_fen: int, ratio_bp: int, rounding: Rounding) -> int:
    """分 of one side's monthly deposit: base x ratio, rounded once (article 16 of the regulations).

    Exact integer arithmetic; each side is rounded by itself and a total is the sum of the sides.
    Raises ValueError for a negative base or ratio.
    """
    if base_fen < 0 or ratio_bp < 0:
        raise ValueError("base and ratio must not be negative")
    exact = base_fen * ratio_bp  # in 1/10000 分
    fen_unit, jiao_unit, yuan_unit = 10_000, 100_000, 1_000_000
    match rounding:
        case Rounding.TO_FEN:
            return _half_up(exact, fen_unit)
        case Rounding.TO_JIAO:
            return _half_up(exact, jiao_unit) * 10
        case Rounding.TO_YUAN:
            return _half_up(exact, yuan_unit) * 100
        case Rounding.FLOOR_JIAO:
            return exact // jiao_unit * 10
        case Rounding.FLOOR_YUAN:
            return exact // yuan_unit * 100
        case Rounding.FEN_UP_JIAO:
            return (exact // jiao_unit + (exact // fen_unit % 10 > 0)) * 10
        case Rounding.JIAO_UP_YUAN:
            return (exact // yuan_unit + (exact // jiao_unit % 10 > 0)) * 100
        case Rounding.JIAOFEN_UP_YUAN:
            return (exact // yuan_unit + (exact // fen_unit % 100 > 0)) * 100


def parse_ratio(text: str) -> int:
    """Basis points of a ratio typed in percent: "12", "12%", "12.5" (0 to 100, at most two decimals).

    Whether the ratio is allowed (5 to 12) is the center's rule (O-14). Raises RatioError.
    """
    return _ratio_of(clean_cell(text))


@lru_cache(512)
def _ratio_of(typed: str) -> int:
    if has_full_width(typed):
        raise RatioError("ratio.full_width", f"缴存比例“{_show(typed)}”含全角字符，请改成半角。")
    match = _RATIO.fullmatch(typed)
    if match is None:
        raise RatioError("ratio.format", f"“{_show(typed)}”不是缴存比例，请填写如 12 的百分数。")
    whole, decimals = match.group(1).lstrip("0"), match.group(2) or ""
    if len(decimals) > 2:
        raise RatioError("ratio.decimals", "缴存比例最多两位小数，请改正。")
    value = int(whole or "0") * 100 + int(decimals.ljust(2, "0")) if len(whole) <= 3 else MAX_RATIO_BP + 1
    if value > MAX_RATIO_BP:
        raise RatioError("ratio.too_large", "缴存比例不能超过100%，请改正。")
    return value


@lru_cache(512)
def format_ratio(bp: int) -> str:
    """Percent without trailing zeros: 1200 is "12", 1250 is "12.5", 1225 is "12.25"."""
    whole, rest = divmod(bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


# ---- amounts in words ----------------------------------------------------------------------------

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")
_MAX_WORDS_YUAN = 10**12


def rmb_capitals(fen: int, *, zero_after_yuan: bool = True, zero_after_wan: bool = False) -> str:
    """The amount in capital numerals, as 支付结算办法 appendix 1 asks: 140950 is "壹仟肆佰零玖元伍角".

    Ends in 整 when there are no 角 and 分. Where the rule leaves 零 open, the options decide: after 元 when
    its digit is 0 and 角 follows (1680.32), and after 万 or 亿 when its digit is 0 and 仟 follows (107000).
    Negative amounts begin with 负. Raises TypeError for anything but int and ValueError from 10^12 元 on.
    """
    if type(fen) is not int:
        raise TypeError("the amount must be an int in 分")
    yuan, rest = divmod(abs(fen), 100)
    if yuan >= _MAX_WORDS_YUAN:
        raise ValueError("the amount is too large to be written in words")
    jiao, cents = divmod(rest, 10)
    words = _yuan_words(yuan, zero_after_wan) + "元" if yuan or not rest else ""
    if not rest:
        words += "整"
    elif not jiao:
        words += ("零" if yuan else "") + _DIGITS[cents] + "分"
    else:
        words += ("零" if yuan and yuan % 10 == 0 and zero_after_yuan else "") + _DIGITS[jiao] + "角"
        words += _DIGITS[cents] + "分" if cents else ""
    return ("负" if fen < 0 else "") + words


def _yuan_words(yuan: int, zero_after_wan: bool) -> str:
    if yuan == 0:
        return "零"
    words = ""
    gap = False  # an empty group lies between what is written and what follows
    for index in range(len(_GROUPS) - 1, -1, -1):
        group = yuan // 10_000**index % 10_000
        if group == 0:
            gap = bool(words)
            continue
        before = yuan // 10_000 ** (index + 1) % 10
        if words and (gap or group < 1000 or (before == 0 and zero_after_wan)):
            words += "零"
        words += _group_words(group) + _GROUPS[index]
        gap = False
    return words


def _group_words(group: int) -> str:
    words = ""
    zero = False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit == 0:
            zero = bool(words)
            continue
        words += ("零" if zero else "") + _DIGITS[digit] + _PLACES[place]
        zero = False
    return words


def _half_up(value: int, unit: int) -> int:
    return (value + unit // 2) // unit


def _show(typed: str) -> str:
    return safe_text(typed, limit=_SHOWN)
