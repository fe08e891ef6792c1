"""Amounts of a make-up, in 分: read, split into the sides of unit and person, capped."""

from __future__ import annotations

from domain.business import Limits, RatioPair
from domain.findings import Finding
from domain.money import MoneyError, Rounding, format_yuan, parse_yuan

STEP = {
    Rounding.TO_YUAN: 100,
    Rounding.FLOOR_YUAN: 100,
    Rounding.JIAO_UP_YUAN: 100,
    Rounding.JIAOFEN_UP_YUAN: 100,
    Rounding.FEN_UP_JIAO: 10,
    Rounding.TO_JIAO: 10,
    Rounding.FLOOR_JIAO: 10,
    Rounding.TO_FEN: 1,
}
"""The amounts a rounding can come to are multiples of this many 分."""


def read_amount(text: str, key: str, title: str) -> tuple[int | None, list[Finding]]:
    """A positive amount in 分, or what is wrong with it; an empty text is neither (V-22)."""
    if not text:
        return None, []
    try:
        amount = parse_yuan(text)
    except MoneyError as error:
        return None, [Finding(f"amount.{error.code.removeprefix('money.')}", key, f"{title}：{error.text}")]
    if amount <= 0:
        return None, [not_positive(key, title)]
    return amount, []


def not_positive(key: str, title: str) -> Finding:
    """An amount that pays nothing in."""
    return Finding("amount.not_positive", key, f"{title}不能为零或负数，请核对后改正。")


def sides(total: int, ratio: RatioPair, rounding: Rounding) -> tuple[int, int]:
    """The sides of unit and person of a stated amount; they add up to it.

    The unit's side is its share by the ratios, to the nearest amount that its `rounding` can come to: a whole
    month made up in one sum falls apart into the sides it was rounded to. What is left is the person's.
    """
    both = ratio.unit + ratio.person
    if not both:
        return 0, total
    step = STEP[rounding]
    nearest = (2 * total * ratio.unit + both * step) // (2 * both * step) * step
    return min(nearest, total), total - min(nearest, total)


def most_a_month(limits: Limits) -> int:
    """月缴存额上限 of a fund year: as published, else the highest base at the highest ratios (M-11)."""
    if limits.amount_max is not None:
        return limits.amount_max
    highest = RatioPair(limits.ratio_max, limits.ratio_max)
    return sum(limits.deposits(limits.base_max, highest))


def too_little(needed: int, there: int) -> str:
    """Why orders cannot be paid from 单位未分配, amounts in 分 (M-06)."""
    return (
        f"单位未分配金额不足：本次补缴需要{format_yuan(needed)}元，现有{format_yuan(there)}元，"
        f"还差{format_yuan(needed - there)}元，请先汇款再办理。"
    )
