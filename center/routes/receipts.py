"""来款 for clerks, and what a unit sees of its own (R-18, Q-16)."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from fastapi import Header, Path, Query, Response
from pydantic import StringConstraints

from center import receipt_acts, receipt_queries
from center import receipts as receipt_store
from center.deps import Clerk, ClerkScope, Unit, UnitScope
from center.errors import ProblemError
from center.receipt_queries import Wanted
from center.routes.queries import require_order
from center.routing import router as make_router
from domain.receipt_wire import (
    BankLineBody,
    LineResult,
    OwnReceiptPage,
    OwnReceiptRow,
    ReceiptAction,
    ReceiptBody,
    ReceiptDetail,
    ReceiptPage,
    ReceiptState,
    Recorded,
    StatementBody,
    StatementReply,
    SuspensePage,
)
from domain.wire import UnitAccount

router = make_router("来款")

ReceiptId = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
First = Annotated[date | None, Query(alias="from", description="起始日期")]
Last = Annotated[date | None, Query(alias="to", description="截止日期")]
After = Annotated[
    str, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}~[0-9A-Z_./-]{1,40})?$", description="上一页的 next")
]
Text = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
_TAG = re.compile(r'"([1-9][0-9]{0,8})"')


@router.get("/receipts", summary="来款查询")
def get_receipts(
    scope: Clerk,
    state: ReceiptState | None = None,
    first: First = None,
    last: Last = None,
    unit: Annotated[UnitAccount | None, Query(description="单位账号")] = None,
    text: Annotated[Text, Query(description="交易流水号、付款人或附言中的一段")] = "",
    after: After = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ReceiptPage:
    """Receipts by state, bank day, unit and text, newest first."""
    require_order(first, last)
    wanted = Wanted(state or "", first, last, unit or "", text.strip())
    with scope.store.read() as conn:
        return receipt_queries.receipts(conn, wanted, after, limit)


@router.post(
    "/receipts",
    summary="来款登记（同一交易流水号只登记一次）",
    status_code=201,
    responses={200: {"model": Recorded, "description": "此前已登记，没有重复入账"}},
)
def post_receipt(scope: Clerk, body: ReceiptBody, response: Response) -> Recorded:
    """Record a line of the bank; the same facts again change nothing."""
    line = receipt_store.checked_line(scope, body.line.model_dump())
    outcome = receipt_store.record(scope, line, body.source)
    if outcome.repeated:
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    with scope.store.read() as conn:
        row = receipt_queries.receipt_row(conn, outcome.receipt_id)
    return Recorded(receipt=row, repeated=outcome.repeated, message=outcome.message)


@router.post("/receipts/checks", summary="核对银行对账单（不保存）")
def post_checks(scope: Clerk, body: StatementBody) -> StatementReply:
    """What recording each line would come to."""
    with scope.store.read() as conn:
        results = [
            receipt_queries.would_become(conn, scope, number, line)
            for number, line in enumerate(body.lines, 1)
        ]
    return StatementReply(results=results)


@router.post("/receipts/statement", summary="导入银行对账单（逐笔登记）")
def post_statement(scope: Clerk, body: StatementBody) -> StatementReply:
    """Record the lines, each in a transaction of its own: one that is refused stops no other.

    Sent again after a cut, what has been recorded is told as repeated.
    """
    results = [_take(scope, number, line) for number, line in enumerate(body.lines, 1)]
    return StatementReply(results=results)


def _take(scope: ClerkScope, number: int, body: BankLineBody) -> LineResult:
    try:
        line = receipt_store.checked_line(scope, body.model_dump())
        outcome = receipt_store.record(scope, line, "file")
    except ProblemError as error:
        return receipt_queries.refused_line(number, error)
    with scope.store.read() as conn:
        row = receipt_queries.receipt_row(conn, outcome.receipt_id)
    became: Literal["matched", "suspense"] = "matched" if row.state == "matched" else "suspense"
    return LineResult(
        line=number,
        outcome="repeated" if outcome.repeated else became,
        receipt_id=row.receipt_id,
        unit_account=row.unit_account,
        unit_name=row.unit_name,
        message=outcome.message,
    )


@router.get("/receipts/{receipt_id}", summary="来款明细")
def get_receipt(scope: Clerk, receipt_id: ReceiptId, response: Response) -> ReceiptDetail:
    """A receipt with its history and what may be done now; the ETag is its version."""
    with scope.store.read() as conn:
        return _tagged(receipt_queries.receipt_detail(conn, receipt_id), response)


@router.post("/receipts/{receipt_id}/actions", summary="认领、退款、更正或冲销")
def post_action(
    scope: Clerk,
    receipt_id: ReceiptId,
    body: ReceiptAction,
    response: Response,
    if_match: Annotated[str, Header(description="看到的版本，即明细的 ETag")] = "",
) -> ReceiptDetail:
    """Act on a receipt as last seen; somebody else's act in between is answered with 412."""
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise ProblemError("receipt.unseen", "请求没有说明所看到的版本（If-Match），请刷新后再办。")
    receipt_acts.act(scope, receipt_id, int(tag[1]), body)
    with scope.store.read() as conn:
        return _tagged(receipt_queries.receipt_detail(conn, receipt_id), response)


def _tagged(detail: ReceiptDetail, response: Response) -> ReceiptDetail:
    response.headers["ETag"] = f'"{detail.receipt.version}"'
    return detail


# ---- a unit's own ----------------------------------------------------------------------------------


@router.get("/units/{unit}/receipts", summary="单位来款查询")
def get_own_receipts(
    scope: Unit,
    first: First = None,
    last: Last = None,
    after: After = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> OwnReceiptPage:
    """The receipts that made up the unit's unallocated money and its suspense, newest first."""
    require_order(first, last)
    with scope.store.read() as conn:
        return receipt_queries.own_receipts(conn, scope.unit_account, first, last, after, limit)


@router.get("/units/{unit}/receipts/{receipt_id}", summary="单位来款明细")
def get_own_receipt(scope: Unit, receipt_id: ReceiptId) -> OwnReceiptRow:
    """One of the unit's receipts; 404 for anybody else's."""
    with scope.store.read() as conn:
        return receipt_queries.own_receipt(conn, scope.unit_account, receipt_id)


@router.get("/units/{unit}/suspense", summary="汇补缴不符暂存款查询")
def get_suspense(
    scope: Unit,
    first: First = None,
    last: Last = None,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> SuspensePage:
    """What did not fit and was not booked to the unit, and what became of it (Q-16, R-18)."""
    _require_suspense(scope)
    require_order(first, last)
    with scope.store.read() as conn:
        return receipt_queries.suspense(conn, scope.unit_account, first, last, after, limit)


def _require_suspense(scope: UnitScope) -> None:
    if not scope.profile.receipts.suspense_query:
        raise ProblemError("module.off", "本中心没有开通汇补缴不符暂存款查询。")
