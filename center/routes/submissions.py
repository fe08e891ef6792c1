"""Submissions of a unit: sending, how one stands, its rows, and the dry run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import BaseModel

from center import queries
from center import rows as row_store
from center.deps import Parts, RawBody, Unit
from center.errors import ProblemError, not_found, problem_response
from center.facts import check_context
from center.routing import parse_body
from center.routing import router as make_router
from center.submissions import MAX_FINDINGS, current_receipt, require_business, submit
from domain.business import Source, totals
from domain.httpsig import RequestParts
from domain.money import format_yuan
from domain.wire import (
    CheckReply,
    CheckRequest,
    Problem,
    Receipt,
    RowFinding,
    RowPage,
    RowState,
    SubmissionId,
    SubmissionRequest,
)

router = make_router("申报")

MAX_PAGE = 1000
Id = Annotated[SubmissionId, Path(description="客户端生成的提交编号（UUID）")]
After = Annotated[int, Query(ge=0, le=10**9)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]


def inline_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema of a body that is read as raw bytes, with its references written out."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def written_out(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return written_out(definitions[node["$ref"].rpartition("/")[2]])
            return {key: written_out(value) for key, value in node.items()}
        return [written_out(item) for item in node] if isinstance(node, list) else node

    return dict(written_out(schema))


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """OpenAPI's description of a body that is read only after its sender is known."""
    schema = inline_schema(model)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def require_json(parts: RequestParts) -> None:
    """Raise body.invalid unless the body says that it is JSON."""
    if parts.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ProblemError("body.invalid", "请求内容应为 application/json，请升级客户端后重试。")


@router.put(
    "/units/{unit}/submissions/{submission_id}",
    summary="提交申报（同一编号只受理一次）",
    status_code=201,
    response_model=Receipt,
    responses={200: {"model": Receipt, "description": "重复提交，返回首次的回执"}, 422: {"model": Problem}},
    openapi_extra=json_body(SubmissionRequest),
)
def put_submission(scope: Unit, submission_id: Id, parts: Parts, body: RawBody) -> Response:
    """Take a signed submission; sending the same bytes again gives the same receipt (Q-18)."""
    require_json(parts)
    reply = submit(scope, submission_id, parts, body)
    headers = {"Idempotency-Replayed": "true"} if reply.replayed else {}
    if isinstance(reply.body, Problem):
        return problem_response(reply.body, headers)
    status = 200 if reply.replayed else 201
    return Response(reply.body.model_dump_json(), status, headers, media_type="application/json")


@router.get("/units/{unit}/submissions/{submission_id}", summary="申报的当前状态")
def get_submission(scope: Unit, submission_id: Id) -> Receipt:
    """How a submission stands now; 404 means that it never arrived."""
    with scope.store.read() as conn:
        return current_receipt(conn, scope, submission_id)


@router.get("/units/{unit}/submissions/{submission_id}/rows", summary="申报各人的处理结果")
def get_rows(
    scope: Unit, submission_id: Id, state: RowState | None = None, after: After = 0, limit: Limit = 200
) -> RowPage:
    """Rows with their states, reasons and account numbers (O-09, O-19)."""
    key = (scope.unit_account, submission_id)
    with scope.store.read() as conn:
        page = queries.row_page(conn, scope.profile, key, state=state, after=after, limit=limit)
    if page is None:
        raise not_found()
    return page


@router.post("/units/{unit}/checks", summary="核对（不保存）", openapi_extra=json_body(CheckRequest))
def post_checks(scope: Unit, parts: Parts, body: RawBody) -> CheckReply:
    """Check rows against the center's data, as a submission would, and store nothing.

    Rows that carry their ratios are judged as submitted rows, others as typed or imported ones.
    """
    require_json(parts)
    request = parse_body(CheckRequest, body)
    business = require_business(scope.profile, request.business)
    scope.require(request.business)
    settled = all(row.get("unit_ratio") for row in request.rows)
    source = Source.CENTER if settled else Source(request.source)
    with scope.store.read() as conn:
        context = check_context(conn, scope, source, scope.clock)
        checks, _ = row_store.check_rows(conn, business, context, request.rows)
    found = [RowFinding.of(place, item) for place, check in enumerate(checks, 1) for item in check.findings]
    sums = totals(checks)
    return CheckReply(
        findings=found[:MAX_FINDINGS], totals_count=sums.count, totals_amount=format_yuan(sums.amount)
    )
