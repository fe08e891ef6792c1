"""Counting wrong passwords: five in a row lock an account for fifteen minutes.

A try is counted before the password is looked at and taken back when it was right, so many tries at the same
moment cannot get past the count. Names that do not exist are counted the same way and answer alike.
"""

from __future__ import annotations

import hashlib
import math
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from center.clock import parse_utc, utc_text
from center.errors import ProblemError
from center.settings import Settings
from center.store.tables import login_guard


def subject_of(*claim: str) -> str:
    """The key under which tries are counted, from what identifies the account."""
    return hashlib.sha256("\x00".join(claim).encode("utf-8", "surrogatepass")).hexdigest()


def charge(conn: Connection, settings: Settings, subject: str, place: str = "登录") -> int:
    """Count a try in the caller's transaction and return the tries left should it be wrong.

    `place` names what is locked. Raises auth.locked.
    """
    now = settings.clock.now()
    row = hold(conn, subject, utc_text(now))
    failed = int(row.failed)
    if row.locked_until is not None:
        until = parse_utc(row.locked_until)
        if now < until:
            raise locked(settings, math.ceil((until - now).total_seconds()), place)
        failed = 0
    failed += 1
    until_text = None
    if failed >= settings.password_tries:
        until_text = utc_text(now + timedelta(seconds=settings.password_lock))
    conn.execute(
        update(login_guard)
        .where(login_guard.c.subject == subject)
        .values(failed=failed, locked_until=until_text, updated=utc_text(now))
    )
    return max(0, settings.password_tries - failed)


def clear(conn: Connection, subject: str) -> None:
    """Forget the wrong tries of an account."""
    guard = update(login_guard).where(login_guard.c.subject == subject)
    conn.execute(guard.values(failed=0, locked_until=None))


def hold(conn: Connection, subject: str, now: str) -> Row[Any]:
    """The row of a subject, made when there is none, locked until the caller's transaction ends."""
    query = select(login_guard).where(login_guard.c.subject == subject).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        with suppress(IntegrityError), conn.begin_nested():
            conn.execute(insert(login_guard).values(subject=subject, failed=0, updated=now))
        row = conn.execute(query).one()
    return row


def locked(settings: Settings, seconds: int, place: str = "登录") -> ProblemError:
    """auth.locked with the seconds to wait."""
    minutes = max(1, math.ceil(seconds / 60))
    text = f"密码连续输错{settings.password_tries}次，{place}已锁定，请{minutes}分钟后再试。"
    return ProblemError("auth.locked", text, tries_left=0, retry_after=seconds)


def wrong(settings: Settings, what: str, tries_left: int, place: str = "登录") -> ProblemError:
    """auth.bad_credentials with the tries left; `what` names what was entered, `place` what is locked."""
    if tries_left == 0:
        text = f"{what}不正确，{place}已锁定{settings.password_lock // 60}分钟，请稍后再试。"
    else:
        text = f"{what}不正确，请核对后重试，还可以试{tries_left}次。"
    return ProblemError("auth.bad_credentials", text, tries_left=tries_left)
