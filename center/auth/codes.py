"""One-time codes by text message: six digits, hashed, five minutes, five tries, once."""

from __future__ import annotations

import math
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from center.auth import lockout
from center.auth.passwords import hash_password
from center.clock import parse_utc, utc_text
from center.errors import ProblemError
from center.settings import Settings
from center.sms import queue_sms
from center.store.engine import Store
from center.store.tables import login_code
from domain.wire import CodeSent

DIGITS = 6


@dataclass(frozen=True, slots=True)
class PendingCode:
    """A code that may still be answered."""

    code_id: str
    code_hash: str


def send_code(
    store: Store, settings: Settings, unit_account: str, mobile: str, purpose: str, *, known: bool
) -> CodeSent:
    """Make a code and put it into the outbox, unless the person is not `known`; the answer is the same.

    Raises rate.limited within 60 seconds of the last one.
    """
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    code_hash = hash_password(code)
    now = settings.clock.now()
    expires = utc_text(now + timedelta(seconds=settings.code_lifetime))

    def work(conn: Connection) -> None:
        lockout.hold(conn, lockout.subject_of("code", unit_account, mobile.strip()), utc_text(now))
        _require_pause(conn, settings, unit_account, mobile)
        conn.execute(
            insert(login_code).values(
                code_id=str(uuid.uuid4()),
                unit_account=unit_account,
                mobile=mobile.strip()[:20],
                purpose=purpose,
                code_hash=code_hash,
                created=utc_text(now),
                expires=expires,
            )
        )
        if known:
            queue_sms(conn, settings, mobile, _text(settings, code, purpose))

    store.run(work)
    return CodeSent(expires=expires, resend_after=settings.code_resend)


def try_code(
    conn: Connection, settings: Settings, unit_account: str, mobile: str, purpose: str
) -> PendingCode | None:
    """Count a try on the newest code of a telephone; None when no code may still be answered."""
    row = conn.execute(
        select(login_code)
        .where(
            login_code.c.unit_account == unit_account,
            login_code.c.mobile == mobile.strip()[:20],
            login_code.c.purpose == purpose,
        )
        .order_by(login_code.c.created.desc(), login_code.c.code_id)
        .limit(1)
        .with_for_update()
    ).first()
    if row is None or row.used is not None or row.tries >= settings.code_tries:
        return None
    if settings.clock.now() >= parse_utc(row.expires):
        return None
    conn.execute(
        update(login_code).where(login_code.c.code_id == row.code_id).values(tries=login_code.c.tries + 1)
    )
    return PendingCode(row.code_id, row.code_hash)


def use_code(conn: Connection, settings: Settings, code_id: str) -> bool:
    """Use a code up; False when somebody was faster."""
    change = (
        update(login_code)
        .where(login_code.c.code_id == code_id, login_code.c.used.is_(None))
        .values(used=utc_text(settings.clock.now()))
    )
    return conn.execute(change).rowcount == 1


def _require_pause(conn: Connection, settings: Settings, unit_account: str, mobile: str) -> None:
    last = conn.scalar(
        select(login_code.c.created)
        .where(login_code.c.unit_account == unit_account, login_code.c.mobile == mobile.strip()[:20])
        .order_by(login_code.c.created.desc())
        .limit(1)
    )
    if last is None:
        return
    waited = (settings.clock.now() - parse_utc(last)).total_seconds()
    if waited < settings.code_resend:
        seconds = max(1, math.ceil(settings.code_resend - waited))
        raise ProblemError("rate.limited", f"验证码已发送，请{seconds}秒后再获取。", retry_after=seconds)


def _text(settings: Settings, code: str, purpose: str) -> str:
    act = "重置密码" if purpose == "reset" else "登录"
    minutes = settings.code_lifetime // 60
    return f"您正在{act}，验证码{code}，{minutes}分钟内有效，请勿告诉他人。{settings.profile.center}"
