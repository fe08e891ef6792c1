"""Sessions: an opaque token of 256 bits of which the center keeps only the SHA-256.

Every request looks the session up again, so a logout, a dismissed operator, a withdrawn unit or a revoked
certificate ends it at once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Row, select, update

from center.clock import now_text, parse_utc, utc_text
from center.errors import ProblemError
from center.settings import Settings
from center.state import Center
from center.store.engine import Store
from center.store.tables import certificate, certificate_unit, operator, operator_unit, session

TOUCH_SECONDS = 60
"""`seen` is written at most this often."""

MAX_TOKEN = 128
NO_LOGIN_NAME = "-"
"""How an operator without a login name is called in headers (bank_key profiles)."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session as it stands now. `permissions` are those for the chosen unit, () permits all."""

    token_hash: str
    operator_id: str
    role: str
    login_name: str
    name: str
    unit_account: str
    fingerprint: str
    permissions: tuple[str, ...]
    must_change: bool
    expires: str
    reconciled: bool
    """The separate password of 单位网上对账 was entered for this unit (L-13)."""

    @property
    def operator(self) -> str:
        """The operator as headers and replies name them."""
        return self.login_name or NO_LOGIN_NAME


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def open_session(
    conn: Connection, settings: Settings, operator_id: str, unit_account: str, fingerprint: str
) -> tuple[str, str]:
    """Open a session in the caller's transaction; returns the token and the end of its life (UTC text)."""
    token = secrets.token_urlsafe(32)
    now = settings.clock.now()
    expires = utc_text(now + timedelta(seconds=settings.session_absolute))
    conn.execute(
        session.insert().values(
            token_hash=token_hash(token),
            operator_id=operator_id,
            unit_account=unit_account,
            fingerprint=fingerprint,
            created=utc_text(now),
            seen=utc_text(now),
            expires=expires,
        )
    )
    return token, expires


def find_session(center: Center, token: str, *, touch: bool = True) -> LiveSession:
    """The session of a token; with `touch` the request counts as a sign of life.

    Raises auth.required (absent, ended, idle for too long, too old), certificate.revoked, rate.limited.
    """
    if not token or len(token) > MAX_TOKEN:
        raise _login_first("请先登录。")
    digest = token_hash(token)
    center.limiter.check("session", digest)
    with center.store.read() as conn:
        row, live = _load(conn, digest)
    now = center.clock.now()
    if row is None or live is None or row.ended is not None:
        raise _login_first("登录已失效，请重新登录。")
    idle = parse_utc(row.seen) + timedelta(seconds=center.settings.session_idle)
    if now >= idle or now >= parse_utc(row.expires):
        raise _login_first("登录已超时，请重新登录。")
    if touch and now - parse_utc(row.seen) >= timedelta(seconds=TOUCH_SECONDS):
        _touch(center.store, digest, utc_text(now))
    return live


def _load(conn: Connection, digest: str) -> tuple[Row[tuple[object, ...]] | None, LiveSession | None]:
    """The stored row, and the session if its operator, unit and certificate are still good."""
    row = conn.execute(select(session).where(session.c.token_hash == digest)).one_or_none()
    if row is None:
        return None, None
    person = conn.execute(select(operator).where(operator.c.operator_id == row.operator_id)).one()
    permissions: tuple[str, ...] | None = ()
    if row.unit_account:
        permissions = _permissions(conn, row.operator_id, row.unit_account)
    if row.fingerprint:
        _require_certificate(conn, row.fingerprint, row.unit_account)
    if not person.active or permissions is None:
        return row, None
    return row, LiveSession(
        digest,
        row.operator_id,
        person.role,
        person.login_name,
        person.name,
        row.unit_account,
        row.fingerprint,
        permissions,
        person.must_change,
        row.expires,
        row.reconciled,
    )


def _permissions(conn: Connection, operator_id: str, unit_account: str) -> tuple[str, ...] | None:
    query = select(operator_unit.c.permissions).where(
        operator_unit.c.operator_id == operator_id, operator_unit.c.unit_account == unit_account
    )
    text = conn.scalar(query)
    return None if text is None else tuple(json.loads(text))


def _require_certificate(conn: Connection, fingerprint: str, unit_account: str) -> None:
    revoked = conn.execute(
        select(certificate.c.revoked).where(certificate.c.fingerprint == fingerprint)
    ).one_or_none()
    if revoked is None or revoked.revoked is not None:
        raise ProblemError("certificate.revoked", "该UKey证书已被吊销，请联系中心更换UKey。")
    query = select(certificate_unit.c.fingerprint).where(
        certificate_unit.c.fingerprint == fingerprint, certificate_unit.c.unit_account == unit_account
    )
    if unit_account and conn.scalar(query) is None:
        raise ProblemError("certificate.not_unit", "该UKey已不能办理该单位的业务，请联系中心。")


def _touch(store: Store, digest: str, moment: str) -> None:
    store.run(
        lambda conn: conn.execute(update(session).where(session.c.token_hash == digest).values(seen=moment))
    )


def choose_unit(conn: Connection, digest: str, unit_account: str) -> None:
    """Set the unit of a session (L-07); the caller has checked that it may."""
    conn.execute(
        update(session)
        .where(session.c.token_hash == digest)
        .values(unit_account=unit_account, reconciled=False)
    )


def note_reconciled(conn: Connection, digest: str) -> None:
    """Note that the separate password of 单位网上对账 was entered in a session (L-13)."""
    conn.execute(update(session).where(session.c.token_hash == digest).values(reconciled=True))


def end_session(conn: Connection, settings: Settings, digest: str) -> None:
    """End one session (L-14)."""
    _end(conn, settings, session.c.token_hash == digest)


def end_sessions_of(conn: Connection, settings: Settings, operator_id: str, *, keep: str = "") -> None:
    """End all sessions of an operator but the one with the hash `keep`."""
    _end(conn, settings, (session.c.operator_id == operator_id) & (session.c.token_hash != keep))


def _end(conn: Connection, settings: Settings, which: object) -> None:
    conn.execute(
        update(session).where(which, session.c.ended.is_(None)).values(ended=now_text(settings.clock))  # type: ignore[arg-type]
    )


def _login_first(text: str) -> ProblemError:
    return ProblemError("auth.required", text)
