"""What holds in a fund year, between its domain form and its wire form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.business import Limits
from domain.money import Rounding, format_ratio, format_yuan, parse_ratio, parse_yuan

if TYPE_CHECKING:
    from domain.wire import LimitsWire


def to_wire(limits: Limits) -> LimitsWire:
    """The wire form."""
    from domain.wire import LimitsWire

    return LimitsWire(
        fund_year=limits.fund_year,
        base_min=format_yuan(limits.base_min),
        base_max=format_yuan(limits.base_max),
        amount_min=format_yuan(limits.amount_min),
        amount_max=None if limits.amount_max is None else format_yuan(limits.amount_max),
        ratio_min=format_ratio(limits.ratio_min),
        ratio_max=format_ratio(limits.ratio_max),
        unit_rounding=limits.unit_rounding.value,
        person_rounding=limits.person_rounding.value,
    )


def from_wire(wire: LimitsWire) -> Limits:
    """The domain form. Raises ValueError for a rounding that is none."""
    return Limits(
        fund_year=wire.fund_year,
        base_min=parse_yuan(wire.base_min),
        base_max=parse_yuan(wire.base_max),
        amount_min=parse_yuan(wire.amount_min),
        amount_max=None if wire.amount_max is None else parse_yuan(wire.amount_max),
        ratio_min=parse_ratio(wire.ratio_min),
        ratio_max=parse_ratio(wire.ratio_max),
        unit_rounding=Rounding(wire.unit_rounding),
        person_rounding=Rounding(wire.person_rounding),
    )
