"""Login challenges: a nonce that must come back inside a signature, once, within two minutes."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from sqlalchemy import Connection, insert, select, update

from center.clock import parse_utc, utc_text
from center.errors import ProblemError
from center.settings import Settings
from center.store.tables import challenge
from domain.wire import Challenge


def create_challenge(conn: Connection, settings: Settings, unit_account: str) -> Challenge:
    """A new challenge for a unit account, whether that exists or not."""
    expires = utc_text(settings.clock.now() + timedelta(seconds=settings.challenge_lifetime))
    made = Challenge(challenge_id=str(uuid.uuid4()), nonce=secrets.token_urlsafe(32), expires=expires)
    conn.execute(
        insert(challenge).values(
            challenge_id=made.challenge_id, unit_account=unit_account, nonce=made.nonce, expires=expires
        )
    )
    return made


def use_challenge(conn: Connection, settings: Settings, challenge_id: str, unit_account: str) -> str:
    """Use a challenge up and return its nonce.

    Raises auth.challenge when it is unknown, was used, is late or was made for another unit.
    """
    now = settings.clock.now()
    row = conn.execute(select(challenge).where(challenge.c.challenge_id == challenge_id)).one_or_none()
    if row is None or row.unit_account != unit_account:
        raise ProblemError("auth.challenge", "登录凭证无效，请重新登录。")
    change = (
        update(challenge)
        .where(challenge.c.challenge_id == challenge_id, challenge.c.used.is_(None))
        .values(used=utc_text(now))
    )
    if conn.execute(change).rowcount != 1:
        raise ProblemError("auth.challenge", "登录凭证已经用过，请重新登录。")
    if now >= parse_utc(row.expires):
        raise ProblemError("auth.challenge", "登录凭证已过期，请重新登录。")
    return str(row.nonce)
