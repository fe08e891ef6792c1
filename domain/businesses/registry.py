"""All businesses by id: which module declares them. Client, center, commands and screens read this one list."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from domain.businesses.base import BusinessOff

if TYPE_CHECKING:
    from domain.business import Business
    from domain.profile import Profile

__all__ = ["BUSINESSES", "BusinessOff", "declare", "declared"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A business: the module with `declare(profile)`, and its common name for where a center has none."""

    module: str
    name: str


BUSINESSES: dict[str, Entry] = {
    "open": Entry("domain.businesses.opening", "登记"),
    "seal": Entry("domain.businesses.seal", "封存"),
    "unseal": Entry("domain.businesses.unseal", "启封"),
}
"""Business id -> what declares it; the ids are the fields of `domain.profile.Businesses`."""


def declare(business: str, profile: Profile) -> Business:
    """The declaration of a business at a center. Raises BusinessOff where the center does not offer it."""
    entry = BUSINESSES.get(business)
    if entry is None:
        raise BusinessOff("没有这项业务，请升级客户端后重试。")
    if profile.rules(business) is None:
        raise BusinessOff(f"本中心没有开通网上{entry.name}，请到中心柜台办理。")
    return cast("Business", import_module(entry.module).declare(profile))


def declared(profile: Profile) -> list[str]:
    """The ids of the businesses a center offers."""
    return list(profile.offered())
