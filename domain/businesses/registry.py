"""Declarations by business id. Client, center, commands and screens get them here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from domain.businesses.names import BUSINESSES, BusinessOff

if TYPE_CHECKING:
    from domain.business import Business
    from domain.profile import Profile

__all__ = ["BUSINESSES", "BusinessOff", "declare"]


def declare(business: str, profile: Profile) -> Business:
    """The declaration of a business at a center. Raises BusinessOff where the center does not offer it."""
    entry = BUSINESSES.get(business)
    if entry is None:
        raise BusinessOff("没有这项业务，请升级客户端后重试。")
    if profile.rules(business) is None:
        raise BusinessOff(f"本中心没有开通网上{entry.name}，请到中心柜台办理。")
    return cast("Business", import_module(entry.module).declare(profile))
