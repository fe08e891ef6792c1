"""Logging in: the key first, then password and code, counted and audited; and changing passwords."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from center.audit import append_audit
from center.auth import lockout
from center.auth.certificates import certificate_end, units_of
from center.auth.challenges import use_challenge
from center.auth.codes import PendingCode, try_code, use_code
from center.auth.passwords import hash_password, needs_rehash, require_strong, verify_password
from center.auth.sessions import NO_LOGIN_NAME, LiveSession, choose_unit, end_sessions_of, open_session
from center.auth.signatures import verify_signature
from center.errors import ProblemError, unit_not_found
from center.state import Center
from center.store.tables import operator, operator_unit, unit
from domain.httpsig import TAG_LOGIN, RequestParts
from domain.idnumber import same_person_key
from domain.wire import LoginReply, LoginRequest, PasswordChange, PasswordReset, UnitChoice

Person = Row[Any]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A counted try: who it is about, and the tries left should it be wrong."""

    person: Person | None
    code: PendingCode | None
    subject: str
    tries_left: int


def log_in(center: Center, request: LoginRequest, parts: RequestParts, body: bytes) -> LoginReply:
    """Check everything and open a session.

    Raises auth.challenge, auth.bad_credentials, auth.locked, signature.*, certificate.*, digest.mismatch.
    """
    with_code = request.kind == "agent" and center.profile.auth.mode == "password_sms"
    fingerprint = ""
    if request.kind == "agent" and not with_code:
        fingerprint = _prove_key(center, request, parts, body)
    attempt = center.store.run(lambda conn: _count(conn, center, request, with_code))
    person = attempt.person
    fits = verify_password(person.password_hash if person else None, request.password)
    if with_code:
        code_fits = verify_password(attempt.code.code_hash if attempt.code else None, request.code)
        fits = fits and code_fits
    reply = None
    if fits and person is not None:
        fresh = hash_password(request.password) if needs_rehash(person.password_hash) else ""
        reply = center.store.run(lambda conn: _open(conn, center, request, attempt, fingerprint, fresh))
    if reply is None:
        center.store.run(lambda conn: _note_failure(conn, center, request))
        what = "登录信息、密码或验证码" if with_code else "账号、登录名称或密码"
        raise lockout.wrong(center.settings, what, attempt.tries_left)
    return reply


def _prove_key(center: Center, request: LoginRequest, parts: RequestParts, body: bytes) -> str:
    """The fingerprint of the certificate whose key answered the challenge, which is used up in any case."""
    settings = center.settings
    if "signature-input" not in parts.headers:
        raise ProblemError("signature.missing", "登录须用UKey签名，请插入UKey后重新登录。")
    nonce = center.store.run(
        lambda conn: use_challenge(conn, settings, request.challenge_id, request.unit_account)
    )
    headers = {
        "x-unit-account": request.unit_account,
        "x-operator": request.login_name or NO_LOGIN_NAME,
        "idempotency-key": request.challenge_id,
    }
    with center.store.read() as conn:
        evidence = verify_signature(
            conn,
            settings,
            parts,
            body,
            tag=TAG_LOGIN,
            unit_account=request.unit_account,
            headers=headers,
            expected_nonce=nonce,
        )
    return evidence.fingerprint


def _count(conn: Connection, center: Center, request: LoginRequest, with_code: bool) -> _Attempt:
    person = find_person(conn, center, request)
    meant = person
    if meant is None and with_code:
        meant = _owner_of(conn, request.unit_account, request.mobile)
    if meant is not None:
        subject = lockout.subject_of("operator", meant.operator_id)
    else:
        mobile = request.mobile.strip() if with_code else ""
        subject = lockout.subject_of(request.kind, request.unit_account, request.login_name, mobile)
    left = lockout.charge(conn, center.settings, subject)
    code = None
    if with_code:
        code = try_code(conn, center.settings, request.unit_account, request.mobile, "login")
    return _Attempt(person, code, subject, left)


def find_person(conn: Connection, center: Center, request: LoginRequest) -> Person | None:
    """The active operator a login speaks of; None when anything does not match."""
    if request.kind == "clerk":
        query = select(operator).where(
            operator.c.role == "clerk", operator.c.login_name == request.login_name
        )
        return conn.execute(query.where(operator.c.active)).first()
    if center.profile.auth.mode == "password_sms":
        return find_by_details(
            conn,
            request.unit_account,
            request.unit_name,
            request.agent_name,
            request.agent_id_number,
            request.mobile,
        )
    query = agents_of(request.unit_account)
    if center.profile.auth.mode == "ukey_password" or request.login_name:
        query = query.where(operator.c.login_name == request.login_name)
    people = conn.execute(query).all()
    at_home = [person for person in people if person.home_unit == request.unit_account]
    return next(iter(at_home or people), None)


def _owner_of(conn: Connection, unit_account: str, mobile: str) -> Person | None:
    """The agent of a telephone, whatever else was entered.

    Wrong details count for the same account as a wrong password, so the tries left never tell which it was.
    """
    found = agents_of(unit_account).where(operator.c.mobile == mobile.strip())
    return conn.execute(found).first()


def find_by_details(
    conn: Connection, unit_account: str, unit_name: str, agent_name: str, id_number: str, mobile: str
) -> Person | None:
    """The agent all of whose registered details match (L-05, password_sms)."""
    name = conn.scalar(select(unit.c.name).where(unit.c.unit_account == unit_account))
    if name is None or name != unit_name.strip():
        return None
    wanted = (agent_name.strip(), same_person_key(id_number), mobile.strip())
    for person in conn.execute(agents_of(unit_account)):
        if (person.name, same_person_key(person.id_number), person.mobile) == wanted:
            return person
    return None


def agents_of(unit_account: str) -> Select[Any]:
    """The active agents who serve a unit, by login name."""
    return (
        select(operator)
        .join(operator_unit, operator_unit.c.operator_id == operator.c.operator_id)
        .where(operator_unit.c.unit_account == unit_account, operator.c.role == "agent", operator.c.active)
        .order_by(operator.c.login_name, operator.c.operator_id)
    )


def _open(
    conn: Connection, center: Center, request: LoginRequest, attempt: _Attempt, fingerprint: str, fresh: str
) -> LoginReply | None:
    person = attempt.person
    assert person is not None
    if attempt.code is not None and not use_code(conn, center.settings, attempt.code.code_id):
        return None
    lockout.clear(conn, attempt.subject)
    if fresh:
        _set_password(conn, person.operator_id, fresh, must_change=person.must_change)
    units = unit_choices(conn, center, person, request.unit_account, fingerprint)
    chosen = "" if len(units) > 1 or person.role == "clerk" else request.unit_account
    token, expires = open_session(conn, center.settings, person.operator_id, chosen, fingerprint)
    append_audit(
        conn,
        center.clock,
        person.operator_id,
        "login",
        unit_account=request.unit_account,
        subject=fingerprint,
    )
    return LoginReply(
        token=token,
        expires=expires,
        role=person.role,
        operator=person.login_name or NO_LOGIN_NAME,
        operator_name=person.name,
        units=units,
        unit_account=chosen,
        must_change_password=person.must_change,
        certificate_expires=certificate_end(conn, fingerprint),
    )


def unit_choices(
    conn: Connection, center: Center, person: Person | LiveSession, asked: str, fingerprint: str
) -> list[UnitChoice]:
    """The units a login may act for.

    Where the center has an account chooser (L-07) these are all units of the operator that the key is
    registered for too, elsewhere the one asked for.
    """
    if person.role == "clerk":
        return []
    query = (
        select(operator_unit.c.unit_account, operator_unit.c.permissions, unit.c.name)
        .join(unit, unit.c.unit_account == operator_unit.c.unit_account)
        .where(operator_unit.c.operator_id == person.operator_id)
        .order_by(operator_unit.c.unit_account)
    )
    if center.profile.auth.account_chooser:
        if fingerprint:
            query = query.where(operator_unit.c.unit_account.in_(units_of(conn, fingerprint)))
    else:
        query = query.where(operator_unit.c.unit_account == asked)
    return [
        UnitChoice(unit_account=row.unit_account, name=row.name, permissions=json.loads(row.permissions))
        for row in conn.execute(query)
    ]


def choose(center: Center, session: LiveSession, token: str, unit_account: str) -> LoginReply:
    """Choose one of the key's units for this session (L-07). Raises unit.not_found."""

    def work(conn: Connection) -> LoginReply:
        units = unit_choices(conn, center, session, session.unit_account, session.fingerprint)
        if unit_account not in [choice.unit_account for choice in units]:
            raise unit_not_found()
        choose_unit(conn, session.token_hash, unit_account)
        append_audit(conn, center.clock, session.operator_id, "login.unit", unit_account=unit_account)
        return LoginReply(
            token=token,
            expires=session.expires,
            role="agent",
            operator=session.operator,
            operator_name=session.name,
            units=units,
            unit_account=unit_account,
            must_change_password=session.must_change,
            certificate_expires=certificate_end(conn, session.fingerprint),
        )

    return center.store.run(work)


def _note_failure(conn: Connection, center: Center, request: LoginRequest) -> None:
    append_audit(
        conn, center.clock, request.kind, "login.failed",
        unit_account=request.unit_account[:20], subject=request.login_name,
    )  # fmt: skip


# ---- passwords ---------------------------------------------------------------------------------------


def change_password(center: Center, session: LiveSession, change: PasswordChange) -> None:
    """Change the password of the session's operator (L-11); other sessions of the operator end.

    Raises module.off where the bank keeps the password, auth.bad_credentials, auth.locked, body.invalid.
    """
    if session.role == "agent" and center.profile.auth.change_password == "bank":
        raise ProblemError("module.off", f"交易密码不在这里修改。{center.profile.auth.reset_text}")
    settings = center.settings
    subject = lockout.subject_of("operator", session.operator_id)
    left = center.store.run(lambda conn: lockout.charge(conn, settings, subject))
    with center.store.read() as conn:
        stored = conn.scalar(
            select(operator.c.password_hash).where(operator.c.operator_id == session.operator_id)
        )
    if not verify_password(stored, change.old):
        raise lockout.wrong(settings, "原密码", left)
    center.store.run(lambda conn: lockout.clear(conn, subject))
    require_strong(change.new, change.old, center.profile, settings.password_policy)
    fresh = hash_password(change.new)

    def work(conn: Connection) -> None:
        _set_password(conn, session.operator_id, fresh, must_change=False)
        end_sessions_of(conn, settings, session.operator_id, keep=session.token_hash)
        append_audit(conn, center.clock, session.operator_id, "password.change")

    center.store.run(work)


def reset_password(center: Center, reset: PasswordReset) -> None:
    """Set a new password by a code sent to the registered telephone (L-10).

    All sessions of the operator end and a lock is lifted.

    Raises module.off where the center resets at its counter, auth.bad_credentials, auth.locked, body.invalid.
    """
    if center.profile.auth.reset != "self_sms":
        raise ProblemError("module.off", center.profile.auth.reset_text)
    settings = center.settings
    require_strong(reset.new, "", center.profile, settings.password_policy)
    subject = lockout.subject_of("reset", reset.unit_account, reset.mobile)

    def count(conn: Connection) -> tuple[Person | None, PendingCode | None, int]:
        left = lockout.charge(conn, settings, subject)
        people = conn.execute(agents_of(reset.unit_account).where(operator.c.mobile == reset.mobile)).all()
        code = try_code(conn, settings, reset.unit_account, reset.mobile, "reset")
        return (people[0] if len(people) == 1 else None), code, left

    person, code, left = center.store.run(count)
    if not verify_password(code.code_hash if code else None, reset.code) or person is None or code is None:
        raise lockout.wrong(settings, "手机号码或验证码", left)
    fresh = hash_password(reset.new)

    def work(conn: Connection) -> bool:
        if not use_code(conn, settings, code.code_id):
            return False
        lockout.clear(conn, subject)
        lockout.clear(conn, lockout.subject_of("operator", person.operator_id))
        _set_password(conn, person.operator_id, fresh, must_change=False)
        end_sessions_of(conn, settings, person.operator_id)
        append_audit(
            conn, center.clock, person.operator_id, "password.reset", unit_account=reset.unit_account
        )
        return True

    if not center.store.run(work):
        raise lockout.wrong(settings, "手机号码或验证码", left)


def _set_password(conn: Connection, operator_id: str, fresh: str, *, must_change: bool) -> None:
    conn.execute(
        update(operator)
        .where(operator.c.operator_id == operator_id)
        .values(password_hash=fresh, must_change=must_change)
    )
