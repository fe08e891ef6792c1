"""Submissions on their way, and what their answers do to the rows they came from.

An answer and all it changes is one transaction; an answer that comes twice changes nothing the second time.
What is told to the center, or was told by it, is with the disk before the next step.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from client.errors import RosterError
from client.signing import Prepared
from client.store.database import Database, utc_now
from client.store.journal import note_sent
from client.store.order import next_pos
from client.store.roster_sql import all_duplicates, create_roster, get_roster, touch
from client.store.rows import CENTER_FAILED, Frozen, Scope, dump_findings, load_findings
from client.store.tables import outbox as table
from domain.canonical import sha256_hex
from domain.findings import Finding, errors

if TYPE_CHECKING:
    from domain.wire import Receipt, RowFinding, RowResult

log = logging.getLogger("gjj.client")
OutboxState = Literal["queued", "sent", "final"]


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A submission as it will be sent, byte for byte. `next_try` is Unix time of this machine, amount in 分.

    `note` is the sentence of the last obstacle or refusal. `receipt` is the answer's JSON, "" while there is
    none and for a refusal without one.
    """

    submission_id: str
    scope: Scope
    roster_id: int
    business: str
    prepared: Prepared
    digest: str
    count: int
    amount: int
    state: OutboxState
    attempts: int
    next_try: float
    note: str
    created: str
    receipt: str = field(repr=False, default="")

    @property
    def accepted(self) -> bool:
        """The center has taken it."""
        return self.state == "final" and bool(self.receipt) and json.loads(self.receipt)["state"] != "refused"


class OutboxStore:
    """The outbox. Thread-safe. Raises StoreError when the file cannot be used."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # ---- on the way --------------------------------------------------------------------------------

    def enqueue(self, scope: Scope, frozen: Frozen, prepared: Prepared) -> None:
        """Commit the submission and mark its rows queued, all or nothing.

        RosterError roster.changed when the roster is no longer what was frozen and signed.
        """
        now = utc_now()
        with self.database.write(lasting=True) as connection:
            if get_roster(connection, frozen.roster_id).revision != frozen.revision:
                raise RosterError("清册在签名期间有变动，请核对后重新提交。", code="roster.changed")
            connection.execute(
                insert(table).values(
                    submission_id=frozen.submission_id,
                    profile=scope.profile,
                    center=scope.center,
                    unit_account=scope.unit_account,
                    operator=scope.operator,
                    roster_id=frozen.roster_id,
                    business=frozen.business,
                    body=prepared.body,
                    digest=sha256_hex(prepared.body),
                    count=frozen.count,
                    amount=frozen.amount,
                    created=now,
                    updated=now,
                    **_request(prepared),
                )
            )
            rows = [(frozen.submission_id, at, row_id) for at, row_id in enumerate(frozen.row_ids, 1)]
            sql = (
                "UPDATE roster_row SET state = 'queued', submission_id = ?, submission_row = ?"
                " WHERE row_id = ? AND state = 'draft'"
            )
            connection.exec_driver_sql(sql, rows)
            note_sent(connection, frozen.roster_id, frozen.submission_id)
            touch(connection, frozen.roster_id)

    def entry(self, submission_id: str) -> OutboxEntry | None:
        """One submission, None when it is unknown."""
        with self.database.read() as connection:
            found = connection.execute(select(table).where(table.c.submission_id == submission_id)).first()
            return None if found is None else _entry(found)

    def open_ids(self, scope: Scope) -> list[tuple[str, float]]:
        """(id, next_try) of the operator's submissions without a final answer, oldest first."""
        query = select(table.c.submission_id, table.c.next_try).where(table.c.state != "final", *_of(scope))
        with self.database.read() as connection:
            found = connection.execute(query.order_by(table.c.created, table.c.submission_id))
            return [(row.submission_id, row.next_try) for row in found]

    def entries(self, scope: Scope, *, only_open: bool = False, limit: int = 200) -> list[OutboxEntry]:
        """The operator's submissions, newest first."""
        query = select(table).where(*_of(scope)).order_by(table.c.created.desc()).limit(limit)
        query = query.where(table.c.state != "final") if only_open else query
        with self.database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def unsettled_ids(self, scope: Scope, states: Sequence[str]) -> list[str]:
        """The operator's answered submissions whose receipt was last in one of `states`, oldest first."""
        mine = (table.c.state == "final", table.c.receipt != "", *_of(scope))
        query = select(table.c.submission_id, table.c.receipt).where(*mine).order_by(table.c.created)
        with self.database.read() as connection:
            found = connection.execute(query)
            return [row.submission_id for row in found if json.loads(row.receipt)["state"] in states]

    def begin_attempt(self, submission_id: str) -> None:
        """Note, before the first byte, that a request is leaving."""
        with self.database.write(lasting=True) as connection:
            sql = (
                "UPDATE outbox SET state = 'sent', attempts = attempts + 1, updated = ?"
                " WHERE submission_id = ? AND state <> 'final'"
            )
            connection.exec_driver_sql(sql, (utc_now(), submission_id))

    def postpone(self, submission_id: str, next_try: float, note: str) -> None:
        """Try again at `next_try` (Unix time)."""
        values = {"next_try": next_try, "note": note, "updated": utc_now()}
        self._change(submission_id, values)

    def resign(self, submission_id: str, prepared: Prepared) -> None:
        """Replace the signature; id and body stay."""
        self._change(submission_id, {**_request(prepared), "updated": utc_now()})

    def resume(self, scope: Scope) -> int:
        """Let everything open be tried at once, as on start and after a login. Returns how many."""
        with self.database.write() as connection:
            query = update(table).where(table.c.state != "final", *_of(scope)).values(next_try=0.0)
            return connection.execute(query).rowcount

    def _change(self, submission_id: str, values: Mapping[str, object]) -> None:
        mine = (table.c.submission_id == submission_id, table.c.state != "final")
        with self.database.write(lasting=True) as connection:
            connection.execute(update(table).where(*mine).values(**values))

    # ---- answered ----------------------------------------------------------------------------------

    def accept(self, submission_id: str, receipt: Receipt) -> bool:
        """Store the receipt and settle the rows, in one transaction; False when it was settled before.

        Rows that the center has taken leave for a roster of their own, rows it refused at once go back to
        the draft with the center's findings.
        """
        with self.database.write(lasting=True) as connection:
            if not _finish(connection, submission_id, receipt.model_dump_json(), receipt.message):
                return False
            draft = _roster_of(connection, submission_id)
            refused = [found for found in receipt.findings if found.severity == "error" and found.row > 0]
            _return_rows(connection, submission_id, refused, only_faulty=True)
            head = get_roster(connection, draft)
            sent = create_roster(
                connection, head.scope, head.business, head.source, head.header, "final", submission_id
            )
            result = "ok" if receipt.state == "done" else "pending"
            sql = (
                "UPDATE roster_row SET roster_id = ?, state = 'final', dup_of = NULL, result = ?"
                " WHERE submission_id = ? AND submission_id <> '' AND state = 'queued'"
            )
            connection.exec_driver_sql(sql, (sent, result, submission_id))
            all_duplicates(connection, draft)
            touch(connection, draft)
            return True

    def refuse(
        self,
        submission_id: str,
        sentence: str,
        findings: Sequence[RowFinding],
        receipt: Receipt | None = None,
    ) -> bool:
        """Put all rows back to the draft with the center's findings; False when it was settled before."""
        with self.database.write(lasting=True) as connection:
            told = "" if receipt is None else receipt.model_dump_json()
            if not _finish(connection, submission_id, told, sentence):
                return False
            draft = _roster_of(connection, submission_id)
            _return_rows(connection, submission_id, findings, only_faulty=False)
            all_duplicates(connection, draft)
            touch(connection, draft)
            return True

    def update_receipt(self, receipt: Receipt) -> None:
        """Replace the receipt of a submission that has moved on at the center."""
        with self.database.write() as connection:
            sql = "UPDATE outbox SET receipt = ?, updated = ? WHERE submission_id = ? AND state = 'final'"
            values = (receipt.model_dump_json(), utc_now(), receipt.submission_id)
            connection.exec_driver_sql(sql, values)

    def receipt(self, submission_id: str) -> Receipt | None:
        """The stored receipt, None without one."""
        from domain.wire import Receipt

        entry = self.entry(submission_id)
        return None if entry is None or not entry.receipt else Receipt.model_validate_json(entry.receipt)

    def apply_results(self, submission_id: str, results: Iterable[RowResult]) -> None:
        """Write the center's results to the rows of an accepted submission."""
        sql = (
            "UPDATE roster_row SET result = ?, reason = ?, account_no = ?"
            " WHERE submission_id = ? AND submission_id <> '' AND submission_row = ? AND state = 'final'"
        )
        values = [(row.state, row.reason, row.account_no, submission_id, row.row) for row in results]
        with self.database.write() as connection:
            if values:
                connection.exec_driver_sql(sql, values)

    def reopen_failed(self, submission_id: str, draft_roster: int) -> int:
        """Move the failed rows of an answered submission into a draft roster, with their reasons."""
        sql = (
            "SELECT row_id, findings, reason FROM roster_row WHERE submission_id = ? AND submission_id <> ''"
            " AND state = 'final' AND result = 'failed' ORDER BY submission_row"
        )
        with self.database.write() as connection:
            get_roster(connection, draft_roster)
            found = connection.exec_driver_sql(sql, (submission_id,)).fetchall()
            for row in found:
                told = Finding(CENTER_FAILED, "", row.reason or "中心没有办理这一条，请核对后重新申报。")
                _back(connection, row.row_id, [*load_findings(row.findings), told], draft_roster)
            if found:
                all_duplicates(connection, draft_roster)
                touch(connection, draft_roster)
            return len(found)

    def with_failed(self, scope: Scope, business: str, source: str) -> list[str]:
        """Answered submissions of the operator that still hold failed rows, oldest first."""
        sql = (
            "SELECT r.submission_id FROM roster r WHERE r.profile = ? AND r.center = ? AND r.unit_account = ?"
            " AND r.operator = ? AND r.business = ? AND r.source = ? AND r.state = 'final'"
            " AND r.submission_id <> '' AND EXISTS (SELECT 1 FROM roster_row w WHERE w.submission_id ="
            " r.submission_id AND w.submission_id <> '' AND w.state = 'final' AND w.result = 'failed')"
            " ORDER BY r.roster_id"
        )
        owner = (scope.profile, scope.center, scope.unit_account, scope.operator)
        with self.database.read() as connection:
            found = connection.exec_driver_sql(sql, (*owner, business, source))
            return [str(row.submission_id) for row in found]


def _request(prepared: Prepared) -> dict[str, object]:
    return {
        "url": prepared.url,
        "headers": json.dumps(dict(prepared.headers)),
        "signature_expires": prepared.expires,
    }


def _of(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.profile == scope.profile,
        table.c.center == scope.center,
        table.c.unit_account == scope.unit_account,
        table.c.operator == scope.operator,
    )


def _entry(row: Row[Any]) -> OutboxEntry:
    return OutboxEntry(
        submission_id=row.submission_id,
        scope=Scope(row.profile, row.center, row.unit_account, row.operator),
        roster_id=row.roster_id,
        business=row.business,
        prepared=Prepared("PUT", row.url, json.loads(row.headers), row.body, row.signature_expires),
        digest=row.digest,
        count=row._mapping["count"],
        amount=row.amount,
        state=row.state,
        attempts=row.attempts,
        next_try=row.next_try,
        note=row.note,
        created=row.created,
        receipt=row.receipt,
    )


def _finish(connection: Connection, submission_id: str, receipt: str, note: str) -> bool:
    sql = (
        "UPDATE outbox SET state = 'final', receipt = ?, note = ?, updated = ?"
        " WHERE submission_id = ? AND state <> 'final'"
    )
    done = connection.exec_driver_sql(sql, (receipt, note, utc_now(), submission_id)).rowcount == 1
    log.info("submission %s is final%s", submission_id, "" if done else " already")
    return done


def _roster_of(connection: Connection, submission_id: str) -> int:
    sql = "SELECT roster_id FROM outbox WHERE submission_id = ?"
    return int(connection.exec_driver_sql(sql, (submission_id,)).scalar_one())


def _return_rows(
    connection: Connection, submission_id: str, findings: Sequence[RowFinding], *, only_faulty: bool
) -> None:
    """Rows back to the draft; with `only_faulty` only those that findings name."""
    told: dict[int, list[Finding]] = {}
    for found in findings:
        told.setdefault(found.row, []).append(found.finding())
    sql = (
        "SELECT row_id, submission_row, findings FROM roster_row"
        " WHERE submission_id = ? AND submission_id <> '' AND state = 'queued'"
    )
    for row in connection.exec_driver_sql(sql, (submission_id,)).fetchall():
        new = told.get(row.submission_row, [])
        if new or not only_faulty:
            own = [found for found in load_findings(row.findings) if not found.is_error]
            _back(connection, row.row_id, [*own, *(found for found in new if found not in own)], None)


def _back(connection: Connection, row_id: int, findings: Sequence[Finding], roster_id: int | None) -> None:
    sql = (
        "UPDATE roster_row SET state = 'draft', submission_id = '', submission_row = 0, result = '',"
        " reason = '', findings = ?, errors = ? WHERE row_id = ?"
    )
    connection.exec_driver_sql(sql, (dump_findings(findings), len(errors(findings)), row_id))
    if roster_id is not None:
        sql = "UPDATE roster_row SET roster_id = ?, pos = ? WHERE row_id = ?"
        connection.exec_driver_sql(sql, (roster_id, next_pos(connection, roster_id), row_id))
