"""Cases, for clerks only (T-07, O-09)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query

from center import cases, queries
from center.deps import Clerk
from center.errors import not_found
from center.routing import router as make_router
from domain.wire import CaseAction, CaseDetail, CaseList, RowPage, RowState

router = make_router("审核")

CaseId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]


@router.get("/cases", summary="待办事项")
def get_cases(
    scope: Clerk,
    state: Literal["pending", "processing", "done"] | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> CaseList:
    """Cases of a state, oldest first."""
    with scope.store.read() as conn:
        return cases.list_cases(conn, scope.profile, state, limit)


@router.get("/cases/{case_id}", summary="事项明细")
def get_case(scope: Clerk, case_id: CaseId) -> CaseDetail:
    """A case with its history and what may be done now."""
    with scope.store.read() as conn:
        return cases.case_detail(conn, scope.profile, case_id)


@router.get("/cases/{case_id}/rows", summary="事项中的人员")
def get_case_rows(
    scope: Clerk,
    case_id: CaseId,
    state: RowState | None = None,
    after: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> RowPage:
    """Rows of the submission a case is about."""
    with scope.store.read() as conn:
        key = cases.submission_of(conn, case_id)
        page = queries.row_page(conn, scope.profile, key, state=state, after=after, limit=limit)
    if page is None:
        raise not_found()
    return page


@router.post("/cases/{case_id}/actions", summary="受理、通过或不通过")
def post_action(scope: Clerk, case_id: CaseId, request: CaseAction) -> CaseDetail:
    """Act on a case as last seen (`version`); somebody else's act in between is answered with 409."""
    return cases.act(scope, case_id, request)
