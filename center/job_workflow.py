"""The DBOS side of jobs: one workflow, one queue, and the engine of this process.

DBOS holds one instance per process and registers workflows globally, hence the module's state. It is imported
only in centers that have asynchronous business.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy import Connection

if TYPE_CHECKING:
    from center.jobs import JobEngine

QUEUE = "gjj-jobs"
WORKFLOW = "gjj-rows"
APPLICATION = "gjj-center"
VERSION = "2"
"""Version of the workflow's steps; a job goes on only in a center of the same version."""

EXECUTOR = "center"
"""Every process of a center bears one name, so that whichever starts takes up what was left; the rows' states
and the lock on the job keep two that work on one job out of each other's way."""

WORKERS = 2
POLL_SECONDS = 0.25
RETRY_SECONDS = 2.0
ENDLESS = 1_000_000
"""Recoveries after which DBOS would give a workflow up; ours may be killed any number of times."""

_lock = threading.Lock()
_running: list[JobEngine] = []
_client: list[DBOSClient] = []


class Stopping(BaseException):
    """Ends a workflow's thread when its engine stops; an Exception would be recorded as its result."""


def _engine() -> JobEngine:
    if not _running or _running[0].stopping:
        raise Stopping
    return _running[0]


@DBOS.step(
    name="gjj-rows-stretch",
    retries_allowed=True,
    interval_seconds=RETRY_SECONDS,
    backoff_rate=1.0,
    max_attempts=ENDLESS,
)
def _stretch(job_id: str) -> bool:
    """Settle the next rows; the step's record and the rows' states need not be written together."""
    more = _engine().run_stretch(job_id)
    _engine()
    return more


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=ENDLESS)
def _work_off(job_id: str) -> None:
    while _stretch(job_id):
        pass


def launch(engine: JobEngine) -> None:
    """Start DBOS for an engine; unfinished workflows go on. Raises RuntimeError while another engine runs."""
    with _lock:
        if _running:
            raise RuntimeError("a process runs the jobs of one center only")
        url = engine.store.engine.url.render_as_string(hide_password=False)
        config = DBOSConfig(
            name=APPLICATION,
            system_database_url=url,
            application_version=VERSION,
            executor_id=EXECUTOR,
            log_level="WARNING",
            use_listen_notify=False,
        )
        _running.append(engine)
        try:
            DBOS(config=config)
            DBOS.launch()
            DBOS.register_queue(QUEUE, worker_concurrency=WORKERS, polling_interval_sec=POLL_SECONDS)
            _client.append(DBOSClient(system_database_url=url, lazy=True, application_name=APPLICATION))
        except BaseException:
            _close()
            raise


def shut_down(engine: JobEngine) -> None:
    """Stop DBOS; a workflow in the middle stays unfinished and goes on at the next start."""
    with _lock:
        if _running and _running[0] is engine:
            _close()


def _close() -> None:
    for client in _client:
        client.destroy()
    DBOS.destroy()
    _client.clear()
    _running.clear()


def enqueue(conn: Connection, job_id: str) -> None:
    """Queue the workflow of a job in the caller's transaction."""
    _the_client().enqueue_in_transaction(conn, _options(job_id), job_id)


def resume(job_id: str) -> None:
    """Take up a job again, whatever became of its workflow; running twice at once does no harm."""
    client = _the_client()
    tries = client.list_workflows(workflow_id_prefix=job_id)
    unfinished = [one for one in tries if one.status not in ("SUCCESS", "ERROR") and one.name == WORKFLOW]
    if unfinished:
        client.resume_workflow(unfinished[-1].workflow_id, queue_name=QUEUE)
    else:
        client.enqueue(_options(f"{job_id}.{len(tries)}"), job_id)


def _the_client() -> DBOSClient:
    if not _client:
        raise RuntimeError("the job engine of this center is not running")
    return _client[0]


def _options(workflow_id: str) -> EnqueueOptions:
    return EnqueueOptions(
        workflow_name=WORKFLOW, queue_name=QUEUE, workflow_id=workflow_id, app_version=VERSION
    )
