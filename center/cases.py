"""Cases of the clerks: taking, approving and refusing what a unit filed (T-07, O-09, B-10).

A case changes only where its version is the one the clerk has seen. The maker never decides their own case.
Rows are checked again at approval: what was right when filed may have been overtaken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from center import inbox
from center import rows as row_store
from center.audit import append_audit
from center.bell import BELL
from center.case_flow import ACTION_TITLES, STATE_TITLES, Step, actions, step_for
from center.deps import ClerkScope
from center.effects.apply import Results, lock_units
from center.errors import ProblemError, not_found
from center.moment import Moment
from center.store.tables import case, case_event, submission, submission_row, unit
from center.workflows import close_submission, push_done
from domain.money import format_yuan
from domain.profile import Profile
from domain.text import safe_text
from domain.wire import (
    CENTER_SCOPE,
    CaseAction,
    CaseDetail,
    CaseEvent,
    CaseList,
    CaseSummary,
    RowFinding,
)

ROLE = "clerk"
REFUSED_CODE = "case.refused"
OPINION_LENGTH = 500


def list_cases(conn: Connection, profile: Profile, state: str | None, limit: int) -> CaseList:
    """Cases of a state, or all, oldest first."""
    found = _cases()
    if state is not None:
        found = found.where(case.c.state == state)
    rows = conn.execute(found.order_by(case.c.created, case.c.case_id).limit(limit))
    return CaseList(cases=[_summary(row, profile) for row in rows])


def case_detail(conn: Connection, profile: Profile, case_id: str) -> CaseDetail:
    """A case with its history. Raises not_found."""
    row = conn.execute(_cases().where(case.c.case_id == case_id)).one_or_none()
    if row is None:
        raise not_found()
    events = select(case_event).where(case_event.c.case_id == case_id).order_by(case_event.c.seq)
    return CaseDetail(
        case=_summary(row, profile),
        events=[
            CaseEvent(
                time=event.time,
                actor=event.actor,
                action=event.action,
                state=event.state,
                opinion=event.opinion,
            )
            for event in conn.execute(events)
        ],
        actions=actions(row.state, ROLE),
    )


def submission_of(conn: Connection, case_id: str) -> row_store.Key:
    """Key of the submission a case is about. Raises not_found."""
    found = select(case.c.unit_account, case.c.submission_id).where(case.c.case_id == case_id)
    row = conn.execute(found).one_or_none()
    if row is None:
        raise not_found()
    return row.unit_account, row.submission_id


def act(scope: ClerkScope, case_id: str, request: CaseAction) -> CaseDetail:
    """Do what a clerk decided, in one transaction.

    Raises not_found, case.version (somebody was faster, or the act does not fit the state), case.maker,
    body.invalid (no opinion or reason where one is due, a row that is not there).
    """

    def work(conn: Connection) -> tuple[CaseDetail, str]:
        key = submission_of(conn, case_id)
        lock_units(conn, [key[0]])
        row = conn.execute(select(case).where(case.c.case_id == case_id).with_for_update()).one()
        step = _permitted(scope, row, request)
        moment = Moment.read(conn, scope.clock, scope.profile)
        opinion = safe_text(request.opinion.strip(), limit=OPINION_LENGTH)
        _advance(conn, scope, row, step, moment, opinion)
        if step.action == "take":
            _take(conn, scope, key, case_id)
        else:
            _decide(conn, scope, key, case_id, request, moment, opinion)
        append_audit(
            conn, scope.clock, scope.operator_id, f"case.{step.action}", unit_account=key[0], subject=case_id
        )
        return case_detail(conn, scope.profile, case_id), key[0]

    detail, unit_account = scope.store.run(work)
    BELL.ring(CENTER_SCOPE, unit_account)
    return detail


def _permitted(scope: ClerkScope, row: Row[Any], request: CaseAction) -> Step:
    if row.maker == scope.operator_id:
        raise ProblemError("case.maker", "不能审核本人提交的申报，请由其他柜员办理。")
    step = step_for(row.state, request.action, ROLE)
    if row.version != request.version or step is None:
        raise ProblemError("case.version", "该事项已被其他柜员办理或状态已改变，请刷新后再办。")
    if request.action == "refuse" and not request.opinion.strip():
        raise _invalid("opinion", "不通过须填写审批意见，请填写后再提交。")
    if request.action != "approve" and request.refused:
        raise _invalid("refused", "只有通过时才能逐人注明不通过，请核对后再提交。")
    if any(not decision.reason.strip() for decision in request.refused):
        raise _invalid("refused", "不通过的人员须逐一填写原因，请填写后再提交。")
    return step


def _invalid(field: str, text: str) -> ProblemError:
    finding = RowFinding(row=0, field=field, code="body.invalid", text=text)
    return ProblemError("body.invalid", text, findings=[finding])


def _advance(
    conn: Connection, scope: ClerkScope, row: Row[Any], step: Step, moment: Moment, opinion: str
) -> None:
    """Raise the version and write the history; a case that moved meanwhile is left alone."""
    seen = (case.c.case_id == row.case_id) & (case.c.version == row.version)
    changes: dict[str, Any] = {"state": step.to_state, "version": row.version + 1}
    if step.action == "take":
        changes["taken_by"] = scope.operator_id
    if conn.execute(update(case).where(seen).values(changes)).rowcount != 1:
        raise ProblemError("case.version", "该事项已被其他柜员办理，请刷新后再办。")
    last = conn.execute(
        select(func.max(case_event.c.seq)).where(case_event.c.case_id == row.case_id)
    ).scalar_one()
    event = {"case_id": row.case_id, "seq": last + 1, "time": moment.now, "actor": scope.operator_name}
    conn.execute(insert(case_event).values(**event, action=step.action, state=step.to_state, opinion=opinion))


def _take(conn: Connection, scope: ClerkScope, key: row_store.Key, case_id: str) -> None:
    waiting = _rows(key).with_only_columns(submission_row.c.row_no).where(submission_row.c.state == "pending")
    numbers = conn.execute(waiting).scalars().all()
    mine = (submission_row.c.unit_account == key[0]) & (submission_row.c.submission_id == key[1])
    conn.execute(
        update(submission_row).where(mine, submission_row.c.state == "pending").values(state="processing")
    )
    assert numbers, "a case without rows to decide"
    inbox.revise(conn, CENTER_SCOPE, case_id=case_id, tab="todo", state=STATE_TITLES["processing"])
    inbox.revise(conn, key[0], submission_id=key[1], tab="started", state=STATE_TITLES["processing"])


def _decide(
    conn: Connection,
    scope: ClerkScope,
    key: row_store.Key,
    case_id: str,
    request: CaseAction,
    moment: Moment,
    opinion: str,
) -> None:
    waiting = _rows(key).where(submission_row.c.state == "processing").order_by(submission_row.c.row_no)
    rows = conn.execute(waiting).all()
    refused = _refused(request, rows, opinion)
    row_store.write_results(conn, key, Results(failed=refused), moment.day)
    going_on = [row for row in rows if row.row_no not in refused]
    if going_on:
        row_store.settle(conn, scope.profile, key, going_on, moment)
    close_submission(conn, key)
    counts = row_store.state_counts(conn, [key])[key]
    note = f"审批意见：{opinion}" if opinion else ""
    rules = scope.profile.rules(row_store.declared(conn, key).business)
    assert rules is not None, "a case of a business the center does not offer"
    push_done(conn, scope.profile, rules, key, moment, counts.get("ok", 0), counts.get("failed", 0), note)
    result = ACTION_TITLES[request.action]
    inbox.revise(conn, CENTER_SCOPE, case_id=case_id, tab="todo", to_tab="done", state=result)


def _refused(request: CaseAction, rows: Sequence[Row[Any]], opinion: str) -> dict[int, tuple[str, str]]:
    """Rows that do not pass, with their reason."""
    numbers = {row.row_no for row in rows}
    if request.action == "refuse":
        reason = safe_text(opinion, limit=row_store.REASON_LENGTH)
        return {number: (REFUSED_CODE, reason) for number in numbers}
    unknown = [decision.row for decision in request.refused if decision.row not in numbers]
    if unknown:
        raise _invalid("refused", f"第{unknown[0]}条不在待处理的人员之中，请刷新后再办。")
    return {
        decision.row: (REFUSED_CODE, safe_text(decision.reason, limit=row_store.REASON_LENGTH))
        for decision in request.refused
    }


def _rows(key: row_store.Key) -> Select[Any]:
    return select(submission_row).where(
        submission_row.c.unit_account == key[0], submission_row.c.submission_id == key[1]
    )


def _cases() -> Select[Any]:
    own = (submission.c.unit_account == case.c.unit_account) & (
        submission.c.submission_id == case.c.submission_id
    )
    columns = (submission.c.serial, submission.c.day, submission.c.total, submission.c.amount)
    return (
        select(case, *columns, unit.c.name.label("unit_name"))
        .join(submission, own)
        .join(unit, unit.c.unit_account == case.c.unit_account)
    )


def _summary(row: Row[Any], profile: Profile) -> CaseSummary:
    return CaseSummary(
        case_id=row.case_id,
        serial=row.serial,
        business=row.business,
        title=profile.business_title(row.business),
        unit_account=row.unit_account,
        unit_name=row.unit_name,
        declared=row.day,
        due=row.due,
        count=row.total,
        amount=format_yuan(row.amount),
        state=row.state,
        version=row.version,
    )
