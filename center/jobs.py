"""Durable jobs: submissions that are processed after they were taken (shaanxi; Y-01, Y-03).

DBOS keeps the workflow, in the same database as everything else: it is enqueued inside the submission's
transaction with the job's id, and found again after a crash. The state of each row stands in our own table,
and a chunk takes only rows still pending, so that running a chunk twice changes nothing.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from center import inbox
from center import rows as row_store
from center.bell import BELL
from center.clock import Clock, utc_text
from center.effects.apply import Work, closing_note, lock_units
from center.moment import Moment
from center.settings import Settings
from center.store.engine import Store
from center.store.tables import job
from domain.profile import Profile

log = logging.getLogger("gjj.center.jobs")

CHUNK = 200
"""Rows settled in one transaction, the least."""

LARGEST = 1000
"""The most: others who write wait for it."""

PARTS = 50
"""Steps in which the progress of a large job is seen."""

STRETCH = 20
"""Chunks of one recorded step."""

LONGEST_REST = 1.0
"""Seconds that the pauses of one job may take together."""

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
        """Seconds between two chunks, see `LONGEST_REST`."""
        self._reached: dict[str, int] = {}
        """The last row a job settled here: no row up to it is pending any more."""
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

    def run_chunk(self, job_id: str) -> Settled:
        """Settle the next rows of a job in one transaction."""
        after = self._reached.get(job_id, 0)
        done = self.store.run(lambda conn: settle_chunk(conn, self.profile, self.clock, job_id, after))
        if done.more:
            self._reached[job_id] = done.last
        else:
            self._reached.pop(job_id, None)
        BELL.ring(done.unit_account)
        return done

    def run_stretch(self, job_id: str) -> bool:
        """Settle some chunks of a job, each in its own transaction; False when nothing is left."""
        for _ in range(STRETCH):
            done = self.run_chunk(job_id)
            if not done.more or self._stop.wait(
                min(self.pause, LONGEST_REST * at_once(done.total) / done.total)
            ):
                break
        return done.more

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


def at_once(total: int) -> int:
    """Rows settled in one transaction of a job of `total` rows."""
    return max(CHUNK, min(LARGEST, total // PARTS))


def enqueue(conn: Connection, job_id: str) -> None:
    """Queue a job in the caller's transaction: it runs if and only if that transaction commits."""
    from center import job_workflow

    job_workflow.enqueue(conn, job_id)


class Settled(NamedTuple):
    """What a chunk came to: whether rows are left, the unit, the last row settled, rows of the job in all."""

    more: bool
    unit_account: str
    last: int = 0
    total: int = 0


def settle_chunk(conn: Connection, profile: Profile, clock: Clock, job_id: str, after: int = 0) -> Settled:
    """Settle the next pending rows of a job (`at_once`), write the progress, close it after the last one.

    It looks for rows behind row `after` first, which spares it the settled ones. A job that is done already
    is left as it is.
    """
    from center.workflows import close_submission, push_done

    unit_account = conn.execute(select(job.c.unit_account).where(job.c.job_id == job_id)).scalar_one()
    lock_units(conn, [unit_account])
    row = conn.execute(select(job).where(job.c.job_id == job_id).with_for_update()).one()
    if row.state == "done":
        return Settled(False, unit_account)
    key = (unit_account, row.submission_id)
    most = at_once(row.total)
    found = row_store.pending(conn, key, after, most + 1) or row_store.pending(conn, key, 0, most + 1)
    rows, more = found[:most], len(found) > most
    moment = Moment.read(conn, clock, profile)
    ok, failed = row.ok, row.failed
    if rows:
        results = row_store.settle(conn, profile, key, rows, moment)
        ok, failed = ok + len(results.accounts), failed + len(results.failed)
    done = not more and not row_store.pending(conn, key, 0, 1)
    if done:
        counts = row_store.state_counts(conn, [key])[key]
        ok, failed = counts.get("ok", 0), counts.get("failed", 0)
    changes: dict[str, Any] = {
        "state": "done" if done else "running",
        "ok": ok,
        "failed": failed,
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
    return Settled(not done, unit_account, rows[-1].row_no if rows else 0, row.total)
