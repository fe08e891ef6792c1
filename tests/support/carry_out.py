"""Seeing submissions through at a center under test: cases approved, jobs worked off."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from sqlalchemy import select

from center.jobs import settle_chunk
from center.store.tables import job
from tests.support.center import CenterUnderTest, Login
from tests.support.filing import Office, clerk


def work_off(center: CenterUnderTest) -> None:
    """Do what the center's jobs would do."""
    with center.store.read() as conn:
        ids = list(conn.scalars(select(job.c.job_id).where(job.c.state != "done")))
    for job_id in ids:
        chunk = partial(settle_chunk, profile=center.settings.profile, clock=center.clock, job_id=job_id)
        while center.store.run(chunk)[0]:
            pass


def approve(center: CenterUnderTest, login: Login | None = None) -> None:
    """Take and approve every open case, as a clerk; without one, as a clerk made for it."""
    login = login or clerk(center, f"guiyuan{uuid.uuid4().hex[:6]}")
    cases = center.get("/v1/cases", login).json()["cases"]
    for case in [one for one in cases if one["state"] == "pending"]:
        where = f"/v1/cases/{case['case_id']}"
        assert center.post(f"{where}/actions", {"action": "take", "version": 1}, login).status_code == 200
        done = center.post(f"{where}/actions", {"action": "approve", "version": 2}, login)
        assert done.status_code == 200, done.text


def carry_out(office: Office, rows: list[dict[str, str]], business: str, **changes: Any) -> dict[str, Any]:
    """File rows and see them through; gives the receipt as it stands."""
    receipt = office.file(rows, business=business, **changes)
    if receipt["state"] == "processing":
        work_off(office.center)
    if receipt["state"] == "review":
        approve(office.center)
    standing: dict[str, Any] = office.unit_get(f"/submissions/{receipt['submission_id']}")
    return standing
