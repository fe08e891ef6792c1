"""The unit's money: account, flow, details, personal ledgers, closed years (Q-02 to Q-05, Q-09, Q-10)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from sqlalchemy import Connection, select

from center import annual, statements
from center.clock import today
from center.cursors import MAX_LENGTH
from center.deps import Unit, UnitScope
from center.errors import ProblemError
from center.routes.queries import Stated, require_order
from center.routing import router as make_router
from center.store.tables import unit
from domain.profile import StatementKind
from domain.statements_wire import (
    AnnualPage,
    DetailPage,
    FlowPage,
    InterestPage,
    LedgerPage,
    UnitInterest,
    UnitStatement,
)
from domain.wire import RowFinding

router = make_router("账务查询")

FIRST_DAY, LAST_DAY = date(1991, 1, 1), date(2100, 12, 31)
MOST_DAYS = 3660

First = Annotated[date, Query(alias="from", description="起始日期")]
Last = Annotated[date, Query(alias="to", description="截止日期")]
After = Annotated[str, Query(pattern=r"^[0-9A-Za-z_-]*$", max_length=MAX_LENGTH, description="上一页的 next")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Year = Annotated[int, Query(ge=0, le=99999, description="公积金年度，2025 为2025年7月至2026年6月")]
AccountNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,20}$", description="个人账号")]


@router.get("/units/{unit}/statement", summary="单位账户查询")
def get_statement(scope: Unit, first: First, last: Last) -> UnitStatement:
    """Opening balance, increase, decrease and unallocated money of a span of days (Q-02)."""
    _require(scope, "unit_account", first, last)
    with scope.store.read() as conn:
        return statements.unit_statement(conn, scope.unit_account, first, last)


@router.get("/units/{unit}/flow", summary="单位业务流水查询")
def get_flow(
    scope: Unit,
    first: First,
    last: Last,
    kind: Annotated[str, Query(pattern=r"^([0-9]{2})?$", description="业务明细类型，不给则为全部")] = "",
    after: After = "",
    limit: Limit = 200,
) -> FlowPage:
    """Lines of the unit's books over a span of days (Q-03)."""
    _require(scope, "unit_flow", first, last)
    with scope.store.read() as conn:
        return statements.flow(
            conn, scope.unit_account, kind=kind, first=first, last=last, after=after, limit=limit
        )


@router.get("/units/{unit}/flow/{number}", summary="业务明细")
def get_details(
    scope: Unit,
    number: Annotated[int, Path(ge=0, le=2**53, description="流水的序号")],
    after: After = "",
    limit: Limit = 200,
) -> DetailPage:
    """What one line of the flow did to each account; 404 for another unit's (Q-04)."""
    _require(scope, "flow_detail")
    with scope.store.read() as conn:
        return statements.details(conn, scope.unit_account, number, after=after, limit=limit)


@router.get("/units/{unit}/people/{account_no}/ledger", summary="个人明细账查询")
def get_ledger(
    scope: Unit, account_no: AccountNo, first: First, last: Last, after: After = "", limit: Limit = 200
) -> LedgerPage:
    """A personal account of the unit with the balance after each line; 404 for anybody else's (Q-09)."""
    _require(scope, "person_ledger", first, last)
    with scope.store.read() as conn:
        return statements.ledger(
            conn, scope.unit_account, account_no, first=first, last=last, after=after, limit=limit
        )


@router.get("/units/{unit}/annual", summary="年度个人对账")
def get_annual(
    scope: Unit,
    year: Year,
    name: Annotated[Stated, Query(description="姓名，可以是其中一部分")] = "",
    id_number: Annotated[Stated, Query(description="证件号码，15位或18位")] = "",
    after: After = "",
    limit: Limit = 200,
) -> AnnualPage:
    """A closed fund year of each of the unit's people (Q-10, V-35)."""
    _require(scope, "annual_statement")
    span = _closed(scope, year)
    with scope.store.read() as conn:
        return annual.annual(
            conn,
            scope.unit_account,
            year=year,
            span=span,
            name=name.strip(),
            id_number=id_number.strip(),
            after=after,
            limit=limit,
        )


@router.get("/units/{unit}/interest", summary="单位结息查询")
def get_interest(scope: Unit, year: Year) -> UnitInterest:
    """The interest of a closed year, and the unit's account over it (Q-05)."""
    _require(scope, "unit_interest")
    span = _closed(scope, year)
    with scope.store.read() as conn:
        return annual.unit_interest(conn, scope.unit_account, year, span)


@router.get("/units/{unit}/interest/people", summary="单位利息单")
def get_interest_people(scope: Unit, year: Year, after: After = "", limit: Limit = 200) -> InterestPage:
    """The interest of each account for a closed year (Q-05)."""
    _require(scope, "unit_interest")
    _closed(scope, year)
    with scope.store.read() as conn:
        return annual.interest_list(conn, scope.unit_account, year, after=after, limit=limit)


def _require(
    scope: UnitScope, kind: StatementKind, first: date | None = None, last: date | None = None
) -> None:
    """Raise module.off, permission.denied (L-13), body.invalid for a span that cannot be asked for."""
    if kind not in scope.profile.statements:
        raise ProblemError("module.off", "本中心没有开通该项账务查询，请到中心柜台办理。")
    with scope.store.read() as conn:
        if not scope.reconciled and _has_password(conn, scope):
            raise ProblemError(
                "permission.denied", "本单位设有对账密码，请先进入单位网上对账并输入密码，再查询。"
            )
    if first is None or last is None:
        return
    require_order(first, last)
    if first < FIRST_DAY or last > LAST_DAY:
        raise _invalid("查询日期应在1991年至2100年之间，请改正。")
    if (last - first).days > MOST_DAYS:
        raise _invalid("一次最多查询十年，请缩短查询日期。")


def _has_password(conn: Connection, scope: UnitScope) -> bool:
    """Whether the unit has a separate password of 单位网上对账 (L-13)."""
    if not scope.profile.auth.reconcile_password:
        return False
    mine = unit.c.unit_account == scope.unit_account
    return conn.scalar(select(unit.c.reconcile_hash).where(mine)) is not None


def _closed(scope: UnitScope, year: int) -> tuple[date, date]:
    return annual.closed_year(year, today(scope.clock), scope.profile.calendar.fund_year_start)


def _invalid(text: str) -> ProblemError:
    finding = RowFinding(row=0, field="from", code="range", text=text)
    return ProblemError("body.invalid", text, findings=[finding])
