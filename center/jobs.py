"""Durable jobs: submissions that are processed after they were taken (shaanxi; Y-01, Y-03).

DBOS keeps the workflow, in the same database as everything else: it is enqueued inside the submission's
transaction with the job's id, and found again after a crash. The state of each row stands in our own table,
and a chunk takes only rows still pending, so that running a chunk twice changes nothing.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from center import inbox
from center import rows as row_store
from center.bell import BELL
from center.clock import Clock, utc_text
from center.effects.apply import Work, closing_note, lock_units
from center.moment import Moment
from center.settings import Settings
from center.store.engine import Store
from center.store.tables import job, submission_row
from domain.profile import Profile

log = logging.getLogger("gjj.center.jobs")

CHUNK = 200
"""Rows settled in one transaction."""

WATCH_SECONDS = 15.0
STALE = timedelta(seconds=60)
"""A job that has not moved for so long lost its process and is taken up again."""


class JobEngine:
    """Runs the jobs of one center in this process; idle in a center without asynchronous business.

    At most one engine with work to do runs in a process.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.store = store
        self.profile = settings.profile
        self.clock = settings.clock
        slow = [
            one for one in self.profile.offered().values() if "async" in (one.workflow, one.batch_workflow)
        ]
        self.needed = bool(slow)
        self.pause = max((one.settle_delay_seconds for one in slow), default=0.0)
        """Seconds between two chunks."""
        self._stop = threading.Event()
        self._watch: threading.Thread | None = None

    def start(self) -> None:
        """Start; unfinished jobs go on by themselves. Raises RuntimeError for a second engine."""
        if not self.needed:
            return
        from center import job_workflow

        self._stop.clear()
        job_workflow.launch(self)
        self._watch = threading.Thread(target=self._watching, name="gjj-jobs-watch", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """Stop; what is unfinished goes on at the next start."""
        if not self.needed:
            return
        from center import job_workflow

        self._stop.set()
        if self._watch is not None:
            self._watch.join(timeout=5)
        job_workflow.shut_down(self)

    @property
    def stopping(self) -> bool:
        """True from the moment the engine is told to stop."""
        return self._stop.is_set()

    def run_chunk(self, job_id: str) -> bool:
        """Settle the next rows of a job in one transaction; False when nothing is left."""
        more, unit_account = self.store.run(lambda conn: settle_chunk(conn, self.profile, self.clock, job_id))
        BELL.ring(unit_account)
        return more

    def _watching(self) -> None:
        while not self._stop.wait(WATCH_SECONDS):
            try:
                self.take_up_stale()
            except Exception:
                log.exception("looking for stale jobs failed")

    def take_up_stale(self) -> list[str]:
        """Resume jobs whose process is gone (several processes over one database); returns their ids."""
        from center import job_workflow

        limit = utc_text(self.clock.now() - STALE)
        with self.store.read() as conn:
            found = select(job.c.job_id).where(job.c.state != "done", job.c.updated < limit)
            stale = list(conn.execute(found).scalars())
        for job_id in stale:
            log.warning("job %s is taken up again", job_id)
            job_workflow.resume(job_id)
        return stale


def enqueue(conn: Connection, job_id: str) -> None:
    """Queue a job in the caller's transaction: it runs if and only if that transaction commits."""
    from center import job_workflow

    job_workflow.enqueue(conn, job_id)


def settle_chunk(conn: Connection, profile: Profile, clock: Clock, job_id: str) -> tuple[bool, str]:
    """Settle up to `CHUNK` pending rows of a job, write the progress, and close the job after the last one.

    Returns whether rows are left, and the unit. A job that is done already is left as it is.
    """
    from center.workflows import close_submission, push_done

    unit_account = conn.execute(select(job.c.unit_account).where(job.c.job_id == job_id)).scalar_one()
    lock_units(conn, [unit_account])
    row = conn.execute(select(job).where(job.c.job_id == job_id).with_for_update()).one()
    if row.state == "done":
        return False, unit_account
    key = (unit_account, row.submission_id)
    mine = (submission_row.c.unit_account == key[0]) & (submission_row.c.submission_id == key[1])
    pending = select(submission_row).where(mine, submission_row.c.state == "pending")
    rows = conn.execute(pending.order_by(submission_row.c.row_no).limit(CHUNK)).all()
    moment = Moment.read(conn, clock, profile)
    if rows:
        row_store.settle(conn, profile, key, rows, moment.day)
    counts = row_store.state_counts(conn, [key])[key]
    done = not counts.get("pending")
    changes: dict[str, Any] = {
        "state": "done" if done else "running",
        "ok": counts.get("ok", 0),
        "failed": counts.get("failed", 0),
        "rev": inbox.next_rev(conn, unit_account),
        "updated": moment.now,
    }
    conn.execute(update(job).where(job.c.job_id == job_id).values(changes))
    if done:
        close_submission(conn, key)
        rules = profile.rules(row.business)
        assert rules is not None, "a job of a business the center does not offer"
        work = Work(conn, profile, unit_account, row.business, moment.day, moment.month, key[1])
        push_done(conn, profile, rules, key, moment, changes["ok"], changes["failed"], closing_note(work))
    return not done, unit_account
