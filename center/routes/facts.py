"""What is registered of the unit and its people, and what was changed of it (U-01, U-10, P-02, P-08)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query

from center import fact_queries
from center.deps import Unit, UnitScope
from center.routes.queries import require_order
from center.routing import router as make_router
from center.submissions import require_business
from domain.facts_wire import FactChangePage, RegisteredFacts

router = make_router("登记信息")

AccountNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="个人账号")]


@router.get("/units/{unit}/facts", summary="单位已登记的信息")
def get_unit_facts(scope: Unit) -> RegisteredFacts:
    """The items of 单位信息变更 as they stand now, and whether a change is under way."""
    _require(scope, fact_queries.UNIT_BUSINESS)
    with scope.store.read() as conn:
        return fact_queries.facts_of_unit(conn, scope.profile, scope.unit_account)


@router.get("/units/{unit}/people/{account_no}/facts", summary="职工已登记的信息")
def get_person_facts(scope: Unit, account_no: AccountNo) -> RegisteredFacts:
    """The items of 缴存人信息变更 of one of the unit's people; 404 for anybody else's."""
    _require(scope, fact_queries.PERSON_BUSINESS)
    with scope.store.read() as conn:
        return fact_queries.facts_of_person(conn, scope.profile, scope.unit_account, account_no)


@router.get("/units/{unit}/fact-changes", summary="信息变更查询")
def get_fact_changes(
    scope: Unit,
    business: Annotated[Literal["unit_change", "person_change"], Query(description="单位或缴存人的变更")],
    first: Annotated[date | None, Query(alias="from", description="起始日期")] = None,
    last: Annotated[date | None, Query(alias="to", description="截止日期")] = None,
    account_no: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> FactChangePage:
    """What was changed of the unit or of its people, when and by whom (Q-01, Q-07)."""
    require_business(scope.profile, business)
    require_order(first, last)
    with scope.store.read() as conn:
        return fact_queries.fact_changes(
            conn,
            scope.profile,
            scope.unit_account,
            business=business,
            first=first,
            last=last,
            account_no=account_no,
            after=after,
            limit=limit,
        )


def _require(scope: UnitScope, business: str) -> None:
    """Details are for who may file a change of them. Raises module.off, permission.denied."""
    require_business(scope.profile, business)
    scope.require(business)
