"""Choosing one of the units a key acts for, after the login (L-07), with what may be done there (L-08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from client.session import Person
    from domain.profile import Profile
    from tui.shellscreen import KeyScreen


def permits(permissions: list[str], business: str) -> bool:
    """Whether a business may be filed; no permissions at all restrict nothing."""
    return not permissions or business in permissions


def said(permissions: list[str], profile: Profile) -> str:
    """Permissions in the center's words."""
    if not permissions:
        return "全部业务"
    return "、".join(profile.business_title(one) for one in permissions)


async def choose_unit(screen: KeyScreen, person: Person) -> str | None:
    """Ask for the unit; returns its account, None when the person gave up."""
    from screens.app import AppScreen

    assert isinstance(screen, AppScreen)
    profile = screen.state.profile
    rows = [f"{one.unit_account}  {one.name}（{said(one.permissions, profile)}）" for one in person.units]
    at = await screen.choose("选择单位账号", rows, ["这个 UKey 可以办理以下单位的业务，请选择单位账号。", ""])
    return None if at is None else person.units[at].unit_account
