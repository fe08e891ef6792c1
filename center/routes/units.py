"""What a client needs to know of its unit."""

from __future__ import annotations

import json

from sqlalchemy import Connection, func, select

from center.auth.certificates import certificate_end
from center.auth.reconcile import enter_reconcile
from center.auth.signatures import signature_required
from center.clock import local_now, now_text
from center.deps import Unit, UnitScope
from center.errors import unit_not_found
from center.facts import business_calendar, year_rules
from center.ledger import codes
from center.ledger.post import balance
from center.remit.standing import last_verified
from center.routing import router as make_router
from center.store.tables import account, operator, unit
from domain.business import AccountStatus
from domain.limits_wire import to_wire
from domain.money import format_ratio, format_yuan
from domain.period import fund_year
from domain.wire import Done, RatioPairWire, ReconcileLogin, UnitContext

router = make_router("单位")


@router.get("/units/{unit}/context", summary="单位概况与中心时间")
def context(scope: Unit) -> UnitContext:
    """The unit, its agent, this month's limits and the center's clock (H-01, H-02)."""
    with scope.store.read() as conn:
        return unit_context(conn, scope)


@router.post("/units/{unit}/reconcile", summary="核对单位网上对账的密码")
def reconcile(body: ReconcileLogin, scope: Unit) -> Done:
    """Check the separate password of 单位网上对账 (L-13); without one there is nothing to check."""
    return enter_reconcile(scope, body)


def unit_context(conn: Connection, scope: UnitScope) -> UnitContext:
    """The context of a unit now. Raises unit.not_found."""
    row = conn.execute(select(unit).where(unit.c.unit_account == scope.unit_account)).one_or_none()
    if row is None:
        raise unit_not_found()
    calendar = business_calendar(conn, scope.profile)
    now = local_now(scope.clock)
    month = calendar.business_month(now.date())
    years = year_rules(conn)
    current = years.get(fund_year(month, scope.profile.calendar.fund_year_start))
    limits = None if current is None else to_wire(current)
    mobile = conn.scalar(select(operator.c.mobile).where(operator.c.operator_id == scope.operator_id))
    return UnitContext(
        unit_account=row.unit_account,
        name=row.name,
        credit_code=row.credit_code,
        address=row.address,
        account_state=row.state,
        paid_through=row.paid_through,
        verified_through=last_verified(conn, scope.unit_account),
        headcount=_count(conn, scope.unit_account, AccountStatus.NORMAL),
        sealed_count=_count(conn, scope.unit_account, AccountStatus.SEALED),
        unallocated=format_yuan(balance(conn, codes.unallocated(row.unit_account))),
        agent_name=scope.operator_name,
        agent_mobile=mobile or "",
        unified_ratio=row.unified_ratio,
        ratios=[
            RatioPairWire(unit=format_ratio(first), person=format_ratio(second))
            for first, second in json.loads(row.ratios)
        ],
        fund_types=json.loads(row.fund_types),
        limits=limits,
        years=[to_wire(one) for one in years.values()],
        verified_year=row.verified_year,
        month=month,
        today=now.date().isoformat(),
        server_time=now_text(scope.clock),
        hours=scope.profile.calendar.hours,
        is_open=calendar.is_open(now),
        calendar_known=calendar.is_published(now.year),
        permissions=list(scope.permissions),
        certificate_expires=certificate_end(conn, scope.session_fingerprint),
        signature_required=signature_required(conn, scope.profile, scope.unit_account),
        reconcile_password=scope.profile.auth.reconcile_password and row.reconcile_hash is not None,
        revision=row.depositor_rev,
    )


def _count(conn: Connection, unit_account: str, status: AccountStatus) -> int:
    query = (
        select(func.count())
        .select_from(account)
        .where(account.c.unit_account == unit_account, account.c.status == status.value, ~account.c.gone)
    )
    return conn.scalar(query) or 0
