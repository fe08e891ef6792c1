"""Taking a submission: once per id for ever, in one transaction with its evidence and effects.

The submission's row is the idempotency record: the same id with the same bytes gets the stored reply,
with other bytes a refusal. Refusals that would always come out the same are stored as the final result of
the id; errors of authentication, hours and machinery store nothing, so the client may send again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from center import rows as row_store
from center.attachments import missing_attachments
from center.audit import append_audit
from center.auth.signatures import SignatureEvidence, verify_submission_signature
from center.bell import BELL
from center.deps import UnitScope
from center.effects.apply import lock_units
from center.errors import ProblemError, not_found
from center.facts import check_context, require_open
from center.moment import Moment
from center.routing import parse_body
from center.serials import next_serial
from center.store.tables import submission
from center.workflows import Filing, Outcome, done_message, start, unit_name
from domain.business import Business, RowCheck, Source
from domain.businesses.registry import BusinessOff, declare
from domain.canonical import sha256_hex
from domain.httpsig import RequestParts
from domain.money import format_yuan
from domain.profile import Profile
from domain.text import safe_text
from domain.wire import CENTER_SCOPE, Problem, Receipt, RowFinding, SubmissionRequest

CREATED = 201
MAX_ATTACHMENTS = 50
MAX_FINDINGS = 2000
"""Findings told at most; a client that checked its rows has few."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a PUT: a receipt, or a refusal that is final for this id."""

    body: Receipt | Problem
    replayed: bool


def submit(scope: UnitScope, submission_id: str, parts: RequestParts, body: bytes) -> Reply:
    """Take the submission `body` (canonical JSON) under its client-made id; the signature is verified first.

    Raises ProblemError for what must not use the id up: problems of signature and certificate, body.invalid,
    submission.conflict, module.off, permission.denied, outside_hours.
    """
    digest = sha256_hex(body)
    parsed: list[SubmissionRequest] = []
    units: set[str] = set()

    def work(conn: Connection) -> Reply:
        evidence = verify_submission_signature(conn, parts, body, scope)
        if parts.headers.get("idempotency-key") != submission_id:
            raise ProblemError("body.invalid", "请求头中的提交编号与地址不符，请升级客户端后重试。")
        if find(conn, scope.unit_account, submission_id) is None:
            if not parsed:
                parsed.append(parse_body(SubmissionRequest, body))
            units.update(row_store.reached(conn, scope, parsed[0].business, parsed[0].rows))
        lock_units(conn, [scope.unit_account, *units])
        known = find(conn, scope.unit_account, submission_id)
        if known is not None:
            return _replay(known, digest)
        _require_allowed(conn, scope, parsed[0])
        return _Taking(conn, scope, submission_id, parsed[0], body, digest, evidence).take()

    reply = scope.store.run(work)
    if not reply.replayed:
        BELL.ring(scope.unit_account, CENTER_SCOPE, *units)
    return reply


def find(conn: Connection, unit_account: str, submission_id: str) -> Row[Any] | None:
    """The stored submission of a unit, None when it never arrived."""
    one = select(submission).where(
        submission.c.unit_account == unit_account, submission.c.submission_id == submission_id
    )
    return conn.execute(one).one_or_none()


def _replay(known: Row[Any], digest: str) -> Reply:
    if known.digest != digest:
        raise ProblemError(
            "submission.conflict", "该提交编号已用于另一份申报，请重新提交，系统会给出新的编号。"
        )
    if known.status_code >= 400:
        return Reply(Problem.model_validate_json(known.reply), True)
    receipt = Receipt.model_validate_json(known.reply)
    return Reply(receipt.model_copy(update={"replayed": True}), True)


def _require_allowed(conn: Connection, scope: UnitScope, request: SubmissionRequest) -> None:
    require_business(scope.profile, request.business)
    scope.require(request.business)
    if request.profile != scope.profile.name:
        finding = RowFinding(
            row=0, field="profile", code="profile.mismatch", text="申报所用的中心配置与本中心不符。"
        )
        text = "申报所用的中心配置与本中心不符，请检查客户端的中心设置。"
        raise ProblemError("body.invalid", text, findings=[finding])
    require_open(conn, scope.settings)


def require_business(profile: Profile, business: str) -> Business:
    """The declaration of a business; what is hidden is refused too. Raises module.off."""
    try:
        return declare(business, profile)
    except BusinessOff as off:
        raise ProblemError("module.off", off.text) from None


class _Taking:
    """Taking one new submission inside its transaction."""

    def __init__(
        self,
        conn: Connection,
        scope: UnitScope,
        submission_id: str,
        request: SubmissionRequest,
        body: bytes,
        digest: str,
        evidence: SignatureEvidence | None,
    ) -> None:
        self.conn = conn
        self.scope = scope
        self.profile = scope.profile
        self.business = require_business(scope.profile, request.business)
        self.submission_id = submission_id
        self.request = request
        self.body = body
        self.digest = digest
        self.evidence = evidence
        self.moment = Moment.read(conn, scope.clock, scope.profile)

    def take(self) -> Reply:
        """Check everything, store everything, answer."""
        conn, rows = self.conn, self.request.rows
        row_store.lock_people_of(conn, self.business, rows)
        context = check_context(conn, self.scope, Source.CENTER, self.scope.clock)
        checks, people = row_store.check_rows(conn, self.business, context, rows)
        amount = sum(check.amount for check in checks)
        serial = next_serial(conn, self.moment.day)
        problem = self._refusal(checks, amount)
        if problem is not None:
            self._store(serial, amount, "refused", problem.status, problem.model_dump_json(exclude_none=True))
            self._audit("submission.refused", f"{problem.code} {serial}")
            return Reply(problem, False)
        filing = Filing(
            conn=conn,
            profile=self.profile,
            business=self.business,
            moment=self.moment,
            unit_account=self.scope.unit_account,
            unit_name=context.unit.name,
            submission_id=self.submission_id,
            serial=serial,
            operator_id=self.scope.operator_id,
            operator_name=self.scope.operator_name,
            source=self.request.source,
            checks=checks,
            people=people,
            amount=amount,
        )
        outcome = start(filing)
        receipt = self._receipt(serial, amount, outcome, row_store.row_findings(checks))
        self._store(serial, amount, outcome.state, CREATED, receipt.model_dump_json())
        self._audit("submission.taken", f"{serial} {outcome.state} {receipt.count}")
        return Reply(receipt, False)

    def _refusal(self, checks: Sequence[RowCheck], amount: int) -> Problem | None:
        """Why nothing of the submission is taken; None when at least a part of it is."""
        attached = self._attachment_problem()
        if attached is not None:
            return attached
        found = row_store.row_findings(checks)
        bad = sum(not check.ok for check in checks)
        if bad and (bad == len(checks) or self.profile.imports.atomic):
            each = self.business.rules.counted
            text = f"共{len(checks)}{each}，其中{bad}{each}不能办理，整批未受理，请按提示修改后重新提交。"
            return ProblemError("submission.rejected", text, findings=found[:MAX_FINDINGS]).problem
        totals, sums = self.request.totals, {format_yuan(amount)}
        if self.business.amount_of_account:
            sums.add(format_yuan(0))  # from somebody who has no copy of the accounts
        if totals.count != len(checks) or totals.amount not in sums:
            count = f"{len(checks)}{self.business.rules.counted}"
            text = f"合计不符：中心核算为{count}、{format_yuan(amount)}元，请刷新清册后重新提交。"
            return ProblemError("totals.mismatch", text, findings=found[:MAX_FINDINGS]).problem
        return None

    def _attachment_problem(self) -> Problem | None:
        named = self.request.attachments
        if len(named) > MAX_ATTACHMENTS:
            return ProblemError(
                "attachment.bad", f"附件不能超过{MAX_ATTACHMENTS}个，请合并后重新提交。"
            ).problem
        if self.business.rules.attachments and not named:
            return ProblemError("attachment.missing", "办理该业务须上传附件，请上传后重新提交。").problem
        missing = missing_attachments(self.conn, self.scope.unit_account, named)
        if missing:
            text = f"附件“{safe_text(missing[0], limit=60)}”没有上传，请上传后重新提交。"
            return ProblemError("attachment.missing", text).problem
        return None

    def _receipt(self, serial: str, amount: int, outcome: Outcome, found: Sequence[RowFinding]) -> Receipt:
        return Receipt(
            submission_id=self.submission_id,
            serial=serial,
            received=self.moment.now,
            business=self.request.business,
            title=self.business.title,
            state=outcome.state,
            count=len(self.request.rows),
            amount=format_yuan(amount),
            ok=outcome.ok,
            failed=outcome.failed,
            pending=outcome.pending,
            digest=self.digest,
            message=outcome.message,
            findings=list(found[:MAX_FINDINGS]),
        )

    def _store(self, serial: str, amount: int, state: str, status: int, reply: str) -> None:
        evidence = self.evidence
        values = {
            "unit_account": self.scope.unit_account,
            "submission_id": self.submission_id,
            "serial": serial,
            "business": self.request.business,
            "operator_id": self.scope.operator_id,
            "source": self.request.source,
            "received": self.moment.now,
            "day": self.moment.day.isoformat(),
            "month": self.moment.month,
            "state": state,
            "status_code": status,
            "reply": reply,
            "total": len(self.request.rows),
            "amount": amount,
            "digest": self.digest,
            "body": self.body,
            "signature_base": evidence.base if evidence else "",
            "signature": evidence.signature if evidence else None,
            "fingerprint": evidence.fingerprint if evidence else "",
            "attachments": json.dumps([ref.sha256 for ref in self.request.attachments]),
        }
        self.conn.execute(insert(submission).values(values))

    def _audit(self, action: str, detail: str) -> None:
        append_audit(
            self.conn,
            self.scope.clock,
            self.scope.operator_id,
            action,
            unit_account=self.scope.unit_account,
            subject=self.submission_id,
            detail=detail,
        )


# ---- reading ---------------------------------------------------------------------------------------


def current_receipt(conn: Connection, scope: UnitScope, submission_id: str) -> Receipt:
    """How a submission stands now. Raises not_found when it never arrived at this unit."""
    known = find(conn, scope.unit_account, submission_id)
    if known is None:
        raise not_found()
    if known.status_code >= 400:
        return _refused_receipt(known, scope.profile)
    receipt = Receipt.model_validate_json(known.reply)
    key = (scope.unit_account, submission_id)
    counts = row_store.state_counts(conn, [key])[key]
    now = {
        "state": known.state,
        "ok": counts.get("ok", 0),
        "failed": counts.get("failed", 0),
        "pending": counts.get("pending", 0) + counts.get("processing", 0),
    }
    rules = scope.profile.rules(known.business)
    if known.state == "done" and rules is not None:
        now["message"] = done_message(rules, unit_name(conn, scope.unit_account), now["ok"], now["failed"])
    return receipt.model_copy(update=now)


def _refused_receipt(known: Row[Any], profile: Profile) -> Receipt:
    problem = Problem.model_validate_json(known.reply)
    return Receipt(
        submission_id=known.submission_id,
        serial=known.serial,
        received=known.received,
        business=known.business,
        title=profile.business_title(known.business),
        state="refused",
        count=known.total,
        amount=format_yuan(known.amount),
        ok=0,
        failed=known.total,
        pending=0,
        digest=known.digest,
        message=problem.detail or problem.title,
        findings=problem.findings,
    )
