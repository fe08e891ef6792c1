"""What becomes of a submission that was taken: done at once, decided by clerks, or processed by a job.

The profile says which for each business (parameters 27 to 34).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from center import inbox, jobs, settling
from center import rows as row_store
from center.effects.apply import Results, Work, apply_rows
from center.effects.news import tell_others
from center.moment import Moment
from center.people import People
from center.store.tables import case, case_event, job, submission, unit
from domain.business import Business, RowCheck
from domain.businesses.makeup_rules import MakeupRules
from domain.businesses.remit_rules import RemitRules
from domain.money import format_yuan
from domain.profile import Profile
from domain.rules import BusinessRules
from domain.wire import CENTER_SCOPE

State = Literal["done", "review", "processing"]

STATE_TEXT: Mapping[str, str] = {"done": "办结", "review": "待中心审核", "processing": "处理中"}
"""What the entry of 我发起的 shows (T-10)."""


@dataclass(frozen=True, slots=True)
class Filing:
    """A submission that passed as a whole, inside its transaction. `amount` in 分."""

    conn: Connection
    profile: Profile
    business: Business
    moment: Moment
    unit_account: str
    unit_name: str
    submission_id: str
    serial: str
    operator_id: str
    operator_name: str
    source: str
    checks: Sequence[RowCheck]
    people: People
    amount: int

    @property
    def key(self) -> row_store.Key:
        """Key of the submission."""
        return self.unit_account, self.submission_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a submission stands after it was taken."""

    state: State
    ok: int
    failed: int
    pending: int
    message: str


def start(filing: Filing) -> Outcome:
    """Store the rows and do what the profile's workflow says, in the filing's transaction."""
    rules = filing.business.rules
    outcome = WORKFLOWS[rules.workflow_of(filing.source)](filing)
    sum_text = f"，{rules.amount_title.removeprefix('总')}{format_yuan(filing.amount)}元"
    count = f"{len(filing.checks)}{rules.counted}"
    entry = inbox.Entry(
        tab="started",
        title=rules.title,
        body=f"业务流水号{filing.serial}，{count}{sum_text if rules.amount_title else ''}，"
        f"经办人{filing.operator_name}。",
        state=STATE_TEXT[outcome.state],
        submission_id=filing.submission_id,
    )
    inbox.post_where_shown(filing.conn, filing.profile, filing.unit_account, entry, filing.moment.now)
    if outcome.state == "done":
        push_done(filing.conn, filing.profile, rules, filing.key, filing.moment, outcome.ok, outcome.failed)
    return outcome


def _store(filing: Filing, results: Results | None = None) -> int:
    """Store the rows, settled as in `results`; returns how many are pending."""
    return row_store.store_rows(
        filing.conn, filing.business, filing.key, filing.checks, filing.moment.day, results
    )


def _apply_now(filing: Filing) -> Outcome:
    moment = filing.moment
    work = Work(
        filing.conn, filing.profile, filing.unit_account, filing.business.id, moment.day, moment.month,
        filing.submission_id, moment.now, filing.serial, filing.operator_id,
    )  # fmt: skip
    numbers = range(1, len(filing.checks) + 1)
    rows = row_store.to_apply(filing.business, numbers, filing.checks, filing.people)
    results = apply_rows(work, rows)
    tell_others(work, rows, results, filing.unit_name, moment.now)
    _store(filing, results)
    ok = len(results.accounts)
    failed = len(filing.checks) - ok
    return Outcome("done", ok, failed, 0, done_message(filing.business.rules, filing.unit_name, ok, failed))


def _open_case(filing: Filing) -> Outcome:
    conn, case_id = filing.conn, str(uuid.uuid4())
    pending = _store(filing)
    due = filing.moment.next_workday()
    conn.execute(
        insert(case).values(
            case_id=case_id,
            unit_account=filing.unit_account,
            submission_id=filing.submission_id,
            business=filing.business.id,
            state="pending",
            version=1,
            maker=filing.operator_id,
            created=filing.moment.now,
            due=due.isoformat(),
            taken_by="",
        )
    )
    event = {"case_id": case_id, "seq": 1, "time": filing.moment.now, "state": "pending", "opinion": ""}
    conn.execute(insert(case_event).values(**event, actor=filing.operator_name, action="submit"))
    waiting = f"{pending}{filing.business.rules.counted}"
    entry = inbox.Entry(
        tab="todo",
        title=f"{filing.business.title}审核",
        body=f"{filing.unit_name}，业务流水号{filing.serial}，{waiting}，请于{due.isoformat()}前办理。",
        state="待处理",
        submission_id=filing.submission_id,
        case_id=case_id,
    )
    inbox.post(conn, CENTER_SCOPE, entry, filing.moment.now)
    return Outcome("review", 0, len(filing.checks) - pending, pending, _waits(filing))


def _waits(filing: Filing) -> str:
    """The answer to a submission that clerks decide on."""
    rules = filing.business.rules
    if rules.workflow_of(filing.source) == "approval":
        return f"{rules.submitted or '已提交至中心审核'}，审核结果会推送到消息中。"
    sent = filing.profile.messages.get("batch_sent") if filing.source == "file" else None
    lead = sent or rules.submitted or "已提交，待中心处理"
    return f"{lead}，一般在下一个工作日前处理完毕，请留意处理结果。"


def _queue_job(filing: Filing) -> Outcome:
    conn, job_id = filing.conn, str(uuid.uuid4())
    pending = _store(filing)
    failed = len(filing.checks) - pending
    conn.execute(
        insert(job).values(
            job_id=job_id,
            unit_account=filing.unit_account,
            submission_id=filing.submission_id,
            business=filing.business.id,
            state="queued",
            total=len(filing.checks),
            ok=0,
            failed=failed,
            rev=inbox.next_rev(conn, filing.unit_account),
            created=filing.moment.now,
            updated=filing.moment.now,
        )
    )
    jobs.enqueue(conn, job_id)
    message = "已提交，中心正在处理，结果会推送到消息中，也可随时查询交易进度。"
    return Outcome("processing", 0, failed, pending, message)


WORKFLOWS: Mapping[str, Callable[[Filing], Outcome]] = {
    "immediate": _apply_now,
    "staff_review": _open_case,
    "approval": _open_case,
    "async": _queue_job,
}
"""What each workflow kind of a profile does with the rows that are in order."""


# ---- the end of a submission -------------------------------------------------------------------------


def unit_name(conn: Connection, unit_account: str) -> str:
    """The unit's name."""
    return str(conn.execute(select(unit.c.name).where(unit.c.unit_account == unit_account)).scalar_one())


def done_message(rules: BusinessRules, name: str, ok: int, failed: int) -> str:
    """The sentence that a business is done (O-06), with the numbers when not all could be carried out.

    Of a submission that was refused, or of which nothing went through, it does not say that it is done.
    """
    text = rules.done.format(unit=name, ok=ok, failed=failed)
    if "{failed}" in rules.done:
        return text
    if not ok:
        return f"{rules.title}没有办理成功：失败{failed}{rules.counted}，请在查询中查看原因。"
    if failed:
        text += f"其中成功{ok}{rules.counted}，失败{failed}{rules.counted}，请在查询中查看原因。"
    return text


def push_done(
    conn: Connection,
    profile: Profile,
    rules: BusinessRules,
    key: row_store.Key,
    moment: Moment,
    ok: int,
    failed: int,
    note: str = "",
) -> None:
    """Tell the unit that a submission is done: 消息, 已办, and the state of 我发起的 (O-06, T-09, T-10).

    What it made due is paid where the money for it came first. `note` is added to the message, e.g. the
    clerk's opinion. The caller holds the lock of the unit's row.
    """
    unit_account, submission_id = key
    body = done_message(rules, unit_name(conn, unit_account), ok, failed) + note
    title = rules.title
    result = STATE_TEXT["done"] if ok else "未通过"
    for tab in ("messages", "done"):
        entry = inbox.Entry(tab=tab, title=title, body=body, state=result, submission_id=submission_id)
        inbox.post_where_shown(conn, profile, unit_account, entry, moment.now)
    if ok and isinstance(rules, RemitRules | MakeupRules):
        settling.money_was_there(conn, unit_account, moment, submission_id)
    inbox.revise(conn, unit_account, submission_id=submission_id, tab="started", state=result)


def close_submission(conn: Connection, key: row_store.Key) -> None:
    """Mark a submission done after its last row was settled."""
    mine = (submission.c.unit_account == key[0]) & (submission.c.submission_id == key[1])
    conn.execute(update(submission).where(mine).values(state="done"))
