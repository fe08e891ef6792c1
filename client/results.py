"""What became of accepted submissions: the center's results, written to the rows they came from (O-09)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from client.api import CenterClient
from client.store.database import Database
from client.store.outbox_store import OutboxStore

if TYPE_CHECKING:
    from domain.wire import JobProgress, Receipt

PAGE = 1000


class Results:
    """Results of submissions, from the center into the local store. Calls block."""

    def __init__(self, client: CenterClient, database: Database) -> None:
        self.client = client
        self.store = OutboxStore(database)

    def refresh(self, unit: str, submission_id: str) -> Receipt:
        """Read the present receipt and all row results of a submission. Raises ClientError."""
        receipt = self.client.submission(unit, submission_id)
        after: int | None = 0
        while after is not None:
            page = self.client.submission_rows(unit, submission_id, after=after, limit=PAGE)
            self.store.apply_results(submission_id, page.rows)
            after = page.next
        self.store.update_receipt(receipt)
        return receipt

    def note_progress(self, jobs: Iterable[JobProgress]) -> list[str]:
        """Keep the progress that the inbox told; returns the ids that are done and want `refresh`."""
        done = []
        for job in jobs:
            known = self.store.receipt(job.submission_id)
            if known is None or known.state == "refused":
                continue
            changes = {
                "state": job.state,
                "ok": job.ok,
                "failed": job.failed,
                "pending": max(0, job.total - job.ok - job.failed),
            }
            self.store.update_receipt(known.model_copy(update=changes))
            if job.state == "done":
                done.append(job.submission_id)
        return done
