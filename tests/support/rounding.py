"""Rounding of a deposit once more, from the words of the field and another way than the program."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from domain.money import Rounding

_YUAN, _JIAO, _FEN = Decimal(1), Decimal("0.1"), Decimal("0.01")
GRAIN = {
    Rounding.TO_YUAN: _YUAN,
    Rounding.FLOOR_YUAN: _YUAN,
    Rounding.JIAO_UP_YUAN: _YUAN,
    Rounding.JIAOFEN_UP_YUAN: _YUAN,
    Rounding.FEN_UP_JIAO: _JIAO,
    Rounding.TO_JIAO: _JIAO,
    Rounding.FLOOR_JIAO: _JIAO,
    Rounding.TO_FEN: _FEN,
}
"""What a rounding leaves, in 元."""


def rounded(exact: Fraction, mode: Rounding) -> int:
    """One side's deposit in 分 of an exact amount in 元, digit by digit."""
    amount = Decimal(exact.numerator) / Decimal(exact.denominator)
    grain = GRAIN[mode]
    if mode in (Rounding.TO_YUAN, Rounding.TO_JIAO, Rounding.TO_FEN):
        return int(amount.quantize(grain, ROUND_HALF_UP) * 100)
    decimals = f"{amount:.6f}".partition(".")[2]
    jiao, fen = decimals[0], decimals[1]
    up = {
        Rounding.FLOOR_YUAN: False,
        Rounding.FLOOR_JIAO: False,
        Rounding.JIAO_UP_YUAN: jiao != "0",
        Rounding.FEN_UP_JIAO: fen != "0",
        Rounding.JIAOFEN_UP_YUAN: jiao + fen != "00",
    }[mode]
    return int((amount.quantize(grain, ROUND_DOWN) + grain * up) * 100)
