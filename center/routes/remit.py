"""汇缴: what can be verified, what was, who pays, what is in the way; makeups that wait (R-05 to R-17)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query

from center.deps import Unit, UnitScope
from center.errors import ProblemError
from center.remit import makeup_queries, queries
from center.routes.queries import require_order
from center.routing import router as make_router
from center.submissions import require_business
from domain.businesses.makeup_rules import MakeupRules
from domain.remit_wire import (
    MakeupNotices,
    MakeupOrders,
    RemitCheck,
    RemitDifferences,
    RemitList,
    RemitPeople,
    RemitPlan,
)
from domain.wire import Month, SubmissionId

router = make_router("汇缴")

First = Annotated[date | None, Query(alias="from", description="起始日期")]
Last = Annotated[date | None, Query(alias="to", description="截止日期")]
After = Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{0,20}$")]
Limit = Annotated[int, Query(ge=1, le=5000)]
Filed = Annotated[SubmissionId | None, Query(description="核定的提交编号，不给则为有效的一份")]
MonthPath = Annotated[Month, Path(description="汇缴年月 YYYYMM")]


@router.get("/units/{unit}/remittances", summary="汇缴查询")
def get_remittances(
    scope: Unit,
    state: Annotated[
        Literal["", "declared", "paid", "all"], Query(description="未缴款、已缴款，all 含已取消的")
    ] = "",
    first: First = None,
    last: Last = None,
) -> RemitList:
    """Months by day of verification (R-16), the latest first."""
    _require(scope)
    require_order(first, last)
    with scope.store.read() as conn:
        return queries.listed(conn, scope.unit_account, state=state, first=first, last=last)


@router.get("/units/{unit}/remittances/plan", summary="可以核定的月度")
def get_plan(scope: Unit, limit: Annotated[int, Query(ge=1, le=36)] = 12) -> RemitPlan:
    """The months that can be verified now with their four columns (R-01, R-02, R-08)."""
    _require(scope)
    with scope.store.read() as conn:
        return queries.plan(conn, scope, limit)


@router.get("/units/{unit}/remittances/check", summary="汇缴核定检查")
def get_check(scope: Unit, month: Annotated[Month, Query(description="汇缴年月 YYYYMM")]) -> RemitCheck:
    """Whether a month can be verified, and every person and business in its way (R-05 to R-07)."""
    _require(scope)
    _require_month(month)
    with scope.store.read() as conn:
        return queries.check(conn, scope, month)


@router.get("/units/{unit}/remittances/{month}/people", summary="汇缴职工明细")
def get_people(
    scope: Unit,
    month: MonthPath,
    submission: Filed = None,
    after: After = "",
    limit: Limit = 1000,
) -> RemitPeople:
    """Who pays how much in a month (R-10)."""
    _require(scope)
    _require_month(month)
    with scope.store.read() as conn:
        return queries.people(conn, scope, month, submission or "", after=after, limit=limit)


@router.get("/units/{unit}/remittances/{month}/changes", summary="汇缴变更清册")
def get_changes(
    scope: Unit,
    month: MonthPath,
    submission: Filed = None,
    after: After = "",
    limit: Limit = 1000,
) -> RemitDifferences:
    """The differences from the month before, which explain 增加 and 减少 (R-08)."""
    _require(scope)
    _require_month(month)
    with scope.store.read() as conn:
        return queries.differences(conn, scope, month, submission or "", after=after, limit=limit)


@router.get("/units/{unit}/makeups", summary="补缴核定查询")
def get_makeups(scope: Unit, first: First = None, last: Last = None) -> MakeupNotices:
    """Submissions of makeups with what waits for money (R-17, M-06)."""
    _require_makeups(scope)
    require_order(first, last)
    with scope.store.read() as conn:
        return makeup_queries.notices(conn, scope.profile, scope.unit_account, first=first, last=last)


@router.get("/units/{unit}/makeups/{submission_id}", summary="补缴核定明细")
def get_makeup_orders(
    scope: Unit,
    submission_id: Annotated[SubmissionId, Path(description="提交编号")],
    after: Annotated[int, Query(ge=0, le=10**6)] = 0,
    limit: Limit = 1000,
) -> MakeupOrders:
    """The months of one submission of makeups."""
    _require_makeups(scope)
    with scope.store.read() as conn:
        return makeup_queries.orders(conn, scope.unit_account, submission_id, after=after, limit=limit)


def _require(scope: UnitScope) -> None:
    """What is hidden is refused. Raises module.off."""
    require_business(scope.profile, "remit")


def _require_makeups(scope: UnitScope) -> None:
    if not any(isinstance(rules, MakeupRules) for rules in scope.profile.offered().values()):
        require_business(scope.profile, "makeup")


def _require_month(month: int) -> None:
    if not 1 <= month % 100 <= 12:
        raise ProblemError("body.invalid", "汇缴年月应为六位数字，如 202611，请改正。")
