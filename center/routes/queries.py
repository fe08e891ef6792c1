"""Queries of a unit: submissions, accounts, changes, depositors (Q-06, Q-08, Q-11 to Q-13, O-18, E-02)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import StringConstraints

from center import queries
from center.deps import Unit
from center.errors import ProblemError
from center.routing import router as make_router
from domain.wire import AccountPage, BatchList, BusinessId, ChangePage, DepositorPage, Month, RowFinding

router = make_router("查询")

AccountNo = Annotated[str, Query(pattern=r"^[0-9A-Za-z-]{0,20}$")]

Stated = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
"""A text of a row that is asked for, "" for any."""


@router.get("/units/{unit}/submissions", summary="申报查询")
def get_submissions(
    scope: Unit,
    business: Annotated[BusinessId | None, Query(description="业务，不给则为全部")] = None,
    month: Annotated[Month | None, Query(description="业务年月 YYYYMM")] = None,
    first: Annotated[date | None, Query(alias="from", description="起始日期")] = None,
    last: Annotated[date | None, Query(alias="to", description="截止日期")] = None,
    name: Annotated[Stated, Query(description="姓名")] = "",
    id_number: Annotated[Stated, Query(description="证件号码，15位或18位")] = "",
    account_no: Annotated[Stated, Query(description="个人账号")] = "",
    to_account: Annotated[Stated, Query(description="合并转入个人账号")] = "",
) -> BatchList:
    """Submissions of a business month or of a range of days, with the number of rows in each state.

    With a name, an ID number or an account number only those with such a row (X-06, X-09).
    """
    stated = {"name": name, "id_number": id_number, "account_no": account_no, "to_account": to_account}
    about = {key: text for key, text in stated.items() if text}
    if month is not None and not 1 <= month % 100 <= 12:
        raise _invalid("month", "业务年月应为六位数字，如 202611，请改正。")
    require_order(first, last)
    with scope.store.read() as conn:
        return queries.batches(
            conn,
            scope.profile,
            scope.unit_account,
            business=business,
            month=month,
            first=first,
            last=last,
            about=about,
        )


@router.get("/units/{unit}/accounts", summary="个人账户查询")
def get_accounts(
    scope: Unit,
    opened_from: date | None = None,
    opened_to: date | None = None,
    account_no: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$")] = None,
    after: AccountNo = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> AccountPage:
    """Accounts by day of opening or by number."""
    require_order(opened_from, opened_to)
    with scope.store.read() as conn:
        return queries.accounts(
            conn,
            scope.unit_account,
            first=opened_from,
            last=opened_to,
            account_no=account_no,
            after=after,
            limit=limit,
        )


@router.get("/units/{unit}/changes", summary="账户变更查询")
def get_changes(
    scope: Unit,
    business: Annotated[BusinessId | None, Query(description="变更类型，不给则为全部")] = None,
    first: Annotated[date | None, Query(alias="from", description="起始日期")] = None,
    last: Annotated[date | None, Query(alias="to", description="截止日期")] = None,
    account_no: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,20}$")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ChangePage:
    """What businesses changed of the unit's accounts (Q-08, S-14)."""
    require_order(first, last)
    with scope.store.read() as conn:
        return queries.changes(
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


@router.get("/units/{unit}/depositors", summary="职工信息同步", response_model=DepositorPage)
def get_depositors(
    scope: Unit,
    since: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 2000,
) -> Response:
    """Depositors that changed after a revision."""
    with scope.store.read() as conn:
        page = queries.depositors(conn, scope.unit_account, since=since, limit=limit)
    return Response(page, media_type="application/json")


def require_order(first: date | None, last: date | None) -> None:
    """Raise body.invalid where a span of days ends before it begins."""
    if first is not None and last is not None and first > last:
        raise _invalid("from", "起始日期不能晚于截止日期，请改正。")


def _invalid(field: str, text: str) -> ProblemError:
    return ProblemError(
        "body.invalid", text, findings=[RowFinding(row=0, field=field, code="range", text=text)]
    )
