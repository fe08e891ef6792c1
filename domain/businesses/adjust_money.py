"""From a monthly amount back to a base: which bases come to an amount under a ratio and its rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.business import Limits, RatioPair

WHOLE = 10_000
"""Basis points of 100%."""
ROUNDED = 200
"""Most 分 by which the two rounded sides together may miss the exact amount: one 元 each."""


@dataclass(frozen=True, slots=True)
class Bases:
    """The bases, in 分 and both ends included, that come to one monthly amount."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """An amount no base comes to, and the amounts next to it in 分; `below` is None under the smallest."""

    below: int | None
    above: int


def monthly(base: int, ratio: RatioPair, limits: Limits) -> int:
    """Monthly amount of both sides in 分, each rounded by itself."""
    unit, person = limits.deposits(base, ratio)
    return unit + person


def bases_of(amount: int, ratio: RatioPair, limits: Limits) -> Bases | Nearest:
    """The bases that come to an amount in 分. Raises ValueError for a ratio of nothing.

    No rounding ever makes the amount of a higher base smaller, so both ends are found by halving.
    """
    if ratio.unit + ratio.person <= 0:
        raise ValueError("there is no base without a ratio")
    least = _first(amount, ratio, limits)
    reached = monthly(least, ratio, limits)
    if reached != amount:
        return Nearest(monthly(least - 1, ratio, limits) if least else None, reached)
    return Bases(least, _first(amount + 1, ratio, limits) - 1)


def base_of(amount: int, bases: Bases, ratio: RatioPair, limits: Limits, now: int | None) -> int:
    """The base, in 分, that is put down for an amount some bases come to.

    The present base `now` where it is one of them; else the exact quotient rounded to 分, moved to the
    nearest of them, and within the limits where that is possible.
    """
    if now is not None and bases.least <= now <= bases.most:
        return now
    both = ratio.unit + ratio.person
    exact = (2 * amount * WHOLE + both) // (2 * both)
    least, most = max(bases.least, limits.base_min), min(bases.most, limits.base_max)
    if least > most:
        least, most = bases.least, bases.most
    return min(max(exact, least), most)


def amount_range(ratio: RatioPair, limits: Limits) -> tuple[int, int]:
    """Least and greatest monthly amount in 分: of the limits themselves and of the bases' limits (V-06)."""
    least = max(limits.amount_min, monthly(limits.base_min, ratio, limits))
    most = monthly(limits.base_max, ratio, limits)
    return least, most if limits.amount_max is None else min(most, limits.amount_max)


def _first(amount: int, ratio: RatioPair, limits: Limits) -> int:
    """The least base whose monthly amount is not below `amount`."""
    both = ratio.unit + ratio.person
    low, high = max(0, amount - ROUNDED - 1) * WHOLE // both, (max(0, amount) + ROUNDED) * WHOLE // both + 1
    while low < high:
        middle = (low + high) // 2
        if monthly(middle, ratio, limits) >= amount:
            high = middle
        else:
            low = middle + 1
    return low
