"""What screens of businesses are called where a module has several of them (S-01)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.businesses.names import business_of

if TYPE_CHECKING:
    from domain.profile import Profile

TITLES = {
    "changes": "缴存人状态变更查询",
    "suspense": "汇补缴不符暂存款查询",
    "settlement": "结算方式",
    "unit_info": "单位基本信息查询",
}


def screen_title(name: str, profile: Profile) -> str:
    """The title of a screen as `home.modules` names it."""
    business = business_of(name)
    rules = profile.rules(business)
    if rules is None:
        stated = {str(kind): title for kind, title in profile.statements.items()}
        return (TITLES | stated).get(name, name)
    if name.startswith("query:"):
        return rules.query_title or f"{rules.title}查询"
    return (rules.batch_title if name.startswith("batch:") else "") or rules.title
